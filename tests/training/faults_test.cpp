// A full disk, a lost folder, a clock that jumps and a kill at any moment, in a run or a study: each gives a message of
// one sentence, nothing recorded is lost, and a continued run ends bitwise identical to an undisturbed one.

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>

#include "base/files.hpp"
#include "data/dataset.hpp"
#include "environment_variable.hpp"
#include "event_files.hpp"
#include "in_memory.hpp"
#include "places.hpp"
#include "run_folder.hpp"
#include "small_disk.hpp"
#include "training/run_training.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// Injects faults into programs started during its lifetime; see injected_faults.cpp.
class Injected {
 public:
  Injected(const char* variable, const std::string& value) : fault_(variable, value) {}

 private:
  static std::string sanitizer_options() {
    const char* const options = std::getenv("ASAN_OPTIONS");
    return (options ? options : "") + std::string(":verify_asan_link_order=0");
  }

  EnvironmentVariable library_{"LD_PRELOAD", injected_faults()}, options_{"ASAN_OPTIONS", sanitizer_options()}, fault_;
};

/// Temporary files left behind below a folder.
std::ptrdiff_t leftovers_in(const fs::path& folder) {
  return std::count_if(fs::recursive_directory_iterator(folder), fs::recursive_directory_iterator(),
                       [](const auto& file) { return file.path().filename().string().starts_with(".chandelier-"); });
}

class Faults : private InMemory, public RunTest {
 protected:
  static constexpr const char* kFlags = "--width 6 --epochs 2 --momentum 0.5 --measure mean --batch 10";

  explicit Faults(const SmallSet& set = {.train = 60, .test = 20, .rows = 4, .columns = 4}) : RunTest(set) {}

  static Outcome with_fault(const std::vector<std::string>& arguments, const std::string& fault) {
    const Injected injected("CHANDELIER_TEST_FAULT", fault);
    return run_program(arguments);
  }

  /// Continues to the end. @returns the output.
  std::string resume(const std::string& name, const std::string& flags = kFlags) const {
    const Outcome outcome = run_program(train(name, flags + " --resume"));
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    EXPECT_EQ(outcome.out.find("starts over"), std::string::npos) << outcome.out;
    EXPECT_EQ(leftovers_in(run(name)), 0);
    return outcome.out;
  }

  /// Makes the first, the second, ... of these calls of a run fail, until there are no more. @returns the messages.
  std::vector<std::string> fail_each(const std::string& call, const std::string& how, int code) const {
    std::vector<std::string> sentences;
    for (int number = 1;; ++number) {
      SCOPED_TRACE(call + " " + std::to_string(number) + " " + how);
      fs::remove_all(run("run"));
      const Outcome outcome = with_fault(train("run", kFlags), call + " " + std::to_string(number) + " " + how);
      if (outcome.code == 0) break;
      EXPECT_EQ(outcome.code, code) << outcome.text();
      EXPECT_EQ(leftovers_in(run("run")), code > 0 ? 0 : 1);
      if (code > 0) expect_refusal(outcome, code, {run("run").string()});
      sentences.push_back(outcome.err);
      resume("run");
      EXPECT_TRUE(same_results(run("whole"), run("run")));
    }
    return sentences;
  }

  void expect_every_file_is_named(const std::vector<std::string>& sentences, const std::string& reason) const {
    for (const char* file : {"config.toml", "run.json", "metrics.csv", "checkpoint.safetensors", "weights.safetensors",
                             "test_predictions.safetensors"})
      EXPECT_TRUE(std::any_of(sentences.begin(), sentences.end(), [&](const std::string& sentence) {
        return sentence.find("cannot write " + (run("run") / file).string() + ": " + reason) != std::string::npos;
      })) << file;
  }
};

TEST_F(Faults, NoRoomForAFileOfARun) {
  finish("whole", kFlags);
  const std::string no_space = std::to_string(ENOSPC);
  expect_every_file_is_named(fail_each("write", no_space, 1), "No space left on device");
  // Nor is there space for the record that reports it.
  expect_every_file_is_named(fail_each("write", no_space + " on", 1), "No space left on device");
}

TEST_F(Faults, AFlushThatFails) {
  finish("whole", kFlags);
  expect_every_file_is_named(fail_each("fsync", std::to_string(EIO), 1), "Input/output error");
}

