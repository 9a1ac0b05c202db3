// Notes on data files: one sentence on anything that a user may not notice.

#include <gtest/gtest.h>

#include "data/dataset.hpp"
#include "run_folder.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class DataNotes : public RunTest {
 protected:
  static constexpr const char* kFiles[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                           "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

  std::vector<std::string> notes() const { return load_dataset(data().string(), 10)->notes; }

  void expect_said_everywhere(const std::string& part) const {
    EXPECT_TRUE(names(run_program("data --data " + data().string() + " --out " + run("a.png").string()).out, part));
    const Outcome outcome = run_program(train("run", "--width 6 --epochs 0"));
    EXPECT_EQ(outcome.code, 0);
    EXPECT_TRUE(names(outcome.err, part));
    EXPECT_TRUE(names(run_program("evaluate " + run("run").string()).err, part));
  }
};

TEST_F(DataNotes, OrdinaryDataNeedNone) {
  EXPECT_TRUE(notes().empty());
  for (const char* const file : kFiles) write_gzip(data() / (std::string(file) + ".gz"), bytes_of(data() / file));
  EXPECT_TRUE(notes().empty()) << "the same in two forms";
  EXPECT_EQ(run_program(train("run", "--width 6 --epochs 0")).err, "");
}

TEST_F(DataNotes, EachFileThatIsThereInTwoFormsWhichDiffer) {
  for (const char* const file : kFiles) {
    SCOPED_TRACE(file);
    std::string other = bytes_of(data() / file);
    other.back() = static_cast<char>(other.back() ^ 1);
    write_gzip(data() / (std::string(file) + ".gz"), other);
    std::string with_dot = file;
    with_dot[with_dot.find("-idx")] = '.';
    for (const std::string& second : {std::string(file) + ".gz", with_dot}) {
      ASSERT_EQ(notes().size(), 1U);
      EXPECT_EQ(notes()[0],
                (data() / file).string() + " is used; " + (data() / second).string() + " in the same folder differs");
      fs::rename(data() / second, data() / with_dot);  // the dot's turn; it is told from gzip by its bytes
    }
    write_plain(data() / with_dot, "damaged");
    EXPECT_EQ(notes().size(), 1U);
    if (file == kFiles[3]) expect_said_everywhere("in the same folder differs");
    fs::remove(data() / with_dot);
  }
}

TEST_F(DataNotes, TestImagesThatAreTrainingImages) {
  const auto copy_as_test = [&](const char* what) {
    fs::copy_file(data() / ("train-" + std::string(what)), data() / ("t10k-" + std::string(what)),
                  fs::copy_options::overwrite_existing);
  };
  copy_as_test("images-idx3-ubyte");
  copy_as_test("labels-idx1-ubyte");
  ASSERT_EQ(notes().size(), 1U);
  EXPECT_TRUE(names(notes()[0], "100 of 100 test images are also training images"));
  expect_said_everywhere("also training images");
}

TEST_F(DataNotes, APartOfTheTrainingImagesInAnotherOrderIsFoundToo) {
  const SmallSet set;
  const std::vector<std::uint8_t> train = small_pixels(100, set, 2);
  std::vector<std::uint8_t> test;
  for (const std::size_t i : {7U, 3U, 55U})
    test.insert(test.end(), train.begin() + i * 30, train.begin() + (i + 1) * 30);
  const std::vector<std::uint8_t> others = small_pixels(27, set, 9);
  test.insert(test.end(), others.begin(), others.end());
  write_plain(data() / "t10k-images-idx3-ubyte", idx_images(30, set.rows, set.columns, test));
  ASSERT_EQ(notes().size(), 1U);
  EXPECT_TRUE(names(notes()[0], "3 of 30 test images are also training images"));
}

}  // namespace
}  // namespace chandelier
