// All settings of a run, with their defaults. Command-line flags, keys of TOML files, the saved config.toml and
// `--help` are all made from this list.

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
  std::string condition = "inorm-full";  ///< a preset of circuit and normalizations; empty if none matches
  std::string circuit = "inorm";         ///< the names of these three are in training/registry.cpp
  std::string activity_norm = "none";
  std::string error_norm = "full";           ///< or one for each hidden layer: "full,center"
  std::string error_part = "whole";          ///< whole | direction | magnitude
  std::string error_acts_on = "both";        ///< both | weights | below
  std::string error_divide = "sample";       ///< sample | mean | off: which d divides the errors of I-Norm
  std::string error_route = "excitatory";    ///< excitatory | subtractive | all
  int error_interneurons = 1;                ///< of error normalizations that learn
  std::string feedback = "symmetric";        ///< symmetric | fixed | kolen-pollack | direct
  std::vector<int> width = {100};            ///< units of each hidden layer; one number is for all layers
  int depth = 2;                             ///< hidden layers
  double inhibitory_fraction = 0.1;          ///< inhibitory units per excitatory unit of a hidden layer
  std::string initialization = "lognormal";  ///< lognormal | exponential
  // What it sees
  std::string data = {};               ///< folder of IDX files; empty: FashionMNIST, found automatically
  std::string luminosity = "uniform";  ///< the names are in training/registry.cpp
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
  double lr_error = 0.02;  ///< weights of error normalizations
  double momentum = 0.0;
  double momentum_inhibitory = 0.0;
  bool nesterov = false;
  double weight_decay = 0.0;
  std::string update = "sgd";            ///< sgd | exponentiated
  double lambda = 0.01;                  ///< weight of the homeostatic loss
  std::vector<std::string> freeze = {};  ///< parameters (Wix), layers (readout) or both (hidden0.Wix) that do not learn
  bool shuffle = true;
  std::string precision = "fp32";  ///< fp32 | bf16 | fp16: rounding in matrix products
  std::uint64_t seed = 0;
  // What is recorded
  int evaluate_training = 1;                   ///< epochs between evaluations on the training set
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

/// A value and where it was given: "--lr", "config.toml: lr".
struct GivenSetting {
  SettingValue value;
  std::string origin;
};

/// The settings given by one source (the flags, a file, a condition of a study). Each value is checked, but not their
/// combination.
class GivenSettings {
 public:
  /// Adds a value as written on the command line; error messages start with `origin`.
  /// @throws SettingError for an unknown key (suggesting the closest) and for a value that the setting does not allow.
  void give(std::string_view key, std::string_view text, const std::string& origin);
  /// Adds or replaces a value that is already converted.
  void give(std::string_view key, GivenSetting given);

  bool empty() const { return values_.empty(); }
  bool has(std::string_view key) const { return values_.contains(key); }
  /// Null if nothing is given.
  const GivenSetting* find(std::string_view key) const;
  void erase(std::string_view key);
  const std::map<std::string, GivenSetting, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, GivenSetting, std::less<>> values_;
};

/// The settings of a run from a file and from flags; flags override the file.
///
/// A condition stands for circuit, activity_norm and error_norm. If the same source gives one of these three a
/// different value, that is a contradiction. A condition in the flags replaces all three of the file; a circuit or
/// normalization in the flags replaces that of the file and leaves the other two. Without a condition, the defaults are
/// circuit inorm, activity_norm none, and error_norm own (circuits e, ei) or none; if none of the three is given, the
/// condition is inorm-full. The condition of the result is the id that matches the three, if there is one.
///
/// One width is for all layers. Several widths set the depth; a different depth in the same source is a contradiction.
/// @throws SettingError naming the settings that contradict each other and the allowed values.
Settings resolve(const GivenSettings& from_file, const GivenSettings& from_flags);

}  // namespace chandelier
