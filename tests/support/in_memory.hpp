// For tests that write thousands of files: puts their temporary folders into memory (/dev/shm), if possible.

#pragma once

#include <filesystem>
#include <optional>

#include "environment_variable.hpp"

namespace chandelier {

/// A base class. Name it before the one that creates the folders.
class InMemory {
 protected:
  InMemory() {
    if (std::filesystem::is_directory("/dev/shm")) temporary_folders_.emplace("TMPDIR", "/dev/shm");
  }

 private:
  std::optional<EnvironmentVariable> temporary_folders_;
};

}  // namespace chandelier
