// A named weight matrix and its properties. It enforces Dale's law, that excitatory and inhibitory weights are never
// negative: weights can only be changed through functions that end with the projection max(0, .).

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

/// The properties of a parameter, declared by its owner. Names follow the paper: `Wex [n x k]`, `Wix [m x k]`,
/// `Wei [n x m]`, `Bix [r x k]`, `bias [n]`.
struct ParameterKind {
  std::string name;
  std::string rate = "lr";  ///< the setting that is its learning rate
  Sign sign = Sign::free;
  bool inhibitory = false;  ///< inhibitory weights have their own momentum and no weight decay
  bool vector = false;      ///< stored as a vector [n]; [n x 1] here
  bool fixed = false;       ///< never learned
  bool plain = false;       ///< always learns by plain SGD: no momentum, never exponentiated
  bool replaced = false;    ///< its signal is its next value, not a gradient
};

class Parameter {
 public:
  /// A parameter in external `storage` that learns with `products`. Both must outlive it.
  Parameter(ParameterKind kind, MatrixView storage, Products& products = fp32_products());
  /// A parameter with its own storage, all 0.
  Parameter(ParameterKind kind, Index rows, Index cols);
  Parameter(Parameter&&) = default;
  Parameter& operator=(Parameter&&) = delete;  // assigning a view would copy the weights

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

  // The two ways to change weights. Both end with the projection of Dale's law.

  /// W = max(0, keep W + rate E X), in one pass over the weights; without max(0, .) if the sign is free.
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

  /// into = keep into + rate E X: the same step, applied to another matrix of the shape of the weights.
  void accumulate(MatrixView into, Real keep, Real rate, ConstMatrixView error, ConstMatrixView presynaptic) const {
    products_->update(into, keep, rate, error, presynaptic, -std::numeric_limits<Real>::infinity());
  }

  /// Sets values from a file or a user. They are not projected: they must obey Dale's law already.
  /// @throws DataError naming `origin`, the parameter and what is wrong (shape, negative weight)
  void assign(ConstMatrixView values, const std::string& origin, const std::string& layer);

 private:
  Real least() const { return kind_.sign == Sign::non_negative ? Real(0) : -std::numeric_limits<Real>::infinity(); }

  ParameterKind kind_;
  Matrix own_storage_;  ///< empty if the storage is external
  MatrixView value_;
  Products* products_;
};

/// What one parameter learns from a batch. Every gradient, local or from the task, has this Hebbian form:
/// gradient [post x pre] = error [post x B] * presynaptic [B x pre].
struct LearningSignal {
  Parameter* parameter;
  ConstMatrixView error;
  ConstMatrixView presynaptic;
};

}  // namespace chandelier
