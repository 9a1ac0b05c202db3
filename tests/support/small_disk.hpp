// A small disk for a test, which can be filled up and made read-only. It disappears with the test.

#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

namespace chandelier {

class SmallDisk {
 public:
  /// Mounts it at a folder, if permitted. Only this process and its children see it, so it cannot outlive them.
  explicit SmallDisk(const std::filesystem::path& folder) : folder_(folder) {
    std::filesystem::create_directory(folder_);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", folder_.c_str(), "tmpfs", 0, "size=1m") != 0)
      refusal_ = std::strerror(errno);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (refusal_.empty()) umount2(folder_.c_str(), MNT_DETACH);
  }

  /// Why there is no disk; empty if there is one.
  const std::string& refusal() const { return refusal_; }

  /// Fills all free space.
  void fill() const {
    const int file = open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    const std::string page(4096, 'x');
    while (write(file, page.data(), page.size()) > 0) {
    }
    close(file);
  }
  void make_room() const { std::filesystem::remove(filler()); }

  /// @returns false while a file is open for writing
  bool set_read_only(bool read_only) const {
    return mount("none", folder_.c_str(), "tmpfs", MS_REMOUNT | (read_only ? MS_RDONLY : 0), "size=1m") == 0;
  }

 private:
  std::filesystem::path filler() const { return folder_ / "filler"; }

  std::filesystem::path folder_;
  std::string refusal_;
};

}  // namespace chandelier
