// The benchmarks. README.md beside this file states the question that each answers.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "base/error.hpp"
#include "cpu_clock.hpp"
#include "fma_peak.hpp"
#include "kernels/products_fp32.hpp"
#include "products_of_a_step.hpp"
#include "results.hpp"
#include "several_processes.hpp"
#include "training.hpp"
#include "training/run_training.hpp"

extern char** environ;

namespace chandelier::bench {
namespace {

namespace fs = std::filesystem;
using Clock = CpuClock;

double seconds_since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

const std::shared_ptr<const Dataset>& images() {
  static const std::shared_ptr<const Dataset> dataset = load_dataset("", 10);
  return dataset;
}

/// A folder for what a run writes, gone with this object.
class ScratchFolder {
 public:
  ScratchFolder() : path_((fs::temp_directory_path() / "chandelier-bench-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder for scratch files");
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const char* name) const { return fs::path(path_) / name; }

 private:
  std::string path_;
};

/// Times `work` and holds its operations against the peak of the core, measured before and after.
template <class Work>
void against_the_peak(benchmark::State& state, double operations, Work work) {
  work();
  const double before = fma_peak();
  const auto began = Clock::now();
  for (auto _ : state) work();
  const double seconds = seconds_since(began) / static_cast<double>(state.iterations());
  const double peak = (before + fma_peak()) / 2;
  state.counters["s"] = seconds;
  state.counters["flops"] = operations / seconds;
  state.counters["peak"] = peak;
  state.counters["of_peak"] = operations / seconds / peak;
}

void step(benchmark::State& state, const std::string& condition, int width, const std::string& precision) {
  const Settings settings = settings_of(condition, width, precision);
  Training training(images(), settings);
  training.step();
  against_the_peak(state, operations_of(training.network(), settings.batch).step(), [&] { training.step(); });
}

void evaluation(benchmark::State& state, const std::string& condition, int width, const std::string& precision) {
  Training training(images(), settings_of(condition, width, precision));
  const auto count = static_cast<double>(training.test_images());
  against_the_peak(state, count * operations_of(training.network(), 1).forward, [&] { training.evaluate(); });
  state.counters["images_per_s"] = count / state.counters["s"];
}

/// The time from the end of one epoch to the end of the next, all that a run does in between.
class EpochTimes final : public RunObserver {
 public:
  void on_epoch(int, const Evaluation&, const Evaluation&) override { ends_.push_back(Clock::now()); }
  double of_the_last() const { return std::chrono::duration<double>(ends_.back() - ends_[ends_.size() - 2]).count(); }

