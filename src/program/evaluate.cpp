// chandelier evaluate: trained weights on test images under other luminosities.

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

/// @throws DataError where a run's own file stands, which no table may replace.
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
    if (run_folder_.empty() == weights_.empty())
      throw SettingError("evaluate: name either the folder of a run or --weights, one of the two");
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
      throw DataError(fmt::format("{}: this network tells {} classes apart, but {} has {}", weights.string(),
                                  network.classes(), dataset->name, dataset->classes));

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
  /// The verb with its own flags; those of the settings come after them in its help.
  CLI::App* add_to(CLI::App& app) {
    CLI::App* const verb =
        app.add_subcommand("evaluate", "Evaluates trained weights on the test images under other luminosities.");
    const char* const group = "What is evaluated";
    verb->add_option("RUN", run_folder_, "Folder of a finished run; its settings are taken from there.")->group(group);
    verb->add_option("--weights", weights_, "A file of weights instead; flags say what its metadata does not.")
        ->type_name("W.safetensors")
        ->group(group);
    verb->add_option(
            "--luminosities", luminosities_,
            "Comma-separated MODEL:VALUE, where the value is the shift of `fixed` and\nepsilon of `uniform`, `gain` "
            "and `contrast`; a number alone is a fixed shift.\nDefault: what the run was trained with.")
        ->type_name("LIST")
        ->group(group);
    verb->add_option("--out", out_, "A table with the columns luminosity,value,loss,accuracy. Default: only printed.")
        ->type_name("F.csv")
        ->group(group);
    verb->footer(
        "\nExample:  chandelier evaluate results/first --luminosities -0.5,-0.25,0,0.25,0.5,uniform:0.75 --out "
        "shift.csv");
    return verb;
  }

  Settings settings_of_run() const {
    if (flags_.config())
      throw SettingError(
          "evaluate: --config goes with --weights; the settings of a run are its own, and other flags win over them");
    if (!fs::is_directory(run_folder_))
      throw DataError(fmt::format("{}: there is no such run folder; a file of weights goes to --weights", run_folder_));
    Settings settings = recorded_settings(run_folder_, flags_.given());
    // Weights may be there and belong to fewer epochs, where a finished run was resumed to do more.
    const std::string status = read_record(run_folder_).status;
    if (status != "finished")
      throw DataError(fmt::format("{}: this run has not finished, for its status is '{}'", run_folder_, status));
    return settings;
  }

  std::vector<LuminosityAt> parse_luminosities(const Settings& settings) const {
    if (luminosities_.empty())
      return {{settings.luminosity, settings.luminosity == "fixed" ? settings.shift : settings.epsilon}};
    std::string list = luminosities_;
    std::erase(list, ' ');
    std::vector<LuminosityAt> conditions;
    for (std::size_t start = 0; start <= list.size();) {
      const std::size_t end = std::min(list.find(',', start), list.size());
      const std::string item = list.substr(start, end - start);
      const std::size_t colon = item.find(':');
      const auto names = luminosity_names();
      if (colon == std::string::npos && std::find(names.begin(), names.end(), item) != names.end())
        throw SettingError(fmt::format("--luminosities: {} needs a value, as {}:0.5", item, item));
      const std::string model = colon == std::string::npos ? "fixed" : item.substr(0, colon);
      const std::string number = colon == std::string::npos ? item : item.substr(colon + 1);
      if (std::find(names.begin(), names.end(), model) == names.end())
        throw SettingError(
            fmt::format("--luminosities: '{}' is not a model of luminosity{}", model, did_you_mean(model, names)));
      const Setting& setting = *find_setting(model == "fixed" ? "shift" : "epsilon");
      const SettingValue value = value_from_text(setting, number, fmt::format("--luminosities, {}", model));
      conditions.push_back({model, std::get<double>(value)});
      start = end + 1;
    }
    return conditions;
  }

  std::string run_folder_, weights_, luminosities_, out_;
  CLI::App* app_;
  SettingFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> evaluate_verb(CLI::App& app) { return std::make_unique<Evaluate>(app); }

}  // namespace chandelier
