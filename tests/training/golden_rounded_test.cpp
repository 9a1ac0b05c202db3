// Training steps in bf16 and fp16, compared with the golden numbers of an independent implementation (golden/bf16,
// golden/fp16) and with fp32.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "base/safetensors.hpp"
#include "golden_cases.hpp"
#include "training/network_builder.hpp"
#include "training/trace.hpp"

namespace chandelier {
namespace {

TensorFile trace_in(const std::string& precision, const GoldenCase& golden) {
  Settings settings = golden.settings();
  settings.precision = precision;
  return trace_of(golden, settings);
}

double distance(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = numbers(a), y = numbers(b);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
  return std::sqrt(sum);
}

double size(const Tensor& tensor) {
  double sum = 0;
  for (const double x : numbers(tensor)) sum += x * x;
  return std::sqrt(sum);
}

using Case = std::tuple<std::string, std::string>;  // precision, condition

std::string name_of(const ::testing::TestParamInfo<Case>& test) {
  std::string name = std::get<0>(test.param) + "_" + std::get<1>(test.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class GoldenRounded : public ::testing::TestWithParam<Case> {};

/// A sum that rounds differently can move an operand to the next rounded number, so entries need not agree exactly. But
/// if values were rounded in the wrong place, or not at all, they would be as far from these numbers as fp32 is. They
/// must be much closer.
TEST_P(GoldenRounded, EveryTensorIsNearTheirs) {
  const auto& [precision, condition] = GetParam();
  const GoldenCase golden{test_data("/golden/plain"), condition};
  const TensorFile ours = trace_in(precision, golden), fp32 = read_tensors(golden.trace());
  const TensorFile theirs = read_tensors(test_data("/golden/" + precision + "/" + condition + ".trace.safetensors"));
  int compared = 0;
  for (const auto& [name, tensor] : theirs.tensors) {
    const auto found = ours.tensors.find(name);
    ASSERT_NE(found, ours.tensors.end()) << name << " is missing";
    ASSERT_EQ(found->second.shape, tensor.shape) << name;
    if (!fp32.tensors.contains(name)) continue;
    EXPECT_LE(distance(found->second, tensor), 0.4 * distance(fp32.tensors.at(name), tensor) + 1e-6 * size(tensor))
        << name;
    ++compared;
  }
  EXPECT_GT(compared, 40);
  // Values before the first rounding agree as well as in fp32.
  const Tensor &e = ours.tensors.at("step0.hidden0.excitation"),
               &expected = theirs.tensors.at("step0.hidden0.excitation");
  if (precision == "bf16") {
    EXPECT_LE(distance(e, expected), 1e-6 * size(expected));
  }
}

INSTANTIATE_TEST_SUITE_P(Conditions, GoldenRounded,
                         ::testing::Combine(::testing::Values("bf16", "fp16"),
                                            ::testing::Values("e-ln", "ei", "inorm", "inorm-full")),
                         name_of);

/// Three steps on random images at the default rates: the network's tensors, and the last logits.
TensorFile three_steps(Settings settings, const std::string& precision) {
  constexpr Index kBatch = 32, kPixels = 784;
  settings.precision = precision;
  std::mt19937 random(1);
  std::uniform_real_distribution<Real> pixel(0, 1);
  std::vector<std::uint8_t> labels;
  for (Index i = 0; i < 3 * kBatch; ++i) labels.push_back(static_cast<std::uint8_t>(random() % 10));
  const Matrix images = Matrix::NullaryExpr(3 * kBatch, kPixels, [&] { return pixel(random) * pixel(random); });
  Network network = initial_network(settings, kPixels, kBatch);
  Optimizer optimizer = optimizer_of(network, settings);
  return trace(network, optimizer, view(images), labels, kBatch, 3);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = numbers(a), y = numbers(b);
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    difference = std::max(difference, std::abs(x[i] - y[i]));
    largest = std::max(largest, std::abs(y[i]));
  }
  return difference == 0 ? 0 : difference / largest;
}

class BesideFp32 : public ::testing::TestWithParam<Case> {};

/// In bf16, weights after three steps differ by at most a hundredth of their largest value. In fp16 twice as much is
/// allowed: the errors of a batch are so small that the spacing of fp16 numbers is uniform there instead of relative.
/// Biases and the weights of error rules are not compared: they start at 0 and are sums of three errors, some of which
/// a unit passes in one precision but not in the other. Logits have a larger tolerance, as e and s may nearly cancel
/// while nothing divides them.
TEST_P(BesideFp32, LearnsNearlyTheSame) {
  const auto& [precision, condition] = GetParam();
  GivenSettings given;
  given.give("condition", condition, "the test");
  const Settings settings = resolve(given, {});
  const TensorFile fp32 = three_steps(settings, "fp32"), rounded = three_steps(settings, precision);
  for (const auto& [name, tensor] : fp32.tensors) {
    if (name.starts_with("step") || name.ends_with("bias") || name.ends_with("Ve") || name.ends_with("burst")) continue;
    EXPECT_LE(largest_difference(rounded.tensors.at(name), tensor), precision == "bf16" ? 1e-2 : 2e-2) << name;
  }
  const double logits = largest_difference(rounded.tensors.at("step2.logits"), fp32.tensors.at("step2.logits"));
  EXPECT_LE(logits, precision == "bf16" ? 5e-2 : 1e-1);
  EXPECT_GE(logits, 1e-5) << precision << " did not act";
}

TEST(RoundedUpdates, LearnNearlyTheSame) {
  for (const char* update : {"momentum", "nesterov", "decay", "exponentiated"}) {
    Settings settings;
    settings.width = {100, 60};
    settings.momentum = settings.momentum_inhibitory = 0.9;
    settings.nesterov = std::string(update) == "nesterov";
    settings.weight_decay = std::string(update) == "decay" ? 0.5 : 0;
    if (std::string(update) == "exponentiated") settings.update = update;
    const TensorFile fp32 = three_steps(settings, "fp32"), bf16 = three_steps(settings, "bf16");
    for (const char* name : {"hidden0.Wex", "hidden0.Wix", "hidden1.Bix", "readout.Wex"}) {
      const double difference = largest_difference(bf16.tensors.at(name), fp32.tensors.at(name));
      EXPECT_LE(difference, 1e-2) << update << " " << name;
      EXPECT_GT(difference, 0) << update << " " << name << ": bf16 did not act";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCondition, BesideFp32,
                         ::testing::Combine(::testing::Values("bf16", "fp16"), ::testing::ValuesIn([] {
                                              return std::vector<std::string>(condition_ids().begin(),
                                                                              condition_ids().end());
                                            }())),
                         name_of);

}  // namespace
}  // namespace chandelier
