// chandelier study table: prints the results of a study, from its folder.

#include "report/study_table.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "program/output.hpp"
#include "program/verbs.hpp"
#include "report/luminosity_table.hpp"
#include "report/selected_table.hpp"
#include "statistics/comparison.hpp"
#include "studies/study_place.hpp"

namespace chandelier {
namespace {

class StudyTableVerb final : public Verb {
 public:
  explicit StudyTableVerb(CLI::App& study)
      : app_(study.add_subcommand("table", "Show the results: accuracies and differences.")) {
    app_->add_option("STUDY", study_, "The plan of the study (TOML) or its folder.")->required();
    app_->add_option("--out", out_, "Folder of the study, if you name a plan.\nDefault: results/<name of the plan>.")
        ->type_name("FOLDER");
    auto* const tables = app_->add_option("--runs", tables_,
                                          "Take the runs from tables instead of the\nfolder: runs.csv of "
                                          "`chandelier export`, from\none machine or several.")
                             ->type_name("FILE.csv...");
    auto* const select =
        app_->add_option(
                "--select", select_,
                "Show only the best N draws (or seeds) of each\ncondition and epsilon: by `test` accuracy, as\n"
                "the paper does, or without bias by\n`validation` accuracy.")
            ->type_name("test|validation N")
            ->expected(2);
    auto* const by_luminosity =
        app_->add_flag("--by-luminosity", by_luminosity_, "Show accuracy in bins of luminosity instead.")
            ->excludes(select)
            ->excludes(tables);
    app_->add_flag("--all-tests", all_tests_,
                   "Show everything: each epsilon, robust and\nunpaired tests, divergence, optima at the edge\n"
                   "of the search.")
        ->excludes(select)
        ->excludes(by_luminosity);
    app_->footer(
        "\nHow to read the tables. Every number is test accuracy after the last epoch, in %\n"
        "of the test images. Differences are in percentage points. A run that diverged\n"
        "counts at chance accuracy (10 % for 10 classes).\n\n"
        "  n          independent units: draws of hyper-parameters, with the seeds of a\n"
        "             draw averaged; or seeds, if the study has a single draw\n"
        "  IQM        interquartile mean (mean of the middle half), with a bootstrap\n"
        "             interval; robust to outliers\n"
        "  mean       mean paired difference, with a simultaneous interval for all rows\n"
        "             of a family; if it excludes zero, there is a difference\n"
        "  p, p Holm  primary test (sign flips), alone and corrected for the number of\n"
        "             rows; use p Holm\n"
        "  effect     effect size, from -1 (every pair below) to 1 (every pair above)\n"
        "  shift      Hodges-Lehmann estimate, robust to single bad runs\n"
        "  U, p of U  the unpaired test that the paper reports; it has less power here\n"
        "  ~          normal approximation; exact otherwise\n\n"
        "A large p does not mean that two conditions are equal. To test if a difference\n"
        "is too small to matter, use `chandelier study compare STUDY A B`. Definitions\n"
        "and sources: docs/statistics.md.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const int best = select_.empty() ? 0 : number_selected();
    const StudyPlace place = study_place(study_, out_);
    const std::vector<StudyResult> results = results_with_outcome(place, tables_);
    if (by_luminosity_) {
      print("{}", luminosity_table(results, [&](const StudyResult& result) {
              return predictions_of(place.folder / result.run.folder);
            }));
    } else if (!select_.empty()) {
      const SelectBy by = select_.front() == "test" ? SelectBy::test : SelectBy::validation;
      if (by == SelectBy::validation && !tables_.empty())
        throw SettingError("--select validation needs the folder of the study; leave out --runs");
      print("{}",
            selected_table(results, by, best, validation_accuracies(results, place.folder, by), place.plan.compare));
    } else {
      print("{}", study_table(results, place.plan.compare, place.plan.draws,
                              all_tests_ ? Shown::all_tests : Shown::primary_test));
    }
    return static_cast<int>(ExitCode::finished);
  }

 private:
  int number_selected() const {
    if (select_.front() != "test" && select_.front() != "validation")
      throw SettingError(fmt::format("--select: '{}' is neither test nor validation; give one of them, then a number",
                                     select_.front()));
    const std::string& text = select_.back();
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 1)
      throw SettingError(fmt::format("--select: '{}' is not a whole number of at least 1", text));
    return number;
  }

  static std::vector<std::optional<double>> validation_accuracies(const std::vector<StudyResult>& results,
                                                                  const std::filesystem::path& folder, SelectBy by) {
    std::vector<std::optional<double>> accuracies(results.size());
    if (by == SelectBy::test) return accuracies;
    for (std::size_t i = 0; i < results.size(); ++i) try {
        if (results[i].status == "finished" && results[i].run.settings.validation > 0)
          accuracies[i] = metric_rows(folder / results[i].run.folder).last("validation_accuracy");
      } catch (const DataError&) {  // the table lists the run as without a validation accuracy
      }
    return accuracies;
  }

  CLI::App* app_;
  std::string study_, out_;
  std::vector<std::filesystem::path> tables_;
  std::vector<std::string> select_;
  bool by_luminosity_ = false, all_tests_ = false;
};

}  // namespace

std::unique_ptr<Verb> study_table_verb(CLI::App& study) { return std::make_unique<StudyTableVerb>(study); }

}  // namespace chandelier
