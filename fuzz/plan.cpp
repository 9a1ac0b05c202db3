#include "base/error.hpp"
#include "memory_file.hpp"
#include "studies/study_plan.hpp"
#include "targets.hpp"
#include "training/settings_toml.hpp"

namespace chandelier::fuzz {

void read_plan(std::string_view bytes) {
  const MemoryFile file(bytes);
  const StudyPlan plan = read_study_plan(file.path());
  if (plan.text != bytes) throw Bug("the text of a plan is not kept to the letter");
  to_toml(plan.runs.front().settings);
}

}  // namespace chandelier::fuzz
