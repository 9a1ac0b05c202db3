#include "studies/leases.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/machine.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 1 << 14;
constexpr std::string_view kWorkerName = "worker-";
/// The time between two looks counts at most this much: a process that was suspended has not watched the others.
constexpr std::chrono::seconds kLongestGlance{5};

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

struct ProcessState {
  std::string state, started;
};

/// The third and the twenty-second field of /proc/<process>/stat. The second is a name in brackets, which may contain
/// any character.
std::optional<ProcessState> state_of(const std::string& process) {
  const std::string line = first_line(fs::path("/proc") / process / "stat");
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  ProcessState found;
  fields >> found.state;
  constexpr int kState = 3, kStart = 22;
  for (int field = kState; field < kStart; ++field) fields >> found.started;
  return found;
}

/// The contents of a file; empty if it cannot be read.
std::string text_of(const fs::path& path) {
  try {
    return read_file(path, kLargestFile);
  } catch (const DataError&) {
    return "";
  }
}

/// Splits "<run>.<generation>".
std::optional<std::pair<std::string, int>> run_and_generation(const std::string& file) {
  const std::size_t dot = file.rfind('.');
  if (dot == std::string::npos || dot == 0) return std::nullopt;
  int generation = 0;
  const char* const end = file.data() + file.size();
  const auto [rest, error] = std::from_chars(file.data() + dot + 1, end, generation);
  constexpr int kMost = 100'000;
  if (error != std::errc() || rest != end || generation < 1 || generation > kMost) return std::nullopt;
  return std::pair(file.substr(0, dot), generation);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename());
  return names;
}

/// The highest generation of every run, without reading the files.
std::map<std::string, Lease> highest_in(const fs::path& folder) {
  std::map<std::string, Lease> leases;
  for (const std::string& name : names_in(folder))
    if (const auto found = run_and_generation(name)) {
      int& highest = leases[found->first].generation;
      highest = std::max(highest, found->second);
    }
  return leases;
}

/// The processes registered in the folder, without those of this machine that have ended.
std::vector<Worker> workers_in(const fs::path& folder) {
  std::vector<Worker> workers;
  for (const std::string& name : names_in(folder)) {
    if (!name.starts_with(kWorkerName)) continue;
    Worker worker = Worker::from(text_of(folder / name));
    if (!worker.is_of_this_machine() || !worker.has_ended()) workers.push_back(std::move(worker));
  }
  return workers;
}

std::string file_of(const std::string& run, int generation) { return fmt::format("{}.{}", run, generation); }

}  // namespace

Worker Worker::here() {
  std::random_device entropy;
  Worker worker;
  worker.id = fmt::format("{:08x}{:08x}", entropy(), entropy());
  worker.host = host_name();
  worker.boot = first_line("/proc/sys/kernel/random/boot_id");
  std::error_code none;
  worker.processes = fs::read_symlink("/proc/self/ns/pid", none).string();
  worker.process = fmt::format("{}", getpid());
  if (const auto state = state_of(worker.process)) worker.started = state->started;
  worker.array_task = chandelier::array_task();
  return worker;
}

Worker Worker::from(const std::string& text) {
  Worker worker;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) continue;
    const std::string key = line.substr(0, space), value = line.substr(space + 1);
    if (key == "worker" && value.find('/') == std::string::npos) worker.id = value;
    if (key == "host") worker.host = value;
    if (key == "boot") worker.boot = value;
    if (key == "processes") worker.processes = value;
    if (key == "process") worker.process = value;
    if (key == "started") worker.started = value;
    if (key == "array_task") worker.array_task = value;
  }
  return worker;
}

std::string Worker::text() const {
  return fmt::format("worker {}\nhost {}\nboot {}\nprocesses {}\nprocess {}\nstarted {}\n{}", id, host, boot, processes,
                     process, started, array_task.empty() ? "" : fmt::format("array_task {}\n", array_task));
}

