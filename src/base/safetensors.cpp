#include "base/safetensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"

namespace chandelier {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian");

using Json = nlohmann::json;

constexpr std::uint64_t kHeaderLimit = 1 << 20;  // about 12,000 tensors; the format itself allows 100 MB
constexpr std::size_t kDimensionsLimit = 8;
constexpr std::string_view kMetadataName = "__metadata__";

struct TypeName {
  TensorType type;
  std::string_view name;
  std::int64_t size;
};
constexpr TypeName kTypeNames[] = {
    {TensorType::F32, "F32", 4}, {TensorType::F64, "F64", 8}, {TensorType::I64, "I64", 8}, {TensorType::U8, "U8", 1}};

const TypeName& describe(TensorType type) {
  return *std::find_if(std::begin(kTypeNames), std::end(kTypeNames), [&](const TypeName& t) { return t.type == type; });
}

template <typename... Values>
[[noreturn]] void fail(const std::string& origin, fmt::format_string<Values...> problem, Values&&... values) {
  throw DataError(fmt::format("{}: {}", origin, fmt::format(problem, std::forward<Values>(values)...)));
}

[[noreturn]] void fail_to_read(const std::string& origin, std::string_view reason) {
  throw ReadError(fmt::format("cannot read {}: {}", origin, reason));
}

/// A text from a file, cut to a length that fits into an error message.
std::string shortened(const std::string& text) {
  constexpr std::size_t kLongest = 80;
  return text.size() > kLongest ? text.substr(0, kLongest) + "..." : text;
}
std::string in_quotes(std::string_view name) { return fmt::format("\"{}\"", shortened(std::string(name))); }

std::string written(const std::vector<std::int64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

/// Number of elements of a shape whose sizes are not negative; nothing if it does not fit into 63 bits.
std::optional<std::int64_t> product(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (__builtin_mul_overflow(count, size, &count)) return std::nullopt;
  }
  return count;
}

/// The description of one tensor in the header.
struct Entry {
  std::string name;
  TensorType type = TensorType::F32;
  std::vector<std::int64_t> shape;
  std::int64_t begin = 0, end = 0;  ///< bytes of the data
};

struct Header {
  std::map<std::string, std::string> metadata;
  std::vector<Entry> entries;
};

std::map<std::string, std::string> metadata_from(const Json& json, const std::string& origin) {
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) {
      fail(origin, "metadata {} is {}, expected a string", in_quotes(key), shortened(value.dump()));
    }
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

Entry entry_from(const std::string& name, const Json& json, const std::string& origin) {
  const auto check = [&](bool is_valid, const char* field, std::string_view expected) {
    if (is_valid) return;
    fail(origin, "tensor {} has the {} {}, expected {}", in_quotes(name), field, shortened(json[field].dump()),
         expected);
  };
  const auto are_sizes = [](const Json& list) {
    constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
    return list.is_array() && std::all_of(list.begin(), list.end(), [](const Json& size) {
             return size.is_number_unsigned() && size.get<std::uint64_t>() <= kLargest;
           });
  };
  for (const auto& [field, value] : json.items()) {
    if (field != "dtype" && field != "shape" && field != "data_offsets") {
      fail(origin, "tensor {} has an unknown field {} in the header", in_quotes(name), in_quotes(field));
    }
  }
  for (const char* field : {"dtype", "shape", "data_offsets"}) {
    if (!json.contains(field)) fail(origin, "tensor {} has no {} in the header", in_quotes(name), field);
  }
  const Json &dtype = json["dtype"], &shape = json["shape"], &offsets = json["data_offsets"];
  const auto* type = std::find_if(std::begin(kTypeNames), std::end(kTypeNames),
                                  [&](const TypeName& t) { return dtype == Json(t.name); });
  check(type != std::end(kTypeNames), "dtype", "\"F32\", \"F64\", \"I64\" or \"U8\"");
  check(are_sizes(shape) && shape.size() <= kDimensionsLimit, "shape", "at most 8 whole numbers from 0 to 2^63 - 1");
  check(are_sizes(offsets) && offsets.size() == 2, "data_offsets", "2 whole numbers from 0 to 2^63 - 1");
  return {name, type->type, shape.get<std::vector<std::int64_t>>(), offsets[0], offsets[1]};
}

/// Parses the header, a JSON object with one object for each tensor.
///
/// The callback refuses deeper nesting and duplicate keys as soon as the parser meets them. It reads each tensor when
/// its object is complete, and then drops the object from the parser's tree: nlohmann's parser walks through all
/// members of the outer object after each inner one, which would take quadratic time.
Header parse_header(const std::string& text, const std::string& origin) {
  using Event = Json::parse_event_t;
  Header header;
  std::string name;                          // of the current tensor
  std::set<std::string> names, field_names;  // of all tensors so far; of the fields of the current one
  const auto check = [&](int depth, Event event, const Json& json) {
    if (depth == 0) {
      if (event != Event::object_start && event != Event::object_end) fail(origin, "the header is not a JSON object");
    } else if (event == Event::object_start || event == Event::array_start) {
      if (depth > (event == Event::object_start ? 1 : 2)) {
        fail(origin, "the header is nested too deeply in {}, expected strings and lists of numbers", in_quotes(name));
      }
      if (depth == 1) field_names.clear();
    } else if (event == Event::key) {
      const auto& key = json.get_ref<const std::string&>();
      if (depth == 1 && !names.insert(key).second) fail(origin, "the header contains {} twice", in_quotes(key));
      if (depth == 2 && !field_names.insert(key).second) {
        fail(origin, "the header contains {} twice in {}", in_quotes(key), in_quotes(name));
      }
      if (depth == 1) name = key;
    } else if (depth == 1) {
      if (!json.is_object()) {
        fail(origin, "the header describes {} by {}, expected an object", in_quotes(name), shortened(json.dump()));
      }
      if (name == kMetadataName) {
        header.metadata = metadata_from(json, origin);
      } else {
        header.entries.push_back(entry_from(name, json, origin));
      }
      return false;
    }
    return true;
  };
  try {
    [[maybe_unused]] const Json rest = Json::parse(text, check);
  } catch (const Json::parse_error& error) {
    fail(origin, "the header is not valid JSON at byte {}", error.byte);
  } catch (const Json::exception&) {  // a number that no double can hold
    fail(origin, "the header is not valid JSON: it contains a number that is too large");
  }
  return header;
}

/// Sorts the tensors by position and checks that they fill the data: no overlap, no gap, nothing left over.
void check_layout(std::vector<Entry>& entries, std::int64_t data_size, const std::string& origin) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::int64_t end_before = 0;
  for (const auto& [name, type, shape, begin, end] : entries) {
    const std::string tensor = "tensor " + in_quotes(name);
    if (begin > end || end > data_size) {
      fail(origin, "{} has the data_offsets {} to {}, but the file has {} bytes of data", tensor, begin, end,
           data_size);
    }
    const std::optional<std::int64_t> count = product(shape);
    std::int64_t bytes = 0;
    if (!count || __builtin_mul_overflow(*count, describe(type).size, &bytes)) {
      fail(origin, "{} has the shape {}, which is too large", tensor, written(shape));
    }
    if (bytes != end - begin) {
      fail(origin, "{} of shape {} and type {} needs {} bytes, but its data_offsets {} to {} span {}", tensor,
           written(shape), describe(type).name, bytes, begin, end, end - begin);
    }
    if (begin < end_before) {
      fail(origin, "{} overlaps another: it begins at byte {}, before byte {}", tensor, begin, end_before);
    }
    if (begin > end_before) {
      fail(origin, "{} begins at byte {}, but bytes {} to {} belong to no tensor", tensor, begin, end_before, begin);
    }
    end_before = end;
  }
  if (end_before != data_size) fail(origin, "{} bytes at the end belong to no tensor", data_size - end_before);
}

