// Hyper-parameter draws: their values, and that none depends on another.

#include "studies/draws.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "sentence_of.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

Draws draws_of(const std::string& text) { return read_draws(parse_toml(text, "plan.toml"), "plan.toml"); }

std::size_t place_of(const Draws& draws, const std::string& key) {
  const auto found =
      std::find_if(draws.settings.begin(), draws.settings.end(), [&](const auto& drawn) { return drawn.key == key; });
  return static_cast<std::size_t>(found - draws.settings.begin());
}

/// The values of one setting, as text.
std::vector<std::string> column(const Draws& draws, const std::string& key) {
  std::vector<std::string> texts;
  for (const auto& draw : draws.values) texts.push_back(text_of(draw.at(place_of(draws, key))));
  return texts;
}

std::vector<double> numbers(const Draws& draws, const std::string& key) {
  std::vector<double> numbers;
  for (const std::string& text : column(draws, key)) numbers.push_back(std::stod(text));
  return numbers;
}

using Texts = std::vector<std::string>;

TEST(Draws, WithoutATableThereIsOneOfNothing) {
  const Draws draws = draws_of("seeds = 1");
  EXPECT_EQ(draws.source, "");
  EXPECT_TRUE(draws.settings.empty());
  EXPECT_EQ(draws.values, std::vector<std::vector<SettingValue>>{{}});
}

TEST(Draws, AGridIsEveryCombination) {
  const Draws draws = draws_of("[grid]\nlr = [0.01, 1]\nwidth = [100, [50, 20], 30]\nnesterov = [true, false]");
  EXPECT_EQ(draws.source, "grid");
  EXPECT_EQ(draws.values.size(), 12U);
  // In the order of the list of settings, the last one fastest.
  EXPECT_EQ(draws.settings.at(0).key, "width");
  EXPECT_EQ(column(draws, "width"),
            (Texts{"100", "100", "100", "100", "50,20", "50,20", "50,20", "50,20", "30", "30", "30", "30"}));
  EXPECT_EQ(column(draws, "lr"), (Texts{"0.01", "0.01", "1", "1", "0.01", "0.01", "1", "1", "0.01", "0.01", "1", "1"}));
  const std::set<std::vector<SettingValue>> all(draws.values.begin(), draws.values.end());
  EXPECT_EQ(all.size(), 12U);
  EXPECT_FALSE(draws.settings.at(0).range.has_value());  // a list of two widths is not a number
  EXPECT_EQ(draws.settings.at(1).range->low, 0.01);
  EXPECT_EQ(draws.settings.at(1).range->high, 1.0);
  EXPECT_FALSE(draws.settings.at(2).range.has_value());
}

TEST(Draws, AListIsTakenAsItStands) {
  const Draws draws = draws_of("[[draws]]\nlr = 0.03\nwidth = 200\n[[draws]]\nwidth = 100\nlr = 1\n");
  EXPECT_EQ(draws.source, "draws");
  EXPECT_EQ(column(draws, "width"), (Texts{"200", "100"}));
  EXPECT_EQ(column(draws, "lr"), (Texts{"0.03", "1"}));
  EXPECT_EQ(draws.settings.at(0).range->low, 100);
  EXPECT_EQ(draws.settings.at(0).range->high, 200);
}

const std::string kRandom =
    "[random]\nseed = 7\nlr = { log_uniform = [1e-3, 1e-2] }\nmomentum = { uniform = [0.25, 0.5] }\n"
    "width = { integer = [3, 6] }\n";

TEST(Draws, RandomOnesComeFromTheirDistributions) {
  const Draws draws = draws_of(kRandom + "draws = 4000");
  EXPECT_EQ(draws.source, "random");
  ASSERT_EQ(draws.values.size(), 4000U);
  const auto share_below = [&](const std::string& key, double bound) {
    const auto values = numbers(draws, key);
    return static_cast<double>(std::count_if(values.begin(), values.end(), [&](double v) { return v < bound; })) / 4000;
  };
  // Four standard errors of a share of a half are 0.032.
  EXPECT_NEAR(share_below("lr", std::pow(10, -2.5)), 0.5, 0.032);
  EXPECT_NEAR(share_below("lr", std::pow(10, -2.75)), 0.25, 0.032);
  EXPECT_NEAR(share_below("momentum", 0.375), 0.5, 0.032);
  for (const int width : {3, 4, 5}) EXPECT_NEAR(share_below("width", width + 1), (width - 2) * 0.25, 0.032);
  const auto within = [&](const std::string& key, double low, double high) {
    const auto values = numbers(draws, key);
    const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
    EXPECT_GE(*smallest, low) << key;
    EXPECT_LE(*largest, high) << key;
  };
  within("lr", 1e-3, 1e-2);
  within("momentum", 0.25, 0.5);
  within("width", 3, 6);
  const Texts widths = column(draws, "width");
  EXPECT_EQ(std::set<std::string>(widths.begin(), widths.end()), (std::set<std::string>{"3", "4", "5", "6"}));
  const auto& lr = draws.settings.at(place_of(draws, "lr")).range;
  EXPECT_EQ(lr->low, 1e-3);
  EXPECT_EQ(lr->high, 1e-2);
  EXPECT_TRUE(lr->logarithmic);
  EXPECT_FALSE(draws.settings.at(place_of(draws, "momentum")).range->logarithmic);
}

