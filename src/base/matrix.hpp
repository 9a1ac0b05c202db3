// The matrix types. Storage is row-major everywhere. Weights are [post x pre].
//
// Activity inside a layer is transposed, [units x batch], so that one unit's values over the batch are contiguous.
// Matrix products then need no copies of their operands, and every sum over units is a loop over contiguous samples.

#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

namespace chandelier {

#ifdef CHANDELIER_DOUBLE
using Real = double;  ///< a second build of the library, for tests with finite differences
#else
using Real = float;
#endif

using Index = Eigen::Index;
using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;
using MatrixView = Eigen::Map<Matrix>;
using ConstMatrixView = Eigen::Map<const Matrix>;
using VectorView = Eigen::Map<Vector>;
using ConstVectorView = Eigen::Map<const Vector>;

/// A read-only view of a matrix or of another view. The memory must outlive it.
inline ConstMatrixView view(const Matrix& m) { return {m.data(), m.rows(), m.cols()}; }
inline ConstMatrixView view(const MatrixView& m) { return {m.data(), m.rows(), m.cols()}; }
inline ConstMatrixView view(const ConstMatrixView& m) { return m; }
inline ConstVectorView view(const VectorView& v) { return {v.data(), v.size()}; }

/// Rows `first ... first + count - 1` of a row-major matrix, as a view.
inline MatrixView rows_of(MatrixView m, Index first, Index count) {
  return {m.data() + first * m.cols(), count, m.cols()};
}
inline ConstMatrixView rows_of(ConstMatrixView m, Index first, Index count) {
  return {m.data() + first * m.cols(), count, m.cols()};
}

/// The beginning of a buffer, as a matrix of this size.
inline MatrixView sized(Matrix& buffer, Index rows, Index columns) { return {buffer.data(), rows, columns}; }

/// A buffer for `rows` values of each of up to `capacity` samples: allocated once, viewed at the size of each batch.
class BatchBuffer {
 public:
  BatchBuffer() = default;
  BatchBuffer(Index rows, Index capacity) : storage_(rows, capacity), rows_(rows) { storage_.setZero(); }

  /// [rows x batch]; batch must not exceed the capacity.
  MatrixView operator()(Index batch) {
    eigen_assert(batch <= storage_.cols());
    return {storage_.data(), rows_, batch};
  }
  ConstMatrixView operator()(Index batch) const {
    eigen_assert(batch <= storage_.cols());
    return {storage_.data(), rows_, batch};
  }
  Index rows() const { return rows_; }
  Index capacity() const { return storage_.cols(); }

 private:
  Matrix storage_;
  Index rows_ = 0;
};

}  // namespace chandelier
