#include "normalization/error_part.hpp"

#include <cmath>
#include <utility>

#include "kernels/passes.hpp"
#include "kernels/population.hpp"

namespace chandelier {
namespace {

/// Norm of each sample, over units
void norm_over_units(ConstMatrixView a, VectorView norm) {
  dot_over_units(a, a, norm);
  for (Index b = 0; b < norm.size(); ++b) norm[b] = std::sqrt(norm[b]);
}

/// out = in * to/from, or 0 if a norm is 0. `in` and `out` may be the same.
CHANDELIER_HOT void rescale(ConstMatrixView in, ConstVectorView from, ConstVectorView to, MatrixView out) {
  assign_each(out,
              [&](Index j, Index b) { return from[b] == 0 || to[b] == 0 ? Real(0) : in(j, b) * (to[b] / from[b]); });
}

enum class Kept { direction, magnitude };

class PartOf final : public ErrorNormalization {
 public:
  PartOf(std::unique_ptr<ErrorNormalization> rule, Kept kept, Index capacity)
      : rule_(std::move(rule)), kept_(kept), norm_g_(capacity), norm_N_(capacity) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    const Index B = g.cols();
    rule_->apply(z, g, normalized);
    norm_over_units(g, VectorView(norm_g_.data(), B));
    norm_over_units(view(normalized), VectorView(norm_N_.data(), B));
    const ConstVectorView norm_g(norm_g_.data(), B), norm_N(norm_N_.data(), B);
    if (kept_ == Kept::direction)
      rescale(view(normalized), norm_N, norm_g, normalized);
    else
      rescale(g, norm_g, norm_N, normalized);
  }

  // Everything else is passed on to the rule.
  std::span<Parameter> parameters() override { return rule_->parameters(); }
  std::span<RunningMean> running_means() override { return rule_->running_means(); }
  std::span<const LearningSignal> learning_signals() const override { return rule_->learning_signals(); }
  void learn(ConstMatrixView z, ConstMatrixView g) override { rule_->learn(z, g); }
  ErrorAim aim() const override { return rule_->aim(); }

 private:
  std::unique_ptr<ErrorNormalization> rule_;
  Kept kept_;
  mutable Vector norm_g_, norm_N_;  ///< [B]
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_direction(std::unique_ptr<ErrorNormalization> rule, Index capacity) {
  return std::make_unique<PartOf>(std::move(rule), Kept::direction, capacity);
}

std::unique_ptr<ErrorNormalization> error_magnitude(std::unique_ptr<ErrorNormalization> rule, Index capacity) {
  return std::make_unique<PartOf>(std::move(rule), Kept::magnitude, capacity);
}

}  // namespace chandelier
