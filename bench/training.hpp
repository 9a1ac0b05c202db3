// A network in training, taken apart into the parts of a step so that each can be timed.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/image_source.hpp"
#include "learning/network.hpp"
#include "learning/optimizer.hpp"
#include "training/settings.hpp"

namespace chandelier::bench {

/// The settings of a benchmark: a condition at a width in a precision, otherwise the defaults of `chandelier train`.
Settings settings_of(const std::string& condition, int width, const std::string& precision = "fp32");

/// One network on the real training images. What `step` does is what training does, no less.
class Training {
 public:
  Training(const std::shared_ptr<const Dataset>& dataset, const Settings& settings);

  void step() {
    read();
    forward();
    backward();
    update();
  }
  void read();      ///< a batch of images in shuffled order, jittered
  void forward();   ///< up to the logits
  void backward();  ///< the loss, and down
  void update();    ///< every parameter, the projection of Dale's law included

  void evaluate();  ///< the loss and the accuracy on all test images
  Index test_images() const { return test_->size(); }

  Network& network() { return network_; }
  Batch& batch() { return batch_; }

 private:
  std::shared_ptr<const ImageSource> train_, test_;
  Network network_;
  Optimizer optimizer_;
  Batch batch_;
  std::vector<std::uint32_t> order_;
  std::size_t next_ = 0;
  std::size_t images_of_a_step_;
};

}  // namespace chandelier::bench
