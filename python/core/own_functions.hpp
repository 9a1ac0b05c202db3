// Calls a user's functions on NumPy arrays.
//
// The arguments are arrays that belong to the rule and are filled before each call. They are not views of the engine's
// memory, because that is freed with the network, while a rule may keep an argument or a part of it, which must then
// stay readable and unchanged. Copying n x B numbers is a small part of the cost of a Python call. A rule is called
// from the thread that trains, with the interpreter's lock held.

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

/// Python memory that outlives the engine's buffers: an argument of a rule, or its result.
class Argument {
 public:
  /// @returns an array [columns x rows] with the values and the memory layout of m [rows x columns]
  py::array holding(ConstMatrixView m) {
    py::array array = empty(m.rows(), m.cols());
    MatrixView(values_, m.rows(), m.cols()) = m;
    return protect(array);
  }
  /// @returns a parameter's value as an array [rows x columns], or with one dimension or none for a vector
  py::array holding(const Parameter& parameter, int dimensions) {
    const ConstMatrixView m = parameter.value();
    const py::array buffer = empty(m.rows(), m.cols());
    MatrixView(values_, m.rows(), m.cols()) = m;
    constexpr py::ssize_t kSize = sizeof(float);
    std::vector<py::ssize_t> shape, strides;
    if (dimensions > 0) shape.push_back(m.rows()), strides.push_back(kSize * m.cols());
    if (dimensions > 1) shape.push_back(m.cols()), strides.push_back(kSize);
    return protect({py::dtype::of<float>(), shape, strides, values_, memory_});
  }
  /// @returns a writable array, filled with NaN
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
    // If a rule has kept a part of the last array, leave that unchanged and allocate a new one.
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

/// A user's function, kept and released with the interpreter's lock.
class Function {
 public:
  Function(std::string rule, py::function function, bool takes_out)
      : rule_(std::move(rule)), function_(with_lock(new py::function(std::move(function)))), takes_out_(takes_out) {}

  const std::string& rule() const { return rule_; }
  bool takes_out() const { return takes_out_; }

  /// Call it with the lock. @throws RaisedInPython
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

/// The return value of a function, as an array of numbers.
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

/// Copies an array [B x n] that a function returned into `result` [n x B].
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

/// A function of matrices in one place of a network, with buffers for its arguments and its result.
template <std::size_t N>
class Applied {
 public:
  explicit Applied(Function function) : function_(std::move(function)) {}

  const std::string& rule() const { return function_.rule(); }

  /// result [n x B] = function(inputs), where each input is [n x B].
  void apply(const std::array<ConstMatrixView, N>& inputs, MatrixView result) {
    const py::gil_scoped_acquire lock;
    apply(inputs, result, py::dict());
  }
  /// The same, with parameters by name. Call it with the lock.
  void apply(const std::array<ConstMatrixView, N>& inputs, MatrixView result, const py::dict& parameters) {
    if (!held_) held_ = with_lock(new Held());  // only now, because networks are created without the lock
    py::tuple arguments(N + (function_.takes_out() ? 1 : 0));
    for (std::size_t i = 0; i < N; ++i) arguments[i] = held_->inputs[i].holding(inputs[i]);
    py::object out;
    if (function_.takes_out()) {
      out = held_->out.to_be_written(result.rows(), result.cols());
      arguments[N] = out;
    }
    const py::object returned = function_.call(arguments, parameters);
    if (out && !returned.is_none() && !returned.is(out))
      raise_value_error(
          fmt::format("{} returned a {}, but a function with a parameter `out` writes there and returns nothing",
                      rule(), type_name(returned)));
    take(rule(), out ? out : returned, result);
  }

  /// Raises if the result is not finite although the inputs are. If an input is not finite, the run has diverged, which
  /// the training loop reports.
  void check_finite(const std::array<ConstMatrixView, N>& inputs, ConstMatrixView result) const {
    if (result.allFinite() ||
        !std::all_of(inputs.begin(), inputs.end(), [](ConstMatrixView input) { return input.allFinite(); }))
      return;
    const py::gil_scoped_acquire lock;
    raise_value_error(fmt::format(
        "{} {}, although its arguments are finite", rule(),
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
