#include "parameters/parameter.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace chandelier {

Parameter::Parameter(ParameterKind kind, MatrixView storage, Products& products)
    : kind_(std::move(kind)), value_(storage), products_(&products) {}

Parameter::Parameter(ParameterKind kind, Index rows, Index cols)
    : kind_(std::move(kind)),
      own_storage_(Matrix::Zero(rows, cols)),
      value_(own_storage_.data(), rows, cols),
      products_(&fp32_products()) {}

void Parameter::assign(ConstMatrixView values, const std::string& origin, const std::string& layer) {
  if (values.rows() != rows() || values.cols() != cols())
    throw DataError(fmt::format("{}: {}.{} is [{} x {}], but this network needs [{} x {}]", origin, layer, name(),
                                values.rows(), values.cols(), rows(), cols()));
  for (Index i = 0; i < rows(); ++i)
    for (Index j = 0; j < cols(); ++j)
      if (sign() == Sign::non_negative && values(i, j) < 0)
        throw DataError(
            fmt::format("{}: {}.{} contains the negative weight {} at row {}, column {}, which Dale's law forbids",
                        origin, layer, name(), values(i, j), i, j));
  value_ = values;
}

}  // namespace chandelier
