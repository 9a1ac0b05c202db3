// Event files, with which TensorBoard shows metrics.csv while a run trains.
//
// TensorBoard follows growing files, so these are appended to and flushed, while all other files of a run are replaced.
// They contain only what is in metrics.csv and can be made from it at any time. Each session of a run writes one more.
// TensorBoard reads them in the order of their names, which is that of their numbers.
//
// A file is a sequence of records: length (64 bit), masked CRC-32C of the length, an `Event`, masked CRC-32C of the
// event, all little-endian; mask(c) = (c rotated right by 15) + 0xA282EAD8. An `Event` is a protocol buffer with the
// fields wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7 (tensorflow/core/util/event.proto).

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace chandelier {

/// The names of the event files in the folder of a run, in order.
std::vector<std::string> event_files_in(const std::filesystem::path& folder);

/// The event file of one session of a run.
class EventFile {
 public:
  /// Writes nothing yet. The number is larger than all others in the folder, including those of files moved aside
  /// within it: TensorBoard would ignore a name that it has already opened.
  /// @param columns  of metrics.csv; the first is the epoch
  EventFile(const std::filesystem::path& folder, const std::vector<std::string>& columns);

  /// Appends an event for each row of metrics.csv, with all values that are not nan; the step is the epoch. Before the
  /// first event it marks the start of a session, which makes TensorBoard drop everything it has read from this step
  /// on. So a row is shown only once, even if a session was killed after writing the row and before its checkpoint.
  /// @throws DataError naming the file if it cannot be written.
  void append(std::span<const std::vector<double>> rows);

 private:
  std::filesystem::path path_;
  std::vector<std::string> tags_;  ///< of all columns except the epoch
  bool begun_ = false;
};

}  // namespace chandelier
