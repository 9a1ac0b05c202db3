#include "data/idx.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/sha256.hpp"

namespace chandelier {
namespace {

constexpr std::uint32_t kImagesMagic = 0x00000803;
constexpr std::uint32_t kLabelsMagic = 0x00000801;
constexpr std::uint64_t kSizeLimit = 1'000'000'000;
constexpr std::uint64_t kLargestExpansion = 1032;  // of deflate, according to zlib's technical notes

/// Reads a file, decompresses it if it is gzipped, and hashes its contents.
class HashedReader {
 public:
  explicit HashedReader(const std::filesystem::path& path) : origin_(path.string()) {
    std::error_code error;
    stored_size_ = std::filesystem::file_size(path, error);
    if (error) throw DataError(fmt::format("cannot read {}: {}", origin_, error.message()));
    file_.reset(gzopen(path.c_str(), "rb"));
    if (!file_) throw DataError(fmt::format("cannot read {}: {}", origin_, std::strerror(errno)));
    gzbuffer(file_.get(), 1 << 17);
  }

  const std::string& origin() const { return origin_; }

  /// The most bytes that this file can expand to: an upper limit for memory, however much the header claims.
  std::uint64_t most_bytes() const { return kLargestExpansion * (stored_size_ + 1); }

  /// Reads up to `bytes.size()` bytes. @returns how many were left
  std::size_t read(std::span<std::uint8_t> bytes) {
    const int got = gzread(file_.get(), bytes.data(), static_cast<unsigned int>(bytes.size()));
    int problem = Z_OK;
    const char* text = gzerror(file_.get(), &problem);
    if (problem == Z_ERRNO) throw DataError(fmt::format("cannot read {}: {}", origin_, std::strerror(errno)));
    if (problem == Z_BUF_ERROR)
      throw DataError(fmt::format("{} is truncated: its gzip stream ends too early", origin_));
    if (got < 0 || problem != Z_OK) throw DataError(fmt::format("{} is damaged: {}", origin_, text));
    const auto size = static_cast<std::size_t>(got);
    hash_.add(std::as_bytes(bytes.first(size)));
    return size;
  }

  /// Reads one big-endian number of the header.
  std::uint32_t number() {
    std::uint8_t bytes[4];
    const std::size_t got = read(bytes);
    if (got < sizeof(bytes)) throw DataError(fmt::format("{} is truncated: it ends within its header", origin_));
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
  }

  std::string sha256() { return hash_.hexadecimal(); }

 private:
  struct Close {
    void operator()(gzFile_s* file) const { gzclose_r(file); }
  };

  std::string origin_;
  std::uint64_t stored_size_ = 0;
  std::unique_ptr<gzFile_s, Close> file_;
  Sha256 hash_;
};

void check_magic(HashedReader& file, std::uint32_t expected, std::string_view content) {
  const std::uint32_t found = file.number();
  if (found != expected) {
    throw DataError(fmt::format("{} is not an IDX file of {}: its magic number is 0x{:08x}, expected 0x{:08x}",
                                file.origin(), content, found, expected));
  }
}

/// Reads all bytes after the header.
std::vector<std::uint8_t> read_values(HashedReader& file, std::span<const std::uint32_t> sizes) {
  std::string written;
  std::uint64_t claimed = 1;
  bool too_large = false;
  for (const std::uint32_t size : sizes) {
    written += (written.empty() ? "" : " x ") + std::to_string(size);
    too_large = too_large || __builtin_mul_overflow(claimed, std::uint64_t{size}, &claimed);
  }
  if (too_large || claimed > kSizeLimit) {
    throw DataError(
        fmt::format("the header of {} claims {} values, expected at most {}", file.origin(), written, kSizeLimit));
  }
  if (claimed == 0) throw DataError(fmt::format("{} is empty: its header says {} values", file.origin(), written));

  std::vector<std::uint8_t> values;
  values.reserve(std::min(claimed, file.most_bytes()));
  constexpr std::size_t kPiece = 1 << 18;
  while (values.size() < claimed) {
    const std::size_t before = values.size();
    values.resize(std::min<std::size_t>(before + kPiece, claimed));
    const std::size_t got = file.read(std::span(values).subspan(before));
    if (before + got < values.size()) {
      throw DataError(fmt::format("{} is truncated: it contains {} of {} values ({})", file.origin(), before + got,
                                  claimed, written));
    }
  }
  // Reading past the end also makes zlib verify the checksum of a gzip stream.
  std::uint8_t beyond;
  if (file.read({&beyond, 1}) != 0) {
    throw DataError(fmt::format("{} contains more than the {} values that its header claims ({})", file.origin(),
                                claimed, written));
  }
  return values;
}

std::string sha256_of(std::uint32_t magic, std::initializer_list<Index> sizes, std::span<const std::uint8_t> values) {
  Sha256 hash;
  const auto add = [&](std::uint32_t number) {
    const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(number >> 24),
                                            static_cast<std::uint8_t>(number >> 16),
                                            static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
    hash.add(std::as_bytes(std::span(bytes)));
  };
  add(magic);
  for (const Index size : sizes) add(static_cast<std::uint32_t>(size));
  hash.add(std::as_bytes(values));
  return hash.hexadecimal();
}

}  // namespace

IdxImages read_idx_images(const std::filesystem::path& path) {
  HashedReader file(path);
  check_magic(file, kImagesMagic, "images");
  std::uint32_t sizes[3];
  for (std::uint32_t& size : sizes) size = file.number();
  IdxImages images{.count = sizes[0], .rows = sizes[1], .columns = sizes[2], .pixels = {}, .sha256 = {}};
  images.pixels = read_values(file, sizes);
  images.sha256 = file.sha256();
  return images;
}

IdxLabels read_idx_labels(const std::filesystem::path& path) {
  HashedReader file(path);
  check_magic(file, kLabelsMagic, "labels");
  const std::uint32_t sizes[1] = {file.number()};
  IdxLabels labels;
  labels.labels = read_values(file, sizes);
  labels.sha256 = file.sha256();
  return labels;
}

std::string sha256_of_images(Index count, Index rows, Index columns, std::span<const std::uint8_t> pixels) {
  return sha256_of(kImagesMagic, {count, rows, columns}, pixels);
}

std::string sha256_of_labels(std::span<const std::uint8_t> labels) {
  return sha256_of(kLabelsMagic, {static_cast<Index>(labels.size())}, labels);
}

}  // namespace chandelier
