// chandelier.Settings: every setting of a run, from the list that the command line uses too.

#include "training/settings.hpp"

#include <fmt/format.h>
#include <pybind11/operators.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>

#include "base/error.hpp"
#include "bindings.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"

namespace chandelier::python {
namespace {

/// `lambda` is a reserved word in Python, so the setting is called `lambda_` there.
std::string python_name(std::string_view key) { return key == "lambda" ? "lambda_" : std::string(key); }
std::string key_of(const std::string& python_name) { return python_name == "lambda_" ? "lambda" : python_name; }

std::string text_from(const py::handle& text, const std::string& key) {
  try {
    return text.cast<std::string>();
  } catch (const py::cast_error&) {
    throw py::type_error(fmt::format("{}: the text is not UTF-8, as settings must be", key));
  } catch (py::error_already_set&) {
    throw py::type_error(fmt::format("{}: the text is not UTF-8, as settings must be", key));
  }
}

/// One value as it would be written on the command line, so that the same code reads and checks it.
std::string item_from(const py::handle& value, const std::string& key) {
  if (py::isinstance<py::str>(value)) return text_from(value, key);
  const bool numpy_bool = py::hasattr(value, "dtype") && py::str(value.attr("dtype").attr("kind")).equal(py::str("b"));
  if (py::isinstance<py::bool_>(value) || numpy_bool) return py::bool_(value.cast<py::object>()) ? "true" : "false";
  // Includes NumPy's whole numbers. PyNumber_Index refuses arrays of other numbers, although they have __index__.
  if (const auto whole = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()))) return py::str(whole);
  PyErr_Clear();
  if (py::hasattr(value, "__fspath__")) return text_from(value.attr("__fspath__")(), key);
  if (py::hasattr(value, "__float__")) {
    const double number = PyFloat_AsDouble(value.ptr());
    if (PyErr_Occurred()) throw py::error_already_set();
    return py::repr(py::float_(number));  // NumPy's own float may be written np.float64(0.25)
  }
  throw py::type_error(fmt::format("{}: a {} cannot be the value of a setting", key, type_name(value)));
}

bool is_list(const py::handle& value) {
  const bool array = py::hasattr(value, "ndim") && value.attr("ndim").cast<int>() > 0;
  return py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value) || array;
}

GivenSetting given_one(const Setting& setting, const py::handle& value) {
  const std::string key(setting.key);
  std::vector<std::string> items;
  if (!is_list(value)) {
    if (setting.one_a_layer) return {value_from_text(setting, item_from(value, key), key), key};  // "full,center"
    items.push_back(item_from(value, key));
  } else {
    for (const py::handle item : value) items.push_back(item_from(item, key));
    if (!setting.takes_several())
      throw py::type_error(
          fmt::format("{}: a list was given, but this setting takes one value ({})", key, setting.allowed()));
  }
  return {value_from_items(setting, items, key), key};
}

/// The same settings with some changed, resolved as if all had been given.
Settings replace(const Settings& settings, const py::kwargs& changes) {
  return resolve(read_settings_text(to_toml(settings), "settings"), given_from(changes));
}

std::string shown(const Settings& settings) {
  const Settings defaults = resolve({}, {});
  std::string text;
  for (const Setting& setting : setting_list()) {
    const SettingValue value = setting.of(settings);
    if (value == setting.of(defaults)) continue;
    // A condition implies these three.
    const bool of_condition = setting.key == "circuit" || setting.key == "activity_norm" || setting.key == "error_norm";
    if (of_condition && !settings.condition.empty()) continue;
    if (setting.key == "condition" && settings.condition.empty()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", python_name(setting.key),
                        std::string(py::repr(to_python(value))));
  }
  return fmt::format("Settings({})", text);
}

std::string help_of(const Setting& setting) {
  return fmt::format("{} Allowed: {}. Default: {}.", setting.help, setting.allowed(), setting.default_text());
}

std::string documentation() {
  std::string text =
      "Every setting of a run, checked as on the command line. All are keyword arguments.\n\n"
      "A `condition` stands for `circuit`, `activity_norm` and `error_norm`; settings that are not given have their\n"
      "defaults. Settings are immutable: `replace(lr=0.01)` returns changed ones. `repr` shows what differs from the\n"
      "defaults. They can be compared and pickled. Raises SettingError naming the setting and the value.\n";
  for (const Setting& setting : setting_list())
    text += fmt::format("\n{}: {}", python_name(setting.key), help_of(setting));
  return text;
}

}  // namespace

GivenSettings given_from(const py::dict& arguments) {
  GivenSettings given;
  for (const auto& [key, value] : arguments) {
    const std::string name = key_of(py::str(key));
    const Setting* const setting = find_setting(name);
    if (setting == nullptr) throw unknown_setting(name, "Settings");
    given.give(name, given_one(*setting, value));
  }
  return given;
}

py::object to_python(const SettingValue& value) {
  return std::visit([](const auto& held) { return py::cast(held); }, value);
}

void add_settings(py::module_& module) {
  static const std::string text = documentation();
  py::class_<Settings> settings(module, "Settings", text.c_str());
  settings
      .def(py::init([](const py::args& unnamed, const py::kwargs& given) {
        if (!unnamed.empty())
          throw py::type_error("Settings takes named settings only, for example Settings(condition=\"inorm-full\")");
        return resolve({}, given_from(given));
      }))
      .def("replace", &replace,
           "Returns changed settings: `settings.replace(lr=0.01, seed=3)`. Raises the same errors as the constructor.")
      .def_static(
          "from_toml",
          [](const std::filesystem::path& path, const py::kwargs& changes) {
            return resolve(read_settings_file(path), given_from(changes));
          },
          py::arg("path"), py::pos_only(),
          "Reads settings from a file, for example the config.toml of a run; keyword arguments override it.\n\n"
          "Raises DataError or SettingError naming the file and what is wrong with it.")
      .def("to_toml", &to_toml, "Returns all settings as the text of a config.toml.")
      .def(
          "to_dict",
          [](const Settings& s) {
            py::dict values;
            for (const Setting& setting : setting_list())
              values[py::str(setting.key.data(), setting.key.size())] = to_python(setting.of(s));
            return values;
          },
          "Returns all settings and their values.")
      .def("__repr__", &shown)
      .def(py::self == py::self)
      .def(py::pickle([](const Settings& s) { return to_toml(s); },
                      [](const std::string& toml) { return resolve(read_settings_text(toml, "settings"), {}); }));
  for (const Setting& setting : setting_list())
    settings.def_property_readonly(
        python_name(setting.key).c_str(), [&setting](const Settings& s) { return to_python(setting.of(s)); },
        help_of(setting).c_str());
}

}  // namespace chandelier::python