TEST_F(Faults, ARenameThatFails) {
  finish("whole", kFlags);
  expect_every_file_is_named(fail_each("rename", std::to_string(EDQUOT), 1), "Disk quota exceeded");
}

TEST_F(Faults, KilledWithinAnyFile) {
  finish("whole", kFlags);
  EXPECT_GT(fail_each("write", "kill", -SIGKILL).size(), 10U);
}

TEST_F(Faults, KilledBeforeAnyRename) {
  finish("whole", kFlags);
  EXPECT_GT(fail_each("rename", "kill", -SIGKILL).size(), 10U);
}

TEST_F(Faults, AnEventFileThatCannotBeWritten) {
  const std::string flags = std::string(kFlags) + " --tensorboard";
  finish("whole", kFlags);
  for (const std::string fault : {"write", "fsync"}) {
    std::set<std::string> reasons;
    for (int number = 1;; ++number) {
      SCOPED_TRACE(fault + " " + std::to_string(number));
      fs::remove_all(run("run"));
      const int error = fault == "write" ? ENOSPC : EIO;
      const Outcome outcome =
          with_fault(train("run", flags), fault + " " + std::to_string(number) + " " + std::to_string(error));
      if (outcome.code == 0) break;
      expect_refusal(outcome, 1, {run("run").string()});
      if (const auto at = outcome.err.find("/events.out."); at != std::string::npos) {
        reasons.insert(outcome.err.substr(at));
        EXPECT_TRUE(names(outcome.err, "cannot write " + run("run").string() + "/events.out."));
        EXPECT_TRUE(names(read_record(run("run")).message, "cannot write "));
      }
      resume("run", flags);
      EXPECT_TRUE(same_results(run("whole"), run("run")));
      EXPECT_EQ(curves_of(run("run")), curves_of_metrics(run("run")));
    }
    EXPECT_EQ(reasons,
              (std::set<std::string>{std::string("/events.out.tfevents.0000000001.chandelier: ") +
                                     (fault == "write" ? "No space left on device\n" : "Input/output error\n")}));
  }
}

TEST_F(Faults, KilledWithinAnyFileItShowsEachRowOnce) {
  const std::string flags = std::string(kFlags) + " --tensorboard";
  finish("whole", kFlags);
  int without_leftover = 0;
  for (int number = 1;; ++number) {
    SCOPED_TRACE(number);
    fs::remove_all(run("run"));
    const Outcome outcome = with_fault(train("run", flags), "write " + std::to_string(number) + " kill");
    if (outcome.code == 0) break;
    ASSERT_EQ(outcome.code, -SIGKILL) << outcome.text();
    without_leftover += leftovers_in(run("run")) == 0;
    resume("run", flags);
    EXPECT_TRUE(same_results(run("whole"), run("run")));
    EXPECT_EQ(curves_of(run("run")), curves_of_metrics(run("run")));
  }
  EXPECT_EQ(without_leftover, 2);  // killed while a row was appended
}

TEST_F(Faults, KilledWhileEarlierRowsAreWrittenAsEvents) {
  // Epoch 0 is in an event file, epoch 1 is not.
  const auto begin = [&](const std::string& which) {
    std::string fewer = kFlags;
    finish("one", fewer.replace(fewer.find("--epochs 2"), 10, "--keep-checkpoint " + which));
  };
  begin("--epochs 0 --tensorboard");
  begin("--epochs 1 --no-tensorboard --resume");
  finish("whole", kFlags);
  const std::string flags = std::string(kFlags) + " --resume --tensorboard";
  int killed = 0;
  for (int number = 1;; ++number) {
    SCOPED_TRACE(number);
    fs::remove_all(run("run"));
    fs::copy(run("one"), run("run"), fs::copy_options::recursive);
    const Outcome outcome = with_fault(train("run", flags), "write " + std::to_string(number) + " kill");
    if (outcome.code == 0) break;
    ASSERT_EQ(outcome.code, -SIGKILL) << outcome.text();
    ++killed;
    resume("run", flags);
    EXPECT_TRUE(same_results(run("whole"), run("run")));
    EXPECT_EQ(curves_of(run("run")), curves_of_metrics(run("run")));
  }
  EXPECT_GT(killed, 5);
}

