// Texts that may hold any bytes, such as the names of files, as valid UTF-8.

#pragma once

#include <string>
#include <string_view>

namespace chandelier {

/// The same text, with every byte that is part of no UTF-8 character written as \xNN.
std::string as_utf8(std::string_view bytes);

}  // namespace chandelier
