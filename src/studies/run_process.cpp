#include "studies/run_process.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <utility>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/error.hpp"
#include "base/files.hpp"
#include "training/evaluation_table.hpp"
#include "training/run_observer.hpp"
#include "training/run_record.hpp"
#include "training/run_training.hpp"

namespace chandelier {
namespace {

/// Small enough for a pipe to write a message atomically.
struct Message {
  enum class Kind : char { share, note, failure, no_room, in_use } kind;
  double share;
  std::array<char, 480> text;
};
static_assert(sizeof(Message) <= 512);

StopRequest stop_of_this_process{0};

// The handler stays installed, as the parent may repeat its request.
extern "C" void on_stop_of_run(int signal) { stop_of_this_process.store(signal, std::memory_order_relaxed); }

/// Holds stop signals back while a process is forked: in the new one, the parent's handlers would lose the first and
/// let the second kill it.
class StopSignalsHeld {
 public:
  StopSignalsHeld() {
    sigset_t stops;
    sigemptyset(&stops);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&stops, signal);
    pthread_sigmask(SIG_BLOCK, &stops, &before_);
  }
  ~StopSignalsHeld() { release(); }
  StopSignalsHeld(const StopSignalsHeld&) = delete;
  StopSignalsHeld& operator=(const StopSignalsHeld&) = delete;

  void release() const { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

class Reporter final : public RunObserver {
 public:
  Reporter(int pipe, int epochs, std::function<bool()> has_this_run)
      : pipe_(pipe), epochs_(std::max(1, epochs)), has_this_run_(std::move(has_this_run)) {}

  void on_progress(int epochs_done, Index images_done, Index images_per_epoch) override {
    say(Message::Kind::share,
        (epochs_done + static_cast<double>(images_done) / static_cast<double>(images_per_epoch)) / epochs_);
  }
  void on_epoch(int epoch, const Evaluation&, const Evaluation&) override {
    say(Message::Kind::share, static_cast<double>(epoch) / epochs_);
  }
  void on_note(const std::string& sentence) override { say(Message::Kind::note, 0, sentence); }
  bool has_this_run() override { return has_this_run_(); }

  void say(Message::Kind kind, double share, const std::string& text = "") const {
    Message message{kind, share, {}};
    std::snprintf(message.text.data(), message.text.size(), "%s", text.c_str());
    // A run continues even if nobody listens: everything that matters is in its folder.
    [[maybe_unused]] const ssize_t written = write(pipe_, &message, sizeof message);
  }

 private:
  int pipe_;
  int epochs_;
  std::function<bool()> has_this_run_;
};

/// Whether a run has finished training; its evaluation may be missing.
bool is_trained(const Settings& settings, const std::filesystem::path& folder) {
  try {
    const RunRecord record = read_record(folder);
    return record.status == "finished" && record.epochs_done >= settings.epochs;
  } catch (const DataError&) {
    return false;
  }
}

/// The work of the forked process; never returns.
[[noreturn]] void train_and_end(const Settings& settings, const std::shared_ptr<const Dataset>& dataset,
                                const std::filesystem::path& folder, std::span<const LuminosityAt> luminosities,
                                const std::function<bool()>& has_this_run, const std::function<void()>& at_start,
                                int pipe, pid_t parent, const StopSignalsHeld& held) {
  std::signal(SIGPIPE, SIG_IGN);
  // These signals reach every process; the parent passes them on as SIGTERM once it has decided to stop.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGUSR1, SIG_IGN);
  std::signal(SIGTERM, on_stop_of_run);
  held.release();
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // a killed parent stops its runs, which keep their checkpoints
#endif
  if (getppid() != parent) _exit(0);
  Reporter reporter(pipe, settings.epochs, has_this_run);
  try {
    at_start();
    if (!is_trained(settings, folder)) run_training(settings, dataset, folder, true, stop_of_this_process, reporter);
    if (is_trained(settings, folder) && !is_evaluated(folder, luminosities))
      evaluate_run(folder, settings, dataset, luminosities);
    _exit(0);
  } catch (const NoRoomError& error) {
    reporter.say(Message::Kind::no_room, 0, error.what());
  } catch (const InUseError& error) {
    reporter.say(Message::Kind::in_use, 0, error.what());
  } catch (const std::exception& error) {
    reporter.say(Message::Kind::failure, 0, user_sentence(error));
  }
  _exit(1);
}

}  // namespace

RunProcess::RunProcess(const Settings& settings, const std::shared_ptr<const Dataset>& dataset,
                       const std::filesystem::path& folder, std::span<const LuminosityAt> luminosities,
                       std::span<const int> siblings, const std::function<bool()>& has_this_run,
                       const AroundFork& around) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0)
    throw DataError(
        fmt::format("{}: could not start a process for this run ({})", folder.string(), std::strerror(errno)));
  std::fflush(nullptr);
  const pid_t parent = getpid();
  around.before();
  const StopSignalsHeld held;
  process_ = fork();
  if (process_ == 0) {
    close(ends[0]);
    for (const int descriptor : siblings) close(descriptor);
    train_and_end(settings, dataset, folder, luminosities, has_this_run, around.in_child, ends[1], parent, held);
  }
  const int error = errno;
  around.in_parent();
  close(ends[1]);
  pipe_ = ends[0];
  if (process_ < 0) {
    close(pipe_);
    throw DataError(
        fmt::format("{}: could not start a process for this run ({})", folder.string(), std::strerror(error)));
  }
}

RunProcess::~RunProcess() {
  if (pipe_ >= 0) {
    stop();
    while (listen()) {
    }
  }
}

bool RunProcess::listen() {
  Message message{};
  ssize_t size = 0;
  do size = read(pipe_, &message, sizeof message);
  while (size < 0 && errno == EINTR);
  if (size == static_cast<ssize_t>(sizeof message)) {
    switch (message.kind) {
      case Message::Kind::share:
        share_ = message.share;
        break;
      case Message::Kind::note:
        note_ = message.text.data();
        break;
      case Message::Kind::failure:
        fail(Failure::failed, message.text.data());
        break;
      case Message::Kind::no_room:
        fail(Failure::no_room, message.text.data());
        break;
      case Message::Kind::in_use:
        fail(Failure::in_use, message.text.data());
        break;
    }
    return true;
  }
  close(pipe_);
  pipe_ = -1;
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    fail(Failure::failed, fmt::format("the process of the run was killed by signal {}", WTERMSIG(status)));
  return false;
}

void RunProcess::fail(Failure failure, const std::string& why) {
  failure_ = failure;
  message_ = why;
}

void RunProcess::stop() const { kill(process_, SIGTERM); }

std::string RunProcess::take_note() { return std::exchange(note_, {}); }

}  // namespace chandelier
