#include "data/idx.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "idx_writer.hpp"
#include "sentence_of.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

const std::vector<std::uint8_t> pixels = {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255};

std::string image_file() { return idx_images(2, 3, 2, pixels); }

TEST(Idx, ReadsImagesPlainAndGzippedAlike) {
  const TemporaryFolder folder;
  write_plain(folder / "plain", image_file());
  write_gzip(folder / "gzip", image_file());
  ASSERT_NE(read_file(folder / "plain", 1000), read_file(folder / "gzip", 1000));
  for (const char* name : {"plain", "gzip"}) {
    const IdxImages images = read_idx_images(folder / name);
    EXPECT_EQ(images.count, 2);
    EXPECT_EQ(images.rows, 3);
    EXPECT_EQ(images.columns, 2);
    EXPECT_EQ(images.pixels, pixels);
    // The hash of these 28 bytes by Python's hashlib.
    EXPECT_EQ(images.sha256, "ed2da41f7d66eeef711b22935471a162026d279678537a9189e59dda1fd64ef9");
  }
}

TEST(Idx, ReadsLabels) {
  const TemporaryFolder folder;
  write_gzip(folder / "a", idx_labels({7, 0, 255}));
  EXPECT_EQ(read_idx_labels(folder / "a").labels, (std::vector<std::uint8_t>{7, 0, 255}));
}

TEST(Idx, ReadsMoreThanOnePiece) {
  const TemporaryFolder folder;
  std::vector<std::uint8_t> many(1'000'003);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<std::uint8_t>(i * 7 % 251);
  write_gzip(folder / "a", idx_labels(many));
  EXPECT_EQ(read_idx_labels(folder / "a").labels, many);
  // Long runs of equal bytes reach deflate's largest expansion. The limit on memory must allow them.
  const std::vector<std::uint8_t> zeros(10'000'000);
  write_gzip(folder / "b", idx_labels(zeros));
  EXPECT_EQ(read_idx_labels(folder / "b").labels, zeros);
}

TEST(Idx, BadFilesAreRefusedWithTheirNameAndWhatIsWrong) {
  const std::string magic = big_endian(0x803);
  const std::string header = magic + big_endian(2) + big_endian(3) + big_endian(2);
  struct Bad {
    std::string bytes, says;
  };
  const std::vector<Bad> files = {
      {"", "ends within its header"},
      {"abc", "ends within its header"},
      {magic + big_endian(2) + "x", "ends within its header"},
      {idx_labels({1, 2}), "its magic number is 0x00000801, expected 0x00000803"},
      {"<html>not found</html>", "its magic number is 0x3c68746d, expected 0x00000803"},
      {header, "it contains 0 of 12 values (2 x 3 x 2)"},
      {image_file().substr(0, 27), "it contains 11 of 12 values (2 x 3 x 2)"},
      {image_file() + "x", "contains more than the 12 values that its header claims (2 x 3 x 2)"},
      {magic + big_endian(0) + big_endian(28) + big_endian(28), "is empty: its header says 0 x 28 x 28 values"},
      {magic + big_endian(0xffffffff) + big_endian(0xffffffff) + big_endian(0xffffffff),
       "claims 4294967295 x 4294967295 x 4294967295 values, expected at most 1000000000"},
      {magic + big_endian(0x80000000) + big_endian(0x80000000) + big_endian(4),
       "claims 2147483648 x 2147483648 x 4 values"},
      {magic + big_endian(1000) + big_endian(1000) + big_endian(1001), "claims 1000 x 1000 x 1001 values"},
      {magic + big_endian(1000) + big_endian(1000) + big_endian(1000), "it contains 0 of 1000000000 values"},
  };
  const TemporaryFolder folder;
  for (const Bad& bad : files) {
    SCOPED_TRACE(bad.says);
    for (const bool gzip : {false, true}) {
      const auto path = folder / (gzip ? "images.gz" : "images");
      gzip ? write_gzip(path, bad.bytes) : write_plain(path, bad.bytes);
      const std::string sentence = sentence_of([&] { read_idx_images(path); });
      EXPECT_TRUE(names(sentence, path.string()));
      EXPECT_TRUE(names(sentence, bad.says));
    }
  }
}

TEST(Idx, LabelsRefuseImages) {
  const TemporaryFolder folder;
  write_plain(folder / "a", image_file());
  EXPECT_TRUE(names(sentence_of([&] { read_idx_labels(folder / "a"); }),
                    "not an IDX file of labels: its magic number is 0x00000803, expected 0x00000801"));
}

TEST(Idx, DamagedGzipStreamsAreNoticed) {
  const TemporaryFolder folder;
  const auto path = folder / "images.gz";
  write_gzip(path, image_file());
  const std::string good = read_file(path, 1000);

  write_plain(path, good.substr(0, good.size() - 10));
  EXPECT_TRUE(names(sentence_of([&] { read_idx_images(path); }), path.string() + " is truncated"));
  // All data are there, but the checksum is missing.
  write_plain(path, good.substr(0, good.size() - 5));
  EXPECT_TRUE(names(sentence_of([&] { read_idx_images(path); }), path.string() + " is truncated"));

  std::string wrong_checksum = good;
  wrong_checksum[good.size() - 8] ^= 1;
  write_plain(path, wrong_checksum);
  EXPECT_TRUE(names(sentence_of([&] { read_idx_images(path); }), path.string() + " is damaged: "));
}

TEST(Idx, MissingFilesAndFoldersAreNamed) {
  const TemporaryFolder folder;
  EXPECT_TRUE(names(sentence_of([&] { read_idx_images(folder / "none"); }), (folder / "none").string()));
  EXPECT_TRUE(names(sentence_of([&] { read_idx_images(folder.path()); }), "Is a directory"));
}

}  // namespace
}  // namespace chandelier
