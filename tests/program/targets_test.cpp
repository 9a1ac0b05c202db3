// The program gives bitwise identical results with every instruction set.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "environment_variable.hpp"
#include "kernels/products_fp32.hpp"
#include "run_folder.hpp"
#include "training/conditions.hpp"

namespace chandelier {
namespace {

class Targets : public RunTest {
 protected:
  /// Trains with every target and compares weights, predictions and metrics.
  void expect_same_bits(const std::string& flags) {
    const std::vector<std::string> all = targets();
    for (const std::string& target : all) {
      const std::string name = target + std::to_string(runs_);
      const EnvironmentVariable chosen("CHANDELIER_TARGET", target);
      finish(name, flags);
      EXPECT_EQ(read_record(run(name)).sessions.at(0).target, target);
      EXPECT_TRUE(same_results(run(all.front() + std::to_string(runs_)), run(name))) << flags;
    }
    ++runs_;
  }

 private:
  int runs_ = 0;
};

TEST_F(Targets, GiveTheSameBitsInEveryCondition) {
  for (const std::string_view condition : condition_ids())
    expect_same_bits("--epochs 1 --width 37,20 --condition " + std::string(condition));
}

TEST_F(Targets, GiveTheSameBitsForEveryUpdateAndPrecision) {
  const std::string small = "--epochs 1 --width 21 --depth 1 ";
  expect_same_bits(small + "--batch 7 --momentum 0.9 --momentum-inhibitory 0.5 --weight-decay 0.01");
  expect_same_bits(small + "--batch 1 --nesterov --momentum 0.5 --condition ei");
  expect_same_bits(small + "--batch 33 --update exponentiated --lr 0.01");
  expect_same_bits(small + "--precision bf16");
  expect_same_bits(small + "--precision fp16");
}

TEST_F(Targets, ThatAreNotThereAreRefused) {
  const EnvironmentVariable unknown("CHANDELIER_TARGET", "AVX9");
  expect_refused(train("none", "--epochs 1"), 2,
                 "CHANDELIER_TARGET is 'AVX9', but this CPU supports " + targets().front());
}

}  // namespace
}  // namespace chandelier
