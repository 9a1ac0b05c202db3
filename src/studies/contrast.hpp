// Contrasts: the differences between conditions that a study is asked for.

#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chandelier {

/// Two strengths of the luminosity jitter.
struct JitterStep {
  double low, high;
  bool operator==(const JitterStep&) const = default;
};

/// A condition and what its accuracy counts in a sum.
struct Weighted {
  std::string condition;
  double weight = 1;
  bool operator==(const Weighted&) const = default;
};

/// The difference of two sides. A side is a condition, a mean of conditions, or a difference of these:
///
///   a - b                      two conditions
///   mean(a, b) - mean(c, d)    a main effect, or an interaction of a factorial design
///   (a - b) - (c - d)          an interaction: how much larger one difference is than the other
struct Contrast {
  std::string first, second;                    ///< both sides, as they are shown
  std::vector<Weighted> first_sum, second_sum;  ///< the accuracies that add up to each side, run by run
  std::string label;                            ///< a name for the contrast; empty: "first - second"
  /// An interaction with the jitter: how much larger the difference is at the strong jitter than at the weak one.
  std::optional<JitterStep> between;

  /// The difference of two conditions.
  Contrast(std::string_view minuend, std::string_view subtrahend, std::optional<JitterStep> jitter = {});

  /// Whether both sides are differences.
  bool is_interaction() const;
  /// Whether it is the difference of two conditions.
  bool is_pair() const;
  /// Every condition in it.
  std::vector<std::string_view> conditions() const;
  /// What each condition counts in the difference.
  std::map<std::string, double> weights() const;
};

/// The mean of several conditions, as a side.
std::vector<Weighted> mean_of(std::span<const std::string> conditions);

/// Reads a contrast as a plan writes it, in one of the forms above; "label: " may precede it.
/// @param conditions  those it may name
/// @param place  how error messages begin
/// @throws SettingError when it is no such difference, or names another condition (suggesting the nearest).
Contrast read_contrast(std::string_view text, std::span<const std::string_view> conditions, const std::string& place);

}  // namespace chandelier
