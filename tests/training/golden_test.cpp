// Whole training steps against the numbers of an independent float64 implementation (golden/README.md).

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/safetensors.hpp"
#include "golden_cases.hpp"
#include "training/network_builder.hpp"
#include "training/trace.hpp"

namespace chandelier {
namespace {

class Golden : public ::testing::TestWithParam<GoldenCase> {};

TEST_P(Golden, LibraryAgrees) {
  const GoldenCase& golden = GetParam();
  const Settings settings = golden.settings();
  const TensorFile weights = read_tensors(golden.weights());
  const TensorFile batches = read_tensors(golden.batches());
  const Matrix images = matrix_from(batches, "images", "batches");
  std::vector<std::uint8_t> labels;
  for (const std::int64_t label : integers_from(batches, "labels", "batches"))
    labels.push_back(static_cast<std::uint8_t>(label));

  Network network = network_from(settings, weights, golden.weights().string(), settings.batch);
  Optimizer optimizer = optimizer_of(network, settings);
  const TensorFile ours =
      trace(network, optimizer, view(images), labels, settings.batch, images.rows() / settings.batch);
  expect_agreement(ours, read_tensors(golden.trace()));
}

INSTANTIATE_TEST_SUITE_P(EveryCase, Golden, ::testing::ValuesIn(golden_cases()),
                         [](const auto& test) { return test.param.test_name(); });

}  // namespace
}  // namespace chandelier
