// Damaged, malicious or unsuitable tensor files: one sentence, no crash, nothing written.

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/safetensors.hpp"
#include "idx_writer.hpp"
#include "places.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"
#include "training/network_builder.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

std::string file_of(std::uint64_t header_size, const std::string& rest) {
  std::string bytes(sizeof(header_size), '\0');
  std::memcpy(bytes.data(), &header_size, sizeof(header_size));
  return bytes + rest;
}

std::string with_header(const std::string& header, std::size_t data = 0) {
  return file_of(header.size(), header + std::string(data, '\0'));
}

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets,
                  const std::string& type = "F32") {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

struct DamagedFile {
  std::string what;
  std::string bytes;
  std::vector<std::string> sentence;  ///< what the sentence names in addition to the file
};

void PrintTo(const DamagedFile& file, std::ostream* out) { *out << file.what; }

std::vector<DamagedFile> damaged_files() {
  const std::string whole = read_file(test_data("/golden/plain/inorm-full.weights.safetensors"), 1 << 20);
  return {
      {"empty", "", {"0 bytes"}},
      {"truncated", whole.substr(0, whole.size() - 1), {"bytes of data"}},
      {"lengthened", whole + '\0', {"1 bytes at the end"}},
      {"no_header", file_of(0, ""), {"header would have 0 bytes"}},
      {"huge_header", file_of(std::uint64_t{1} << 62, "{}"), {"header would have 4611686018427387904 bytes"}},
      {"header_beyond_the_end", file_of(1000, "{}"), {"header would have 1000 bytes"}},
      {"not_json", with_header("hidden0.Wex"), {"not valid JSON"}},
      {"json_cut_off", with_header("{\"hidden0.Wex\":{\"dtype\""), {"not valid JSON"}},
      {"deep_arrays", with_header(repeated("[", 1'000'000)), {"not a JSON object"}},
      {"deep_objects", with_header(repeated("{\"dtype\":", 100'000)), {"nested too deeply"}},
      {"a_list", with_header("[1]"), {"not a JSON object"}},
      {"overlap",
       with_header("{" + entry("hidden0.Wex", "[4,1]", "[0,16]") + "," + entry("hidden0.bias", "[4]", "[8,24]") + "}",
                   24),
       {"hidden0.bias", "overlaps"}},
      {"hole",
       with_header("{" + entry("hidden0.Wex", "[4,1]", "[0,16]") + "," + entry("hidden0.bias", "[4]", "[20,36]") + "}",
                   36),
       {"hidden0.bias", "begins at byte 20"}},
      {"beyond_the_data",
       with_header("{" + entry("hidden0.Wex", "[4,1]", "[0,16]") + "}", 8),
       {"hidden0.Wex", "has 8 bytes of data"}},
      {"backwards", with_header("{" + entry("hidden0.Wex", "[4,1]", "[16,0]") + "}", 16), {"hidden0.Wex", "16 to 0"}},
      {"negative_offset",
       with_header("{" + entry("hidden0.Wex", "[4,1]", "[-16,0]") + "}", 16),
       {"hidden0.Wex", "-16"}},
      {"shape_beyond_any",
       with_header("{" + entry("hidden0.Wex", "[4294967296,4294967296]", "[0,16]") + "}", 16),
       {"hidden0.Wex", "too large"}},
      {"shape_of_other_size",
       with_header("{" + entry("hidden0.Wex", "[5,1]", "[0,16]") + "}", 16),
       {"hidden0.Wex", "20 bytes"}},
      {"other_type",
       with_header("{" + entry("hidden0.Wex", "[4,2]", "[0,16]", "BF16") + "}", 16),
       {"hidden0.Wex", "BF16"}},
      {"control_characters", with_header("{" + entry("a\\nb\\u001b", "[4,1]", "[0,17]") + "}", 17), {"a?b?"}},
  };
}

/// A network with 20 inputs, small images of 20 pixels, and the two commands that take weights.
class Hostile {
 public:
  Hostile() {
    fs::create_directory(folder_ / "data");
    write_idx_folder(folder_ / "data", {.rows = 4, .columns = 5});
  }

  Outcome trace(const std::string& flags = "") const {
    return run(words("trace --batch 4 --weights " + weights() + " --batches " + batches() + " " + flags));
  }
  Outcome evaluate(const std::string& flags = "") const {
    return run(words("evaluate --weights " + weights() + " --data " + (folder_ / "data").string() + " " + flags));
  }

  /// Expects that both commands refuse the weights and write nothing.
  template <typename Parts>
  void refuse_weights(const Parts& parts, const std::string& flags = "") const {
    for (const Outcome& outcome : {trace(flags), evaluate(flags)}) {
      expect_refusal(outcome, 1, {weights()});
      for (const std::string& part : parts) EXPECT_TRUE(names(outcome.err, part));
      EXPECT_EQ(outcome.out, "");
    }
    EXPECT_FALSE(fs::exists(out()));
  }

  std::string weights() const { return (folder_ / "weights").string(); }
  std::string batches() const { return batches_; }
  void set_batches(const std::string& path) { batches_ = path; }
  fs::path out() const { return folder_ / "out"; }
  fs::path path(const std::string& name) const { return folder_ / name; }

 private:
  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--out", out()});
    return run_program(arguments);
  }

  TemporaryFolder folder_;
  std::string batches_ = test_data("/golden/plain/batches.safetensors");
};

class DamagedFiles : public testing::TestWithParam<DamagedFile> {};

TEST_P(DamagedFiles, AreRefusedAsWeights) {
  const Hostile program;
  write_plain(program.weights(), GetParam().bytes);
  program.refuse_weights(GetParam().sentence);
}

TEST_P(DamagedFiles, AreRefusedAsBatches) {
  Hostile program;
  fs::copy(test_data("/golden/plain/inorm-full.weights.safetensors"), program.weights());
  program.set_batches(program.path("batches"));
  write_plain(program.batches(), GetParam().bytes);
  const Outcome outcome = program.trace();
  expect_refusal(outcome, 1, {program.batches()});
  for (const std::string& part : GetParam().sentence) EXPECT_TRUE(names(outcome.err, part));
  EXPECT_FALSE(fs::exists(program.out()));
}

INSTANTIATE_TEST_SUITE_P(Every, DamagedFiles, testing::ValuesIn(damaged_files()),
                         [](const auto& test) { return test.param.what; });

/// Weights of an inorm network with 20 inputs, 12 and 12 hidden units (2 inhibitory) and 10 classes, for tests to
/// change.
class HostileWeights : public testing::Test {
 protected:
  Tensor& tensor(const std::string& name) { return file_.tensors.at(name); }

  void set(const std::string& name, std::size_t position, float value) {
    std::memcpy(tensor(name).bytes.data() + position * sizeof(float), &value, sizeof(float));
  }
  /// Replaces a tensor by ones of another shape.
  void reshape(const std::string& name, const std::vector<std::int64_t>& shape) {
    Tensor& changed = file_.tensors[name];
    changed = {TensorType::F32, shape, {}};
    const std::vector<float> ones(static_cast<std::size_t>(changed.count()), 1.0f);
    changed.bytes.resize(ones.size() * sizeof(float));
    if (!ones.empty()) std::memcpy(changed.bytes.data(), ones.data(), changed.bytes.size());
  }

  void refuse(const std::vector<std::string>& parts, const std::string& flags = "--condition inorm-full") {
    write_tensors(program_.weights(), file_);
    program_.refuse_weights(parts, flags);
    file_ = original_;
  }
  void accept(const std::string& flags = "--condition inorm-full") {
    write_tensors(program_.weights(), file_);
    for (const Outcome& outcome : {program_.trace(flags), program_.evaluate(flags)})
      EXPECT_EQ(outcome.code, 0) << outcome.text();
    fs::remove(program_.out());
    file_ = original_;
  }

  const TensorFile original_ = read_tensors(test_data("/golden/plain/inorm-full.weights.safetensors"));
  TensorFile file_ = original_;
  Hostile program_;
};

TEST_F(HostileWeights, AreAcceptedUnchanged) { accept(); }

TEST_F(HostileWeights, NegativeOnesObeyDalesLaw) {
  for (const std::string name :
       {"hidden0.Wex", "hidden1.Wix", "hidden0.Wei", "readout.Wex", "readout.Wix", "readout.Wei"}) {
    set(name, 1, -0.5f);
    refuse({name, "-0.5", "Dale's law"});
    set(name, 1, -0.0f);  // counts as 0
    accept();
  }
}

TEST_F(HostileWeights, BixAndBiasMayBeNegative) {
  set("hidden0.Bix", 0, -0.5f);
  set("hidden0.bias", 0, -0.5f);
  set("readout.bias", 0, -0.5f);
  accept();
}

TEST_F(HostileWeights, AreFinite) {
  for (const std::string name : {"hidden0.Wex", "hidden1.Bix", "readout.bias"})
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      set(name, 3, value);
      refuse({name, "position 3", "finite"});
    }
  // Finite in the file, but not as a float32 weight.
  const std::vector<double> large(12, 1e300);
  tensor("hidden0.bias") = {TensorType::F64, {12}, std::vector<std::byte>(96)};
  std::memcpy(tensor("hidden0.bias").bytes.data(), large.data(), 96);
  refuse({"hidden0.bias", "1e+300", "finite"});
}

TEST_F(HostileWeights, AreFloats) {
  tensor("hidden0.bias") = {TensorType::I64, {12}, std::vector<std::byte>(96)};
  refuse({"hidden0.bias", "I64"});
  tensor("hidden1.Wex") = {TensorType::U8, {12, 12}, std::vector<std::byte>(144)};
  refuse({"hidden1.Wex", "U8"});
}

TEST_F(HostileWeights, HaveTheirShapes) {
  reshape("hidden0.Wex", {240});
  refuse({"hidden0.Wex", "[240]", "matrix"});
  reshape("hidden0.Wex", {0, 20});
  refuse({"hidden0.Wex", "[0, 20]", "at least one row"});
  reshape("hidden0.Wix", {0, 20});
  refuse({"hidden0.Wix", "[0, 20]"});
  reshape("readout.Wex", {10, 0});
  refuse({"readout.Wex", "[10, 0]"});
  reshape("hidden0.Wex", {1, 20});
  refuse({"hidden0.Wex", "1 unit"});
  reshape("hidden0.bias", {12, 1});
  refuse({"hidden0.bias", "[12, 1]"});
  reshape("hidden0.bias", {13});
  refuse({"hidden0.bias", "[13 x 1]", "[12 x 1]"});
  reshape("hidden0.Bix", {11, 20});
  refuse({"hidden0.Bix", "[11 x 20]", "[12 x 20]"});
  reshape("hidden0.Wix", {2, 19});
  refuse({"hidden0.Wix", "[2 x 19]", "[2 x 20]"});
  reshape("hidden0.Wei", {12, 3});
  refuse({"hidden0.Wei", "[12 x 3]", "[12 x 2]"});
}

TEST_F(HostileWeights, LayersFitEachOther) {
  reshape("hidden1.Wex", {12, 13});
  refuse({"hidden1.Wex", "13 inputs", "12 units"});
  reshape("readout.Wex", {10, 11});
  refuse({"readout.Wex", "11 inputs", "12 units"});
}

TEST_F(HostileWeights, AreAllThere) {
  for (const std::string name : {"hidden0.Wex", "hidden0.Wix", "hidden1.Wei", "hidden1.Bix", "hidden0.bias",
                                 "readout.Wex", "readout.Wix", "readout.bias"}) {
    file_.tensors.erase(name);
    refuse({name});
  }
}

TEST_F(HostileWeights, AreAllUsed) {
  file_.tensors["hidden3.Wex"] = tensor("hidden1.Wex");
  refuse({"hidden3.Wex", "does not belong"});
  file_.tensors.erase("hidden1.Wex");  // otherwise it would be a valid network with one hidden layer
  refuse({"hidden1."});
  refuse({"hidden0.Bix", "does not belong"}, "--condition ei");
  // Tensors that are not parameters are allowed.
  file_.tensors["hidden0.Wex.velocity"] = tensor("hidden0.Wex");
  file_.tensors["step0.hidden5.Wex"] = tensor("hidden0.Wex");
  file_.tensors["notes"] = tensor("hidden0.bias");
  accept();
}

TEST_F(HostileWeights, OfLateralInhibitionHaveIt) {
  const std::string flags = "--condition inorm-lateral";
  refuse({"hidden0.lateral"}, flags);
  reshape("hidden0.lateral", {12});
  reshape("hidden1.lateral", {11});
  refuse({"hidden1.lateral", "11", "12"}, flags);
  reshape("hidden0.lateral", {12});
  reshape("hidden1.lateral", {12});
  accept(flags);
}

TEST(HostileSizes, AskForNoMemoryThatTheFileDoesNotFill) {
  // A million units and a million inhibitory units would make a Wei of 4 TB.
  TensorFile file;
  for (const char* name : {"hidden0.Wex", "hidden0.Wix"})
    file.tensors[name] = {TensorType::F32, {1'000'000, 1}, std::vector<std::byte>(4'000'000)};
  file.tensors["hidden0.Wei"] = {TensorType::F32, {1, 1}, std::vector<std::byte>(4)};
  const std::string sentence = sentence_of([&] { network_from(Settings(), file, "w", 1); });
  EXPECT_TRUE(names(sentence, "w: hidden0.Wei is [1 x 1], but this network needs [1000000 x 1000000]"));
}

TEST_F(HostileWeights, FitTheData) {
  write_tensors(program_.weights(), file_);
  write_idx_folder(program_.path("data"), {.rows = 4, .columns = 6});
  expect_refusal(program_.evaluate(), 1, {program_.weights(), "20 inputs", "24 pixels"});
  write_idx_folder(program_.path("data"), {.rows = 4, .columns = 5, .classes = 11});
  expect_refusal(program_.evaluate("--classes 11"), 1, {program_.weights(), "10 classes", "11"});
  EXPECT_FALSE(fs::exists(program_.out()));
}

TEST(HostileBatches, AreFinite) {
  Hostile program;
  fs::copy(test_data("/golden/plain/inorm-full.weights.safetensors"), program.weights());
  TensorFile file = read_tensors(program.batches());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(file.tensors.at("images").bytes.data() + 5 * sizeof(float), &nan, sizeof(float));
  program.set_batches(program.path("batches"));
  write_tensors(program.batches(), file);
  expect_refusal(program.trace(), 1, {program.batches(), "images", "position 5", "finite"});
  EXPECT_FALSE(fs::exists(program.out()));
}

}  // namespace
}  // namespace chandelier
