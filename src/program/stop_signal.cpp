#include "program/stop_signal.hpp"

#include <csignal>

namespace chandelier {
namespace {

StopRequest request{0};
static_assert(StopRequest::is_always_lock_free, "a signal handler may only touch lock-free atomics");

extern "C" void on_stop_signal(int signal) {
  request.store(signal, std::memory_order_relaxed);
  std::signal(signal, SIG_DFL);
}

}  // namespace

void listen_for_stop_signals() {
  std::signal(SIGINT, on_stop_signal);
  std::signal(SIGTERM, on_stop_signal);
  std::signal(SIGUSR1, on_stop_signal);
}

const StopRequest& stop_request() { return request; }

int exit_code_of_stop() { return 128 + request.load(); }

}  // namespace chandelier
