#include "statistics/equivalence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>

#include "base/error.hpp"

namespace chandelier {

Equivalence equivalence(std::span<const double> a, std::span<const double> b, double margin, double alpha) {
  if (!(margin > 0 && std::isfinite(margin))) throw Bug(fmt::format("equivalence within a margin of {}", margin));
  Equivalence result;
  result.difference = paired_difference(a, b, 1 - 2 * alpha);
  if (!result.difference.has_interval()) return result;

  const auto& [n, mean, sd, low, high, p, dz, positive] = result.difference;
  const boost::math::students_t student(n - 1);
  const double se = sd / std::sqrt(n);
  result.p = std::max(boost::math::cdf(complement(student, (mean + margin) / se)),
                      boost::math::cdf(student, (mean - margin) / se));
  result.equivalent = result.p < alpha;
  return result;
}

}  // namespace chandelier
