// What a study says of the claims, in words: the same ones in the terminal, the table, the report, JSON and Python.

#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "report/claims.hpp"

namespace chandelier {

/// "shown: Normalizing the errors as well raises test accuracy (inorm-full - inorm: +4.22 points, 95 % interval [+3.48,
/// +4.97], p = 0.008 (Holm), n = 10 seeds)." A claim of ours says so; a note follows.
std::string sentence_of(const JudgedClaim& judged);
/// What stands in its brackets.
std::string numbers_of(const JudgedClaim& judged);
/// What would show the claim: "inorm-full - inorm is above zero, p < .05 after Holm over the 4 differences ..."
std::string rule_of(const Claim& claim);
/// "the paper, figure 5", or "ours, not the paper's"
std::string source_of(const Claim& claim);

/// "Of 5 claims that this study can test, 3 are shown, 1 is real but negligible, 1 is undecided." Empty for none.
/// @param judged  of one place each: over all epsilons, or at the only one
std::string summary_of(std::span<const JudgedClaim> judged);
/// Those that are over all epsilons, or at the study's only one.
std::vector<JudgedClaim> main_ones(std::span<const JudgedClaim> judged);

/// The same test as the paper's, of a claim against `e-ln`: "U = 28 of 144, p = 0.012 at epsilon 0; ..." (unpaired
/// Mann-Whitney). Empty for other claims.
std::string test_of_the_paper(const Claim& claim, std::span<const JudgedClaim> judged);

/// For a terminal, for each data set: settings and budget, a sentence on each claim that can be tested, the summary.
/// Empty where there is none. @param at_each  also at each epsilon
std::string claims_text(std::span<const StudyResult> results, bool at_each = false);

/// For each claim that can be tested: id, statement, source, published, rule, note, verdict (over all epsilons), and
/// under `at` each place with verdict, sentence, text (the numbers in words) and numbers.
nlohmann::ordered_json claims_json(std::span<const StudyResult> results);
/// The claims that cannot be tested, each with the conditions that it needs.
nlohmann::ordered_json claims_without_test(std::span<const StudyResult> results);

}  // namespace chandelier