TEST_F(Faults, KilledWhileADamagedRunIsSetAside) {
  finish("whole", kFlags);
  std::string fewer = kFlags;
  fewer.replace(fewer.find("--epochs 2"), 10, "--epochs 1 --keep-checkpoint");
  finish("one", fewer);
  write_plain(run("one") / "checkpoint.safetensors", "damaged");
  const auto before = contents_of(run("one"));
  for (int number = 1; number <= 5; ++number) {
    SCOPED_TRACE(number);
    fs::remove_all(run("run"));
    fs::copy(run("one"), run("run"), fs::copy_options::recursive);
    const auto again = train("run", std::string(kFlags) + " --resume");
    EXPECT_EQ(with_fault(again, "rename " + std::to_string(number) + " kill").code, -SIGKILL);
    EXPECT_EQ(run_program(again).code, 0);
    EXPECT_TRUE(same_results(run("whole"), run("run")));
    // In whichever folder each was moved to.
    for (const char* file : {"metrics.csv", "checkpoint.safetensors", "weights.safetensors", "run.json"}) {
      int kept = 0;
      for (const auto& folder : fs::directory_iterator(run("run")))
        kept += folder.is_directory() && fs::exists(folder.path() / file) &&
                bytes_of(folder.path() / file) == before.at((run("one") / file).string());
      EXPECT_EQ(kept, 1) << file;
    }
  }
}