void read_exactly(std::ifstream& stream, void* to, std::size_t size, const std::string& origin) {
  stream.read(static_cast<char*>(to), static_cast<std::streamsize>(size));
  if (stream.bad()) fail_to_read(origin, std::strerror(errno));
  if (!stream) fail(origin, "the file ended while it was being read; is another program writing it?");
}

const Tensor& find(const TensorFile& file, const std::string& name, const std::string& origin) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end()) fail(origin, "there is no tensor {}", in_quotes(name));
  return found->second;
}

template <typename Value>
Value element(const Tensor& tensor, std::int64_t i) {
  Value value;
  std::memcpy(&value, tensor.bytes.data() + i * static_cast<std::int64_t>(sizeof(Value)), sizeof(Value));
  return value;
}

void check_shape(const Tensor& tensor, std::size_t dimensions, const std::string& name, const std::string& origin) {
  if (tensor.shape.size() != dimensions || tensor.count() == 0) {
    fail(origin, "tensor {} has the shape {}, expected {} of at least 1", in_quotes(name), written(tensor.shape),
         dimensions == 1 ? "one size" : "two sizes");
  }
}

/// Copies all values of a float tensor in order; each must be finite.
void copy_numbers(const Tensor& tensor, Real* to, const std::string& name, const std::string& origin) {
  if (tensor.type != TensorType::F32 && tensor.type != TensorType::F64) {
    fail(origin, "tensor {} has type {}, expected F32 or F64", in_quotes(name), describe(tensor.type).name);
  }
  const std::int64_t count = tensor.count();
  for (std::int64_t i = 0; i < count; ++i) {
    const double value =
        tensor.type == TensorType::F32 ? static_cast<double>(element<float>(tensor, i)) : element<double>(tensor, i);
    to[i] = static_cast<Real>(value);
    if (!std::isfinite(to[i])) {
      fail(origin, "tensor {} contains {} at position {}, expected finite numbers", in_quotes(name), value, i);
    }
  }
}

