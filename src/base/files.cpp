#include "base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>
#include <utility>

#include "base/error.hpp"

namespace chandelier {
namespace {

[[noreturn]] void fail(std::string_view action, const std::filesystem::path& path, int reason) {
  const std::string sentence = fmt::format("cannot {} {}: {}{}", action, path.string(), std::strerror(reason),
                                           reason == EFBIG ? " (see ulimit -f, the limit on file sizes)" : "");
  if (reason == ENOSPC || reason == EDQUOT) throw NoRoomError(sentence);
  throw DataError(sentence);
}

[[noreturn]] void fail_to_read(const std::filesystem::path& path, int reason) {
  if (reason == ENOENT) fail("read", path, reason);
  throw ReadError(fmt::format("cannot read {}: {}", path.string(), std::strerror(reason)));
}

/// Names of temporary files: this prefix and 16 hexadecimal digits.
constexpr std::string_view kBesideName = ".chandelier-";

bool is_beside_name(const std::string& name) {
  return name.size() == kBesideName.size() + 16 && name.starts_with(kBesideName) &&
         name.find_first_not_of("0123456789abcdef", kBesideName.size()) == std::string::npos;
}

/// Repeats a system call that a signal interrupted.
template <typename Call>
auto uninterrupted(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (number_ != -1) ::close(number_);
  }

  int number() const { return number_; }
  /// Closes the file now. It is closed even if close() returns EINTR.
  bool close() { return ::close(std::exchange(number_, -1)) == 0 || errno == EINTR; }

 private:
  int number_;
};

/// @param path  named in errors
void write_all(int file, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(file, bytes.data(), bytes.size()); });
    if (written == -1) fail("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void flush_file(int file, const std::filesystem::path& path) {
  if (uninterrupted([&] { return ::fsync(file); }) == -1) fail("write", path, errno);
}

/// A temporary file in the folder of its target. It is deleted unless it is renamed to the target. Until then it is
/// locked, which tells `remove_leftovers` that its writer is alive.
class FileBeside {
 public:
  explicit FileBeside(const std::filesystem::path& place) : place_(place), file_(create()) {}
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;
  ~FileBeside() {
    if (!renamed_) ::unlink(beside_.c_str());
  }

  void write(std::string_view bytes) { write_all(file_.number(), bytes, place_); }
  void flush() { flush_file(file_.number(), place_); }

  void flush_and_rename() {
    flush();
    // Some file systems report a failed write only on close. The duplicate descriptor keeps the lock meanwhile.
    const FileDescriptor lock(::fcntl(file_.number(), F_DUPFD_CLOEXEC, 0));
    if (lock.number() == -1 || !file_.close()) fail("write", place_, errno);
    if (::rename(beside_.c_str(), place_.c_str()) == -1) fail("write", place_, errno);
    renamed_ = true;
  }

  /// Moves the file to its target unless that exists already. @returns whether it was moved.
  bool flush_and_link() {
    flush();
    if (::link(beside_.c_str(), place_.c_str()) == 0) return true;
    const int reason = errno;
    // If a file server's answer was lost, the call is repeated and reports EEXIST although the first one succeeded.
    struct stat status {};
    if (::fstat(file_.number(), &status) == 0 && status.st_nlink > 1) return true;
    if (reason == EPERM || reason == EOPNOTSUPP) return copy_exclusively();  // no hard links here
    if (reason != EEXIST) fail("write", place_, reason);
    return false;
  }

