// chandelier._core: the engine as a Python module. `python/chandelier` makes of it what people import.

#include "base/version.hpp"
#include "bindings.hpp"
#include "kernels/products.hpp"

PYBIND11_MODULE(_core, module) {
  using namespace chandelier::python;
  chandelier::use_one_blas_thread();
  chandelier::allow_products_in_threads();
  module.attr("__version__") = chandelier::version();
  add_errors(module);
  add_settings(module);
  add_dataset(module);
  add_rules(module);
  add_network(module);
  add_training(module);
  add_study(module);
}
