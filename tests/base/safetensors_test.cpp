#include "base/safetensors.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <limits>

#include "base/files.hpp"
#include "integer_tensor.hpp"
#include "sentence_of.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

std::string file_bytes(const std::string& header, const std::string& data, std::uint64_t header_size) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &header_size, 8);
  return bytes + header + data;
}
std::string file_bytes(const std::string& header, const std::string& data) {
  return file_bytes(header, data, header.size());
}

TensorFile sample() {
  TensorFile file;
  file.metadata = {{"circuit", "inorm"}, {"error_norm", "full"}};
  Matrix matrix(2, 3);
  matrix << 1, 2, 3, 4, 5, 6;
  Vector vector(2);
  vector << -1, 0.5;
  file.put("hidden0.Wex", view(matrix));
  file.put("hidden0.bias", ConstVectorView(vector.data(), vector.size()));
  file.put_scalar("loss", 2.25);
  file.put_u8("label", {9, 0, 255});
  file.tensors["step"] = integer_tensor({-5, 1LL << 62});
  return file;
}

TEST(Safetensors, RoundTrip) {
  const TemporaryFolder folder;
  write_tensors(folder / "a", sample());
  const TensorFile file = read_tensors(folder / "a");
  EXPECT_EQ(file.metadata, sample().metadata);
  ASSERT_EQ(file.tensors.size(), 5u);
  for (const auto& [name, tensor] : sample().tensors) {
    ASSERT_TRUE(file.tensors.contains(name)) << name;
    EXPECT_EQ(file.tensors.at(name).type, tensor.type) << name;
    EXPECT_EQ(file.tensors.at(name).shape, tensor.shape) << name;
    EXPECT_EQ(file.tensors.at(name).bytes, tensor.bytes) << name;
  }
  const Matrix matrix = matrix_from(file, "hidden0.Wex", "a");
  EXPECT_EQ(matrix.rows(), 2);
  EXPECT_EQ(matrix(0, 2), 3);
  EXPECT_EQ(matrix(1, 0), 4);
  EXPECT_EQ(vector_from(file, "hidden0.bias", "a")(1), Real(0.5));
  EXPECT_EQ(vector_from(file, "loss", "a")(0), Real(2.25));
  EXPECT_EQ(integers_from(file, "label", "a"), (std::vector<std::int64_t>{9, 0, 255}));
  EXPECT_EQ(integers_from(file, "step", "a"), (std::vector<std::int64_t>{-5, 1LL << 62}));
}

TEST(Safetensors, EqualContentsGiveEqualBytesAsTheFormatWantsThem) {
  const TemporaryFolder folder;
  write_tensors(folder / "a", sample());
  write_tensors(folder / "b", sample());
  const std::string bytes = read_file(folder / "a", 10000);
  EXPECT_EQ(bytes, read_file(folder / "b", 10000));
  // The widest types come first, so that all are aligned. The header is padded with spaces to a multiple of 8.
  const std::string header = R"({"__metadata__":{"circuit":"inorm","error_norm":"full"},)"
                             R"("step":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},)"
                             R"("hidden0.Wex":{"dtype":"F32","shape":[2,3],"data_offsets":[16,40]},)"
                             R"("hidden0.bias":{"dtype":"F32","shape":[2],"data_offsets":[40,48]},)"
                             R"("loss":{"dtype":"F32","shape":[1],"data_offsets":[48,52]},)"
                             R"("label":{"dtype":"U8","shape":[3],"data_offsets":[52,55]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(bytes.substr(0, 8 + padded.size()), file_bytes(padded, ""));
  EXPECT_EQ(bytes.size(), 8 + padded.size() + 55);
}

TEST(Safetensors, AnyVectorSurvives) {
  const TemporaryFolder folder;
  EXPECT_TRUE(rc::check("integers and bytes survive",
                        [&](const std::vector<std::int64_t>& integers, const std::vector<std::uint8_t>& bytes) {
                          TensorFile file;
                          file.tensors["integers"] = integer_tensor(integers);
                          file.put_u8("bytes", bytes);
                          write_tensors(folder / "a", file);
                          const TensorFile again = read_tensors(folder / "a");
                          RC_ASSERT(again.tensors.at("integers").bytes == file.tensors.at("integers").bytes);
                          RC_ASSERT(again.tensors.at("bytes").bytes == file.tensors.at("bytes").bytes);
                          RC_ASSERT(again.tensors.at("bytes").shape == file.tensors.at("bytes").shape);
                        }));
}

