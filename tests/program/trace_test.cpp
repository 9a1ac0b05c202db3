// chandelier trace: the program reproduces golden numbers, and refuses bad input.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/safetensors.hpp"
#include "golden_cases.hpp"
#include "integer_tensor.hpp"
#include "places.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> flags_of(const GoldenCase& golden) {
  std::vector<std::string> flags;
  for (const auto& [key, value] : golden.flags()) {
    const Setting& setting = *find_setting(key);
    if (setting.kind() == Setting::Kind::truth)
      flags.push_back(value == "true" ? setting.flag() : setting.off_flag());
    else
      flags.insert(flags.end(), {setting.flag(), value});
  }
  return flags;
}

class GoldenTrace : public testing::TestWithParam<GoldenCase> {};

TEST_P(GoldenTrace, ProgramAgrees) {
  const GoldenCase& golden = GetParam();
  const TemporaryFolder folder;
  std::vector<std::string> arguments{"trace",          "--weights", golden.weights(), "--batches",
                                     golden.batches(), "--out",     folder / "trace"};
  for (const std::string& flag : flags_of(golden)) arguments.push_back(flag);
  const Outcome outcome = run_program(arguments);
  ASSERT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_EQ(outcome.err, "");

  const TensorFile ours = read_tensors(folder / "trace");
  expect_agreement(ours, read_tensors(golden.trace()), golden.tolerance());
  const Settings settings = golden.settings();
  EXPECT_EQ(ours.metadata, (std::map<std::string, std::string>{{"circuit", settings.circuit},
                                                               {"activity_norm", settings.activity_norm},
                                                               {"error_norm", settings.error_norm}}));
}

INSTANTIATE_TEST_SUITE_P(EveryCase, GoldenTrace, testing::ValuesIn(golden_cases()),
                         [](const auto& test) { return test.param.test_name(); });

/// 12 images of 20 pixels, and an inorm network with two hidden layers of 12 units and 10 classes.
class TraceVerb : public testing::Test {
 protected:
  Outcome trace(const std::string& flags) const {
    write_tensors(folder_ / "weights", weights_);
    write_tensors(folder_ / "batches", batches_);
    std::vector<std::string> arguments{"trace", "--weights", folder_ / "weights", "--batches", folder_ / "batches",
                                       "--out", out_};
    for (const std::string& word : words(flags)) arguments.push_back(word);
    return run_program(arguments);
  }

  TensorFile traced(const std::string& flags) const {
    const Outcome outcome = trace(flags);
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    return outcome.code == 0 ? read_tensors(out_) : TensorFile();
  }

  /// Expects a refusal that leaves only the two files that were read.
  void refuse(const std::string& flags, int code, std::initializer_list<std::string> parts) const {
    expect_refusal(trace(flags), code, parts);
    EXPECT_EQ(entries_of(folder_.path()), 2) << flags;
  }

  std::string named(const char* file) const { return (folder_ / file).string() + ":"; }

  TemporaryFolder folder_;
  fs::path out_ = folder_ / "trace";
  TensorFile weights_ = read_tensors(test_data("/golden/plain/inorm-full.weights.safetensors"));
  TensorFile batches_ = read_tensors(test_data("/golden/plain/batches.safetensors"));
  const std::vector<std::int64_t> labels_ = integers_from(batches_, "labels", "batches");
};

TEST_F(TraceVerb, TakesAsManyStepsAsThereAreBatches) {
  const TensorFile three = traced("--batch 4"), two = traced("--batch 6");
  EXPECT_TRUE(three.tensors.contains("step2.logits"));
  EXPECT_FALSE(three.tensors.contains("step3.logits"));
  EXPECT_TRUE(two.tensors.contains("step1.logits"));
  EXPECT_FALSE(two.tensors.contains("step2.logits"));
  EXPECT_EQ(two.tensors.at("step1.logits").shape, (std::vector<std::int64_t>{6, 10}));
}

TEST_F(TraceVerb, TakesFewerStepsWhenAsked) {
  const TensorFile all = traced("--batch 4"), two = traced("--batch 4 --steps 2");
  EXPECT_FALSE(two.tensors.contains("step2.loss"));
  for (const auto& [name, tensor] : two.tensors) {
    const bool after_learning = !name.starts_with("step");
    EXPECT_EQ(tensor.bytes == all.tensors.at(name).bytes,
              !after_learning || name == "hidden0.Wei" || name == "hidden1.Wei")
        << name;
  }
  fs::remove(out_);
  refuse("--batch 4 --steps 4", 2, {"--steps", "4", "3 batches", (folder_ / "batches").string()});
  refuse("--batch 4 --steps 0", 2, {"--steps", "0"});
  refuse("--batch 4 --steps 1.5", 2, {"--steps", "1.5"});
}

