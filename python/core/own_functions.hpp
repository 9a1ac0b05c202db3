// Functions of the user on NumPy arrays, as the engine calls them.
//
// A function sees arrays that belong to its rule and are filled before each call. They could be views of the engine's
// memory, but that ends with the network, and a rule may keep a part of an argument: what it keeps must stay readable.
// The copy of n x B numbers is a small part of what a call of Python costs. A rule is called with the interpreter's
// lock held, from whatever thread trains.

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "parameters/parameter.hpp"

namespace chandelier::python {

[[noreturn]] inline void raise_value_error(const std::string& sentence) {
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
inline py::array numbers_in(const std::string& rule, const py::object& given, const char* needed) {
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
inline void take(const std::string& rule, const py::object& given, MatrixView result) {
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

}  // namespace chandelier::python
