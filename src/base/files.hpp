// Reading and writing files. Writes are atomic: a temporary file in the same folder is flushed to disk, then renamed.
// Only `append_to_file` works differently.

#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace chandelier {

/// A disk or a quota is full. The operation can be repeated once there is space.
class NoRoomError : public DataError {
 public:
  using DataError::DataError;
};

/// Another process is using a folder. The operation can be repeated later.
class InUseError : public DataError {
 public:
  using DataError::DataError;
};

/// Replaces the file at `path` by the concatenated `parts`. A reader sees either the old or the new file, complete.
/// @throws DataError naming the path and the reason (no such folder, no permission), NoRoomError if the disk or the
///   user's quota is full. The other functions of this file throw the same errors.
void write_atomically(const std::filesystem::path& path, std::span<const std::string_view> parts);
void write_atomically(const std::filesystem::path& path, std::string_view bytes);

/// Appends bytes to a file, which is created if necessary, and flushes them to disk. If the process is killed, only a
/// part of them may have been written. Use it only for files that others follow as they grow and that can be rebuilt.
void append_to_file(const std::filesystem::path& path, std::string_view bytes);

/// Checks early, before long work starts, that `write_atomically` can write its result there.
/// @throws DataError as `write_atomically` would
void check_writable(const std::filesystem::path& path);

/// Creates a file unless it exists. Of all processes that try, on all machines that share the folder, exactly one gets
/// true. Nobody sees an incomplete file, except on file systems without hard links.
bool create_exclusively(const std::filesystem::path& path, std::string_view bytes);

/// Checks that `bytes` bytes can be written to a folder now. @throws NoRoomError if not
void check_room(const std::filesystem::path& folder, std::size_t bytes);

/// The contents of a file of at most `limit` bytes.
/// @throws DataError naming the path if it does not exist or is larger than `limit`, ReadError if it cannot be read
std::string read_file(const std::filesystem::path& path, std::size_t limit);

/// Whether a path is a folder that contains nothing but the files `but_for` and leftover temporary files.
bool is_empty_folder(const std::filesystem::path& path, std::span<const std::string_view> but_for = {});

/// Removes temporary files that killed processes left in a folder. Files still being written, here or on another
/// machine, are kept.
void remove_leftovers(const std::filesystem::path& folder);

/// Reserves a folder for one process until this object is destroyed or the process ends, however it ends.
/// Forked processes do not matter: the lock is released even if one is still running, and not when one ends.
class FolderLock {
 public:
  /// @throws DataError naming the folder if it cannot be opened
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

  /// Takes the lock. @returns false if another process has it
  bool take();

 private:
  int folder_;
  pid_t owner_;
};

/// Renames a file within one file system. @throws DataError naming the file and the reason
void move_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Creates a folder and its missing parents. @throws DataError naming the path and the reason
void create_folder(const std::filesystem::path& path);

/// Creates a folder whose parent exists. @throws DataError naming the path and the reason
void create_folder_within(const std::filesystem::path& path);

}  // namespace chandelier
