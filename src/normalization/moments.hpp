// Building blocks of activity and error normalizations: moments over the units of each sample, projections, and
// elementwise operations that use them. Activity and errors are [n x B].

#pragma once

#include "base/matrix.hpp"
#include "kernels/population.hpp"

namespace chandelier {

/// mean_j z and sd = sqrt(var_j z + tau) of each sample. Memory for the largest batch is allocated once.
class Moments {
 public:
  explicit Moments(Index capacity) : mean_(capacity), sd_(capacity), inverse_sd_(capacity) {}
  void measure(ConstMatrixView z);
  const Real* mean() const { return mean_.data(); }  ///< [B]
  const Real* sd() const { return sd_.data(); }      ///< [B]
  /// 1/sd [B]: one division per sample instead of one per unit
  const Real* inverse_sd() const { return inverse_sd_.data(); }

 private:
  Vector mean_, sd_, inverse_sd_;
};

/// mean_j g and (sum_j g_j y_j)/n of each sample: the uniform part of the error g and its part along y.
class Projection {
 public:
  explicit Projection(Index capacity) : mean_(capacity), along_(capacity) {}
  void measure(ConstMatrixView g, ConstMatrixView y);
  const Real* mean() const { return mean_.data(); }    ///< [B]
  const Real* along() const { return along_.data(); }  ///< [B]

 private:
  Vector mean_, along_;
};

/// out = a - mean
void centre(ConstMatrixView a, ConstVectorView mean, MatrixView out);

/// out = a / sd
void scale(ConstMatrixView a, const Moments& moments, MatrixView out);

/// out = (z - mean_j z) / sd
void standardize(ConstMatrixView z, const Moments& of_z, MatrixView out);

/// out = g - y (sum_j g y)/n
void decorrelate(ConstMatrixView g, ConstMatrixView y, const Projection& projection, MatrixView out);

/// out = (g - mean_j g - y (sum_j g y)/n) / sd
void centre_decorrelate_scale(ConstMatrixView g, ConstMatrixView y, const Projection& projection,
                              const Moments& moments, MatrixView out);

}  // namespace chandelier
