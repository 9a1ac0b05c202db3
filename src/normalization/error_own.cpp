#include "normalization/error_own.hpp"

namespace chandelier {
namespace {

class Own final : public ErrorNormalization {
 public:
  explicit Own(ActivityNormalization& activity) : activity_(activity) {}

  void apply(ConstMatrixView, ConstMatrixView g, MatrixView normalized) override { activity_.own_error(g, normalized); }

 private:
  ActivityNormalization& activity_;
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_own(ActivityNormalization& activity) {
  return std::make_unique<Own>(activity);
}

}  // namespace chandelier
