#include "training/checkpoint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "learning/weights.hpp"
#include "training/network_builder.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

constexpr const char* kSeal = "sha256";

std::string sha256_of(const TensorFile& file) {
  Sha256 hash;
  for (const auto& [key, value] : file.metadata)
    if (key != kSeal) hash.add(fmt::format("{}={}\n", key, value));
  for (const auto& [name, tensor] : file.tensors) {
    hash.add(fmt::format("{} {} [{}]\n", name, static_cast<int>(tensor.type), fmt::join(tensor.shape, ",")));
    hash.add(tensor.bytes);
  }
  return hash.hexadecimal();
}

const std::string& text_in(const TensorFile& file, const std::string& key, const std::string& origin) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end())
    throw DataError(fmt::format("{}: '{}' is missing, so this is not a valid checkpoint", origin, key));
  return found->second;
}

template <class Number>
Number number_in(const TensorFile& file, const std::string& key, const std::string& origin) {
  const std::string& text = text_in(file, key, origin);
  const char* const end = text.data() + text.size();
  Number value{};
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stopped == end && value >= 0 && std::isfinite(static_cast<double>(value))) return value;
  throw DataError(fmt::format("{}: '{}' is not a number, so this is not a valid checkpoint", origin, key));
}

TensorFile read_sealed(const std::filesystem::path& path) {
  TensorFile file = read_tensors(path);
  if (text_in(file, kSeal, path.string()) != sha256_of(file))
    throw DataError(fmt::format("{}: the file is damaged, as its checksum does not match", path.string()));
  return file;
}

}  // namespace

void seal(TensorFile& file) { file.metadata[kSeal] = sha256_of(file); }

void write_checkpoint(const std::filesystem::path& path, const Network& network, Optimizer& optimizer,
                      const Settings& settings, const Position& position) {
  TensorFile file = weights_of(network, settings);
  optimizer.put_velocities(file);
  put_running_means(network, file);
  file.metadata["epochs_done"] = fmt::format("{}", position.epochs_done);
  file.metadata["steps_done"] = fmt::format("{}", position.steps_done);
  file.metadata["seconds"] = fmt::format("{}", position.seconds);
  file.metadata["settings"] = to_toml(settings);
  file.metadata["metrics_sha256"] = position.metrics_sha256;
  seal(file);
  write_tensors(path, file);
}

Position take_checkpoint(const TensorFile& file, const std::string& origin, Network& network, Optimizer& optimizer) {
  Position position;
  position.epochs_done = number_in<int>(file, "epochs_done", origin);
  position.steps_done = number_in<Index>(file, "steps_done", origin);
  position.seconds = number_in<double>(file, "seconds", origin);
  position.metrics_sha256 = text_in(file, "metrics_sha256", origin);
  take_weights(network, file, origin);
  optimizer.take_velocities(file, origin);
  take_running_means(network, file, origin);
  return position;
}

Position read_checkpoint(const std::filesystem::path& path, Network& network, Optimizer& optimizer) {
  return take_checkpoint(read_sealed(path), path.string(), network, optimizer);
}

Settings settings_of_checkpoint(const std::filesystem::path& path) {
  return resolve(read_settings_text(text_in(read_sealed(path), "settings", path.string()), path.string()), {});
}

}  // namespace chandelier
