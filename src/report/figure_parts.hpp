// What figures are made of: the study as they see it, the points of a condition, tables of data, words for captions.
//
// A figure is JSON: `id`, `title`, `caption` (n and test included), `alt` (the result in words), `missing` (sentences
// on what the study lacks for it) and `panels`; of those, each has a `kind`, by which the page chooses how it is drawn,
// a `title`, and its data as `table`: columns and rows. No number is worked out by the page.

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
  std::filesystem::path folder;  ///< of the study
  std::span<const StudyResult> results;
  std::span<const RunSeries> series;    ///< of each result
  std::vector<Comparison> comparisons;  ///< the differences of the claims (`declared_contrasts`), 95 %
  std::vector<double> epsilons;
  std::vector<std::string_view> conditions;
  StudyUnit unit;

  bool has(std::string_view condition) const;
  /// Null where the study does not have the difference there. @param epsilon  none: over all, where there are several
  const Comparison* difference(std::string_view first, std::string_view second, std::optional<double> epsilon) const;
  /// That over all epsilons, or at the one epsilon of the study.
  const Comparison* difference(std::string_view first, std::string_view second) const;
  /// "draw", or "seed"
  std::string_view unit_name() const { return unit == StudyUnit::draw ? "draw" : "seed"; }
};

/// A unit at one epsilon: the mean of its runs.
struct UnitPoint {
  std::uint64_t unit = 0;
  double value = 0;
  std::vector<std::size_t> runs;  ///< which of the results
  std::size_t diverged = 0;       ///< of these
};

/// Test accuracy in %, diverged runs at chance: all that a test counts.
/// @param in_pairs  also units whose runs repeat others, as these others: what may form a pair with another condition
std::vector<UnitPoint> accuracy_points(const FigureSource& source, std::string_view condition, double epsilon,
                                       bool in_pairs = false);
/// A series' last epoch, of the finished runs that have a finite one.
std::vector<UnitPoint> measure_points(const FigureSource& source, std::string_view condition, double epsilon,
                                      std::string_view series);

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

/// To so many significant digits: what a figure can show, not more.
double rounded(double value, int digits);

/// A figure without panels yet.
Json figure(std::string_view id, std::string_view title);
/// Adds a panel; one without rows is not added, and `without` says why. @returns whether it was
bool add_panel(Json& figure, std::string_view kind, std::string_view title, const DataTable& table,
               std::string_view without, const Json& more = Json::object());

/// Adds to `missing` the conditions of these that the study lacks. @returns whether it has all
bool has_all(const FigureSource& source, Json& figure, std::span<const std::string_view> conditions);

/// Points and boxes (quartiles, median, extremes) of some conditions: a panel of kind "boxes".
/// @param by_epsilon  a box an epsilon, or one of all
/// @param series  empty: test accuracy
/// @param reference  a condition whose median is a line; or empty
void add_boxes(Json& figure, const FigureSource& source, std::string_view title,
               std::span<const std::string_view> conditions, bool by_epsilon, std::string_view series,
               std::string_view axis, std::string_view reference = {});

/// "n = 12 draws": the units of these conditions; "n = 9 to 12 draws" where they differ.
std::string n_text(const FigureSource& source, std::span<const std::string_view> conditions);
/// "inorm-full - e-ln: -0.02 points [-0.07, +0.03], p = 0.529 (sign flips, Holm), n = 12 draws"
std::string paired_text(const FigureSource& source, std::string_view first, std::string_view second);
/// "U = 345.5, p = 0.012 (Mann-Whitney, two-sided, unpaired)" of the difference at an epsilon, or over all.
std::string unpaired_text(const Comparison& row);
/// "p = 0.012", "p < 0.001"
std::string p_text(double p);

/// "0.97 (0.96 to 0.98)": median and middle half. @param digits  after the point
std::string median_text(std::span<const UnitPoint> points, int digits = 2);

}  // namespace chandelier
