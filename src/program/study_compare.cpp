// chandelier study compare: compares two conditions of a study.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "base/error.hpp"
#include "program/output.hpp"
#include "program/verbs.hpp"
#include "report/condition_comparison.hpp"
#include "studies/study_place.hpp"

namespace chandelier {
namespace {

class StudyCompareVerb final : public Verb {
 public:
  explicit StudyCompareVerb(CLI::App& study)
      : app_(study.add_subcommand("compare", "Compare two conditions of a study.")) {
    app_->add_option("STUDY", study_, "The plan of the study (TOML) or its folder.")->required();
    app_->add_option("A", first_, "The first condition.")->required();
    app_->add_option("B", second_, "The condition to compare A with.")->required();
    app_->add_option(
            "--margin", margin_,
            fmt::format("Largest difference in test accuracy that\ncounts as negligible: a fraction of the test\n"
                        "images, at most {}. Choose it before you see\nresults. "
                        "Default: {}, which is 0.5\npercentage points.",
                        kLargestMargin, margin_))
        ->type_name("X");
    app_->add_option("--out", out_, "Folder of the study, if you name a plan.\nDefault: results/<name of the plan>.")
        ->type_name("FOLDER");
    app_->add_option("--runs", tables_,
                     "Take the runs from tables instead of the\nfolder: runs.csv of `chandelier export`, from\none "
                     "machine or several.")
        ->type_name("FILE.csv...");
    app_->footer(
        "\nDifferences are A minus B. The output says \"no difference\" only if two one-sided\n"
        "tests show that the difference lies within the margin. For the columns, see\n"
        "`chandelier study table --help`.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const double margin = fraction(margin_);
    const StudyPlace place = study_place(study_, out_);
    print("{}", condition_comparison(results_with_outcome(place, tables_), first_, second_, margin));
    return static_cast<int>(ExitCode::finished);
  }

 private:
  /// @throws SettingError unless the text is a valid margin.
  static double fraction(const std::string& text) {
    double margin = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), margin);
    const bool number = error == std::errc() && end == text.data() + text.size();
    if (number && margin > 0 && margin <= kLargestMargin) return margin;
    const bool points = number && margin > kLargestMargin && std::isfinite(margin);
    throw SettingError(fmt::format(
        "--margin: '{}' is {}; give a fraction of the test images, above 0 and at most {}, for example 0.005 for 0.5 "
        "percentage points",
        text,
        points ? fmt::format("{:.6g} percentage points, too wide to call two conditions equal", 100 * margin)
               : std::string("not a valid margin"),
        kLargestMargin));
  }

  CLI::App* app_;
  std::string study_, first_, second_, out_;
  std::vector<std::filesystem::path> tables_;
  std::string margin_ = "0.005";
};

}  // namespace

std::unique_ptr<Verb> study_compare_verb(CLI::App& study) { return std::make_unique<StudyCompareVerb>(study); }

}  // namespace chandelier
