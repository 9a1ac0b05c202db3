#include "training/checkpoint.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "learning/weights.hpp"
#include "training/network_builder.hpp"

namespace chandelier {
namespace {

template <class Number>
Number number_in(const TensorFile& file, const std::string& key, const std::string& origin) {
  const auto found = file.metadata.find(key);
  Number value{};
  if (found != file.metadata.end()) {
    const char* const end = found->second.data() + found->second.size();
    const auto [stopped, error] = std::from_chars(found->second.data(), end, value);
    const bool read = error == std::errc() && stopped == end;
    if (read && value >= 0 && std::isfinite(static_cast<double>(value))) return value;
  }
  throw DataError(fmt::format("{}: '{}' is missing or not a number; it is not a checkpoint", origin, key));
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Network& network, Optimizer& optimizer,
                      const Settings& settings, const Position& position) {
  TensorFile file = weights_of(network, settings);
  optimizer.put_velocities(file);
  file.metadata["epochs_done"] = fmt::format("{}", position.epochs_done);
  file.metadata["steps_done"] = fmt::format("{}", position.steps_done);
  file.metadata["seconds"] = fmt::format("{}", position.seconds);
  write_tensors(path, file);
}

Position read_checkpoint(const std::filesystem::path& path, Network& network, Optimizer& optimizer) {
  const TensorFile file = read_tensors(path);
  const std::string origin = path.string();
  Position position;
  position.epochs_done = number_in<int>(file, "epochs_done", origin);
  position.steps_done = number_in<Index>(file, "steps_done", origin);
  position.seconds = number_in<double>(file, "seconds", origin);
  take_weights(network, file, origin);
  optimizer.take_velocities(file, origin);
  return position;
}

}  // namespace chandelier
