// A reader of TensorBoard's event files, written from the description of their format. It shares no code with the
// program.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "run_folder.hpp"

namespace chandelier {

struct TestEvent {
  double wall_time = 0;
  std::int64_t step = 0;
  std::string version;
  bool starts_session = false;
  std::map<std::string, float> values;
};

/// CRC-32C by division, bit by bit.
inline std::uint32_t crc_by_division(std::string_view bytes) {
  std::uint32_t remainder = ~0U;
  for (const char byte : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const bool differs = ((static_cast<unsigned char>(byte) >> bit) & 1U) != (remainder & 1U);
      remainder = (remainder >> 1) ^ (differs ? 0x82F63B78U : 0U);
    }
  return ~remainder;
}

/// Takes pieces from the front of bytes. @throws std::runtime_error if there are too few
class FrontOf {
 public:
  explicit FrontOf(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size()) throw std::runtime_error("cut short");
    const std::string_view front = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return front;
  }
  template <class Value>
  Value take_plain() {  // little-endian, like the machines this runs on
    Value value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::uint64_t take_varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = take_plain<std::uint8_t>();
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("a number without an end");
  }
  std::string_view take_bytes() { return take(take_varint()); }

 private:
  std::string_view bytes_;
};

/// A key of a protocol buffer: its field and the type of the value that follows.
constexpr std::uint64_t key_of(unsigned field, unsigned form) { return field << 3 | form; }

inline void take_value(std::string_view bytes, std::map<std::string, float>& values) {
  FrontOf value(bytes);
  if (value.take_varint() != key_of(1, 2)) throw std::runtime_error("a value without a tag");
  const std::string tag(value.take_bytes());
  if (value.take_varint() != key_of(2, 5)) throw std::runtime_error("a value that is no simple_value");
  const bool is_new = values.emplace(tag, value.take_plain<float>()).second;
  if (!is_new || !value.empty()) throw std::runtime_error("more than one value of " + tag);
}

inline TestEvent event_from(std::string_view bytes) {
  TestEvent event;
  FrontOf fields(bytes);
  while (!fields.empty()) {
    const std::uint64_t key = fields.take_varint();
    if (key == key_of(1, 1)) {
      event.wall_time = fields.take_plain<double>();
    } else if (key == key_of(2, 0)) {
      event.step = static_cast<std::int64_t>(fields.take_varint());
    } else if (key == key_of(3, 2)) {
      event.version = fields.take_bytes();
    } else if (key == key_of(5, 2)) {
      FrontOf summary(fields.take_bytes());
      while (!summary.empty()) {
        if (summary.take_varint() != key_of(1, 2)) throw std::runtime_error("a summary of something else than values");
        take_value(summary.take_bytes(), event.values);
      }
    } else if (key == key_of(7, 2)) {
      FrontOf session(fields.take_bytes());
      event.starts_session = session.take_varint() == key_of(1, 0) && session.take_varint() == 1 && session.empty();
    } else {
      throw std::runtime_error("an unknown field, key " + std::to_string(key));
    }
  }
  return event;
}

/// The events of a file. @throws std::runtime_error if a checksum is wrong or a record is incomplete
inline std::vector<TestEvent> events_from(std::string_view file) {
  const auto check = [](std::string_view bytes, std::uint32_t stored, const char* what) {
    const std::uint32_t crc = crc_by_division(bytes), rotated = (crc >> 15) | (crc << 17);
    if (rotated + 0xA282EAD8U != stored) throw std::runtime_error(std::string("a wrong checksum of ") + what);
  };
  std::vector<TestEvent> events;
  for (FrontOf records(file); !records.empty();) {
    const std::string_view length = records.take(8);
    check(length, records.take_plain<std::uint32_t>(), "a length");
    const std::string_view data = records.take(FrontOf(length).take_plain<std::uint64_t>());
    check(data, records.take_plain<std::uint32_t>(), "an event");
    events.push_back(event_from(data));
  }
  return events;
}

/// The paths of the event files of a run, in the order of their names.
inline std::vector<std::filesystem::path> event_paths(const std::filesystem::path& run) {
  std::vector<std::filesystem::path> paths;
  for (const auto& file : std::filesystem::directory_iterator(run))
    if (file.path().filename().string().find("tfevents") != std::string::npos) paths.push_back(file.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// What TensorBoard shows of a run: values by tag and step. It reads one file after the other, each up to its last
/// complete record. At the start of a session it drops the values of that step and later ones.
using Curves = std::map<std::string, std::map<std::int64_t, float>>;
inline Curves curves_of(const std::filesystem::path& run) {
  Curves curves;
  for (const std::filesystem::path& path : event_paths(run)) {
    const std::string bytes = bytes_of(path);
    std::vector<TestEvent> events;
    for (std::size_t size = bytes.size();; --size) try {  // a killed session may leave an incomplete last record
        events = events_from(std::string_view(bytes).substr(0, size));
        break;
      } catch (const std::runtime_error&) {
        if (size == 0) throw;
      }
    for (const TestEvent& event : events) {
      if (event.starts_session)
        for (auto& [tag, curve] : curves) curve.erase(curve.lower_bound(event.step), curve.end());
      for (const auto& [tag, value] : event.values)
        EXPECT_TRUE(curves[tag].emplace(event.step, value).second) << tag << " twice at step " << event.step;
    }
  }
  return curves;
}

/// The same from metrics.csv, without what is not a number there.
inline Curves curves_of_metrics(const std::filesystem::path& run) {
  const auto tag_of = [](const std::string& column) {
    static const std::map<std::string, std::string> tags{{"seconds", "time/seconds"},
                                                         {"train_loss", "loss/train"},
                                                         {"train_accuracy", "accuracy/train"},
                                                         {"test_loss", "loss/test"},
                                                         {"test_accuracy", "accuracy/test"},
                                                         {"validation_loss", "loss/validation"},
                                                         {"validation_accuracy", "accuracy/validation"}};
    if (tags.contains(column)) return tags.at(column);
    std::string tag = column;
    tag.at(tag.find('.')) = '/';
    return tag;
  };
  Curves curves;
  const auto rows = table_of(run / "metrics.csv");
  for (std::size_t row = 1; row < rows.size(); ++row)
    for (std::size_t column = 1; column < rows[row].size(); ++column)
      if (const double value = std::stod(rows[row][column]); !std::isnan(value))
        curves[tag_of(rows[0][column])][std::stoll(rows[row][0])] = static_cast<float>(value);
  return curves;
}

}  // namespace chandelier
