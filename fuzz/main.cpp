// What libFuzzer calls: chandelier_fuzz --target=NAME CORPUS or --target=NAME REPRODUCER. It takes no notice of flags
// that begin with two dashes.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "targets.hpp"

namespace {

const chandelier::fuzz::Target* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view flag = "--target=";
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument = (*argv)[i];
    for (const auto& target : chandelier::fuzz::kTargets)
      if (argument.starts_with(flag) && argument.substr(flag.size()) == target.name) chosen = &target;
  }
  if (chosen) return 0;
  std::fputs("chandelier_fuzz: give --target=NAME, one of", stderr);
  for (const auto& target : chandelier::fuzz::kTargets) std::fprintf(stderr, " %s", target.name.data());
  std::fputs("\n", stderr);
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chandelier::fuzz::answer(*chosen, {reinterpret_cast<const char*>(data), size});
  return 0;
}