Tensor stored(const Real* values, std::vector<std::int64_t> shape) {
  Tensor tensor{TensorType::F32, std::move(shape), {}};
  const auto count = static_cast<std::size_t>(tensor.count());
  tensor.bytes.resize(count * sizeof(float));
  for (std::size_t i = 0; i < count; ++i) {
    const float value = static_cast<float>(values[i]);
    std::memcpy(tensor.bytes.data() + i * sizeof(float), &value, sizeof(float));
  }
  return tensor;
}

template <typename Value>
Tensor stored_as(TensorType type, const std::vector<Value>& values) {
  Tensor tensor{type, {static_cast<std::int64_t>(values.size())}, {}};
  const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
  tensor.bytes.assign(bytes, bytes + values.size() * sizeof(Value));
  return tensor;
}

}  // namespace

std::int64_t Tensor::count() const {
  const std::optional<std::int64_t> count = product(shape);
  if (!count) throw Bug(fmt::format("a tensor of shape {}", written(shape)));
  return *count;
}

void TensorFile::put(const std::string& name, ConstMatrixView matrix) {
  tensors.insert_or_assign(name, stored(matrix.data(), {matrix.rows(), matrix.cols()}));
}
void TensorFile::put(const std::string& name, ConstVectorView vector) {
  tensors.insert_or_assign(name, stored(vector.data(), {vector.size()}));
}
void TensorFile::put_scalar(const std::string& name, double value) {
  tensors.insert_or_assign(name, stored_as(TensorType::F32, std::vector<float>{static_cast<float>(value)}));
}
void TensorFile::put_u8(const std::string& name, const std::vector<std::uint8_t>& values) {
  tensors.insert_or_assign(name, stored_as(TensorType::U8, values));
}

