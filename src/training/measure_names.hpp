// The measures of a hidden layer by name, in the order of the columns of metrics.csv (science: section 7).

#pragma once

#include <array>
#include <span>
#include <string_view>

namespace chandelier {

inline constexpr std::array<std::string_view, 14> kMeasureNames{
    "mean",
    "variance",
    "homeostatic_loss",
    "layer_norm_distance",
    "output_alignment",
    "gradient_alignment",
    "error_eigenvalue",
    "task_gradient_alignment",
    "uniform_share",
    "divisor_q05",
    "divisor_q50",
    "divisor_q95",
    "zero_weights",
    "silent_units",
};

inline std::span<const std::string_view> measure_names() { return kMeasureNames; }

}  // namespace chandelier
