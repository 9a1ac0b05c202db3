// Whole networks: evaluation, and that every valid combination of settings can learn.

#include "learning/network.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "plain_equations.hpp"
#include "sentence_of.hpp"
#include "small_network.hpp"
#include "training/evaluation.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

class SmallImages final : public ImageSource {
 public:
  explicit SmallImages(Index count) {
    std::mt19937 random(1);
    labels_ = plain::random_labels(count, kClasses, random);
    images_ = bright_images(labels_, random);
  }
  Index size() const override { return images_.rows(); }
  Index rows() const override { return 1; }
  Index columns() const override { return images_.cols(); }
  void read(std::span<const std::uint32_t> which, std::uint32_t, Batch& batch) const override {
    batch.resize(static_cast<Index>(which.size()));
    for (std::size_t i = 0; i < which.size(); ++i) {
      batch.images().row(static_cast<Index>(i)) = images_.row(which[i]);
      batch.labels()[i] = labels_[which[i]];
    }
  }
  const Matrix& images() const { return images_; }
  const std::vector<std::uint8_t>& labels() const { return labels_; }

 private:
  Matrix images_;
  std::vector<std::uint8_t> labels_;
};

TEST(Evaluation, InBatchesIsEvaluationInOneGo) {
  const SmallImages source(301);
  for (const char* circuit : {"e", "ei", "inorm", "inorm-sub"}) {
    const Settings settings = small_settings(circuit, "none", "none");
    const auto with_capacity = [&](Index capacity, std::vector<std::uint8_t>& predicted) {
      Network network = initial_network(settings, kPixels, capacity);
      Batch batch(capacity, kPixels);
      return evaluate(network, source, 0, batch, &predicted);
    };
    // All images at once, through the network itself.
    Network network = initial_network(settings, kPixels, 301);
    const ConstMatrixView logits = network.forward(view(source.images()));
    std::vector<std::uint8_t> expected;
    for (Index i = 0; i < 301; ++i) expected.push_back(predicted_class(logits, i));
    const LossSum sum = network.loss(source.labels());
    for (const Index capacity : {1, 7, 32, 256, 301}) {
      std::vector<std::uint8_t> predicted;
      const Evaluation evaluation = with_capacity(capacity, predicted);
      EXPECT_NEAR(evaluation.loss, sum.loss / 301, 1e-6) << circuit << " " << capacity;
      EXPECT_DOUBLE_EQ(evaluation.accuracy, static_cast<double>(sum.hits) / 301) << circuit << " " << capacity;
      EXPECT_EQ(predicted, expected) << circuit << " " << capacity;
    }
  }
}

TEST(Evaluation, TwiceGivesTheSameBits) {
  const SmallImages source(300);
  for (const std::string_view circuit : circuit_names()) {
    Network network = initial_network(small_settings(circuit, "none", "none"), kPixels, 64);
    Batch batch(64, kPixels);
    const Evaluation first = evaluate(network, source, 0, batch), second = evaluate(network, source, 0, batch);
    EXPECT_EQ(first.loss, second.loss);
    EXPECT_EQ(first.accuracy, second.accuracy);
  }
}

TEST(Evaluation, LossAloneIsThatOfTheBackwardPass) {
  const SmallImages source(32);
  Network network = initial_network(small_settings("ei", "layer", "own"), kPixels, 32);
  network.forward(view(source.images()));
  const LossSum alone = network.loss(source.labels()), with_pass = network.backward(source.labels());
  EXPECT_EQ(alone.loss, with_pass.loss);
  EXPECT_EQ(alone.hits, with_pass.hits);
}

/// Trains for some steps. @returns the mean loss of the first and of the last pass through the images
std::pair<double, double> learn(const Settings& settings, const SmallImages& source, int passes) {
  constexpr Index kBatch = 16;
  Network network = initial_network(settings, kPixels, kBatch);
  Optimizer optimizer = optimizer_of(network, settings);
  std::pair<double, double> losses;
  for (int pass = 0; pass < passes; ++pass) {
    double sum = 0;
    for (Index first = 0; first < source.size(); first += kBatch) {
      const Index count = std::min(kBatch, source.size() - first);
      network.forward(rows_of(view(source.images()), first, count));
      sum +=
          network
              .backward(
                  std::span(source.labels()).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)))
              .loss;
      optimizer.step();
    }
    (pass == 0 ? losses.first : losses.second) = sum / static_cast<double>(source.size());
  }
  for (std::size_t layer = 0; layer < network.layers(); ++layer)
    for (const Parameter& parameter : network.circuit(layer).parameters())
      EXPECT_TRUE(parameter.value().allFinite()) << network.layer_name(layer) << "." << parameter.name();
  return losses;
}

TEST(Network, EveryCombinationRuns) {
  const SmallImages source(75);  // the last batch is partial
  for (const std::string_view circuit : circuit_names())
    for (const std::string_view activity : activity_norm_names())
      for (const std::string_view error : error_norm_names())
        for (const std::string_view part : error_part_names()) {
          const bool computed = circuit == "e" || circuit == "ei";
          if (!computed && (activity != "none" || error == "own")) continue;
          Settings settings = small_settings(circuit, activity, error);
          settings.error_part = part;
          for (const bool divide : {true, false}) {
            if (!divide && circuit != "inorm") continue;
            settings.error_divide = divide ? "sample" : "off";
            const auto [first, last] = learn(settings, source, 3);
            EXPECT_TRUE(std::isfinite(last))
                << circuit << " " << activity << " " << error << " " << part << " " << divide;
          }
        }
}

TEST(Network, Learns) {
  const SmallImages source(75);
  for (const auto& [circuit, activity, error] : {std::array{"e", "layer", "own"},
                                                 {"ei", "none", "own"},
                                                 {"ei", "layer", "own"},
                                                 {"inorm", "none", "none"},
                                                 {"inorm", "none", "full"},
                                                 {"inorm-sub", "none", "center"}}) {
    Settings settings = small_settings(circuit, activity, error);
    settings.lr = 0.02;
    const auto [first, last] = learn(settings, source, 60);
    EXPECT_LT(last, 0.9) << circuit << " " << activity << " " << error << ", from " << first;  // ln 4 = 1.386 is chance
  }
}

TEST(Network, SizesOfItsLayersMustFit) {
  std::vector<HiddenLayer> hidden;
  for (const Index k : {6, 9}) {  // the first has 7 units
    auto activity = make_activity_norm("none", 7, 2);
    auto error = make_error_norm({.error_norm = "own"}, {.n = 7, .capacity = 2, .activity_norm = activity.get()});
    hidden.emplace_back(make_circuit({.circuit = "e"}, {k, 7, 0, 2}), std::move(activity), std::move(error));
  }
  const std::string sentence = sentence_of<Bug>([&] {
    Network(std::move(hidden), make_circuit({.circuit = "ei"}, {7, 3, 1, 2}), 0.1);
  });
  EXPECT_TRUE(names(sentence, "hidden1 takes 9 inputs"));
  EXPECT_TRUE(names(sentence, "7 units"));
}

}  // namespace
}  // namespace chandelier
