// A look at the data: images of every class without and with luminosity jitter (the paper's figure 1).

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/dataset.hpp"

namespace chandelier {

/// A grey PNG: a column for each class (its first image in the test set), first a row without jitter, then two
/// draws each of the uniform jitter at epsilon 0.25, 0.5 and 0.75. A class without an image leaves its column empty.
std::string contact_sheet(const Dataset& dataset, std::uint64_t seed);

/// Writes it to a file. @throws DataError when the file cannot be written.
void write_contact_sheet(const std::filesystem::path& path, const Dataset& dataset, std::uint64_t seed);

}  // namespace chandelier
