#include "base/safetensors.hpp"

#include "base/error.hpp"
#include "memory_file.hpp"
#include "targets.hpp"

namespace chandelier::fuzz {
namespace {

/// Whether a tensor can be read in this way.
template <class Reader>
bool is_read_by(Reader reader, const TensorFile& file, const std::string& name) {
  try {
    reader(file, name, "input");
    return true;
  } catch (const DataError&) {
    return false;
  }
}

}  // namespace

void read_tensor_file(std::string_view bytes) {
  const MemoryFile stored(bytes);
  const TensorFile file = read_tensors(stored.path());
  for (const auto& [name, tensor] : file.tensors) {
    const int ways = is_read_by(matrix_from, file, name) + is_read_by(vector_from, file, name) +
                     is_read_by(integers_from, file, name);
    if (ways > 1) throw Bug("a tensor is two things at once");
  }
}

}  // namespace chandelier::fuzz
