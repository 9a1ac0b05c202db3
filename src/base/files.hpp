// Files that are never half there: written beside their place, flushed to the disk, then renamed over it. One
// function appends instead.

#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace chandelier {

/// A disk or a quota is full: what failed can be tried again once there is room.
class NoRoomError : public DataError {
 public:
  using DataError::DataError;
};

/// Another process uses a folder; it can be tried again later.
class InUseError : public DataError {
 public:
  using DataError::DataError;
};

/// Replaces the file at `path` by `parts`, one after the other, so that a reader sees the old or the new bytes, whole.
/// @throws DataError naming the path and the reason (no such folder, no permission); NoRoomError where the disk or the
///   user's part of it is full. All functions here say so in this way.
void write_atomically(const std::filesystem::path& path, std::span<const std::string_view> parts);
void write_atomically(const std::filesystem::path& path, std::string_view bytes);

/// Adds bytes to the end of a file, which is made where there is none, and flushes them to the disk. After a kill a
/// part of them may be there: only for a file that others follow as it grows, and that can be made anew.
void append_to_file(const std::filesystem::path& path, std::string_view bytes);

/// Finds out now whether `write_atomically` could write there, before work begins whose result is to stand there.
/// @throws DataError as `write_atomically` would.
void check_writable(const std::filesystem::path& path);

/// Creates a file unless there is one: of all processes that try, also on other machines that share the folder, exactly
/// one is told true. Nobody ever sees half of it, but for file systems without hard links.
bool create_exclusively(const std::filesystem::path& path, std::string_view bytes);

/// @throws NoRoomError unless so many bytes can be written into a folder now.
void check_room(const std::filesystem::path& folder, std::size_t bytes);

/// The bytes of a file of at most `limit` bytes.
/// @throws DataError naming the path when there is none or it is larger than `limit`; ReadError when it cannot be read.
std::string read_file(const std::filesystem::path& path, std::size_t limit);

/// Whether a path is a folder that holds nothing but these files and what an interrupted `write_atomically` left.
bool is_empty_folder(const std::filesystem::path& path, std::span<const std::string_view> but_for = {});

/// Removes what killed writers left in a folder; what is being written, here or on another machine, stays.
void remove_leftovers(const std::filesystem::path& folder);

/// Keeps a folder for one process: held until it goes away or its process ends, however it ends. It is released even if
/// a process that was forked meanwhile lives on, and not by the end of that one.
class FolderLock {
 public:
  /// @throws DataError naming the folder when it cannot be opened.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

  /// @returns false while another process holds it.
  bool take();

 private:
  int folder_;
  pid_t owner_;
};

/// Renames a file within one file system. @throws DataError naming the file and the reason.
void move_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Creates a folder and those above it. @throws DataError naming the path and the reason.
void create_folder(const std::filesystem::path& path);

/// Creates a folder within one that exists. @throws DataError naming the path and the reason.
void create_folder_within(const std::filesystem::path& path);

}  // namespace chandelier
