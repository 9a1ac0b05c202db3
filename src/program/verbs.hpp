// The verbs of the command line: each adds its flags, and runs when it was named.

#pragma once

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace chandelier {

/// One verb of the program.
class Verb {
 public:
  virtual ~Verb() = default;
  virtual bool chosen() const = 0;
  /// @returns the exit code
  virtual int run() = 0;
};

/// @param program  how the program was called: a verb may print a command to continue with
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

/// All of them.
class Verbs {
 public:
  Verbs(CLI::App& app, const std::string& program);
  int run() const;

 private:
  std::vector<std::unique_ptr<Verb>> verbs_;
};

}  // namespace chandelier
