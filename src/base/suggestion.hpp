// "Did you mean ...?": the name nearest to a mistyped one.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chandelier {

/// Number of insertions, deletions, substitutions and swaps of neighbouring characters that turn `a` into `b`
/// (optimal string alignment). Upper and lower case count as equal.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name nearest to `word`, the first of equals; none where more than about a third of the characters differ.
std::optional<std::string_view> nearest_name(std::string_view word, std::span<const std::string_view> names);

/// The end of an error sentence: "; did you mean 'width'?", or nothing where no name is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> names);

}  // namespace chandelier
