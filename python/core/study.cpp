// chandelier.Study: the results of a study and its comparisons; and running a study with Python rules.

#include "studies/study.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/machine.hpp"
#include "base/utf8.hpp"
#include "bindings.hpp"
#include "report/condition_comparison.hpp"
#include "report/equivalence_table.hpp"
#include "report/run_lists.hpp"
#include "report/study_csv.hpp"
#include "report/study_table.hpp"
#include "statistics/comparison.hpp"
#include "studies/study_place.hpp"
#include "studies/study_words.hpp"

namespace chandelier::python {
namespace {

/// A study as it was when it was loaded.
struct StudyHandle {
  StudyPlace place;
  std::vector<StudyResult> results;
  StudyCsv csv;
};

StudyHandle load(const std::filesystem::path& path) {
  return without_gil([&] {
    StudyPlace place = study_place(path.string(), "");
    std::vector<StudyResult> results = results_with_outcome(place);
    StudyCsv csv = study_csv(results, place.folder);
    return StudyHandle{std::move(place), std::move(results), std::move(csv)};
  });
}

/// The contents of a result apart from its place in the plan. Add new members of StudyResult here.
py::tuple state_of(const StudyResult& result) {
  const auto& [run, status, test_accuracy, test_loss, message, repeats, has_silent_layer, epochs_done, seconds,
               origins] = result;
  py::object repeated = py::none();
  if (repeats) repeated = py::make_tuple(repeats->draw, repeats->seed);
  py::list of_origins;
  for (const auto& [build, arithmetic] : origins) of_origins.append(py::make_tuple(build, arithmetic));
  return py::make_tuple(status, test_accuracy, test_loss, as_utf8(message), repeated, has_silent_layer, epochs_done,
                        seconds, of_origins);
}

StudyResult result_from(const StudyRun& run, const py::tuple& state) {
  StudyResult result{.run = run, .status = state[0].cast<std::string>()};
  result.test_accuracy = state[1].cast<std::optional<double>>();
  result.test_loss = state[2].cast<std::optional<double>>();
  result.message = state[3].cast<std::string>();
  if (const py::object repeated = state[4]; !repeated.is_none()) {
    const auto number = repeated.cast<py::tuple>();
    result.repeats = RunNumber{number[0].cast<int>(), number[1].cast<std::uint64_t>()};
  }
  result.has_silent_layer = state[5].cast<bool>();
  result.epochs_done = state[6].cast<int>();
  result.seconds = state[7].cast<double>();
  for (const py::handle origin : state[8]) {
    const auto parts = origin.cast<py::tuple>();
    result.origins.push_back({parts[0].cast<std::string>(), parts[1].cast<std::string>()});
  }
  return result;
}

py::tuple state_of(const StudyHandle& study) {
  py::list results;
  for (const StudyResult& result : study.results) results.append(state_of(result));
  py::list rules;
  if (study.place.plan.rules)
    for (const RuleName& rule : study.place.plan.rules->names)
      rules.append(py::make_tuple(rule.kind, rule.name, rule.inhibition));
  return py::make_tuple(study.place.folder, study.place.plan.text, results, study.csv.epochs, study.csv.runs,
                        study.csv.problems, rules);
}

StudyHandle study_from(const py::tuple& state) {
  StudyHandle study{.place = {.plan = {}, .folder = state[0].cast<std::filesystem::path>()}, .results = {}, .csv = {}};
  StudyRules rules;
  for (const py::handle rule : state[6].cast<py::list>()) {
    const auto parts = rule.cast<py::tuple>();
    rules.names.push_back({parts[0].cast<std::string>(), parts[1].cast<std::string>(), parts[2].cast<bool>()});
  }
  know_rules(rules, study.place.folder);
  study.place.plan = study_plan_from(state[1].cast<std::string>(), "study");
  if (!rules.names.empty()) study.place.plan.rules = rules;
  const auto results = state[2].cast<py::list>();
  for (std::size_t i = 0; i < results.size(); ++i)
    study.results.push_back(result_from(study.place.plan.runs.at(i), results[i]));
  study.csv = {state[3].cast<std::string>(), state[4].cast<std::string>(), state[5].cast<std::vector<std::string>>()};
  return study;
}

py::dict row_of(const std::string& data_set, const Comparison& row, const WithinMargin& equal, double points) {
  py::dict values;
  values["data_set"] = data_set;
  values["first"] = row.first;
  values["second"] = row.second;
  values["epsilon"] = row.epsilon ? *row.epsilon : NAN;
  values["n"] = row.difference.n;
  values["pairs"] = row.pairs;
  values["planned_pairs"] = row.planned_pairs;
  values["mean"] = row.difference.mean;
  values["low"] = row.difference.low;
  values["high"] = row.difference.high;
  values["p"] = row.p;
  values["p_holm"] = row.p_holm;
  values["median_shift"] = row.shift.estimate;
  values["median_shift_low"] = row.shift.low;
  values["median_shift_high"] = row.shift.high;
  values["wilcoxon_p"] = row.wilcoxon.p;
  values["rank_biserial"] = row.rank_biserial;
  values["mann_whitney_p"] = row.unpaired.p;
  values["cliffs_delta"] = row.cliffs_delta;
  values["diverged_first"] = row.divergence.first;
  values["diverged_second"] = row.divergence.second;
  values["margin"] = points;
  values["equivalence_low"] = equal.difference.low;
  values["equivalence_high"] = equal.difference.high;
  values["equivalence_p_holm"] = equal.p_holm;
  values["equivalent"] = equal.shown;
  return values;
}

py::tuple compare(const StudyHandle& study, const std::string& first, const std::string& second, double margin) {
  if (!(margin > 0 && margin <= kLargestMargin))
    throw py::value_error(fmt::format(
        "margin: {}, but must be above 0 and at most {}, a fraction of the test images (0.005 is half a point)", margin,
        kLargestMargin));
  const std::string text = without_gil([&] { return condition_comparison(study.results, first, second, margin); });
  const double points = 100 * margin;
  const std::vector<Contrast> contrasts{{first, second}};
  py::list rows;
  for (const auto& [name, of_set] : by_data_set(study.results)) {
    const std::vector<Comparison> compared = comparisons(of_set, contrasts, 0.95);
    const std::vector<WithinMargin> equal = within_margin(compared, points);
    for (std::size_t i = 0; i < compared.size(); ++i) rows.append(row_of(name, compared[i], equal[i], points));
  }
  return py::make_tuple(text, rows);
}

std::string table(const StudyHandle& study) {
  return without_gil([&] { return study_table(study.results, study.place.plan.compare, study.place.plan.draws); });
}

/// Reports the progress of a study to Python; called with the interpreter's lock, which a study never releases.
class PythonStudyObserver final : public StudyObserver {
 public:
  PythonStudyObserver(bool several_draws, const py::function& on_line, const py::function& on_share)
      : several_draws_(several_draws), on_line_(on_line), on_share_(on_share) {}