TensorFile read_tensors(const std::filesystem::path& path) {
  const std::string origin = path.string();
  std::error_code error;
  const std::uintmax_t file_size = std::filesystem::file_size(path, error);
  if (error) fail_to_read(origin, error.message());
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail_to_read(origin, std::strerror(errno));

  std::uint64_t header_size = 0;
  if (file_size < sizeof(header_size)) {
    throw DataError(
        fmt::format("{} is not a safetensors file: it has {} bytes, expected 8 or more", origin, file_size));
  }
  read_exactly(stream, &header_size, sizeof(header_size), origin);
  const std::uint64_t rest = file_size - sizeof(header_size);
  if (header_size == 0 || header_size > rest || header_size > kHeaderLimit) {
    throw DataError(fmt::format("{} cannot be read as safetensors: its header would have {} bytes, expected 1 to {}",
                                origin, header_size, std::min(rest, kHeaderLimit)));
  }
  std::string text(header_size, '\0');
  read_exactly(stream, text.data(), text.size(), origin);
  Header header = parse_header(text, origin);
  check_layout(header.entries, static_cast<std::int64_t>(rest - header_size), origin);

  TensorFile file;
  file.metadata = std::move(header.metadata);
  for (Entry& entry : header.entries) {  // in the order of their bytes
    Tensor tensor{entry.type, std::move(entry.shape), {}};
    tensor.bytes.resize(static_cast<std::size_t>(entry.end - entry.begin));
    read_exactly(stream, tensor.bytes.data(), tensor.bytes.size(), origin);
    file.tensors.emplace(std::move(entry.name), std::move(tensor));
  }
  return file;
}

void write_tensors(const std::filesystem::path& path, const TensorFile& file) {
  // The widest types come first, so that every tensor is aligned to its type. Equal widths are sorted by name.
  std::vector<const std::pair<const std::string, Tensor>*> order;
  for (const auto& named : file.tensors) order.push_back(&named);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return describe(a->second.type).size > describe(b->second.type).size;
  });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header[std::string(kMetadataName)] = file.metadata;
  std::int64_t end = 0;
  for (const auto* named : order) {
    const auto& [name, tensor] = *named;
    const std::int64_t begin = end;
    end += static_cast<std::int64_t>(tensor.bytes.size());
    if (name == kMetadataName || tensor.count() * describe(tensor.type).size != end - begin) {
      throw Bug(
          fmt::format("tensor {} of shape {} with {} bytes", in_quotes(name), written(tensor.shape), end - begin));
    }
    header[name] = {{"dtype", describe(tensor.type).name}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }

  std::string start(sizeof(std::uint64_t), '\0');
  start += header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  start.resize((start.size() + 7) / 8 * 8, ' ');
  const std::uint64_t header_size = start.size() - sizeof(header_size);
  if (header_size > kHeaderLimit)
    fail(path.string(), "{} tensors are too many for one file, whose header may be at most 1 MiB; record fewer steps",
         file.tensors.size());
  std::memcpy(start.data(), &header_size, sizeof(header_size));

  std::vector<std::string_view> parts = {start};
  for (const auto* named : order) {
    const std::vector<std::byte>& bytes = named->second.bytes;
    parts.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  write_atomically(path, parts);
}

Matrix matrix_from(const TensorFile& file, const std::string& name, const std::string& origin) {
  const Tensor& tensor = find(file, name, origin);
  check_shape(tensor, 2, name, origin);
  Matrix matrix(tensor.shape[0], tensor.shape[1]);
  copy_numbers(tensor, matrix.data(), name, origin);
  return matrix;
}

Vector vector_from(const TensorFile& file, const std::string& name, const std::string& origin) {
  const Tensor& tensor = find(file, name, origin);
  check_shape(tensor, 1, name, origin);
  Vector vector(tensor.shape[0]);
  copy_numbers(tensor, vector.data(), name, origin);
  return vector;
}

std::vector<std::int64_t> integers_from(const TensorFile& file, const std::string& name, const std::string& origin) {
  const Tensor& tensor = find(file, name, origin);
  check_shape(tensor, 1, name, origin);
  if (tensor.type != TensorType::I64 && tensor.type != TensorType::U8) {
    fail(origin, "tensor {} has type {}, expected I64 or U8", in_quotes(name), describe(tensor.type).name);
  }
  std::vector<std::int64_t> values(static_cast<std::size_t>(tensor.count()));
  for (std::int64_t i = 0; i < tensor.count(); ++i) {
    values[static_cast<std::size_t>(i)] =
        tensor.type == TensorType::I64 ? element<std::int64_t>(tensor, i) : element<std::uint8_t>(tensor, i);
  }
  return values;
}

}  // namespace chandelier
