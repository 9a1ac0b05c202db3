// Rules of one's own in Python: functions on NumPy arrays behind the interfaces of the registry.
//
// A function sees arrays that belong to its rule and are filled before each call. They could be views of the engine's
// memory, but that ends with the network, and a rule may keep a part of an argument: what it keeps must stay readable.
// The copy of n x B numbers is a small part of what a call of Python costs. A rule is called with the interpreter's
// lock held, from whatever thread trains.

#include <fmt/format.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "bindings.hpp"
#include "training/registry.hpp"

namespace chandelier::python {
namespace {

[[noreturn]] void raise_value_error(const std::string& sentence) {
  try {
    PyErr_SetString(PyExc_ValueError, sentence.c_str());
    throw py::error_already_set();
  } catch (py::error_already_set& error) {
    throw RaisedInPython(error);
  }
}

/// Memory of Python's that outlives whoever fills it: an argument of a rule, or its result.
class Argument {
 public:
  /// @returns an array [columns x rows] on memory laid out as m [rows x columns], with what m holds
  py::array holding(ConstMatrixView m) {
    py::array array = empty(m.rows(), m.cols());
    MatrixView(values_, m.rows(), m.cols()) = m;
    py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
    return array;
  }
  /// @returns an array to be written to, of values that are not finite
  py::array to_be_written(Index rows, Index columns) {
    py::array array = empty(rows, columns);
    MatrixView(values_, rows, columns).setConstant(std::numeric_limits<float>::quiet_NaN());
    return array;
  }

 private:
  py::array empty(Index rows, Index columns) {
    // A new one where somebody has kept a part of the last, which then stays as it was.
    if (!memory_ || memory_.ref_count() > 1 || memory_.size() < rows * columns)
      memory_ = py::array_t<float>(rows * columns);
    values_ = memory_.mutable_data();
    constexpr py::ssize_t kSize = sizeof(float);
    return {py::dtype::of<float>(), std::vector<py::ssize_t>{columns, rows},
            std::vector<py::ssize_t>{kSize, kSize * columns}, values_, memory_};
  }

  py::array_t<float> memory_{py::ssize_t(0)};
  float* values_ = nullptr;
};

/// A function of the user, held and let go with the interpreter's lock.
class Function {
 public:
  Function(std::string rule, py::function function, bool takes_out)
      : rule_(std::move(rule)), function_(with_lock(new py::function(std::move(function)))), takes_out_(takes_out) {}

  const std::string& rule() const { return rule_; }
  bool takes_out() const { return takes_out_; }

  /// To be called with the lock. @throws RaisedInPython
  py::object call(const py::tuple& arguments) const {
    try {
      return (*function_)(*arguments);
    } catch (py::error_already_set& error) {
      throw RaisedInPython(error);
    }
  }

 private:
  std::string rule_;
  std::shared_ptr<py::function> function_;
  bool takes_out_;
};

/// A function of matrices in one place of a network: what it is given, and what it gives.
template <std::size_t N>
class Applied {
 public:
  explicit Applied(Function function) : function_(std::move(function)) {}

  const std::string& rule() const { return function_.rule(); }

  /// result [n x B] = the function of `inputs`, each [n x B].
  void apply(const std::array<ConstMatrixView, N>& inputs, MatrixView result) {
    const py::gil_scoped_acquire lock;
    if (!held_) held_ = with_lock(new Held());  // only now, for networks are made without the lock
    py::tuple arguments(N + (function_.takes_out() ? 1 : 0));
    for (std::size_t i = 0; i < N; ++i) arguments[i] = held_->inputs[i].holding(inputs[i]);
    py::object out;
    if (function_.takes_out()) {
      out = held_->out.to_be_written(result.rows(), result.cols());
      arguments[N] = out;
    }
    const py::object returned = function_.call(arguments);
    if (out && !returned.is_none() && !returned.is(out))
      raise_value_error(fmt::format("{} returned a {}; it takes `out`, so it writes there and returns nothing", rule(),
                                    type_name(returned)));
    take(out ? out : returned, result);
    // Where an input is not finite either, the run has diverged, which is for the training loop to say.
    if (!result.allFinite() &&
        std::all_of(inputs.begin(), inputs.end(), [](ConstMatrixView input) { return input.allFinite(); }))
      raise_value_error(
          fmt::format("{} {}, though its arguments are", rule(),
                      out ? "left values of out unwritten or not finite" : "returned a value that is not finite"));
  }

 private:
  struct Held {
    std::array<Argument, N> inputs;
    Argument out;
  };

  /// An array [B x n] into `result` [n x B].
  void take(const py::object& given, MatrixView result) const {
    if (!py::isinstance<py::array>(given))
      raise_value_error(
          fmt::format("{} returned a {}, but an array [samples x units] is needed", rule(), type_name(given)));
    if (is_masked(given))
      raise_value_error(
          fmt::format("{} returned a masked array, whose mask would be ignored; return its .filled(value)", rule()));
    const auto array = py::reinterpret_borrow<py::array>(given);
    if (array.ndim() != 2 || array.shape(0) != result.cols() || array.shape(1) != result.rows())
      raise_value_error(fmt::format("{} returned an array of shape {}, but ({}, {}) is needed", rule(), shape_of(array),
                                    result.cols(), result.rows()));
    const char kind = array.dtype().kind();
    if (kind != 'f' && kind != 'i' && kind != 'u')
      raise_value_error(fmt::format("{} returned an array of type {}, but numbers are needed", rule(),
                                    std::string(py::str(array.dtype()))));
    const py::array_t<float, py::array::forcecast> values(array);
    const auto at = values.template unchecked<2>();
    for (Index j = 0; j < result.rows(); ++j)
      for (Index b = 0; b < result.cols(); ++b) result(j, b) = at(b, j);
  }

