// chandelier study status: the progress of a study, read from its folder, also while it runs and from another machine.

#include "studies/study_status.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "program/output.hpp"
#include "program/verbs.hpp"
#include "studies/study_place.hpp"

namespace chandelier {
namespace {

class StudyStatus final : public Verb {
 public:
  explicit StudyStatus(CLI::App& study)
      : app_(study.add_subcommand("status", "Show what is done, running or failed.")) {
    app_->add_option("STUDY", named_, "The plan of the study (TOML) or its folder.")->required();
    app_->add_option("--out", out_, "Folder of the study.\nDefault: results/<name of the plan>.")->type_name("FOLDER");
    app_->footer("\nChanges nothing, so you can use it at any time, also on another machine that\nshares the folder.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const StudyPlace place = study_place(named_, out_);
    if (!std::filesystem::exists(place.folder / "study.toml"))
      throw DataError(
          fmt::format("{}: no study has been started in this folder; start it with study run", place.folder.string()));
    print("{}", study_status(place));
    return static_cast<int>(ExitCode::finished);
  }

 private:
  CLI::App* app_;
  std::string named_, out_;
};

}  // namespace

std::unique_ptr<Verb> study_status_verb(CLI::App& study) { return std::make_unique<StudyStatus>(study); }

}  // namespace chandelier
