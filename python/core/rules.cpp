// Rules of one's own in Python: functions on NumPy arrays behind the interfaces of the registry.
//
// A function sees the engine's own memory, [samples x units] without a copy, for as long as it runs: what it wants to
// keep it must copy. It is called with the interpreter's lock held, from whatever thread trains.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "bindings.hpp"
#include "training/registry.hpp"

namespace chandelier::python {
namespace {

bool all_finite(ConstMatrixView m) { return m.allFinite(); }

/// An array on memory [units x samples] as [samples x units], for the time of a call.
class Shown {
 public:
  Shown(ConstMatrixView m, const char* name, bool writable)
      : name_(name),
        array_(py::dtype::of<float>(), std::vector<py::ssize_t>{m.cols(), m.rows()},
               std::vector<py::ssize_t>{kSize, kSize * m.cols()}, m.data(), py::none()) {
    if (!writable) py::detail::array_proxy(array_.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  }
  /// Pixels of one image, [pixels], to be changed.
  explicit Shown(std::span<Real> pixels)
      : name_("pixels"),
        array_(py::dtype::of<float>(), std::vector<py::ssize_t>{static_cast<py::ssize_t>(pixels.size())},
               std::vector<py::ssize_t>{kSize}, pixels.empty() ? &kNone : pixels.data(), py::none()) {}

  const py::array& array() const { return array_; }
  const char* name() const { return name_; }
  /// Whether the function kept it; if so the one it kept gets a copy of the memory, which goes on to change and ends.
  bool detach() {
    if (array_.ref_count() == 1) return false;
    const py::array copy = array_.attr("copy")("K");
    auto* const kept = py::detail::array_proxy(array_.ptr());
    kept->data = py::detail::array_proxy(copy.ptr())->data;
    Py_XDECREF(kept->base);
    kept->base = py::object(copy).release().ptr();
    return true;
  }

 private:
  static constexpr py::ssize_t kSize = sizeof(float);
  static inline float kNone = 0;
  const char* name_;
  py::array array_;
};

/// A function of the user, held and let go with the interpreter's lock.
class Function {
 public:
  Function(std::string rule, py::function function, bool takes_out)
      : rule_(std::move(rule)), function_(new py::function(std::move(function)), WithLock()), takes_out_(takes_out) {}

  const std::string& rule() const { return rule_; }

  /// Calls it on `shown` and more arguments, and gives what it returned to `use`.
  template <std::size_t N, class Use, class... More>
  void call(std::array<Shown, N>& shown, Use&& use, const More&... more) const {
    try {
      py::list arguments;
      for (const Shown& one : shown) arguments.append(one.array());
      (arguments.append(more), ...);
      const py::tuple given(std::exchange(arguments, py::list()));
      use((*function_)(*given));
    } catch (py::error_already_set& error) {
      // The frames hold arrays on memory that is about to end.
      if (error.trace()) py::module_::import("traceback").attr("clear_frames")(error.trace());
      for (Shown& one : shown) one.detach();
      throw RaisedInPython(error);
    }
    for (Shown& one : shown)
      if (one.detach())
        raise(fmt::format("{} keeps its argument {}, whose memory changes with every batch; keep {}.copy()", rule_,
                          one.name(), one.name()));
  }

  /// result [n x B] = the function of `inputs`, each [n x B].
  /// @param names of the inputs
  template <std::size_t N>
  void apply(const std::array<ConstMatrixView, N>& inputs, const std::array<const char*, N>& names,
             MatrixView result) const {
    const py::gil_scoped_acquire lock;
    const auto use = [&](const py::object& returned) { take(returned, result); };
    if (takes_out_) {
      auto shown = with_out(inputs, names, result, std::make_index_sequence<N>());
      call(shown, use);
    } else {
      auto shown = without_out(inputs, names, std::make_index_sequence<N>());
      call(shown, use);
    }
    const auto finite = [](ConstMatrixView m) { return all_finite(m); };
    // Where the input is not finite either, the run has diverged, which is for the training loop to say.
    if (!result.allFinite() && std::all_of(inputs.begin(), inputs.end(), finite))
      raise(fmt::format("{} gave a value that is not finite, though its arguments are", rule_));
  }

  [[noreturn]] static void raise(const std::string& sentence) {
    try {
      PyErr_SetString(PyExc_ValueError, sentence.c_str());
      throw py::error_already_set();
    } catch (py::error_already_set& error) {
      throw RaisedInPython(error);
    }
  }

 private:
  struct WithLock {
    void operator()(py::function* held) const {
      if (Py_IsInitialized() == 0) return;  // the program is ending, and the interpreter has ended before
      const py::gil_scoped_acquire lock;
      delete held;
    }
  };

  template <std::size_t N, std::size_t... I>
  static std::array<Shown, N> without_out(const std::array<ConstMatrixView, N>& inputs,
                                          const std::array<const char*, N>& names, std::index_sequence<I...>) {
    return {Shown(inputs[I], names[I], false)...};
  }
  template <std::size_t N, std::size_t... I>
  static std::array<Shown, N + 1> with_out(const std::array<ConstMatrixView, N>& inputs,
                                           const std::array<const char*, N>& names, MatrixView result,
                                           std::index_sequence<I...>) {
    return {Shown(inputs[I], names[I], false)..., Shown(view(result), "out", true)};
  }

