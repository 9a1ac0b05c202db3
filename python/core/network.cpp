// chandelier.Network: a network with access to its intermediate values and weights.

#include "learning/network.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "base/error.hpp"
#include "bindings.hpp"
#include "learning/optimizer.hpp"
#include "learning/weights.hpp"
#include "training/evaluation_table.hpp"
#include "training/network_builder.hpp"
#include "training/setting_list.hpp"
#include "training/trace.hpp"

namespace chandelier::python {
namespace {

constexpr Index kUsualCapacity = 1024;  ///< samples of a batch; enough for typical use in a notebook

/// A network with its settings and its optimizer, used by one thread at a time.
class NetworkHandle {
 public:
  NetworkHandle(Settings settings, Network network)
      : settings_(std::move(settings)), network_(std::move(network)), optimizer_(optimizer_of(network_, settings_)) {}

  const Settings& settings() const { return settings_; }
  Network& network() { return network_; }

  py::dict forward(const py::object& x) {
    const ConstMatrixView images = batch_of(x);
    TensorFile file;
    alone([&] { trace_forward(network_, images, "", file); });
    return to_arrays(file);
  }

  py::dict step(const py::object& x, const py::object& y) {
    const ConstMatrixView images = batch_of(x);
    const std::vector<std::uint8_t> labels = labels_from(y, "y", images.rows(), network_.classes());
    TensorFile file;
    alone([&] { trace_step(network_, optimizer_, images, labels, "", file); });
    return to_arrays(file);
  }

  py::dict parameters(const py::object& self) {
    py::dict views;
    std::as_const(network_).for_each_parameter([&](const std::string& layer, const Parameter& parameter) {
      const ConstMatrixView value = parameter.value();
      std::vector<py::ssize_t> shape{value.rows()};
      if (!parameter.is_vector()) shape.push_back(value.cols());
      py::array_t<float> view(shape, value.data(), self);
      view.attr("flags").attr("writeable") = false;
      views[py::str(fmt::format("{}.{}", layer, parameter.name()))] = view;
    });
    return views;
  }

  void assign(const std::string& name, const py::object& values) {
    bool found = false;
    network_.for_each_parameter([&](const std::string& layer, Parameter& parameter) {
      if (fmt::format("{}.{}", layer, parameter.name()) != name) return;
      found = true;
      const ConstMatrixView given =
          matrix_from(values, name, parameter.rows(), parameter.cols(), parameter.is_vector());
      alone([&] { parameter.assign(given, "Network.assign", layer); });
    });
    if (!found) throw py::key_error(fmt::format("this network has no parameter '{}'; `parameters` lists them", name));
  }

  Evaluation evaluate(const DatasetHandle& data, const std::string& luminosity, std::optional<double> value) {
    const Dataset& dataset = *data.dataset;
    if (dataset.test.pixels_per_image() != network_.inputs())
      throw py::value_error(fmt::format("dataset: its images have {} pixels, but the network takes {} inputs",
                                        dataset.test.pixels_per_image(), network_.inputs()));
    if (dataset.classes > network_.classes())
      throw py::value_error(
          fmt::format("dataset: it has {} classes, but the network has {}", dataset.classes, network_.classes()));
    const bool same = luminosity.empty() || luminosity == settings_.luminosity;
    if (!same && !value)
      throw py::value_error(
          fmt::format("value: luminosity '{}' needs a value: the shift for fixed, epsilon for all others", luminosity));
    const std::string model = luminosity.empty() ? settings_.luminosity : luminosity;
    const Setting& setting = *find_setting(model == "fixed" ? "shift" : "epsilon");
    value_from_items(*find_setting("luminosity"), std::vector{model}, "luminosity");
    LuminosityAt at{model, model == "fixed" ? settings_.shift : settings_.epsilon};
    if (value) at.value = std::get<double>(value_from_items(setting, std::vector{fmt::format("{}", *value)}, "value"));
    Evaluation result;
    alone([&] {
      Batch batch(std::min(kEvaluationBatch, network_.capacity()), network_.inputs());
      result = evaluate_at(at, network_, data.dataset, settings_, batch);
    });
    return result;
  }

  /// Everything that determines its further behaviour: settings, capacity, weights, velocities and running means.
  py::tuple state() {
    TensorFile file;
    alone([&] {
      file = weights_of(network_, settings_);
      optimizer_.put_velocities(file);
      put_running_means(network_, file);
    });
    return py::make_tuple(settings_, network_.capacity(), to_arrays(file));
  }
  void take_what_moves(const TensorFile& file) {
    optimizer_.take_velocities(file, "network");
    take_running_means(network_, file, "network");
  }

  void save(const std::filesystem::path& path) {
    alone([&] { write_tensors(path, weights_of(network_, settings_)); });
  }

