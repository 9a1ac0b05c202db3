// Whole training steps, compared with the golden numbers of an independent float64 implementation (golden/README.md).

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
  expect_agreement(trace_of(golden, golden.settings()), read_tensors(golden.trace()), golden.tolerance());
}

INSTANTIATE_TEST_SUITE_P(EveryCase, Golden, ::testing::ValuesIn(golden_cases()),
                         [](const auto& test) { return test.param.test_name(); });

}  // namespace
}  // namespace chandelier
