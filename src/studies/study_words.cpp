#include "studies/study_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.hpp"
#include "base/error.hpp"

namespace chandelier {

std::string begin_in_words(std::size_t runs, std::size_t done) {
  const std::string all = counted(runs, "run");
  return done == 0 ? all : fmt::format("{}, {} of them already done", all, done);
}

std::string run_in_words(const StudyRun& run, bool several_draws) {
  std::string text = fmt::format("{:<18} eps {:<5} ", run.condition, run.epsilon);
  if (!run.data.empty()) text += fmt::format("{:<12} ", run.data);
  if (several_draws) text += fmt::format("draw {:<3} ", run.draw);
  return text + fmt::format("seed {:<3}", run.seed);
}

std::string end_in_words(const StudyResult& result, std::optional<double> seconds, bool several_draws,
                         std::size_t ended, std::size_t runs) {
  std::string outcome = result.status;
  if (result.status == "stopped") {
    outcome = "stopped; it can continue from here";
  } else {
    if (result.status == "finished" && result.test_accuracy)
      outcome = fmt::format("test {:.2f} %", 100 * *result.test_accuracy);
    if (!result.message.empty()) outcome += ": " + result.message;
  }
  return fmt::format("{:>{}}/{}  {} {}  ({})", ended, fmt::formatted_size("{}", runs), runs,
                     run_in_words(result.run, several_draws), outcome,
                     seconds ? fmt::format("{:.1f} s", *seconds) : "by another process");
}

bool is_complete(const std::vector<StudyResult>& results) {
  return std::ranges::all_of(results, [](const StudyResult& result) {
    return has_ended(result) || result.status == "left out" || result.status == "failed";
  });
}

void throw_unless_all_ended(const std::vector<StudyResult>& results) {
  const auto has_no_result = [](const StudyResult& result) { return !has_ended(result); };
  const auto first = std::find_if(results.begin(), results.end(), has_no_result);
  if (first == results.end()) return;
  const auto all = std::count_if(first, results.end(), has_no_result);
  const auto left_out =
      std::count_if(first, results.end(), [](const StudyResult& result) { return result.status == "left out"; });
  if (left_out == all)
    throw DataError(fmt::format(
        "{} of {} runs were left out, as their folders contain something else or are damaged (the first: {}); all "
        "others are done",
        all, results.size(), first->message));
  const auto failed = std::find_if(first, results.end(), [&](const StudyResult& result) {
    return has_no_result(result) && result.status != "left out";
  });
  throw DataError(fmt::format("{} of {} runs failed{} (the first: {}); start the study again to retry them",
                              all - left_out, results.size(),
                              left_out > 0 ? fmt::format(" and {} were left out", left_out) : "", failed->message));
}

}  // namespace chandelier
