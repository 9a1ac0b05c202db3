#include "training/run_record.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/machine.hpp"
#include "base/version.hpp"

namespace chandelier {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kLargestRecord = 1 << 22;  // every resume adds a session of about 200 bytes

std::filesystem::path path_in(const std::filesystem::path& run_folder) { return run_folder / "run.json"; }

OrderedJson number_or_null(const std::optional<double>& value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

template <class Object>
std::optional<double> number_in(const Object& json, const char* key) {
  return json.contains(key) && json[key].is_number() ? std::optional(json[key].template get<double>()) : std::nullopt;
}

template <class Object>
std::string string_in(const Object& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? json[key].template get<std::string>() : "";
}

}  // namespace

std::string utc_now() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

std::map<std::string, std::string> hashes_of(const Dataset& dataset) {
  return {{"train_images", dataset.train.images_sha256},
          {"train_labels", dataset.train.labels_sha256},
          {"test_images", dataset.test.images_sha256},
          {"test_labels", dataset.test.labels_sha256}};
}

RunRecord new_record(const Dataset& dataset, const std::string& target) {
  RunRecord record;
  record.version = version();
  record.commit = commit();
  record.host = host_name();
  record.cpu = cpu_name();
  record.started = utc_now();
  record.data_name = dataset.name;
  record.data_sha256 = hashes_of(dataset);
  record.sessions = {{record.host, record.cpu, record.commit, target, array_task(), record.started, 0}};
  return record;
}

void write_record(const std::filesystem::path& run_folder, const RunRecord& record) {
  OrderedJson sessions = OrderedJson::array();
  for (const Session& session : record.sessions) {
    sessions.push_back({{"host", session.host}, {"cpu", session.cpu}, {"commit", session.commit}});
    if (!session.target.empty()) sessions.back()["target"] = session.target;
    if (!session.array_task.empty()) sessions.back()["array_task"] = session.array_task;
    sessions.back()["started"] = session.started;
    sessions.back()["after_epoch"] = session.after_epoch;
  }
  const OrderedJson json{{"status", record.status},
                         {"message", record.message},
                         {"version", record.version},
                         {"commit", record.commit},
                         {"host", record.host},
                         {"cpu", record.cpu},
                         {"started", record.started},
                         {"ended", record.ended.empty() ? OrderedJson(nullptr) : OrderedJson(record.ended)},
                         {"seconds", record.seconds},
                         {"epochs_done", record.epochs_done},
                         {"test_accuracy", number_or_null(record.test_accuracy)},
                         {"test_loss", number_or_null(record.test_loss)},
                         {"sessions", sessions},
                         {"data", {{"name", record.data_name}, {"sha256", record.data_sha256}}}};
  // A host name or a folder may not be valid UTF-8; invalid bytes are replaced rather than refused.
  write_atomically(path_in(run_folder), json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
}

void record_failure(const std::filesystem::path& run_folder, const std::string& sentence) {
  try {
    RunRecord record = read_record(run_folder);
    if (record.status != "running") return;
    record.status = "failed";
    record.message = sentence;
    record.ended = utc_now();
    write_record(run_folder, record);
  } catch (const DataError&) {
    // The record then still says that the run is running, although no process works on it.
  }
}

RunRecord read_record(const std::filesystem::path& run_folder) {
  const std::filesystem::path path = path_in(run_folder);
  return record_from(read_file(path, kLargestRecord), path.string());
}

RunRecord record_from(std::string_view text, const std::string& origin) {
  using Json = nlohmann::json;  // not ordered_json: keys are found quickly, however many there are
  const Json json = Json::parse(text, nullptr, false);
  const auto broken = [&](const std::string& what) {
    return DataError(fmt::format("{}: {}, so this is not the record of a run", origin, what));
  };
  const auto epochs_in = [&](const Json& object, const char* key) {
    if (!object.contains(key)) return 0;
    const Json& value = object[key];
    const std::int64_t epochs = value.is_number_integer() ? value.get<std::int64_t>() : -1;
    if (epochs < 0 || epochs > std::numeric_limits<int>::max())
      throw broken(fmt::format("'{}' is {}", key, value.dump(-1, ' ', false, Json::error_handler_t::replace)));
    return static_cast<int>(epochs);
  };
  if (!json.is_object()) throw broken("it is not a JSON object");
  RunRecord record;
  record.status = string_in(json, "status");
  if (record.status.empty()) throw broken("'status' is missing");
  record.message = string_in(json, "message");
  record.version = string_in(json, "version");
  record.commit = string_in(json, "commit");
  record.host = string_in(json, "host");
  record.cpu = string_in(json, "cpu");
  record.started = string_in(json, "started");
  record.ended = string_in(json, "ended");
  record.seconds = number_in(json, "seconds").value_or(0);
  record.epochs_done = epochs_in(json, "epochs_done");
  record.test_accuracy = number_in(json, "test_accuracy");
  record.test_loss = number_in(json, "test_loss");
  if (json.contains("sessions") && json["sessions"].is_array())
    for (const Json& session : json["sessions"])
      if (session.is_object())
        record.sessions.push_back({string_in(session, "host"), string_in(session, "cpu"), string_in(session, "commit"),
                                   string_in(session, "target"), string_in(session, "array_task"),
                                   string_in(session, "started"), epochs_in(session, "after_epoch")});
  if (json.contains("data") && json["data"].is_object()) {
    const Json& data = json["data"];
    record.data_name = string_in(data, "name");
    if (data.contains("sha256") && data["sha256"].is_object())
      for (const auto& [file, hash] : data["sha256"].items())
        if (hash.is_string()) record.data_sha256[file] = hash.get<std::string>();
  }
  return record;
}

}  // namespace chandelier
