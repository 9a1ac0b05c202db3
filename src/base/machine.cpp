#include "base/machine.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace chandelier {

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

int cores() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
  return "unknown";
}

std::string array_task() {
  const char* const job = std::getenv("SLURM_ARRAY_JOB_ID");
  const char* const task = std::getenv("SLURM_ARRAY_TASK_ID");
  if (job == nullptr || task == nullptr) return {};
  const std::string name = std::string(job) + "_" + task;
  return name.find_first_not_of("0123456789_") == std::string::npos ? name : std::string();
}

}  // namespace chandelier
