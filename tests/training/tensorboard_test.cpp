// TensorBoard shows every row of metrics.csv exactly once, however often the run was interrupted.

#include "training/tensorboard.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <ctime>
#include <limits>
#include <set>

#include "base/crc32c.hpp"
#include "event_files.hpp"
#include "run_folder.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

TEST(Crc32c, OfPublishedExamples) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  // RFC 3720, appendix B.4
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(""), 0U);
}

class EventFileTest : public ::testing::Test {
 protected:
  std::string only_file() const { return bytes_of(event_paths(folder_.path()).at(0)); }

  TemporaryFolder folder_;
  double nan_ = std::numeric_limits<double>::quiet_NaN(), infinity_ = std::numeric_limits<double>::infinity();
};

TEST_F(EventFileTest, HoldsTheRows) {
  const auto before = std::time(nullptr);
  EventFile file(folder_.path(), {"epoch", "seconds", "train_loss", "validation_accuracy", "hidden10.zero_weights"});
  EXPECT_TRUE(event_files_in(folder_.path()).empty());
  file.append({});
  EXPECT_TRUE(event_files_in(folder_.path()).empty());
  const std::vector<std::vector<double>> rows{{7, 1.5, 0.1, nan_, -3}, {8, 2.5, infinity_, 0.25, nan_}};
  file.append(rows);
  file.append(std::vector<std::vector<double>>{{300, nan_, nan_, nan_, 1e-40}});

  EXPECT_EQ(event_files_in(folder_.path()), std::vector<std::string>{"events.out.tfevents.0000000001.chandelier"});
  const std::vector<TestEvent> events = events_from(only_file());
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_TRUE(events[1].starts_session);
  EXPECT_EQ(events[1].step, 7);
  using Values = std::map<std::string, float>;
  EXPECT_EQ(events[2].values, (Values{{"time/seconds", 1.5F}, {"loss/train", 0.1F}, {"hidden10/zero_weights", -3.F}}));
  EXPECT_EQ(events[3].values, (Values{{"time/seconds", 2.5F},
                                      {"loss/train", std::numeric_limits<float>::infinity()},
                                      {"accuracy/validation", 0.25F}}));
  EXPECT_EQ(events[4].values, (Values{{"hidden10/zero_weights", 1e-40F}}));
  EXPECT_EQ(events[4].step, 300);
  for (const TestEvent& event : events) {
    EXPECT_GE(event.wall_time, static_cast<double>(before));
    EXPECT_LE(event.wall_time, static_cast<double>(std::time(nullptr) + 1));
  }
}

TEST_F(EventFileTest, AFlippedBitIsSeen) {
  EventFile(folder_.path(), {"epoch", "train_loss"}).append(std::vector<std::vector<double>>{{0, 2}, {1, 1}});
  std::string bytes = only_file();
  EXPECT_EQ(events_from(bytes).size(), 4U);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_THROW(events_from(bytes), std::runtime_error) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  }
}

TEST_F(EventFileTest, NumbersFollowOnAllThatThereWere) {
  const auto next = [&] {
    EventFile(folder_.path(), {"epoch", "train_loss"}).append(std::vector<std::vector<double>>{{0, 2}});
    return event_files_in(folder_.path()).back();
  };
  EXPECT_EQ(next(), "events.out.tfevents.0000000001.chandelier");
  for (const char* other : {"events.out.tfevents.5.elsewhere", "events.out.tfevents.x.chandelier",
                            "events.out.tfevents..chandelier", "events.out.tfevents.chandelier"})
    write_plain(folder_ / other, "");
  EXPECT_EQ(next(), "events.out.tfevents.0000000002.chandelier");
  fs::create_directory(folder_ / "set-aside-1");
  write_plain(folder_ / "set-aside-1/events.out.tfevents.0000000011.chandelier", "");
  EXPECT_EQ(next(), "events.out.tfevents.0000000012.chandelier");
  EXPECT_EQ(event_files_in(folder_.path()).size(), 3U);
}

