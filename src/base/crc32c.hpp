// CRC-32C (Castagnoli, as in iSCSI: RFC 3720, appendix B.4), by which damaged records are known.

#pragma once

#include <cstdint>
#include <string_view>

namespace chandelier {

/// The CRC-32C of bytes; of "123456789" it is E3069283 in hexadecimal.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace chandelier
