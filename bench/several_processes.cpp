#include "several_processes.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <vector>

namespace chandelier::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Pipe = std::array<int, 2>;

Pipe make_pipe() {
  Pipe ends;
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  return ends;
}

/// What a process does: prepares, says so, waits for the start, works, and says how much.
void work(const Prepare& prepare, double seconds, int start, int ready, int result) {
  const std::function<void()> repeat = prepare();
  repeat();
  char byte = 0;
  if (write(ready, &byte, 1) != 1 || read(start, &byte, 1) != 1) _exit(1);
  double count = 0;
  const auto began = Clock::now();
  double elapsed = 0;
  while (elapsed < seconds) {
    repeat();
    ++count;
    elapsed = std::chrono::duration<double>(Clock::now() - began).count();
  }
  const double rate = count / elapsed;
  _exit(write(result, &rate, sizeof rate) == sizeof rate ? 0 : 1);
}

}  // namespace

double repetitions_a_second(int processes, double seconds, const Prepare& prepare) {
  const Pipe start = make_pipe(), ready = make_pipe(), result = make_pipe();
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no process");
    if (child == 0) work(prepare, seconds, start[0], ready[1], result[1]);
    children.push_back(child);
  }
  close(ready[1]);  // so that a process which dies is an end of file, not a wait for ever
  close(result[1]);
  char byte = 0;
  for (int i = 0; i < processes; ++i)
    if (read(ready[0], &byte, 1) != 1) throw std::runtime_error("a process of the benchmark ended early");
  for (int i = 0; i < processes; ++i)
    if (write(start[1], &byte, 1) != 1) throw std::runtime_error("cannot start the processes of the benchmark");
  double sum = 0;
  for (int i = 0; i < processes; ++i) {
    double rate = 0;
    if (read(result[0], &rate, sizeof rate) != sizeof rate) throw std::runtime_error("a process gave no result");
    sum += rate;
  }
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  for (const int end : {start[0], start[1], ready[0], result[0]}) close(end);
  return sum;
}

}  // namespace chandelier::bench
