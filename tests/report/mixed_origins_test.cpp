// Studies with runs from several builds or machines.

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
  EXPECT_EQ(mixed_origins(of_origins({{{"1 (a)", "AVX2"}}, {{"1 (a)", "AVX2"}, {"1 (a)", "AVX2"}}, {{"1 (a)", ""}}})),
            "");
  const std::string builds = joined(mixed_origins(of_origins({{{"1 (a)", "AVX2"}}, {{"2 (b)", "AVX2"}}, {}})));
  EXPECT_TRUE(names(builds, "several builds (1 (a): 1 run, 2 (b): 1 run)"));
  EXPECT_EQ(builds.find("CPU"), std::string::npos);
  const Study continued = of_origins({{{"1 (a)", "NEON"}, {"1 (a)", "AVX2"}}, {{"1 (a)", "AVX2"}}});
  const std::string cpus = joined(mixed_origins(continued));
  EXPECT_TRUE(names(cpus, "several kinds of CPU (AVX2: 2 runs, NEON: 1 run)"));
  EXPECT_EQ(cpus.find("builds"), std::string::npos);
  EXPECT_TRUE(names(joined(study_table(continued)), "several kinds of CPU"));
}

TEST(MixedOrigins, AreThoseOfRunsThatCount) {
  Study study = of_origins({{{"1 (a)", "AVX2"}}, {{"2 (b)", "NEON"}}});
  spoil(study, "inorm", 1, "left out", "");
  EXPECT_EQ(mixed_origins(study), "");
}

}  // namespace
}  // namespace chandelier