 private:
  ConstMatrixView batch_of(const py::object& x) const {
    const ConstMatrixView images = images_from(x, "x", network_.inputs());
    if (images.rows() > network_.capacity())
      throw py::value_error(
          fmt::format("x: {} samples, but the capacity of this network is {}; create it with capacity={}",
                      images.rows(), network_.capacity(), images.rows()));
    return images;
  }

  /// Runs `work` without the interpreter's lock, but with this network's, so that no thread sees another's batch.
  /// @throws RuntimeError if called from within a rule of this network, because that would overwrite its batch
  template <class Work>
  void alone(Work&& work) {
    without_gil([&] {
      // In a process that was forked meanwhile, the thread that would release the lock does not exist.
      if (const pid_t process = busy_in_; process != 0 && process != getpid())
        throw std::runtime_error(
            "this network was in the middle of a batch when this process was forked; use another network here");
      const std::lock_guard one(mutex_);
      if (busy_in_ != 0)
        throw std::runtime_error("this network is in the middle of a batch, so its own rules cannot use it");
      busy_in_ = getpid();
      using Process = std::atomic<pid_t>;
      const std::unique_ptr<Process, void (*)(Process*)> done(&busy_in_, [](Process* process) { *process = 0; });
      work();
    });
  }

  Settings settings_;
  Network network_;
  Optimizer optimizer_;
  std::recursive_mutex mutex_;     ///< recursive, because a Python rule runs in the thread that holds it
  std::atomic<pid_t> busy_in_{0};  ///< the process that is processing a batch, or 0
};

/// A whole number from 1 to a million. @throws TypeError or ValueError naming the argument
Index count_from(const py::object& value, const std::string& name) {
  const auto whole = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!whole) {
    PyErr_Clear();
    throw py::type_error(fmt::format("{}: a whole number is needed, not {}", name, std::string(py::repr(value))));
  }
  const long long count = PyLong_AsLongLong(whole.ptr());
  PyErr_Clear();  // a number that is too large gives -1
  if (count < 1 || count > 1'000'000)
    throw py::value_error(fmt::format("{}: {}, but must be from 1 to 1000000", name, std::string(py::repr(value))));
  return count;
}

Index capacity_from(const Settings& settings, const py::object& capacity) {
  return capacity.is_none() ? std::max<Index>(settings.batch, kUsualCapacity) : count_from(capacity, "capacity");
}

const Settings& settings_from(const py::object& settings) {
  if (!py::isinstance<Settings>(settings))
    throw py::type_error(fmt::format("settings: Settings are needed, not {}", type_name(settings)));
  return settings.cast<const Settings&>();
}

std::unique_ptr<NetworkHandle> from_settings(const py::object& given, const py::object& inputs,
                                             const py::object& capacity) {
  const Settings& settings = settings_from(given);
  const Index pixels = count_from(inputs, "inputs"), room = capacity_from(settings, capacity);
  check_rules(settings);
  return without_gil(
      [&] { return std::make_unique<NetworkHandle>(settings, initial_network(settings, pixels, room)); });
}

/// The settings in the metadata of a weight file, and defaults for all others.
Settings settings_for(const TensorFile& weights, const std::string& origin) {
  GivenSettings given;
  for (const std::string_view key : {"circuit", "activity_norm", "error_norm"}) {
    const auto found = weights.metadata.find(std::string(key));
    if (found == weights.metadata.end())
      throw DataError(fmt::format("{}: the metadata does not contain {}; give settings", origin, key));
    given.give(key, found->second, fmt::format("{}: {}", origin, key));
  }
  // With one rule per layer, the number of rules must be that of the layers.
  if (const int layers = hidden_layers_in(weights); find_setting("depth")->can_hold(fmt::format("{}", layers)))
    given.give("depth", fmt::format("{}", layers), origin);
  return resolve(given, {});
}

/// The settings with the sizes of a network, which the tensors of a file determine.
Settings with_sizes_of(const Network& network, Settings settings) {
  settings.depth = static_cast<int>(network.hidden().size());
  settings.classes = static_cast<int>(network.classes());
  settings.width.clear();
  for (const HiddenLayer& layer : network.hidden())
    settings.width.push_back(static_cast<int>(layer.circuit().size().n));
  return settings;
}

std::unique_ptr<NetworkHandle> load(const std::filesystem::path& path, const py::object& given,
                                    const py::object& capacity) {
  if (!given.is_none()) settings_from(given);
  const TensorFile weights = read_tensors(path);
  const Settings settings = given.is_none() ? settings_for(weights, path.string()) : settings_from(given);
  const Index room = capacity_from(settings, capacity);
  check_rules(settings);
  return without_gil([&] {
    Network network = network_from(settings, weights, path.string(), room);
    const Settings of_sizes = with_sizes_of(network, settings);
    return std::make_unique<NetworkHandle>(of_sizes, std::move(network));
  });
}

std::unique_ptr<NetworkHandle> from_state(const py::tuple& state) {
  const auto settings = state[0].cast<Settings>();
  const auto room = state[1].cast<Index>();
  const TensorFile file = from_arrays(state[2].cast<py::dict>());
  check_rules(settings);
  return without_gil([&] {
    auto handle = std::make_unique<NetworkHandle>(settings, network_from(settings, file, "network", room));
    handle->take_what_moves(file);
    return handle;
  });
}

}  // namespace

