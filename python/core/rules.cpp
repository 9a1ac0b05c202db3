// Rules of one's own in Python: functions on NumPy arrays, and classes with parameters, behind the interfaces of the
// registry.
//
// A function sees arrays that belong to its rule and are filled before each call. They could be views of the engine's
// memory, but that ends with the network, and a rule may keep a part of an argument: what it keeps must stay readable.
// The copy of n x B numbers is a small part of what a call of Python costs. A rule is called with the interpreter's
// lock held, from whatever thread trains.

#include <fmt/format.h>
#include <fmt/ranges.h>
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
#include "training/measure_table.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"

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
    return protect(array);
  }
  /// @returns a parameter's value as an array [rows x columns]; of a vector it has one dimension, or none
  py::array holding(const Parameter& parameter, int dimensions) {
    const ConstMatrixView m = parameter.value();
    const py::array room = empty(m.rows(), m.cols());
    MatrixView(values_, m.rows(), m.cols()) = m;
    constexpr py::ssize_t kSize = sizeof(float);
    std::vector<py::ssize_t> shape, strides;
    if (dimensions > 0) shape.push_back(m.rows()), strides.push_back(kSize * m.cols());
    if (dimensions > 1) shape.push_back(m.cols()), strides.push_back(kSize);
    return protect({py::dtype::of<float>(), shape, strides, values_, memory_});
  }
  /// @returns an array to be written to, of values that are not finite
  py::array to_be_written(Index rows, Index columns) {
    py::array array = empty(rows, columns);
    MatrixView(values_, rows, columns).setConstant(std::numeric_limits<float>::quiet_NaN());
    return array;
  }

 private:
  static py::array protect(py::array array) {
    py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
    return array;
  }
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
  py::object call(const py::tuple& arguments, const py::dict& by_name = {}) const {
    try {
      return (*function_)(*arguments, **by_name);
    } catch (py::error_already_set& error) {
      throw RaisedInPython(error);
    }
  }

 private:
  std::string rule_;
  std::shared_ptr<py::function> function_;
  bool takes_out_;
};

/// What a function returned, as an array of numbers.
py::array numbers_in(const std::string& rule, const py::object& given, const char* needed) {
  if (!py::isinstance<py::array>(given))
    raise_value_error(fmt::format("{} returned a {}, but {} is needed", rule, type_name(given), needed));
  if (is_masked(given))
    raise_value_error(
        fmt::format("{} returned a masked array, whose mask would be ignored; return its .filled(value)", rule));
  const auto array = py::reinterpret_borrow<py::array>(given);
  const char kind = array.dtype().kind();
  if (kind != 'f' && kind != 'i' && kind != 'u')
    raise_value_error(fmt::format("{} returned an array of type {}, but numbers are needed", rule,
                                  std::string(py::str(array.dtype()))));
  return array;
}

/// An array [B x n] that a function returned into `result` [n x B].
void take(const std::string& rule, const py::object& given, MatrixView result) {
  const py::array array = numbers_in(rule, given, "an array [samples x units]");
  if (array.ndim() != 2 || array.shape(0) != result.cols() || array.shape(1) != result.rows())
    raise_value_error(fmt::format("{} returned an array of shape {}, but ({}, {}) is needed", rule, shape_of(array),
                                  result.cols(), result.rows()));
  const py::array_t<float, py::array::forcecast> values(array);
  const auto at = values.template unchecked<2>();
  for (Index j = 0; j < result.rows(); ++j)
    for (Index b = 0; b < result.cols(); ++b) result(j, b) = at(b, j);
}

/// A function of matrices in one place of a network: what it is given, and what it gives.
template <std::size_t N>
class Applied {
 public:
  explicit Applied(Function function) : function_(std::move(function)) {}

  const std::string& rule() const { return function_.rule(); }

  /// result [n x B] = the function of `inputs`, each [n x B].
  void apply(const std::array<ConstMatrixView, N>& inputs, MatrixView result) {
    const py::gil_scoped_acquire lock;
    apply(inputs, result, py::dict());
  }
  /// The same, of parameters by name, too. To be called with the lock.
  void apply(const std::array<ConstMatrixView, N>& inputs, MatrixView result, const py::dict& parameters) {
    if (!held_) held_ = with_lock(new Held());  // only now, for networks are made without the lock
    py::tuple arguments(N + (function_.takes_out() ? 1 : 0));
    for (std::size_t i = 0; i < N; ++i) arguments[i] = held_->inputs[i].holding(inputs[i]);
    py::object out;
    if (function_.takes_out()) {
      out = held_->out.to_be_written(result.rows(), result.cols());
      arguments[N] = out;
    }
    const py::object returned = function_.call(arguments, parameters);
    if (out && !returned.is_none() && !returned.is(out))
      raise_value_error(fmt::format("{} returned a {}; it takes `out`, so it writes there and returns nothing", rule(),
                                    type_name(returned)));
    take(rule(), out ? out : returned, result);
  }

