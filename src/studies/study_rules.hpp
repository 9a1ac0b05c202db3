// Rules of one's own that the conditions of a study name, written in Python: the folder keeps the file that makes them,
// rules.py, and in rules.json its SHA-256 and their names. A changed file makes other rules, whatever their names.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "training/registry.hpp"

namespace chandelier {

struct StudyRules {
  std::string text;  ///< of the file; empty where only the names are known, and nothing can be trained
  std::string sha256;
  std::vector<RuleName> names;
};

/// Of a file that has made the rules `names`.
StudyRules rules_of(std::string text, std::vector<RuleName> names);

/// The names that rules.json holds; none where there is no such file. @throws DataError naming the file.
std::optional<StudyRules> read_rules(const std::filesystem::path& study_folder);

/// Makes the names of a study's rules known, so that its plan can be read.
void know_rules(const StudyRules& rules, const std::filesystem::path& study_folder);

/// @throws SettingError when the study in the folder has rules that are not here, or that another file has made.
void check_rules(const std::optional<StudyRules>& rules, const std::filesystem::path& study_folder);

/// Writes rules.py and rules.json.
void keep_rules(const StudyRules& rules, const std::filesystem::path& study_folder);

}  // namespace chandelier
