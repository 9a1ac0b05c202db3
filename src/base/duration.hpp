// How long something takes, in words.

#pragma once

#include <string>

namespace chandelier {

/// "45 s", "12 min", "3 h 05 min", "4 days 2 h": two units at most, and never 0.
std::string duration_text(double seconds);

/// "0:42", "12:07", "3:04:00"
std::string clock_text(double seconds);

}  // namespace chandelier
