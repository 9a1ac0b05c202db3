// docs/settings.md is made from the one list of settings and that of conditions. This test writes the page that belongs
// to them and compares; `UPDATE_DOCS=1 build/tests/unit_tests --gtest_filter='SettingsPage.*'` replaces it.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/files.hpp"
#include "places.hpp"
#include "training/conditions.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

/// A table's cell cannot contain a bar.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? "\\|" : std::string(1, c);
  return escaped;
}

std::string default_of(const Setting& setting) {
  if (!setting.default_words.empty()) return std::string(setting.default_words);
  const std::string text = setting.default_text();
  return text.empty() ? "" : "`" + text + "`";
}

std::string settings_page() {
  std::string page =
      "# Settings and conditions\n\n"
      "Reference: every setting of a run, and every preset condition. This page is generated from the program's own\n"
      "list; `chandelier train --help` prints the settings.\n\n"
      "A setting is a flag of `chandelier train` (`--lr-wix 0.1`), a key of a TOML file (`lr_wix = 0.1`, in a plan "
      "below\n"
      "`[settings]`) and an argument in Python (`Settings(lr_wix=0.1)`).\n\n"
      "## Conditions\n\n"
      "A condition is a named combination of `circuit`, `activity_norm` and `error_norm`. The first twelve are the "
      "paper's.\n\n"
      "| condition | circuit | activity_norm | error_norm | what it is |\n|---|---|---|---|---|\n";
  for (const Condition& condition : conditions())
    page += fmt::format("| `{}` | `{}` | `{}` | `{}` | {} |\n", condition.id, condition.circuit,
                        condition.activity_norm, condition.error_norm, cell(condition.summary));
  std::string_view group;
  for (const Setting& setting : setting_list()) {
    if (setting.group != group) {
      group = setting.group;
      page += fmt::format("\n## {}\n\n| setting | default | allowed | meaning |\n|---|---|---|---|\n", group);
    }
    const std::string allowed = setting.key == "condition" ? "a condition of the table above" : setting.allowed();
    page +=
        fmt::format("| `{}` | {} | {} | {} |\n", setting.key, default_of(setting), cell(allowed), cell(setting.help));
  }
  return page;
}

TEST(SettingsPage, SaysWhatTheProgramKnows) {
  const std::filesystem::path path = test_data("/../docs/settings.md");
  const std::string page = settings_page();
  if (std::getenv("UPDATE_DOCS") != nullptr) write_atomically(path, page);
  EXPECT_TRUE(read_file(path, 1 << 20) == page)
      << "docs/settings.md is out of date; this replaces it:\n"
      << "UPDATE_DOCS=1 build/tests/unit_tests --gtest_filter='SettingsPage.*'";
}

}  // namespace
}  // namespace chandelier
