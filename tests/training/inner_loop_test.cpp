// A training step allocates no memory, takes no lock and makes no system call: all buffers are allocated when the
// network is made.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "data/stored_images.hpp"
#include "luminosity/jittered_images.hpp"
#include "plain_equations.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_CALLS 1
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#else
#define COUNTS_CALLS 0
#endif

namespace {
[[maybe_unused]] thread_local std::int64_t allocations = 0, locks = 0;
}

#if COUNTS_CALLS
extern "C" {
// glibc's internal names of its functions
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  ++allocations;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  ++allocations;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  static const auto lock = reinterpret_cast<int (*)(pthread_mutex_t*)>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  ++locks;
  return lock(mutex);
}
}
#endif

namespace chandelier {
namespace {

constexpr Index kBatch = 6;

class InnerLoop : public testing::Test {
 protected:
  void SetUp() override {
    if (!COUNTS_CALLS) GTEST_SKIP() << "calls can be counted only with glibc and without sanitizers";
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

  /// Counts those of a training step after the first one, which collects what learns.
  static std::int64_t during_a_step(const Settings& settings) {
    constexpr Index kPixels = 30;
    const Matrix images = random(kBatch, kPixels);
    const std::vector<std::uint8_t> labels(kBatch, 1);
    Network network = initial_network(settings, kPixels, kBatch);
    Optimizer optimizer = optimizer_of(network, settings);
    const auto step = [&] {
      network.forward(view(images));
      network.backward(labels);
      optimizer.step();
    };
    step();
    return during(step);
  }
};

TEST_F(InnerLoop, NormalizationsTakeNoMemory) {
  constexpr Index n = 20;
  const Matrix z = random(n, kBatch), g = random(n, kBatch);
  Matrix normalized(n, kBatch);
  const MatrixView out(normalized.data(), n, kBatch);
  for (const std::string_view name : activity_norm_names()) {
    const auto activity_norm = make_activity_norm(name, n, kBatch);
    EXPECT_EQ(during([&] { activity_norm->forward(view(z)); }), 0) << name;
    for (const std::string_view error : error_norm_names())
      for (const std::string_view part : error_part_names()) {
        const auto error_norm = make_error_norm({.error_norm = std::string(error), .error_part = std::string(part)},
                                                {.n = n, .capacity = kBatch, .activity_norm = activity_norm.get()});
        EXPECT_EQ(during([&] { error_norm->apply(view(z), view(g), out); }), 0) << name << " " << error << " " << part;
      }
  }
}

TEST_F(InnerLoop, NoStepTakesMemory) {
  Settings settings;
  settings.width = {20, 10};
  for (const std::string_view circuit : circuit_names())
    for (const std::string_view update : update_names())
      for (const double momentum : {0.0, 0.9}) {
        settings.circuit = circuit;
        settings.error_norm = "full";
        settings.update = update;
        settings.momentum = settings.momentum_inhibitory = momentum;
        EXPECT_EQ(during_a_step(settings), 0) << circuit << " " << update << " " << momentum;
      }
}

TEST_F(InnerLoop, NoStepOfRulesThatLearnTakesMemory) {
  Settings settings;
  settings.width = {20, 10};
  settings.error_norm = "dendritic-burst";
  settings.error_interneurons = 3;
  for (const std::string_view acts_on : error_acts_on_names())
    for (const std::string_view feedback : feedback_names())
      for (const std::string_view route : error_route_names()) {
        if (feedback != "symmetric" && route != "excitatory") continue;
        settings.error_acts_on = acts_on;
        settings.feedback = feedback;
        settings.error_route = route;
        EXPECT_EQ(during_a_step(settings), 0) << acts_on << " " << feedback << " " << route;
      }
}

/// Complete steps at realistic sizes: reading and jittering images, forward, backward, update.
class Steps {
 public:
  Steps(const std::string& circuit, const std::vector<int>& width, double momentum = 0) {
    Settings settings;
    settings.circuit = circuit;
    settings.error_norm = "full";
    settings.width = width;
    settings.momentum = settings.momentum_inhibitory = momentum;
    auto images = std::make_shared<ImageSet>();
    *images = {
        .count = 64, .rows = 28, .columns = 28, .pixels = {}, .labels = {}, .images_sha256 = {}, .labels_sha256 = {}};
    images->pixels.assign(64 * 784, 100);
    images->labels.assign(64, 3);
    source_ = std::make_unique<JitteredImages>(std::make_shared<StoredImages>(images),
                                               make_luminosity({.luminosity = "uniform", .epsilon = 0.75}), 0,
                                               Purpose::train_luminosity);
    network_ = std::make_unique<Network>(initial_network(settings, 784, 32));
    optimizer_ = std::make_unique<Optimizer>(optimizer_of(*network_, settings));
    std::iota(which_.begin(), which_.end(), 5U);
    step();  // the first step collects what learns, and libraries may initialize themselves
  }

  void step() {
    source_->read(which_, 1, batch_);
    network_->forward(std::as_const(batch_).images());
    network_->backward(batch_.labels());
    optimizer_->step();
  }

 private:
  std::unique_ptr<JitteredImages> source_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Optimizer> optimizer_;
  Batch batch_{32, 784};
  std::vector<std::uint32_t> which_ = std::vector<std::uint32_t>(32);
};

#if COUNTS_CALLS

TEST_F(InnerLoop, NoStepTakesALock) {
  for (const std::string_view circuit : circuit_names())
    for (const std::vector<int>& width : {std::vector{100, 60}, {37, 234}}) {
      Steps steps{std::string(circuit), width};
      const std::int64_t allocations_before = allocations, locks_before = locks;
      steps.step();
      const std::int64_t allocations_of_a_step = allocations - allocations_before;
      const std::int64_t locks_of_a_step = locks - locks_before;
      EXPECT_EQ(allocations_of_a_step, 0) << circuit << " " << width[0];
      EXPECT_EQ(locks_of_a_step, 0) << circuit << " " << width[0];
    }

  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  const std::int64_t locks_before_one = locks;
  pthread_mutex_lock(&mutex);
  const std::int64_t locks_of_one = locks - locks_before_one;
  pthread_mutex_unlock(&mutex);
  EXPECT_EQ(locks_of_one, 1) << "they are not counted";
}

/// Runs an action in a process that is killed by SIGSYS at its first system call. @returns how it ended.
template <class Action>
int status_without_system_calls(Action action) {
  const pid_t process = fork();
  if (process == 0) {
    // The process may only exit.
    sock_filter rules[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
    const sock_fprog filter{.len = std::size(rules), .filter = rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
      _exit(77);
    action();
    _exit(0);
  }
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

TEST_F(InnerLoop, NoStepCallsTheSystem) {
  for (const std::string_view circuit : circuit_names())
    for (const std::vector<int>& width : {std::vector{100, 60}, {234, 37}})
      for (const double momentum : {0.0, 0.9}) {
        Steps steps{std::string(circuit), width, momentum};
        const int status = status_without_system_calls([&] {
          for (int i = 0; i < 20; ++i) steps.step();
        });
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "this system does not filter system calls";
        EXPECT_TRUE(WIFEXITED(status)) << circuit << " " << width[0] << " " << momentum << ": ended by signal "
                                       << WTERMSIG(status);
      }
  const int guarded = status_without_system_calls([] { getppid(); });
  EXPECT_TRUE(WIFSIGNALED(guarded) && WTERMSIG(guarded) == SIGSYS) << "they are not noticed";
}

#endif

}  // namespace
}  // namespace chandelier
