#include "base/safetensors.hpp"

#include <fmt/format.h>

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

constexpr std::uint64_t kHeaderLimit = 100'000'000;  // of the official library, too
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

/// A name from a file as it may stand in a sentence: short and printable.
std::string in_quotes(std::string_view name) {
  constexpr std::size_t kLongest = 80;
  std::string shown(name.substr(0, kLongest));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return fmt::format("\"{}{}\"", shown, name.size() > kLongest ? "..." : "");
}

std::string written(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

/// Elements of a shape of non-negative sizes; nothing when the product does not fit.
std::optional<std::int64_t> product(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (__builtin_mul_overflow(count, size, &count)) return std::nullopt;
  }
  return count;
}

/// What the header says of one tensor.
struct Entry {
  std::string name;
  TensorType type = TensorType::F32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> offsets;
  std::set<std::string> given;  ///< of dtype, shape and data_offsets

  std::int64_t begin() const { return offsets[0]; }
  std::int64_t end() const { return offsets[1]; }
};

/// Reads the header as it is parsed, without a tree of values: whatever does not belong stops the parser at once, so
/// neither depth nor size of a hostile header costs memory.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(std::string origin) : origin_(std::move(origin)) {}

  std::map<std::string, std::string> metadata;
  std::vector<Entry> entries;

  bool start_object(std::size_t) override {
    switch (place_) {
      case Place::outside:
        place_ = Place::root;
        return true;
      case Place::root:
        place_ = key_ == kMetadataName ? Place::metadata : Place::entry;
        if (place_ == Place::entry) entries.emplace_back().name = key_;
        return true;
      default:
        unexpected("an object");
    }
  }

  bool end_object() override {
    if (place_ == Place::entry) check_complete(entries.back());
    place_ = place_ == Place::root ? Place::outside : Place::root;
    return true;
  }

  bool key(string_t& name) override {
    key_ = name;
    if (place_ == Place::root && !names_.insert(name).second) fail("names {} twice", in_quotes(name));
    if (place_ == Place::metadata && metadata.contains(name)) fail("names metadata {} twice", in_quotes(name));
    if (place_ == Place::entry) check_field(entries.back());
    return true;
  }

  bool string(string_t& text) override {
    if (place_ == Place::metadata) {
      metadata[key_] = text;
    } else if (place_ == Place::entry && key_ == "dtype") {
      const auto* found =
          std::find_if(std::begin(kTypeNames), std::end(kTypeNames), [&](const TypeName& t) { return t.name == text; });
      if (found == std::end(kTypeNames)) {
        fail("gives tensor {} the type {}, expected F32, F64, I64 or U8", in_quotes(entries.back().name),
             in_quotes(text));
      }
      entries.back().type = found->type;
    } else {
      unexpected("a string");
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::entry || key_ == "dtype") unexpected("an array");
    place_ = Place::numbers;
    return true;
  }
  bool end_array() override {
    place_ = Place::entry;
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::numbers) unexpected("a number");
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      fail("gives tensor {} the {} {}, which is too large", in_quotes(entries.back().name), key_, value);
    }
    auto& numbers = key_ == "shape" ? entries.back().shape : entries.back().offsets;
    if (numbers.size() == kDimensionsLimit) {
      fail("gives tensor {} a {} of more than {} numbers", in_quotes(entries.back().name), key_, kDimensionsLimit);
    }
    numbers.push_back(static_cast<std::int64_t>(value));
    return true;
  }
  bool number_integer(number_integer_t value) override {  // the parser calls this for negative numbers only
    if (place_ != Place::numbers) unexpected("a number");
    fail("gives tensor {} the {} {}, expected whole numbers from 0 on", in_quotes(entries.back().name), key_, value);
  }
  bool number_float(number_float_t value, const string_t&) override {
    if (place_ != Place::numbers) unexpected("a number");
    fail("gives tensor {} the {} {}, expected whole numbers from 0 on", in_quotes(entries.back().name), key_, value);
  }

  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("a truth value"); }
  bool binary(binary_t&) override { unexpected("bytes"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail("is not valid JSON at byte {}", position);
  }

 private:
  enum class Place { outside, root, metadata, entry, numbers };

  template <typename... Values>
  [[noreturn]] void fail(fmt::format_string<Values...> problem, Values&&... values) const {
    throw DataError(fmt::format("{}: the header {}", origin_, fmt::format(problem, std::forward<Values>(values)...)));
  }

  [[noreturn]] void unexpected(std::string_view found) const {
    switch (place_) {
      case Place::outside:
        fail("is {}, expected an object", found);
      case Place::root:
        fail("has {} under {}, expected an object", found, in_quotes(key_));
      case Place::metadata:
        fail("has {} as metadata {}, expected a string", found, in_quotes(key_));
      default:
        fail("has {} as {} of tensor {}", found, in_quotes(key_), in_quotes(entries.back().name));
    }
  }

  void check_field(Entry& entry) {
    if (key_ != "dtype" && key_ != "shape" && key_ != "data_offsets") {
      fail("has an unknown field {} in tensor {}", in_quotes(key_), in_quotes(entry.name));
    }
    if (!entry.given.insert(key_).second) fail("gives the {} of tensor {} twice", key_, in_quotes(entry.name));
  }

  void check_complete(const Entry& entry) const {
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
      if (!entry.given.contains(field)) fail("gives no {} for tensor {}", field, in_quotes(entry.name));
    }
    if (entry.offsets.size() != 2) {
      fail("gives tensor {} {} data_offsets, expected 2", in_quotes(entry.name), entry.offsets.size());
    }
  }

  std::string origin_;
  Place place_ = Place::outside;
  std::string key_;
  std::set<std::string> names_;
};

