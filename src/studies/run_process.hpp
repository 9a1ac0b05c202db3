// A run in a separate process, and its messages while it trains.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "data/dataset.hpp"
#include "training/evaluation_table.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// Actions around a fork, which an interpreter may need.
struct AroundFork {
  std::function<void()> before = [] {};
  std::function<void()> in_parent = [] {};  ///< also if the fork failed
  std::function<void()> in_child = [] {};
};

class RunProcess {
 public:
  /// Why a run's process ended without a result in the run's folder.
  enum class Failure {
    none,
    failed,
    no_room,  ///< the disk is full
    in_use,   ///< another process still trains in the folder, or has taken the run over
  };

  /// Forks a process that trains the run (or continues it if it has begun), evaluates it after it has finished, and
  /// ends. @param luminosities  for its evaluation.csv
  /// @param siblings  descriptors of the processes of other runs, which this one must close: a process that writes to a
  ///   pipe that stays open without being read blocks forever once the pipe is full
  /// @param has_this_run  called in that process before it records anything
  /// @throws DataError if no process can be created.
  RunProcess(
      const Settings& settings, const std::shared_ptr<const Dataset>& dataset, const std::filesystem::path& folder,
      std::span<const LuminosityAt> luminosities, std::span<const int> siblings,
      const std::function<bool()>& has_this_run = [] { return true; }, const AroundFork& around = {});
  ~RunProcess();
  RunProcess(const RunProcess&) = delete;
  RunProcess& operator=(const RunProcess&) = delete;

  /// Readable once the process has sent a message or has ended.
  int descriptor() const { return pipe_; }
  /// Reads a message. @returns false once the process has ended.
  bool listen();
  /// Requests a clean stop; may be called repeatedly.
  void stop() const;

  double share() const { return share_; }  ///< share of the run's epochs that is done, 0 ... 1
  Failure failure() const { return failure_; }
  const std::string& message() const { return message_; }  ///< why it failed; empty otherwise
  /// A note of the run since the last call; empty if there is none.
  std::string take_note();

 private:
  void fail(Failure failure, const std::string& why);

  pid_t process_ = -1;
  int pipe_ = -1;
  double share_ = 0;
  Failure failure_ = Failure::none;
  std::string note_, message_;
};

}  // namespace chandelier
