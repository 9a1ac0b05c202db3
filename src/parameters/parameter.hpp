// A named weight matrix, what its owner says of it, and Dale's law: what is excitatory stays excitatory, what is
// inhibitory stays inhibitory, because a weight can be changed only through functions that end with the projection
// max(0, .).

#pragma once

#include <limits>
#include <string>
#include <utility>

#include "base/matrix.hpp"
#include "kernels/population.hpp"
#include "kernels/products.hpp"

namespace chandelier {

enum class Sign {
  free,
  non_negative,  ///< Dale's law
};

/// What the owner of a parameter says of it. Names follow the paper: `Wex [n x k]`, `Wix [m x k]`, `Wei [n x m]`,
/// `Bix [r x k]`, `bias [n]`.
struct ParameterKind {
  std::string name;
  std::string rate = "lr";  ///< the setting that is its learning rate
  Sign sign = Sign::free;
  bool inhibitory = false;  ///< inhibitory weights have a momentum of their own and no weight decay
  bool vector = false;      ///< stored as a vector [n], though seen here as [n x 1]
  bool fixed = false;       ///< never learned
  bool plain = false;       ///< learns by plain descent whatever the update: no momentum, never exponentiated
  bool replaced = false;    ///< takes its next value from its signal, instead of descending
};

class Parameter {
 public:
  /// A parameter that lives in `storage` and learns by `products`; both must outlive it.
  Parameter(ParameterKind kind, MatrixView storage, Products& products = fp32_products());
  /// A parameter with storage of its own, all 0.
  Parameter(ParameterKind kind, Index rows, Index cols);
  Parameter(Parameter&&) = default;
  Parameter& operator=(Parameter&&) = delete;  // a view's assignment would copy weights

  const ParameterKind& kind() const { return kind_; }
  const std::string& name() const { return kind_.name; }
  const std::string& rate() const { return kind_.rate; }
  Sign sign() const { return kind_.sign; }
  bool is_inhibitory() const { return kind_.inhibitory; }
  bool is_vector() const { return kind_.vector; }
  bool is_fixed() const { return kind_.fixed; }
  bool is_plain() const { return kind_.plain; }
  bool is_replaced() const { return kind_.replaced; }

  Index rows() const { return value_.rows(); }
  Index cols() const { return value_.cols(); }
  ConstMatrixView value() const { return view(value_); }
  ConstVectorView vector() const { return {value_.data(), value_.rows()}; }

  // The two ways to change a weight; both end with Dale's law.

  /// W = max(0, keep W + rate E X) in one pass over the weights; max(-infinity, .) where the sign is free.
  /// @param error E [post x B]  @param presynaptic X [B x pre]
  void learn(Real keep, Real rate, ConstMatrixView error, ConstMatrixView presynaptic) {
    products_->update(value_, keep, rate, error, presynaptic, least());
  }
  /// Calls `change(MatrixView w)`, then projects.
  template <class Change>
  void change(Change&& change) {
    std::forward<Change>(change)(value_);
    if (kind_.sign == Sign::non_negative) project_non_negative(value_);
  }

  /// into = keep into + rate E X: what is learned, elsewhere than in the weights. `into` has their shape.
  void accumulate(MatrixView into, Real keep, Real rate, ConstMatrixView error, ConstMatrixView presynaptic) const {
    products_->update(into, keep, rate, error, presynaptic, -std::numeric_limits<Real>::infinity());
  }

  /// Takes over values given from outside; unlike an update, they are not bent to the law but must obey it.
  /// @throws DataError naming `origin`, the parameter and what is wrong (shape, negative weight).
  void assign(ConstMatrixView values, const std::string& origin, const std::string& layer);

 private:
  Real least() const { return kind_.sign == Sign::non_negative ? Real(0) : -std::numeric_limits<Real>::infinity(); }

  ParameterKind kind_;
  Matrix own_storage_;  ///< empty where it lives in another's
  MatrixView value_;
  Products* products_;
};

/// What one parameter learns from a batch: the Hebbian form that every gradient here has, local or from the task.
/// gradient [post x pre] = error [post x B] * presynaptic [B x pre]
struct LearningSignal {
  Parameter* parameter;
  ConstMatrixView error;
  ConstMatrixView presynaptic;
};

}  // namespace chandelier
