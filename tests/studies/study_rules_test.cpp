// Rules written in Python, seen from a program without Python.

#include "studies/study_rules.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/files.hpp"
#include "luminosity/fixed_shift.hpp"
#include "sentence_of.hpp"
#include "studies/study_place.hpp"
#include "temporary_folder.hpp"
#include "training/measure_table.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class StudyRulesTest : public ::testing::Test {
 protected:
  StudyRules rules = rules_of("print()\n", {{"luminosity", "test-dusk-elsewhere"}, {"measure", "test-elsewhere"}});
  TemporaryFolder folder_;
  fs::path path = folder_ / "study";

  void SetUp() override { fs::create_directory(path); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }
};

TEST_F(StudyRulesTest, AreKeptAndReadByTheirNames) {
  EXPECT_FALSE(read_rules(path));
  rules.names.push_back({"circuit", "mine", true});
  keep_rules(rules, path);
  EXPECT_EQ(read_file(path / "rules.py", 100), "print()\n");
  const auto read = read_rules(path);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sha256, rules.sha256);
  EXPECT_EQ(read->names, rules.names);
  EXPECT_TRUE(read->text.empty());
}

TEST_F(StudyRulesTest, LetAPlanBeReadThatNamesThem) {
  write("study.toml",
        "conditions = [\"inorm\"]\nseeds = 1\n[settings]\nluminosity = \"test-dusk-elsewhere\"\n"
        "measure = [\"all\", \"test-elsewhere\"]\n");
  const std::string named = path.string();
  EXPECT_TRUE(names(sentence_of<SettingError>([&] { study_place(named, ""); }), "'test-dusk-elsewhere' is not one of"));
  keep_rules(rules, path);
  const StudyPlace place = study_place(named, "");
  ASSERT_TRUE(place.plan.rules);
  EXPECT_EQ(place.plan.rules->names, rules.names);
  const std::string sentence = sentence_of<RuleElsewhere>([&] { make_luminosity(place.plan.runs[0].settings); });
  EXPECT_TRUE(names(sentence, "luminosity 'test-dusk-elsewhere' is written in Python (" + named));
  EXPECT_TRUE(names(sentence, "chandelier.run_study"));
  add_luminosity("test-dusk-elsewhere", [](const Settings&) { return fixed_shift(0); });  // for other tests
  add_measure("test-elsewhere", [](const LayerInBatch&) { return 0.0; });
}

TEST_F(StudyRulesTest, MustBeHereAndTheSame) {
  EXPECT_NO_THROW(check_rules(std::nullopt, path));
  EXPECT_NO_THROW(check_rules(rules, path));
  keep_rules(rules, path);
  EXPECT_NO_THROW(check_rules(rules, path));
  for (const auto& absent : {std::optional<StudyRules>(), read_rules(path)}) {
    const std::string sentence = sentence_of<SettingError>([&] { check_rules(absent, path); });
    EXPECT_TRUE(names(sentence, path.string() + ": this study has rules written in Python"));
    EXPECT_TRUE(names(sentence, "(luminosity 'test-dusk-elsewhere', measure 'test-elsewhere')"));
  }
  const StudyRules changed = rules_of("print(1)\n", rules.names);
  const std::string sentence = sentence_of<SettingError>([&] { check_rules(changed, path); });
  EXPECT_TRUE(names(sentence, rules.sha256));
  EXPECT_TRUE(names(sentence, changed.sha256 + " now"));
}

TEST_F(StudyRulesTest, ThatAreDamagedAreNamed) {
  for (const char* text : {"", "{", "[]", "{\"sha256\": 3, \"rules\": []}", "{\"sha256\": \"\", \"rules\": [{}]}"}) {
    write("rules.json", text);
    EXPECT_TRUE(names(sentence_of<DataError>([&] { read_rules(path); }), "rules.json: the file does not contain"))
        << text;
  }
  for (const RuleName& rule :
       {RuleName{"error_norm", "Bad Name"}, RuleName{"error_norm", "full"}, RuleName{"x", "y"}}) {
    const StudyRules damaged{"", "", {rule}};
    EXPECT_TRUE(names(sentence_of<DataError>([&] { know_rules(damaged, path); }), "rules.json: ")) << rule.name;
  }
}

}  // namespace
}  // namespace chandelier
