// Valid UTF-8 from texts that may contain any bytes, such as file names.

#pragma once

#include <string>
#include <string_view>

namespace chandelier {

/// The same text, with every byte that does not belong to a valid UTF-8 character written as \xNN.
std::string as_utf8(std::string_view bytes);

}  // namespace chandelier
