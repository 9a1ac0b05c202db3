#include "kernels/bf16.hpp"

#if defined(__x86_64__) && defined(__linux__) && !defined(CHANDELIER_DOUBLE)

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernels/bf16_tiles.hpp"

#define CHANDELIER_AMX __attribute__((target("amx-tile,amx-bf16")))

namespace chandelier {
namespace {

/// What the instruction LDTILECFG reads: every tile has 16 rows of 64 bytes.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes_of_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfiguration) == 64);
constexpr TileConfiguration kConfiguration{};

/// Tiles 0 to 3: sums, row by row. 4 and 5: A. 6 and 7: B. An instruction names its tiles by literals.
struct AmxTiles {
  /// Tiles belong to a thread.
  CHANDELIER_AMX static void begin() { _tile_loadconfig(&kConfiguration); }
  CHANDELIER_AMX static void end() { _tile_release(); }
  CHANDELIER_AMX static void clear() {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  template <int row>
  CHANDELIER_AMX static void load_a(const Pair* A, Index stride) {
    if constexpr (row == 0)
      _tile_loadd(4, A, stride * 4);
    else
      _tile_loadd(5, A, stride * 4);
  }
  template <int column>
  CHANDELIER_AMX static void load_b(const Pair* B, Index stride) {
    if constexpr (column == 0)
      _tile_loadd(6, B, stride * 4);
    else
      _tile_loadd(7, B, stride * 4);
  }
  template <int row, int column>
  CHANDELIER_AMX static void multiply() {
    if constexpr (row == 0 && column == 0)
      _tile_dpbf16ps(0, 4, 6);
    else if constexpr (row == 0)
      _tile_dpbf16ps(1, 4, 7);
    else if constexpr (column == 0)
      _tile_dpbf16ps(2, 5, 6);
    else
      _tile_dpbf16ps(3, 5, 7);
  }
  CHANDELIER_AMX static void store(TileSums& sums) {
    constexpr Index kBytes = TileSums::kSide * 4;
    _tile_stored(0, sums.at, kBytes);
    _tile_stored(1, sums.at + kPairBlock, kBytes);
    _tile_stored(2, sums.at + kPairBlock * TileSums::kSide, kBytes);
    _tile_stored(3, sums.at + kPairBlock * TileSums::kSide + kPairBlock, kBytes);
  }
};

CHANDELIER_AMX void multiply(const PairProduct& product) { multiply_in_tiles<AmxTiles>(product); }

/// Empty where tiles may be used. The kernel of the operating system gives them only to those who ask for their room.
const char* reason() {
  unsigned int a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned int kAmxBf16 = 1U << 22U, kAmxTile = 1U << 24U;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kAmxBf16) == 0 || (d & kAmxTile) == 0 ||
      avx512_pair_kernels() == nullptr)
    return "this CPU has no AMX";
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM of <asm/prctl.h>
  if (syscall(SYS_arch_prctl, kRequestPermission, kTileData) != 0) return "this operating system gives no AMX";
  return "";
}

}  // namespace

const char* why_no_amx() {
  static const char* const why = reason();
  return why;
}

const PairKernels* amx_pair_kernels() {
  if (*why_no_amx() != '\0') return nullptr;
  static const PairKernels kernels{.name = "AMX",
                                   .rows = TileSums::kSide,
                                   .round_rows = avx512_pair_kernels()->round_rows,
                                   .round_columns = avx512_pair_kernels()->round_columns,
                                   .multiply = multiply,
                                   .begin = AmxTiles::begin,
                                   .end = AmxTiles::end};
  return &kernels;
}

}  // namespace chandelier

#else

namespace chandelier {

const char* why_no_amx() { return "this CPU has no AMX"; }
const PairKernels* amx_pair_kernels() { return nullptr; }

}  // namespace chandelier

#endif