 private:
  std::vector<Clock::time_point> ends_;
};

void epoch(benchmark::State& state, const std::string& condition, int width, const std::string& precision) {
  Settings settings = settings_of(condition, width, precision);
  settings.epochs = 1;
  Training training(images(), settings);
  training.step();
  const Operations a_batch = operations_of(training.network(), settings.batch);
  const auto trained = static_cast<double>(images()->train.count), tested = static_cast<double>(images()->test.count);
  const double operations = (trained * a_batch.step() + (trained + tested) * a_batch.forward) / settings.batch;
  for (auto _ : state) {
    const ScratchFolder scratch;
    EpochTimes times;
    const double before = fma_peak();
    run_training(settings, images(), scratch / "run", false, StopRequest{0}, times);
    const double peak = (before + fma_peak()) / 2;
    state.SetIterationTime(times.of_the_last());
    state.counters["s"] = times.of_the_last();
    state.counters["peak"] = peak;
    state.counters["of_peak"] = operations / times.of_the_last() / peak;
  }
}

/// What a run of five epochs does beside its steps and evaluations: start, measures, files. Steps and evaluations are
/// timed alone, before and after.
void overhead(benchmark::State& state, const std::string& condition, int width) {
  constexpr int kSteps = 1000, kEpochs = 5;
  Settings settings = settings_of(condition, width);
  settings.epochs = kEpochs;
  Training training(images(), settings);
  const double a_set =
      static_cast<double>(images()->train.count + images()->test.count) / static_cast<double>(training.test_images());
  const auto steps_of_epoch = static_cast<double>((images()->train.count + settings.batch - 1) / settings.batch);
  const auto seconds_of_work = [&] {
    auto began = Clock::now();
    for (int i = 0; i < kSteps; ++i) training.step();
    const double step = seconds_since(began) / kSteps;
    began = Clock::now();
    training.evaluate();
    const double evaluation = seconds_since(began) * a_set;
    return kEpochs * steps_of_epoch * step + (kEpochs + 1) * evaluation;  // the first is before training
  };
  seconds_of_work();
  for (auto _ : state) {
    const ScratchFolder scratch;
    EpochTimes times;
    const double before = seconds_of_work();
    const auto began = Clock::now();
    run_training(settings, images(), scratch / "run", false, StopRequest{0}, times);
    const double seconds = seconds_since(began);
    state.counters["s"] = seconds;
    state.counters["share"] = 1 - (before + seconds_of_work()) / 2 / seconds;
  }
}

void parts(benchmark::State& state, const std::string& condition, int width, const std::string& precision) {
  const Settings settings = settings_of(condition, width, precision);
  Training training(images(), settings);
  training.step();
  ProductsOfAStep products(training.network(), settings.batch);
  Network& network = training.network();
  Circuit& readout = network.circuit(network.layers() - 1);
  Matrix below(readout.size().k, settings.batch);
  double read = 0, up = 0, down = 0, update = 0, products_up = 0, products_down = 0, products_of_update = 0, top = 0;
  const auto timed = [](double& sum, auto&& work) {
    const auto began = Clock::now();
    work();
    sum += seconds_since(began);
  };
  for (auto _ : state) {
    timed(read, [&] { training.read(); });
    timed(up, [&] { training.forward(); });
    timed(down, [&] { training.backward(); });
    // The readout once more, alone.
    timed(top, [&] {
      readout.forward(network.input(network.layers() - 1));
      network.loss(training.batch().labels());
      readout.backward(network.input(network.layers() - 1));
      readout.error_below({below.data(), below.rows(), below.cols()});
    });
    timed(update, [&] { training.update(); });
    timed(products_up, [&] { products.forward(); });
    timed(products_down, [&] { products.backward(); });
    timed(products_of_update, [&] { products.update(); });
  }
  const auto steps = static_cast<double>(state.iterations());
  state.counters["step_s"] = (read + up + down + update) / steps;
  state.counters["products_s"] = (products_up + products_down + products_of_update) / steps;
  state.counters["updates_s"] = (update - products_of_update) / steps;
  state.counters["passes_s"] = (up + down - products_up - products_down - top) / steps;
  state.counters["readout_s"] = top / steps;
  state.counters["images_s"] = read / steps;
}

/// Largest resident memory of `chandelier train` over a whole epoch, as the operating system counts it.
void memory(benchmark::State& state, const std::string& condition, int width) {
  for (auto _ : state) {
    const ScratchFolder scratch;
    std::vector<std::string> arguments{
        CHANDELIER_PROGRAM,    "train",    "--condition", condition, "--width",
        std::to_string(width), "--epochs", "1",           "--out",   (scratch / "run").string()};
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t quietly;
    posix_spawn_file_actions_init(&quietly);
    posix_spawn_file_actions_addopen(&quietly, STDOUT_FILENO, "/dev/null", 1, 0);
    pid_t process = 0;
    const int error = posix_spawn(&process, CHANDELIER_PROGRAM, &quietly, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&quietly);
    if (error != 0) throw std::runtime_error("cannot run " CHANDELIER_PROGRAM);
    int status = 0;
    rusage usage{};
    wait4(process, &status, 0, &usage);
    if (status != 0) throw std::runtime_error("the run of the benchmark failed");
    state.counters["MB"] = static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
  }
}

/// Trainings on all cores against one alone, and the same of loops of multiply-adds, in turns.
void processes(benchmark::State& state) {
  const int cores = static_cast<int>(std::max(2U, std::thread::hardware_concurrency()));
  const Prepare training = [] {
    auto one = std::make_shared<Training>(images(), settings_of("inorm-full", 234));
    return [one] { one->step(); };
  };
  const Prepare loop = [] { return [] { multiply_adds(); }; };
  struct Throughput {
    double one, all;
  };
  const auto throughput = [&](const Prepare& work) {
    const double before = repetitions_a_second(1, 1.5, work);
    const double all = repetitions_a_second(cores, 1.5, work);
    return Throughput{(before + repetitions_a_second(1, 1.5, work)) / 2, all};
  };
  for (auto _ : state) {
    const Throughput steps = throughput(training), loops = throughput(loop);
    state.counters["processes"] = cores;
    state.counters["steps_of_one"] = steps.one;
    state.counters["steps_of_all"] = steps.all;
    state.counters["step_ratio"] = steps.all / steps.one;
    state.counters["fma_ratio"] = loops.all / loops.one;
  }
}

/// Prints the median of each benchmark as it comes and keeps every repetition for the summary.
class Reporter final : public benchmark::ConsoleReporter {
 public:
  explicit Reporter(Results& results) : ConsoleReporter(OO_None), results_(results) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      if (run.run_type == Run::RT_Iteration)
        for (const auto& [quantity, counter] : run.counters)
          results_.add(run.run_name.function_name, quantity, counter);
    std::vector<Run> shown;
    std::copy_if(runs.begin(), runs.end(), std::back_inserter(shown),
                 [&](const Run& run) { return runs.size() == 1 || run.aggregate_name == "median"; });
    ConsoleReporter::ReportRuns(shown);
  }

 private:
  Results& results_;
};

void register_all() {
  const auto add = [](const std::string& what, auto function, const std::string& condition, int width, auto... more) {
    return benchmark::RegisterBenchmark(name_of(what, condition, width).c_str(), function, condition, width, more...)
        ->Unit(benchmark::kMillisecond);
  };
  const auto add_parts_of_training = [&](const std::string& condition, int width, const std::string& precision) {
    const std::string suffix = suffix_of(precision);
    add("step" + suffix, step, condition, width, precision)->UseRealTime()->Repetitions(7);
    add("epoch" + suffix, epoch, condition, width, precision)->UseManualTime()->Iterations(1)->Repetitions(3);
    add("evaluation" + suffix, evaluation, condition, width, precision)->UseRealTime()->Repetitions(3);
    add("parts" + suffix, parts, condition, width, precision)->UseRealTime()->Repetitions(3);
  };
  for (const std::string& condition : kConditions)
    for (const int width : kWidths) add_parts_of_training(condition, width, "fp32");
  for (const int width : kWidths) add_parts_of_training("inorm-full", width, "bf16");
  add("overhead", overhead, "inorm-full", 100)->UseRealTime()->Iterations(1)->Repetitions(3);
  add("memory", memory, "inorm-full", 500)->UseRealTime()->Iterations(1);
  benchmark::RegisterBenchmark("processes", processes)->UseRealTime()->Iterations(1)->Repetitions(3);
}

}  // namespace
}  // namespace chandelier::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    fmt::print("Target: {}\n", chandelier::target());
    chandelier::bench::register_all();
    chandelier::bench::Results results;
    chandelier::bench::Reporter reporter(results);
    benchmark::RunSpecifiedBenchmarks(&reporter);
    fmt::print("{}", chandelier::bench::summary(results));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    return 1;
  }
}
