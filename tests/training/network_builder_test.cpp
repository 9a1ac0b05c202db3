// Networks from weight files: they have as many layers as the file, and no tensor is silently ignored.

#include "training/network_builder.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"
#include "places.hpp"
#include "sentence_of.hpp"

namespace chandelier {
namespace {

constexpr Index kInputs = 6;

Settings settings_of(const std::string& error_norm, int layers) {
  Settings settings;
  settings.error_norm = error_norm;
  settings.width.assign(static_cast<std::size_t>(layers), 5);
  settings.depth = layers;
  settings.classes = 3;
  return settings;
}

TensorFile weights_of(const Settings& settings) { return weights_of(initial_network(settings, kInputs, 1), settings); }

TEST(NetworkFromWeights, TakesAListOfRulesForAsManyLayers) {
  const Settings three = settings_of("full,dendritic,none", 3);
  const Network network = network_from(three, weights_of(three), "w", 1);
  EXPECT_EQ(network.hidden().size(), 3U);
  EXPECT_EQ(hidden_layers_in(weights_of(three)), 3);
  EXPECT_TRUE(network.hidden()[1].error_norm().has("Ve"));
  EXPECT_FALSE(network.hidden()[2].error_norm().has("Ve"));
  for (const int layers : {1, 2, 4}) {
    const TensorFile weights = weights_of(settings_of("full", layers));
    TensorFile without_metadata = weights;
    without_metadata.metadata.clear();
    EXPECT_TRUE(names(sentence_of<SettingError>([&] { network_from(three, without_metadata, "w", 1); }),
                      "error_norm lists 3 rules (full,dendritic,none), but w has " + std::to_string(layers)));
  }
}

TEST(NetworkFromWeights, LeavesNoParameterOfAnotherNetworkOut) {
  const auto refused = [](Settings learned, const char* tensor) {
    TensorFile weights = weights_of(learned);
    weights.metadata.clear();
    const Settings plain = settings_of("full", 2);
    EXPECT_TRUE(names(sentence_of<DataError>([&] { network_from(plain, weights, "w", 1); }),
                      std::string("the tensor ") + tensor + " does not belong to this network"));
  };
  Settings feedback = settings_of("full", 2);
  feedback.feedback = "kolen-pollack";
  refused(feedback, "hidden1.feedback");
  refused(settings_of("dendritic", 2), "hidden0.Ue");
  refused(settings_of("lateral", 2), "hidden0.lateral");
}

TEST(NetworkFromWeights, HasAsManyErrorInterneuronsAsTheFile) {
  Settings settings = settings_of("dendritic", 2);
  settings.error_interneurons = 4;
  const TensorFile weights = weights_of(settings);
  settings.error_interneurons = 1;
  const Network network = network_from(settings, weights, "w", 1);
  EXPECT_EQ(network.hidden()[0].error_norm().parameter("Ve").cols(), 4);
}

}  // namespace
}  // namespace chandelier
