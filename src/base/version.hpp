// Which build this is.

#pragma once

#include <string_view>

namespace chandelier {

std::string_view version();  ///< "0.1.0"
std::string_view commit();   ///< the commit it was built from, "-dirty" with changes; "unknown" outside a checkout

}  // namespace chandelier
