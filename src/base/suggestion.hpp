// "Did you mean ...?": the valid name closest to a mistyped one.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chandelier {

/// Number of insertions, deletions, substitutions and swaps of adjacent characters that turn `a` into `b` (optimal
/// string alignment). Case is ignored.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The name closest to `word`; the first one of several. Nothing if more than about a third of the characters differ.
std::optional<std::string_view> nearest_name(std::string_view word, std::span<const std::string_view> names);

/// The end of an error message, "; did you mean 'width'?", or an empty text if no name is close.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> names);

}  // namespace chandelier
