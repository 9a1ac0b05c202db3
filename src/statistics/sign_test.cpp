#include "statistics/sign_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>

#include "base/error.hpp"

namespace chandelier {

double sign_test(int positive, int negative) {
  if (positive < 0 || negative < 0) throw Bug(fmt::format("sign_test of {} and {} pairs", positive, negative));
  const int n = positive + negative;
  if (n == 0) return NAN;
  const boost::math::binomial heads(n, 0.5);
  return std::min(1.0, 2 * boost::math::cdf(heads, std::min(positive, negative)));  // the distribution is symmetric
}

}  // namespace chandelier