TEST(Safetensors, DoublesAreReadAsNumbers) {
  const TemporaryFolder folder;
  const double values[] = {0.1, -3};
  const std::string data(reinterpret_cast<const char*>(values), 16);
  write_atomically(folder / "a", file_bytes(R"({"w":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]}})", data));
  const Matrix matrix = matrix_from(read_tensors(folder / "a"), "w", "a");
  EXPECT_EQ(matrix(0, 0), static_cast<Real>(0.1));
  EXPECT_EQ(matrix(0, 1), Real(-3));
}

TEST(Safetensors, EmptyFilesOfTensorsAndScalarsAreFine) {
  const TemporaryFolder folder;
  write_tensors(folder / "a", TensorFile{});
  EXPECT_TRUE(read_tensors(folder / "a").tensors.empty());
  write_atomically(folder / "b", file_bytes(R"({"x":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)"
                                            R"("y":{"dtype":"F32","shape":[0,7],"data_offsets":[1,1]}})",
                                            "!"));
  const TensorFile file = read_tensors(folder / "b");
  EXPECT_EQ(file.tensors.at("x").count(), 1);
  EXPECT_EQ(file.tensors.at("y").count(), 0);
}

/// A file that must be refused, and what the message must contain.
struct Hostile {
  std::string why, bytes, says;
};

std::vector<Hostile> hostile_files() {
  const auto one = [](const std::string& entry, const std::string& data = "") {
    return file_bytes("{\"w\":" + entry + "}", data);
  };
  const std::string deep(1'000'000, '[');
  std::string deep_objects;
  for (int i = 0; i < 200'000; ++i) deep_objects += R"({"a":)";
  return {
      {"empty", "", "it has 0 bytes"},
      {"seven bytes", "1234567", "it has 7 bytes"},
      {"no header", file_bytes("", "data"), "would have 0 bytes"},
      {"header beyond the end", file_bytes("{}", "", 3), "would have 3 bytes, expected 1 to 2"},
      {"huge header", file_bytes("{}", "", ~0ULL), "would have 18446744073709551615 bytes"},
      {"no JSON", file_bytes("{\"w\":", ""), "not valid JSON at byte"},
      {"bytes after the JSON", file_bytes("{}x", ""), "not valid JSON at byte 3"},
      {"invalid UTF-8", file_bytes("{\"\xff\":1}", ""), "not valid JSON at byte"},
      {"array", file_bytes("[]", ""), "the header is not a JSON object"},
      {"text", file_bytes("\"hello\"", ""), "the header is not a JSON object"},
      {"null", file_bytes("null", ""), "the header is not a JSON object"},
      {"deep arrays", file_bytes(deep, ""), "the header is not a JSON object"},
      {"negative number as tensor", one("-1"), "describes \"w\" by -1, expected an object"},
      {"fraction as tensor", one("1.5"), "describes \"w\" by 1.5, expected an object"},
      {"array as tensor", one("[1,[2]]"), "describes \"w\" by [1,[2]], expected an object"},
      {"deep arrays inside", one(deep), "nested too deeply in \"w\""},
      {"deep objects", one("{\"dtype\":" + deep_objects), "nested too deeply in \"w\""},
      {"object in an array", one("[{\"a\":1}]"), "nested too deeply in \"w\""},
      {"deep shape", one(R"({"dtype":"U8","shape":[[1]],"data_offsets":[0,1]})", "x"), "nested too deeply in \"w\""},
      {"tensor twice",
       file_bytes(
           R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
           "x"),
       "contains \"w\" twice"},
      {"field twice", one(R"({"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]})", "x"),
       "contains \"dtype\" twice in \"w\""},
      {"field twice, not in a row", one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1],"dtype":"U8"})", "x"),
       "contains \"dtype\" twice in \"w\""},
      {"no type", one(R"({"shape":[1],"data_offsets":[0,1]})", "x"), "tensor \"w\" has no dtype"},
      {"no shape", one(R"({"dtype":"U8","data_offsets":[0,1]})", "x"), "tensor \"w\" has no shape"},
      {"no offsets", one(R"({"dtype":"U8","shape":[1]})", "x"), "tensor \"w\" has no data_offsets"},
      {"unknown field", one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1],"code":"x"})", "x"),
       "unknown field \"code\""},
      {"unknown type", one(R"({"dtype":"BF16","shape":[1],"data_offsets":[0,2]})", "xx"), "the dtype \"BF16\""},
      {"type as number", one(R"({"dtype":1,"shape":[1],"data_offsets":[0,1]})", "x"),
       "has the dtype 1, expected \"F32\""},
      {"shape as text", one(R"({"dtype":"U8","shape":"1","data_offsets":[0,1]})", "x"),
       "has the shape \"1\", expected at most 8"},
      {"negative shape", one(R"({"dtype":"U8","shape":[-1],"data_offsets":[0,1]})", "x"),
       "the shape [-1], expected at most 8 whole numbers"},
      {"fractional shape", one(R"({"dtype":"U8","shape":[1.5],"data_offsets":[0,1]})", "x"),
       "the shape [1.5], expected"},
      {"shape beyond 63 bits", one(R"({"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]})", "x"),
       "the shape [9223372036854775808], expected at most 8 whole numbers from 0 to 2^63 - 1"},
      {"overflowing shape", one(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]})"),
       "[4294967296, 4294967296], which is too large"},
      {"overflowing bytes", one(R"({"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]})"),
       "[2305843009213693952], which is too large"},
      {"number beyond double", one(R"({"dtype":"U8","shape":[1e999],"data_offsets":[0,1]})", "x"),
       "the header is not valid JSON: it contains a number that is too large"},
      {"many sizes", one(R"({"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]})", "x"),
       "at most 8 whole numbers"},
      {"three offsets", one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1,1]})", "x"),
       "the data_offsets [0,1,1], expected 2"},
      {"negative offset", one(R"({"dtype":"U8","shape":[1],"data_offsets":[-1,0]})", "x"), "the data_offsets [-1,0]"},
      {"offsets beyond the end", one(R"({"dtype":"U8","shape":[2],"data_offsets":[0,2]})", "x"),
       "the data_offsets 0 to 2, but the file has 1 bytes of data"},
      {"offsets backwards", one(R"({"dtype":"U8","shape":[1],"data_offsets":[1,0]})", "x"), "the data_offsets 1 to 0"},
      {"shape and offsets differ", one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,3]})", "xxx"),
       "needs 4 bytes, but its data_offsets 0 to 3 span 3"},
      {"overlap",
       file_bytes(
           R"({"v":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"w":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
           "xxx"),
       "tensor \"w\" overlaps another"},
      {"hole", one(R"({"dtype":"U8","shape":[1],"data_offsets":[1,2]})", "xx"), "bytes 0 to 1 belong to no tensor"},
      {"bytes left over", one(R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})", "xyz"),
       "2 bytes at the end belong to no tensor"},
      {"metadata of numbers", file_bytes(R"({"__metadata__":{"epoch":3}})", ""),
       "metadata \"epoch\" is 3, expected a string"},
      {"metadata as list", file_bytes(R"({"__metadata__":[]})", ""),
       "describes \"__metadata__\" by [], expected an object"},
      {"metadata twice", file_bytes(R"({"__metadata__":{"a":"1","a":"2"}})", ""),
       "contains \"a\" twice in \"__metadata__\""},
  };
}