TEST_F(Faults, AClockThatJumps) {
  finish("whole", kFlags);
  {
    const Injected injected("CHANDELIER_TEST_CLOCK", "10000000");
    std::string fewer = kFlags;
    fewer.replace(fewer.find("--epochs 2"), 10, "--epochs 1 --keep-checkpoint");
    finish("run", fewer);
    EXPECT_LT(read_record(run("run")).ended, read_record(run("run")).started);  // proves that the clock jumped
    for (const auto& file : fs::directory_iterator(run("run")))
      fs::last_write_time(file, fs::file_time_type::clock::now() + std::chrono::hours(24 * 365));
    resume("run", kFlags);
  }
  EXPECT_TRUE(same_results(run("whole"), run("run")));
  double before = 0;
  for (const std::string& seconds : metric(run("run"), "seconds")) {
    EXPECT_GE(std::stod(seconds), before);
    before = std::stod(seconds);
  }
  const RunRecord record = read_record(run("run"));
  EXPECT_GE(record.seconds, before);
  EXPECT_LT(record.seconds, 1000);
  for (const std::string& time : {record.started, record.ended})
    EXPECT_TRUE(std::regex_match(time, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"))) << time;
}

class Leftovers : public Faults {};

TEST_F(Leftovers, OfALiveWriterStay) {
  // One temporary file is left from a killed run; another is being written right now.
  const Outcome killed = with_fault(train("run", kFlags), "write 5 kill");
  ASSERT_EQ(killed.code, -SIGKILL) << killed.text();
  ASSERT_EQ(leftovers_in(run("run")), 1);
  fs::path dead;
  for (const auto& file : fs::directory_iterator(run("run")))
    if (file.path().filename().string().starts_with(".chandelier-")) dead = file.path();
  const fs::path live = run("run") / ".chandelier-00000000000000ff", other = run("run") / ".chandelier-notes";
  const int writer = open(live.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  ASSERT_EQ(flock(writer, LOCK_EX), 0);
  std::ofstream(other) << "not ours";
  const Outcome outcome = run_program(train("run", std::string(kFlags) + " --resume"));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(live));
  EXPECT_TRUE(fs::exists(other));
  close(writer);
}

TEST_F(Leftovers, AWriterWhoseNewFileWasTakenForOneTakesAnother) {
  finish("whole", kFlags);
  for (const int error : {0, EWOULDBLOCK}) {
    for (const int file : {1, 4}) {
      fs::remove_all(run("run"));
      const Outcome outcome =
          with_fault(train("run", kFlags), "flock " + std::to_string(file) + " " + std::to_string(error));
      EXPECT_EQ(outcome.code, 0) << outcome.text();
      EXPECT_TRUE(same_results(run("whole"), run("run")));
    }
  }
}

/// Enough images for something to happen during an epoch.
constexpr SmallSet kManyImages{.train = 4000, .test = 200, .rows = 8, .columns = 8};

class RemovedFolder : public Faults {
 protected:
  RemovedFolder() : Faults(kManyImages) {}

  void remove_while_running(const std::string& name, Program& program, const fs::path& waited_for) const {
    ASSERT_TRUE(wait_until([&] { return program.ended() || epochs_done(waited_for) >= 1; }));
    fs::rename(run(name), run("away"));  // at once, as a run would write into a folder that is being emptied
    fs::remove_all(run("away"));
    const Outcome outcome = program.wait();
    expect_refusal(outcome, 1, {run(name).string()});
    EXPECT_FALSE(fs::exists(run(name)));
  }
};

TEST_F(RemovedFolder, OfARun) {
  Program program(train("run", "--width 20 --epochs 1000 --measure none"));
  remove_while_running("run", program, run("run"));
}

TEST_F(RemovedFolder, AboveARunIsNotMadeAnew) {
  Settings settings;
  settings.data = data().string();
  const auto dataset = load_dataset(settings.data, settings.classes);
  const StopRequest stop{0};
  RunObserver observer;
  for (const bool resume : {false, true})
    EXPECT_TRUE(
        names(sentence_of([&] { run_training(settings, dataset, run("gone") / "run", resume, stop, observer); }),
              "cannot create folder " + (run("gone") / "run").string() + ": No such file"));
  EXPECT_FALSE(fs::exists(run("gone")));
}

class StudyFaults : public Faults {
 protected:
  explicit StudyFaults(const SmallSet& set = kManyImages) : Faults(set) { plan(6); }

  void plan(int epochs) const {
    std::ofstream(folder_ / "plan.toml") << "conditions = [\"e-ln\", \"inorm-full\"]\nseeds = 2\n[settings]\ndata = \""
                                         << data().string() << "\"\nwidth = 20\nmeasure = \"none\"\nepochs = " << epochs
                                         << "\n";
  }
  std::vector<std::string> study(const fs::path& out) const {
    return words("study run " + (folder_ / "plan.toml").string() + " --jobs 2 --out " + out.string());
  }
  fs::path run_of(const fs::path& study, const std::string& condition, int seed) const {
    return study / "runs" / (condition + "-eps0.75-draw0-seed" + std::to_string(seed));
  }
  void finish_study(const fs::path& out) const {
    const Outcome outcome = run_program(study(out));
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    EXPECT_EQ(outcome.out.find("starts over"), std::string::npos) << outcome.out;
    EXPECT_EQ(leftovers_in(out), 0);
  }
  void expect_same_studies(const fs::path& a, const fs::path& b) const {
    for (const char* condition : {"e-ln", "inorm-full"})
      for (const int seed : {0, 1}) EXPECT_TRUE(same_results(run_of(a, condition, seed), run_of(b, condition, seed)));
  }
};

class RemovedStudy : public StudyFaults {};

TEST_F(RemovedStudy, BeginsNothingElse) {
  plan(60);
  Program program(study(run("study")));
  ASSERT_TRUE(wait_until([&] { return program.ended() || epochs_done(run_of(run("study"), "inorm-full", 0)) >= 1; }));
  fs::rename(run("study"), run("away"));
  expect_refusal(program.wait(), 1, {run("study").string()});
  EXPECT_FALSE(fs::exists(run("study")));
}

TEST_F(StudyFaults, AKillOfAllLeavesNothingBehind) {
  finish_study(run("whole"));
  for (const char* fault : {"write 1 kill", "write 6 kill", "rename 8 kill", "rename 17 kill"}) {
    const Outcome outcome = with_fault(study(run("study")), fault);
    EXPECT_NE(outcome.code, 0);
    EXPECT_GT(leftovers_in(run("study")), 0) << fault;
  }
  finish_study(run("study"));
  expect_same_studies(run("whole"), run("study"));
}

TEST_F(StudyFaults, AFileSystemWithoutHardLinksCanHoldOne) {
  finish_study(run("whole"));
  const Outcome outcome = with_fault(study(run("study")), "link 1 " + std::to_string(EPERM) + " on");
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  expect_same_studies(run("whole"), run("study"));
  EXPECT_FALSE(fs::exists(run("study") / "leases"));
}

TEST_F(StudyFaults, ALeaseThatCannotBeWrittenIsAnError) {
  const Outcome outcome = with_fault(study(run("study")), "link 2 " + std::to_string(EIO));
  expect_refusal(outcome, 1, {"cannot write " + (run("study") / "leases").string(), "Input/output error"});
  finish_study(run("study"));
}

TEST_F(StudyFaults, ADamagedRecordBlocksNothing) {
  finish_study(run("whole"));
  finish_study(run("study"));
  const fs::path finished = run_of(run("study"), "e-ln", 1);
  const std::string metrics = bytes_of(finished / "metrics.csv");
  write_plain(finished / "run.json", "{\"status\": \"fin");
  const Outcome outcome = run_program(study(run("study")));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_TRUE(names(outcome.out, (finished / "run.json").string() + ": it is not a JSON object"));
  EXPECT_TRUE(names(outcome.out, "there is no checkpoint; the run starts over from epoch 0"));
  EXPECT_EQ(bytes_of(finished / "set-aside-1" / "metrics.csv"), metrics);
  EXPECT_EQ(bytes_of(finished / "set-aside-1" / "run.json"), "{\"status\": \"fin");
  expect_same_studies(run("whole"), run("study"));
}

/// The same on a disk that really is full or read-only.
class OnSmallDisk : public StudyFaults {
 protected:
  void SetUp() override {
    if (!disk_.refusal().empty()) GTEST_SKIP() << "a small disk cannot be mounted here: " << disk_.refusal();
  }

  std::string on_disk(const std::string& name) const { return "disk/" + name; }

  /// Keeps the disk full until the program has ended.
  Outcome fill_until_the_end(Program& program) const {
    while (!program.ended()) disk_.fill();
    return program.wait();
  }

  /// Fills the disk while a study is well under way, until it says that it pauses.
  void fill_until_it_pauses(Program& program, const fs::path& study) const {
    ASSERT_TRUE(wait_until([&] { return program.ended() || epochs_done(run_of(study, "inorm-full", 0)) >= 2; }));
    ASSERT_TRUE(wait_until([&] {
      disk_.fill();
      return program.ended() || program.printed().find("paused: ") != std::string::npos;
    }));
    EXPECT_FALSE(program.ended()) << program.printed();
  }

  /// The disk can be made read-only only between two writes.
  bool make_read_only(Program& program) const {
    return wait_until([&] { return program.ended() || disk_.set_read_only(true); }) && !program.ended();
  }

  /// Long enough that something can happen to the disk in the middle.
  const std::string flags_ = "--width 20 --epochs 40 --momentum 0.5 --measure none";
  SmallDisk disk_{folder_ / "disk"};
};

TEST_F(OnSmallDisk, FullInTheMiddleOfARun) {
  finish("whole", flags_);
  Program program(train(on_disk("run"), flags_));
  ASSERT_TRUE(wait_until([&] { return program.ended() || epochs_done(run(on_disk("run"))) >= 2; }));
  const Outcome outcome = fill_until_the_end(program);
  expect_refusal(outcome, 1, {"cannot write " + run(on_disk("run")).string(), "No space left on device"});
  EXPECT_GE(read_record(run(on_disk("run"))).epochs_done, 2);
  EXPECT_GE(metric(run(on_disk("run")), "epoch").size(), 3U);

  // The disk stays full, and the recorded files stay intact.
  const auto before = contents_of(run(on_disk("run")));
  expect_refusal(run_program(train(on_disk("run"), flags_ + " --resume")), 1,
                 {"cannot write " + (run(on_disk("run")) / "config.toml").string(), "No space left on device"});
  EXPECT_EQ(contents_of(run(on_disk("run"))), before);
  disk_.make_room();
  EXPECT_TRUE(names(resume(on_disk("run"), flags_), ": continuing after "));
  EXPECT_TRUE(same_results(run("whole"), run(on_disk("run"))));
}

TEST_F(OnSmallDisk, FullInAStudyItPausesAndCanBeStopped) {
  plan(25);
  finish_study(run("whole"));
  const fs::path on_it = run(on_disk("study"));
  Program program(study(on_it));
  fill_until_it_pauses(program, on_it);
  program.signal(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 130) << outcome.text();
  EXPECT_TRUE(names(outcome.out, "paused: cannot write " + on_it.string()));
  EXPECT_TRUE(names(outcome.out, "No space left on device; nothing is lost"));
  EXPECT_EQ(outcome.out.find("failed"), std::string::npos) << outcome.out;
  disk_.make_room();
  finish_study(on_it);
  expect_same_studies(run("whole"), on_it);
}

TEST_F(OnSmallDisk, FullInAStudyItGoesOnWhenThereIsRoom) {
  plan(25);
  finish_study(run("whole"));
  const fs::path on_it = run(on_disk("study"));
  Program program(study(on_it));
  fill_until_it_pauses(program, on_it);
  disk_.make_room();
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  const std::size_t paused = outcome.out.find("paused: "), again = outcome.out.find("there is space again");
  EXPECT_LT(paused, again) << outcome.out;
  EXPECT_EQ(outcome.out.find("paused: ", paused + 1), std::string::npos) << outcome.out;
  EXPECT_EQ(leftovers_in(on_it), 0);
  expect_same_studies(run("whole"), on_it);
}

TEST_F(OnSmallDisk, ReadOnly) {
  finish("whole", flags_);
  ASSERT_TRUE(disk_.set_read_only(true));
  expect_refused(train(on_disk("run"), flags_), 1,
                 "cannot create folder " + run(on_disk("run")).string() + ": Read-only file system");
  expect_refusal(run_program(study(run(on_disk("study")))), 1, {run(on_disk("study")).string(), "Read-only"});
  ASSERT_TRUE(disk_.set_read_only(false));

  Program program(train(on_disk("run"), flags_));
  ASSERT_TRUE(wait_until([&] { return program.ended() || epochs_done(run(on_disk("run"))) >= 2; }));
  ASSERT_TRUE(make_read_only(program));
  expect_refusal(program.wait(), 1, {"cannot write " + run(on_disk("run")).string(), "Read-only file system"});
  const auto before = contents_of(run(on_disk("run")));
  expect_refused(train(on_disk("run"), flags_ + " --resume"), 1,
                 "cannot write " + (run(on_disk("run")) / "config.toml").string() + ": Read-only file system");
  EXPECT_EQ(contents_of(run(on_disk("run"))), before);
  ASSERT_TRUE(disk_.set_read_only(false));
  resume(on_disk("run"), flags_);
  EXPECT_TRUE(same_results(run("whole"), run(on_disk("run"))));

  // A damaged checkpoint that cannot be moved aside stays where it is.
  write_plain(run(on_disk("run")) / "run.json", "{");
  write_plain(run(on_disk("run")) / "checkpoint.safetensors", "damaged");
  ASSERT_TRUE(disk_.set_read_only(true));
  expect_refused(train(on_disk("run"), flags_ + " --resume"), 1, "Read-only file system");
  EXPECT_EQ(bytes_of(run(on_disk("run")) / "checkpoint.safetensors"), "damaged");
}

/// Gives up the permissions of root during its lifetime; without effect for other users.
class AsNobody {
 public:
  AsNobody() : user_(geteuid()) { changed_ = user_ == 0 && seteuid(65534) == 0; }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (changed_ && seteuid(user_) != 0) std::abort();
  }

 private:
  uid_t user_;
  bool changed_ = false;
};

TEST_F(Faults, AFolderWithoutTheRightToWrite) {
  Settings settings;
  settings.data = data().string();
  settings.epochs = 1;
  settings.width = {6, 6};
  const auto dataset = load_dataset(settings.data, settings.classes);
  const auto train_at = [&](const fs::path& folder) {
    const StopRequest stop{0};
    RunObserver observer;
    return run_training(settings, dataset, folder, true, stop, observer);
  };
  train_at(run("run"));
  const auto before = contents_of(run("run"));
  fs::remove(run("run") / "run.json");  // so that something is left to do
  chmod(folder_.path().c_str(), 0555);
  chmod(run("run").c_str(), 0555);
  std::string begun, continued;
  {
    const AsNobody nobody;
    begun = sentence_of([&] { train_at(run("new")); });
    continued = sentence_of([&] { train_at(run("run")); });
  }
  chmod(folder_.path().c_str(), 0755);
  chmod(run("run").c_str(), 0755);
  EXPECT_TRUE(names(begun, "cannot create folder " + run("new").string() + ": Permission denied"));
  EXPECT_TRUE(names(continued, run("run").string()));
  EXPECT_TRUE(names(continued, "Permission denied"));
  EXPECT_FALSE(fs::exists(run("new")));
  EXPECT_EQ(contents_of(run("run")).size() + 1, before.size());
}

}  // namespace
}  // namespace chandelier
