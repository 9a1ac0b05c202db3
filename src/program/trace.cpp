// chandelier trace: trains some steps from given weights on given batches and records everything inside them.

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
  /// The command with its own flags. The flags of the settings follow them in the help.
  CLI::App* add_to(CLI::App& app) {
    CLI::App* const verb = app.add_subcommand("trace", "Record everything inside some training steps.");
    const char* const group = "What is traced";
    verb->add_option("--weights", weights_, "Initial weights (safetensors). Layer sizes are\nread from them.")
        ->type_name("W.safetensors")
        ->required()
        ->group(group);
    verb->add_option("--batches", batches_,
                     "`images` F32 [steps*batch x pixels], already\njittered, and `labels` I64; all steps in\norder.")
        ->type_name("B.safetensors")
        ->required()
        ->group(group);
    verb->add_option("--out", out_, "File to write the trace to.")
        ->type_name("T.safetensors")
        ->required()
        ->group(group);
    verb->add_option("--steps", steps_, "Steps to train. Default: as many as there are\nbatches.")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000).description(""))
        ->group(group);
    verb->footer(
        "\nFor every step s, the trace contains step<s>.loss and step<s>.logits; for each\n"
        "hidden layer step<s>.hidden0.{excitation,inhibition,divisor,pre_z,z,activity,\n"
        "error,delta,homeostatic_loss,layer_norm_distance,output_alignment,\n"
        "gradient_alignment}; the gradients step<s>.<layer>.gradient.<parameter>; and,\n"
        "after the last step, the weights. The flags of luminosity, data and\n"
        "initialization have no effect here.");
    return verb;
  }

  Index check_shapes(const Matrix& images, const std::vector<std::int64_t>& labels, int batch) const {
    if (static_cast<std::size_t>(images.rows()) != labels.size())
      throw DataError(fmt::format("{}: {} images but {} labels", batches_, images.rows(), labels.size()));
    if (images.rows() % batch != 0)
      throw DataError(
          fmt::format("{}: {} images cannot be split into batches of {}; set --batch", batches_, images.rows(), batch));
    const Index available = images.rows() / batch;
    if (steps_ > available)
      throw SettingError(fmt::format("--steps: {} steps requested, but {} contains {} batches of {}", steps_, batches_,
                                     available, batch));
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
