// checkpoint.safetensors: where a run stands, from which it continues to the same bits.

#pragma once

#include <filesystem>
#include <string>

#include "learning/optimizer.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// How far a run has come: whole epochs, and steps within the next one.
struct Position {
  int epochs_done = 0;
  Index steps_done = 0;
  double seconds = 0;          ///< time spent so far
  std::string metrics_sha256;  ///< of metrics.csv with the rows up to here
};

/// Puts a SHA-256 of all else that the file holds into its metadata, without which it is not a checkpoint.
void seal(TensorFile& file);

void write_checkpoint(const std::filesystem::path& path, const Network& network, Optimizer& optimizer,
                      const Settings& settings, const Position& position);

/// Puts network and optimizer where the checkpoint stands. @throws DataError naming the file when it is damaged or
/// does not fit; network and optimizer may then be half changed.
Position read_checkpoint(const std::filesystem::path& path, Network& network, Optimizer& optimizer);

/// The same of a checkpoint in memory, whatever its seal says; `origin` (a file) begins the sentences.
Position take_checkpoint(const TensorFile& file, const std::string& origin, Network& network, Optimizer& optimizer);

/// The settings of the run that wrote the checkpoint. @throws DataError naming the file when it is damaged.
Settings settings_of_checkpoint(const std::filesystem::path& path);

}  // namespace chandelier
