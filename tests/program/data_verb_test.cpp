// chandelier data, and bad data in the two commands that read data first: train and data.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/files.hpp"
#include "data/dataset.hpp"
#include "environment_variable.hpp"
#include "idx_writer.hpp"
#include "luminosity/contact_sheet.hpp"
#include "places.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTrainImages = "train-images-idx3-ubyte";
constexpr const char* kTrainLabels = "train-labels-idx1-ubyte";
constexpr const char* kTestImages = "t10k-images-idx3-ubyte";
constexpr const char* kTestLabels = "t10k-labels-idx1-ubyte";

class DataVerb : public testing::Test {
 protected:
  DataVerb() {
    fs::create_directory(data());
    write_idx_folder(data());
  }

  fs::path data() const { return folder_ / "data"; }
  std::string file(const std::string& name) const { return (data() / name).string(); }

  Outcome look(const std::string& flags) const {
    return run_program("data --out " + (folder_ / "sheet.png").string() + " " + flags);
  }
  Outcome train(const std::string& flags) const {
    return run_program("train --epochs 1 --width 4 --depth 1 --measure none --out " + (folder_ / "run").string() + " " +
                       flags);
  }
  std::string here() const { return "--data " + data().string(); }

  /// Expects that both commands refuse the data and write nothing.
  void refuse(std::initializer_list<std::string> parts, const std::string& flags) const {
    for (const Outcome& outcome : {look(flags), train(flags)}) {
      expect_refusal(outcome, 1, parts);
      EXPECT_EQ(outcome.out, "");
    }
    EXPECT_FALSE(fs::exists(folder_ / "sheet.png"));
    EXPECT_FALSE(fs::exists(folder_ / "run"));
  }
  void refuse(std::initializer_list<std::string> parts) const { refuse(parts, here()); }

  TemporaryFolder folder_;
};

TEST_F(DataVerb, SaysWhatWasFound) {
  write_idx_folder(data(), {.train = 65, .test = 31});
  const Outcome outcome = look(here());
  ASSERT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_EQ(outcome.err, "");
  const auto dataset = load_dataset(data().string(), 10);
  EXPECT_TRUE(names(outcome.out, "data in " + data().string() + "\n"));
  EXPECT_TRUE(names(outcome.out, "No hashes are known for this data set"));
  EXPECT_TRUE(names(outcome.out, "training set: 65 images of 6 x 5 pixels\n"));
  EXPECT_TRUE(names(outcome.out, "test set: 31 images of 6 x 5 pixels\n"));
  EXPECT_TRUE(names(outcome.out, " 0: 7, 1: 7, 2: 7, 3: 7, 4: 7, 5: 6, 6: 6, 7: 6, 8: 6, 9: 6\n"));
  EXPECT_TRUE(names(outcome.out, " 0: 4, 1: 3, 2: 3, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3, 8: 3, 9: 3\n"));
  for (const ImageSet* set : {&dataset->train, &dataset->test}) {
    EXPECT_TRUE(names(outcome.out, "images  " + set->images_sha256 + "\n"));
    EXPECT_TRUE(names(outcome.out, "labels  " + set->labels_sha256 + "\n"));
  }
}

TEST_F(DataVerb, WritesTheContactSheetOfTheLibrary) {
  const auto dataset = load_dataset(data().string(), 10);
  for (const int seed : {0, 3}) {
    ASSERT_EQ(look(here() + (seed == 0 ? "" : " --seed 3")).code, 0);
    const std::string png = read_file(folder_ / "sheet.png", 1 << 20);
    EXPECT_TRUE(png.starts_with("\x89PNG\r\n\x1a\n"));
    write_contact_sheet(folder_ / "expected.png", *dataset, static_cast<std::uint64_t>(seed));
    EXPECT_EQ(png, read_file(folder_ / "expected.png", 1 << 20)) << seed;
  }
}

TEST_F(DataVerb, KnowsFashionMnist) {
  if (!fs::exists("/usr/share/datasets/fashion-mnist")) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  const Outcome outcome = look("--data /usr/share/datasets/fashion-mnist");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(names(outcome.out, "FashionMNIST in /usr/share/datasets/fashion-mnist\n"));
  EXPECT_TRUE(names(outcome.out, "All four files have the expected SHA-256 hashes"));
  EXPECT_TRUE(names(outcome.out, "training set: 60000 images of 28 x 28 pixels"));
}

TEST_F(DataVerb, RefusesAnUnwritableSheet) {
  for (const fs::path& out : {folder_ / "no/such/sheet.png", data()})
    expect_refusal(run_program("data " + here() + " --out " + out.string()), 1, {"cannot write", out.string()});
  EXPECT_EQ(entries_of(folder_.path()), 1);
}

