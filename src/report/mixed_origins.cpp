#include "report/mixed_origins.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>

#include "base/counted.hpp"
#include "report/plain_text.hpp"
#include "statistics/comparison.hpp"

namespace chandelier {
namespace {

/// "0.1.0 (abc): 20 runs, 0.2.0 (def): 4 runs". A run that was continued by another build counts with both. Empty if
/// there is only one.
std::string counts(std::span<const StudyResult> results, std::string RunOrigin::*part) {
  std::map<std::string, std::size_t> runs_of;
  for (const StudyResult& result : results) {
    if (!has_outcome(result)) continue;
    std::set<std::string> of_run;
    for (const RunOrigin& origin : result.origins)
      if (!(origin.*part).empty()) of_run.insert(origin.*part);
    for (const std::string& name : of_run) ++runs_of[name];
  }
  if (runs_of.size() < 2) return {};
  std::string text;
  for (const auto& [name, runs] : runs_of)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, counted(runs, "run"));
  return text;
}

}  // namespace

std::string mixed_origins(std::span<const StudyResult> results) {
  std::string text;
  if (const std::string builds = counts(results, &RunOrigin::build); !builds.empty())
    text += wrapped(fmt::format(
        "Runs come from several builds ({}). If a newer version changed the numbers of runs (see CHANGELOG.md), the "
        "runs of a pair may not share their initial weights and jitter.",
        builds));
  if (const std::string kinds = counts(results, &RunOrigin::arithmetic); !kinds.empty())
    text += wrapped(fmt::format(
        "Runs come from several kinds of CPU ({}). Their results may differ in the last bits, so a run can be repeated "
        "bit for bit only on the kind of CPU that made it.",
        kinds));
  return text;
}

}  // namespace chandelier