TEST_F(EventFileTest, AFailureNamesTheFile) {
  const std::vector<std::vector<double>> row{{0, 2}};
  EventFile file(folder_.path(), {"epoch", "train_loss"});
  file.append(row);
  const fs::path path = event_paths(folder_.path()).at(0);
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_EQ(sentence_of([&] { file.append(row); }),
            "cannot write " + path.string() + ": it exists and is not a regular file");
  fs::remove_all(folder_.path());
  EXPECT_EQ(sentence_of([&] { file.append(row); }), "cannot write " + path.string() + ": No such file or directory");
}

/// Enough images to have time to interrupt an epoch.
constexpr SmallSet kManyImages{.train = 4000, .test = 200, .rows = 8, .columns = 8};

class Shown : public RunTest {
 protected:
  explicit Shown(const SmallSet& set = {.train = 100, .test = 30}) : RunTest(set) {}

  void expect_all_is_shown(const std::string& name) const {
    const Curves shown = curves_of(run(name));
    EXPECT_EQ(shown, curves_of_metrics(run(name)));
    EXPECT_EQ(shown.at("accuracy/test").size(), metric(run(name), "epoch").size());
  }
  std::size_t files(const std::string& name) const { return event_paths(run(name)).size(); }
};

TEST_F(Shown, ARunFromItsStart) {
  finish("without", "--epochs 3 --validation 20");
  finish("run", "--epochs 3 --validation 20 --tensorboard");
  EXPECT_TRUE(same_results(run("without"), run("run")));
  EXPECT_EQ(files("without"), 0U);
  ASSERT_EQ(files("run"), 1U);
  expect_all_is_shown("run");
  const std::vector<TestEvent> events = events_from(bytes_of(event_paths(run("run"))[0]));
  ASSERT_EQ(events.size(), 6U);
  for (std::size_t epoch = 0; epoch <= 3; ++epoch) EXPECT_EQ(events[epoch + 2].step, static_cast<std::int64_t>(epoch));
  std::set<std::string> sections;
  for (const auto& [tag, curve] : curves_of(run("run"))) sections.insert(tag.substr(0, tag.find('/')));
  EXPECT_EQ(sections, (std::set<std::string>{"accuracy", "hidden0", "hidden1", "loss", "time"}));
}

TEST_F(Shown, ARunThatGoesOn) {
  finish("whole", "--epochs 3");
  finish("run", "--epochs 1 --keep-checkpoint --tensorboard");
  finish("run", "--epochs 2 --keep-checkpoint --resume");
  finish("run", "--epochs 3 --resume");
  EXPECT_EQ(files("run"), 3U);
  expect_all_is_shown("run");
  const std::vector<TestEvent> last = events_from(bytes_of(event_paths(run("run"))[2]));
  ASSERT_EQ(last.size(), 3U);  // earlier rows are not written again
  EXPECT_EQ(last[2].step, 3);
  EXPECT_TRUE(same_results(run("whole"), run("run")));
}

TEST_F(Shown, ARunThatIsAskedForItLater) {
  const auto go_on = [&](int epochs, const std::string& flag) {
    finish("run", "--epochs " + std::to_string(epochs) + " --keep-checkpoint --resume " + flag);
  };
  finish("run", "--epochs 1 --keep-checkpoint");
  go_on(2, "--tensorboard");
  EXPECT_EQ(files("run"), 1U);
  expect_all_is_shown("run");
  go_on(3, "--no-tensorboard");
  EXPECT_EQ(files("run"), 1U);
  go_on(4, "--tensorboard");
  EXPECT_EQ(files("run"), 2U);
  expect_all_is_shown("run");
  for (const fs::path& file : event_paths(run("run"))) fs::remove(file);
  go_on(5, "");
  EXPECT_EQ(files("run"), 1U);
  expect_all_is_shown("run");
}