  /// For those whose result must be finite where the inputs are. Where an input is not finite either, the run has
  /// diverged, which is for the training loop to say.
  void check_finite(const std::array<ConstMatrixView, N>& inputs, ConstMatrixView result) const {
    if (result.allFinite() ||
        !std::all_of(inputs.begin(), inputs.end(), [](ConstMatrixView input) { return input.allFinite(); }))
      return;
    const py::gil_scoped_acquire lock;
    raise_value_error(fmt::format(
        "{} {}, though its arguments are", rule(),
        function_.takes_out() ? "left values of out unwritten or not finite" : "returned a value that is not finite"));
  }

 private:
  struct Held {
    std::array<Argument, N> inputs;
    Argument out;
  };

  Function function_;
  std::shared_ptr<Held> held_;
};

/// A gradient that was given as a whole, as a learning signal: a product with the identity.
struct Gradient {
  Matrix values, identity;

  Gradient(Index rows, Index columns)
      : values(rows, columns),
        identity(Matrix::Identity(std::min(rows, columns), std::min(rows, columns))),
        identity_first_(rows <= columns) {}

  ConstMatrixView error() const { return view(identity_first_ ? identity : values); }
  ConstMatrixView presynaptic() const { return view(identity_first_ ? values : identity); }

 private:
  bool identity_first_;
};

/// An owner of parameters that a class in Python gave: they go there by name as arrays, and gradients come back.
template <class Base>
class WithParameters : public Base {
 protected:
  template <class... Arguments>
  explicit WithParameters(std::string rule, Arguments&&... arguments)
      : Base(std::forward<Arguments>(arguments)...), rule_(std::move(rule)) {}

  const std::string& rule() const { return rule_; }

  /// Owns what `parameters` in Python gave, beside what the base owns. To be called with the lock.
  /// @param given  (name, value, whether it cannot be negative, rate or None) of each, checked by rules.py
  void own_given(const py::list& given, bool learns) {
    std::vector<int> dimensions;
    for (const Parameter& parameter : this->parameters()) dimensions.push_back(parameter.is_vector() ? 1 : 2);
    std::vector<py::array_t<float, py::array::c_style>> values;
    for (const py::handle one : given) {
      const auto parts = one.cast<py::tuple>();
      const auto value = parts[1].cast<py::array_t<float, py::array::c_style>>();
      const bool replaced = parts[3].is_none();
      ParameterKind kind{.name = parts[0].cast<std::string>(),
                         .rate = replaced ? "" : parts[3].cast<std::string>(),
                         .sign = parts[2].cast<bool>() ? Sign::non_negative : Sign::free,
                         .inhibitory = true,  // so that nothing decays
                         .vector = value.ndim() < 2,
                         .fixed = !learns,
                         .plain = true,
                         .replaced = replaced};
      this->own(std::move(kind), value.ndim() == 0 ? 1 : value.shape(0), value.ndim() < 2 ? 1 : value.shape(1));
      dimensions.push_back(static_cast<int>(value.ndim()));
      values.push_back(value);
    }
    const std::span<Parameter> all = this->parameters();
    for (std::size_t i = 0; i < values.size(); ++i)
      all[all.size() - values.size() + i].change(
          [&](MatrixView w) { w = ConstMatrixView(values[i].data(), w.rows(), w.cols()); });
    arguments_ = with_lock(new std::vector<Argument>(all.size()));
    dimensions_ = std::move(dimensions);
    for (const Parameter& parameter : all) gradients_.emplace_back(parameter.rows(), parameter.cols());
  }

  /// All parameters by name. To be called with the lock.
  py::dict values() const {
    py::dict by_name;
    const std::span<const Parameter> all = this->parameters();
    for (std::size_t i = 0; i < all.size(); ++i)
      by_name[py::str(all[i].name())] = (*arguments_)[i].holding(all[i], dimensions_[i]);
    return by_name;
  }

