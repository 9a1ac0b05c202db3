#include "data/idx.hpp"

#include "base/error.hpp"
#include "memory_file.hpp"
#include "targets.hpp"

namespace chandelier::fuzz {

void read_idx(std::string_view bytes) {
  const MemoryFile file(bytes);
  bool labels = true;
  try {
    read_idx_labels(file.path());
  } catch (const DataError&) {
    labels = false;
  }
  const IdxImages images = read_idx_images(file.path());
  if (labels) throw Bug("a file holds both labels and images");
  if (static_cast<Index>(images.pixels.size()) != images.count * images.rows * images.columns)
    throw Bug("the pixels are not those that the sizes tell");
}

}  // namespace chandelier::fuzz
