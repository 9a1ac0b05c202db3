#include "normalization/activity_layer.hpp"

#include "normalization/moments.hpp"

namespace chandelier {
namespace {

class Layer final : public ActivityNormalization {
 public:
  Layer(Index n, Index capacity) : y_(n, capacity), of_z_(capacity), projection_(capacity) {}

  ConstMatrixView forward(ConstMatrixView z) override {
    of_z_.measure(z);
    standardize(z, of_z_, y_(z.cols()));
    return view(y_(z.cols()));
  }

  void own_error(ConstMatrixView g, MatrixView error) const override {
    projection_.measure(g, y_(g.cols()));
    centre_decorrelate_scale(g, y_(g.cols()), projection_, of_z_, error);
  }

 private:
  BatchBuffer y_;  ///< [n x B]
  Moments of_z_;
  mutable Projection projection_;  ///< of g on 1 and on y
};

}  // namespace

std::unique_ptr<ActivityNormalization> activity_layer(Index n, Index capacity) {
  return std::make_unique<Layer>(n, capacity);
}

}  // namespace chandelier
