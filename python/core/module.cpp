// chandelier._core: the engine as a Python module. `python/chandelier` is the package built on it.

#include "base/version.hpp"
#include "bindings.hpp"

PYBIND11_MODULE(_core, module) {
  using namespace chandelier::python;
  module.attr("__version__") = chandelier::version();
  add_errors(module);
  add_settings(module);
  add_dataset(module);
  add_rules(module);
  add_rules_with_parameters(module);
  add_network(module);
  add_training(module);
  add_study(module);
}