TEST_F(Shown, ARunThatHasFinished) {
  finish("run", "--epochs 2");
  const auto before = contents_of(run("run"));
  const Outcome outcome = run_program(train("run", "--epochs 2 --resume --tensorboard"));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_TRUE(names(outcome.out, "wrote metrics.csv as an event file for TensorBoard"));
  expect_all_is_shown("run");
  const auto with_events = contents_of(run("run"));
  EXPECT_EQ(with_events.size(), before.size() + 1);
  for (const auto& [file, bytes] : before) EXPECT_EQ(with_events.at(file), bytes) << file;
  run_program(train("run", "--epochs 2 --resume --tensorboard"));
  EXPECT_EQ(contents_of(run("run")), with_events);
}

TEST_F(Shown, ARunThatStartsOver) {
  finish("whole", "--epochs 2");
  finish("run", "--epochs 1 --keep-checkpoint --tensorboard");
  const std::string before = bytes_of(event_paths(run("run"))[0]);
  write_plain(run("run") / "checkpoint.safetensors", "damaged");
  finish("run", "--epochs 2 --resume");
  EXPECT_TRUE(same_results(run("whole"), run("run")));
  const fs::path kept = run("run") / "set-aside-1" / "events.out.tfevents.0000000001.chandelier";
  EXPECT_EQ(bytes_of(kept), before);
  ASSERT_EQ(files("run"), 1U);
  EXPECT_EQ(event_paths(run("run"))[0].filename(), "events.out.tfevents.0000000002.chandelier");
  expect_all_is_shown("run");
}

TEST_F(Shown, RunsOfAStudyThatIsAskedForItLater) {
  const auto study = [&](const std::string& setting, int seeds) {
    write_plain(folder_ / "plan.toml", "conditions = [\"inorm\"]\nseeds = " + std::to_string(seeds) +
                                           "\n[settings]\nepochs = 1\ndata = \"" + data().string() + "\"\n" + setting);
    return run_program(words("study run " + (folder_ / "plan.toml").string() + " --out " + run("study").string()));
  };
  EXPECT_EQ(study("", 1).code, 0);
  const Outcome outcome = study("tensorboard = true\n", 2);
  EXPECT_EQ(outcome.code, 0) << outcome.text();  // it still counts as the same run
  EXPECT_TRUE(names(outcome.text(), "that match: 1, left out: 0"));
  EXPECT_EQ(outcome.text().find("tensorboard true"), std::string::npos) << outcome.text();  // among other settings
  EXPECT_EQ(files("study/runs/inorm-eps0.75-draw0-seed0"), 0U);
  expect_all_is_shown("study/runs/inorm-eps0.75-draw0-seed1");
}

class ShownOfMany : public Shown {
 protected:
  ShownOfMany() : Shown(kManyImages) {}
};

TEST_F(ShownOfMany, ARunThatIsStoppedAndOneThatIsKilled) {
  const std::string flags = "--epochs 6 --measure mean --momentum 0.5 --tensorboard";
  finish("whole", "--epochs 6 --measure mean --momentum 0.5");
  for (const int signal : {SIGTERM, SIGKILL}) {
    const std::string name = std::to_string(signal);
    for (const int epoch : {1, 3}) {
      Program program(train(name, flags + (epoch == 1 ? "" : " --resume")));
      ASSERT_TRUE(wait_until([&] { return program.ended() || epochs_done(run(name)) >= epoch; }));
      program.signal(signal);
      EXPECT_EQ(program.wait().code, signal == SIGKILL ? -SIGKILL : 128 + signal);
    }
    finish(name, flags + " --resume");
    EXPECT_TRUE(same_results(run("whole"), run(name)));
    EXPECT_EQ(files(name), 3U);
    expect_all_is_shown(name);
  }
}

}  // namespace
}  // namespace chandelier