TEST_F(TraceVerb, RowsMustDivideIntoBatches) {
  refuse("--batch 5", 1, {named("batches"), "12 images", "batches of 5", "--batch"});
  refuse("", 1, {named("batches"), "12 images", "batches of 32"});
}

TEST_F(TraceVerb, LabelsAreI64OrU8) {
  const TensorFile from_i64 = traced("--batch 4");
  batches_.put_u8("labels", {labels_.begin(), labels_.end()});
  const TensorFile from_u8 = traced("--batch 4");
  ASSERT_EQ(from_i64.tensors.size(), from_u8.tensors.size());
  for (const auto& [name, tensor] : from_i64.tensors) EXPECT_EQ(tensor.bytes, from_u8.tensors.at(name).bytes) << name;

  fs::remove(out_);
  batches_.tensors["labels"] = {TensorType::F32, {12}, std::vector<std::byte>(48)};
  refuse("--batch 4", 1, {named("batches"), "labels", "F32", "I64 or U8"});
}

TEST_F(TraceVerb, LabelsAreClasses) {
  for (const std::int64_t wrong : {std::int64_t{10}, std::int64_t{-1}, std::int64_t{256}, std::int64_t{1} << 40}) {
    std::vector<std::int64_t> labels = labels_;
    labels[7] = wrong;
    batches_.tensors["labels"] = integer_tensor(labels);
    refuse("--batch 4", 1, {named("batches"), "label " + std::to_string(wrong), "position 7", "10 classes"});
  }
  batches_.tensors["labels"] = integer_tensor({labels_.begin(), labels_.end() - 1});
  refuse("--batch 4", 1, {named("batches"), "12 images", "11 labels"});
  batches_.tensors.erase("labels");
  refuse("--batch 4", 1, {(folder_ / "batches").string(), "labels"});
}

TEST_F(TraceVerb, ImagesFitTheNetwork) {
  batches_.put("images", view(Matrix(Matrix::Zero(12, 19))));
  refuse("--batch 4", 1, {named("batches"), "19 pixels", (folder_ / "weights").string(), "20 inputs"});
  batches_.put("images", ConstVectorView(Vector(Vector::Zero(12)).data(), 12));
  refuse("--batch 4", 1, {named("batches"), "images", "[12]"});
  batches_.tensors.erase("images");
  refuse("--batch 4", 1, {(folder_ / "batches").string(), "images"});
}

TEST_F(TraceVerb, MetadataMustAgreeWithTheSettings) {
  weights_.metadata = {{"circuit", "inorm"}, {"activity_norm", "none"}, {"error_norm", "full"}};
  EXPECT_EQ(trace("--batch 4 --condition inorm-full").code, 0);
  fs::remove(out_);
  refuse("--batch 4 --condition inorm-center", 1, {named("weights"), "error_norm 'full'", "'center'"});
  weights_.metadata = {{"circuit", "ei"}};
  refuse("--batch 4", 1, {named("weights"), "circuit 'ei'", "'inorm'"});
  weights_.metadata = {{"activity_norm", "layer"}};
  refuse("--batch 4", 1, {named("weights"), "activity_norm 'layer'", "'none'"});
  weights_.metadata = {{"error_norm", "one\nline\x1b[31m"}};
  refuse("--batch 4", 1, {named("weights"), "unknown error_norm", "one of none, own, center"});
}

TEST_F(TraceVerb, PlaceIsLookedAtBeforeTheWork) {
  batches_.tensors.erase("images");
  out_ = folder_ / "no/such/folder/trace";
  refuse("--batch 4", 1, {"cannot write", out_.string()});
}

TEST_F(TraceVerb, WritesAllOrNothing) {
  for (const std::string& name :
       {std::string("no/such/folder/trace"), std::string("weights/trace"), std::string("."), std::string(300, 't')}) {
    out_ = folder_ / name;
    refuse("--batch 4", 1, {"cannot write", out_.string()});
  }
}

TEST_F(TraceVerb, FilesAreRequired) {
  const std::string folder = folder_.path().string();
  expect_refusal(run_program("trace --batches b --out " + folder + "/t"), 2, {"--weights is required"});
  expect_refusal(run_program("trace --weights w --out " + folder + "/t"), 2, {"--batches is required"});
  expect_refusal(run_program("trace --weights w --batches b"), 2, {"--out is required"});
  const std::string weights = test_data("/golden/plain/ei.weights.safetensors");
  expect_refusal(run_program("trace --weights " + folder + "/none --batches b --out " + folder + "/t"), 1,
                 {"cannot read", folder + "/none"});
  expect_refusal(run_program("trace --weights " + weights + " --batches " + folder + "/none --out " + folder + "/t"), 1,
                 {"cannot read", folder + "/none"});
  expect_refusal(run_program("trace --weights " + weights + " --batches " + folder + " --out " + folder + "/t"), 1,
                 {"cannot read", folder});
  EXPECT_EQ(entries_of(folder), 0);
}

}  // namespace
}  // namespace chandelier
