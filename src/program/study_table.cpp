// chandelier study table: what a study says, from its folder.

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
      : app_(study.add_subcommand("table", "What a study says: accuracies, differences with tests, runs left out.")) {
    app_->add_option("STUDY", study_, "The study's plan, a TOML file, or its folder.")->required();
    app_->add_option("--out", out_, "Folder of the study of a plan. Default: results/<name of the file>.")
        ->type_name("FOLDER");
    auto* const select =
        app_->add_option("--select", select_,
                         "The best N draws (or seeds) of each condition and epsilon instead of all, by "
                         "`test` accuracy,\nas the paper does, or soundly by `validation`.")
            ->type_name("test|validation N")
            ->expected(2);
    auto* const by_luminosity =
        app_->add_flag("--by-luminosity", by_luminosity_, "Accuracy in bins of luminosity instead.")->excludes(select);
    app_->add_flag("--all-tests", all_tests_,
                   "All tests: at each epsilon, robust and unpaired ones, divergence, edges of the search.")
        ->excludes(select)
        ->excludes(by_luminosity);
    app_->footer(
        "\nHow to read it. Every number is test accuracy after the last epoch, in % of the test images; differences\n"
        "are in percentage points. A run that diverged counts as a guess (10 % of 10 classes).\n\n"
        "  n              what is independent: draws of the hyper-parameters with their seeds averaged, or, where\n"
        "                 the study has one draw, seeds\n"
        "  IQM            interquartile mean with its bootstrap interval: the middle half, whatever the tails do\n"
        "  mean           of the paired differences, with an interval that holds for all rows of a family together;\n"
        "                 without zero in it, the difference is there\n"
        "  p, p Holm      the primary test (sign flips), alone and corrected for the number of rows: go by p Holm\n"
        "  effect         from -1 (every pair below) to 1 (every pair above)\n"
        "  shift          Hodges-Lehmann: the middle difference, which single bad runs do not move\n"
        "  U, p of U      what the paper prints: an unpaired test, with less power for paired runs\n"
        "  ~              by the normal approximation; otherwise exact\n\n"
        "A large p does not mean equal. `chandelier study compare STUDY A B` tests whether a difference is too small\n"
        "to matter. Definitions and sources: docs/statistics.md.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const int best = select_.empty() ? 0 : number_selected();
    const StudyPlace place = study_place(study_, out_);
    const std::vector<StudyResult> results = results_with_outcome(place);
    if (by_luminosity_) {
      print("{}", luminosity_table(results, [&](const StudyResult& result) {
              return predictions_of(place.folder / result.run.folder);
            }));
    } else if (!select_.empty()) {
      const SelectBy by = select_.front() == "test" ? SelectBy::test : SelectBy::validation;
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
      throw SettingError(fmt::format("--select: '{}' is neither test nor validation", select_.front()));
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
      } catch (const DataError&) {  // the table lists the run as one without a validation accuracy
      }
    return accuracies;
  }

  CLI::App* app_;
  std::string study_, out_;
  std::vector<std::string> select_;
  bool by_luminosity_ = false, all_tests_ = false;
};

}  // namespace

std::unique_ptr<Verb> study_table_verb(CLI::App& study) { return std::make_unique<StudyTableVerb>(study); }

}  // namespace chandelier
