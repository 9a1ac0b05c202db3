// Declarations shared by the files of the Python module: its parts, and the conversion of arrays.

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

// Each file adds its part to the module.
void add_errors(py::module_& module);
void add_settings(py::module_& module);
void add_dataset(py::module_& module);
void add_rules(py::module_& module);
void add_rules_with_parameters(py::module_& module);
void add_network(py::module_& module);
void add_training(py::module_& module);
void add_study(py::module_& module);

/// Asks a run or a study to stop, with a checkpoint, after its current step; can be used from any thread.
struct Stop {
  StopRequest request{0};
};

/// A data set as a Python object.
struct DatasetHandle {
  std::shared_ptr<const Dataset> dataset;
};

/// Settings from keyword arguments in Python: {"lr": 0.01, "width": [234]}.
/// @throws SettingError naming the argument
GivenSettings given_from(const py::dict& arguments);
py::object to_python(const SettingValue& value);

/// The type of an object and the shape of an array in Python's words, for error messages.
std::string type_name(const py::handle& object);
std::string shape_of(const py::array& array);

/// @throws TypeError naming the argument if it is not a NumPy array, or a masked one, whose mask would be ignored
py::array array_from(const py::object& object, const std::string& name);
bool is_masked(const py::handle& array);
/// Images as a float32 array [B x pixels], or [B x rows x columns] where rows*columns is the number of pixels; not
/// copied.
/// @throws TypeError or ValueError naming the argument, and what is wrong: type, shape, memory order or a value that is
/// not finite.
ConstMatrixView images_from(const py::object& array, const std::string& name, Index pixels);
/// Labels as an array of whole numbers [B]. @throws as images_from, and for a label that is not a class
std::vector<std::uint8_t> labels_from(const py::object& array, const std::string& name, Index count, Index classes);
/// A float32 array of this shape, not copied. @throws as images_from
ConstMatrixView matrix_from(const py::object& array, const std::string& name, Index rows, Index columns, bool vector);

/// Tensors as {name: array}, each a copy.
py::dict to_arrays(const TensorFile& file);
/// The inverse, for float32 arrays. @throws TypeError or ValueError naming the tensor
TensorFile from_arrays(const py::dict& arrays);

/// @throws SettingError if a custom rule cannot do what the settings require. Call it with the interpreter's lock.
void check_rules(const Settings& settings);

/// Owns a Python object from C++. It is released with the interpreter's lock, or not at all if the interpreter has
/// ended.
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
  /// Call it while holding the lock.
  explicit RaisedInPython(py::error_already_set error);
  /// Raises the exception again; call it while holding the lock.
  [[noreturn]] void raise() const;
  /// Makes it Python's current exception; call it while holding the lock.
  void restore() const;

 private:
  std::shared_ptr<py::error_already_set> error_;
};

/// Calls `work` without the interpreter's lock, and raises any Python exception that occurred in it.
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
