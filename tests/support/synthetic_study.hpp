// Studies in memory with known true effects, and helpers for checking the text about them.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "report/plain_text.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

using Study = std::vector<StudyResult>;

/// Runs of one condition with these test accuracies in %: seeds 0, 1, ... of one draw.
inline void add(Study& study, const std::string& condition, const std::vector<double>& percents, double epsilon = 0.75,
                int draw = 0, std::uint64_t first_seed = 0) {
  for (std::size_t i = 0; i < percents.size(); ++i) {
    StudyResult result;
    result.run.condition = condition;
    result.run.epsilon = result.run.settings.epsilon = epsilon;
    result.run.draw = draw;
    result.run.seed = first_seed + i;
    result.run.settings.epochs = 2;
    result.status = "finished";
    result.test_accuracy = percents[i] / 100;
    study.push_back(result);
  }
}

/// The same with one draw per run and a single seed.
inline void add_draws(Study& study, const std::string& condition, const std::vector<double>& percents,
                      double epsilon = 0.75) {
  for (std::size_t i = 0; i < percents.size(); ++i) add(study, condition, {percents[i]}, epsilon, static_cast<int>(i));
}

inline void spoil(Study& study, const std::string& condition, std::uint64_t seed, const std::string& status,
                  const std::string& message, int draw = 0) {
  for (StudyResult& result : study)
    if (result.run.condition == condition && result.run.seed == seed && result.run.draw == draw) {
      result.status = status;
      result.message = message;
      result.test_accuracy.reset();
    }
}

/// A text without line breaks, so that sentences can be found in it.
inline std::string joined(const std::string& text) {
  std::istringstream words(text);
  std::string line, word;
  while (words >> word) line += (line.empty() ? "" : " ") + word;
  return line;
}

/// The first table line that starts with a name, after a position in the text.
inline std::string row(const std::string& text, const std::string& name, const std::string& after = "") {
  const std::size_t start = text.find(after);
  if (start == std::string::npos) return "no " + after;
  std::istringstream lines(text.substr(start));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("  " + name + "  ")) return joined(line);
  return "no row " + name;
}

/// Paragraphs are as wide as a terminal; tables may be a little wider.
inline void expect_width(const std::string& text) {
  constexpr std::size_t kWidestTable = 100;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), line.starts_with("  ") ? kWidestTable : kTextWidth) << line;
}

}  // namespace chandelier
