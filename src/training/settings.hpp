// Every setting of a run, with its default: the single list from which the command line's flags, the keys of TOML
// files, the saved config.toml and `--help` are made.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace chandelier {

/// Resolved settings of one run. Units: rates and fractions are plain numbers, widths count units.
struct Settings {
  // What is trained
  std::string condition = "inorm-full";  ///< a preset of circuit and normalizations; empty when none matches
  std::string circuit = "inorm";         ///< names of these three: training/registry.cpp
  std::string activity_norm = "none";
  std::string error_norm = "full";           ///< or one for each hidden layer: "full,center"
  std::string error_part = "whole";          ///< whole | direction | magnitude
  std::string error_acts_on = "both";        ///< both | weights | below
  std::string error_divide = "sample";       ///< sample | mean | off: the d by which I-Norm divides errors
  std::string error_route = "excitatory";    ///< excitatory | subtractive | all
  int error_interneurons = 1;                ///< of error normalizations that learn
  std::string feedback = "symmetric";        ///< symmetric | fixed | kolen-pollack | direct
  std::vector<int> width = {100};            ///< units of each hidden layer; one number means every layer
  int depth = 2;                             ///< hidden layers
  double inhibitory_fraction = 0.1;          ///< inhibitory units per excitatory unit of a hidden layer
  std::string initialization = "lognormal";  ///< lognormal | exponential
  // What it sees
  std::string data = {};               ///< folder of IDX files; empty: FashionMNIST, found by itself
  std::string luminosity = "uniform";  ///< names: training/registry.cpp
  double epsilon = 0.75;               ///< half-width of the jitter
  double epsilon_shading = 0.5;        ///< half-width of the slope of luminosity `shading`
  double rho = 0.9;                    ///< of luminosity `drift`, from one image to the next
  double shift = 0.0;                  ///< the constant of luminosity `fixed`
  int classes = 10;
  int validation = 0;  ///< images held out from the end of the training set
  // How it learns
  int batch = 32;
  int epochs = 50;
  double label_smoothing = 0.1;
  double lr = 0.005;       ///< Wex, biases and everything not named below
  double lr_wix = 0.1;     ///< Wix, Bix
  double lr_wei = 5e-4;    ///< Wei
  double lr_error = 0.02;  ///< what error normalizations own
  double momentum = 0.0;
  double momentum_inhibitory = 0.0;
  bool nesterov = false;
  double weight_decay = 0.0;
  std::string update = "sgd";            ///< sgd | exponentiated
  double lambda = 0.01;                  ///< weight of the homeostatic loss
  std::vector<std::string> freeze = {};  ///< parameters (Wix), layers (readout) or both (hidden0.Wix) that do not learn
  bool shuffle = true;
  std::string precision = "fp32";  ///< fp32 | bf16 | fp16: of what matrix products multiply
  std::uint64_t seed = 0;
  // What is recorded
  int evaluate_training = 1;                   ///< epochs from one evaluation on the training set to the next
  std::vector<std::string> measure = {"all"};  ///< all | none | reference | names of measures
  bool keep_checkpoint = false;                ///< keep checkpoint.safetensors of a finished run
  bool tensorboard = false;                    ///< write event files for TensorBoard

  bool operator==(const Settings&) const = default;
};

/// The error normalization of a hidden layer.
std::string_view error_norm_of(const Settings& settings, std::size_t layer);

/// The value of one setting.
using SettingValue =
    std::variant<bool, int, std::uint64_t, double, std::string, std::vector<int>, std::vector<std::string>>;

/// A value somebody gave, and where: "--lr", "config.toml: lr".
struct GivenSetting {
  SettingValue value;
  std::string origin;
};

/// What one source (the flags, a file, a study's row) says about a run; each value alone is checked, the combination
/// is not.
class GivenSettings {
 public:
  /// Adds a value in the form it has on the command line; `origin` begins the error sentences.
  /// @throws SettingError for an unknown key (suggesting the nearest) and for a value the setting cannot hold.
  void give(std::string_view key, std::string_view text, const std::string& origin);
  /// Adds or replaces a value that has been converted already.
  void give(std::string_view key, GivenSetting given);

  bool empty() const { return values_.empty(); }
  bool has(std::string_view key) const { return values_.contains(key); }
  /// Null where nothing is given.
  const GivenSetting* find(std::string_view key) const;
  void erase(std::string_view key);
  const std::map<std::string, GivenSetting, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, GivenSetting, std::less<>> values_;
};

/// The settings of a run from a file and from flags; flags win.
///
/// A condition stands for circuit, activity_norm and error_norm; beside one that says otherwise in the same source it
/// is a contradiction. A flag's condition replaces the file's three; a flag's circuit or normalization replaces the
/// file's and leaves the other two. Without a condition, what is not given is circuit inorm, activity_norm none,
/// error_norm own (circuits e, ei) or none; where none of the three is given, it is the condition inorm-full. The
/// result's condition is the id of what came out, if it has one.
///
/// One width means every layer; several set the depth, and contradict another depth in the same source.
/// @throws SettingError naming the settings that contradict each other and what would be allowed.
Settings resolve(const GivenSettings& from_file, const GivenSettings& from_flags);

}  // namespace chandelier
