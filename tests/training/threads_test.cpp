// A program that uses the library may train in several threads and add rules to the registry at the same time. Run it
// with the thread sanitizer: `make test PRESET=tsan`.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "normalization/error_none.hpp"
#include "run_folder.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"
#include "training/run_training.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// Small inhibitory networks with normalized errors, every measure recorded.
Settings small_settings(const fs::path& data, const std::string& error_norm) {
  GivenSettings given;
  given.give("data", data.string(), "test");
  given.give("circuit", "inorm", "test");
  given.give("error_norm", error_norm, "test");
  given.give("width", "6", "test");
  given.give("epochs", "3", "test");
  return resolve(given, {});
}

class ThreadsTest : public RunTest {
 protected:
  void train_in_library(const std::string& name, const std::string& error_norm) {
    const Settings settings = small_settings(data(), error_norm);
    const StopRequest no_stop{0};
    RunObserver silent;
    EXPECT_EQ(run_training(settings, load_dataset(data().string(), 10), run(name), false, no_stop, silent).status,
              "finished");
  }
};

TEST_F(ThreadsTest, TrainAtOnceWhileRulesAreAddedAndGiveTheResultsOfOneThread) {
  const auto add_rule = [](const std::string& name) {
    add_error_norm(name, [](const Settings&, const ErrorNormPlace&) { return error_none(); });
  };
  add_rule("test-rule");
  const std::array<std::string, 2> norms{"full", "test-rule"};
  for (const std::string& norm : norms) train_in_library("alone-" + norm, norm);

  std::atomic<bool> has_ended{false};
  std::atomic<int> rules_added{0};
  std::thread adds_rules([&] {
    // At most a few hundred: each stays in the registry.
    while (!has_ended && rules_added < 300) {
      add_rule("test-rule-" + std::to_string(rules_added % 10));
      EXPECT_FALSE(error_norm_names().empty());
      ++rules_added;
      std::this_thread::yield();
    }
  });
  std::array<std::thread, 2> trains;
  for (std::size_t i = 0; i < trains.size(); ++i)
    trains[i] = std::thread([this, norm = norms[i]] { train_in_library("together-" + norm, norm); });
  for (std::thread& thread : trains) thread.join();
  has_ended = true;
  adds_rules.join();

  EXPECT_GT(rules_added, 0);
  for (const std::string& norm : norms) EXPECT_TRUE(same_results(run("alone-" + norm), run("together-" + norm)));
}

}  // namespace
}  // namespace chandelier
