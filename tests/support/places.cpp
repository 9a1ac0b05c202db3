#include "places.hpp"

namespace chandelier {

std::string test_data(const std::string& below) { return TEST_DATA + below; }
std::string program_path() { return CHANDELIER_PROGRAM; }
std::string injected_faults() { return INJECTED_FAULTS; }

}  // namespace chandelier
