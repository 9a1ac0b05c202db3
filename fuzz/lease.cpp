#include <string>

#include "base/error.hpp"
#include "studies/leases.hpp"
#include "targets.hpp"

namespace chandelier::fuzz {

void read_lease(std::string_view bytes) {
  const Worker worker = Worker::from(std::string(bytes));
  if (worker.is_of_this_machine()) worker.has_ended();
  if (worker.id.empty()) throw DataError("it names no process: whoever left it is taken for dead after a while");
  if (Worker::from(worker.text()).text() != worker.text()) throw Bug("a worker that is not what it writes");
}

}  // namespace chandelier::fuzz
