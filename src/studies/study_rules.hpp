// Custom rules, written in Python, that the conditions of a study name. The study folder keeps the file that defines
// them, rules.py, and its SHA-256 and their names in rules.json. A changed file counts as different rules, even if
// their names are the same.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "training/registry.hpp"

namespace chandelier {

struct StudyRules {
  std::string text;  ///< of the file; empty if only the names are known, so that nothing can be trained
  std::string sha256;
  std::vector<RuleName> names;
};

/// The rules of a file with this text, which defines the rules `names`.
StudyRules rules_of(std::string text, std::vector<RuleName> names);

/// The names in rules.json; none if there is no such file. @throws DataError naming the file.
std::optional<StudyRules> read_rules(const std::filesystem::path& study_folder);

/// Registers the names of the rules of a study, so that its plan can be read.
void know_rules(const StudyRules& rules, const std::filesystem::path& study_folder);

/// @throws SettingError if the study in the folder has rules that are not available, or that come from another file.
void check_rules(const std::optional<StudyRules>& rules, const std::filesystem::path& study_folder);

/// Writes rules.py and rules.json.
void keep_rules(const StudyRules& rules, const std::filesystem::path& study_folder);

}  // namespace chandelier
