// Where this process runs.

#pragma once

#include <string>

namespace chandelier {

std::string host_name();
/// The type of CPU, as it calls itself.
std::string cpu_name();
/// "17_3", task 3 of the array job 17, where Slurm has started this process as a part of one; empty elsewhere. It stays
/// the same when the task is queued again.
std::string array_task();

}  // namespace chandelier
