#include "training/tensorboard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/crc32c.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBeginning = "events.out.tfevents.", kEnd = ".chandelier";

/// The number in the name of an event file that Chandelier wrote.
std::optional<std::uint64_t> number_of(const std::string& name) {
  if (!name.starts_with(kBeginning) || !name.ends_with(kEnd) || name.size() < kBeginning.size() + kEnd.size())
    return std::nullopt;
  const char* const end = name.data() + name.size() - kEnd.size();
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(name.data() + kBeginning.size(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

/// TensorBoard makes a section of the part before the slash: "train_loss" becomes loss/train, "hidden0.mean" becomes
/// hidden0/mean.
std::string tag_of(const std::string& column) {
  if (const std::size_t point = column.find('.'); point != std::string::npos)
    return column.substr(0, point) + "/" + column.substr(point + 1);
  if (const std::size_t line = column.find('_'); line != std::string::npos)
    return column.substr(line + 1) + "/" + column.substr(0, line);
  return "time/" + column;
}

// The wire format of protocol buffers.

void put_little_endian(std::string& bytes, std::uint64_t value, int size) {
  for (int byte = 0; byte < size; ++byte) bytes += static_cast<char>(value >> (8 * byte) & 0xFF);
}

void put_varint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  bytes += static_cast<char>(value);
}

enum class Wire : unsigned { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void put_key(std::string& bytes, unsigned field, Wire wire) {
  put_varint(bytes, field << 3 | static_cast<unsigned>(wire));
}

void put_bytes(std::string& bytes, unsigned field, std::string_view value) {
  put_key(bytes, field, Wire::bytes);
  put_varint(bytes, value.size());
  bytes += value;
}

/// An event at a step, without content.
std::string event_now(int step) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  std::string event;
  put_key(event, 1, Wire::fixed64);
  put_little_endian(event, std::bit_cast<std::uint64_t>(now.count()), 8);
  put_key(event, 2, Wire::varint);
  put_varint(event, static_cast<std::uint64_t>(step));
  return event;
}

std::string version_event() {
  std::string event = event_now(0);
  put_bytes(event, 3, "brain.Event:2");
  return event;
}

std::string start_event(int step) {
  std::string session;
  put_key(session, 1, Wire::varint);  // status
  put_varint(session, 1);             // START
  std::string event = event_now(step);
  put_bytes(event, 7, session);
  return event;
}

std::string row_event(const std::vector<std::string>& tags, const std::vector<double>& row) {
  std::string summary;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (std::isnan(row[i + 1])) continue;
    std::string value;
    put_bytes(value, 1, tags[i]);
    put_key(value, 2, Wire::fixed32);
    put_little_endian(value, std::bit_cast<std::uint32_t>(static_cast<float>(row[i + 1])), 4);
    put_bytes(summary, 1, value);
  }
  std::string event = event_now(static_cast<int>(row[0]));
  put_bytes(event, 5, summary);
  return event;
}

std::uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xA282EAD8; }

void put_record(std::string& bytes, std::string_view event) {
  std::string length;
  put_little_endian(length, event.size(), 8);
  bytes += length;
  put_little_endian(bytes, masked_crc(length), 4);
  bytes += event;
  put_little_endian(bytes, masked_crc(event), 4);
}

}  // namespace

std::vector<std::string> event_files_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (const std::string name = entry.path().filename().string(); number_of(name)) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

EventFile::EventFile(const fs::path& folder, const std::vector<std::string>& columns) {
  std::uint64_t last = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    last = std::max(last, number_of(entry.path().filename().string()).value_or(0));
  path_ = folder / fmt::format("{}{:010}{}", kBeginning, last + 1, kEnd);
  for (std::size_t i = 1; i < columns.size(); ++i) tags_.push_back(tag_of(columns[i]));
}

void EventFile::append(std::span<const std::vector<double>> rows) {
  if (rows.empty()) return;
  std::string bytes;
  if (!begun_) {
    put_record(bytes, version_event());
    put_record(bytes, start_event(static_cast<int>(rows.front().front())));
  }
  for (const std::vector<double>& row : rows) {
    if (row.size() != tags_.size() + 1) throw Bug("a row of metrics does not fit the tags of its event file");
    put_record(bytes, row_event(tags_, row));
  }
  // The first rows are written all or none, as they may include all rows of earlier sessions.
  if (begun_)
    append_to_file(path_, bytes);
  else
    write_atomically(path_, bytes);
  begun_ = true;
}

}  // namespace chandelier
