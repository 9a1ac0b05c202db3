#include "statistics/sign_flip.hpp"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"
#include "statistics/all_finite.hpp"

namespace chandelier {
namespace {

constexpr std::size_t kMostEnumerated = 16;

}  // namespace

SignFlip sign_flip_test(std::span<const double> d, std::span<const double> group, std::uint32_t draws,
                        std::uint64_t seed) {
  if (d.size() != group.size())
    throw Bug(fmt::format("sign_flip_test of {} values in {} groups", d.size(), group.size()));
  if (draws == 0) throw Bug("sign_flip_test of 0 draws");
  SignFlip result;
  if (d.empty() || !all_finite(d) || !all_finite(group)) return result;

  std::map<double, int> size;
  for (const double g : group) ++size[g];
  std::vector<double> part;  // contribution to T of each difference other than 0
  double T = 0, magnitude = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    if (d[i] == 0) continue;
    part.push_back(d[i] / (static_cast<double>(size.size()) * size[group[i]]));
    T += part.back();
    magnitude += std::abs(part.back());
  }
  result.mean = T;
  if (part.empty()) return result;

  const double least =
      std::abs(T) - 4 * static_cast<double>(part.size()) * std::numeric_limits<double>::epsilon() * magnitude;
  result.exact = part.size() <= kMostEnumerated;
  if (result.exact) {
    const std::uint32_t half = 1U << (part.size() - 1);  // the last sign stays +, since flipping all signs keeps |T*|
    std::uint32_t count = 0;
    for (std::uint32_t signs = 0; signs < half; ++signs) {
      double flipped = 0;
      for (std::size_t i = 0; i < part.size(); ++i) flipped += (signs >> i & 1) != 0 ? -part[i] : part[i];
      count += std::abs(flipped) >= least;
    }
    result.p = static_cast<double>(count) / half;
    return result;
  }
  double count = 0;
  for (std::uint32_t draw = 0; draw < draws; ++draw) {
    KeyedRandom random(seed, Purpose::sign_flip, 0, draw);
    double flipped = 0;
    std::uint32_t signs = 0;
    for (std::size_t i = 0; i < part.size(); ++i) {
      signs = i % 32 == 0 ? random.word() : signs >> 1;
      flipped += (signs & 1) != 0 ? -part[i] : part[i];
    }
    count += std::abs(flipped) >= least;
  }
  result.p = (1 + count) / (1 + static_cast<double>(draws));
  return result;
}

double least_sign_flip_p(int n, std::uint32_t draws) {
  return std::cmp_less_equal(n, kMostEnumerated) ? std::exp2(1 - n) : 1 / (1 + static_cast<double>(draws));
}

}  // namespace chandelier
