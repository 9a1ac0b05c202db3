// What the benchmarks rest on: the count of operations, the peak, several processes, and the summary.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fma_peak.hpp"
#include "products_of_a_step.hpp"
#include "results.hpp"
#include "several_processes.hpp"
#include "training.hpp"
#include "training/network_builder.hpp"

namespace chandelier::bench {
namespace {

/// Operations of a step of 32 after a pass on which the network has noted what learns.
Operations operations(const std::string& condition, int width) {
  const Settings settings = settings_of(condition, width);
  Network network = initial_network(settings, 784, 32);
  const Matrix images = Matrix::Constant(32, 784, Real(0.5));
  network.forward(view(images));
  network.backward(std::vector<std::uint8_t>(32, 0));
  return operations_of(network, 32);
}

TEST(Benchmarks, OperationsAreThoseOfTheProducts) {
  // 2 * 32 * multiply-adds an image, written out: n 100, m 10, r 100, readout 10 and 1.
  const double batch = 2 * 32;
  const Operations e = operations("e-ln", 100);
  EXPECT_EQ(e.forward, batch * (100 * 784 + 100 * 100 + (11 * 100 + 10)));
  EXPECT_EQ(e.backward, batch * (100 * 100 + (11 * 100 + 10)));
  EXPECT_EQ(e.update, batch * (100 * 784 + 100 + 100 * 100 + 100 + (11 * 100 + 10 + 10)));
  const Operations ei = operations("ei-ln", 100);
  EXPECT_EQ(ei.forward, batch * (110 * 784 + 1000 + 110 * 100 + 1000 + (11 * 100 + 10)));
  EXPECT_EQ(ei.backward, batch * (1000 + (110 * 100 + 1000) + (11 * 100 + 10)));
  const Operations inorm = operations("inorm-full", 100);
  EXPECT_EQ(inorm.forward, batch * (210 * 784 + 1000 + 210 * 100 + 1000 + (11 * 100 + 10)));
  EXPECT_EQ(inorm.backward, batch * (1000 + (100 * 100 + 1000) + (11 * 100 + 10)));
  EXPECT_EQ(inorm.update, batch * (210 * 784 + 100 + 210 * 100 + 100 + (11 * 100 + 10 + 10)));
  EXPECT_NEAR(operations("inorm-full", 234).step(), 69e6, 1e6);
}

TEST(Benchmarks, ThePeakIsThatOfVectorsAndNotOfScalars) { EXPECT_GT(fma_peak(), 2e9); }

TEST(Benchmarks, SeveralProcessesAddUp) {
  const Prepare nothing = [] { return [] {}; };
  EXPECT_GT(repetitions_a_second(2, 0.05, nothing), 0);
  const Prepare broken = []() -> std::function<void()> { _exit(1); };
  EXPECT_THROW(repetitions_a_second(2, 0.05, broken), std::runtime_error);
}

TEST(Benchmarks, MediansAndExtremes) {
  Results results;
  EXPECT_TRUE(std::isnan(results.median("step", "s")));
  for (const double s : {5, 1, 2}) results.add("step", "s", s);
  EXPECT_EQ(results.median("step", "s"), 2);
  results.add("step", "s", 4);
  EXPECT_EQ(results.median("step", "s"), 3);
  results.add("other", "s", 9);
  EXPECT_EQ(results.smallest("s"), 1);
  EXPECT_EQ(results.largest("s"), 9);
}

std::string line_with(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  if (at == std::string::npos) return "";
  const std::size_t begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

TEST(Benchmarks, GoalsAreReachedOrNot) {
  Results results;
  results.add("step/inorm-full/234", "of_peak", 0.81);
  results.add("step/inorm-full/300", "of_peak", 0.79);
  results.add("step/inorm-full/234", "s", 1e-3);
  results.add("epoch/inorm-full/234", "s", 1.875 * 1.5);
  results.add("overhead/inorm-full/100", "share", 0.02);
  results.add("memory/inorm-full/500", "MB", 100);
  results.add("processes", "processes", 2);
  results.add("processes", "fma_ratio", 1.99);
  results.add("processes", "step_ratio", 1.85);
  std::string text = summary(results);
  EXPECT_TRUE(line_with(text, "inorm-full, width 234, of the peak").ends_with(" reached")) << text;
  EXPECT_TRUE(line_with(text, "inorm-full, width 300, of the peak").ends_with("NOT REACHED")) << text;
  EXPECT_EQ(text.find("width 500, of the peak"), std::string::npos) << "it was not measured";
  EXPECT_TRUE(line_with(text, "in 1875 of its steps").ends_with("NOT REACHED")) << text;
  EXPECT_TRUE(line_with(text, "share beside training").ends_with(" reached")) << text;
  EXPECT_TRUE(line_with(text, "memory of a run").ends_with(" reached")) << text;
  EXPECT_TRUE(line_with(text, "trainings on 2 cores").ends_with("NOT REACHED")) << text;

  // Where loops of multiply-adds do not scale either, 0.97 of what they reach is asked for.
  Results slow = results;
  for (int i = 0; i < 3; ++i) slow.add("processes", "fma_ratio", 1.90);
  text = summary(slow);
  EXPECT_TRUE(line_with(text, "trainings on 2 cores").ends_with(" reached")) << text;
}

}  // namespace
}  // namespace chandelier::bench
