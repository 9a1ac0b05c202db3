// Comparisons of conditions as text for a terminal: the parts shared by `study table` and `study compare`.

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "statistics/comparison.hpp"

namespace chandelier {

/// Whether a run of either condition diverged.
bool has_diverged(const Comparison& row);
/// Whether a run of either condition diverged or collapsed.
bool has_failures(const Comparison& row);

/// The first column of a table.
struct RowLabel {
  std::string heading;
  std::function<std::string(const Comparison&)> of;
};
/// "inorm-full - inorm", or "inorm-full - inorm, jitter" for an interaction
RowLabel contrast_label();
/// "0.75", or "all"
RowLabel epsilon_label();

// Two decimals, since a test set of 10 000 images resolves 0.01 points. Undefined values are "-".
std::string number(double value);
std::string signed_number(double value);
std::string interval(double low, double high);         ///< "[76.52, 77.91]"
std::string signed_interval(double low, double high);  ///< "[+3.48, +4.97]"
std::string probability(double p);                     ///< "<0.001" below that
std::string p_text(double p);                          ///< "p = 0.012", "p < 0.001" or "p not defined"

/// The primary test: n, mean difference with its simultaneous interval, raw and adjusted p, effect size.
std::string primary_table(std::span<const Comparison> rows, const RowLabel& label);
/// Further tests: medians, shift with its interval, Wilcoxon's p; the paper's unpaired U, its p and Cliff's delta.
std::string beside_table(std::span<const Comparison> rows, const RowLabel& label);
/// Both tables under a heading. Empty for no rows. @param where  end of the heading
std::string difference_tables(std::span<const Comparison> rows, const RowLabel& label, const std::string& where);
/// "n = 12 draws", "n = 1 seed"
std::string n_in_words(const Comparison& row);
/// "; 12 pairs share runs of e-ln and count as 1 unit"; empty if no pairs share a run.
std::string shared_in_words(const Comparison& row);
/// The pairs that do not count because one of their runs has no outcome. Empty if there are none.
std::string lost_pairs(std::span<const Comparison> rows);
/// Runs that diverged, a test of the rates of both conditions, and runs that collapsed. Contains only the rows with
/// such runs; empty if there are none. p is adjusted over all rows.
std::string divergence_table(std::span<const Comparison> rows, const RowLabel& label);

/// How to read the columns of `primary_table` and, if `beside`, of `beside_table`.
/// @param rows  all rows shown
std::string notes_on_comparisons(std::span<const Comparison> rows, StudyUnit unit, bool beside = true);

/// What n counts, and for which seeds intervals hold: "n counts draws of hyper-parameters, all with seed 0. ..."
std::string units_in_words(std::span<const StudyResult> results);

/// "epsilon 0.75" or "epsilons 0, 0.25, 0.5"
std::string epsilons_text(std::span<const double> epsilons);

/// The comparisons at one epsilon; without an epsilon, those over all epsilons.
std::vector<Comparison> at_epsilon(std::span<const Comparison> rows, std::optional<double> epsilon);

}  // namespace chandelier
