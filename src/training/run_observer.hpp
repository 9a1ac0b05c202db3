// Interfaces to watch a run and to stop it.

#pragma once

#include <atomic>
#include <string>

#include "training/evaluation.hpp"

namespace chandelier {

/// Receives events of a run, in the thread that trains.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// Every few steps: epochs done before this one, and training images done in this one.
  virtual void on_progress(int /*epochs_done*/, Index /*images_done*/, Index /*images_per_epoch*/) {}
  /// After an epoch has been evaluated and written.
  virtual void on_epoch(int /*epoch*/, const Evaluation& /*train*/, const Evaluation& /*test*/) {}
  /// Something the user should know: that a run continues, or starts over and why.
  virtual void on_note(const std::string& /*sentence*/) {}
  /// Asked before anything is recorded. If this process was presumed dead and another one has taken the run over, this
  /// one must not overwrite what the other recorded.
  virtual bool has_this_run() { return true; }
};

/// A signal number once the user wants to stop, otherwise 0.
using StopRequest = std::atomic<int>;

}  // namespace chandelier
