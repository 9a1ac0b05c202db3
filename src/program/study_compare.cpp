// chandelier study compare: two conditions of a study.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "program/output.hpp"
#include "program/verbs.hpp"
#include "report/condition_comparison.hpp"
#include "studies/study_place.hpp"

namespace chandelier {
namespace {

constexpr double kLargestMargin = 0.1;

class StudyCompareVerb final : public Verb {
 public:
  explicit StudyCompareVerb(CLI::App& study)
      : app_(study.add_subcommand("compare", "Two conditions of a study: different, or too close to matter?")) {
    app_->add_option("STUDY", study_, "The study's plan, a TOML file, or its folder.")->required();
    app_->add_option("A", first_, "A condition of the study.")->required();
    app_->add_option("B", second_, "The condition that A is held against.")->required();
    app_->add_option("--margin", margin_,
                     fmt::format("A smaller difference in test accuracy does not matter, as a fraction of the test "
                                 "images, at most {}.\nChoose it before you see results. Default: {}, 0.5 percentage "
                                 "points.",
                                 kLargestMargin, margin_))
        ->type_name("X");
    app_->add_option("--out", out_, "Folder of the study of a plan. Default: results/<name of the file>.")
        ->type_name("FOLDER");
    app_->footer(
        "\nDifferences are A minus B. \"No difference\" is said only where two one-sided tests show that it lies\n"
        "within the margin. How to read the columns: `chandelier study table --help`.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const double margin = fraction(margin_);
    const StudyPlace place = study_place(study_, out_);
    print("{}", condition_comparison(results_with_outcome(place), first_, second_, margin));
    return static_cast<int>(ExitCode::finished);
  }

 private:
  /// @throws SettingError for what is no margin.
  static double fraction(const std::string& text) {
    double margin = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), margin);
    const bool number = error == std::errc() && end == text.data() + text.size();
    if (number && margin > 0 && margin <= kLargestMargin) return margin;
    const bool points = number && margin > kLargestMargin && std::isfinite(margin);
    throw SettingError(fmt::format(
        "--margin: '{}' is {}; it is a fraction of the test images, above 0 and at most {}, for instance 0.005, which "
        "is 0.5 percentage points",
        text,
        points ? fmt::format("{:.6g} percentage points, too wide to call two conditions alike", 100 * margin)
               : std::string("no margin"),
        kLargestMargin));
  }

  CLI::App* app_;
  std::string study_, first_, second_, out_;
  std::string margin_ = "0.005";
};

}  // namespace

std::unique_ptr<Verb> study_compare_verb(CLI::App& study) { return std::make_unique<StudyCompareVerb>(study); }

}  // namespace chandelier