TEST(Safetensors, HostileFilesAreRefusedWithTheirNameAndWhatIsWrong) {
  const TemporaryFolder folder;
  const auto path = folder / "hostile.safetensors";
  for (const Hostile& hostile : hostile_files()) {
    SCOPED_TRACE(hostile.why);
    write_atomically(path, hostile.bytes);
    const std::string sentence = sentence_of([&] { read_tensors(path); });
    EXPECT_TRUE(names(sentence, path.string()));
    EXPECT_TRUE(names(sentence, hostile.says));
    EXPECT_LT(sentence.size(), 500u);
  }
}

TEST(Safetensors, HeadersAboveTheLimitAreRefusedUnread) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", file_bytes("{}", "", (1 << 20) + 1));
  std::filesystem::resize_file(folder / "a", 1 << 30);  // sparse
  EXPECT_TRUE(names(sentence_of([&] { read_tensors(folder / "a"); }), "1048577 bytes, expected 1 to 1048576"));
}

TEST(Safetensors, ALongHeaderIsRefusedAndTheLongestAllowedIsRead) {
  const TemporaryFolder folder;
  const std::string longest = "{" + std::string((1 << 20) - 2, ' ') + "}";
  write_atomically(folder / "longest", file_bytes(longest, ""));
  EXPECT_TRUE(read_tensors(folder / "longest").tensors.empty());
  write_atomically(folder / "too long", file_bytes(longest + " ", ""));
  EXPECT_TRUE(names(sentence_of([&] { read_tensors(folder / "too long"); }), "1048577 bytes, expected 1 to 1048576"));
}

