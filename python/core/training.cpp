// chandelier.train and reading the folder of a run: the engine of `chandelier train`, from Python.

#include <fmt/format.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <csignal>
#include <optional>

#include "base/error.hpp"
#include "bindings.hpp"
#include "training/run_folder.hpp"
#include "training/run_record.hpp"
#include "training/run_training.hpp"

namespace chandelier::python {
namespace {

/// Reports the progress of a run to Python.
class PythonObserver final : public RunObserver {
 public:
  PythonObserver(py::object on_progress, py::object on_epoch, py::object on_note, StopRequest& stop)
      : on_progress_(std::move(on_progress)),
        on_epoch_(std::move(on_epoch)),
        on_note_(std::move(on_note)),
        stop_(stop) {}

  void on_progress(int epochs_done, Index images_done, Index images_per_epoch) override {
    with_lock([&] {
      if (PyErr_CheckSignals() == 0) {
        on_progress_(epochs_done, images_done, images_per_epoch);
      } else {
        // Keeps the exception of a user's signal handler until the run has written its checkpoint.
        interrupted_.emplace();
        stop_ = SIGINT;
      }
    });
  }

  void on_epoch(int epoch, const Evaluation& train, const Evaluation& test) override {
    with_lock([&] { on_epoch_(epoch, train.loss, train.accuracy, test.loss, test.accuracy); });
  }

  void on_note(const std::string& sentence) override {
    with_lock([&] { on_note_(sentence); });
  }

  /// Raises the exception that interrupted the run, if any; call it with the interpreter's lock, after the run.
  void raise_interruption() {
    if (interrupted_) throw *interrupted_;
  }

 private:
  template <class Work>
  void with_lock(Work&& work) {
    const py::gil_scoped_acquire lock;
    try {
      work();
    } catch (py::error_already_set& error) {
      throw RaisedInPython(error);
    }
  }

  py::object on_progress_, on_epoch_, on_note_;
  StopRequest& stop_;
  std::optional<py::error_already_set> interrupted_;
};

py::dict to_python(const RunRecord& record) {
  py::dict values;
  values["status"] = record.status;
  values["message"] = record.message;
  values["version"] = record.version;
  values["commit"] = record.commit;
  values["host"] = record.host;
  values["cpu"] = record.cpu;
  values["started"] = record.started;
  values["ended"] = record.ended;
  values["seconds"] = record.seconds;
  values["epochs_done"] = record.epochs_done;
  values["test_accuracy"] = record.test_accuracy;
  values["test_loss"] = record.test_loss;
  values["data_name"] = record.data_name;
  return values;
}

py::dict train(const Settings& settings, const DatasetHandle& data, const std::filesystem::path& folder, bool resume,
               Stop& stop, const py::object& on_progress, const py::object& on_epoch, const py::object& on_note) {
  PythonObserver observer(on_progress, on_epoch, on_note, stop.request);
  const RunRecord record =
      without_gil([&] { return run_training(settings, data.dataset, folder, resume, stop.request, observer); });
  observer.raise_interruption();
  return to_python(record);
}

}  // namespace

void add_training(py::module_& module) {
  py::class_<Stop>(module, "_Stop").def(py::init<>()).def("request", [](Stop& stop) { stop.request = SIGINT; });
  module.def("_check", [](const Settings& settings, const DatasetHandle& data) {
    check_rules(settings);
    check_against_data(settings, *data.dataset);
  });
  module.def("_train", &train);
  module.def("_record", [](const std::filesystem::path& folder) { return to_python(read_record(folder)); });
  module.def("_recorded_settings", [](const std::filesystem::path& folder) { return recorded_settings(folder); });
  module.def(
      "read_tensors", [](const std::filesystem::path& path) { return to_arrays(read_tensors(path)); }, py::arg("path"),
      "Reads the tensors of a safetensors file (weights, predictions, traces) as NumPy arrays by name.\n\n"
      "Raises DataError naming the file and what is wrong with it.");
}

}  // namespace chandelier::python
