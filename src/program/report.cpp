// chandelier report: writes a study as one self-contained page.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "base/command.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "program/output.hpp"
#include "program/stop_signal.hpp"
#include "program/verbs.hpp"
#include "report/page.hpp"
#include "report/report_data.hpp"
#include "studies/study_place.hpp"
#include "studies/study_results.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBetweenPages{15};
constexpr int kReloadSeconds = 20;
constexpr std::string_view kPageBegins = "<!doctype html>", kJsonBegins = "{\n \"study\"";

/// @throws DataError if the file exists and is not a report.
void check_replaceable(const fs::path& path, std::string_view begins) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return;
  std::ifstream file(path);
  std::string start(begins.size(), '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  if (start != begins)
    throw DataError(fmt::format("{}: this file is not a report; choose another --out", path.string()));
}

class ReportVerb final : public Verb {
 public:
  ReportVerb(CLI::App& app, std::string program)
      : program_(std::move(program)),
        app_(app.add_subcommand("report", "Write a report: claims and figures of a study.")) {
    app_->add_option("STUDY", study_, "The plan of the study (TOML) or its folder.")->required();
    app_->add_option("--out", out_, "The page to write. Default: report.html in the\nfolder of the study.")
        ->type_name("FILE.html");
    auto* const json = app_->add_flag(
        "--json", json_, "Print the numbers behind all claims and\nfigures instead, or write them to --out.");
    auto* const watch =
        app_->add_flag("--watch", watch_, "Update the page until the study is complete.\nThe page reloads itself.")
            ->excludes(json);
    app_->add_option("--runs", tables_,
                     "Take the runs from tables instead of the\nfolder: runs.csv of `chandelier export`, from\none "
                     "machine or several. Figures then show\nthe last epoch only.")
        ->type_name("FILE.csv...")
        ->excludes(watch);
    app_->footer(
        "\nThe page is a single file: it opens without a network and can be mailed. It\n"
        "starts with the claims that this study can test, each with a verdict by rules\n"
        "fixed in advance (docs/report.md). Every figure can be saved as CSV, SVG or PNG.\n\n"
        "Examples:  chandelier report results/quick\n"
        "           chandelier report results/paper --watch\n"
        "           chandelier report results/quick --json");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const StudyPlace place = study_place(study_, "");
    if (!tables_.empty() && !json_ && out_.empty())
      throw SettingError("--runs: name the page to write with --out, as there may be no folder of the study");
    std::error_code ignored;
    if (tables_.empty() && !fs::is_directory(place.folder, ignored))
      throw DataError(fmt::format("{}: no such folder; run the study first, with study run", place.folder.string()));
    if (json_) {
      const std::string text = report_of(place).dump(1, ' ', false, Json::error_handler_t::replace);
      if (out_.empty()) {
        print("{}\n", text);
      } else {
        check_replaceable(out_, kJsonBegins);
        write_atomically(out_, text + "\n");
      }
      return static_cast<int>(ExitCode::finished);
    }

    const fs::path path = out_.empty() ? place.folder / "report.html" : fs::path(out_);
    check_replaceable(path, kPageBegins);
    check_writable(path);
    while (true) {
      const auto began = Clock::now();
      const bool complete = write(path);
      if (complete || !watch_) return static_cast<int>(ExitCode::finished);
      if (wait(std::max<Clock::duration>(kBetweenPages, 10 * (Clock::now() - began)))) {
        print_error("stopped; continue with: {}\n",
                    command_text({program_, "report", study_, "--watch", "--out", path.string()}));
        return exit_code_of_stop();
      }
    }
  }

 private:
  Json report_of(const StudyPlace& place) const {
    return tables_.empty() ? report_data(place.plan, place.folder, study_results(place.plan, place.folder))
                           : report_data(place.plan, tables_);
  }

  /// Reads the study and writes its page. @returns whether the study is complete.
  bool write(const fs::path& path) const {
    const StudyPlace place = study_place(study_, "");
    const Json report = report_of(place);
    const bool complete = report["progress"]["complete"].get<bool>();
    const std::string html = page(report, watch_ && !complete ? std::optional(kReloadSeconds) : std::nullopt);
    write_atomically(path, html);
    for (const Json& problem : report["problems"])
      print_error("left out of the report: {}\n", problem.get<std::string>());
    print("{} ({:.1f} MB): {}\n", path.string(), static_cast<double>(html.size()) / 1e6,
          report["progress"]["text"].get<std::string>());
    flush_output();
    return complete;
  }

  /// @returns whether the user asked to stop.
  static bool wait(Clock::duration time) {
    for (const auto end = Clock::now() + time; Clock::now() < end;) {
      if (stop_request().load() != 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }

  std::string program_;
  CLI::App* app_;
  std::string study_, out_;
  std::vector<fs::path> tables_;
  bool json_ = false, watch_ = false;
};

}  // namespace

std::unique_ptr<Verb> report_verb(CLI::App& app, const std::string& program) {
  return std::make_unique<ReportVerb>(app, program);
}

}  // namespace chandelier
