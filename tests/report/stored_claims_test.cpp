// Claims in stored studies: the same verdict and sentence in the terminal, the table and JSON, and the verdicts stated
// in docs/results.

#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "places.hpp"
#include "report/claim_sentences.hpp"
#include "report/study_table.hpp"
#include "sentence_of.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

/// condition,epsilon,draw,seed,status,test_accuracy,repeats_draw of every run.
Study stored_study(const std::string& name) {
  std::ifstream file(test_data("/stored_studies/" + name + ".csv"));
  EXPECT_TRUE(file.is_open()) << name;
  Study study;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream columns(line + ",");
    for (std::string cell; std::getline(columns, cell, ',');) cells.push_back(cell);
    StudyResult& result = study.emplace_back();
    result.run.condition = cells.at(0);
    result.run.epsilon = result.run.settings.epsilon = std::stod(cells.at(1));
    result.run.draw = std::stoi(cells.at(2));
    result.run.seed = std::stoull(cells.at(3));
    result.run.settings.epochs = 2;
    result.status = cells.at(4);
    if (!cells.at(5).empty() && result.status == "finished") result.test_accuracy = std::stod(cells.at(5));
    if (!cells.at(6).empty()) result.repeats = RunNumber{std::stoi(cells.at(6)), result.run.seed};
  }
  return study;
}

class StoredStudy : public ::testing::TestWithParam<std::string> {};

TEST_P(StoredStudy, HasOneSentenceForAClaimEverywhere) {
  const Study study = stored_study(GetParam());
  const std::vector<JudgedClaim> judged = judged_claims(study);
  const std::string brief = joined(study_table(study)), all = joined(study_table(study, {}, {}, Shown::all_tests));
  const auto json = claims_json(study);
  std::map<std::string, std::vector<std::string>> in_json, from_engine;
  for (const auto& claim : json)
    for (const auto& place : claim["at"]) in_json[claim["id"]].push_back(place["sentence"]);
  for (const JudgedClaim& one : judged) {
    const std::string sentence = sentence_of(one);
    from_engine[std::string(one.claim->id)].push_back(sentence);
    EXPECT_TRUE(sentence.starts_with(std::string(words_of(one.verdict)) + ": "));
    EXPECT_TRUE(names(all, sentence));
    EXPECT_EQ(brief.find(sentence) != std::string::npos, !one.epsilon || epsilons_of(study).size() == 1) << sentence;
  }
  EXPECT_EQ(in_json, from_engine);
  EXPECT_GE(json.size(), 4U);
  EXPECT_TRUE(names(brief, summary_of(main_ones(judged))));
  EXPECT_EQ(json.size() + claims_without_test(study).size(), all_claims().size());
  // The row of the table has the numbers of the claim.
  for (const JudgedClaim& one : main_ones(judged)) {
    const std::string label =
        std::string(one.claim->first) + " - " + std::string(one.claim->second) + (one.found.between ? ", jitter" : "");
    const std::string mean = numbers_of(one).substr(name_of(one.found).size() + 2);
    const std::string line = row(study_table(study), label);
    EXPECT_TRUE(names(line, " " + mean.substr(0, mean.find(" points")) + " ["));
  }
}

INSTANTIATE_TEST_SUITE_P(All, StoredStudy, ::testing::Values("quick", "small"));

TEST(StoredQuickStudy, HasTheVerdictsOfItsPage) {
  std::map<std::string_view, std::string_view> verdicts;
  for (const JudgedClaim& one : judged_claims(stored_study("quick"))) verdicts[one.claim->id] = words_of(one.verdict);
  const std::map<std::string_view, std::string_view> expected{{"activity-alone-no-gain", "undecided"},
                                                              {"activity-alone-falls-short", "shown"},
                                                              {"errors-help", "shown"},
                                                              {"recovers-layer-norm", "undecided"}};
  EXPECT_EQ(verdicts, expected);
}

}  // namespace
}  // namespace chandelier
