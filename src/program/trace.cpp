// chandelier trace: some steps from given weights on given batches, with everything that happened inside.

#include "training/trace.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "program/output.hpp"
#include "program/setting_flags.hpp"
#include "program/verbs.hpp"
#include "training/network_builder.hpp"

namespace chandelier {
namespace {

class Trace final : public Verb {
 public:
  explicit Trace(CLI::App& app) : app_(add_to(app)), flags_(*app_) {}

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    check_writable(out_);
    const TensorFile weights = read_tensors(weights_);
    const Settings settings = flags_.settings_for(weights);
    const TensorFile batches = read_tensors(batches_);
    const Matrix images = matrix_from(batches, "images", batches_);
    const std::vector<std::int64_t> given_labels = integers_from(batches, "labels", batches_);
    const Index steps = check_shapes(images, given_labels, settings.batch);
    Network network = network_from(settings, weights, weights_, settings.batch);
    if (images.cols() != network.inputs())
      throw DataError(fmt::format("{}: the images have {} pixels, but {} takes {} inputs", batches_, images.cols(),
                                  weights_, network.inputs()));
    const std::vector<std::uint8_t> labels = checked_labels(given_labels, network.classes());
    Optimizer optimizer = optimizer_of(network, settings);
    TensorFile trace = chandelier::trace(network, optimizer, view(images), labels, settings.batch, steps);
    trace.metadata = weights_of(network, settings).metadata;
    write_tensors(out_, trace);
    print("{}: {} steps, {} tensors\n", out_, steps, trace.tensors.size());
    return 0;
  }

 private:
  /// The verb with its own flags; those of the settings come after them in its help.
  CLI::App* add_to(CLI::App& app) {
    CLI::App* const verb = app.add_subcommand("trace", "Records everything inside some steps of learning.");
    const char* const group = "What is traced";
    verb->add_option("--weights", weights_, "Weights to start from, safetensors; sizes are read off them.")
        ->type_name("W.safetensors")
        ->required()
        ->group(group);
    verb->add_option("--batches", batches_,
                     "`images` F32 [steps*batch x pixels], already jittered, and `labels` I64, all\nsteps in order.")
        ->type_name("B.safetensors")
        ->required()
        ->group(group);
    verb->add_option("--out", out_, "Where the trace goes.")->type_name("T.safetensors")->required()->group(group);
    verb->add_option("--steps", steps_, "Steps of learning. Default: as many as there are batches.")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000).description(""))
        ->group(group);
    verb->footer(
        "\nFor every step s the trace holds step<s>.loss, step<s>.logits, for each hidden layer\n"
        "step<s>.hidden0.{excitation,inhibition,divisor,pre_z,z,activity,error,delta,homeostatic_loss,\n"
        "layer_norm_distance,output_alignment,gradient_alignment}, the gradients "
        "step<s>.<layer>.gradient.<parameter>,\n"
        "and at the end the weights. The flags of luminosity, data and initialization do not matter here.");
    return verb;
  }

  Index check_shapes(const Matrix& images, const std::vector<std::int64_t>& labels, int batch) const {
    if (static_cast<std::size_t>(images.rows()) != labels.size())
      throw DataError(fmt::format("{}: {} images but {} labels", batches_, images.rows(), labels.size()));
    if (images.rows() % batch != 0)
      throw DataError(
          fmt::format("{}: {} images do not divide into batches of {}; set --batch", batches_, images.rows(), batch));
    const Index available = images.rows() / batch;
    if (steps_ > available)
      throw SettingError(fmt::format("--steps: {} steps were asked for, but {} holds {} batches of {}", steps_,
                                     batches_, available, batch));
    return steps_ > 0 ? steps_ : available;
  }

  std::vector<std::uint8_t> checked_labels(const std::vector<std::int64_t>& given, Index classes) const {
    std::vector<std::uint8_t> labels;
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (given[i] < 0 || given[i] >= classes || given[i] > 255)
        throw DataError(
            fmt::format("{}: label {} at position {} is not one of {} classes", batches_, given[i], i, classes));
      labels.push_back(static_cast<std::uint8_t>(given[i]));
    }
    return labels;
  }

  std::string weights_, batches_, out_;
  Index steps_ = 0;
  CLI::App* app_;
  SettingFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> trace_verb(CLI::App& app) { return std::make_unique<Trace>(app); }

}  // namespace chandelier
