// A file that lies in memory, for readers that take a path.

#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace chandelier::fuzz {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : number_(::memfd_create("input", MFD_CLOEXEC)) {
    if (::write(number_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("no file in memory");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(number_); }

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(number_); }

 private:
  int number_;
};

}  // namespace chandelier::fuzz
