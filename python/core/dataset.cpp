// chandelier.Dataset: labelled grey images, from IDX files or from arrays.

#include "data/dataset.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "bindings.hpp"

namespace chandelier::python {
namespace {

/// One set of images from arrays. @throws TypeError or ValueError naming the argument
ImageSet image_set(const py::object& given, const py::object& labels, const std::string& name, Index classes) {
  const std::string images_name = name + "_images";
  const py::array images = array_from(given, images_name);
  if (!images.dtype().equal(py::dtype::of<std::uint8_t>()))
    throw py::type_error(fmt::format(
        "{}: the type is {}, but uint8 is needed (0 black, 255 white); convert images in [0, 1] with (255 * "
        "{}).round().astype(numpy.uint8)",
        images_name, std::string(py::str(images.dtype())), images_name));
  if (images.ndim() != 3 || images.size() == 0)
    throw py::value_error(
        fmt::format("{}: the shape is {}, but [images x rows x columns] is needed, with at least one of each",
                    images_name, shape_of(images)));
  const py::array_t<std::uint8_t, py::array::c_style | py::array::forcecast> pixels(images);
  ImageSet set;
  set.count = pixels.shape(0), set.rows = pixels.shape(1), set.columns = pixels.shape(2);
  set.pixels.assign(pixels.data(), pixels.data() + pixels.size());
  set.labels = labels_from(labels, name + "_labels", set.count, classes);
  return set;
}

DatasetHandle from_arrays(const py::object& train_images, const py::object& train_labels, const py::object& test_images,
                          const py::object& test_labels, int classes, const std::string& name) {
  if (classes < 2 || classes > 256)
    throw py::value_error(fmt::format("classes: {}, but must be from 2 to 256", classes));
  ImageSet train = image_set(train_images, train_labels, "train", classes);
  ImageSet test = image_set(test_images, test_labels, "test", classes);
  if (train.rows != test.rows || train.columns != test.columns)
    throw py::value_error(fmt::format("test_images: {} x {} pixels, but train_images have {} x {}", test.rows,
                                      test.columns, train.rows, train.columns));
  return {without_gil([&] { return dataset_of(name, std::move(train), std::move(test), classes); })};
}

/// Shows the notes on the data as Python warnings.
DatasetHandle with_warnings(const DatasetHandle& handle) {
  for (const std::string& note : handle.dataset->notes)
    if (PyErr_WarnEx(PyExc_UserWarning, note.c_str(), 1) != 0) throw py::error_already_set();
  return handle;
}

/// A read-only view of bytes that the data set owns.
py::array view_of(const DatasetHandle& handle, const std::vector<std::uint8_t>& bytes,
                  const std::vector<py::ssize_t>& shape) {
  py::array_t<std::uint8_t> view(shape, bytes.data(), py::cast(handle));
  view.attr("flags").attr("writeable") = false;
  return view;
}

py::array images_of(const DatasetHandle& handle, const ImageSet& set) {
  return view_of(handle, set.pixels, {set.count, set.rows, set.columns});
}

}  // namespace

void add_dataset(py::module_& module) {
  py::class_<DatasetHandle>(
      module, "Dataset",
      "A training and a test set of labelled grey images, 8 bits a pixel.\n\n"
      "`Dataset.load()` finds FashionMNIST, `Dataset.load(folder)` reads IDX files (MNIST's format), and\n"
      "`Dataset.from_arrays(...)` takes any small images. The arrays are read-only views.")
      .def_static(
          "load",
          [](const std::filesystem::path& folder, int classes) {
            return with_warnings({without_gil([&] { return load_dataset(folder.string(), classes); })});
          },
          py::arg("folder") = "", py::arg("classes") = 10,
          "Reads the four IDX files of a folder, gzipped or not; without a folder, finds FashionMNIST.\n\n"
          "classes: labels must be below this number. Raises DataError naming the file and what is wrong with it.")
      .def_static(
          "from_arrays",
          [](const py::object& train_images, const py::object& train_labels, const py::object& test_images,
             const py::object& test_labels, int classes, const std::string& name) {
            return with_warnings(from_arrays(train_images, train_labels, test_images, test_labels, classes, name));
          },
          py::arg("train_images"), py::arg("train_labels"), py::arg("test_images"), py::arg("test_labels"),
          py::kw_only(), py::arg("classes") = 10, py::arg("name") = "arrays",
          "Makes a data set from arrays, which are copied.\n\n"
          "Images: uint8 [images x rows x columns], 0 black and 255 white. Labels: [images], whole numbers from 0 to\n"
          "classes - 1. Raises TypeError or ValueError naming the argument.")
      .def_property_readonly(
          "name", [](const DatasetHandle& h) { return h.dataset->name; },
          "FashionMNIST or MNIST if the hashes of all files match; otherwise the given name or that of the folder.")
      .def_property_readonly(
          "classes", [](const DatasetHandle& h) { return h.dataset->classes; },
          "Number of classes; labels are below it.")
      .def_property_readonly(
          "train_images", [](const DatasetHandle& h) { return images_of(h, h.dataset->train); },
          "Read-only view, uint8 [images x rows x columns], 0 black and 255 white.")
      .def_property_readonly(
          "train_labels",
          [](const DatasetHandle& h) { return view_of(h, h.dataset->train.labels, {h.dataset->train.count}); },
          "Read-only view, uint8 [images].")
      .def_property_readonly(
          "test_images", [](const DatasetHandle& h) { return images_of(h, h.dataset->test); },
          "Read-only view, uint8 [images x rows x columns], 0 black and 255 white.")
      .def_property_readonly(
          "test_labels",
          [](const DatasetHandle& h) { return view_of(h, h.dataset->test.labels, {h.dataset->test.count}); },
          "Read-only view, uint8 [images].")
      // Data sets are immutable, so a copy can be the same object.
      .def("__copy__", [](const DatasetHandle& h) { return h; })
      .def("__deepcopy__", [](const DatasetHandle& h, const py::dict&) { return h; })
      .def(py::pickle(
          [](const DatasetHandle& h) {
            const Dataset& d = *h.dataset;
            return py::make_tuple(images_of(h, d.train), view_of(h, d.train.labels, {d.train.count}),
                                  images_of(h, d.test), view_of(h, d.test.labels, {d.test.count}), d.classes, d.name);
          },
          [](const py::tuple& state) {
            return from_arrays(state[0], state[1], state[2], state[3], state[4].cast<int>(),
                               state[5].cast<std::string>());
          }))
      .def("__repr__", [](const DatasetHandle& h) {
        const Dataset& d = *h.dataset;
        return fmt::format("<Dataset {}: {} training and {} test images of {} x {} pixels, {} classes>", d.name,
                           d.train.count, d.test.count, d.train.rows, d.train.columns, d.classes);
      });
}

}  // namespace chandelier::python
