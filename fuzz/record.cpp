#include "targets.hpp"
#include "training/run_record.hpp"

namespace chandelier::fuzz {

void read_record(std::string_view bytes) { record_from(bytes, "run.json"); }

}  // namespace chandelier::fuzz
