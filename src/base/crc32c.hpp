// CRC-32C (Castagnoli, as in iSCSI: RFC 3720, appendix B.4), the checksum of records in event files.

#pragma once

#include <cstdint>
#include <string_view>

namespace chandelier {

/// The CRC-32C of `bytes`. For "123456789" it is 0xE3069283.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace chandelier
