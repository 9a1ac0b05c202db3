// report.html: a report as a single page that needs no network.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "report/figure_parts.hpp"

namespace chandelier {

/// The parts of the page, built into the program (src/report/web, cmake/page_parts.cmake).
struct PageParts {
  std::string_view style, script;
  std::string_view libraries;  ///< vega, vega-lite and vega-embed; empty if the build could not get them
  std::string_view why_not;    ///< a sentence that says why they are missing
};
PageParts page_parts();

/// The page. All data are shown as text: they are JSON inside the page, without any `<`.
/// @param reload_seconds  interval at which the page reloads itself while the study runs
/// @throws DataError if the libraries are missing, saying how to get them.
std::string page(const Json& report, std::optional<int> reload_seconds);

}  // namespace chandelier
