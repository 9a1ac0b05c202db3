#include "program/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/duration.hpp"
#include "program/output.hpp"
#include "studies/study_words.hpp"

namespace chandelier {
namespace {

constexpr int kBarWidth = 24;
constexpr std::chrono::milliseconds kBetweenUpdates{100};

std::string bar(double share) {
  const int filled = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kBarWidth));
  return std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(kBarWidth - filled), '.');
}

std::string percent(double fraction) { return fmt::format("{:.2f} %", 100 * fraction); }

/// Columns that a line may use.
std::size_t terminal_width() {
  constexpr std::size_t kUsual = 79;
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : kUsual;
}

}  // namespace

StatusLine::StatusLine() : terminal_(isatty(STDOUT_FILENO) == 1) {}

void StatusLine::show(double share, const std::string& words, const std::vector<std::string>& below) {
  if (first_share_ < 0) first_share_ = share;
  const Clock::time_point now = Clock::now();
  if (!terminal_ || now - last_ < kBetweenUpdates) return;
  clear();
  last_ = now;
  const double seconds = left(share);
  const std::string time = seconds < 0 ? "" : ", " + clock_text(seconds) + " left";
  // No line may wrap, or moving the cursor up would not reach the first line.
  const std::size_t width = terminal_width();
  std::string text = fmt::format("[{}] {:3.0f} %  {}{}", bar(share), 100 * share, words, time).substr(0, width);
  for (const std::string& line : below) text += "\n" + line.substr(0, width);
  chandelier::print("{}", text);
  flush_output();
  shown_ = 1 + below.size();
}

void StatusLine::clear() {
  if (shown_ > 1) chandelier::print("\033[{}A", shown_ - 1);
  if (shown_ > 0) chandelier::print("\r\033[J");
  shown_ = 0;
}

void StatusLine::print(const std::string& line) {
  clear();
  chandelier::print("[{:>5}] {}\n", clock_text(elapsed()), line);
  flush_output();
  last_ = {};
}

double StatusLine::elapsed() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

double StatusLine::left(double share) const {
  constexpr double kEnoughToTell = 0.01;
  const double progress = share - first_share_;
  return first_share_ < 0 || progress < kEnoughToTell ? -1 : elapsed() / progress * (1 - share);
}

void TrainingProgress::on_progress(int epochs_done, Index images_done, Index images_per_epoch) {
  const auto now = std::chrono::steady_clock::now();
  if (epochs_done != epoch_) {
    epoch_ = epochs_done;
    epoch_began_ = now;
    images_before_ = images_done;
  }
  const double seconds = std::chrono::duration<double>(now - epoch_began_).count();
  const double rate = seconds > 0 ? static_cast<double>(images_done - images_before_) / seconds : 0;
  const double share =
      (epochs_done + static_cast<double>(images_done) / static_cast<double>(images_per_epoch)) / std::max(1, epochs_);
  line_.show(share, fmt::format("epoch {}/{}, {:.0f} images/s", epochs_done + 1, epochs_, rate));
}

void TrainingProgress::on_epoch(int epoch, const Evaluation& train, const Evaluation& test) {
  const std::string on_training =
      std::isnan(train.loss) ? "" : fmt::format("  train {}  loss {:.4f} ", percent(train.accuracy), train.loss);
  line_.print(fmt::format("epoch {:>{}}/{}{}  test {}  loss {:.4f}", epoch, fmt::formatted_size("{}", epochs_), epochs_,
                          on_training, percent(test.accuracy), test.loss));
}

void StudyProgress::on_begin(std::size_t runs, std::size_t done) {
  runs_ = runs;
  ended_ = done;
  line_.print(begin_in_words(runs, done));
}

void StudyProgress::on_progress(const StudyState& state) {
  constexpr std::size_t kMostShown = 12;
  std::vector<std::string> below;
  for (const RunUnderWay& run : state.under_way) {
    if (below.size() == kMostShown) {
      below.push_back(fmt::format("  and {} more", state.under_way.size() - kMostShown));
      break;
    }
    below.push_back(fmt::format("  {:3.0f} %  {}{}", 100 * run.share, run_in_words(*run.run, several_draws_),
                                run.elsewhere ? "  (another process)" : ""));
  }
  line_.show(state.share, fmt::format("{}/{} runs done{}", ended_, runs_, state.paused ? ", paused" : ""), below);
}

void StudyProgress::on_run_end(const StudyResult& result, std::optional<double> seconds) {
  if (result.status != "stopped") ++ended_;
  line_.print(end_in_words(result, seconds, several_draws_, ended_, runs_));
}

}  // namespace chandelier