  /// What the function returned, into `result` [n x B].
  void take(const py::object& returned, MatrixView result) const {
    if (takes_out_) {
      if (!returned.is_none() && !py::isinstance<py::array>(returned))
        raise(fmt::format("{} returned a {}; it takes `out`, so it writes there and returns nothing", rule_,
                          std::string(py::str(py::type::of(returned).attr("__name__")))));
      return;
    }
    if (!py::isinstance<py::array>(returned))
      raise(fmt::format("{} returned a {}, but an array [samples x units] is needed", rule_,
                        std::string(py::str(py::type::of(returned).attr("__name__")))));
    const auto array = py::reinterpret_borrow<py::array>(returned);
    if (array.ndim() != 2 || array.shape(0) != result.cols() || array.shape(1) != result.rows())
      raise(fmt::format("{} returned an array of shape ({}), but ({}, {}) is needed", rule_,
                        fmt::join(array.shape(), array.shape() + array.ndim(), ", "), result.cols(), result.rows()));
    const char kind = array.dtype().kind();
    if (kind != 'f' && kind != 'i' && kind != 'u')
      raise(fmt::format("{} returned an array of type {}, but numbers are needed", rule_,
                        std::string(py::str(array.dtype()))));
    const py::array_t<float, py::array::forcecast> values(array);
    const auto at = values.unchecked<2>();
    for (Index j = 0; j < result.rows(); ++j)
      for (Index b = 0; b < result.cols(); ++b) result(j, b) = at(b, j);
  }

  std::string rule_;
  std::shared_ptr<py::function> function_;
  bool takes_out_;
};

class OwnErrorNormalization final : public ErrorNormalization {
 public:
  explicit OwnErrorNormalization(Function rule) : rule_(std::move(rule)) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) override {
    rule_.apply<2>({z, g}, {"z", "g"}, normalized);
  }

 private:
  Function rule_;
};

class OwnActivityNormalization final : public ActivityNormalization {
 public:
  OwnActivityNormalization(Function forward, std::optional<Function> own_error, Index n, Index capacity)
      : forward_(std::move(forward)), own_error_(std::move(own_error)), y_(n, capacity) {}

  ConstMatrixView forward(ConstMatrixView z) override {
    z_ = z.data();
    forward_.apply<1>({z}, {"z"}, y_(z.cols()));
    return view(y_(z.cols()));
  }

  void own_error(ConstMatrixView g, MatrixView error) override {
    if (!own_error_)
      throw SettingError(
          fmt::format("error_norm 'own' needs the Jacobian of {}, which was given without own_error; "
                      "give it, or choose another error_norm",
                      forward_.rule()));
    own_error_->apply<3>({g, ConstMatrixView(z_, g.rows(), g.cols()), view(y_(g.cols()))}, {"g", "z", "y"}, error);
  }

 private:
  Function forward_;
  std::optional<Function> own_error_;
  BatchBuffer y_;  ///< [n x B]
  const Real* z_ = nullptr;
};

class OwnLuminosity final : public Luminosity {
 public:
  OwnLuminosity(Function rule, double epsilon) : rule_(std::move(rule)), epsilon_(epsilon) {}

  Real apply(KeyedRandom& random, std::span<Real> pixels) const override {
    const double u = random.uniform();
    const py::gil_scoped_acquire lock;
    std::array<Shown, 1> shown{Shown(pixels)};
    double value = 0;
    rule_.call(
        shown,
        [&](const py::object& returned) {
          value = PyFloat_AsDouble(returned.ptr());
          if (PyErr_Occurred() != nullptr) {
            PyErr_Clear();
            Function::raise(fmt::format("{} returned a {}, but the value it drew, a number, is needed", rule_.rule(),
                                        std::string(py::str(py::type::of(returned).attr("__name__")))));
          }
        },
        u, epsilon_);
    const auto outside = std::find_if_not(pixels.begin(), pixels.end(), [](Real p) { return p >= 0 && p <= 1; });
    if (outside != pixels.end())
      Function::raise(fmt::format("{} left a pixel at {}, outside of 0 to 1", rule_.rule(), *outside));
    if (!std::isfinite(value)) Function::raise(fmt::format("{} returned {}, no finite number", rule_.rule(), value));
    return static_cast<Real>(value);
  }

 private:
  Function rule_;
  double epsilon_;
};

}  // namespace

void add_rules(py::module_& module) {
  // What these take is put together by python/chandelier/rules.py.
  module.def("_add_error_norm", [](const std::string& name, const py::function& function, bool takes_out) {
    const Function rule(fmt::format("error_norm '{}'", name), function, takes_out);
    add_error_norm(name, [rule](const ErrorNormPlace&) { return std::make_unique<OwnErrorNormalization>(rule); });
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
  });
  module.def("_add_luminosity", [](const std::string& name, const py::function& function) {
    const Function rule(fmt::format("luminosity '{}'", name), function, false);
    add_luminosity(name, [rule](double epsilon) { return std::make_unique<OwnLuminosity>(rule, epsilon); });
  });
}

}  // namespace chandelier::python