TEST_F(DataVerb, TakesValuesLikeTheSettingsOfTheSameName) {
  expect_refusal(look(here() + " --seed=-1"), 2, {"--seed", "-1", "out of range"});
  expect_refusal(look(here() + " --seed 99999999999999999999999"), 2, {"--seed", "99999999999999999999999"});
  expect_refusal(look(here() + " --classes 1"), 2, {"--classes", "1 is out of range", "2 to 256"});
  expect_refusal(look(here() + " --classes ten"), 2, {"--classes", "'ten' is not a whole number"});
  EXPECT_FALSE(fs::exists(folder_ / "sheet.png"));
}

TEST_F(DataVerb, FailsWhenItsTextCannotBeWritten) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  const std::string command = "\"" + program_path() + "\" data " + here() + " --out " +
                              (folder_ / "sheet.png").string() + " > /dev/full 2> " + (folder_ / "err").string();
  EXPECT_NE(std::system(command.c_str()), 0);
  EXPECT_TRUE(names(read_file(folder_ / "err", 1 << 20), "cannot write the output: "));
}

TEST_F(DataVerb, MissingFoldersAndFilesAreNamed) {
  const std::string nowhere = (folder_ / "nowhere").string();
  refuse({"data folder " + nowhere, "does not exist", "--data"}, "--data " + nowhere);
  refuse({"data folder " + file(kTrainImages)}, "--data " + file(kTrainImages));
  for (const char* name : {kTrainImages, kTrainLabels, kTestImages, kTestLabels}) {
    write_idx_folder(data());
    fs::remove(file(name));
    refuse({"data folder " + data().string(), name});
  }
}

TEST_F(DataVerb, EnvironmentThatPointsNowhereIsNamed) {
  const std::string nowhere = (folder_ / "nowhere").string();
  const EnvironmentVariable data("CHANDELIER_DATA", nowhere);
  refuse({"data folder " + nowhere}, "");
  EXPECT_EQ(look(here()).code, 0);  // --data overrides the environment
}

TEST_F(DataVerb, TruncatedFilesAreNamed) {
  for (const char* name : {kTrainImages, kTestLabels})
    for (const std::uintmax_t left : {std::uintmax_t{0}, std::uintmax_t{3}, fs::file_size(file(name)) - 1}) {
      write_idx_folder(data());
      fs::resize_file(file(name), left);
      refuse({file(name), "truncated"});
    }
}

TEST_F(DataVerb, TruncatedGzipIsNamed) {
  fs::remove_all(data());
  fs::create_directory(data());
  for (const char* name : {kTrainImages, kTestLabels}) {
    write_idx_folder(data(), {.gzip = true});
    const std::string gzip = file(name) + ".gz";
    fs::resize_file(gzip, fs::file_size(gzip) - 9);  // part of the data is missing
    refuse({gzip, "truncated"});
    write_idx_folder(data(), {.gzip = true});
    fs::resize_file(gzip, fs::file_size(gzip) - 1);  // only the end of the checksum is missing
    refuse({gzip});
  }
}

TEST_F(DataVerb, FilesInTheWrongPlaceAreNamed) {
  fs::copy(file(kTrainLabels), file(kTrainImages), fs::copy_options::overwrite_existing);
  refuse({file(kTrainImages), "magic number", "0x00000801", "0x00000803"});
  write_idx_folder(data());
  fs::copy(file(kTestImages), file(kTestLabels), fs::copy_options::overwrite_existing);
  refuse({file(kTestLabels), "magic number", "0x00000803", "0x00000801"});
  write_plain(file(kTestLabels), "label\n1\n2\n");
  refuse({file(kTestLabels), "magic number"});
}

TEST_F(DataVerb, FilesThatDoNotFitEachOtherAreNamed) {
  write_plain(file(kTrainLabels), idx_labels(small_labels(59, {})));
  refuse({file(kTrainImages), "60 images", file(kTrainLabels), "59 labels"});
  write_idx_folder(data());
  write_plain(file(kTestImages), idx_images(30, 5, 6, small_pixels(30, {}, 3)));
  refuse({file(kTrainImages), "6 x 5", file(kTestImages), "5 x 6"});
}

TEST_F(DataVerb, LabelsAreClasses) {
  write_idx_folder(data(), {.classes = 12});
  refuse({file(kTrainLabels), "label 10", "position 10", "--classes"});
  refuse({file(kTrainLabels), "label 11", "position 11"}, here() + " --classes 11");
  EXPECT_EQ(look(here() + " --classes 12").code, 0);
  const Outcome trained = train(here() + " --classes 12");
  EXPECT_EQ(trained.code, 0) << trained.text();
}

TEST_F(DataVerb, ValidationLeavesImagesToTrainOn) {
  for (const char* validation : {"60", "61"}) {
    expect_refusal(train(here() + " --validation " + validation), 2, {"validation", validation, "60 training images"});
    EXPECT_FALSE(fs::exists(folder_ / "run"));
  }
  EXPECT_EQ(train(here() + " --validation 59").code, 0);
}

}  // namespace
}  // namespace chandelier