TEST(Draws, SettingsAreDrawnIndependently) {
  const Draws draws = draws_of(
      "[random]\ndraws = 2000\nlr = { uniform = [0, 1] }\nlr_wix = { uniform = [0, 1] }\n"
      "lr_wei = { uniform = [0, 1] }");
  const auto correlation = [&](const std::string& a, const std::string& b) {
    const auto x = numbers(draws, a), y = numbers(draws, b);
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - 0.5) * (y[i] - 0.5);
    return sum / static_cast<double>(x.size()) * 12;
  };
  EXPECT_NEAR(correlation("lr", "lr_wix"), 0, 0.09);  // four standard errors
  EXPECT_NEAR(correlation("lr", "lr_wei"), 0, 0.09);
  EXPECT_NEAR(correlation("lr_wix", "lr_wei"), 0, 0.09);
}

TEST(Draws, MoreDrawsOrOtherSettingsChangeNoValue) {
  const Draws few = draws_of(kRandom + "draws = 3"), many = draws_of(kRandom + "draws = 10");
  for (std::size_t draw = 0; draw < 3; ++draw) EXPECT_EQ(few.values.at(draw), many.values.at(draw));
  const Draws alone = draws_of("[random]\nseed = 7\ndraws = 10\nlr = { log_uniform = [1e-3, 1e-2] }\n");
  EXPECT_EQ(column(alone, "lr"), column(many, "lr"));
  const Draws other = draws_of("[random]\nseed = 8\ndraws = 10\nlr = { log_uniform = [1e-3, 1e-2] }\n");
  EXPECT_NE(column(other, "lr"), column(many, "lr"));
}

TEST(Draws, TheirValuesNeverChange) {
  const Draws draws = draws_of(
      "[random]\ndraws = 2\nlr = { log_uniform = [1e-3, 1e-2] }\nlr_wei = { log_uniform = [1e-5, 1e-2] }\n"
      "lr_wix = { log_uniform = [1e-2, 1] }\nwidth = { integer = [100, 499] }\n");
  EXPECT_EQ(column(draws, "lr"), (Texts{"0.00552109", "0.00733711"}));
  EXPECT_EQ(column(draws, "lr_wei"), (Texts{"0.00618504", "0.000195115"}));
  EXPECT_EQ(column(draws, "lr_wix"), (Texts{"0.0130917", "0.182481"}));
  EXPECT_EQ(column(draws, "width"), (Texts{"456", "449"}));
}

TEST(Draws, RandomNumbersHaveSixDigitsAndStayInTheirRange) {
  const Draws draws = draws_of(
      "[random]\ndraws = 500\nlr = { uniform = [0.12345678, 0.12345679] }\n"
      "momentum = { uniform = [0.99999991, 0.99999999] }\nlr_wix = { uniform = [0, 1] }");
  for (const double lr : numbers(draws, "lr")) EXPECT_TRUE(lr == 0.12345678 || lr == 0.12345679) << lr;
  for (const double momentum : numbers(draws, "momentum")) EXPECT_LE(momentum, 0.99999999);
  for (const std::string& text : column(draws, "lr_wix")) EXPECT_LE(text.size(), std::string("0.000123456").size());
}

TEST(Draws, NoTwoSettingsShareTheirRandomNumbers) {
  // Draw every numeric setting from the same distribution: no value may occur twice. Equal keys would give equal
  // columns.
  std::string text = "[random]\ndraws = 3\n";
  for (const Setting& setting : setting_list())
    if (setting.kind() == Setting::Kind::number && varied_by(setting.key).empty())
      text += fmt::format("{} = {{ uniform = [0.25, 0.75] }}\n", setting.key);
  const Draws draws = draws_of(text);
  std::set<std::vector<double>> columns;
  for (const DrawnSetting& drawn : draws.settings) columns.insert(numbers(draws, drawn.key));
  EXPECT_GT(columns.size(), 8U);
  EXPECT_EQ(columns.size(), draws.settings.size());
}

