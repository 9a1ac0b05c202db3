// Settings of a small network, and images for it, for tests of learning.

#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "plain_equations.hpp"
#include "training/settings.hpp"

namespace chandelier {

inline constexpr Index kPixels = 20;
inline constexpr int kClasses = 4;

inline Settings small_settings(std::string_view circuit, std::string_view activity_norm, std::string_view error_norm) {
  Settings settings;
  settings.circuit = circuit;
  settings.activity_norm = activity_norm;
  settings.error_norm = error_norm;
  settings.width = {23, 12};
  settings.classes = kClasses;
  settings.seed = 2;
  return settings;
}

/// Images whose classes differ in which pixels are bright.
inline Matrix bright_images(const std::vector<std::uint8_t>& labels, std::mt19937& random) {
  const auto count = static_cast<Index>(labels.size());
  Matrix images = plain::random_matrix(count, kPixels, random, 0, 0.5).cast<Real>();
  for (Index i = 0; i < count; ++i)
    for (Index j = labels[static_cast<std::size_t>(i)]; j < kPixels; j += kClasses) images(i, j) += Real(0.5);
  return images;
}

}  // namespace chandelier