std::string Worker::name() const {
  if (process.empty() || host.empty()) return "an unknown process";
  return array_task.empty() ? fmt::format("process {} on {}", process, host)
                            : fmt::format("array task {} on {}", array_task, host);
}

bool Worker::is_of_this_machine() const {
  static const Worker self = here();
  return !boot.empty() && !process.empty() && !started.empty() && boot == self.boot && processes == self.processes;
}

bool Worker::has_ended() const {
  pid_t number = 0;
  const char* const end = process.data() + process.size();
  if (std::from_chars(process.data(), end, number).ptr != end || number < 1) return true;
  if (kill(number, 0) == -1 && errno == ESRCH) return true;
  const auto now = state_of(process);
  if (!now) return false;  // a process of another user, hidden from this one
  return now->state == "Z" || now->state == "X" || now->started != started;
}

std::map<std::string, Lease> leases_in(const fs::path& study_folder) {
  const fs::path folder = study_folder / "leases";
  std::map<std::string, Lease> leases = highest_in(folder);
  for (auto& [run, lease] : leases) {
    lease.file_text = text_of(folder / file_of(run, lease.generation));
    lease.worker = Worker::from(lease.file_text);
    lease.lives = !lease.worker.is_of_this_machine() || !lease.worker.has_ended();
  }
  return leases;
}

std::optional<double> seconds_since_sign_of_life(const fs::path& study_folder, const Worker& worker) {
  std::error_code error;
  const auto last = fs::last_write_time(study_folder / "leases" / (std::string(kWorkerName) + worker.id), error);
  if (error) return std::nullopt;
  return std::chrono::duration<double>(fs::file_time_type::clock::now() - last).count();
}

std::optional<Worker> other_worker(const fs::path& study_folder, const std::string& own_id) {
  for (const auto& [run, lease] : leases_in(study_folder))
    if (lease.lives && lease.worker.id != own_id) return lease.worker;
  for (const Worker& worker : workers_in(study_folder / "leases"))
    if (worker.id != own_id) return worker;
  return std::nullopt;
}

std::optional<Worker> worker_of_task(const fs::path& study_folder, const std::string& array_task) {
  for (const Worker& worker : workers_in(study_folder / "leases"))
    if (worker.array_task == array_task) return worker;
  return std::nullopt;
}

Leases::Leases(const fs::path& study_folder, std::chrono::milliseconds patience)
    : folder_(study_folder / "leases"), patience_(patience), worker_(Worker::here()) {}

Leases::~Leases() {
  while (!mine_.empty()) release(std::string(mine_.begin()->first));
  std::error_code ignored;
  fs::remove(folder_ / (std::string(kWorkerName) + worker_.id), ignored);
  fs::remove(folder_, ignored);  // fails if it is still in use
}

void Leases::beat() {
  beating_ = false;
  ++beats_;
  // A process that ends right now may remove the folder between these two steps.
  constexpr int kTries = 10;
  for (int tries = 1; !beating_; ++tries) {
    create_folder_within(folder_);
    try {
      write_atomically(folder_ / (std::string(kWorkerName) + worker_.id),
                       fmt::format("{}beats {}\n", worker_.text(), beats_));
      beating_ = true;
    } catch (const DataError&) {
      if (tries == kTries || fs::exists(folder_)) throw;
    }
  }
}

const std::map<std::string, Lease>& Leases::look() {
  const Clock::time_point now = Clock::now();
  const std::chrono::nanoseconds since = now - std::exchange(last_look_, now);
  // If this process cannot write, on a full disk, others cannot either, so their counters mean nothing.
  const std::chrono::nanoseconds passed =
      beating_ ? std::min<std::chrono::nanoseconds>(since, kLongestGlance) : std::chrono::nanoseconds{0};
  std::map<std::string, Lease> leases = leases_in(folder_.parent_path());
  std::map<std::string, Stillness> watched;
  for (auto& [run, lease] : leases) {
    if (lease.worker.id == worker_.id) {
      lease.lives = mine_.contains(run);  // otherwise it could not be removed when it was released
      continue;
    }
    const std::string file = file_of(run, lease.generation);
    if (!lease.worker.is_of_this_machine()) lease.lives = !has_stood_still(file, lease.worker, passed);
    const std::string& key = lease.worker.id.empty() ? file : lease.worker.id;
    if (const auto still = stillness_.find(key); still != stillness_.end()) watched.insert(*still);
  }
  stillness_ = std::move(watched);
  return seen_ = std::move(leases);
}

