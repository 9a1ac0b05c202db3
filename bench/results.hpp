// What the benchmarks measured, and the table made of it.

#pragma once

#include <map>
#include <string>
#include <vector>

namespace chandelier::bench {

/// Repeated measurements of named quantities of named benchmarks.
class Results {
 public:
  void add(const std::string& benchmark, const std::string& quantity, double value) {
    values_[benchmark][quantity].push_back(value);
  }
  bool has(const std::string& benchmark) const { return values_.contains(benchmark); }
  /// NaN where nothing was measured.
  double median(const std::string& benchmark, const std::string& quantity) const;
  double smallest(const std::string& quantity) const;  ///< over all benchmarks
  double largest(const std::string& quantity) const;   ///< over all benchmarks

 private:
  std::map<std::string, std::map<std::string, std::vector<double>>> values_;
};

inline const std::vector<std::string> kConditions{"e-ln", "ei-ln", "inorm-full"};
inline const std::vector<int> kWidths{100, 234, 300, 500};

/// Behind the name of a benchmark: nothing in fp32, "-bf16" in bf16.
inline std::string suffix_of(const std::string& precision) { return precision == "fp32" ? "" : "-" + precision; }

/// "step/inorm-full/234"
std::string name_of(const std::string& what, const std::string& condition, int width);

/// The tables that answer the questions of README.md, and which goals are reached; what was not measured is left out.
std::string summary(const Results& results);

}  // namespace chandelier::bench
