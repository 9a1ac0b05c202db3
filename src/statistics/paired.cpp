#include "statistics/paired.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.hpp"

namespace chandelier {

double sample_mean(std::span<const double> values) {
  if (values.empty()) return NAN;
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double sample_sd(std::span<const double> values) {
  if (values.size() < 2) return NAN;
  const double mean = sample_mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b, double confidence) {
  if (a.size() != b.size()) throw Bug(fmt::format("paired_difference of {} and {} values", a.size(), b.size()));
  if (!(confidence > 0 && confidence < 1)) throw Bug(fmt::format("paired_difference at confidence {}", confidence));

  std::vector<double> differences;
  double magnitude = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    differences.push_back(a[i] - b[i]);
    magnitude = std::max({magnitude, std::abs(a[i]), std::abs(b[i])});
  }

  PairedDifference result;
  result.n = static_cast<int>(differences.size());
  result.mean = sample_mean(differences);
  result.sd = sample_sd(differences);
  result.positive = static_cast<int>(std::ranges::count_if(differences, [](double d) { return d > 0; }));
  const double rounding = 4 * std::numeric_limits<double>::epsilon() * magnitude;
  if (!(result.sd > rounding)) return result;  // also if sd is NaN

  const boost::math::students_t student(result.n - 1);
  const double se = result.sd / std::sqrt(result.n);
  const double half_width = boost::math::quantile(complement(student, (1 - confidence) / 2)) * se;
  result.low = result.mean - half_width;
  result.high = result.mean + half_width;
  result.p = 2 * boost::math::cdf(complement(student, std::abs(result.mean) / se));
  result.dz = result.mean / result.sd;
  return result;
}

}  // namespace chandelier
