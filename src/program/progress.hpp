// Progress of long work: a bar on a terminal, plain lines with times otherwise.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "studies/study.hpp"
#include "training/run_observer.hpp"

namespace chandelier {

/// A status line that is rewritten in place, with further lines below it. Shown only on a terminal.
class StatusLine {
 public:
  StatusLine();
  /// Shows a bar and some words. Updates at most ten times a second.
  void show(double share, const std::string& words, const std::vector<std::string>& below = {});
  /// Prints a permanent line above the bar.
  void print(const std::string& line);
  /// Seconds since construction, and seconds left until `share` reaches 1 at the pace so far. Negative: not known yet.
  double elapsed() const;
  double left(double share) const;
  /// Removes the bar.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool terminal_;
  std::size_t shown_ = 0;  ///< lines
  Clock::time_point began_ = Clock::now(), last_ = {};
  double first_share_ = -1;
};

/// `chandelier train`: one line per epoch, and a bar with images/s and the time left.
class TrainingProgress final : public RunObserver {
 public:
  explicit TrainingProgress(int epochs) : epochs_(epochs) {}
  void on_progress(int epochs_done, Index images_done, Index images_per_epoch) override;
  void on_epoch(int epoch, const Evaluation& train, const Evaluation& test) override;
  void on_note(const std::string& sentence) override { line_.print(sentence); }

 private:
  int epochs_;
  StatusLine line_;
  std::chrono::steady_clock::time_point epoch_began_ = std::chrono::steady_clock::now();
  Index images_before_ = 0;  ///< images of this epoch that were done at the first report about it
  int epoch_ = -1;
};

/// `chandelier study run`: one line per run that has ended, then a bar with the total time left and the runs in
/// training.
class StudyProgress final : public StudyObserver {
 public:
  /// @param several_draws  whether the name of a run includes its draw
  explicit StudyProgress(bool several_draws) : several_draws_(several_draws) {}
  void on_begin(std::size_t runs, std::size_t done) override;
  void on_progress(const StudyState& state) override;
  void on_run_end(const StudyResult& result, std::optional<double> seconds) override;
  void on_note(const std::string& sentence) override { line_.print(sentence); }
  /// Removes the bar.
  void on_end() { line_.clear(); }

 private:
  bool several_draws_;
  std::size_t runs_ = 0, ended_ = 0;
  StatusLine line_;
};

}  // namespace chandelier
