// study.toml: what is compared. Conditions x epsilons x hyper-parameter draws x seeds x data sets, everything else
// equal; the same seed gives the same initial excitatory weights, order of images and jitter in every condition, so
// that differences are paired.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "studies/draws.hpp"
#include "studies/slurm_options.hpp"
#include "studies/study_rules.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// A setting that is drawn, but that one condition fixes.
struct FixedDraw {
  std::string condition;
  std::string key;
  SettingValue value;
};

/// Two strengths of the luminosity jitter.
struct JitterStep {
  double low, high;
  bool operator==(const JitterStep&) const = default;
};

/// A difference that is asked for: `first - second`, two conditions.
struct Contrast {
  std::string first, second;
  /// Not empty: `second` is no condition but the name of the mean of these, run by run.
  std::vector<std::string> mean_of = {};
  /// An interaction: how much larger the difference is at the strong jitter than at the weak one.
  std::optional<JitterStep> between = {};
};

struct StudyPlan {
  std::string text;            ///< the file, to the letter; it is kept with the results
  std::vector<StudyRun> runs;  ///< their folders relative to the study's: runs/<condition>-eps<e>-draw<d>-seed<s>
  std::string name, notes;     ///< of the user's own; often empty
  std::vector<std::string> conditions;
  std::vector<double> epsilons;
  Draws draws;
  std::vector<std::int64_t> seeds;  ///< of each draw; with `seed_by_draw`, draw d has only seed d
  bool seed_by_draw = false;
  std::vector<Contrast> compare;  ///< the comparisons that the plan declares; empty where it declares none
  std::vector<double> evaluate;   ///< fixed shifts of luminosity at which every finished run is evaluated
  std::vector<std::string> data;  ///< names of the data sets; empty where there is one
  SlurmOptions slurm;
  std::optional<StudyRules> rules = {};  ///< of one's own that its conditions name; not said by the plan itself
  std::vector<FixedDraw> fixed_draws;    ///< what [condition.X] says of settings that are drawn
};

/// Reads a plan (docs/studies.md teaches the format):
///
///   conditions = ["e-ln", "inorm-full", "mine"]   # presets, or names of one's own
///   epsilons   = [0.75]                           # luminosity jitter; default: that of [settings]
///   seeds      = 6                                # a number means 0 ... 5; or a list; or "by draw": draw d has seed d
///   data       = ["/one/folder", "/another"]      # data sets; default: that of [settings]
///   compare    = ["mine - inorm-full"]            # differences of conditions; default: `declared_contrasts`
///   evaluate   = [-0.5, 0, 0.5]                   # shifts for evaluation.csv; default: -0.75 to 0.75 by quarters
///   [settings]                                    # any setting of `chandelier train`
///   epochs = 3
///   [condition.mine]                              # a name of one's own: any combination of settings
///   condition = "inorm-full"                      #   it may begin with a preset, or with a circuit
///   error_part = "direction"
///   [condition.inorm-full]                        # what differs for one condition; it wins over draws
///   lr = 0.01
///   [random]                                      # hyper-parameter draws: see read_draws
///   ...
///   [slurm]                                       # options of sbatch for `study submit`
///   partition = "short"
///
/// Runs come seed by seed, then draw by draw: what is done first is comparable.
/// @throws DataError when the file cannot be read; SettingError naming file, key and value otherwise.
StudyPlan read_study_plan(const std::filesystem::path& path);
/// The same from the text of the file; `origin` begins the error sentences.
StudyPlan study_plan_from(std::string text, const std::string& origin);

}  // namespace chandelier
