// Numbers of things in words.

#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>

namespace chandelier {

/// "1 run", "3 runs".
inline std::string counted(std::size_t count, const std::string& one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

}  // namespace chandelier
