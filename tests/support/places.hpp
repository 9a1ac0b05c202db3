// Paths known to the build. They are in a single source file, so that a compiler cache can share all others.

#pragma once

#include <string>

namespace chandelier {

/// A file or folder below tests/, for example "/golden".
std::string test_data(const std::string& below = "");
/// The program under test.
std::string program_path();
/// The library of injected_faults.cpp.
std::string injected_faults();

}  // namespace chandelier
