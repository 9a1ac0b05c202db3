#include "data/dataset.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/files.hpp"
#include "data/stored_images.hpp"
#include "environment_variable.hpp"
#include "idx_writer.hpp"
#include "sentence_of.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

const fs::path debian = "/usr/share/datasets/fashion-mnist";

std::string load_error(const fs::path& folder, int classes = 10) {
  return sentence_of([&] { load_dataset(folder.string(), classes); });
}

TEST(FashionMnist, IsFoundByItselfAndKnown) {
  if (!fs::exists(debian)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  const EnvironmentVariable none("CHANDELIER_DATA", std::nullopt);
  const auto dataset = load_dataset("", 10);
  EXPECT_EQ(dataset->name, "FashionMNIST");
  EXPECT_TRUE(dataset->known);
  EXPECT_EQ(dataset->folder, debian);
  EXPECT_EQ(dataset->classes, 10);
  EXPECT_EQ(dataset->train.count, 60000);
  EXPECT_EQ(dataset->test.count, 10000);
  for (const ImageSet* set : {&dataset->train, &dataset->test}) {
    EXPECT_EQ(set->rows, 28);
    EXPECT_EQ(set->columns, 28);
    EXPECT_EQ(set->pixels.size(), static_cast<std::size_t>(set->count * 784));
    for (int label = 0; label < 10; ++label) {
      EXPECT_EQ(std::count(set->labels.begin(), set->labels.end(), label), set->count / 10) << label;
    }
  }
  EXPECT_EQ(dataset->train.labels[0], 9);
  EXPECT_EQ(dataset->test.images_sha256, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b");
  EXPECT_EQ(dataset->test.labels_sha256, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34");
}

TEST(FashionMnist, ACopyIsKnownAndAMixtureIsNot) {
  if (!fs::exists(debian)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  const TemporaryFolder folder;
  for (const auto& file : fs::directory_iterator(debian)) fs::copy(file.path(), folder.path());
  EXPECT_EQ(load_dataset(folder.path().string(), 10)->name, "FashionMNIST");

  SmallSet other;
  other.train = 60000;
  other.rows = other.columns = 28;
  const auto made_up_images = idx_images(60000, 28, 28, small_pixels(60000, other, 2));
  fs::remove(folder / "train-images-idx3-ubyte.gz");
  write_plain(folder / "train-images-idx3-ubyte", made_up_images);
  std::string sentence = load_error(folder.path());
  EXPECT_TRUE(names(sentence, (folder / "train-images-idx3-ubyte").string() + " belongs to no known data set"));
  EXPECT_TRUE(names(sentence, (folder / "t10k-images-idx3-ubyte.gz").string() + " belongs to FashionMNIST"));

  // New images in both sets with the known labels are a new data set.
  fs::remove(folder / "t10k-images-idx3-ubyte.gz");
  write_plain(folder / "t10k-images-idx3-ubyte", idx_images(10000, 28, 28, small_pixels(10000, other, 3)));
  const auto derived = load_dataset(folder.path().string(), 10);
  EXPECT_FALSE(derived->known);
  EXPECT_EQ(derived->name, folder.path().filename().string());

  write_plain(folder / "t10k-labels-idx1-ubyte", idx_labels(small_labels(10000, other)));
  sentence = load_error(folder.path());
  EXPECT_TRUE(names(sentence, (folder / "train-labels-idx1-ubyte.gz").string() + " belongs to FashionMNIST"));
  EXPECT_TRUE(names(sentence, (folder / "t10k-labels-idx1-ubyte").string() + " belongs to no known data set"));
}

TEST(FashionMnist, IsLookedForInPlacesAndMustBeItself) {
  const TemporaryFolder empty, other;
  write_idx_folder(other.path());
  const fs::path none[] = {empty / "a", empty / "b"};
  const fs::path impostor[] = {empty / "a", other.path()};
  std::string sentence = sentence_of([&] { find_known_set("FashionMNIST", none, 10); });
  EXPECT_TRUE(names(sentence, "not found in " + none[0].string() + ", " + none[1].string()));
  EXPECT_TRUE(names(sentence, "make setup"));
  sentence = sentence_of([&] { find_known_set("FashionMNIST", impostor, 10); });
  EXPECT_TRUE(names(sentence, other.path().string() + " are not those of FashionMNIST"));
  EXPECT_TRUE(names(sentence, "make setup"));
}

TEST(Mnist, IsLookedForInItsPlacesAndMustBeItself) {
  const TemporaryFolder empty, other;
  write_idx_folder(other.path());
  const fs::path none[] = {empty / "a"}, impostor[] = {other.path()};
  std::string sentence = sentence_of([&] { find_known_set("MNIST", none, 10); });
  EXPECT_TRUE(names(sentence, "MNIST was not found in " + none[0].string()));
  EXPECT_TRUE(names(sentence, "make mnist"));
  sentence = sentence_of([&] { find_known_set("MNIST", impostor, 10); });
  EXPECT_TRUE(names(sentence, other.path().string() + " are not those of MNIST"));
}

TEST(FashionMnist, AnUnknownFolderOfThatNameIsStillNotIt) {
  const TemporaryFolder folder;
  const fs::path places[] = {folder / "FashionMNIST"};
  fs::create_directory(places[0]);
  write_idx_folder(places[0]);
  EXPECT_TRUE(names(sentence_of([&] { find_known_set("FashionMNIST", places, 10); }), "may be damaged"));
}

TEST(Dataset, ReadsAFolderPlainAndGzippedAlike) {
  const TemporaryFolder plain, gzip;
  write_idx_folder(plain.path());
  write_idx_folder(gzip.path(), {.gzip = true});
  const auto a = load_dataset(plain.path().string() + "/", 10), b = load_dataset(gzip.path().string(), 10);
  EXPECT_EQ(a->name, plain.path().filename().string());
  EXPECT_FALSE(a->known);
  EXPECT_EQ(a->train.count, 60);
  EXPECT_EQ(a->test.count, 30);
  EXPECT_EQ(a->train.rows, 6);
  EXPECT_EQ(a->train.columns, 5);
  EXPECT_EQ(a->train.pixels, small_pixels(60, {}, 2));
  EXPECT_EQ(a->test.pixels, small_pixels(30, {}, 3));
  EXPECT_EQ(a->train.labels, small_labels(60, {}));
  EXPECT_EQ(a->train.pixels, b->train.pixels);
  EXPECT_EQ(a->test.images_sha256, b->test.images_sha256);
}

TEST(Dataset, AcceptsNamesWithADot) {
  const TemporaryFolder folder;
  write_idx_folder(folder.path());
  fs::rename(folder / "train-images-idx3-ubyte", folder / "train-images.idx3-ubyte");
  fs::rename(folder / "t10k-labels-idx1-ubyte", folder / "t10k-labels.idx1-ubyte");
  EXPECT_EQ(load_dataset(folder.path().string(), 10)->train.count, 60);
}

TEST(Dataset, EnvironmentMayNameTheFolder) {
  const TemporaryFolder folder;
  write_idx_folder(folder.path());
  const EnvironmentVariable named("CHANDELIER_DATA", folder.path());
  EXPECT_EQ(load_dataset("", 10)->folder, folder.path());
}

TEST(Dataset, MissingFoldersAndFilesAreNamedWithAWayOut) {
  const TemporaryFolder folder;
  const std::string sentence = load_error(folder / "none");
  EXPECT_TRUE(names(sentence, "the data folder " + (folder / "none").string() + " does not exist"));
  EXPECT_TRUE(names(sentence, "make setup"));
  EXPECT_TRUE(names(sentence, "dataset-fashion-mnist"));
  EXPECT_TRUE(names(sentence, "--data"));
  write_idx_folder(folder.path());
  fs::remove(folder / "t10k-images-idx3-ubyte");
  EXPECT_TRUE(names(load_error(folder.path()), folder.path().string() + " has no file t10k-images-idx3-ubyte"));
}

TEST(Dataset, CountsMustMatch) {
  const TemporaryFolder folder;
  write_idx_folder(folder.path());
  write_plain(folder / "train-labels-idx1-ubyte", idx_labels(small_labels(59, {})));
  const std::string sentence = load_error(folder.path());
  EXPECT_TRUE(names(sentence, (folder / "train-images-idx3-ubyte").string() + " contains 60 images"));
  EXPECT_TRUE(names(sentence, (folder / "train-labels-idx1-ubyte").string() + " contains 59 labels"));
}

TEST(Dataset, TrainAndTestMustHaveOneImageSize) {
  const TemporaryFolder folder;
  write_idx_folder(folder.path());
  write_plain(folder / "t10k-images-idx3-ubyte", idx_images(30, 5, 6, small_pixels(30, {}, 3)));
  const std::string sentence = load_error(folder.path());
  EXPECT_TRUE(names(sentence, "train-images-idx3-ubyte has images of 6 x 5 pixels"));
  EXPECT_TRUE(names(sentence, "t10k-images-idx3-ubyte of 5 x 6"));
}

TEST(Dataset, LabelsMustBeBelowTheClasses) {
  const TemporaryFolder folder;
  write_idx_folder(folder.path(), {.classes = 12});
  EXPECT_TRUE(names(load_error(folder.path(), 11),
                    (folder / "train-labels-idx1-ubyte").string() + " has label 11 at position 11, expected 0 to 10"));
  EXPECT_EQ(load_dataset(folder.path().string(), 12)->classes, 12);
}

class StoredImagesTest : public ::testing::Test {
 protected:
  static std::shared_ptr<const Dataset> load() {
    const TemporaryFolder folder;
    write_idx_folder(folder.path());
    return load_dataset(folder.path().string(), 10);
  }
  std::shared_ptr<const Dataset> dataset = load();
};

TEST_F(StoredImagesTest, AreTheBytesDividedBy255) {
  auto set = std::make_shared<ImageSet>();
  set->count = 1, set->rows = 16, set->columns = 16;
  for (int value = 0; value < 256; ++value) set->pixels.push_back(static_cast<std::uint8_t>(value));
  set->labels = {3};
  Batch batch(1, 256);
  StoredImages(set).read(std::vector<std::uint32_t>{0}, 0, batch);
  for (int value = 0; value < 256; ++value) EXPECT_EQ(batch.images()(0, value), static_cast<Real>(value) / Real{255});
  EXPECT_EQ(batch.images()(0, 0), Real{0});
  EXPECT_EQ(batch.images()(0, 255), Real{1});
  EXPECT_EQ(batch.labels()[0], 3);
}

TEST_F(StoredImagesTest, HandOutTheImagesAskedForFromTheirStretch) {
  const StoredImages held_out(train_of(dataset), 40, 20);
  EXPECT_EQ(held_out.size(), 20);
  EXPECT_EQ(held_out.pixels(), 30);
  Batch batch(8, 30);
  held_out.read(std::vector<std::uint32_t>{19, 0, 3}, 7, batch);
  ASSERT_EQ(batch.size(), 3);
  const Index expected[] = {59, 40, 43};
  for (Index i = 0; i < 3; ++i) {
    EXPECT_EQ(batch.labels()[static_cast<std::size_t>(i)], expected[i] % 10);
    for (Index pixel = 0; pixel < 30; ++pixel) {
      const auto stored = dataset->train.pixels[static_cast<std::size_t>(expected[i] * 30 + pixel)];
      EXPECT_EQ(batch.images()(i, pixel), static_cast<Real>(stored) / Real{255});
    }
  }
}

TEST_F(StoredImagesTest, KeepTheirDataAlive) {
  const StoredImages images(test_of(dataset));
  const std::weak_ptr<const Dataset> watch = dataset;
  dataset.reset();
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(images.size(), 30);
}

TEST_F(StoredImagesTest, AskingForWhatIsNotThereIsABug) {
  const StoredImages images(train_of(dataset), 40, 20);
  Batch batch(2, 30), narrow(2, 29);
  EXPECT_TRUE(
      names(sentence_of<Bug>([&] { images.read(std::vector<std::uint32_t>{20}, 0, batch); }), "image 20 of 20"));
  EXPECT_TRUE(names(sentence_of<Bug>([&] {
                      images.read(std::vector<std::uint32_t>{0, 1, 2}, 0, batch);
                    }),
                    "a batch of 3 images where at most 2 fit"));
  EXPECT_TRUE(names(sentence_of<Bug>([&] { images.read(std::vector<std::uint32_t>{0}, 0, narrow); }),
                    "a batch of 29 pixels for images of 30"));
  EXPECT_TRUE(names(sentence_of<Bug>([&] { StoredImages(train_of(dataset), 40, 21); }), "images 40 to 60 of 60"));
}

}  // namespace
}  // namespace chandelier
