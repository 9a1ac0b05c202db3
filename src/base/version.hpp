// The version of this build.

#pragma once

#include <string_view>

namespace chandelier {

std::string_view version();  ///< "0.1.0"
std::string_view commit();   ///< commit it was built from, with "-dirty" if changed; "unknown" outside a checkout

}  // namespace chandelier
