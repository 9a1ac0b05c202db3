#include "base/error.hpp"
#include "memory_file.hpp"
#include "targets.hpp"
#include "training/settings_toml.hpp"

namespace chandelier::fuzz {

void read_settings(std::string_view bytes) {
  const MemoryFile file(bytes);
  const Settings settings = resolve(read_settings_file(file.path()), {});
  const MemoryFile written(to_toml(settings));
  if (resolve(read_settings_file(written.path()), {}) != settings) throw Bug("settings do not read back as written");
}

}  // namespace chandelier::fuzz