TEST(Safetensors, ThousandsOfTensorsAreRead) {
  const TemporaryFolder folder;
  TensorFile file;
  for (int i = 0; i < 5'000; ++i) file.put_u8("tensor" + std::to_string(i), {static_cast<std::uint8_t>(i % 256)});
  write_tensors(folder / "a", file);
  const TensorFile again = read_tensors(folder / "a");
  ASSERT_EQ(again.tensors.size(), 5'000u);
  EXPECT_EQ(again.tensors.at("tensor4999").bytes, file.tensors.at("tensor4999").bytes);
}

TEST(Safetensors, WhatCouldNotBeReadIsNotWritten) {
  const TemporaryFolder folder;
  TensorFile file;
  for (int i = 0; i < 20'000; ++i) file.put_scalar("step" + std::to_string(i) + ".loss", 1);
  const std::string sentence = sentence_of([&] { write_tensors(folder / "long", file); });
  EXPECT_TRUE(names(sentence, "20000 tensors are too many")) << sentence;
  EXPECT_FALSE(std::filesystem::exists(folder / "long"));
}

TEST(Safetensors, DamagedBytesNeverEscapeTheErrors) {
  const TemporaryFolder folder;
  write_tensors(folder / "good", sample());
  const std::string good = read_file(folder / "good", 10000);
  EXPECT_TRUE(rc::check("a changed byte gives tensors or a DataError", [&] {
    std::string bytes = good;
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = static_cast<char>(*rc::gen::inRange(0, 256));
    bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
    write_atomically(folder / "bad", bytes);
    try {
      read_tensors(folder / "bad");
    } catch (const DataError&) {
    }
  }));
}

TEST(Safetensors, LongAndUnprintableNamesAreShortenedInTheSentence) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", file_bytes("{\"a\\n" + std::string(1000, 'n') + "\":1}", ""));
  const std::string sentence = sentence_of([&] { read_tensors(folder / "a"); });
  EXPECT_TRUE(names(sentence, "\"a?nnn"));
  EXPECT_TRUE(names(sentence, "nnn...\""));
  EXPECT_LT(sentence.size(), 250u);
}

TEST(Safetensors, MissingFilesAndFoldersAreNamed) {
  const TemporaryFolder folder;
  EXPECT_TRUE(names(sentence_of([&] { read_tensors(folder / "none"); }), (folder / "none").string()));
  EXPECT_TRUE(names(sentence_of([&] { read_tensors(folder.path()); }), "Is a directory"));
}

TEST(Safetensors, TensorsThatAreNotAsExpectedAreNamed) {
  TensorFile file = sample();
  const auto says = [&](auto reader, const std::string& name) {
    const std::string sentence = sentence_of([&] { reader(file, name, "w.safetensors"); });
    EXPECT_TRUE(names(sentence, "w.safetensors"));
    EXPECT_TRUE(names(sentence, "\"" + name + "\""));
    return sentence;
  };
  EXPECT_TRUE(names(says(matrix_from, "readout.Wex"), "there is no tensor"));
  EXPECT_TRUE(names(says(matrix_from, "hidden0.bias"), "has the shape [2], expected two sizes"));
  EXPECT_TRUE(names(says(vector_from, "hidden0.Wex"), "has the shape [2, 3], expected one size"));
  EXPECT_TRUE(names(says(vector_from, "label"), "has type U8, expected F32 or F64"));
  EXPECT_TRUE(names(says(integers_from, "loss"), "has type F32, expected I64 or U8"));
  file.tensors["none"] = {TensorType::F32, {0, 1LL << 62}, {}};
  EXPECT_TRUE(names(says(matrix_from, "none"), "expected two sizes of at least 1"));

  Vector bad = Vector::Zero(3);
  bad(1) = std::numeric_limits<Real>::quiet_NaN();
  file.put("bad", ConstVectorView(bad.data(), 3));
  EXPECT_TRUE(names(says(vector_from, "bad"), "contains nan at position 1, expected finite"));
  bad(1) = -std::numeric_limits<Real>::infinity();
  file.put("bad", ConstVectorView(bad.data(), 3));
  EXPECT_TRUE(names(says(vector_from, "bad"), "contains -inf at position 1"));
}

TEST(Safetensors, DoublesTooLargeForFloatAreNotFinite) {
  const double value = 1e300;
  TensorFile file;
  file.tensors["big"] = {TensorType::F64, {1}, std::vector<std::byte>(8)};
  std::memcpy(file.tensors["big"].bytes.data(), &value, 8);
  EXPECT_TRUE(names(sentence_of([&] { vector_from(file, "big", "w"); }), "contains 1e+300 at position 0"));
}

TEST(Safetensors, WritingATensorOfAnotherSizeIsABug) {
  const TemporaryFolder folder;
  TensorFile file;
  file.tensors["w"] = {TensorType::F32, {2}, std::vector<std::byte>(4)};
  EXPECT_TRUE(names(sentence_of<Bug>([&] { write_tensors(folder / "a", file); }), "\"w\" of shape [2] with 4 bytes"));
  file.tensors["w"].shape = {1LL << 62, 4};
  EXPECT_TRUE(names(sentence_of<Bug>([&] { write_tensors(folder / "a", file); }),
                    "a tensor of shape [4611686018427387904, 4]"));
}

}  // namespace
}  // namespace chandelier
