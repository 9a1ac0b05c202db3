// Shared by tests of studies: small plans, and the runs in a study's folder.

#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "run_folder.hpp"

namespace chandelier {

/// Plans that use the small data, in neighbouring folders.
class StudyTest : public RunTest {
 protected:
  explicit StudyTest(const SmallSet& set = {.train = 100, .test = 30}) : RunTest(set) {}

  std::filesystem::path plan(const std::string& text) const {
    const std::filesystem::path path = folder_ / "plan.toml";
    std::ofstream(path) << text;
    return path;
  }

  /// A plan that uses the small data. `settings` go below [settings].
  std::filesystem::path plan_of(const std::string& varied, const std::string& settings) const {
    return plan(varied + "\n[settings]\ndata = \"" + data().string() + "\"\n" + settings);
  }

  std::vector<std::string> study(const std::string& name, const std::string& flags = "--jobs 2") const {
    return words("study run " + (folder_ / "plan.toml").string() + " --out " + run(name).string() + " " + flags);
  }

  void finish_study(const std::string& name, const std::string& flags = "--jobs 2") const {
    const Outcome outcome = run_program(study(name, flags));
    ASSERT_EQ(outcome.code, 0) << outcome.text();
  }

  std::vector<std::filesystem::path> runs(const std::string& name) const {
    std::vector<std::filesystem::path> folders;
    if (std::filesystem::exists(run(name) / "runs"))
      for (const auto& entry : std::filesystem::directory_iterator(run(name) / "runs")) folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    return folders;
  }

  void expect_same_studies(const std::string& a, const std::string& b, std::size_t count) const {
    ASSERT_EQ(runs(a).size(), count);
    ASSERT_EQ(runs(b).size(), count);
    for (const std::filesystem::path& folder : runs(a))
      EXPECT_TRUE(same_results(folder, run(b) / "runs" / folder.filename()));
  }

  std::vector<std::filesystem::path> runs_of_status(const std::string& status,
                                                    const std::string& name = "study") const {
    std::vector<std::filesystem::path> folders = runs(name);
    std::erase_if(folders, [&](const std::filesystem::path& folder) { return status_of(folder) != status; });
    return folders;
  }
};

}  // namespace chandelier
