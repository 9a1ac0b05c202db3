// checkpoint.safetensors: the state of a run, from which it continues bit for bit as if never interrupted.

#pragma once

#include <filesystem>
#include <string>

#include "learning/optimizer.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// The progress of a run: whole epochs, and steps within the next one.
struct Position {
  int epochs_done = 0;
  Index steps_done = 0;
  double seconds = 0;          ///< time spent so far
  std::string metrics_sha256;  ///< of metrics.csv, up to this position
};

/// Adds the SHA-256 of the file's other contents to its metadata. Without this seal, a file is not a valid checkpoint.
void seal(TensorFile& file);

void write_checkpoint(const std::filesystem::path& path, const Network& network, Optimizer& optimizer,
                      const Settings& settings, const Position& position);

/// Restores network and optimizer from a checkpoint. @throws DataError naming the file if it is damaged or does not
/// fit; network and optimizer may then be partly changed.
Position read_checkpoint(const std::filesystem::path& path, Network& network, Optimizer& optimizer);

/// The same for a checkpoint in memory, without checking its seal. Error messages start with `origin`, the file.
Position take_checkpoint(const TensorFile& file, const std::string& origin, Network& network, Optimizer& optimizer);

/// The settings of the run that wrote the checkpoint. @throws DataError naming the file if it is damaged.
Settings settings_of_checkpoint(const std::filesystem::path& path);

}  // namespace chandelier
