// Studies whose runs come from several builds or machines.

#include "report/mixed_origins.hpp"

#include <gtest/gtest.h>

#include "report/study_table.hpp"
#include "sentence_of.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

Study of_origins(const std::vector<std::vector<RunOrigin>>& origins) {
  Study study;
  add(study, "inorm", std::vector<double>(origins.size(), 72.0));
  for (std::size_t i = 0; i < origins.size(); ++i) study[i].origins = origins[i];
  return study;
}

TEST(MixedOrigins, AreNamedWithTheirRuns) {
  EXPECT_EQ(mixed_origins(of_origins({{{"1 (a)", "slow"}}, {{"1 (a)", "slow"}, {"1 (a)", "slow"}}})), "");
  const std::string builds = joined(mixed_origins(of_origins({{{"1 (a)", "slow"}}, {{"2 (b)", "slow"}}, {}})));
  EXPECT_TRUE(names(builds, "several builds (1 (a): 1 run, 2 (b): 1 run)"));
  EXPECT_EQ(builds.find("CPU"), std::string::npos);
  const Study continued = of_origins({{{"1 (a)", "slow"}, {"1 (a)", "fast"}}, {{"1 (a)", "fast"}}});
  const std::string cpus = joined(mixed_origins(continued));
  EXPECT_TRUE(names(cpus, "several types of CPU (fast: 2 runs, slow: 1 run)"));
  EXPECT_EQ(cpus.find("builds"), std::string::npos);
  EXPECT_TRUE(names(joined(study_table(continued)), "several types of CPU"));
}

TEST(MixedOrigins, ProductsAreComparedWithinAPrecision) {
  Study study = of_origins({{{"1 (a)", "slow", "fp32 by A"}}, {{"1 (a)", "slow", "bf16 by A"}}, {{"1 (a)", "slow"}}});
  study[1].run.settings.precision = "bf16";
  EXPECT_EQ(mixed_origins(study), "");
  study[2].run.settings.precision = "bf16";
  study[2].origins[0].products = "bf16 by B";
  EXPECT_TRUE(names(joined(mixed_origins(study)),
                    "Products in bf16 were computed in several ways (bf16 by A: 1 run, bf16 by B: 1 run)"));
}

TEST(MixedOrigins, AreThoseOfRunsThatCount) {
  Study study = of_origins({{{"1 (a)", "slow"}}, {{"2 (b)", "fast"}}});
  spoil(study, "inorm", 1, "left out", "");
  EXPECT_EQ(mixed_origins(study), "");
}

}  // namespace
}  // namespace chandelier
