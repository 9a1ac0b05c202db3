#include "luminosity/contact_sheet.hpp"

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <vector>

#include "base/files.hpp"
#include "idx_writer.hpp"
#include "sentence_of.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

struct Sheet {
  int width = 0, height = 0;
  std::vector<std::uint8_t> grey;

  int at(int x, int y) const { return grey[static_cast<std::size_t>(y * width + x)]; }
};

Sheet read_png(const std::filesystem::path& path) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  EXPECT_TRUE(png_image_begin_read_from_file(&header, path.c_str())) << header.message;
  EXPECT_EQ(header.format, static_cast<png_uint_32>(PNG_FORMAT_GRAY));
  Sheet sheet{static_cast<int>(header.width), static_cast<int>(header.height), {}};
  sheet.grey.resize(PNG_IMAGE_SIZE(header));
  EXPECT_TRUE(png_image_finish_read(&header, nullptr, sheet.grey.data(), 0, nullptr)) << header.message;
  return sheet;
}

class ContactSheet : public ::testing::Test {
 protected:
  void SetUp() override {
    write_idx_folder(folder.path(), {.classes = 4});
    dataset = load_dataset(folder.path().string(), 5);  // the fifth class has no image
  }
  TemporaryFolder folder;
  std::shared_ptr<const Dataset> dataset;
};

// Images of 5 x 6 pixels, enlarged 3 times, 6 apart; rows 6 apart, 18 where epsilon changes; a margin of 18.
constexpr int step_right = 5 * 3 + 6, image_height = 6 * 3, margin = 18;
constexpr int row_tops[] = {18, 54, 78, 114, 138, 174, 198};

TEST_F(ContactSheet, HasAColumnForEachClassAndARowForEachDraw) {
  write_contact_sheet(folder / "sheet.png", *dataset, 0);
  const Sheet sheet = read_png(folder / "sheet.png");
  EXPECT_EQ(sheet.width, 2 * margin + 5 * step_right - 6);
  EXPECT_EQ(sheet.height, row_tops[6] + image_height + margin);
  // The gaps are white; so is the column of the class without an image.
  for (int x = 0; x < sheet.width; ++x) EXPECT_EQ(sheet.at(x, row_tops[1] - 9), 255);
  for (int y = 0; y < sheet.height; ++y) {
    EXPECT_EQ(sheet.at(margin + step_right - 3, y), 255);
    EXPECT_EQ(sheet.at(margin + 4 * step_right + 7, y), 255);
  }
}

TEST_F(ContactSheet, ShowsTheImagesAsTheyAreThenShifted) {
  write_contact_sheet(folder / "sheet.png", *dataset, 0);
  const Sheet sheet = read_png(folder / "sheet.png");
  const int largest[] = {0, 64, 64, 128, 128, 192, 192};  // epsilon in grey values, rounded up
  int least = 0, most = 0;
  for (int c = 0; c < 4; ++c) {
    for (int row = 0; row < 7; ++row) {
      bool differs = false;
      for (int pixel = 0; pixel < 30; ++pixel) {
        const int stored = dataset->test.pixels[static_cast<std::size_t>(c * 30 + pixel)];
        const int shown = sheet.at(margin + c * step_right + pixel % 5 * 3 + 1, row_tops[row] + pixel / 5 * 3 + 1);
        EXPECT_LE(std::abs(shown - stored), largest[row]);
        differs = differs || shown != stored;
        least = std::min(least, shown - stored), most = std::max(most, shown - stored);
      }
      EXPECT_EQ(differs, row > 0);
    }
  }
  EXPECT_LT(least, -50);
  EXPECT_GT(most, 50);
}

TEST_F(ContactSheet, DependsOnTheSeedAlone) {
  write_contact_sheet(folder / "a.png", *dataset, 3);
  write_contact_sheet(folder / "b.png", *dataset, 3);
  write_contact_sheet(folder / "c.png", *dataset, 4);
  EXPECT_EQ(read_file(folder / "a.png", 1 << 20), read_file(folder / "b.png", 1 << 20));
  EXPECT_NE(read_file(folder / "a.png", 1 << 20), read_file(folder / "c.png", 1 << 20));
}

TEST_F(ContactSheet, AnUnwritablePlaceIsNamed) {
  EXPECT_TRUE(names(sentence_of([&] { write_contact_sheet(folder / "none/sheet.png", *dataset, 0); }),
                    (folder / "none/sheet.png").string()));
}

}  // namespace
}  // namespace chandelier
