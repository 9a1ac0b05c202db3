// Text for a terminal: aligned columns and wrapped lines.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chandelier {

/// Maximal width of text for a terminal, in columns.
inline constexpr std::size_t kTextWidth = 80;

/// Formats rows as lines, with two spaces of indentation and between columns. The first column is left-aligned, the
/// others are right-aligned. @param rows  all of the same length; the first is the heading
std::string aligned(const std::vector<std::vector<std::string>>& rows);

/// One paragraph, broken at spaces into lines of at most `kTextWidth` columns (a longer word gets a line of its own).
/// Every line is indented by `indent` spaces, lines after the first by two more.
std::string wrapped(std::string_view paragraph, std::size_t indent = 0);

/// The text with a blank line before it; empty if the text is empty.
std::string after_blank_line(const std::string& text);

}  // namespace chandelier
