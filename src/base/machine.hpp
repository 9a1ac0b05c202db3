// The machine this process runs on.

#pragma once

#include <string>

namespace chandelier {

std::string host_name();
/// The cores of this machine, at least 1.
int cores();
/// The model name of the CPU.
std::string cpu_name();
/// "17_3" if this process is task 3 of Slurm's array job 17; empty outside an array job. Requeued tasks keep it.
std::string array_task();

}  // namespace chandelier
