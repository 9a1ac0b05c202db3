// Estimates of the cost of a study: sizes are exact or close, times are proportional to the work. No test relies on a
// clock.

#include "studies/estimate.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "circuits/initialization.hpp"
#include "run_folder.hpp"
#include "studies/order_of_runs.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

TEST(Schedule, WhoeverIsFreeTakesTheNext) {
  EXPECT_EQ(schedule({}, 2), 0);
  EXPECT_EQ(schedule({5, 4, 3}, 1), 12);
  EXPECT_EQ(schedule({4, 1, 1, 1, 1}, 2), 4);
  EXPECT_EQ(schedule({1, 1, 1, 1, 4}, 2), 6);  // runs are taken in the given order
  EXPECT_EQ(schedule({3, 3, 2, 2, 2}, 2), 7);  // 6 would be possible, but this is how the study runs
  EXPECT_EQ(schedule({3, 1}, 8), 3);
}

TEST(OrderOfRuns, IsThatOfSeedsAndDrawsAndWithinThemTheLongestFirst) {
  StudyPlan plan;
  for (const std::uint64_t seed : {7U, 3U})
    for (const int draw : {0, 1})
      for (const char* condition : {"ei", "e-ln", "inorm"}) {
        plan.runs.emplace_back();
        plan.runs.back().condition = condition;
        plan.runs.back().draw = draw;
        plan.runs.back().seed = seed;
      }
  const std::vector<double> length{1, 1, 2, 9, 9, 9, 1, 2, 1, 5, 6, 7};
  const auto order = [&](std::vector<std::size_t> which) {
    return order_of_runs(plan, std::move(which), [&](std::size_t run) { return length[run]; });
  };
  using Order = std::vector<std::size_t>;
  EXPECT_EQ(order({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}), (Order{2, 0, 1, 3, 4, 5, 7, 6, 8, 11, 10, 9}));
  EXPECT_EQ(order({11, 8, 0}), (Order{0, 8, 11}));
  EXPECT_EQ(order({}), Order{});
}

TEST(ParameterCount, IsThatOfTheNetwork) {
  for (const std::string_view circuit : circuit_names())
    for (const int width : {5, 23, 40}) {
      Settings settings;
      settings.circuit = circuit;
      settings.activity_norm = settings.error_norm = "none";
      settings.width = {width, 7};
      settings.inhibitory_fraction = 0.2;
      settings.classes = 4;
      const Network network = initial_network(settings, 30, 1);
      std::uint64_t count = 0;
      for (std::size_t layer = 0; layer < network.layers(); ++layer)
        for (const Parameter& parameter : network.circuit(layer).parameters())
          count += static_cast<std::uint64_t>(parameter.value().size());
      EXPECT_EQ(parameter_count(settings, 30), count) << circuit << " " << width;
    }
}

class EstimateTest : public RunTest {
 protected:
  EstimateTest() : RunTest({.train = 3000, .test = 1000, .rows = 16, .columns = 16}) {}

  std::vector<RunEstimate> estimates_of(const std::string& varied, const std::string& settings = "") {
    std::ofstream(folder_ / "plan.toml") << varied << "\n[settings]\ndata = \"" << data().string() << "\"\n"
                                         << settings;
    plan_ = read_study_plan(folder_ / "plan.toml");
    return estimate_runs(plan_, {{{data().string(), 10}, load_dataset(data().string(), 10)}});
  }

  StudyPlan plan_;
};

TEST_F(EstimateTest, TimeGrowsWithEpochsWidthAndInhibition) {
  const auto estimates = estimates_of(
      "seeds = 1\nconditions = [\"e-ln\", \"inorm\"]\n[[draws]]\nwidth = 20\nepochs = 1\n[[draws]]\nwidth = 20\n"
      "epochs = 11\n[[draws]]\nwidth = 200\nepochs = 11\n[[draws]]\nwidth = 110\nepochs = 11\n");
  ASSERT_EQ(estimates.size(), 8U);
  const auto seconds = [&](std::size_t draw, std::size_t condition) { return estimates[2 * draw + condition].seconds; };
  for (const std::size_t condition : {0U, 1U}) {
    EXPECT_GT(seconds(0, condition), 0);
    // Both use the same measurement, so the ratio is exact except for the evaluation before training.
    EXPECT_GT(seconds(1, condition), 6 * seconds(0, condition));
    EXPECT_LT(seconds(1, condition), 11 * seconds(0, condition));
    EXPECT_GT(seconds(3, condition), seconds(1, condition));
    EXPECT_GT(seconds(2, condition), seconds(3, condition));
  }
  EXPECT_GT(seconds(2, 1), seconds(2, 0));
}

TEST_F(EstimateTest, DiskIsThatOfTheFolder) {
  const std::string settings = "epochs = 2\nmomentum = 0.5\nkeep_checkpoint = true\ntensorboard = true\n";
  const auto estimates = estimates_of("seeds = 1\nconditions = [\"e-ln\", \"inorm\"]", settings + "width = 50\n");
  const std::string flags = "--width 50 --epochs 2 --momentum 0.5 --keep-checkpoint --tensorboard --condition ";
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string& condition = plan_.runs[i].condition;
    finish(condition, flags + condition);
    std::uint64_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(run(condition))) bytes += file.file_size();
    const auto estimated = static_cast<double>(estimates[i].bytes);
    EXPECT_GT(estimated, 0.9 * static_cast<double>(bytes)) << condition;
    EXPECT_LT(estimated, 1.25 * static_cast<double>(bytes)) << condition;
    EXPECT_GE(static_cast<double>(estimates[i].checkpoint),
              0.9 * static_cast<double>(std::filesystem::file_size(run(condition) / "checkpoint.safetensors")));
  }
}

}  // namespace
}  // namespace chandelier
