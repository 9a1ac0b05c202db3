#include "report/weight_histogram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cstring>
#include <map>

#include "base/error.hpp"
#include "base/safetensors.hpp"
#include "statistics/paired.hpp"
#include "training/network_builder.hpp"

namespace chandelier {
namespace {

constexpr double kBin = 0.1;
constexpr const char* kName = "hidden0.Wex";

std::vector<Real> excitatory(const TensorFile& file, const std::string& origin) {
  const auto found = file.tensors.find(kName);
  if (found == file.tensors.end() || found->second.type != TensorType::F32 || found->second.shape.size() != 2)
    throw DataError(fmt::format("{}: this file has no matrix '{}'", origin, kName));
  std::vector<Real> weights(found->second.bytes.size() / sizeof(float));
  std::memcpy(weights.data(), found->second.bytes.data(), found->second.bytes.size());
  return weights;
}

}  // namespace

WeightHistogram weight_histogram(std::span<const Real> weights) {
  std::vector<double> logs;
  for (const Real weight : weights)
    if (weight > 0) logs.push_back(std::log10(static_cast<double>(weight)));
  WeightHistogram histogram;
  if (weights.empty()) return histogram;
  histogram.zero = 1 - static_cast<double>(logs.size()) / static_cast<double>(weights.size());
  if (logs.empty()) return histogram;
  std::map<long, double> counts;
  for (const double value : logs) ++counts[std::lround(value / kBin)];
  const auto n = static_cast<double>(logs.size());
  for (long bin = counts.begin()->first; bin <= counts.rbegin()->first; ++bin)
    histogram.bins.emplace_back(static_cast<double>(bin) * kBin, counts.contains(bin) ? counts[bin] / (n * kBin) : 0);
  histogram.mean = sample_mean(logs);
  histogram.sd = sample_sd(logs);
  if (!(histogram.sd > 0)) return histogram;
  std::ranges::sort(logs);
  const boost::math::normal normal(histogram.mean, histogram.sd);
  histogram.distance = 0;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const double expected = boost::math::cdf(normal, logs[i]);
    histogram.distance = std::max({histogram.distance, std::abs(static_cast<double>(i) / n - expected),
                                   std::abs(static_cast<double>(i + 1) / n - expected)});
  }
  return histogram;
}

std::pair<WeightHistogram, WeightHistogram> weight_histograms(const std::filesystem::path& run_folder,
                                                              const Settings& settings) {
  const std::filesystem::path path = run_folder / "weights.safetensors";
  const TensorFile file = read_tensors(path);
  const std::vector<Real> after = excitatory(file, path.string());
  Settings before = settings;  // circuit e avoids the singular values that other circuits need
  before.circuit = "e";
  before.activity_norm = "none";
  before.error_norm = "own";
  const auto inputs = static_cast<Index>(file.tensors.at(kName).shape[1]);
  const Network initial = initial_network(before, inputs, 1);
  return {weight_histogram(excitatory(weights_of(initial, before), path.string())), weight_histogram(after)};
}

}  // namespace chandelier
