// study.toml: the plan of a study. It compares conditions x epsilons x hyper-parameter draws x seeds x data sets, with
// everything else equal. The same seed gives the same initial excitatory weights, order of images and jitter in every
// condition, so differences are paired.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "studies/contrast.hpp"
#include "studies/draws.hpp"
#include "studies/slurm_options.hpp"
#include "studies/study_rules.hpp"
#include "studies/study_run.hpp"
#include "training/evaluation_table.hpp"

namespace chandelier {

/// A drawn setting that one condition fixes.
struct FixedDraw {
  std::string condition;
  std::string key;
  SettingValue value;
};

struct StudyPlan {
  std::string text;            ///< the file, verbatim; it is kept with the results
  std::vector<StudyRun> runs;  ///< their folders relative to the study's: runs/<condition>-eps<e>-draw<d>-seed<s>
  std::string name, notes;     ///< written by the user; often empty
  std::vector<std::string> conditions;
  std::vector<double> epsilons;
  Draws draws;
  std::vector<std::int64_t> seeds;  ///< for each draw; with `seed_by_draw`, draw d has only seed d
  bool seed_by_draw = false;
  std::vector<Contrast> compare;       ///< the contrasts that the plan declares; empty if it declares none
  std::vector<LuminosityAt> evaluate;  ///< luminosities at which every finished run is evaluated
  std::vector<std::string> data;       ///< names of the data sets; empty if there is only one
  SlurmOptions slurm;
  std::optional<StudyRules> rules = {};  ///< custom rules that its conditions name; not part of the plan's text
  std::vector<FixedDraw> fixed_draws;    ///< drawn settings that a [condition.X] sets
};

/// Reads a plan (docs/studies.md explains the format):
///
///   conditions = ["e-ln", "inorm-full", "mine"]   # presets, or custom names
///   epsilons   = [0.75]                           # luminosity jitter; default: that of [settings]
///   seeds      = 6                                # a number means 0 ... 5; or a list; or "by draw": draw d has seed d
///   data       = ["/one/folder", "/another"]      # data sets; default: that of [settings]
///   compare    = ["mine - inorm-full"]            # contrasts (`read_contrast`); default: `declared_contrasts`
///   evaluate   = [-0.5, 0, "shading:0.75"]        # luminosities for evaluation.csv; default: shifts by quarters
///   [settings]                                    # any setting of `chandelier train`
///   epochs = 3
///   [condition.mine]                              # a custom condition: any combination of settings
///   condition = "inorm-full"                      #   it may start from a preset, or from a circuit
///   error_part = "direction"
///   [condition.inorm-full]                        # what differs for one condition; overrides draws
///   lr = 0.01
///   [random]                                      # hyper-parameter draws: see read_draws
///   ...
///   [slurm]                                       # options of sbatch for `study submit`
///   partition = "short"
///
/// Runs are ordered by seed, then by draw, so that the first finished runs are comparable.
/// @throws DataError if the file cannot be read; SettingError naming file, key and value if the plan is invalid.
StudyPlan read_study_plan(const std::filesystem::path& path);
/// The same from the text of the file; error messages start with `origin`.
StudyPlan study_plan_from(std::string text, const std::string& origin);

}  // namespace chandelier
