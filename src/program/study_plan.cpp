// chandelier study plan: shows what a study would run and what it costs, before anything starts.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/counted.hpp"
#include "base/duration.hpp"
#include "base/machine.hpp"
#include "kernels/products.hpp"
#include "program/output.hpp"
#include "program/verbs.hpp"
#include "report/claims.hpp"
#include "report/plain_text.hpp"
#include "statistics/sign_flip.hpp"
#include "studies/dead_settings.hpp"
#include "studies/estimate.hpp"
#include "studies/order_of_runs.hpp"
#include "studies/repeated_runs.hpp"
#include "studies/study_place.hpp"
#include "studies/study_results.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostDrawsShown = 60;
constexpr std::size_t kLabel = 12;

std::string size(std::uint64_t bytes) {
  if (const double giga = static_cast<double>(bytes) / 1e9; giga >= 1) return fmt::format("{:.1f} GB", giga);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

/// "  label       text". Further lines of the text are indented a little more.
std::string line(const std::string& label, const std::string& text) {
  return wrapped(fmt::format("{:<{}}{}", label, kLabel, text), 2);
}

/// The conditions, with a column for each setting in which they differ.
std::string condition_table(const StudyPlan& plan) {
  std::vector<const Settings*> first;
  for (const std::string& condition : plan.conditions)
    first.push_back(&std::find_if(plan.runs.begin(), plan.runs.end(), [&](const StudyRun& run) {
                       return run.condition == condition;
                     })->settings);
  std::vector<std::vector<std::string>> rows{{"condition"}};
  for (const std::string& condition : plan.conditions) rows.push_back({condition});
  for (const Setting& setting : setting_list()) {
    const bool always = setting.key == "circuit" || setting.key == "activity_norm" || setting.key == "error_norm";
    const bool differs = std::any_of(first.begin(), first.end(), [&](const Settings* settings) {
      return setting.of(*settings) != setting.of(*first.front());
    });
    if (setting.key == "condition" || !(always || differs)) continue;
    rows[0].emplace_back(setting.key);
    for (std::size_t i = 0; i < first.size(); ++i) rows[i + 1].push_back(text_of(setting.of(*first[i])));
  }
  return aligned(rows);
}

std::string draw_table(const Draws& draws) {
  std::vector<std::vector<std::string>> rows{{"draw"}};
  for (const DrawnSetting& setting : draws.settings) rows[0].push_back(setting.key);
  for (std::size_t draw = 0; draw < std::min(draws.values.size(), kMostDrawsShown); ++draw) {
    rows.push_back({fmt::format("{}", draw)});
    for (const SettingValue& value : draws.values[draw]) rows.back().push_back(text_of(value));
  }
  std::string table = aligned(rows);
  if (draws.values.size() > kMostDrawsShown)
    table += fmt::format("  ... and {} more\n", draws.values.size() - kMostDrawsShown);
  return table;
}

/// A warning if the primary test cannot reach p < .05 after correction, whatever comes out; empty otherwise.
std::string too_few_units(const StudyPlan& plan) {
  std::vector<StudyResult> planned;
  planned.reserve(plan.runs.size());
  for (const StudyRun& run : plan.runs) planned.push_back({.run = run, .status = "missing"});
  const std::size_t contrasts = declared_contrasts(planned, plan.compare).size();
  const bool by_draw = plan.draws.values.size() > 1;
  const std::size_t units = by_draw ? plan.draws.values.size() : plan.seeds.size();
  const double least = static_cast<double>(contrasts) *
                       least_sign_flip_p(static_cast<int>(std::min<std::size_t>(units, 64)), kSignFlips);
  if (contrasts == 0 || least < kClaimLevel) return {};
  return line("warning",
              fmt::format("with {} and {} the smallest p possible after correction is {:.2g}, so no difference can "
                          "be shown; add {}",
                          counted(units, by_draw ? "draw" : "seed"), counted(contrasts, "difference"),
                          std::min(1.0, least), by_draw ? "draws" : "seeds"));
}

std::string draws_in_words(const Draws& draws) {
  if (draws.settings.empty()) return "1 (no hyper-parameter is drawn)";
  std::vector<std::string> keys;
  for (const DrawnSetting& setting : draws.settings) keys.push_back(setting.key);
  const std::string_view how = draws.source == "random" ? "random values"
                               : draws.source == "grid" ? "a grid"
                                                        : "a list";
  return fmt::format("{}, {} of {}; the same in all conditions", draws.values.size(), how, fmt::join(keys, ", "));
}

/// One paragraph per setting and kind of effect, with the conditions concerned.
std::string dead_in_words(const std::vector<DeadSetting>& dead, std::size_t conditions) {
  std::map<std::tuple<Effect, std::string, std::string>, std::vector<std::string>> alike;
  for (const DeadSetting& setting : dead)
    alike[{setting.effect, setting.key, setting.partner}].push_back(setting.condition);
  std::string text;
  for (const auto& [what, names] : alike) {
    const auto& [effect, key, partner] = what;
    std::string does;
    if (effect == Effect::none) does = fmt::format("{} has no effect:", key);
    if (effect == Effect::readout_only) does = fmt::format("{} acts only in the readout, not in hidden layers:", key);
    if (effect == Effect::product)
      does = fmt::format("{} acts in hidden layers only through its product with {}:", key, partner);
    const std::string where =
        names.size() == conditions ? "in all conditions" : fmt::format("in {}", fmt::join(names, ", "));
    text += wrapped(fmt::format("{} {}", does, where), 2);
  }
  return text;
}

class StudyPlanVerb final : public Verb {
 public:
  explicit StudyPlanVerb(CLI::App& study)
      : app_(study.add_subcommand("plan", "Preview a study: runs, time and disk space.")), jobs_(cores()) {
    app_->add_option("STUDY", file_, "The plan of the study (TOML) or its folder.")->required();
    app_->add_option("--out", out_, "Folder of the study.\nDefault: results/<name of the plan>.")->type_name("FOLDER");
    app_->add_option("--jobs", jobs_,
                     fmt::format("Runs to train at once.\nDefault: {}, the cores of this machine.", jobs_))
        ->type_name("N")
        ->check(CLI::Range(1, 4096));
    app_->footer(
        "\nThis command writes nothing. It also shows settings that vary without effect.\n\n"
        "A plan lists what varies (every combination is run) and what all runs share:\n\n"
        "  name       = \"Free text\"                     # also: notes\n"
        "  conditions = [\"e-ln\", \"inorm-full\", \"mine\"]  # presets or custom names\n"
        "  epsilons   = [0, 0.75]                       # luminosity jitter\n"
        "  seeds      = 6                               # 0 ... 5, a list or \"by draw\"\n"
        "  data       = [\"/data/a\", \"/data/b\"]          # data sets (optional)\n"
        "  compare    = [\"mine - inorm-full\"]           # differences to test; default:\n"
        "                                               # those of the claims\n"
        "  [settings]                                   # any setting of `train`\n"
        "  epochs = 5\n"
        "  [condition.mine]                             # starts from a preset or circuit\n"
        "  condition = \"inorm-full\"\n"
        "  error_part = \"direction\"\n"
        "  [condition.e-ln]                             # changes a preset in this study\n"
        "  lr = 0.01\n\n"
        "Hyper-parameters are drawn once for all conditions, in one of these ways:\n\n"
        "  [grid]                                       # all combinations\n"
        "  lr = [0.001, 0.01]\n\n"
        "  [[draws]]                                    # a list, one table per draw\n"
        "  lr = 0.003\n\n"
        "  [random]\n"
        "  draws = 30\n"
        "  seed  = 0\n"
        "  lr     = { log_uniform = [1e-3, 1e-2] }      # 10^U(-3, -2)\n"
        "  lambda = { uniform = [0, 0.1] }\n"
        "  width  = { integer = [100, 499] }            # both ends included\n\n"
        "More: docs/studies.md (plans), docs/report.md (claims).");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const auto [plan, folder] = study_place(file_, out_);
    check_data_folders(plan, file_);
    const Datasets datasets = load_datasets(plan);
    for (const auto& [place, dataset] : datasets) print_notes(*dataset);

    print("{}", wrapped(plan.name.empty() ? file_ : plan.name));
    if (!plan.notes.empty()) print("{}", wrapped(plan.notes));
    print("\n{}", condition_table(plan));
    print("\n{}", line("epsilons", fmt::format("{}", fmt::join(plan.epsilons, ", "))));
    print("{}", line("draws", draws_in_words(plan.draws)));
    print("{}", line("seeds", plan.seed_by_draw ? std::string("a different one for each draw")
                                                : fmt::format("{}", fmt::join(plan.seeds, ", "))));
    for (const auto& [place, dataset] : datasets)
      print("{}", line("data", fmt::format("{} ({} training and {} test images)", dataset->name, dataset->train.count,
                                           dataset->test.count)));
    if (!plan.draws.settings.empty()) print("\n{}", draw_table(plan.draws));
    print_fixed_draws(plan);
    if (const auto dead = dead_settings(plan); !dead.empty())
      print("\nSettings that vary with little or no effect\n{}", dead_in_words(dead, plan.conditions.size()));
    print_repeated(plan);
    print_cost(plan, datasets, folder);
    return 0;
  }

 private:
  static void print_repeated(const StudyPlan& plan) {
    const RepeatedRuns repeated = repeated_runs(plan);
    if (repeated.count() == 0) return;
    print("\nRepeated runs: {} of {} repeat another run, which is trained and counted once\n", repeated.count(),
          plan.runs.size());
    for (const std::string& sentence : in_words(repeated, plan)) print("{}", wrapped(sentence, 2));
  }

  static void print_fixed_draws(const StudyPlan& plan) {
    if (plan.fixed_draws.empty()) return;
    print("\nDrawn settings that a condition fixes\n");
    for (const auto& [condition, key, value] : plan.fixed_draws)
      print("{}", wrapped(fmt::format("{}: {} is {} in every draw", condition, key, text_of(value)), 2));
  }

  /// The other precision and the estimates of the same runs in it; empty if the plan has runs in both.
  static std::pair<std::string, std::vector<RunEstimate>> estimates_in_other_precision(const StudyPlan& plan,
                                                                                       const Datasets& datasets) {
    const std::string precision = plan.runs.front().settings.precision;
    StudyPlan other = plan;
    for (StudyRun& run : other.runs) {
      if (run.settings.precision != precision) return {};
      run.settings.precision = precision == "fp32" ? "bf16" : "fp32";
    }
    return {other.runs.front().settings.precision, estimate_runs(other, datasets)};
  }

  void print_cost(const StudyPlan& plan, const Datasets& datasets, const fs::path& folder) const {
    const std::vector<StudyResult> there = study_results(plan, folder);
    const bool can_estimate = std::ranges::none_of(plan.runs, names_own_rule, &StudyRun::settings);
    std::vector<RunEstimate> estimates(plan.runs.size()), others;
    std::string other_precision;
    if (can_estimate) {
      estimates = estimate_runs(plan, datasets);
      std::tie(other_precision, others) = estimates_in_other_precision(plan, datasets);
    }
    std::map<std::string, std::size_t> statuses;
    std::vector<double> seconds, seconds_of_others;
    std::vector<std::size_t> left;
    std::size_t unevaluated = 0;
    std::string why_left_out;
    std::uint64_t bytes = 0, left_bytes = 0, checkpoint = 0;
    for (std::size_t i = 0; i < there.size(); ++i) {
      if (there[i].status == "repeats") continue;
      ++statuses[there[i].status];
      if (there[i].status == "left out") {  // study run skips it
        if (why_left_out.empty()) why_left_out = there[i].message;
        continue;
      }
      seconds.push_back(estimates[i].seconds);
      if (!others.empty()) seconds_of_others.push_back(others[i].seconds);
      bytes += estimates[i].bytes;
      checkpoint = std::max(checkpoint, estimates[i].checkpoint);
      if (has_ended(there[i])) {
        unevaluated += !is_done(there[i], plan, folder);
        continue;
      }
      left.push_back(i);
      left_bytes += estimates[i].bytes;
    }
    const std::size_t seeds = plan.seed_by_draw ? 1 : plan.seeds.size();
    std::string product = fmt::format("{} x {} x {} x {}", counted(plan.conditions.size(), "condition"),
                                      counted(plan.epsilons.size(), "epsilon"),
                                      counted(plan.draws.values.size(), "draw"), counted(seeds, "seed"));
    if (!plan.data.empty()) product += " x " + counted(plan.data.size(), "data set");
    print("\n{}", line(counted(plan.runs.size(), "run"), product));

    std::vector<std::string> counts;
    counts.reserve(statuses.size());
    for (const auto& [status, count] : statuses) counts.push_back(fmt::format("{} {}", count, status));
    print("{}", line("so far", statuses.contains("missing") && statuses.size() == 1
                                   ? fmt::format("no runs in {}", folder.string())
                                   : fmt::format("{} in {}", fmt::join(counts, ", "), folder.string())));

    if (!why_left_out.empty()) print("{}", line("left out", "first reason: " + why_left_out));
    if (!can_estimate) {
      print("{}", line("time",
                       "not estimated, as some conditions use rules written in Python; run this study with "
                       "chandelier.run_study"));
      print("{}", too_few_units(plan));
      return;
    }
    const int workers = std::min(jobs_, cores());
    std::string time = seconds.empty()   ? "no run can be trained: all are left out"
                       : unevaluated > 0 ? fmt::format("only evaluations are left, of {}", counted(unevaluated, "run"))
                                         : "nothing left to do";
    if (!left.empty()) {
      const auto seconds_at = [&](std::size_t index) { return estimates[index].seconds; };
      std::vector<double> in_order;
      for (const std::size_t index : order_of_runs(plan, left, seconds_at)) in_order.push_back(seconds_at(index));
      time = fmt::format("about {}{} with {} at once", duration_text(schedule(in_order, workers)),
                         left.size() < seconds.size() ? " for the remaining runs" : "", workers);
      time += fmt::format(" ({} on one core; longest run {})", duration_text(schedule(in_order, 1)),
                          duration_text(std::ranges::max(in_order)));
      if (workers < jobs_) time += fmt::format("; {} at once will share {} cores", jobs_, workers);
    }
    print("{}", line("time", time));
    if (plan.runs.front().settings.precision == "bf16" && !others.empty()) print("{}", wrapped(bf16_in_words(), 2));
    if (!seconds_of_others.empty())
      print("{}", line("in " + other_precision, fmt::format("about {} for all runs with {} at once ({} on one core)",
                                                            duration_text(schedule(seconds_of_others, workers)),
                                                            workers, duration_text(schedule(seconds_of_others, 1)))));
    print("{}", too_few_units(plan));
    // The folders above may not exist yet.
    std::error_code error;
    fs::path above = fs::absolute(folder, error);
    while (!above.empty() && !fs::exists(above, error) && above != above.parent_path()) above = above.parent_path();
    const fs::space_info space = fs::space(above, error);
    const std::uint64_t needed = left_bytes + checkpoint * static_cast<std::uint64_t>(jobs_);
    const std::string free = error ? "" : fmt::format("; {} free", size(space.available));
    print("{}", line("disk", fmt::format("about {}{}{}", size(bytes), free,
                                         !error && needed > space.available ? ": NOT ENOUGH SPACE" : "")));
  }

  CLI::App* app_;
  std::string file_, out_;
  int jobs_;
};

}  // namespace

std::unique_ptr<Verb> study_plan_verb(CLI::App& study) { return std::make_unique<StudyPlanVerb>(study); }

}  // namespace chandelier
