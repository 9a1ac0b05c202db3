// Loaded before the C library (LD_PRELOAD), it makes system calls fail where a test says so, or the clock jump.
//   CHANDELIER_TEST_FAULT="write 3 28": the third file that is written beside its place, or appended to, gets half of
//     its first bytes, and then errno 28. "write 3 28 on": so do all after it. "write 3 kill": there the process is
//     killed. Likewise fsync, rename and link, which do nothing. "flock 3 0": the third file to be locked is gone by
//     then, as if it had been taken for a leftover; "flock 3 11": and it is locked by who did that.
//   CHANDELIER_TEST_CLOCK="86400": the clock of the day jumps to and fro, each time by so many seconds more.

#include <dlfcn.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace {

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// Counts the calls of one name. @returns whether this one is to fail; errno then says how.
bool fails(const char* name, std::atomic<int>& calls) {
  const char* const fault = std::getenv("CHANDELIER_TEST_FAULT");
  std::array<char, 16> call{}, what{}, on{};
  int first = 0;
  if (!fault || std::sscanf(fault, "%15s %d %15s %15s", call.data(), &first, what.data(), on.data()) < 3) return false;
  if (std::strcmp(call.data(), name) != 0) return false;
  const int now = ++calls;
  if (now != first && (now < first || on[0] == '\0')) return false;
  errno = std::atoi(what.data());
  return true;
}

/// For what is to fail: kills the process where that is what was asked for.
int fail() {
  if (errno == 0) std::raise(SIGKILL);
  return -1;
}

std::string path_of(int file) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  return readlink(link.c_str(), path.data(), path.size() - 1) > 0 ? path.data() : "";
}

/// Of a file that a run or a study leaves.
bool is_first_write(int file) {
  if (lseek(file, 0, SEEK_CUR) != 0) return false;
  const std::string path = path_of(file);
  return path.find("/.chandelier-") != std::string::npos || path.find("/events.out.tfevents.") != std::string::npos;
}

time_t jump() {
  static std::atomic<int> looks = 0;
  const char* const seconds = std::getenv("CHANDELIER_TEST_CLOCK");
  if (!seconds) return 0;
  const int look = ++looks;
  return std::atol(seconds) * (look % 2 == 0 ? -look : look);
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
  static const auto real = next<ssize_t(int, const void*, size_t)>("write");
  static std::atomic<int> calls = 0;
  if (!is_first_write(file) || !fails("write", calls)) return real(file, bytes, size);
  const int error = errno;
  [[maybe_unused]] const ssize_t half = real(file, bytes, size / 2);
  errno = error;
  return fail();
}

int fsync(int file) {
  static const auto real = next<int(int)>("fsync");
  static std::atomic<int> calls = 0;
  return fails("fsync", calls) ? fail() : real(file);
}

int flock(int file, int operation) noexcept {
  static const auto real = next<int(int, int)>("flock");
  static std::atomic<int> calls = 0;
  if (!fails("flock", calls)) return real(file, operation);
  const int error = errno;
  unlink(path_of(file).c_str());
  errno = error;
  return error != 0 ? -1 : real(file, operation);
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = next<int(const char*, const char*)>("rename");
  static std::atomic<int> calls = 0;
  return fails("rename", calls) ? fail() : real(from, to);
}

int link(const char* from, const char* to) noexcept {
  static const auto real = next<int(const char*, const char*)>("link");
  static std::atomic<int> calls = 0;
  return fails("link", calls) ? fail() : real(from, to);
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto real = next<int(clockid_t, timespec*)>("clock_gettime");
  const int result = real(clock, time);
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += jump();
  return result;
}

}  // extern "C"