  void on_begin(std::size_t runs, std::size_t done) override {
    runs_ = runs;
    ended_ = done;
    on_line_(begin_in_words(runs, done));
  }
  void on_progress(const StudyState& state) override {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    on_share_(state.share, fmt::format("{}/{} runs done{}", ended_, runs_, state.paused ? ", paused" : ""));
  }
  void on_run_end(const StudyResult& result, std::optional<double> seconds) override {
    if (result.status != "stopped") ++ended_;
    on_line_(as_utf8(end_in_words(result, seconds, several_draws_, ended_, runs_)));
  }
  void on_note(const std::string& sentence) override { on_line_(as_utf8(sentence)); }
  AroundFork around_fork() override { return {PyOS_BeforeFork, PyOS_AfterFork_Parent, PyOS_AfterFork_Child}; }

 private:
  bool several_draws_;
  const py::function &on_line_, &on_share_;
  std::size_t runs_ = 0, ended_ = 0;
};

/// Runs a study in this process. It has a single thread and keeps the interpreter's lock, because runs are forked from
/// it.
/// @param rules  the text of the file that defined the registered rules; none if there is no such file
/// @returns whether the study finished, as opposed to being stopped
bool run(const std::string& plan_file, const std::filesystem::path& folder, const std::optional<py::bytes>& rules,
         std::optional<int> jobs, const Stop& stop, const py::function& on_line, const py::function& on_share) {
  StudyPlan plan = plan_in(plan_file, folder);
  plan.rules.reset();
  if (rules) plan.rules = rules_of(*rules, own_rules());
  check_rules(plan.rules, folder);
  for (const StudyRun& one : plan.runs) check_rules(one.settings);
  check_data_folders(plan, plan_file);
  const Datasets datasets = load_datasets(plan);
  const int at_once = jobs.value_or(cores());
  for (const auto& [key, dataset] : datasets) {
    for (const std::string& note : dataset->notes) on_line(as_utf8("note: " + note));
    on_line(as_utf8(
        fmt::format("{} on {}, {} at once, recorded in {}", plan_file, dataset->name, at_once, folder.string())));
  }
  PythonStudyObserver observer(plan.draws.values.size() > 1, on_line, on_share);
  const std::vector<StudyResult> results = run_study(plan, datasets, folder, at_once, stop.request, observer);
  if (stop.request.load() != 0 && !is_complete(results)) return false;
  throw_unless_all_ended(results);
  return true;
}

}  // namespace

void add_study(py::module_& module) {
  module.def("_run_study", &run);
  module.def("_study_folder", &study_folder_of);
  py::class_<StudyHandle>(module, "_Study")
      .def(py::init(&load))
      .def_property_readonly("name", [](const StudyHandle& s) { return s.place.plan.name; })
      .def_property_readonly("folder", [](const StudyHandle& s) { return s.place.folder; })
      .def_property_readonly("conditions", [](const StudyHandle& s) { return conditions_of(s.results); })
      .def_property_readonly("epsilons", [](const StudyHandle& s) { return epsilons_of(s.results); })
      .def_property_readonly("epochs_csv", [](const StudyHandle& s) { return s.csv.epochs; })
      .def_property_readonly("runs_csv", [](const StudyHandle& s) { return s.csv.runs; })
      .def(py::pickle([](const StudyHandle& s) { return state_of(s); }, &study_from))
      .def_property_readonly("text_columns", [](const StudyHandle&) { return study_csv_texts(); })
      .def_property_readonly("problems", [](const StudyHandle& s) { return s.csv.problems; })
      .def("table", &table)
      .def("compare", &compare);
}

}  // namespace chandelier::python
