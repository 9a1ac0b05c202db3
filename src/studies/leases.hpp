// Leases: which process works on which run, if several share a study. They are files, which every machine that shares
// the folder can see.
//
//   leases/worker-<id>          a process that works on the study, with a counter that it raises every few seconds
//   leases/<run>.<generation>   the process that has this run; the highest generation counts
//
// A process takes over a run of a dead process by creating the file of the next generation, which only one process can
// do. There are no file locks, and clocks of different machines are never compared: a process of this machine is looked
// up, and one of another machine is presumed dead when its counter has not changed for a while.

#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chandelier {

/// A process that works on a study.
struct Worker {
  std::string id;
  std::string host;
  std::string boot;        ///< id of the boot of a machine; empty if the system has none
  std::string processes;   ///< PID namespace, within which the number below is valid (a container has its own)
  std::string process;     ///< its process number
  std::string started;     ///< time since the boot: another process may have the number by now
  std::string array_task;  ///< of Slurm: "17_3"; empty elsewhere

  /// This process, under a new id.
  static Worker here();
  /// Reads the text of a file; damaged fields are empty.
  static Worker from(const std::string& text);
  std::string text() const;
  /// "process 1234 on venus", or "array task 17_3 on venus"
  std::string name() const;
  /// Whether this process can look it up.
  bool is_of_this_machine() const;
  /// Whether it has ended; only for a worker of this machine.
  bool has_ended() const;
};

/// The claim of a worker on a run.
struct Lease {
  int generation = 0;
  std::string file_text;  ///< contents of its file
  Worker worker;
  bool lives = true;  ///< whether its worker is alive, as far as known
};

/// The current leases of a study, by the names of the run folders. A worker of another machine is presumed alive.
std::map<std::string, Lease> leases_in(const std::filesystem::path& study_folder);

/// Seconds since a worker last raised its counter, by the clocks of the file server and of this machine. As these may
/// differ, the value is only for display; no decision depends on it. None if there is no such file.
std::optional<double> seconds_since_sign_of_life(const std::filesystem::path& study_folder, const Worker& worker);

/// Another process that works on the study, apart from the worker with this id, according to the files. A process of
/// another machine is presumed alive.
std::optional<Worker> other_worker(const std::filesystem::path& study_folder, const std::string& own_id);

/// The process of this task of a Slurm array job, according to its file; presumed alive if it is on another machine.
std::optional<Worker> worker_of_task(const std::filesystem::path& study_folder, const std::string& array_task);

/// The leases of a study, from the point of view of one process.
class Leases {
 public:
  static constexpr std::chrono::milliseconds kPatience{60'000};

  /// Writes nothing yet.
  /// @param patience  how long the counter of a process of another machine may stay the same before it is presumed dead
  explicit Leases(const std::filesystem::path& study_folder, std::chrono::milliseconds patience = kPatience);
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;
  /// Releases all leases of this process, and removes the folder if nothing else is in it.
  ~Leases();

  const Worker& worker() const { return worker_; }

  /// Shows others that this process is alive. Call it every few seconds, and before the first claim.
  /// @throws DataError if this cannot be written.
  void beat();

  /// Reads the leases. Call it about every second, as this is how processes of other machines are watched.
  const std::map<std::string, Lease>& look();

  /// Claims a run that no process has, or whose process is dead, according to the last `look`. Read the result of the
  /// run again afterwards, as it may have ended in between. @returns false if another process was faster.
  /// @throws DataError if the claim cannot be written.
  bool claim(const std::string& run);
  void release(const std::string& run);
  /// Whether this process still has a run that it claimed.
  bool has(const std::string& run) const;
  /// The runs that this process claimed, but that another one has taken over, presuming it dead.
  std::vector<std::string> lost() const;

  /// Removes the leases of runs that have ended, whichever process had them, and files that dead processes left behind.
  void tidy(const std::vector<std::string>& ended_runs);

 private:
  using Clock = std::chrono::steady_clock;
  /// The last seen state of a process of another machine, and how long it has been the same.
  struct Stillness {
    std::string seen;
    std::chrono::nanoseconds time{0};
  };

  bool has_stood_still(const std::string& lease_file, const Worker& worker, std::chrono::nanoseconds passed);

  std::filesystem::path folder_;
  std::chrono::milliseconds patience_;
  Worker worker_;
  unsigned long beats_ = 0;
  bool beating_ = false;
  Clock::time_point last_look_ = Clock::now();
  std::map<std::string, Lease> seen_;
  std::map<std::string, Stillness> stillness_;  ///< by worker, or by file if that is damaged
  std::map<std::string, int> mine_;             ///< generation by run
};

}  // namespace chandelier
