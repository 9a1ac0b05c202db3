// Text for a terminal: aligned columns and wrapped lines.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chandelier {

/// Columns that text for a terminal keeps to.
inline constexpr std::size_t kTextWidth = 100;

/// Rows as lines, two spaces in and between: the first column to the left, the others to the right.
/// @param rows all of the same length; the first is the heading
std::string aligned(const std::vector<std::vector<std::string>>& rows);

/// One paragraph, broken at spaces into lines of at most `kTextWidth` columns (a longer word stands alone); every
/// line is indented by `indent` spaces, those after the first by two more.
std::string wrapped(std::string_view paragraph, std::size_t indent = 0);

/// "1 run", "3 runs".
std::string counted(std::size_t count, const std::string& one);

/// A text that stands after others: an empty line before it, or nothing where it is empty.
std::string after_blank_line(const std::string& text);

}  // namespace chandelier
