// A run as a process of its own, and what it says while it trains.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "data/dataset.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// What is to be done around a fork; an interpreter may ask for it.
struct AroundFork {
  std::function<void()> before = [] {};
  std::function<void()> in_parent = [] {};  ///< also where the fork failed
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

  /// Forks a process that trains the run (continuing it where it was begun), evaluates it once it has finished, and
  /// ends. @param shifts  of luminosity for its evaluation.csv
  /// @param siblings  descriptors of the other runs' processes: this one must not keep them open, for whoever writes to
  ///   a pipe that is open and not read waits for ever once it is full
  /// @param has_this_run  asked in that process before it records anything
  /// @throws DataError when the machine has no process to give.
  RunProcess(
      const Settings& settings, const std::shared_ptr<const Dataset>& dataset, const std::filesystem::path& folder,
      std::span<const double> shifts, std::span<const int> siblings,
      const std::function<bool()>& has_this_run = [] { return true; }, const AroundFork& around = {});
  ~RunProcess();
  RunProcess(const RunProcess&) = delete;
  RunProcess& operator=(const RunProcess&) = delete;

  /// Readable when the process has said something or has ended.
  int descriptor() const { return pipe_; }
  /// Takes what was said. @returns false once the process has ended.
  bool listen();
  /// Asks for a clean stop; may be asked again.
  void stop() const;

  double share() const { return share_; }  ///< of the run's epochs that is done, 0 ... 1
  Failure failure() const { return failure_; }
  const std::string& message() const { return message_; }  ///< why it failed; empty otherwise
  /// A note of the run since the last call; empty when there is none.
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
