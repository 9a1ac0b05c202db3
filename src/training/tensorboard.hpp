// Event files, in which TensorBoard shows metrics.csv while a run trains.
//
// TensorBoard follows a file that grows, so these are appended to and flushed, not replaced as all other files of a run
// are. They hold nothing of their own: they can be made anew from metrics.csv at any time. Each session of a run writes
// one more; TensorBoard reads them in the order of their names, which is that of their numbers.
//
// A file is a row of records: length (64 bit), masked CRC-32C of the length, an `Event`, masked CRC-32C of the event,
// all little-endian; mask(c) = (c rotated right by 15) + 0xA282EAD8. An `Event` is a protocol buffer with the fields
// wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7 (tensorflow/core/util/event.proto).

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace chandelier {

/// The names of the event files that lie in a run's folder, in their order.
std::vector<std::string> event_files_in(const std::filesystem::path& folder);

/// The event file of one session of a run.
class EventFile {
 public:
  /// Writes nothing yet. Its number follows on all those in the folder, also on those that were set aside in it: a
  /// TensorBoard that has them open would not look at their names again.
  /// @param columns of metrics.csv, the first of which is the epoch
  EventFile(const std::filesystem::path& folder, const std::vector<std::string>& columns);

  /// Appends an event for each row of metrics.csv, with every value but those that are nan; the step is the epoch.
  /// Before the first stands the start of a session at its step, from where on TensorBoard drops what it has read: a
  /// row is shown once even where a session was killed after it wrote the row and before its checkpoint.
  /// @throws DataError naming the file when it cannot be written.
  void append(std::span<const std::vector<double>> rows);

 private:
  std::filesystem::path path_;
  std::vector<std::string> tags_;  ///< of all columns but the epoch
  bool begun_ = false;
};

}  // namespace chandelier
