// Every input from outside, as a function that reads any bytes as such an input. What a user can mend is answered by
// a UserError; anything else that goes wrong is a mistake of Chandelier.

#pragma once

#include <array>
#include <string>
#include <string_view>

namespace chandelier::fuzz {

// Each reads the bytes and uses what was read as the program would.
void read_idx(std::string_view bytes);          ///< images or labels, plain or gzipped
void read_tensor_file(std::string_view bytes);  ///< any safetensors
void read_weights(std::string_view bytes);      ///< safetensors that make a network
void read_checkpoint(std::string_view bytes);   ///< safetensors that continue a small run
void read_settings(std::string_view bytes);     ///< the TOML of --config
void read_plan(std::string_view bytes);         ///< study.toml
void read_record(std::string_view bytes);       ///< run.json
void read_metrics(std::string_view bytes);      ///< metrics.csv of a run that continues
void read_rows(std::string_view bytes);         ///< metrics.csv, as a study is asked
void read_lease(std::string_view bytes);        ///< who has a run of a study

struct Target {
  std::string_view name;  ///< also that of its folder in fuzz/corpus
  void (*read)(std::string_view bytes);
};

inline constexpr std::array kTargets{
    Target{"idx", read_idx},
    Target{"idx-gzip", read_idx},  // the reader looks which it is; a corpus of its own keeps to gzip
    Target{"safetensors", read_tensor_file},
    Target{"weights", read_weights},
    Target{"checkpoint", read_checkpoint},
    Target{"settings", read_settings},
    Target{"plan", read_plan},
    Target{"record", read_record},
    Target{"metrics", read_metrics},
    Target{"rows", read_rows},
    Target{"lease", read_lease},
};

/// Reads the bytes. @returns the sentence that refuses them; empty where they were taken.
/// @throws Bug when that is not one printable line, and whatever else the target throws.
std::string answer(const Target& target, std::string_view bytes);

}  // namespace chandelier::fuzz
