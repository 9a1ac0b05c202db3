// What the files of the Python module share: the names of its parts, and how arrays go in and out.

#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/matrix.hpp"
#include "base/safetensors.hpp"
#include "data/dataset.hpp"
#include "training/run_observer.hpp"
#include "training/settings.hpp"

namespace chandelier::python {

namespace py = pybind11;

// Each file adds what it holds to the module.
void add_errors(py::module_& module);
void add_settings(py::module_& module);
void add_dataset(py::module_& module);
void add_rules(py::module_& module);
void add_rules_with_parameters(py::module_& module);
void add_network(py::module_& module);
void add_training(py::module_& module);
void add_study(py::module_& module);

/// Asks a run, or a study, for its end, which comes with a checkpoint after the step it is in; from any thread.
struct Stop {
  StopRequest request{0};
};

/// A data set as Python holds it.
struct DatasetHandle {
  std::shared_ptr<const Dataset> dataset;
};

/// Settings given by name in Python: {"lr": 0.01, "width": [234]}.
/// @throws SettingError naming the argument
GivenSettings given_from(const py::dict& arguments);
py::object to_python(const SettingValue& value);

/// What Python calls the type of an object, and the shape of an array: for sentences.
std::string type_name(const py::handle& object);
std::string shape_of(const py::array& array);

/// @throws TypeError naming the argument where it is no NumPy array, or a masked one, whose mask would be ignored
py::array array_from(const py::object& object, const std::string& name);
bool is_masked(const py::handle& array);
/// Images as a float32 array [B x pixels], or [B x rows x columns] where rows*columns are the pixels; without a copy.
/// @throws TypeError or ValueError naming the argument, and what is wrong: type, shape, not contiguous, not finite.
ConstMatrixView images_from(const py::object& array, const std::string& name, Index pixels);
/// Labels as an array of whole numbers [B]. @throws as images_from, and for a label that is no class
std::vector<std::uint8_t> labels_from(const py::object& array, const std::string& name, Index count, Index classes);
/// A float32 array of this shape, without a copy. @throws as images_from
ConstMatrixView matrix_from(const py::object& array, const std::string& name, Index rows, Index columns, bool vector);

/// Tensors as {name: array}, each a copy.
py::dict to_arrays(const TensorFile& file);
/// The same back, of float32 arrays. @throws TypeError or ValueError naming the tensor
TensorFile from_arrays(const py::dict& arrays);

/// @throws SettingError where a rule of one's own cannot do what the settings ask of it. To be called with the lock.
void check_rules(const Settings& settings);

/// An object of Python's that C++ holds; it is let go with the interpreter's lock, or not at all once that has ended.
template <class T>
std::shared_ptr<T> with_lock(T* held) {
  return {held, [](T* object) {
            if (Py_IsInitialized() == 0) return;
            const py::gil_scoped_acquire lock;
            delete object;
          }};
}

/// A Python exception on its way through C++ frames that run without the interpreter's lock.
class RaisedInPython : public std::runtime_error {
 public:
  /// To be made while the lock is held.
  explicit RaisedInPython(py::error_already_set error);
  /// Raises it again; to be called while the lock is held.
  [[noreturn]] void raise() const;
  /// Makes it Python's present exception; as `raise`.
  void restore() const;

 private:
  std::shared_ptr<py::error_already_set> error_;
};

/// Calls `work` without the interpreter's lock; what Python raised in it is raised here.
template <class Work>
auto without_gil(Work&& work) {
  try {
    const py::gil_scoped_release released;
    return work();
  } catch (const RaisedInPython& raised) {
    raised.raise();
  }
}

}  // namespace chandelier::python
