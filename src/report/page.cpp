#include "report/page.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace chandelier {
namespace {

/// JSON that is safe inside a script element, whatever it contains. Bytes that are not UTF-8 are replaced.
std::string embedded(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

/// Text that is safe inside an element.
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) switch (c) {
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '&':
        safe += "&amp;";
        break;
      default:
        safe += c;
    }
  return safe;
}

/// The page may not load anything. Vega compiles its expressions, which needs unsafe-eval.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:";

}  // namespace

std::string page(const Json& report, std::optional<int> reload_seconds) {
  const PageParts parts = page_parts();
  if (parts.libraries.empty())
    throw DataError(fmt::format(
        "this build cannot draw the page: {}; install npm, make sure that it can reach a registry and build again "
        "(make build), or use --json for the numbers alone",
        parts.why_not));
  const std::string name = report["study"]["name"].get<std::string>();
  const std::string title = name.empty() ? report["study"]["short"].get<std::string>() : name;
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n"
      "<style>\n{}</style>\n</head>\n<body>\n"
      "<noscript>This page needs JavaScript, but no network.</noscript>\n<main id=\"page\"></main>\n"
      "<script type=\"application/json\" id=\"report\">{}</script>\n"
      "<script>\n{}</script>\n<script>\nconst RELOAD_SECONDS = {};\n{}</script>\n</body>\n</html>\n",
      kPolicy, escaped(title), parts.style, embedded(report), parts.libraries, reload_seconds.value_or(0),
      parts.script);
}

}  // namespace chandelier
