// The sentences about the paper's finding that follow from a study.

#pragma once

#include <span>
#include <string>

#include "studies/study_run.hpp"

namespace chandelier {

/// What a study says about the paper's finding (arXiv 2603.17676): normalizing activity alone does not improve
/// learning; normalizing the back-propagated error signals too does, and recovers layer normalization. A line names
/// the settings that are not at their defaults; then, over all epsilons where there are several, and for each, a
/// sentence on each of errors, activity and recovery that the study has something to say about, and a verdict. Each
/// data set is told of by itself. Empty when the study has neither `inorm` nor `inorm-full`.
///
/// Everything is read off the paper's differences (`declared_contrasts`, `comparisons`), whatever others a plan
/// declares, in percentage points of test accuracy; diverged runs count as chance. "Above" and "below" are differences
/// whose simultaneous 95 % interval excludes zero and whose p, adjusted by Holm, is below 0.05. No interval shows that
/// two conditions are equal, so the activity-only half is judged by how large a benefit its interval still allows, and
/// the recovery of layer normalization by an equivalence test of 0.5 points. The verdict is
///
///   not reproduced      inorm-full below inorm, or inorm above ei, or inorm above e-ln
///   reproduced          inorm-full above inorm; inorm below e-ln; and the upper end of inorm - ei (the largest benefit
///                       of activity alone) below the lower end of inorm-full - inorm (the smallest of the errors);
///                       inorm-full above e-ln, or within the margin of it
///   reproduced but for  the same, but inorm-full is neither shown to be within the margin of e-ln, nor to be outside
///   one part
///   reproduced in part  the same, but inorm-full below e-ln: layer normalization is not recovered
///   undecided           otherwise, also where a condition is missing; the reasons are named
///
/// inorm-full above e-ln is reported, but claimed only from the paper's 50 epochs on: shorter training does not settle
/// that comparison.
std::string finding(std::span<const StudyResult> results);

}  // namespace chandelier
