// Clean stop on SIGINT, SIGTERM and SIGUSR1 (which Slurm sends shortly before a task's time ends). The same signal a
// second time ends the program at once.

#pragma once

#include "training/run_observer.hpp"

namespace chandelier {

void listen_for_stop_signals();

/// The signal that requested a stop, or 0.
const StopRequest& stop_request();

/// 128 + the signal number, the convention of shells.
int exit_code_of_stop();

}  // namespace chandelier
