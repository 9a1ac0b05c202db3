// One setting: what it is called, what it can hold, and how a value is written and read.

#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "training/settings.hpp"

namespace chandelier {

inline constexpr double kUnlimited = std::numeric_limits<double>::infinity();

/// The numbers a setting can hold.
struct Range {
  double low;
  double high;
  bool above_low = false;   ///< `low` itself is not allowed
  bool below_high = false;  ///< `high` itself is not allowed
};

/// One setting. The default is that of a default-constructed Settings.
struct Setting {
  using Member =
      std::variant<bool Settings::*, int Settings::*, std::uint64_t Settings::*, double Settings::*,
                   std::string Settings::*, std::vector<int> Settings::*, std::vector<std::string> Settings::*>;
  /// What one value is; lists hold several of them.
  enum class Kind { truth, whole, number, text };

  std::string_view key;    ///< TOML key; the flag is the same words
  std::string_view group;  ///< heading in `--help` and config.toml
  Member member;
  std::string_view help;  ///< one sentence: meaning and unit
  std::optional<Range> range = {};
  std::span<const std::string_view> (*choices)() = nullptr;  ///< of a text; null: any
  std::string_view default_words = {};  ///< where the value of the default does not speak for itself
  bool is_rate = false;                 ///< a learning rate, which parameters ask for by this key
  bool one_a_layer = false;  ///< of a text: also several, one for each hidden layer from below, as in "full,center"
  /// Of a text that was once true or false: what these two words mean.
  std::string_view true_means = {}, false_means = {};
  bool only_files = false;  ///< decides what a run records, and no result: with another value it is the same run
  bool only_place = false;  ///< says where to look for data, which are known by their hashes wherever they are

  std::string flag() const;      ///< "--lr-wix"
  std::string off_flag() const;  ///< "--no-shuffle"
  bool has_off_flag() const { return kind() == Kind::truth || !false_means.empty(); }
  Kind kind() const;
  bool is_list() const;
  bool takes_several() const { return is_list() || one_a_layer; }
  bool can_hold(std::string_view text) const;
  std::string allowed() const;       ///< "a number of at least 0 and below 1"
  std::string default_text() const;  ///< as it would be written on the command line

  SettingValue of(const Settings& settings) const;
  void put(Settings& settings, const SettingValue& value) const;
};

/// The items of a list as it stands on the command line, separated by commas, without the spaces around them.
std::vector<std::string> items_of(std::string_view text);

/// Converts the written form of a value.
/// @throws SettingError "<origin>: <item> is not ...": no such value, out of range, not finite, not one of the choices;
///         Bug unless a setting that takes one value gets exactly one item.
SettingValue value_from_items(const Setting& setting, std::span<const std::string> items, const std::string& origin);
/// The same from one text; lists are separated by commas.
SettingValue value_from_text(const Setting& setting, std::string_view text, const std::string& origin);
/// A value as it is written on the command line; numbers read back to the same bits.
std::string text_of(const SettingValue& value);
/// A value as one number; none where it is a text, or a list of several that differ.
std::optional<double> number_of(const SettingValue& value);

}  // namespace chandelier
