// Who runs what, where several processes work on one study: claims in files that every machine sharing the folder sees.
//
//   leases/worker-<id>          a process that works on the study, and a counter that it raises every few seconds
//   leases/<run>.<generation>   the process that has this run: that of the highest generation
//
// A run whose process has died is taken over by making the file of the next generation, which only one process can.
// No file is locked, no clock is compared with that of another machine: a process of this machine is looked up, and
// one of another is taken for dead when its counter has stood still for a while of our own time.

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
  std::string boot;        ///< which start of which machine; empty where the system does not tell
  std::string processes;   ///< within which the number below means something (a container has its own)
  std::string process;     ///< its number
  std::string started;     ///< when, since the boot: another process may have the number by now
  std::string array_task;  ///< "17_3", of Slurm; empty elsewhere

  /// This process, under a new id.
  static Worker here();
  /// From the text of a file; what is damaged is empty.
  static Worker from(const std::string& text);
  std::string text() const;
  /// "process 1234 on venus", or "array task 17_3 on venus"
  std::string name() const;
  /// Whether this process could look it up.
  bool is_of_this_machine() const;
  /// Whether it has ended, where it is of this machine.
  bool has_ended() const;
};

/// Who has a run.
struct Lease {
  int generation = 0;
  std::string file_text;  ///< as it stands in the folder
  Worker worker;
  bool lives = true;  ///< its worker, as far as we know
};

/// The leases of a study by the names of the runs' folders, as they stand there now. A worker of another machine is
/// taken to live.
std::map<std::string, Lease> leases_in(const std::filesystem::path& study_folder);

/// Seconds since a worker last raised its counter, by the clocks of the file server and of this machine. These may
/// differ, so this is for people; nothing is decided by it. None where there is no such file.
std::optional<double> seconds_since_sign_of_life(const std::filesystem::path& study_folder, const Worker& worker);

/// A process that works on a study beside the worker of this id, as far as its files say; one of another machine is
/// taken to live.
std::optional<Worker> other_worker(const std::filesystem::path& study_folder, const std::string& own_id);

/// A process that works as this task of an array job of Slurm, as far as its file says; one of another machine is
/// taken to live.
std::optional<Worker> worker_of_task(const std::filesystem::path& study_folder, const std::string& array_task);

/// The part of one process in the leases of a study.
class Leases {
 public:
  static constexpr std::chrono::milliseconds kPatience{60'000};

  /// Touches nothing yet.
  /// @param patience  how long the counter of another machine's process stands still until it is taken for dead
  explicit Leases(const std::filesystem::path& study_folder, std::chrono::milliseconds patience = kPatience);
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;
  /// Releases all that this process has.
  ~Leases();

  const Worker& worker() const { return worker_; }

  /// Shows others that this process lives; to be called every few seconds, and before the first claim.
  /// @throws DataError when that cannot be written.
  void beat();

  /// Looks at who has what. To be called every second or so: a process of another machine is watched by this.
  const std::map<std::string, Lease>& look();

  /// Takes a run that nobody has, or whose process is dead, as far as `look` saw. @returns false where somebody else
  /// was quicker. What came out of the run must be read again afterwards: it may have ended in between.
  /// @throws DataError when the claim cannot be written.
  bool claim(const std::string& run);
  void release(const std::string& run);
  /// Whether a run that this process has claimed is still its own.
  bool has(const std::string& run) const;
  /// The runs that this process has claimed and that somebody took from it, who held it for dead.
  std::vector<std::string> lost() const;

  /// Removes what stands there of runs that have ended, whoever had them, and what dead processes left; the folder
  /// too, when nothing is in it any more.
  void tidy(const std::vector<std::string>& ended_runs);

 private:
  using Clock = std::chrono::steady_clock;
  /// What was last seen of a process of another machine, and for how long it has been the same.
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
  std::map<std::string, Stillness> stillness_;  ///< by worker, or by file where that is damaged
  std::map<std::string, int> mine_;             ///< generation by run
};

}  // namespace chandelier