TEST(Draws, BadOnesAreRefusedInOneSentence) {
  const std::string random = "[random]\ndraws = 3\n";
  const std::vector<std::pair<std::string, std::string>> plans{
      {"[grid]\nlr = [1]\n[random]\ndraws = 3\nwidth = { integer = [2, 3] }",
       "plan.toml: the plan has grid and random; use only one of them to draw hyper-parameters"},
      {"[[draws]]\nlr = 1\n[grid]\nlr = [1]", "the plan has grid and draws; use only one"},
      {"[[draws]]\nlr = 1\n[random]\ndraws = 1", "the plan has draws and random; use only one"},
      {"grid = 3", "plan.toml: grid must be a table, [grid]"},
      {"random = [3]", "plan.toml: random must be a table, [random]"},
      {"draws = 30", "plan.toml: draws must be tables, one [[draws]] for each draw; for a number of random draws, use"},
      {"draws = []", "draws must be tables"},
      {"draws = [3, 4]", "draws must be tables"},
      {"draws = [{lr = 1}, 4]", "draws must be tables"},
      {"[draws]\nlr = 3", "draws must be tables"},
      // Settings
      {"[grid]\n", "plan.toml, [grid]: no setting is drawn"},
      {"[[draws]]\n", "plan.toml, [[draws]] 0: no setting is drawn"},
      {random, "plan.toml, [random]: no setting is drawn"},
      {"[grid]\nlearning = [1]", "plan.toml, [grid]: 'learning' is not a setting"},
      {"[grid]\nlr_weii = [1]", "plan.toml, [grid]: 'lr_weii' is not a setting; did you mean 'lr_wei'?"},
      {random + "widht = { integer = [3, 4] }", "[random]: 'widht' is not a setting; did you mean 'width'?"},
      {"[[draws]]\nepoch = 3", "[[draws]] 0: 'epoch' is not a setting; did you mean 'epochs'?"},
      {"[grid]\nepsilon = [0.5, 1]", "[grid]: epsilon cannot be drawn; vary it with epsilons"},
      {"[grid]\nseed = [1]", "[grid]: seed cannot be drawn; vary it with seeds"},
      {"[[draws]]\nseed = 1", "[[draws]] 0: seed cannot be drawn; vary it with seeds"},
      {"[grid]\ncondition = [\"ei\"]", "[grid]: condition cannot be drawn; vary it with conditions"},
      {"[grid]\ncircuit = [\"ei\"]", "circuit cannot be drawn; vary it with conditions"},
      {"[grid]\nerror_norm = [\"own\"]", "error_norm cannot be drawn; vary it with conditions"},
      {"[grid]\nactivity_norm = [\"none\"]", "activity_norm cannot be drawn; vary it with conditions"},
      {"[grid]\ndata = [\"x\"]", "data cannot be drawn; vary it with data"},
      {random + "epsilon = { uniform = [0, 1] }", "epsilon cannot be drawn; vary it with epsilons"},
      // Grids
      {"[grid]\nlr = 0.01", "plan.toml, [grid]: lr must be a list of the values to try"},
      {"[grid]\nlr = []", "[grid]: lr is empty, so there is nothing to try"},
      {"[grid]\nlr = [0.01, -1]", "plan.toml, [grid]: lr: -1 is out of range; expected a number of at least 0"},
      {"[grid]\nlr = [0.01, \"x\"]", "[grid]: lr: \"x\" is not a number"},
      {"[grid]\nlr = [0.1, 0.10]", "[grid]: lr names 0.1 twice"},
      {"[grid]\nwidth = [100, [100, 50], [100]]", "[grid]: width names 100 twice"},
      {"[grid]\nlr = [[1, 2]]", "[grid]: lr: "},
      // Lists
      {"[[draws]]\nlr = 1\n[[draws]]\nlr_wix = 2", "[[draws]] 1: it sets lr_wix, but draw 0 sets lr; every draw must"},
      {"[[draws]]\nlr = 1\n[[draws]]\nlr_wix = 2\nlr = 3", "[[draws]] 1: it sets lr, lr_wix, but draw 0 sets lr;"},
      {"[[draws]]\nlr = 1\nlr_wix = 2\n[[draws]]\nlr = 2", "[[draws]] 1: it sets lr, but draw 0 sets lr, lr_wix;"},
      {"[[draws]]\nlr = 1\n[[draws]]\nlr = 2\n[[draws]]\nlr = 1.0",
       "[[draws]] 2: the values are the same as in draw 0"},
      {"[[draws]]\nlr = 1\n[[draws]]\nlr = -2", "plan.toml, [[draws]] 1: lr: -2 is out of range"},
      // Random draws
      {"[random]\nlr = { uniform = [0, 1] }",
       "plan.toml, [random]: 'draws' is missing; write, for example, draws = 30"},
      {"[random]\ndraws = 0\nlr = { uniform = [0, 1] }", "[random]: draws must be a whole number from 1 to 100000"},
      {"[random]\ndraws = 100001\nlr = { uniform = [0, 1] }",
       "[random]: draws must be a whole number from 1 to 100000"},
      {"[random]\ndraws = 1e1\nlr = { uniform = [0, 1] }", "[random]: draws must be a whole number from 1 to 100000"},
      {random + "seed = -1\nlr = { uniform = [0, 1] }", "[random]: seed must be a whole number from 0 to"},
      {random + "seed = \"a\"\nlr = { uniform = [0, 1] }", "[random]: seed must be a whole number from 0 to"},
      {random + "lr = 3", "[random]: lr must be one distribution (log_uniform, uniform, integer), for example lr = {"},
      {random + "lr = {}", "[random]: lr must be one distribution"},
      {random + "lr = { uniform = [0, 1], log_uniform = [1, 2] }", "[random]: lr must be one distribution"},
      {random + "lr = { log_unifrom = [0, 1] }",
       "lr: 'log_unifrom' is not a distribution; choose one of log_uniform, uniform, "
       "integer; did you mean 'log_uniform'?"},
      {random + "lr = { uniform = 3 }", "[random]: lr: uniform takes two ends, for example lr = { uniform = [0, 1] }"},
      {random + "lr = { log_uniform = [] }",
       "log_uniform takes two ends, for example lr = { log_uniform = [1e-3, 1e-2] }"},
      {random + "width = { integer = 3 }", "integer takes two ends, for example width = { integer = [100, 499] }"},
      {random + "lr = { uniform = [1] }", "lr: uniform takes two ends"},
      {random + "lr = { uniform = [1, 2, 3] }", "lr: uniform takes two ends"},
      {random + "lr = { uniform = [1, 0] }", "[random]: lr: the range from 1 to 0 is reversed"},
      {random + "lr = { uniform = [1, 1] }", "[random]: lr: the range from 1 to 1 is empty; give a fixed value under"},
      {random + "width = { integer = [100, 100] }", "[random]: width: the range from 100 to 100 is empty"},
      {random + "width = { integer = [499, 100] }", "[random]: width: the range from 499 to 100 is reversed"},
      {random + "lr = { log_uniform = [0, 1] }", "[random]: lr: log_uniform cannot start at 0; start above 0"},
      {random + "lr = { uniform = [-1, 1] }", "plan.toml, [random]: lr: -1 is out of range"},
      {random + "momentum = { uniform = [0, 1] }", "[random]: momentum: 1 is out of range"},
      {random + "lr = { uniform = [0, inf] }", "[random]: lr: inf is not a finite number"},
      {random + "lr = { uniform = [0, nan] }", "[random]: lr: nan is not a finite number"},
      {random + "lr = { uniform = [0, \"1\"] }", "[random]: lr: \"1\" is not a number"},
      {random + "width = { integer = [1, 5] }", "[random]: width: 1 is out of range; expected"},
      {random + "width = { integer = [5, 1000000] }", "[random]: width: 1000000 is out of range"},
      {random + "width = { integer = [5.5, 10] }", "[random]: width: 5.5 is not a whole number"},
      {random + "width = { integer = [[5, 6], 10] }", "[random]: width: each end of integer must be one number"},
      {random + "lr = { integer = [0, 10] }", "[random]: lr is not a whole number, so integer does not fit"},
      {random + "width = { uniform = [100, 499] }",
       "[random]: width is a whole number, so uniform does not fit; "
       "write, for example, width = { integer = [100, 499] }"},
      {random + "width = { log_uniform = [100, 499] }", "[random]: width is a whole number, so log_uniform does not"},
      {random + "nesterov = { integer = [0, 1] }",
       "[random]: nesterov is not a number, so it has no distribution; use"},
      {random + "update = { uniform = [0, 1] }",
       "[random]: update is not a number, so it has no distribution; use [grid]"},
  };
  for (const auto& [text, part] : plans) {
    SCOPED_TRACE(text);
    const std::string sentence = sentence_of<SettingError>([&text = text] { draws_of(text); });
    EXPECT_TRUE(names(sentence, part));
    EXPECT_TRUE(names(sentence, "plan.toml"));
  }
}

TEST(Draws, CombinationsAreCountedBeforeTheyAreMade) {
  std::string text = "[grid]\n";
  for (const char* key : {"lr", "lr_wix", "lr_wei", "lambda"}) {
    text += fmt::format("{} = [", key);
    for (int value = 0; value < 100; ++value) text += fmt::format("{}, ", value);
    text += "]\n";
  }
  const std::string sentence = sentence_of<SettingError>([&] { draws_of(text); });
  EXPECT_TRUE(names(sentence, "plan.toml, [grid]: the combinations make more than 100000 draws"));
}

}  // namespace
}  // namespace chandelier
