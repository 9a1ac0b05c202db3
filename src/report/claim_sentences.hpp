// Verdicts on the claims in words: the same in the terminal, the table, the report, JSON and Python.

#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "report/claims.hpp"

namespace chandelier {

/// "shown: Normalizing the errors as well raises test accuracy (inorm-full - inorm: +4.22 points, 95 % interval [+3.48,
/// +4.97], p = 0.008 (Holm), n = 10 seeds)." Claims that are not the paper's say so. The claim's note follows.
std::string sentence_of(const JudgedClaim& judged);
/// The numbers in the parentheses of that sentence.
std::string numbers_of(const JudgedClaim& judged);
/// What would show the claim: "inorm-full - inorm is above zero with p < 0.05 (...) ..."
std::string rule_of(const Claim& claim);
/// "the paper, figure 5", or "Chandelier, not the paper"
std::string source_of(const Claim& claim);

/// "This study has the conditions for 5 claims (shown: 3, real but negligible: 1, undecided: 1)." Empty for no claims.
/// @param judged  one verdict per claim: over all epsilons, or at the only one
std::string summary_of(std::span<const JudgedClaim> judged);
/// The verdicts over all epsilons, or at the study's only one.
std::vector<JudgedClaim> main_ones(std::span<const JudgedClaim> judged);

/// For claims about `e-ln`, the test that the paper uses (unpaired Mann-Whitney): "U = 28 of 144, p = 0.012 at epsilon
/// 0; ...". Empty for other claims.
std::string test_of_the_paper(const Claim& claim, std::span<const JudgedClaim> judged);

/// Text for a terminal, for each data set: settings and budget, a sentence on each claim that can be tested, and a
/// summary. Empty if there is no such claim. @param at_each  also at each epsilon
std::string claims_text(std::span<const StudyResult> results, bool at_each = false);

/// For each claim that can be tested: id, statement, source, published, rule, note, verdict (over all epsilons). `at`
/// lists the verdicts over all epsilons and at each, with sentence, text (the numbers in words) and numbers.
nlohmann::ordered_json claims_json(std::span<const StudyResult> results);
/// The claims that this study cannot test, each with the conditions that it needs.
nlohmann::ordered_json claims_without_test(std::span<const StudyResult> results);

}  // namespace chandelier
