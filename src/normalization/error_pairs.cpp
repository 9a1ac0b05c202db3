#include "normalization/error_pairs.hpp"

#include "normalization/moments.hpp"

namespace chandelier {
namespace {

class CenterScale final : public ErrorNormalization {
 public:
  explicit CenterScale(Index capacity) : of_z_(capacity), mean_(capacity) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    const VectorView mean(mean_.data(), g.cols());
    mean_over_units(g, mean);
    of_z_.measure(z);
    centre(g, view(mean), normalized);
    scale(view(normalized), of_z_, normalized);
  }

 private:
  mutable Moments of_z_;
  mutable Vector mean_;  ///< mean_j g, [B]
};

class DecorrelateScale final : public ErrorNormalization {
 public:
  explicit DecorrelateScale(Index capacity) : of_z_(capacity), projection_(capacity) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    of_z_.measure(z);
    projection_.measure(g, z);
    decorrelate(g, z, projection_, normalized);
    scale(view(normalized), of_z_, normalized);
  }

 private:
  mutable Moments of_z_;
  mutable Projection projection_;  ///< of g on 1 and on z
};

class CenterDecorrelate final : public ErrorNormalization {
 public:
  explicit CenterDecorrelate(Index capacity) : projection_(capacity) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    projection_.measure(g, z);
    decorrelate(g, z, projection_, normalized);
    centre(view(normalized), ConstVectorView(projection_.mean(), g.cols()), normalized);
  }

 private:
  mutable Projection projection_;  ///< of g on 1 and on z
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_center_scale(Index capacity) {
  return std::make_unique<CenterScale>(capacity);
}

std::unique_ptr<ErrorNormalization> error_decorrelate_scale(Index capacity) {
  return std::make_unique<DecorrelateScale>(capacity);
}

std::unique_ptr<ErrorNormalization> error_center_decorrelate(Index capacity) {
  return std::make_unique<CenterDecorrelate>(capacity);
}

}  // namespace chandelier
