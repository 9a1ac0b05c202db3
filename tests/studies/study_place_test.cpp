// A study can be named by its plan or by its folder.

#include "studies/study_place.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "sentence_of.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class StudyFolderTest : public ::testing::Test {
 protected:
  std::string plan(const fs::path& path, const std::string& condition) const {
    fs::create_directories((folder_ / path.string()).parent_path());
    std::ofstream(folder_ / path.string()) << "conditions = [\"" << condition << "\"]\nseeds = 2\n";
    return (folder_ / path.string()).string();
  }

  TemporaryFolder folder_;
};

TEST_F(StudyFolderTest, OfAPlanIsNamedAfterItUnlessToldOtherwise) {
  const std::string file = plan("mine.toml", "inorm");
  EXPECT_EQ(study_place(file, "").folder, fs::path("results") / "mine");
  EXPECT_EQ(study_place(file, "elsewhere").folder, "elsewhere");
  EXPECT_EQ(study_place(file, "").plan.runs.size(), 2u);
}

TEST_F(StudyFolderTest, HoldsItsPlan) {
  plan("done/study.toml", "inorm");
  plan("done/other.toml", "e-ln");
  const StudyPlace place = study_place((folder_ / "done").string(), "");
  EXPECT_EQ(place.folder, folder_ / "done");
  EXPECT_EQ(place.plan.runs.front().condition, "inorm");
}

TEST_F(StudyFolderTest, IsRefusedWhereItIsNoneOrThereAreTwo) {
  plan("done/study.toml", "inorm");
  const std::string done = (folder_ / "done").string();
  EXPECT_TRUE(names(sentence_of<SettingError>([&] { study_place(done, "elsewhere"); }), "--out elsewhere"));
  fs::create_directory(folder_ / "empty");
  const std::string empty = (folder_ / "empty").string();
  EXPECT_TRUE(names(sentence_of([&] { study_place(empty, ""); }), empty + ": this folder has no study.toml"));
  const std::string missing = (folder_ / "missing.toml").string();
  EXPECT_TRUE(names(sentence_of([&] { study_place(missing, ""); }), missing));
}

}  // namespace
}  // namespace chandelier
