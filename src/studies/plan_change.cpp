#include "studies/plan_change.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "base/counted.hpp"
#include "training/setting_list.hpp"

namespace chandelier {

std::string plan_change(const StudyPlan& before, const StudyPlan& now) {
  std::map<std::filesystem::path, const Settings*> old;
  for (const StudyRun& run : before.runs) old[run.folder] = &run.settings;
  std::size_t added = 0;
  std::vector<std::pair<std::string, std::size_t>> changes;  // in order of first occurrence
  for (const StudyRun& run : now.runs) {
    const auto found = old.find(run.folder);
    if (found == old.end()) {
      ++added;
      continue;
    }
    if (*found->second != run.settings)
      for (const Setting& setting : setting_list()) {
        const SettingValue was = setting.of(*found->second), is = setting.of(run.settings);
        if (was == is) continue;
        const std::string change = fmt::format("{} {} -> {}", setting.key, text_of(was), text_of(is));
        std::size_t at = 0;
        while (at < changes.size() && changes[at].first != change) ++at;
        if (at == changes.size()) changes.emplace_back(change, 0);
        ++changes[at].second;
      }
    old.erase(found);
  }
  std::vector<std::string> parts;
  if (added > 0) parts.push_back(fmt::format("{} {} new", counted(added, "run"), added == 1 ? "is" : "are"));
  if (!old.empty())
    parts.push_back(fmt::format("{} {} no longer in it", counted(old.size(), "run"), old.size() == 1 ? "is" : "are"));
  constexpr std::size_t kMostNamed = 6;
  for (std::size_t i = 0; i < changes.size() && i < kMostNamed; ++i)
    parts.push_back(fmt::format("{} ({})", changes[i].first, counted(changes[i].second, "run")));
  if (changes.size() > kMostNamed) parts.push_back(fmt::format("{} other changes", changes.size() - kMostNamed));
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

}  // namespace chandelier
