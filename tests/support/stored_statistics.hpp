// Values computed with SciPy by statistics/stored_values.py.

#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "places.hpp"

namespace chandelier {

inline nlohmann::json stored_statistics(const std::string& of) {
  return nlohmann::json::parse(read_file(test_data("/statistics/scipy.json"), 1 << 20)).at(of);
}

using Values = std::vector<double>;

}  // namespace chandelier