  /// Notes gradients by name. To be called with the lock.
  /// @param must_be_finite  else what is not finite is for the training loop to say
  void note_gradients(const std::string& function, const py::object& given, bool must_be_finite) {
    if (!py::isinstance<py::dict>(given))
      raise_value_error(
          fmt::format("{} returned a {}, but gradients by name, a dict, are needed", function, type_name(given)));
    for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(given)) {
      const std::string name = py::str(key);
      const std::span<const Parameter> all = std::as_const(*this).parameters();
      const auto found = std::find_if(all.begin(), all.end(), [&](const Parameter& p) { return p.name() == name; });
      if (found == all.end()) {
        std::vector<std::string> names;
        for (const Parameter& parameter : all) names.push_back(parameter.name());
        raise_value_error(
            fmt::format("{} returned a gradient of '{}', which is no parameter of this rule; these are: {}", function,
                        name, fmt::join(names, ", ")));
      }
      const auto i = static_cast<std::size_t>(found - all.begin());
      const std::string what = fmt::format("{}: '{}'", function, name);
      Matrix& gradient = gradients_[i].values;
      take_gradient(what, py::reinterpret_borrow<py::object>(value), dimensions_[i], gradient);
      if (must_be_finite && !gradient.allFinite())
        raise_value_error(fmt::format("{} is not finite, though z, g and the parameters are", what));
      if (!found->is_fixed()) this->note_signal(name, gradients_[i].error(), gradients_[i].presynaptic());
    }
  }

  bool parameters_are_finite() const {
    const std::span<const Parameter> all = this->parameters();
    return std::all_of(all.begin(), all.end(), [](const Parameter& p) { return p.value().allFinite(); });
  }

 private:
  static void take_gradient(const std::string& what, const py::object& given, int dimensions, Matrix& gradient) {
    const bool is_number = py::isinstance<py::float_>(given) || py::isinstance<py::int_>(given) ||
                           (py::hasattr(given, "dtype") && !py::isinstance<py::array>(given));
    const py::object whole = is_number ? py::object(py::array::ensure(given)) : given;
    const py::array array = numbers_in(what, whole, "an array");
    std::vector<py::ssize_t> shape;
    if (dimensions > 0) shape.push_back(gradient.rows());
    if (dimensions > 1) shape.push_back(gradient.cols());
    if (!std::equal(shape.begin(), shape.end(), array.shape(), array.shape() + array.ndim()))
      raise_value_error(fmt::format("{} has the shape {}, but the parameter's is ({})", what, shape_of(array),
                                    fmt::join(shape, ", ")));
    const py::array_t<float, py::array::c_style | py::array::forcecast> values(array);
    gradient = ConstMatrixView(values.data(), gradient.rows(), gradient.cols());
  }

  std::string rule_;
  std::vector<int> dimensions_;  ///< of each parameter's array
  std::shared_ptr<std::vector<Argument>> arguments_;
  std::vector<Gradient> gradients_;
};

/// The bound method of an object in Python, or none.
std::optional<Function> method_of(const py::object& object, const char* name, const std::string& rule) {
  const py::object method = object.attr(name);
  if (method.is_none()) return std::nullopt;
  return Function(fmt::format("{} of {}", name, rule), method.cast<py::function>(), false);
}

/// An error normalization that is a class. @param made  the object that rules.py makes of it for one layer
class OwnLearningErrorNormalization final : public WithParameters<ErrorNormalization> {
 public:
  OwnLearningErrorNormalization(const std::string& rule, const py::object& made, ErrorAim aim)
      : WithParameters(rule),
        apply_(*method_of(made, "apply", rule)),
        learn_(method_of(made, "learn", rule)),
        aim_(aim) {
    own_given(made.attr("owned").cast<py::list>(), learn_.has_value());
    arguments_ = with_lock(new std::array<Argument, 2>());
  }

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    const py::gil_scoped_acquire lock;
    apply_.apply({z, g}, normalized, values());
    if (parameters_are_finite()) apply_.check_finite({z, g}, view(normalized));
  }

  void learn(ConstMatrixView z, ConstMatrixView g) override {
    if (!learn_) return;
    const py::gil_scoped_acquire lock;
    forget_signals();
    auto& [of_z, of_g] = *arguments_;
    const py::object returned = learn_->call(py::make_tuple(of_z.holding(z), of_g.holding(g)), values());
    note_gradients(learn_->rule(), returned, z.allFinite() && g.allFinite() && parameters_are_finite());
  }

  ErrorAim aim() const override { return aim_; }

 private:
  mutable Applied<2> apply_;
  std::optional<Function> learn_;
  ErrorAim aim_;
  std::shared_ptr<std::array<Argument, 2>> arguments_;
};

/// A circuit that is a class; what its functions return that is not finite is for the training loop to judge.
class OwnCircuit final : public WithParameters<Circuit> {
 public:
  OwnCircuit(const std::string& rule, const CircuitTraits& traits, const LayerSize& size, const py::object& made)
      : WithParameters(rule, traits, in_fp32(size)),
        forward_(*method_of(made, "forward", rule)),
        backward_(*method_of(made, "backward", rule)),
        below_(size.k, size.capacity) {
    own_given(made.attr("owned").cast<py::list>(), true);
    arguments_ = with_lock(new std::array<Argument, 3>());
  }

  ConstMatrixView forward(const Input& x) override {
    batch_ = x.batch();
    forget_signals();
    const py::gil_scoped_acquire lock;
    forward_.apply({x.Xt}, own_e(), values());
    return e();
  }

