// One setting: its name, its allowed values, and how they are written and read.

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

/// The range of a numeric setting.
struct Range {
  double low;
  double high;
  bool above_low = false;   ///< `low` itself is not allowed
  bool below_high = false;  ///< `high` itself is not allowed
};

/// One setting. Its default is the value in a default-constructed Settings.
struct Setting {
  using Member =
      std::variant<bool Settings::*, int Settings::*, std::uint64_t Settings::*, double Settings::*,
                   std::string Settings::*, std::vector<int> Settings::*, std::vector<std::string> Settings::*>;
  /// The type of one value; lists have several of them.
  enum class Kind { truth, whole, number, text };

  std::string_view key;    ///< TOML key; the flag has the same words
  std::string_view group;  ///< heading in `--help` and config.toml
  Member member;
  std::string_view help;  ///< help text: meaning and unit
  std::optional<Range> range = {};
  std::span<const std::string_view> (*choices)() = nullptr;  ///< for a text; null if any text is allowed
  std::string_view default_words = {};  ///< shown instead of a default value that does not explain itself
  bool is_rate = false;                 ///< a learning rate, which parameters refer to by this key
  bool one_a_layer = false;             ///< for a text: may have one value per hidden layer, from below: "full,center"
  /// For a text that used to be true or false: the values that these two words stand for.
  std::string_view true_means = {}, false_means = {};
  bool only_files = false;  ///< changes only what a run records, so it may differ between sessions of a run
  bool only_place = false;  ///< location of the data, which are identified by their hashes

  std::string flag() const;      ///< "--lr-wix"
  std::string off_flag() const;  ///< "--no-shuffle"
  bool has_off_flag() const { return kind() == Kind::truth || !false_means.empty(); }
  Kind kind() const;
  bool is_list() const;
  bool takes_several() const { return is_list() || one_a_layer; }
  bool can_hold(std::string_view text) const;
  std::string allowed() const;       ///< "a number of at least 0 and below 1"
  std::string default_text() const;  ///< as written on the command line

  SettingValue of(const Settings& settings) const;
  void put(Settings& settings, const SettingValue& value) const;
};

/// The items of a comma-separated list on the command line, without surrounding spaces.
std::vector<std::string> items_of(std::string_view text);

/// Converts the written form of a value.
/// @throws SettingError "<origin>: <item> is not ..." if the value is not of the right type, out of range, not finite,
///   or not one of the choices; Bug if a setting that takes one value gets another number of items.
SettingValue value_from_items(const Setting& setting, std::span<const std::string> items, const std::string& origin);
/// The same from one text; items of a list are separated by commas.
SettingValue value_from_text(const Setting& setting, std::string_view text, const std::string& origin);
/// A value as written on the command line; numbers read back bit for bit.
std::string text_of(const SettingValue& value);
/// A value as a single number; none for a text, or for a list of differing numbers.
std::optional<double> number_of(const SettingValue& value);

}  // namespace chandelier
