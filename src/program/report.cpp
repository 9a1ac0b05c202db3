// chandelier report: a study as one page that can be mailed.

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

/// @throws DataError where a file stands that is no report.
void check_replaceable(const fs::path& path, std::string_view begins) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return;
  std::ifstream file(path);
  std::string start(begins.size(), '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  if (start != begins) throw DataError(fmt::format("{}: this file is no report; choose another --out", path.string()));
}

class ReportVerb final : public Verb {
 public:
  ReportVerb(CLI::App& app, std::string program)
      : program_(std::move(program)),
        app_(app.add_subcommand("report", "A study as one page: the paper's claims and figures, from your own runs.")) {
    app_->add_option("STUDY", study_, "The study's plan, a TOML file, or its folder.")->required();
    app_->add_option("--out", out_, "The page. Default: report.html in the study's folder.")->type_name("FILE.html");
    auto* const json = app_->add_flag(
        "--json", json_, "Prints the numbers behind every claim and figure instead; with --out\ninto a file.");
    app_->add_flag("--watch", watch_, "Writes the page anew until the study is complete; the page reloads itself.")
        ->excludes(json);
    app_->footer(
        "\nThe page holds everything it needs: it can be mailed, and opens without a network. It begins with the\n"
        "claims that this study can test, each with a verdict by rules that were fixed beforehand (docs/report.md).\n"
        "Every figure saves its data (CSV) and itself (SVG, PNG).\n\n"
        "Examples:  chandelier report results/quick\n"
        "           chandelier report results/paper --watch\n"
        "           chandelier report results/quick --json");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const StudyPlace place = study_place(study_, "");
    std::error_code ignored;
    if (!fs::is_directory(place.folder, ignored))
      throw DataError(
          fmt::format("{}: there is no such folder, so the study has not been run here", place.folder.string()));
    if (json_) {
      const std::string text = report_data(place.plan, place.folder, study_results(place.plan, place.folder))
                                   .dump(1, ' ', false, Json::error_handler_t::replace);
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
        print_error("stopped; go on by: {}\n",
                    command_text({program_, "report", study_, "--watch", "--out", path.string()}));
        return exit_code_of_stop();
      }
    }
  }

 private:
  /// Reads the study and writes its page. @returns whether nothing is left to do in it.
  bool write(const fs::path& path) const {
    const StudyPlace place = study_place(study_, "");
    const Json report = report_data(place.plan, place.folder, study_results(place.plan, place.folder));
    const bool complete = report["progress"]["complete"].get<bool>();
    const std::string html = page(report, watch_ && !complete ? std::optional(kReloadSeconds) : std::nullopt);
    write_atomically(path, html);
    for (const Json& problem : report["problems"]) print_error("not in the report: {}\n", problem.get<std::string>());
    print("{} ({:.1f} MB): {}\n", path.string(), static_cast<double>(html.size()) / 1e6,
          report["progress"]["text"].get<std::string>());
    flush_output();
    return complete;
  }

  /// @returns whether the user wants to stop.
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
  bool json_ = false, watch_ = false;
};

}  // namespace

std::unique_ptr<Verb> report_verb(CLI::App& app, const std::string& program) {
  return std::make_unique<ReportVerb>(app, program);
}

}  // namespace chandelier
