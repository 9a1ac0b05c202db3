// report.html: the data of a report in one page that needs no network.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "report/figure_parts.hpp"

namespace chandelier {

/// What the page is made of, built into the program (src/report/web, cmake/page_parts.cmake).
struct PageParts {
  std::string_view style, script;
  std::string_view libraries;  ///< vega, vega-lite and vega-embed; empty where the build could not have them
  std::string_view why_not;    ///< a sentence, where they are missing
};
PageParts page_parts();

/// The page. Whatever stands in the data is shown as text: it is JSON within the page, in which no `<` is left.
/// @param reload_seconds  after which the page loads itself anew, while the study runs
/// @throws DataError saying how to get them where the libraries are missing.
std::string page(const Json& report, std::optional<int> reload_seconds);

}  // namespace chandelier
