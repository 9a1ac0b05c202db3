// One run of a study: its place in the plan, and what came out of it.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "training/settings.hpp"

namespace chandelier {

struct StudyRun {
  std::string condition;
  double epsilon = 0;
  int draw = 0;
  std::uint64_t seed = 0;
  Settings settings;
  std::filesystem::path folder;
};

struct StudyResult {
  StudyRun run;
  std::string status;                   ///< of run.json; "missing" where there is none
  std::optional<double> test_accuracy;  ///< last epoch's, a fraction
  std::string message;                  ///< why it diverged or failed
};

}  // namespace chandelier
