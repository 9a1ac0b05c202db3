#include "studies/contrast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/suggestion.hpp"
#include "training/setting.hpp"

namespace chandelier {
namespace {

constexpr std::string_view kMinus = " - ";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// Where a minus stands outside all parentheses; npos unless there is exactly one.
std::size_t only_minus(std::string_view text) {
  std::size_t found = std::string_view::npos;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (depth != 0 || !text.substr(i).starts_with(kMinus)) continue;
    if (found != std::string_view::npos) return std::string_view::npos;
    found = i;
  }
  return found;
}

/// 1 for a level of accuracy, 0 for a difference.
double total(std::span<const Weighted> sum) {
  double weights = 0;
  for (const Weighted& one : sum) weights += one.weight;
  return std::round(weights);
}

class Reader {
 public:
  Reader(std::string_view text, std::span<const std::string_view> conditions, const std::string& place)
      : text_(text), conditions_(conditions), place_(place) {}

  Contrast read() const {
    const std::size_t colon = text_.find(": ");
    const std::string_view difference = colon == std::string_view::npos ? text_ : text_.substr(colon + 2);
    const std::size_t minus = only_minus(difference);
    if (minus == std::string_view::npos)
      fail(
          "is not a difference of two conditions, of means or of differences; write, for example, \"inorm-full - "
          "inorm\", with spaces around the minus");
    Contrast contrast(trimmed(difference.substr(0, minus)), trimmed(difference.substr(minus + kMinus.size())));
    contrast.first_sum = side(contrast.first);
    contrast.second_sum = side(contrast.second);
    if (std::ranges::all_of(contrast.weights(), [](const auto& of) { return of.second == 0; }))
      fail("compares a condition with itself; name two");
    if (total(contrast.first_sum) != total(contrast.second_sum))
      fail("subtracts a condition from a difference; both sides must be conditions, or both differences");
    if (colon == std::string_view::npos) return contrast;
    contrast.label = trimmed(text_.substr(0, colon));
    if (contrast.label.empty()) fail("has no label before the colon");
    return contrast;
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const {
    throw SettingError(fmt::format("{}: '{}' {}", place_, text_, reason));
  }

  std::vector<Weighted> side(std::string_view text) const {
    if (!text.starts_with('(') || !text.ends_with(')')) return level(text);
    const std::string_view inside = text.substr(1, text.size() - 2);
    const std::size_t minus = only_minus(inside);
    if (minus == std::string_view::npos) fail("has parentheses that do not contain one difference, as in \"(a - b)\"");
    std::vector<Weighted> sum = level(trimmed(inside.substr(0, minus)));
    for (Weighted& one : level(trimmed(inside.substr(minus + kMinus.size())))) {
      one.weight = -one.weight;
      sum.push_back(std::move(one));
    }
    return sum;
  }

  /// A condition, or the mean of several.
  std::vector<Weighted> level(std::string_view text) const {
    constexpr std::string_view kMean = "mean(";
    if (!text.starts_with(kMean) || !text.ends_with(')')) return {{known(text)}};
    std::vector<std::string> names;
    for (const std::string& name : items_of(text.substr(kMean.size(), text.size() - kMean.size() - 1))) {
      names.push_back(known(name));
      if (std::ranges::count(names, name) > 1) fail(fmt::format("names '{}' twice in a mean", name));
    }
    if (names.size() == 1) fail("has a mean of a single condition; name it alone");
    return mean_of(names);
  }

  std::string known(std::string_view name) const {
    if (name.empty()) fail("has an empty name");
    if (std::ranges::find(conditions_, name) == conditions_.end())
      fail(fmt::format("names '{}', which is not in conditions{}", name, did_you_mean(std::string(name), conditions_)));
    return std::string(name);
  }

  std::string_view text_;
  std::span<const std::string_view> conditions_;
  const std::string& place_;
};

}  // namespace

Contrast::Contrast(std::string_view minuend, std::string_view subtrahend, std::optional<JitterStep> jitter)
    : first(minuend), second(subtrahend), first_sum{{first}}, second_sum{{second}}, between(jitter) {}

bool Contrast::is_interaction() const { return total(first_sum) == 0; }

bool Contrast::is_pair() const { return first_sum.size() == 1 && second_sum.size() == 1 && !between; }

std::vector<std::string_view> Contrast::conditions() const {
  std::vector<std::string_view> names;
  for (const auto* const sum : {&first_sum, &second_sum})
    for (const Weighted& one : *sum) names.push_back(one.condition);
  return names;
}

std::map<std::string, double> Contrast::weights() const {
  std::map<std::string, double> sum;
  for (const auto& [condition, weight] : first_sum) sum[condition] += weight;
  for (const auto& [condition, weight] : second_sum) sum[condition] -= weight;
  return sum;
}

std::vector<Weighted> mean_of(std::span<const std::string> conditions) {
  std::vector<Weighted> sum;
  sum.reserve(conditions.size());
  for (const std::string& condition : conditions)
    sum.push_back({condition, 1 / static_cast<double>(conditions.size())});
  return sum;
}

Contrast read_contrast(std::string_view text, std::span<const std::string_view> conditions, const std::string& place) {
  return Reader(text, conditions, place).read();
}

}  // namespace chandelier
