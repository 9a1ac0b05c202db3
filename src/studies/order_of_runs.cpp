#include "studies/order_of_runs.hpp"

#include <algorithm>

namespace chandelier {

std::vector<std::size_t> order_of_runs(const StudyPlan& plan, std::vector<std::size_t> which,
                                       const std::function<double(std::size_t)>& length) {
  std::vector<std::size_t> block(plan.runs.size(), 0);
  for (std::size_t i = 1; i < block.size(); ++i) {
    const StudyRun &before = plan.runs[i - 1], &run = plan.runs[i];
    block[i] = block[i - 1] + (run.seed != before.seed || run.draw != before.draw ? 1 : 0);
  }
  std::ranges::sort(which);
  std::ranges::stable_sort(which, [&](std::size_t a, std::size_t b) {
    return block[a] != block[b] ? block[a] < block[b] : length(a) > length(b);
  });
  return which;
}

}  // namespace chandelier
