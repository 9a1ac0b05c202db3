#include "data/image_source.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace chandelier {

void Batch::resize(Index size) {
  if (size < 0 || size > capacity()) {
    throw Bug(fmt::format("a batch of {} images where at most {} fit", size, capacity()));
  }
  size_ = size;
}

}  // namespace chandelier
