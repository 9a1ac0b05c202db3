// Settings without effect in each condition, compared with what follows from the equations.

#include "studies/dead_settings.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "temporary_folder.hpp"

namespace chandelier {
namespace {

/// "<condition> <key>: <effect>" for every dead setting.
std::set<std::string> dead_in(const std::string& plan) {
  const TemporaryFolder folder;
  std::ofstream(folder / "plan.toml") << plan;
  std::set<std::string> lines;
  for (const auto& [condition, key, effect, partner] : dead_settings(read_study_plan(folder / "plan.toml")))
    lines.insert(fmt::format("{} {}: {}", condition, key,
                             effect == Effect::none           ? "nothing"
                             : effect == Effect::readout_only ? "readout"
                                                              : "times " + partner));
  return lines;
}

using Lines = std::set<std::string>;

const std::string kRatesDrawn =
    "[random]\ndraws = 4\nlr = { log_uniform = [1e-3, 1e-2] }\nlr_wei = { log_uniform = [1e-5, 1e-2] }\n"
    "lr_wix = { log_uniform = [1e-2, 1] }\nwidth = { integer = [100, 499] }\n";

TEST(DeadSettings, TheRatesOfThePaper) {
  // Wei is fixed in hidden I-Norm layers but learns in the readout, and the local loss is scaled by lambda.
  EXPECT_EQ(dead_in("seeds = 1\nconditions = [\"ei\", \"ei-ln\", \"inorm\", \"inorm-full\"]\n" + kRatesDrawn),
            (Lines{"inorm lr_wei: readout", "inorm lr_wix: times lambda", "inorm-full lr_wei: readout",
                   "inorm-full lr_wix: times lambda"}));
  // E has inhibition only in its readout.
  EXPECT_EQ(dead_in("seeds = 1\nconditions = [\"e-ln\"]\n" + kRatesDrawn),
            (Lines{"e-ln lr_wei: readout", "e-ln lr_wix: readout"}));
}

TEST(DeadSettings, SubtractiveInhibition) {
  // Its Wei learns from the local loss too, so lambda is a factor of both rates.
  const std::string some = "seeds = 1\nconditions = [\"inorm-sub\"]\n";
  EXPECT_EQ(dead_in(some + kRatesDrawn), Lines{});
  EXPECT_EQ(dead_in(some + "[grid]\nlr_wix = [0.1, 1]\n[settings]\nlr_wei = 0\n"),
            Lines{"inorm-sub lr_wix: times lambda"});
}

TEST(DeadSettings, LambdaAndMomenta) {
  const std::string drawn =
      "[[draws]]\nlambda = 0.01\nmomentum = 0\nmomentum_inhibitory = 0\nweight_decay = 0\n"
      "[[draws]]\nlambda = 0.1\nmomentum = 0.5\nmomentum_inhibitory = 0.5\nweight_decay = 1e-4\n";
  EXPECT_EQ(dead_in("seeds = 1\nconditions = [\"e-ln\", \"ei\", \"inorm\"]\n" + drawn),
            (Lines{"e-ln lambda: nothing", "e-ln momentum_inhibitory: readout", "ei lambda: nothing",
                   "inorm lambda: times lr_wix"}));
}

TEST(DeadSettings, WhatIsZeroStaysZero) {
  const std::string some = "seeds = 1\nconditions = [\"inorm\"]\n";
  // Without the local loss, its rate has no effect in hidden layers; it has one if any draw has the local loss.
  EXPECT_EQ(dead_in(some + "[grid]\nlr_wix = [0.1, 1]\n[settings]\nlambda = 0\n"), Lines{"inorm lr_wix: readout"});
  EXPECT_EQ(dead_in(some + "[grid]\nlr_wix = [0.1, 1]\nlambda = [0, 0.01]\n"),
            (Lines{"inorm lambda: times lr_wix", "inorm lr_wix: times lambda"}));
  EXPECT_EQ(dead_in(some + "[grid]\nweight_decay = [0, 1]\n[settings]\nlr = 0\n"),
            Lines{"inorm weight_decay: nothing"});
  EXPECT_EQ(dead_in(some + "[grid]\nlr_wei = [0, 1]\n[settings]\nfreeze = [\"Wei\"]\n"),
            Lines{"inorm lr_wei: nothing"});
}

TEST(DeadSettings, WhatIsNoRate) {
  EXPECT_EQ(dead_in("seeds = 1\nconditions = [\"e-ln\", \"inorm-full\", \"inorm\"]\n"
                    "[grid]\nerror_divide = [true, false]\nerror_part = [\"whole\", \"direction\"]\n"
                    "inhibitory_fraction = [0.1, 0.2]\nlabel_smoothing = [0, 0.1]\n"),
            (Lines{"e-ln error_divide: nothing", "e-ln inhibitory_fraction: nothing", "inorm error_part: nothing"}));
}

TEST(DeadSettings, WhatIsFixedForAConditionIsNotDrawnForIt) {
  EXPECT_EQ(
      dead_in("seeds = 1\nconditions = [\"e-ln\", \"e\"]\n[grid]\nlambda = [0.1, 0.2]\n[condition.e]\nlambda = 0"),
      Lines{"e-ln lambda: nothing"});
}

TEST(DeadSettings, WhatHasOneValueDoesNotVary) {
  EXPECT_EQ(
      dead_in("seeds = 1\nconditions = [\"e-ln\"]\n[grid]\nerror_divide = [true]\nlambda = [0.1]\nlr_wix = [0, 1]"),
      Lines{"e-ln lr_wix: readout"});
}

TEST(DeadSettings, WhatChangesTheTrainingIsTakenToMatter) {
  EXPECT_EQ(dead_in("seeds = 1\nconditions = [\"e-ln\"]\n[grid]\nwidth = [10, 20]\nepochs = [1, 2]\nbatch = [8, 16]\n"
                    "shuffle = [true, false]\nluminosity = [\"gain\", \"contrast\"]\n"),
            Lines{});
}

TEST(DeadSettings, WhatDecidesOnlyFilesIsNoneOfThem) {
  EXPECT_EQ(dead_in("seeds = 1\nconditions = [\"e-ln\"]\n[grid]\nkeep_checkpoint = [true, false]\n"
                    "tensorboard = [true, false]\n"),
            Lines{});
}

}  // namespace
}  // namespace chandelier