  Function function_;
  std::shared_ptr<Held> held_;
};

class OwnErrorNormalization final : public ErrorNormalization {
 public:
  explicit OwnErrorNormalization(const Function& rule) : rule_(rule) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    rule_.apply({z, g}, normalized);
  }

 private:
  mutable Applied<2> rule_;  ///< its arrays are room for a batch
};

class OwnActivityNormalization final : public ActivityNormalization {
 public:
  OwnActivityNormalization(const Function& forward, const std::optional<Function>& own_error, Index n, Index capacity)
      : forward_(forward), y_(n, capacity) {
    if (own_error) own_error_.emplace(*own_error);
  }

  ConstMatrixView forward(ConstMatrixView z) override {
    z_ = z.data();
    forward_.apply({z}, y_(z.cols()));
    return view(y_(z.cols()));
  }

  void own_error(ConstMatrixView g, MatrixView error) const override {
    if (!own_error_) throw Bug(fmt::format("{} has no own_error", forward_.rule()));  // `check_rules` refuses that
    own_error_->apply({g, ConstMatrixView(z_, g.rows(), g.cols()), y_(g.cols())}, error);
  }

 private:
  Applied<1> forward_;
  mutable std::optional<Applied<3>> own_error_;
  BatchBuffer y_;  ///< [n x B]
  const Real* z_ = nullptr;
};

class OwnLuminosity final : public Luminosity {
 public:
  OwnLuminosity(Function rule, double epsilon) : rule_(std::move(rule)), epsilon_(epsilon) {}

  Real draw(KeyedRandom& random, const Scene& scene) const override {
    // The value depends on u and epsilon alone, so any image will do: a black one.
    std::vector<Real> black(static_cast<std::size_t>(scene.rows * scene.columns), Real(0));
    return change(random, black);
  }
  void apply(KeyedRandom& random, const Scene& /*scene*/, std::span<Real> pixels) const override {
    change(random, pixels);
  }

 private:
  /// Calls the function on an image, and returns the value that it returns.
  Real change(KeyedRandom& random, std::span<Real> pixels) const {
    const double u = random.uniform();
    const py::gil_scoped_acquire lock;
    py::array_t<float> image(static_cast<py::ssize_t>(pixels.size()));
    std::copy(pixels.begin(), pixels.end(), image.mutable_data());
    const py::object returned = rule_.call(py::make_tuple(image, u, epsilon_));
    const double value = PyFloat_AsDouble(returned.ptr());
    if (PyErr_Occurred() != nullptr) {
      PyErr_Clear();
      raise_value_error(fmt::format("{} returned a {}, but the value it drew, a number, is needed", rule_.rule(),
                                    type_name(returned)));
    }
    std::copy_n(image.data(), pixels.size(), pixels.begin());
    const auto outside = std::find_if_not(pixels.begin(), pixels.end(), [](Real p) { return p >= 0 && p <= 1; });
    if (outside != pixels.end())
      raise_value_error(fmt::format("{} left a pixel at {}, outside of 0 to 1", rule_.rule(), *outside));
    if (!std::isfinite(value)) raise_value_error(fmt::format("{} returned {}, no finite number", rule_.rule(), value));
    return static_cast<Real>(value);
  }

  Function rule_;
  double epsilon_;
};

/// Activity normalizations that were given without the error that belongs to them; guarded by the interpreter's lock.
std::set<std::string>& without_own_error() {
  static std::set<std::string> names;
  return names;
}

}  // namespace

void check_rules(const Settings& settings) {
  if (settings.error_norm == "own" && without_own_error().contains(settings.activity_norm))
    throw SettingError(
        fmt::format("error_norm 'own' needs the Jacobian of activity_norm '{}', which was given without "
                    "own_error; give it, or choose another error_norm",
                    settings.activity_norm));
}

void add_rules(py::module_& module) {
  // What these take is put together by python/chandelier/rules.py.
  module.def("_add_error_norm", [](const std::string& name, const py::function& function, bool takes_out) {
    const Function rule(fmt::format("error_norm '{}'", name), function, takes_out);
    add_error_norm(
        name, [rule](const Settings&, const ErrorNormPlace&) { return std::make_unique<OwnErrorNormalization>(rule); });
  });
  module.def("_add_activity_norm", [](const std::string& name, const py::function& forward, bool takes_out,
                                      const std::optional<py::function>& own_error, bool own_error_takes_out) {
    const std::string what = fmt::format("activity_norm '{}'", name);
    const Function rule(what, forward, takes_out);
    std::optional<Function> error;
    if (own_error) error.emplace("own_error of " + what, *own_error, own_error_takes_out);
    add_activity_norm(name, [rule, error](Index n, Index capacity) {
      return std::make_unique<OwnActivityNormalization>(rule, error, n, capacity);
    });
    if (own_error)
      without_own_error().erase(name);
    else
      without_own_error().insert(name);
  });
  module.def("_add_luminosity", [](const std::string& name, const py::function& function) {
    const Function rule(fmt::format("luminosity '{}'", name), function, false);
    add_luminosity(
        name, [rule](const Settings& settings) { return std::make_unique<OwnLuminosity>(rule, settings.epsilon); });
  });
}

}  // namespace chandelier::python
