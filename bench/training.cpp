#include "training.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

#include "data/stored_images.hpp"
#include "luminosity/jittered_images.hpp"
#include "training/evaluation.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

namespace chandelier::bench {
namespace {

std::shared_ptr<const ImageSource> jittered(std::shared_ptr<const ImageSet> images, const Settings& settings,
                                            Purpose purpose) {
  return std::make_shared<JitteredImages>(std::make_shared<StoredImages>(std::move(images)), make_luminosity(settings),
                                          settings.seed, purpose);
}

}  // namespace

Settings settings_of(const std::string& condition, int width, const std::string& precision) {
  GivenSettings given;
  given.give("condition", condition, "bench");
  given.give("width", std::to_string(width), "bench");
  given.give("precision", precision, "bench");
  return resolve({}, given);
}

Training::Training(const std::shared_ptr<const Dataset>& dataset, const Settings& settings)
    : train_(jittered(train_of(dataset), settings, Purpose::train_luminosity)),
      test_(jittered(test_of(dataset), settings, Purpose::test_luminosity)),
      network_(initial_network(settings, train_->pixels(), kEvaluationBatch)),
      optimizer_(optimizer_of(network_, settings)),
      batch_(kEvaluationBatch, train_->pixels()),
      order_(static_cast<std::size_t>(train_->size())),
      images_of_a_step_(static_cast<std::size_t>(settings.batch)) {
  std::iota(order_.begin(), order_.end(), 0U);
  std::shuffle(order_.begin(), order_.end(), std::minstd_rand(1));
}

void Training::read() {
  if (next_ + images_of_a_step_ > order_.size()) next_ = 0;
  train_->read({order_.data() + next_, images_of_a_step_}, 1, batch_);
  next_ += images_of_a_step_;
}

void Training::forward() { network_.forward(std::as_const(batch_).images()); }
void Training::backward() { network_.backward(batch_.labels()); }
void Training::update() { optimizer_.step(); }
void Training::evaluate() { chandelier::evaluate(network_, *test_, 1, batch_); }

}  // namespace chandelier::bench
