// Every file of fuzz/corpus is taken or refused with a sentence, without libFuzzer: what was found once stays mended.

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "base/files.hpp"
#include "places.hpp"
#include "targets.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

const fs::path corpus = test_data("/../fuzz/corpus");

TEST(Corpus, EveryFileIsTakenOrRefusedWithASentence) {
  for (const fuzz::Target& target : fuzz::kTargets) {
    int taken = 0, refused = 0;
    for (const auto& file : fs::directory_iterator(corpus / target.name)) {
      SCOPED_TRACE(file.path());
      EXPECT_NO_THROW(++(fuzz::answer(target, read_file(file.path(), 1 << 20)).empty() ? taken : refused));
    }
    EXPECT_GT(taken, 0) << target.name;
    EXPECT_GT(refused, 0) << target.name;
  }
}

TEST(Corpus, EveryFolderIsOfATarget) {
  std::set<std::string> folders, targets;
  for (const auto& folder : fs::directory_iterator(corpus)) folders.insert(folder.path().filename());
  for (const fuzz::Target& target : fuzz::kTargets) targets.emplace(target.name);
  EXPECT_EQ(folders, targets);
}

}  // namespace
}  // namespace chandelier
