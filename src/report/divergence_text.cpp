#include "report/divergence_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "report/plain_text.hpp"

namespace chandelier {

std::string divergence_text(std::span<const StudyResult> results, std::span<const Contrast> contrasts,
                            std::span<const Comparison> rows, const RowLabel& label) {
  if (std::ranges::none_of(rows, has_failures)) return {};
  const std::vector<double> epsilons = epsilons_of(results);
  const std::optional<double> main = epsilons.size() > 1 ? std::nullopt : std::optional(epsilons.front());
  std::string text = fmt::format("Divergence and collapse, {}\n{}", epsilons_text(epsilons),
                                 divergence_table(at_epsilon(rows, main), label));
  text += wrapped(fmt::format(
      "diverged: runs of the first and of the second condition. more in 1st, in 2nd: {} in which more runs of that "
      "condition diverged. p: exact sign test of these two numbers (McNemar's test if each has one run). collapsed: "
      "runs of the first and of the second condition that finished within {} points of chance, or with a silent hidden "
      "layer; they count with their accuracy.",
      unit_of(results) == StudyUnit::draw ? "draws" : "seeds", kAboutChance));

  const std::vector<Comparison> without = comparisons(results, contrasts, 0.95, Diverged::left_out);
  std::vector<Comparison> shown;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (has_diverged(rows[i])) shown.push_back(without[i]);
  std::vector<std::optional<double>> places(epsilons.begin(), epsilons.end());
  places.emplace_back(std::nullopt);
  for (const auto& epsilon : places)
    if (const auto here = at_epsilon(shown, epsilon); !here.empty())
      text +=
          "\n" +
          wrapped(fmt::format("Differences without diverged runs (this favours a condition that diverges), {}",
                              epsilon ? fmt::format("epsilon {}", *epsilon) : "mean over " + epsilons_text(epsilons))) +
          primary_table(here, label);
  return text;
}

}  // namespace chandelier
