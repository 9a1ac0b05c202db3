// Who watches a run, and who may stop it.

#pragma once

#include <atomic>
#include <string>

#include "training/evaluation.hpp"

namespace chandelier {

/// What a run tells whoever watches it, from the thread that trains.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// Every few steps: epochs before this one, and training images of this one.
  virtual void on_progress(int /*epochs_done*/, Index /*images_done*/, Index /*images_per_epoch*/) {}
  /// After an epoch was evaluated and written.
  virtual void on_epoch(int /*epoch*/, const Evaluation& /*train*/, const Evaluation& /*test*/) {}
  /// Something the user should know: a run that continues, or starts over and why.
  virtual void on_note(const std::string& /*sentence*/) {}
  /// Asked before anything is recorded. A run that another process has taken over, since this one was held for dead,
  /// must not write over what that one recorded.
  virtual bool has_this_run() { return true; }
};

/// A signal number once the user wants to stop, else 0.
using StopRequest = std::atomic<int>;

}  // namespace chandelier
