// Durations as text.

#pragma once

#include <string>

namespace chandelier {

/// For sentences: "45 s", "12 min", "3 h 05 min", "4 days 2 h". At most two units, and at least 1 s.
std::string duration_text(double seconds);

/// For progress displays: "0:42", "12:07", "3:04:00".
std::string clock_text(double seconds);

}  // namespace chandelier
