#include "base/error.hpp"

#include <algorithm>
#include <new>

#include "base/utf8.hpp"

namespace chandelier {

std::string UserError::one_line(const std::string& sentence) {
  std::string line = as_utf8(sentence);
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  std::replace_if(line.begin(), line.end(), is_control, '?');
  return line;
}

std::string user_sentence(const std::exception& error) {
  const bool is_memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
                         dynamic_cast<const std::length_error*>(&error) != nullptr;
  return is_memory ? "there is not enough memory for this; try a smaller width or batch, or fewer runs at once"
                   : error.what();
}

}  // namespace chandelier
