// A library to be loaded before the C library (LD_PRELOAD). It makes chosen system calls fail, or the clock jump.
//
//   CHANDELIER_TEST_FAULT="write 3 28"     the third temporary or appended file gets half of its first bytes, then
//                                          errno 28
//                        "write 3 28 on"   so do all later files
//                        "write 3 kill"    the process is killed there
//                        "fsync 3 28"      likewise fsync, rename and link, which then have no effect
//                        "flock 3 0"       the third file to be locked has been removed, as if it were a leftover
//                        "flock 3 11"      and it is locked by the process that removed it
//   CHANDELIER_TEST_CLOCK="86400"          the wall clock jumps back and forth, each time by this many seconds more

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

/// Counts the calls of one function. @returns whether this one must fail, with errno set
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

/// Makes a call fail, or kills the process if that was requested.
int fail() {
  if (errno == 0) std::raise(SIGKILL);
  return -1;
}

std::string path_of(int file) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  return readlink(link.c_str(), path.data(), path.size() - 1) > 0 ? path.data() : "";
}

/// Whether this is the first write to a temporary file of Chandelier or to an event file.
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
