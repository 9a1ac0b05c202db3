// chandelier evaluate: tests trained weights at other luminosities.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <optional>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/suggestion.hpp"
#include "program/output.hpp"
#include "program/setting_flags.hpp"
#include "program/verbs.hpp"
#include "training/evaluation_table.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"
#include "training/run_folder.hpp"
#include "training/run_record.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// @throws DataError if the path is a file of a run, which no table may replace.
void check_replaceable(const fs::path& path) {
  if (!fs::is_regular_file(path) || !fs::exists(path.parent_path() / "config.toml")) return;
  std::ifstream file(path);
  std::string heading;
  if (std::getline(file, heading) && heading != kEvaluationHeading)
    throw DataError(fmt::format("{}: this file belongs to a run; choose another --out", path.string()));
}

class Evaluate final : public Verb {
 public:
  explicit Evaluate(CLI::App& app) : app_(add_to(app)), flags_(*app_) {}

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    if (run_folder_.empty() && weights_.empty())
      throw SettingError("evaluate: name the folder of a run, or a file of weights with --weights");
    if (!run_folder_.empty() && !weights_.empty())
      throw SettingError("evaluate: give either the folder of a run or --weights, not both");
    if (!out_.empty()) {
      check_replaceable(out_);
      check_writable(out_);
    }
    const fs::path weights = weights_.empty() ? fs::path(run_folder_) / "weights.safetensors" : fs::path(weights_);
    const std::optional<Settings> recorded = weights_.empty() ? std::optional(settings_of_run()) : std::nullopt;
    const TensorFile tensors = read_tensors(weights);
    const Settings settings = recorded ? *recorded : flags_.settings_for(tensors);
    const std::vector<LuminosityAt> conditions = parse_luminosities(settings);

    const auto dataset = load_dataset(settings.data, settings.classes);
    if (recorded && !flags_.given().has("data")) check_same_data(run_folder_, *dataset);
    Network network = network_from(settings, tensors, weights.string(), kEvaluationBatch);
    if (network.inputs() != dataset->test.pixels_per_image())
      throw DataError(fmt::format("{}: this network takes {} inputs, but the images of {} have {} pixels",
                                  weights.string(), network.inputs(), dataset->name, dataset->test.pixels_per_image()));
    if (network.classes() < dataset->classes)
      throw DataError(fmt::format("{}: this network has {} classes, but {} has {}", weights.string(), network.classes(),
                                  dataset->name, dataset->classes));

    Batch batch(kEvaluationBatch, network.inputs());
    std::vector<EvaluationRow> rows;
    print_notes(*dataset);
    print("{} test images of {} in {}\n", dataset->test.count, dataset->name, dataset->folder.string());
    print("luminosity   value      loss   accuracy\n");
    for (const LuminosityAt& at : conditions) {
      const Evaluation result = evaluate_at(at, network, dataset, settings, batch);
      rows.push_back({at, result});
      print("{:<10} {:>7.3f}  {:>8.4f}  {:>7.2f} %\n", at.luminosity, at.value, result.loss, 100 * result.accuracy);
    }
    if (!out_.empty()) write_atomically(out_, evaluation_table(rows));
    return 0;
  }

 private:
  /// The command with its own flags. The flags of the settings follow them in the help.
  CLI::App* add_to(CLI::App& app) {
    CLI::App* const verb = app.add_subcommand("evaluate", "Test a trained network at other luminosities.");
    const char* const group = "What is evaluated";
    verb->add_option("RUN", run_folder_, "Folder of a finished run, whose settings are\nused.")->group(group);
    verb->add_option("--weights", weights_,
                     "A file of weights instead of a run. Use flags\nfor what its metadata does not contain.")
        ->type_name("W.safetensors")
        ->group(group);
    verb->add_option("--luminosities", luminosities_,
                     "Comma-separated list of MODEL:VALUE. VALUE is\nthe shift for `fixed`, and epsilon for other\n"
                     "models. A number alone is a fixed shift.\nDefault: what the run was trained with.")
        ->type_name("LIST")
        ->group(group);
    verb->add_option(
            "--out", out_,
            "Write a table to this file, with the columns\nluminosity,value,loss,accuracy.\nDefault: only printed.")
        ->type_name("F.csv")
        ->group(group);
    verb->footer(
        "\nExample:  chandelier evaluate results/first \\\n"
        "            --luminosities -0.5,-0.25,0,0.25,0.5,uniform:0.75 --out shift.csv");
    return verb;
  }

  Settings settings_of_run() const {
    if (flags_.config())
      throw SettingError(
          "evaluate: --config goes with --weights; a run has its own settings, which other flags override");
    if (!fs::is_directory(run_folder_))
      throw DataError(fmt::format("{}: no such run folder; give a file of weights with --weights", run_folder_));
    Settings settings = recorded_settings(run_folder_, flags_.given());
    // If a finished run was resumed to train for longer, its weights may be those of fewer epochs.
    const std::string status = read_record(run_folder_).status;
    if (status != "finished")
      throw DataError(fmt::format("{}: this run has not finished; its status is '{}'", run_folder_, status));
    return settings;
  }

  std::vector<LuminosityAt> parse_luminosities(const Settings& settings) const {
    if (luminosities_.empty())
      return {{settings.luminosity, settings.luminosity == "fixed" ? settings.shift : settings.epsilon}};
    std::string list = luminosities_;
    std::erase(list, ' ');
    std::vector<LuminosityAt> conditions;
    for (const std::string& item : items_of(list)) conditions.push_back(read_luminosity(item, "--luminosities"));
    return conditions;
  }

  std::string run_folder_, weights_, luminosities_, out_;
  CLI::App* app_;
  SettingFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> evaluate_verb(CLI::App& app) { return std::make_unique<Evaluate>(app); }

}  // namespace chandelier