  void backward(const Input& x) override {
    const py::gil_scoped_acquire lock;
    auto& [of_x, of_delta, of_below] = *arguments_;
    const py::object returned = backward_.call(
        py::make_tuple(of_x.holding(x.Xt), of_delta.holding(delta()), of_below.holding(below())), values());
    if (!py::isinstance<py::tuple>(returned) || py::len(returned) != 2)
      raise_value_error(
          fmt::format("{} returned a {}, but two things are needed: the error below, an array [samples x "
                      "inputs], and gradients by name, a dict",
                      backward_.rule(), type_name(returned)));
    const auto two = py::reinterpret_borrow<py::tuple>(returned);
    take(backward_.rule() + ": the error below", two[0], below_(batch_));
    note_gradients(backward_.rule(), two[1], false);
  }

  void error_below(MatrixView out) const override { out = below_(batch_); }
  std::optional<ConstMatrixView> inhibition() const override { return std::nullopt; }

 private:
  /// Its products are NumPy's own; ours only add gradients to weights.
  static LayerSize in_fp32(LayerSize size) {
    size.precision = Precision::fp32;
    return size;
  }

  Applied<1> forward_;
  Function backward_;
  BatchBuffer below_;  ///< [k x B]
  std::shared_ptr<std::array<Argument, 3>> arguments_;
};

/// A measure that is a function in Python of what rules.py makes of these arrays.
double measured(const Function& function, const LayerInBatch& seen) {
  const py::gil_scoped_acquire lock;
  const HiddenLayer& layer = seen.layer();
  py::dict weights;
  for (const Learnable* owner :
       {static_cast<const Learnable*>(&layer.circuit()), static_cast<const Learnable*>(&layer.error_norm())})
    for (const Parameter& parameter : owner->parameters())
      weights[py::str(parameter.name())] = Argument().holding(parameter, parameter.is_vector() ? 1 : 2);
  const auto array = [](ConstMatrixView m) { return Argument().holding(m); };
  const py::object returned =
      function.call(py::make_tuple(array(layer.z()), array(layer.y()), array(layer.activity()), array(layer.error()),
                                   array(layer.circuit().delta()), array(layer.circuit().below()), weights));
  const double value = PyFloat_AsDouble(returned.ptr());
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    raise_value_error(fmt::format("{} returned a {}, but a number is needed", function.rule(), type_name(returned)));
  }
  return value;
}

class OwnErrorNormalization final : public ErrorNormalization {
 public:
  explicit OwnErrorNormalization(const Function& rule) : rule_(rule) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    rule_.apply({z, g}, normalized);
    rule_.check_finite({z, g}, view(normalized));
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
    forward_.check_finite({z}, view(y_(z.cols())));
    return view(y_(z.cols()));
  }

  void own_error(ConstMatrixView g, MatrixView error) const override {
    if (!own_error_) throw Bug(fmt::format("{} has no own_error", forward_.rule()));  // `check_rules` refuses that
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
  // Of a class: `make` makes what stands in one layer.
  module.def("_add_error_norm_class", [](const std::string& name, const py::function& make, bool centres) {
    const std::string what = fmt::format("error_norm '{}'", name);
    const Function made(what, make, false);
    add_error_norm(name, [what, made, centres](const Settings& settings, const ErrorNormPlace& place) {
      const py::gil_scoped_acquire lock;
      return std::make_unique<OwnLearningErrorNormalization>(
          what, made.call(py::make_tuple(place.n, settings.seed, place.layer)),
          centres ? ErrorAim::centring : ErrorAim::layer_norm);
    });
  });
  module.def("_add_circuit", [](const std::string& name, const py::function& make, bool inhibition) {
    const std::string what = fmt::format("circuit '{}'", name);
    const Function made(what, make, false);
    const CircuitTraits traits{.has_inhibition = inhibition};
    add_circuit(
        name, traits, [what, made, traits](const Settings& settings, const LayerSize& size, std::uint32_t layer) {
          const py::gil_scoped_acquire lock;
          return std::make_unique<OwnCircuit>(
              what, traits, size,
              made.call(py::make_tuple(size.k, size.n, traits.has_inhibition ? size.m : 0, settings.seed, layer)));
        });
  });
  module.def("_add_measure", [](const std::string& name, const py::function& of_arrays) {
    const Function function(fmt::format("measure '{}'", name), of_arrays, false);
    add_measure(name, [function](const LayerInBatch& seen) { return measured(function, seen); });
  });
  module.def("_own_rules", [] {
    std::vector<std::pair<std::string, std::string>> names;
    for (const RuleName& rule : own_rules()) names.emplace_back(rule.kind, rule.name);
    return names;
  });
  module.def("_rates", [] {
    std::vector<std::string> rates;
    for (const Setting& setting : setting_list())
      if (setting.is_rate) rates.emplace_back(setting.key);
    return rates;
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
