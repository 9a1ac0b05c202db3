// All random numbers of the project: Philox 4x32-10 (Salmon et al. 2011), keyed by (seed, purpose, epoch, sample).
// A number depends only on its key, never on threads, order or restarts.

#pragma once

#include <Random123/philox.h>

#include <cstdint>

namespace chandelier {

/// What a random number is for. All results depend on these values: never renumber them.
enum class Purpose : std::uint32_t {
  initial_Wex = 1,  ///< `epoch` is the layer, `sample` the postsynaptic unit
  initial_Wei = 2,  ///< `epoch` is the layer, `sample` the postsynaptic unit
  lateral = 3,      ///< `epoch` is the layer, `sample` the unit
  shuffle = 4,      ///< order of the training images; `sample` is the position
  train_luminosity = 5,
  train_evaluation_luminosity = 6,
  test_luminosity = 7,
  validation_luminosity = 8,
  contact_sheet = 9,
  sign_flip = 10,           ///< `sample` is the draw
  bootstrap = 11,           ///< `sample` is the resample
  hyper_parameter = 12,     ///< `epoch` is a number for the setting's name, `sample` is the draw
  error_interneurons = 13,  ///< `epoch` is the layer, `sample` the interneuron
  feedback = 14,            ///< `epoch` is the layer that stores the weights, `sample` the unit that errors come from
};

/// The stream of random numbers of one key.
class KeyedRandom {
 public:
  KeyedRandom(std::uint64_t seed, Purpose purpose, std::uint32_t epoch, std::uint32_t sample);

  std::uint32_t word();
  /// Uniform on the open interval (0, 1): the midpoint of one of 2^52 equal parts.
  double uniform();
  /// Standard normal (Box-Muller).
  double normal();
  /// Uniform integer in 0 ... bound - 1.
  std::uint32_t below(std::uint32_t bound);

 private:
  r123::Philox4x32::key_type key_;
  r123::Philox4x32::ctr_type counter_;
  r123::Philox4x32::ctr_type words_;
  int used_ = 4;
  double spare_normal_ = 0.0;
  bool has_spare_ = false;
};

}  // namespace chandelier
