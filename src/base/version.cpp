#include "base/version.hpp"

#include "commit.hpp"

namespace chandelier {

std::string_view version() { return CHANDELIER_VERSION; }
std::string_view commit() { return CHANDELIER_COMMIT; }

}  // namespace chandelier
