#include "normalization/error_decorrelate.hpp"

#include "normalization/moments.hpp"

namespace chandelier {
namespace {

class Decorrelate final : public ErrorNormalization {
 public:
  explicit Decorrelate(Index capacity) : projection_(capacity) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    projection_.measure(g, z);
    decorrelate(g, z, projection_, normalized);
  }

 private:
  mutable Projection projection_;  ///< of g on 1 and on z
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_decorrelate(Index capacity) {
  return std::make_unique<Decorrelate>(capacity);
}

}  // namespace chandelier