 private:
  bool copy_exclusively() const {
    const std::string bytes = read_file(beside_, std::size_t{1} << 20);
    const FileDescriptor file(
        uninterrupted([&] { return ::open(place_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }));
    if (file.number() == -1 && errno == EEXIST) return false;
    if (file.number() == -1 || ::write(file.number(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      fail("write", place_, errno);
    return true;
  }

  /// Creates a file with a unique name. Several machines may write to the same shared folder.
  int create() {
    std::random_device entropy;
    while (true) {
      beside_ = place_.parent_path() / fmt::format("{}{:08x}{:08x}", kBesideName, entropy(), entropy());
      const int number =
          uninterrupted([&] { return ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
      if (number == -1 && errno != EEXIST) fail("write", place_, errno);
      if (number != -1 && is_kept(number)) return number;
      if (number != -1) ::close(number);
    }
  }

  /// Locks a new file. @returns false if `remove_leftovers` was faster and removed it.
  static bool is_kept(int number) {
    struct stat status {};
    // On a file system without locks, `remove_leftovers` removes nothing.
    if (::flock(number, LOCK_EX | LOCK_NB) == -1) return errno != EWOULDBLOCK;
    return ::fstat(number, &status) == 0 && status.st_nlink > 0;
  }

  std::filesystem::path place_, beside_;
  FileDescriptor file_;
  bool renamed_ = false;
};

/// Makes renames in this folder survive a power failure.
void flush_folder(const std::filesystem::path& folder) {
  const std::filesystem::path here = folder.empty() ? std::filesystem::path(".") : folder;
  const FileDescriptor opened(uninterrupted([&] { return ::open(here.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (opened.number() == -1) fail("flush folder", here, errno);
  const bool flushed = uninterrupted([&] { return ::fsync(opened.number()); }) == 0;
  // Some network file systems cannot flush a folder. There is nothing better to do on them.
  if (!flushed && errno != EINVAL) fail("flush folder", here, errno);
}

/// @throws DataError if the path exists and is not a regular file: a rename would replace a device or pipe.
void check_place(const std::filesystem::path& path) {
  struct stat there {};
  if (::stat(path.c_str(), &there) == -1) {
    if (errno != ENOENT) fail("write", path, errno);
  } else if (!S_ISREG(there.st_mode)) {  // for example /dev/stdout
    throw DataError(fmt::format("cannot write {}: it exists and is not a regular file", path.string()));
  }
}

}  // namespace

void check_writable(const std::filesystem::path& path) {
  check_place(path);
  const FileBeside trial(path);  // deleted at once
}

void write_atomically(const std::filesystem::path& path, std::span<const std::string_view> parts) {
  check_place(path);
  FileBeside beside(path);
  for (const std::string_view part : parts) beside.write(part);
  beside.flush_and_rename();
  flush_folder(path.parent_path());
}

void write_atomically(const std::filesystem::path& path, std::string_view bytes) {
  write_atomically(path, std::span<const std::string_view>(&bytes, 1));
}

void append_to_file(const std::filesystem::path& path, std::string_view bytes) {
  check_place(path);
  FileDescriptor file(
      uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666); }));
  if (file.number() == -1) fail("write", path, errno);
  write_all(file.number(), bytes, path);
  flush_file(file.number(), path);
  if (!file.close()) fail("write", path, errno);
}

bool create_exclusively(const std::filesystem::path& path, std::string_view bytes) {
  FileBeside beside(path);
  beside.write(bytes);
  return beside.flush_and_link();
}

void check_room(const std::filesystem::path& folder, std::size_t bytes) {
  constexpr std::size_t kPiece = 1 << 16;
  const std::string zeros(kPiece, '\0');
  FileBeside trial(folder / "room");  // deleted at the end
  for (std::size_t written = 0; written < bytes; written += kPiece)
    trial.write(std::string_view(zeros).substr(0, bytes - written));
  trial.flush();
}

std::string read_file(const std::filesystem::path& path, std::size_t limit) {
  const FileDescriptor file(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (file.number() == -1) fail_to_read(path, errno);
  struct stat status {};
  if (::fstat(file.number(), &status) == -1) fail_to_read(path, errno);

  // The size is only a hint: a pipe has none, and another program may be writing to the file.
  const std::size_t expected = std::min(static_cast<std::size_t>(status.st_size), limit);
  constexpr std::size_t kSmallestRoom = 4096;
  std::string bytes(expected + kSmallestRoom, '\0');
  std::size_t size = 0;
  while (true) {
    if (size == bytes.size()) bytes.resize(2 * size);
    const ssize_t got = uninterrupted([&] { return ::read(file.number(), bytes.data() + size, bytes.size() - size); });
    if (got == -1) fail_to_read(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > limit) {
      throw DataError(fmt::format("{} is too large: expected at most {} bytes", path.string(), limit));
    }
  }
  bytes.resize(size);
  return bytes;
}

bool is_empty_folder(const std::filesystem::path& path, std::span<const std::string_view> but_for) {
  std::error_code error;
  const std::filesystem::directory_iterator files(path, error);
  return !error && std::all_of(begin(files), end(files), [&](const std::filesystem::directory_entry& file) {
    const std::string name = file.path().filename();
    return is_beside_name(name) || std::ranges::find(but_for, name) != but_for.end();
  });
}

void remove_leftovers(const std::filesystem::path& folder) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::filesystem::path& path = entry->path();
    if (!is_beside_name(path.filename())) continue;
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.number() != -1 && ::flock(file.number(), LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
  }
}

FolderLock::FolderLock(const std::filesystem::path& folder)
    : folder_(uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })),
      owner_(::getpid()) {
  if (folder_ == -1) fail("open folder", folder, errno);
}

FolderLock::~FolderLock() {
  // A forked process shares the lock: closing the folder does not release it while that process runs.
  if (::getpid() == owner_) ::flock(folder_, LOCK_UN);
  ::close(folder_);
}

bool FolderLock::take() {
  // A file system without locks cannot exclude anybody.
  return uninterrupted([&] { return ::flock(folder_, LOCK_EX | LOCK_NB); }) == 0 || errno != EWOULDBLOCK;
}

void move_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) == -1) fail("move", from, errno);
  flush_folder(from.parent_path());
  flush_folder(to.parent_path());
}

void create_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) fail("create folder", path, error.value());
}

void create_folder_within(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directory(path, error);
  if (error) fail("create folder", path, error.value());
}

}  // namespace chandelier
