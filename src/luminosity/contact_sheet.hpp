// A contact sheet of the data: images of every class without and with luminosity jitter, as in the paper's figure 1.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/dataset.hpp"

namespace chandelier {

/// A grey PNG with a column for each class, showing the first test image of the class. The first row is without jitter.
/// Two rows each follow for uniform jitter at epsilon 0.25, 0.5 and 0.75. Classes without test images are left empty.
std::string contact_sheet(const Dataset& dataset, std::uint64_t seed);

/// Writes the contact sheet to a file. @throws DataError if the file cannot be written
void write_contact_sheet(const std::filesystem::path& path, const Dataset& dataset, std::uint64_t seed);

}  // namespace chandelier
