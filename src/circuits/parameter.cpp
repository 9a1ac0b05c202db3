#include "circuits/parameter.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/error.hpp"

namespace chandelier {
namespace {

struct Kind {
  std::string_view name;
  RateGroup rate_group;
  Sign sign;
  bool inhibitory;
  bool vector;
};

constexpr std::array kKinds{
    Kind{"Wex", RateGroup::lr, Sign::non_negative, false, false},
    Kind{"Wix", RateGroup::lr_wix, Sign::non_negative, true, false},
    Kind{"Wei", RateGroup::lr_wei, Sign::non_negative, true, false},
    Kind{"Bix", RateGroup::lr_wix, Sign::free, true, false},
    Kind{"bias", RateGroup::lr, Sign::free, false, true},
};

const Kind& kind_of(std::string_view name) {
  for (const Kind& kind : kKinds)
    if (kind.name == name) return kind;
  throw Bug(fmt::format("no parameter is called '{}'", name));
}

}  // namespace

Parameter::Parameter(std::string name, MatrixView storage, Products& products)
    : name_(std::move(name)),
      value_(storage),
      products_(&products),
      rate_group_(kind_of(name_).rate_group),
      sign_(kind_of(name_).sign),
      inhibitory_(kind_of(name_).inhibitory),
      vector_(kind_of(name_).vector) {}

void Parameter::assign(ConstMatrixView values, const std::string& origin, const std::string& layer) {
  if (values.rows() != rows() || values.cols() != cols())
    throw DataError(fmt::format("{}: {}.{} is [{} x {}], but this network needs [{} x {}]", origin, layer, name_,
                                values.rows(), values.cols(), rows(), cols()));
  for (Index i = 0; i < rows(); ++i)
    for (Index j = 0; j < cols(); ++j)
      if (sign_ == Sign::non_negative && values(i, j) < 0)
        throw DataError(
            fmt::format("{}: {}.{} holds the negative weight {} at row {}, column {}, which Dale's law forbids", origin,
                        layer, name_, values(i, j), i, j));
  value_ = values;
}

}  // namespace chandelier
