// Maps Chandelier's two user errors to Python exceptions, and carries Python exceptions through C++.

#include "base/error.hpp"
#include "bindings.hpp"

namespace chandelier::python {

void add_errors(py::module_& module) {
  static py::exception<SettingError> setting_error(module, "SettingError", PyExc_ValueError);
  static py::exception<DataError> data_error(module, "DataError", PyExc_RuntimeError);
  setting_error.attr("__doc__") = "A setting or a combination of settings is not valid.";
  data_error.attr("__doc__") = "Data, a file or a folder is missing, damaged or not what was expected.";
  py::register_exception_translator([](std::exception_ptr raised) {
    try {
      if (raised) std::rethrow_exception(raised);
    } catch (const SettingError& error) {
      PyErr_SetString(setting_error.ptr(), error.what());
    } catch (const DataError& error) {
      PyErr_SetString(data_error.ptr(), error.what());
    } catch (const RaisedInPython& from_python) {  // raised where the lock was never released
      from_python.restore();
    } catch (const std::bad_alloc& error) {
      PyErr_SetString(PyExc_MemoryError, user_sentence(error).c_str());
    }
  });
}

namespace {

/// "KeyError: 'x'" without the traceback, for the record of a run.
std::string sentence_of(const py::error_already_set& error) {
  const std::string text = error.what();
  return text.substr(0, text.find("\n\nAt:\n"));
}

}  // namespace

RaisedInPython::RaisedInPython(py::error_already_set error)
    : std::runtime_error(sentence_of(error)), error_(with_lock(new py::error_already_set(std::move(error)))) {}

void RaisedInPython::restore() const { py::error_already_set(*error_).restore(); }

void RaisedInPython::raise() const { throw py::error_already_set(*error_); }

}  // namespace chandelier::python
