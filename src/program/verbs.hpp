// The commands of the program. Each adds its own flags and runs if the user chose it.

#pragma once

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace chandelier {

/// One command of the program.
class Verb {
 public:
  virtual ~Verb() = default;
  virtual bool chosen() const = 0;
  /// @returns the exit code
  virtual int run() = 0;
};

/// @param program  how the program was called, for printing a command that continues the work
std::unique_ptr<Verb> train_verb(CLI::App& app, const std::string& program);
std::unique_ptr<Verb> evaluate_verb(CLI::App& app);
std::unique_ptr<Verb> trace_verb(CLI::App& app);
std::unique_ptr<Verb> data_verb(CLI::App& app);
std::unique_ptr<Verb> study_run_verb(CLI::App& study, const std::string& program);
std::unique_ptr<Verb> study_plan_verb(CLI::App& study);
std::unique_ptr<Verb> study_table_verb(CLI::App& study);
std::unique_ptr<Verb> study_compare_verb(CLI::App& study);
std::unique_ptr<Verb> export_verb(CLI::App& app);
std::unique_ptr<Verb> report_verb(CLI::App& app, const std::string& program);
std::unique_ptr<Verb> study_status_verb(CLI::App& study);
std::unique_ptr<Verb> study_submit_verb(CLI::App& study, const std::string& program);
std::unique_ptr<Verb> study_cancel_verb(CLI::App& study);

/// All commands.
class Verbs {
 public:
  Verbs(CLI::App& app, const std::string& program);
  int run() const;

 private:
  std::vector<std::unique_ptr<Verb>> verbs_;
};

}  // namespace chandelier