/// The tensors must fill the data one after the other: no overlap, no hole, nothing left over.
void check_layout(std::vector<Entry>& entries, std::int64_t data_size, const std::string& origin) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin(), a.end()) < std::pair(b.begin(), b.end());
  });
  std::int64_t end_before = 0;
  for (const Entry& entry : entries) {
    const auto fail = [&](const std::string& problem) {
      throw DataError(fmt::format("{}: tensor {} {}", origin, in_quotes(entry.name), problem));
    };
    const std::int64_t begin = entry.begin(), end = entry.end();
    if (begin > end || end > data_size) {
      fail(fmt::format("lies at bytes {} to {} of {} bytes of data", begin, end, data_size));
    }
    const std::optional<std::int64_t> count = product(entry.shape);
    std::int64_t bytes = 0;
    if (!count || __builtin_mul_overflow(*count, describe(entry.type).size, &bytes)) {
      fail(fmt::format("has the shape {}, which is too large", written(entry.shape)));
    }
    if (bytes != end - begin) {
      fail(fmt::format("of shape {} and type {} needs {} bytes, but its data_offsets {} to {} hold {}",
                       written(entry.shape), describe(entry.type).name, bytes, begin, end, end - begin));
    }
    if (begin < end_before) fail(fmt::format("overlaps another: it begins at byte {} before {}", begin, end_before));
    if (begin > end_before)
      fail(fmt::format("begins at byte {}: bytes {} to {} belong to none", begin, end_before, begin));
    end_before = end;
  }
  if (end_before != data_size) {
    throw DataError(fmt::format("{}: {} bytes at the end belong to no tensor", origin, data_size - end_before));
  }
}

[[noreturn]] void fail_to_read(const std::string& origin, std::string_view reason) {
  throw ReadError(fmt::format("cannot read {}: {}", origin, reason));
}

void read_exactly(std::ifstream& stream, void* to, std::size_t size, const std::string& origin) {
  stream.read(static_cast<char*>(to), static_cast<std::streamsize>(size));
  if (stream.bad()) fail_to_read(origin, std::strerror(errno));
  if (!stream) throw DataError(fmt::format("{} could not be read to its end", origin));
}

const Tensor& find(const TensorFile& file, const std::string& name, const std::string& origin) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end()) throw DataError(fmt::format("{} has no tensor {}", origin, in_quotes(name)));
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
    throw DataError(fmt::format("{}: tensor {} has the shape {}, expected {} of at least 1", origin, in_quotes(name),
                                written(tensor.shape), dimensions == 1 ? "one size" : "two sizes"));
  }
}

/// All values of a float tensor, in order, each checked.
void copy_numbers(const Tensor& tensor, Real* to, const std::string& name, const std::string& origin) {
  if (tensor.type != TensorType::F32 && tensor.type != TensorType::F64) {
    throw DataError(fmt::format("{}: tensor {} has type {}, expected F32 or F64", origin, in_quotes(name),
                                describe(tensor.type).name));
  }
  const std::int64_t count = tensor.count();
  for (std::int64_t i = 0; i < count; ++i) {
    const double value =
        tensor.type == TensorType::F32 ? static_cast<double>(element<float>(tensor, i)) : element<double>(tensor, i);
    to[i] = static_cast<Real>(value);
    if (!std::isfinite(to[i])) {
      throw DataError(fmt::format("{}: tensor {} holds {} at position {}, expected finite numbers", origin,
                                  in_quotes(name), value, i));
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
    throw DataError(fmt::format("{} is no safetensors file: it has {} bytes, expected 8 or more", origin, file_size));
  }
  read_exactly(stream, &header_size, sizeof(header_size), origin);
  const std::uint64_t rest = file_size - sizeof(header_size);
  if (header_size == 0 || header_size > rest || header_size > kHeaderLimit) {
    throw DataError(fmt::format("{} is no safetensors file: its header would have {} bytes, expected 1 to {}", origin,
                                header_size, std::min(rest, kHeaderLimit)));
  }
  std::string header(header_size, '\0');
  read_exactly(stream, header.data(), header.size(), origin);

  HeaderReader reader(origin);
  nlohmann::json::sax_parse(header, &reader);
  check_layout(reader.entries, static_cast<std::int64_t>(rest - header_size), origin);

  TensorFile file;
  file.metadata = std::move(reader.metadata);
  for (Entry& entry : reader.entries) {  // in the order of their bytes
    Tensor tensor{entry.type, std::move(entry.shape), {}};
    tensor.bytes.resize(static_cast<std::size_t>(entry.end() - entry.begin()));
    read_exactly(stream, tensor.bytes.data(), tensor.bytes.size(), origin);
    file.tensors.emplace(std::move(entry.name), std::move(tensor));
  }
  return file;
}

void write_tensors(const std::filesystem::path& path, const TensorFile& file) {
  // The widest types come first, so that every tensor is aligned to its type; then by name.
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
    throw DataError(fmt::format("{}: tensor {} has type {}, expected I64 or U8", origin, in_quotes(name),
                                describe(tensor.type).name));
  }
  std::vector<std::int64_t> values(static_cast<std::size_t>(tensor.count()));
  for (std::int64_t i = 0; i < tensor.count(); ++i) {
    values[static_cast<std::size_t>(i)] =
        tensor.type == TensorType::I64 ? element<std::int64_t>(tensor, i) : element<std::uint8_t>(tensor, i);
  }
  return values;
}

}  // namespace chandelier
