#include "program/verbs.hpp"

#include <CLI/CLI.hpp>

#include "base/error.hpp"

namespace chandelier {

Verbs::Verbs(CLI::App& app, const std::string& program) {
  verbs_.push_back(train_verb(app, program));
  verbs_.push_back(evaluate_verb(app));
  verbs_.push_back(trace_verb(app));
  verbs_.push_back(data_verb(app));
  CLI::App* const study = app.add_subcommand("study", "Run and compare many networks.");
  study->require_subcommand(1);
  verbs_.push_back(study_run_verb(*study, program));
  verbs_.push_back(study_plan_verb(*study));
  verbs_.push_back(study_table_verb(*study));
  verbs_.push_back(study_compare_verb(*study));
  verbs_.push_back(export_verb(app));
  verbs_.push_back(report_verb(app, program));
  verbs_.push_back(study_status_verb(*study));
  verbs_.push_back(study_submit_verb(*study, program));
  verbs_.push_back(study_cancel_verb(*study));
}

int Verbs::run() const {
  for (const auto& verb : verbs_)
    if (verb->chosen()) return verb->run();
  throw Bug("no verb was chosen");
}

}  // namespace chandelier
