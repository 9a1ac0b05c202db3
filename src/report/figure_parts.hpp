// Parts of figures: the study as figures see it, the points of a condition, data tables, words for captions.
//
// A figure is JSON: `id`, `title`, `caption` (with n and test), `alt` (the result in words), `missing` (sentences on
// what the study lacks for it) and `panels`. Each panel has a `kind`, which tells the page how to draw it, a `title`,
// and its data as `table`: columns and rows. The page computes no statistics.

#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/run_series.hpp"
#include "statistics/comparison.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

using Json = nlohmann::ordered_json;

/// One data set of a study.
struct FigureSource {
  std::filesystem::path folder;  ///< folder of the study; empty if its runs come from tables
  std::span<const StudyResult> results;
  std::span<const RunSeries> series;    ///< one per result
  std::vector<Comparison> comparisons;  ///< the differences of the claims (`declared_contrasts`), 95 %
  std::vector<double> epsilons;
  std::vector<std::string_view> conditions;
  StudyUnit unit;

  bool has(std::string_view condition) const;
  /// The settings of the first run of a condition that the study has.
  const Settings& settings_of(std::string_view condition) const;
  /// Null if the study lacks the difference. @param epsilon  none: over all epsilons, if there are several
  const Comparison* difference(std::string_view first, std::string_view second, std::optional<double> epsilon) const;
  /// The difference over all epsilons, or at the study's only one.
  const Comparison* difference(std::string_view first, std::string_view second) const;
  /// "draw", or "seed"
  std::string_view unit_name() const { return unit == StudyUnit::draw ? "draw" : "seed"; }
};

/// A unit at one epsilon: the mean of its runs.
struct UnitPoint {
  std::uint64_t unit = 0;
  double value = 0;
  std::vector<std::size_t> runs;  ///< indices of its results
  std::size_t diverged = 0;       ///< number of diverged runs among them
};

/// Test accuracies in %, with diverged runs at chance: exactly what the tests count.
/// @param in_pairs  include units whose runs repeat others, with the values of those others: they may form pairs
std::vector<UnitPoint> accuracy_points(const FigureSource& source, std::string_view condition, double epsilon,
                                       bool in_pairs = false);
/// The values of a series in the last epoch, for finished runs with a finite value.
std::vector<UnitPoint> measure_points(const FigureSource& source, std::string_view condition, double epsilon,
                                      std::string_view series);

/// The values of points, without their runs.
std::vector<double> values_of(std::span<const UnitPoint> points);

/// Columns and rows.
class DataTable {
 public:
  explicit DataTable(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  template <class... Values>
  void add(const Values&... values) {
    rows_.push_back(Json::array({Json(values)...}));
  }
  bool empty() const { return rows_.empty(); }
  Json json() const { return {{"columns", columns_}, {"rows", rows_}}; }

 private:
  std::vector<std::string> columns_;
  Json rows_ = Json::array();
};

/// Rounds to a number of significant digits, as many as a figure can show.
double rounded(double value, int digits);

/// A figure without panels yet.
Json figure(std::string_view id, std::string_view title);
/// Adds a panel. A panel without rows is not added; `without` then says why. @returns whether it was added
bool add_panel(Json& figure, std::string_view kind, std::string_view title, const DataTable& table,
               std::string_view without, const Json& more = Json::object());

/// Adds to `missing` those of the conditions that the study lacks. @returns whether it has all of them
bool has_all(const FigureSource& source, Json& figure, std::span<const std::string_view> conditions);

/// Adds a panel of kind "boxes": points and boxes (quartiles, median, extremes) of some conditions.
/// @param by_epsilon  one box per epsilon; otherwise one for all
/// @param series  if empty, test accuracy
/// @param reference  a condition whose median is drawn as a line; may be empty
void add_boxes(Json& figure, const FigureSource& source, std::string_view title,
               std::span<const std::string_view> conditions, bool by_epsilon, std::string_view series,
               std::string_view axis, std::string_view reference = {});

/// "n = 12 draws": the units of these conditions. "n = 9 to 12 draws" if they differ.
std::string n_text(const FigureSource& source, std::span<const std::string_view> conditions);
/// "inorm-full - e-ln: -0.02 points [-0.07, +0.03], p = 0.529 (sign flips, Holm), n = 12 draws"
std::string paired_text(const FigureSource& source, std::string_view first, std::string_view second);
/// "U = 345.5, p = 0.012": the unpaired two-sided Mann-Whitney test of a difference.
std::string unpaired_text(const Comparison& row);

/// "0.97 (0.96 to 0.98)": median and middle half. @param digits  number of decimals
std::string median_text(std::span<const UnitPoint> points, int digits = 2);

}  // namespace chandelier
