// The verbs of the command line: each adds its flags, and runs when it was named.

#pragma once

#include <memory>
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

std::unique_ptr<Verb> train_verb(CLI::App& app);
std::unique_ptr<Verb> evaluate_verb(CLI::App& app);
std::unique_ptr<Verb> trace_verb(CLI::App& app);
std::unique_ptr<Verb> data_verb(CLI::App& app);
std::unique_ptr<Verb> study_run_verb(CLI::App& study);

/// All of them.
class Verbs {
 public:
  explicit Verbs(CLI::App& app);
  int run() const;

 private:
  std::vector<std::unique_ptr<Verb>> verbs_;
};

}  // namespace chandelier
