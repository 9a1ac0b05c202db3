#include "training/setting.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/error.hpp"
#include "base/suggestion.hpp"

namespace chandelier {
namespace {

template <typename T>
struct ElementOf {
  using Type = T;
};
template <typename T>
struct ElementOf<std::vector<T>> {
  using Type = T;
};

template <typename T>
constexpr bool kIsVector = !std::is_same_v<T, typename ElementOf<T>::Type>;

/// Calls `f` with a null pointer of the type of the setting's member.
template <typename F>
auto with_type(const Setting& setting, F f) {
  return std::visit([&]<typename T>(T Settings::*) { return f(static_cast<T*>(nullptr)); }, setting.member);
}

/// @throws SettingError unless `value` is in the setting's range.
template <typename Number>
void check_range(const Setting& setting, Number value, const std::string& shown, const std::string& origin) {
  if (!setting.range) return;
  const auto [low, high, above_low, below_high] = *setting.range;
  const auto number = static_cast<double>(value);
  const bool inside = (above_low ? number > low : number >= low) && (below_high ? number < high : number <= high);
  if (!inside) throw SettingError(fmt::format("{}: {} is out of range; expected {}", origin, shown, setting.allowed()));
}

/// Parses the whole of `item`; a leading + is accepted. Numbers too large for their type count as out of range.
template <typename Number>
Number parse_number(const Setting& setting, const std::string& item, std::string_view kind, const std::string& origin) {
  Number value{};
  const bool plus = item.size() > 1 && item[0] == '+' && item[1] != '-';
  const char* const end = item.data() + item.size();
  const auto [stop, error] = std::from_chars(item.data() + (plus ? 1 : 0), end, value);
  if (error == std::errc::result_out_of_range && stop == end) {
    throw SettingError(fmt::format("{}: {} is out of range; expected {}", origin, item, setting.allowed()));
  }
  if (error != std::errc() || stop != end) {
    throw SettingError(fmt::format("{}: '{}' is not {}; expected {}", origin, item, kind, setting.allowed()));
  }
  return value;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

void read(const Setting&, const std::string& item, const std::string& origin, bool& value) {
  if (item != "true" && item != "false") {
    throw SettingError(fmt::format("{}: '{}' is not true or false", origin, item));
  }
  value = item == "true";
}

void read(const Setting& setting, const std::string& item, const std::string& origin, int& value) {
  const auto wide = parse_number<std::int64_t>(setting, item, "a whole number", origin);
  check_range(setting, wide, item, origin);
  value = static_cast<int>(wide);
}

void read(const Setting& setting, const std::string& item, const std::string& origin, std::uint64_t& value) {
  // Integers in TOML end at 2^63 - 1, and config.toml must be able to store every value.
  const auto wide = parse_number<std::int64_t>(setting, item, "a whole number", origin);
  if (wide < 0) throw SettingError(fmt::format("{}: {} is out of range; expected {}", origin, item, setting.allowed()));
  value = static_cast<std::uint64_t>(wide);
}

void read(const Setting& setting, const std::string& item, const std::string& origin, double& value) {
  value = parse_number<double>(setting, item, "a number", origin);
  if (!std::isfinite(value)) {
    throw SettingError(fmt::format("{}: {} is not a finite number; expected {}", origin, item, setting.allowed()));
  }
  check_range(setting, value, item, origin);
}

void read(const Setting& setting, const std::string& item, const std::string& origin, std::string& value) {
  if (item == "true" && !setting.true_means.empty()) return void(value = setting.true_means);
  if (item == "false" && !setting.false_means.empty()) return void(value = setting.false_means);
  const auto choices = setting.choices == nullptr ? std::span<const std::string_view>() : setting.choices();
  if (setting.one_a_layer && item.find(',') != std::string::npos) {
    constexpr std::size_t kMostLayers = 64;
    std::vector<std::string> names = items_of(item);
    if (names.size() > kMostLayers)
      throw SettingError(
          fmt::format("{}: {} names are given, but at most {} are allowed", origin, names.size(), kMostLayers));
    for (std::string& name : names) read(setting, std::string(name), origin, name);
    return void(value = fmt::format("{}", fmt::join(names, ",")));
  }
  if (!choices.empty() && std::find(choices.begin(), choices.end(), item) == choices.end()) {
    throw SettingError(fmt::format("{}: '{}' is not one of {}{}", origin, item, fmt::join(choices, ", "),
                                   did_you_mean(item, choices)));
  }
  value = item;
}

}  // namespace

std::string Setting::flag() const {
  std::string words(key);
  std::replace(words.begin(), words.end(), '_', '-');
  return "--" + words;
}

std::string Setting::off_flag() const { return "--no-" + flag().substr(2); }

Setting::Kind Setting::kind() const {
  return with_type(*this, []<typename T>(T*) {
    using Element = typename ElementOf<T>::Type;
    if constexpr (std::is_same_v<Element, bool>) return Kind::truth;
    if constexpr (std::is_integral_v<Element>) return Kind::whole;
    if constexpr (std::is_floating_point_v<Element>) return Kind::number;
    return Kind::text;
  });
}

bool Setting::is_list() const {
  return with_type(*this, []<typename T>(T*) { return kIsVector<T>; });
}

bool Setting::can_hold(std::string_view text) const {
  try {
    value_from_text(*this, text, "");
    return true;
  } catch (const SettingError&) {
    return false;
  }
}

std::string Setting::allowed() const {
  if (kind() == Kind::truth) return "true or false";
  if (kind() == Kind::text) {
    const std::string_view one = is_list() ? "any of" : "one of";
    if (choices != nullptr)
      return fmt::format("{} {}{}", one, fmt::join(choices(), ", "), one_a_layer ? "; or one for each layer" : "");
    return is_list() ? "a list of names" : "a string";
  }
  std::string words = kind() == Kind::whole ? "a whole number" : "a number";
  if (is_list()) words = "a list of whole numbers";
  if (!range) return fmt::format("{} from 0 to {}", words, std::numeric_limits<std::int64_t>::max());
  const auto [low, high, above_low, below_high] = *range;
  if (!above_low && !below_high && high != kUnlimited) {
    return fmt::format("{} from {} to {}", words, low, high);
  }
  words += fmt::format(" {} {}", above_low ? "above" : "of at least", low);
  if (high != kUnlimited) words += fmt::format(" and {} {}", below_high ? "below" : "at most", high);
  return words;
}

std::string Setting::default_text() const {
  return default_words.empty() ? text_of(of(Settings())) : std::string(default_words);
}

SettingValue Setting::of(const Settings& settings) const {
  return std::visit([&](auto pointer) -> SettingValue { return settings.*pointer; }, member);
}

void Setting::put(Settings& settings, const SettingValue& value) const {
  std::visit([&]<typename T>(T Settings::*pointer) { settings.*pointer = std::get<T>(value); }, member);
}

std::vector<std::string> items_of(std::string_view text) {
  std::vector<std::string> items;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    items.emplace_back(trimmed(text.substr(start, comma - start)));
    start = comma + 1;
  }
  return items;
}

SettingValue value_from_items(const Setting& setting, std::span<const std::string> items, const std::string& origin) {
  if (items.size() != 1 && !setting.takes_several()) {
    throw Bug(fmt::format("{} values for the setting {}, which takes one", items.size(), setting.key));
  }
  return with_type(setting, [&]<typename T>(T*) -> SettingValue {
    T value{};
    if constexpr (kIsVector<T>) {
      for (const std::string& item : items) read(setting, item, origin, value.emplace_back());
    } else if constexpr (std::is_same_v<T, std::string>) {
      read(setting, fmt::format("{}", fmt::join(items, ",")), origin, value);
    } else {
      read(setting, items[0], origin, value);
    }
    return value;
  });
}

SettingValue value_from_text(const Setting& setting, std::string_view text, const std::string& origin) {
  std::vector<std::string> items;
  if (!setting.is_list()) {
    items.emplace_back(text);
  } else if (!trimmed(text).empty()) {
    items = items_of(text);
  }
  return value_from_items(setting, items, origin);
}

std::string text_of(const SettingValue& value) {
  return std::visit(
      []<typename T>(const T& held) {
        if constexpr (kIsVector<T>) {
          return fmt::format("{}", fmt::join(held, ","));
        } else {
          return fmt::format("{}", held);
        }
      },
      value);
}

std::optional<double> number_of(const SettingValue& value) {
  if (const auto* const whole = std::get_if<int>(&value)) return *whole;
  if (const auto* const real = std::get_if<double>(&value)) return *real;
  if (const auto* const list = std::get_if<std::vector<int>>(&value); list != nullptr && !list->empty())
    if (std::ranges::all_of(*list, [&](int item) { return item == list->front(); })) return list->front();
  return std::nullopt;
}

}  // namespace chandelier
