// For tests that write thousands of files: puts their temporary folders into memory (/dev/shm), if possible.

#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace chandelier {

/// A base class. Name it before the one that creates the folders.
class InMemory {
 protected:
  InMemory() {
    if (std::filesystem::is_directory("/dev/shm")) setenv("TMPDIR", "/dev/shm", 1);
  }
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;
  ~InMemory() { before_.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before_.c_str(), 1); }

 private:
  std::string before_ = std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "";
};

}  // namespace chandelier
