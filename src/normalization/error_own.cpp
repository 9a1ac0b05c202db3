#include "normalization/error_own.hpp"

namespace chandelier {
namespace {

class Own final : public ErrorNormalization {
 public:
  explicit Own(const ActivityNormalization& activity) : activity_(activity) {}

  void apply(ConstMatrixView, ConstMatrixView g, MatrixView normalized) const override {
    activity_.own_error(g, normalized);
  }

 private:
  const ActivityNormalization& activity_;
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_own(const ActivityNormalization& activity) {
  return std::make_unique<Own>(activity);
}

}  // namespace chandelier