void add_network(py::module_& module) {
  py::class_<NetworkHandle>(module, "Network",
                            "A network: hidden layers of one circuit, an E-I readout, and their learning rules.\n\n"
                            "Arrays are float32; each row is a sample. Names are those of `chandelier trace`. Layers\n"
                            "are `hidden0`, ..., `readout`. It can be pickled and copied, with its momenta.")
      .def(py::init(&from_settings), py::arg("settings"), py::arg("inputs") = 784, py::kw_only(),
           py::arg("capacity") = py::none())
      .def_static(
          "from_settings", &from_settings, py::arg("settings"), py::arg("inputs") = 784, py::kw_only(),
          py::arg("capacity") = py::none(),
          "Makes a network with initial weights, which the seed in the settings determines.\n\n"
          "inputs: pixels of an image. capacity: the largest batch; default: 1024, or the batch size if that is\n"
          "larger. Raises ValueError naming the argument.")
      .def_static(
          "load", &load, py::arg("path"), py::arg("settings") = py::none(), py::kw_only(),
          py::arg("capacity") = py::none(),
          "Makes a network with the weights of a safetensors file; the tensors determine its sizes.\n\n"
          "settings: how it learns; default: circuit and normalizations from the file's metadata, and defaults\n"
          "for everything else. Raises DataError naming the file and what is wrong with it.")
      .def("save", &NetworkHandle::save, py::arg("path"),
           "Writes the weights as safetensors, as `chandelier train` does. Raises DataError naming the file.")
      .def_property_readonly(
          "settings", [](const NetworkHandle& n) { return n.settings(); }, "The settings of the network.")
      .def_property_readonly(
          "inputs", [](NetworkHandle& n) { return n.network().inputs(); }, "Pixels of an image.")
      .def_property_readonly(
          "classes", [](NetworkHandle& n) { return n.network().classes(); }, "Units of the readout.")
      .def_property_readonly(
          "capacity", [](NetworkHandle& n) { return n.network().capacity(); }, "The largest batch, in samples.")
      .def_property_readonly(
          "parameters", [](const py::object& self) { return self.cast<NetworkHandle&>().parameters(self); },
          "Read-only views of the weights by name (`hidden0.Wex`, ...), float32, which follow every step.\n\n"
          "Wex [n x k], Wix [m x k], Wei [n x m], Bix [r x k], bias [n], and the parameters of the error\n"
          "normalization and the feedback. Use `assign` to change weights.")
      .def("assign", &NetworkHandle::assign, py::arg("name"), py::arg("values"),
           "Gives a parameter new values: a float32 array of its shape.\n\n"
           "Raises KeyError for an unknown name, TypeError or ValueError for a wrong type or shape, and DataError\n"
           "for a negative weight where Dale's law forbids it.")
      .def("_check", [](NetworkHandle& n, const py::object& x) { images_from(x, "x", n.network().inputs()); })
      .def("_forward", &NetworkHandle::forward, py::arg("x"))
      .def("step", &NetworkHandle::step, py::arg("x"), py::arg("y"),
           "Trains for one step on images x, float32 [B x inputs], and labels y, whole numbers [B].\n\n"
           "B is at most `capacity`. Returns all values of the step by name, as `chandelier trace` does: those of\n"
           "`forward`, loss [1], for each hidden layer error (g = dL/dz) and delta [B x n], homeostatic_loss,\n"
           "layer_norm_distance, output_alignment and gradient_alignment [1], and `<layer>.gradient.<parameter>`;\n"
           "weights are those after the step. Raises TypeError or ValueError naming x or y.")
      .def("_evaluate",
           [](NetworkHandle& n, const DatasetHandle& data, const std::string& luminosity, std::optional<double> value) {
             const Evaluation result = n.evaluate(data, luminosity, value);
             return py::make_tuple(result.loss, result.accuracy);
           })
      .def(py::pickle([](NetworkHandle& n) { return n.state(); }, &from_state))
      .def("__repr__", [](NetworkHandle& n) {
        std::string sizes;
        for (std::size_t layer = 0; layer < n.network().layers(); ++layer)
          sizes += fmt::format("{}{}", layer == 0 ? "" : " -> ", n.network().circuit(layer).size().n);
        const Settings& s = n.settings();
        return fmt::format("<Network {}: {} inputs -> {}>", s.condition.empty() ? s.circuit : s.condition,
                           n.network().inputs(), sizes);
      });
}

}  // namespace chandelier::python
