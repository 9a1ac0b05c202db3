// The golden cases on disk, and the comparison with them.

#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "base/safetensors.hpp"
#include "places.hpp"
#include "training/conditions.hpp"
#include "training/network_builder.hpp"
#include "training/settings.hpp"
#include "training/trace.hpp"

namespace chandelier {

struct GoldenCase {
  std::filesystem::path folder;
  std::string condition;

  std::filesystem::path weights() const { return folder / (condition + ".weights.safetensors"); }
  std::filesystem::path trace() const { return folder / (condition + ".trace.safetensors"); }
  std::filesystem::path batches() const { return folder / "batches.safetensors"; }
  nlohmann::json json() const { return nlohmann::json::parse(std::ifstream(folder / "settings.json")); }

  /// The settings of one case of `mechanisms`, by Chandelier's names.
  std::vector<std::pair<std::string, std::string>> flags_of_mechanism() const {
    const nlohmann::json of_case = nlohmann::json::parse(std::ifstream(folder / "cases.json")).at(condition);
    const nlohmann::json &options = of_case.at("options"), &s = of_case.at("settings");
    const nlohmann::json& rules = options.at("error_norm");
    std::string error_norm;
    for (const auto& rule : rules.is_array() ? rules : nlohmann::json::array({rules}))
      error_norm += (error_norm.empty() ? "" : ",") + rule.get<std::string>();
    std::vector<std::pair<std::string, std::string>> flags{{"circuit", options.at("circuit") == "in" ? "inorm" : "ei"},
                                                           {"error_norm", error_norm},
                                                           {"weight_decay", s.at("wd").dump()}};
    for (const auto& [theirs, ours] :
         std::initializer_list<std::pair<const char*, const char*>>{{"acts_on", "error_acts_on"},
                                                                    {"route", "error_route"},
                                                                    {"divide", "error_divide"},
                                                                    {"feedback", "feedback"}})
      if (options.contains(theirs)) flags.emplace_back(ours, options[theirs].get<std::string>());
    for (const char* key : {"batch", "lr", "lr_wix", "lr_wei", "lr_error", "label_smoothing", "lambda", "depth"})
      if (s.contains(key)) flags.emplace_back(key, s[key].dump());
    return flags;
  }

  /// The settings that matter if weights and batches are given, by the names of their flags.
  std::vector<std::pair<std::string, std::string>> flags() const {
    if (std::filesystem::exists(folder / "cases.json")) return flags_of_mechanism();
    const nlohmann::json s = json();
    const auto text = [](const nlohmann::json& value) {
      return value.is_string() ? value.get<std::string>() : value.dump();
    };
    std::vector<std::pair<std::string, std::string>> flags{{"condition", condition}};
    for (const char* key : {"batch", "lr", "lr_wix", "lr_wei", "momentum", "momentum_inhibitory", "label_smoothing",
                            "lambda", "error_part", "error_divide"})
      if (s.contains(key)) flags.emplace_back(key, text(s[key]));
    flags.emplace_back("weight_decay", text(s["wd"]));
    return flags;
  }

  Settings settings() const {
    GivenSettings given;
    for (const auto& [key, value] : flags()) given.give(key, value, "settings.json");
    return resolve(given, {});
  }

  /// Tolerance for a tensor, relative to its largest entry.
  double tolerance() const { return folder.filename() == "mechanisms" ? 2e-5 : 1e-5; }

  std::string test_name() const {
    std::string name = folder.filename().string() + "_" + condition;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
  }
};

inline void PrintTo(const GoldenCase& golden, std::ostream* out) { *out << golden.test_name(); }

inline std::vector<GoldenCase> golden_cases() {
  std::vector<GoldenCase> cases;
  for (const auto& folder : std::filesystem::directory_iterator(test_data("/golden")))
    if (folder.is_directory())
      for (const auto& file : std::filesystem::directory_iterator(folder)) {
        const std::string name = file.path().filename().string(), ending = ".weights.safetensors";
        if (name.ends_with(ending)) cases.push_back({folder.path(), name.substr(0, name.size() - ending.size())});
      }
  std::sort(cases.begin(), cases.end(), [](const auto& a, const auto& b) { return a.test_name() < b.test_name(); });
  return cases;
}

/// Runs the steps of a golden case with the library and these settings.
inline TensorFile trace_of(const GoldenCase& golden, const Settings& settings) {
  const TensorFile weights = read_tensors(golden.weights());
  const TensorFile batches = read_tensors(golden.batches());
  const Matrix images = matrix_from(batches, "images", "batches");
  std::vector<std::uint8_t> labels;
  for (const std::int64_t label : integers_from(batches, "labels", "batches"))
    labels.push_back(static_cast<std::uint8_t>(label));
  Network network = network_from(settings, weights, golden.weights().string(), settings.batch);
  Optimizer optimizer = optimizer_of(network, settings);
  return trace(network, optimizer, view(images), labels, settings.batch, images.rows() / settings.batch);
}

inline std::vector<double> numbers(const Tensor& tensor) {
  std::vector<float> stored(tensor.bytes.size() / sizeof(float));
  std::memcpy(stored.data(), tensor.bytes.data(), tensor.bytes.size());
  return {stored.begin(), stored.end()};
}

/// Expects every golden tensor with its shape and values. Entries may differ by `tolerance` times the tensor's largest
/// entry (they are sums, whose rounding errors scale with the largest terms), and by 1e-6 near zero.
inline void expect_agreement(const TensorFile& ours, const TensorFile& golden, double tolerance) {
  ASSERT_FALSE(golden.tensors.empty());
  for (const auto& [name, tensor] : golden.tensors) {
    const auto found = ours.tensors.find(name);
    ASSERT_NE(found, ours.tensors.end()) << name << " is missing";
    ASSERT_EQ(found->second.shape, tensor.shape) << name;
    const std::vector<double> expected = numbers(tensor), actual = numbers(found->second);
    double largest = 0;
    for (const double e : expected) largest = std::max(largest, std::abs(e));
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(actual[i], expected[i], tolerance * largest + 1e-6) << name << ", element " << i;
  }
}

}  // namespace chandelier
