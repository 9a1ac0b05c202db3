// What happens in every step of learning takes no memory: all room was taken when the network was made.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "plain_equations.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 1
#else
#define COUNTS_ALLOCATIONS 0
#endif

namespace {
thread_local std::int64_t allocations = 0;
}

#if COUNTS_ALLOCATIONS
extern "C" {
void* __libc_malloc(std::size_t size);  // glibc's own name of its malloc

/// Eigen and operator new end here.
void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
}
#endif

namespace chandelier {
namespace {

constexpr Index kBatch = 6;

class Allocations : public testing::Test {
 protected:
  void SetUp() override {
    if (!COUNTS_ALLOCATIONS) GTEST_SKIP() << "allocations can be counted only with glibc and without sanitizers";
    const std::int64_t before = allocations;
    const std::vector<double> standard(1000);
    const Matrix eigens(10, 10);
    ASSERT_GE(allocations, before + 2) << "they are not counted";
  }

  template <class Action>
  static std::int64_t during(Action action) {
    const std::int64_t before = allocations;
    action();
    return allocations - before;
  }

  static Matrix random(Index rows, Index cols) {
    std::mt19937 random(1);
    return plain::random_matrix(rows, cols, random, -1, 1).cast<Real>();
  }
};

TEST_F(Allocations, NoneInNormalizations) {
  constexpr Index n = 20;
  const Matrix z = random(n, kBatch), g = random(n, kBatch);
  Matrix normalized(n, kBatch);
  const MatrixView out(normalized.data(), n, kBatch);
  for (const std::string_view name : activity_norm_names()) {
    const auto activity_norm = make_activity_norm(name, n, kBatch);
    EXPECT_EQ(during([&] { activity_norm->forward(view(z)); }), 0) << name;
    for (const std::string_view error : error_norm_names())
      for (const std::string_view part : error_part_names()) {
        const auto error_norm =
            make_error_norm(error, part, {.n = n, .capacity = kBatch, .activity_norm = activity_norm.get()});
        EXPECT_EQ(during([&] { error_norm->apply(view(z), view(g), out); }), 0) << name << " " << error << " " << part;
      }
  }
}

TEST_F(Allocations, NoneInAStep) {
  constexpr Index kPixels = 30;
  const Matrix images = random(kBatch, kPixels);
  const std::vector<std::uint8_t> labels(kBatch, 1);
  Settings settings;
  settings.width = {20, 10};
  for (const std::string_view circuit : circuit_names())
    for (const std::string_view update : update_names())
      for (const double momentum : {0.0, 0.9}) {
        settings.circuit = circuit;
        settings.error_norm = "full";
        settings.update = update;
        settings.momentum = settings.momentum_inhibitory = momentum;
        Network network = initial_network(settings, kPixels, kBatch);
        Optimizer optimizer = optimizer_of(network, settings);
        const auto step = [&] {
          network.forward(view(images));
          network.backward(labels);
          optimizer.step();
        };
        step();  // the first notes what learns
        EXPECT_EQ(during(step), 0) << circuit << " " << update << " " << momentum;
      }
}

}  // namespace
}  // namespace chandelier
