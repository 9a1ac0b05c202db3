// Conversion between NumPy arrays and tensors. Nothing is converted silently: an array of the wrong kind is refused
// with an error that names the argument and how to fix it.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstring>

#include "bindings.hpp"

namespace chandelier::python {
std::string type_name(const py::handle& object) { return py::str(py::type::of(object).attr("__name__")); }

std::string shape_of(const py::array& array) {
  return fmt::format("({})", fmt::join(array.shape(), array.shape() + array.ndim(), ", "));
}

py::array array_from(const py::object& object, const std::string& name) {
  if (!py::isinstance<py::array>(object))
    throw py::type_error(fmt::format("{}: a NumPy array is needed, not {}", name, type_name(object)));
  if (is_masked(object))
    throw py::type_error(
        fmt::format("{}: this is a masked array, whose mask would be ignored; give {}.filled(value), or {}.data if "
                    "nothing is masked",
                    name, name, name));
  return py::reinterpret_borrow<py::array>(object);
}

bool is_masked(const py::handle& array) {
  // Most arrays are plain, and need no import.
  return Py_TYPE(array.ptr()) != py::detail::npy_api::get().PyArray_Type_ &&
         py::isinstance(array, py::module_::import("numpy").attr("ma").attr("MaskedArray"));
}

namespace {

const float* floats_of(const py::array& array, const std::string& name) {
  const std::string type = py::str(array.dtype());
  if (!array.dtype().equal(py::dtype::of<float>()))
    throw py::type_error(fmt::format(
        "{}: the type is {}, but float32 is needed; convert it with {}.astype(numpy.float32)", name, type, name));
  if ((array.flags() & py::array::c_style) == 0)
    throw py::value_error(
        fmt::format("{}: the array is not in C order; convert it with numpy.ascontiguousarray({})", name, name));
  if ((array.flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) == 0)
    throw py::value_error(fmt::format("{}: the memory is not aligned; convert it with {}.copy()", name, name));
  const auto* const values = static_cast<const float*>(array.data());
  for (py::ssize_t i = 0; i < array.size(); ++i)
    if (!std::isfinite(values[i]))
      throw py::value_error(fmt::format("{}: the value at position {} of {} is {}, which is not finite", name, i,
                                        array.size(), values[i]));
  return values;
}

const char* name_of(TensorType type) {
  switch (type) {
    case TensorType::F32:
      return "f4";
    case TensorType::F64:
      return "f8";
    case TensorType::I64:
      return "i8";
    case TensorType::U8:
      return "u1";
  }
  return "";
}

}  // namespace

ConstMatrixView images_from(const py::object& object, const std::string& name, Index pixels) {
  const py::array array = array_from(object, name);
  const bool rows = array.ndim() == 2 && array.shape(1) == pixels;
  const bool pictures = array.ndim() == 3 && array.shape(1) * array.shape(2) == pixels;
  if (!rows && !pictures)
    throw py::value_error(
        fmt::format("{}: the shape is {}, but [samples x {}] is needed", name, shape_of(array), pixels));
  if (array.shape(0) == 0) throw py::value_error(fmt::format("{}: there is no sample in the array", name));
  return {floats_of(array, name), array.shape(0), pixels};
}

ConstMatrixView matrix_from(const py::object& object, const std::string& name, Index rows, Index columns, bool vector) {
  const py::array array = array_from(object, name);
  const bool fits = vector ? array.ndim() == 1 && array.shape(0) == rows
                           : array.ndim() == 2 && array.shape(0) == rows && array.shape(1) == columns;
  if (!fits)
    throw py::value_error(fmt::format("{}: the shape is {}, but {} is needed", name, shape_of(array),
                                      vector ? fmt::format("[{}]", rows) : fmt::format("[{} x {}]", rows, columns)));
  return {floats_of(array, name), rows, vector ? 1 : columns};
}

std::vector<std::uint8_t> labels_from(const py::object& object, const std::string& name, Index count, Index classes) {
  const py::array array = array_from(object, name);
  const char kind = array.dtype().kind();
  if (kind != 'i' && kind != 'u')
    throw py::type_error(fmt::format("{}: the type is {}, but labels are whole numbers; convert it with {}.astype(int)",
                                     name, std::string(py::str(array.dtype())), name));
  if (array.ndim() != 1 || array.shape(0) != count)
    throw py::value_error(
        fmt::format("{}: the shape is {}, but [{}] is needed, one label per sample", name, shape_of(array), count));
  const py::array_t<std::int64_t, py::array::c_style | py::array::forcecast> values(array);
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) {
    const std::int64_t label = values.at(i);
    if (label < 0 || label >= std::min<Index>(classes, 256))
      throw py::value_error(
          fmt::format("{}: label {} at position {} is not a class; labels are 0 to {}", name, label, i, classes - 1));
    labels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(label);
  }
  return labels;
}

py::dict to_arrays(const TensorFile& file) {
  py::dict arrays;
  for (const auto& [name, tensor] : file.tensors) {
    py::array array(py::dtype(name_of(tensor.type)), tensor.shape);
    std::memcpy(array.mutable_data(), tensor.bytes.data(), tensor.bytes.size());
    arrays[py::str(name)] = array;
  }
  return arrays;
}

TensorFile from_arrays(const py::dict& arrays) {
  TensorFile file;
  for (const auto& [key, value] : arrays) {
    const std::string name = py::str(key);
    const py::array array = array_from(py::reinterpret_borrow<py::object>(value), name);
    if (array.ndim() != 1 && array.ndim() != 2)
      throw py::value_error(fmt::format("{}: {} dimensions, but a vector or a matrix is needed", name, array.ndim()));
    const Index rows = array.shape(0);
    if (array.ndim() == 1)
      file.put(name, ConstVectorView(floats_of(array, name), rows));
    else
      file.put(name, ConstMatrixView(floats_of(array, name), rows, array.shape(1)));
  }
  return file;
}

}  // namespace chandelier::python
