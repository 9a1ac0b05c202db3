// A named weight matrix of a layer, and Dale's law: what is excitatory stays excitatory, what is inhibitory stays
// inhibitory, because a weight can be changed only through functions that end with the projection max(0, .).

#pragma once

#include <limits>
#include <string>
#include <utility>

#include "base/matrix.hpp"
#include "kernels/population.hpp"
#include "kernels/products.hpp"

namespace chandelier {

/// Which learning rate a parameter follows (science: section 6, groups).
enum class RateGroup {
  lr,      ///< Wex, bias and everything not named below
  lr_wix,  ///< Wix, Bix
  lr_wei,  ///< Wei
};

enum class Sign {
  free,
  non_negative,  ///< Dale's law
};

/// Names, signs and groups follow the paper: `Wex [n x k]`, `Wix [m x k]`, `Wei [n x m]`, `Bix [r x k]`, `bias [n]`.
class Parameter {
 public:
  /// A parameter that lives in `storage` and learns by `products`; both must outlive it. The name decides sign and
  /// group.
  /// @throws Bug when the name is not one of a circuit's.
  Parameter(std::string name, MatrixView storage, Products& products = fp32_products());
  Parameter(const Parameter&) = default;
  Parameter& operator=(const Parameter&) = delete;  // a view's assignment would copy weights

  const std::string& name() const { return name_; }
  RateGroup rate_group() const { return rate_group_; }
  Sign sign() const { return sign_; }
  /// Inhibitory weights have a momentum of their own and no weight decay.
  bool is_inhibitory() const { return inhibitory_; }
  /// Stored as a vector [n], though seen here as [n x 1].
  bool is_vector() const { return vector_; }

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
    if (sign_ == Sign::non_negative) project_non_negative(value_);
  }

  /// into = keep into + rate E X: what is learned, elsewhere than in the weights. `into` has their shape.
  void accumulate(MatrixView into, Real keep, Real rate, ConstMatrixView error, ConstMatrixView presynaptic) const {
    products_->update(into, keep, rate, error, presynaptic, -std::numeric_limits<Real>::infinity());
  }

  /// Takes over values given from outside; unlike an update, they are not bent to the law but must obey it.
  /// @throws DataError naming `origin`, the parameter and what is wrong (shape, negative weight).
  void assign(ConstMatrixView values, const std::string& origin, const std::string& layer);

 private:
  Real least() const { return sign_ == Sign::non_negative ? Real(0) : -std::numeric_limits<Real>::infinity(); }

  std::string name_;
  MatrixView value_;
  Products* products_;
  RateGroup rate_group_;
  Sign sign_;
  bool inhibitory_;
  bool vector_;
};

/// What one parameter learns from a batch: the Hebbian form that every gradient here has, local or from the task.
/// gradient [post x pre] = error [post x B] * presynaptic [B x pre]
struct LearningSignal {
  Parameter* parameter;
  ConstMatrixView error;
  ConstMatrixView presynaptic;
};

}  // namespace chandelier
