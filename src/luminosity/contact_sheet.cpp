#include "luminosity/contact_sheet.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "luminosity/uniform_shift.hpp"

namespace chandelier {
namespace {

constexpr Index kEnlargement = 3;
constexpr Index kGap = 6;           // between images
constexpr Index kRowGroupGap = 18;  // between values of epsilon
constexpr Index kMargin = 18;
constexpr std::uint8_t kPaper = 255;
constexpr double kEpsilons[] = {0.25, 0.5, 0.75};
constexpr std::uint32_t kDraws = 2;

/// A grey image, [height x width].
struct Picture {
  Picture(Index width_, Index height_)
      : width(width_), height(height_), grey(static_cast<std::size_t>(width_ * height_), kPaper) {}

  Index width, height;
  std::vector<std::uint8_t> grey;
};

/// Draws an enlarged image with values in [0, 1] into a picture, with its upper left corner at (left, top).
void place(Picture& picture, const std::vector<Real>& image, Index columns, Index left, Index top) {
  const Index rows = static_cast<Index>(image.size()) / columns;
  for (Index y = 0; y < rows * kEnlargement; ++y) {
    for (Index x = 0; x < columns * kEnlargement; ++x) {
      const Real value = image[static_cast<std::size_t>(y / kEnlargement * columns + x / kEnlargement)];
      picture.grey[static_cast<std::size_t>((top + y) * picture.width + left + x)] =
          static_cast<std::uint8_t>(std::lround(255 * value));
    }
  }
}

std::string encode_png(const Picture& picture) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(picture.width);
  header.height = static_cast<png_uint_32>(picture.height);
  header.format = PNG_FORMAT_GRAY;

  // An upper limit of the size: asking libpng for the exact size would mean to compress twice.
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::string bytes(size, '\0');
  if (!png_image_write_to_memory(&header, bytes.data(), &size, 0, picture.grey.data(), 0, nullptr)) {
    throw DataError(fmt::format("libpng could not encode a picture of {} x {} pixels: {}", picture.width,
                                picture.height, header.message));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::string contact_sheet(const Dataset& dataset, std::uint64_t seed) {
  const ImageSet& set = dataset.test;
  const Index step_right = set.columns * kEnlargement + kGap, step_down = set.rows * kEnlargement + kGap;
  const Index groups = std::size(kEpsilons);
  const Index image_rows = 1 + groups * kDraws;
  Picture sheet(2 * kMargin + dataset.classes * step_right - kGap,
                2 * kMargin + image_rows * step_down - kGap + groups * (kRowGroupGap - kGap));

  for (Index c = 0; c < dataset.classes; ++c) {
    const auto found = std::find(set.labels.begin(), set.labels.end(), c);
    if (found == set.labels.end()) continue;
    const auto which = static_cast<std::uint32_t>(found - set.labels.begin());
    const auto* stored = set.pixels.data() + which * set.pixels_per_image();
    std::vector<Real> original(stored, stored + set.pixels_per_image());
    for (Real& x : original) x /= 255;

    const Index left = kMargin + c * step_right;
    Index top = kMargin;
    place(sheet, original, set.columns, left, top);
    std::uint32_t draw = 0;
    for (const double epsilon : kEpsilons) {
      top += kRowGroupGap - kGap;
      const auto luminosity = uniform_shift(epsilon);
      for (std::uint32_t i = 0; i < kDraws; ++i) {
        KeyedRandom random(seed, Purpose::contact_sheet, draw++, which);
        std::vector<Real> image = original;
        luminosity->apply(random, {.rows = set.rows, .columns = set.columns}, image);
        top += step_down;
        place(sheet, image, set.columns, left, top);
      }
    }
  }
  return encode_png(sheet);
}

void write_contact_sheet(const std::filesystem::path& path, const Dataset& dataset, std::uint64_t seed) {
  write_atomically(path, contact_sheet(dataset, seed));
}

}  // namespace chandelier
