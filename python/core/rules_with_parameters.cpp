// Custom rules in Python that are classes with parameters (error normalizations and circuits), and measures.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "bindings.hpp"
#include "own_functions.hpp"
#include "training/measure_table.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"

namespace chandelier::python {
namespace {

/// A complete gradient in the form of a learning signal: a product with the identity.
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

/// An owner of parameters that a Python class defines. The class gets them as arrays by name, and returns gradients.
template <class Base>
class WithParameters : public Base {
 protected:
  template <class... Arguments>
  explicit WithParameters(std::string rule, Arguments&&... arguments)
      : Base(std::forward<Arguments>(arguments)...), rule_(std::move(rule)) {}

  const std::string& rule() const { return rule_; }

  /// Adds the parameters that the Python class defines to those of the base. Call it with the lock.
  /// @param given  (name, value, whether it is non-negative, rate or None) of each, checked by rules.py
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
                         .inhibitory = true,  // so that it does not decay
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

  /// All parameters by name. Call it with the lock.
  py::dict values() const {
    py::dict by_name;
    const std::span<const Parameter> all = this->parameters();
    for (std::size_t i = 0; i < all.size(); ++i)
      by_name[py::str(all[i].name())] = (*arguments_)[i].holding(all[i], dimensions_[i]);
    return by_name;
  }

  /// Stores gradients by name. Call it with the lock.
  /// @param must_be_finite  raise for a gradient that is not finite; otherwise the training loop reports it
  void note_gradients(const std::string& function, const py::object& given, bool must_be_finite) {
    if (!py::isinstance<py::dict>(given))
      raise_value_error(
          fmt::format("{} returned a {}, but gradients by name are needed, as a dict", function, type_name(given)));
    for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(given)) {
      const std::string name = py::str(key);
      const std::span<const Parameter> all = std::as_const(*this).parameters();
      const auto found = std::find_if(all.begin(), all.end(), [&](const Parameter& p) { return p.name() == name; });
      if (found == all.end()) {
        std::vector<std::string> names;
        for (const Parameter& parameter : all) names.push_back(parameter.name());
        raise_value_error(
            fmt::format("{} returned a gradient of '{}', which is not a parameter of this rule; its parameters are: {}",
                        function, name, fmt::join(names, ", ")));
      }
      const auto i = static_cast<std::size_t>(found - all.begin());
      const std::string what = fmt::format("{}: '{}'", function, name);
      Matrix& gradient = gradients_[i].values;
      take_gradient(what, py::reinterpret_borrow<py::object>(value), dimensions_[i], gradient);
      if (must_be_finite && !gradient.allFinite())
        raise_value_error(fmt::format("{} is not finite, although z, g and the parameters are", what));
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

/// The bound method of a Python object, or none.
std::optional<Function> method_of(const py::object& object, const char* name, const std::string& rule) {
  const py::object method = object.attr(name);
  if (method.is_none()) return std::nullopt;
  return Function(fmt::format("{} of {}", name, rule), method.cast<py::function>(), false);
}

/// An error normalization that is a Python class. @param made  the object that rules.py creates for one layer
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

/// A circuit that is a Python class. If it returns values that are not finite, the training loop reports divergence.
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
          fmt::format("{} returned a {}, but two things are needed: the error below (an array [samples x "
                      "inputs]) and gradients by name (a dict)",
                      backward_.rule(), type_name(returned)));
    const auto two = py::reinterpret_borrow<py::tuple>(returned);
    take(backward_.rule() + ": the error below", two[0], below_(batch_));
    note_gradients(backward_.rule(), two[1], false);
  }

  void error_below(MatrixView out) const override { out = below_(batch_); }
  std::optional<ConstMatrixView> inhibition() const override { return std::nullopt; }

 private:
  /// NumPy computes its products; ours only add gradients to weights.
  static LayerSize in_fp32(LayerSize size) {
    size.precision = Precision::fp32;
    return size;
  }

  Applied<1> forward_;
  Function backward_;
  BatchBuffer below_;  ///< [k x B]
  std::shared_ptr<std::array<Argument, 3>> arguments_;
};

/// Calls a measure in Python with the arrays of a layer, from which rules.py makes a Layer.
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

}  // namespace

void add_rules_with_parameters(py::module_& module) {
  // `make` creates the object of a class for one layer.
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
}

}  // namespace chandelier::python
