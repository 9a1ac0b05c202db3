// SIGINT, SIGTERM and SIGUSR1, by which Slurm announces the end of a task's time, ask for a clean stop; the same once
// more ends the program at once.

#pragma once

#include "training/run_observer.hpp"

namespace chandelier {

void listen_for_stop_signals();

/// The signal that asked for a stop, or 0.
const StopRequest& stop_request();

/// 128 + the signal, as shells expect.
int exit_code_of_stop();

}  // namespace chandelier