bool Leases::has_stood_still(const std::string& lease_file, const Worker& worker, std::chrono::nanoseconds passed) {
  const bool damaged = worker.id.empty();
  const std::string now = text_of(folder_ / (damaged ? lease_file : std::string(kWorkerName) + worker.id));
  const auto [still, is_new] = stillness_.try_emplace(damaged ? lease_file : worker.id, Stillness{now, {}});
  if (is_new || still->second.seen != now) {
    still->second = {now, {}};
    return false;
  }
  still->second.time += passed;
  return still->second.time >= patience_;
}

bool Leases::claim(const std::string& run) {
  Lease before;
  if (const auto found = seen_.find(run); found != seen_.end()) before = found->second;
  if (before.generation > 0 && before.lives) return false;
  const int generation = before.generation + 1;
  if (!fs::exists(folder_)) beat();  // a process that has just ended removed it
  if (!create_exclusively(folder_ / file_of(run, generation), worker_.text())) return false;
  mine_[run] = generation;
  // The last look may be outdated: the generation below must still be that of the dead process.
  int below = 0;
  for (const std::string& name : names_in(folder_))
    if (const auto found = run_and_generation(name); found && found->first == run && found->second != generation)
      below = std::max(below, found->second);
  const bool as_seen = below == before.generation && text_of(folder_ / file_of(run, below)) == before.file_text;
  if (below == 0 || as_seen) return true;
  std::error_code ignored;
  fs::remove(folder_ / file_of(run, generation), ignored);
  mine_.erase(run);
  return false;
}

void Leases::release(const std::string& run) {
  const auto found = mine_.find(run);
  if (found == mine_.end()) return;
  std::error_code ignored;
  const fs::path own = folder_ / file_of(run, found->second);
  // From the top, so that nobody sees an old one as the highest before the last is gone.
  if (Worker::from(text_of(own)).id == worker_.id)
    for (int generation = found->second; generation > 0; --generation)
      fs::remove(folder_ / file_of(run, generation), ignored);
  mine_.erase(found);
}

bool Leases::has(const std::string& run) const {
  const auto found = mine_.find(run);
  if (found == mine_.end()) return false;
  // A process that takes it over creates the next generation, and removes all of them once the run has ended.
  return !fs::exists(folder_ / file_of(run, found->second + 1)) &&
         Worker::from(text_of(folder_ / file_of(run, found->second))).id == worker_.id;
}

std::vector<std::string> Leases::lost() const {
  std::vector<std::string> runs;
  for (const auto& [run, _] : mine_)
    if (!has(run)) runs.push_back(run);
  return runs;
}

void Leases::tidy(const std::vector<std::string>& ended_runs) {
  std::error_code ignored;
  std::map<std::string, Lease> highest = highest_in(folder_);
  for (const std::string& run : ended_runs) {
    mine_.erase(run);
    const auto found = highest.find(run);
    if (found == highest.end()) continue;
    for (int generation = found->second.generation; generation > 0; --generation)
      fs::remove(folder_ / file_of(run, generation), ignored);
    highest.erase(found);
  }
  for (const std::string& name : names_in(folder_)) {
    if (!name.starts_with(kWorkerName)) continue;
    const Worker other = Worker::from(text_of(folder_ / name));
    const bool has_ended = other.is_of_this_machine() ? other.has_ended() : highest.empty();
    if (has_ended) fs::remove(folder_ / name, ignored);
  }
  remove_leftovers(folder_);
}

}  // namespace chandelier
