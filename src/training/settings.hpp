// Every setting of a run, with its default: the single list from which the command line's flags, the keys of TOML
// files, the saved config.toml and `--help` are made.

#pragma once

#include <cstdint>
#include <filesystem>
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
  std::string circuit = "inorm";         ///< e | ei | inorm | inorm-sub
  std::string activity_norm = "none";    ///< none | mean | variance | layer
  std::string error_norm = "full";       ///< none | own | center | scale | decorrelate | full | jacobian | lateral
  std::string error_part = "whole";      ///< whole | direction | magnitude
  bool error_divide = true;              ///< I-Norm divides the error by d
  std::vector<int> width = {100};        ///< units of each hidden layer; one number means every layer
  int depth = 2;                         ///< hidden layers
  double inhibitory_fraction = 0.1;      ///< inhibitory units per excitatory unit of a hidden layer
  std::string initialization = "lognormal";  ///< lognormal | exponential
  // What it sees
  std::string data;                    ///< folder of IDX files; empty: FashionMNIST, found by itself
  std::string luminosity = "uniform";  ///< uniform | fixed | gain | contrast
  double epsilon = 0.75;               ///< half-width of the jitter
  double shift = 0.0;                  ///< the constant of luminosity `fixed`
  int classes = 10;
  int validation = 0;  ///< images held out from the end of the training set
  // How it learns
  int batch = 32;
  int epochs = 50;
  double label_smoothing = 0.1;
  double lr = 0.005;     ///< Wex, biases and everything not named below
  double lr_wix = 0.1;   ///< Wix, Bix
  double lr_wei = 5e-4;  ///< Wei
  double momentum = 0.0;
  double momentum_inhibitory = 0.0;
  bool nesterov = false;
  double weight_decay = 0.0;
  std::string update = "sgd";       ///< sgd | exponentiated
  double lambda = 0.01;             ///< weight of the homeostatic loss
  std::vector<std::string> freeze;  ///< parameters (Wix), layers (readout) or both (hidden0.Wix) that do not learn
  bool shuffle = true;
  std::uint64_t seed = 0;
  // What is recorded
  std::vector<std::string> measure = {"all"};  ///< all | none | reference | names of measures
  bool keep_checkpoint = false;                ///< keep checkpoint.safetensors of a finished run

  bool operator==(const Settings&) const = default;
};

}  // namespace chandelier
