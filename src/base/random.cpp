#include "base/random.hpp"

#include <cmath>
#include <numbers>

namespace chandelier {

KeyedRandom::KeyedRandom(std::uint64_t seed, Purpose purpose, std::uint32_t epoch, std::uint32_t sample)
    : key_{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}},
      counter_{{0, sample, epoch, static_cast<std::uint32_t>(purpose)}},
      words_{} {}

std::uint32_t KeyedRandom::word() {
  if (used_ == 4) {
    words_ = r123::Philox4x32()(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return words_[static_cast<std::size_t>(used_++)];
}

double KeyedRandom::uniform() {
  const std::uint64_t high = word();
  const std::uint64_t bits = (high << 32 | word()) >> 12;
  return (static_cast<double>(bits) + 0.5) * 0x1p-52;  // exact; with one more bit, the largest value would round to 1
}

double KeyedRandom::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_normal_;
  }
  const double radius = std::sqrt(-2.0 * std::log(uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_normal_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::uint32_t KeyedRandom::below(std::uint32_t bound) { return static_cast<std::uint32_t>(uniform() * bound); }

}  // namespace chandelier
