#include "normalization/activity_none.hpp"

namespace chandelier {
namespace {

class None final : public ActivityNormalization {
 public:
  ConstMatrixView forward(ConstMatrixView z) override { return z; }
  void own_error(ConstMatrixView g, MatrixView error) const override { error = g; }
};

}  // namespace

std::unique_ptr<ActivityNormalization> activity_none(Index, Index) { return std::make_unique<None>(); }

}  // namespace chandelier
