// Custom rules in Python: adapters from functions on NumPy arrays to the interfaces of the registry.

#include <fmt/format.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "bindings.hpp"
#include "own_functions.hpp"
#include "training/registry.hpp"

namespace chandelier::python {
namespace {

class OwnErrorNormalization final : public ErrorNormalization {
 public:
  explicit OwnErrorNormalization(const Function& rule) : rule_(rule) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    rule_.apply({z, g}, normalized);
    rule_.check_finite({z, g}, view(normalized));
  }

 private:
  mutable Applied<2> rule_;  ///< mutable, because it contains buffers for a batch
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
    forward_.check_finite({z}, view(y_(z.cols())));
    return view(y_(z.cols()));
  }

  void own_error(ConstMatrixView g, MatrixView error) const override {
    if (!own_error_) throw Bug(fmt::format("{} has no own_error", forward_.rule()));  // `check_rules` prevents this
    const std::array<ConstMatrixView, 3> inputs{g, ConstMatrixView(z_, g.rows(), g.cols()), y_(g.cols())};
    own_error_->apply(inputs, error);
    own_error_->check_finite(inputs, view(error));
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
    // The value depends on u and epsilon alone, so any image will do, for instance a black one.
    std::vector<Real> black(static_cast<std::size_t>(scene.rows * scene.columns), Real(0));
    return change(random, black);
  }
  void apply(KeyedRandom& random, const Scene& /*scene*/, std::span<Real> pixels) const override {
    change(random, pixels);
  }

 private:
  /// Calls the function on an image, and returns the value it drew.
  Real change(KeyedRandom& random, std::span<Real> pixels) const {
    const double u = random.uniform();
    const py::gil_scoped_acquire lock;
    py::array_t<float> image(static_cast<py::ssize_t>(pixels.size()));
    std::copy(pixels.begin(), pixels.end(), image.mutable_data());
    const py::object returned = rule_.call(py::make_tuple(image, u, epsilon_));
    const double value = PyFloat_AsDouble(returned.ptr());
    if (PyErr_Occurred() != nullptr) {
      PyErr_Clear();
      raise_value_error(fmt::format("{} returned a {}, but must return the value it drew, a number", rule_.rule(),
                                    type_name(returned)));
    }
    std::copy_n(image.data(), pixels.size(), pixels.begin());
    const auto outside = std::find_if_not(pixels.begin(), pixels.end(), [](Real p) { return p >= 0 && p <= 1; });
    if (outside != pixels.end())
      raise_value_error(fmt::format("{} left a pixel at {}, outside 0 to 1", rule_.rule(), *outside));
    if (!std::isfinite(value))
      raise_value_error(fmt::format("{} returned {}, which is not finite", rule_.rule(), value));
    return static_cast<Real>(value);
  }

  Function rule_;
  double epsilon_;
};

/// Names of activity normalizations without own_error; guarded by the interpreter's lock.
std::set<std::string>& without_own_error() {
  static std::set<std::string> names;
  return names;
}

}  // namespace

void check_rules(const Settings& settings) {
  bool has_own = false;
  for (std::size_t layer = 0; layer < settings.width.size(); ++layer)
    has_own |= error_norm_of(settings, layer) == "own";
  if (has_own && without_own_error().contains(settings.activity_norm))
    throw SettingError(
        fmt::format("error_norm 'own' needs the Jacobian of activity_norm '{}', which was defined without "
                    "own_error; define it, or choose another error_norm",
                    settings.activity_norm));
}

void add_rules(py::module_& module) {
  // python/chandelier/rules.py checks and prepares the arguments of these functions.
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