// chandelier export: writes a study as CSV tables.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "program/output.hpp"
#include "program/verbs.hpp"
#include "report/study_csv.hpp"
#include "statistics/comparison.hpp"
#include "studies/study_place.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// @throws DataError if the file exists and is not a table written by an export.
void check_replaceable(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return;
  std::ifstream file(path);
  std::string heading;
  std::getline(file, heading);
  if (!heading.starts_with("run,condition,"))
    throw DataError(fmt::format("{}: this file was not written by an export; choose another --out", path.string()));
}

class ExportVerb final : public Verb {
 public:
  explicit ExportVerb(CLI::App& app) : app_(app.add_subcommand("export", "Export a study as CSV tables.")) {
    app_->add_option("STUDY", study_,
                     "The folder of the study; or its plan, if the\nfolder is results/<name of the plan>.")
        ->required();
    app_->add_option("--out", out_, "Folder for epochs.csv and runs.csv.")->type_name("FOLDER")->required();
    app_->footer(
        "\n  epochs.csv   one row per run and epoch (epoch 0 is before training), with a\n"
        "               column for every setting and every measure\n"
        "  runs.csv     one row per run, also for missing ones: settings, status, the\n"
        "               measures of the last epoch (last_...), time, host\n\n"
        "Accuracies are fractions. Cells are empty where a run has no value. Exporting\n"
        "again replaces both tables. Use them in R, pandas or a spreadsheet.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const StudyPlace place = study_place(study_, "");
    const std::vector<StudyResult> results = results_with_outcome(place);
    create_folder(out_);
    const fs::path epochs = fs::path(out_) / "epochs.csv", runs = fs::path(out_) / "runs.csv";
    check_replaceable(epochs);
    check_replaceable(runs);
    const StudyCsv csv = study_csv(results, place.folder);
    write_atomically(epochs, csv.epochs);
    write_atomically(runs, csv.runs);
    for (const std::string& problem : csv.problems) print_error("left out of epochs.csv: {}\n", problem);
    print("{} with {} rows\n{} with {} rows ({} of the runs finished)\n", epochs.string(), rows_of(csv.epochs),
          runs.string(), rows_of(csv.runs), std::ranges::count(results, "finished", &StudyResult::status));
    return static_cast<int>(ExitCode::finished);
  }

 private:
  static std::size_t rows_of(const std::string& table) {  // line breaks within quotes are not rows
    std::size_t lines = 0;
    bool quoted = false;
    for (const char c : table) {
      quoted ^= c == '"';
      lines += c == '\n' && !quoted;
    }
    return lines - 1;
  }

  CLI::App* app_;
  std::string study_, out_;
};

}  // namespace

std::unique_ptr<Verb> export_verb(CLI::App& app) { return std::make_unique<ExportVerb>(app); }

}  // namespace chandelier
