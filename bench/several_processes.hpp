// How much work several processes do at once, compared with one: a study runs one training a core.

#pragma once

#include <functional>

namespace chandelier::bench {

/// Work in a process of its own: called once there, it prepares, and returns what is then repeated.
using Prepare = std::function<std::function<void()>()>;

/// Repetitions a second, of all processes together, over `seconds` in which all of them work.
double repetitions_a_second(int processes, double seconds, const Prepare& prepare);

}  // namespace chandelier::bench
