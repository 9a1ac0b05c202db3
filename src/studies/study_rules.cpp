#include "studies/study_rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kLargest = 1 << 20;

std::string in_words(const std::vector<RuleName>& names) {
  std::vector<std::string> words;
  words.reserve(names.size());
  for (const RuleName& rule : names) words.push_back(fmt::format("{} '{}'", rule.kind, rule.name));
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

StudyRules rules_of(std::string text, std::vector<RuleName> names) {
  Sha256 hash;
  hash.add(text);
  return {std::move(text), hash.hexadecimal(), std::move(names)};
}

std::optional<StudyRules> read_rules(const fs::path& study_folder) {
  const fs::path path = study_folder / "rules.json";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  const std::string text = read_file(path, kLargest);
  try {
    const Json json = Json::parse(text);
    StudyRules rules{.text = {}, .sha256 = json.at("sha256").get<std::string>(), .names = {}};
    for (const Json& rule : json.at("rules"))
      rules.names.push_back(
          {rule.at("kind").get<std::string>(), rule.at("name").get<std::string>(), rule.value("inhibition", false)});
    return rules;
  } catch (const Json::exception&) {
    throw DataError(fmt::format("{}: the file does not contain the names of the rules of a study", path.string()));
  }
}

void know_rules(const StudyRules& rules, const fs::path& study_folder) {
  const std::string path = (study_folder / "rules.py").string();
  for (const RuleName& rule : rules.names) try {
      know_rule(rule,
                fmt::format("is written in Python ({}); to train with it, use chandelier.run_study in Python", path));
    } catch (const SettingError& error) {
      throw DataError(fmt::format("{}: {}", (study_folder / "rules.json").string(), error.what()));
    }
}

void check_rules(const std::optional<StudyRules>& rules, const fs::path& study_folder) {
  const std::optional<StudyRules> kept = read_rules(study_folder);
  if (!kept) return;
  if (!rules || rules->text.empty())
    throw SettingError(
        fmt::format("{}: this study has rules written in Python ({}); run it with chandelier.run_study in Python",
                    study_folder.string(), in_words(kept->names)));
  if (rules->sha256 != kept->sha256)
    throw SettingError(
        fmt::format("{}: the file with the rules of this study has changed (its SHA-256 is {} in rules.json, {} now); "
                    "run the changed rules in another folder",
                    study_folder.string(), kept->sha256, rules->sha256));
}

void keep_rules(const StudyRules& rules, const fs::path& study_folder) {
  Json names = Json::array();
  for (const RuleName& rule : rules.names) {
    names.push_back({{"kind", rule.kind}, {"name", rule.name}});
    if (rule.kind == "circuit") names.back()["inhibition"] = rule.inhibition;
  }
  write_atomically(study_folder / "rules.py", rules.text);
  const Json json{{"sha256", rules.sha256}, {"rules", names}};
  write_atomically(study_folder / "rules.json", json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace chandelier
