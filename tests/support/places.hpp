// Where things lie, as the build knows it. They stand in one source, so that clones share all else that was compiled.

#pragma once

#include <string>

namespace chandelier {

/// A file or folder below tests/, for instance "/golden".
std::string test_data(const std::string& below = "");
/// The program that was built.
std::string program_path();
/// A library to be loaded before the C library, whose calls fail when they are told to.
std::string injected_faults();

}  // namespace chandelier
