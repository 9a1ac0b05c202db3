#include "training/settings.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "temporary_folder.hpp"
#include "training/conditions.hpp"
#include "training/measure_table.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

/// The message of the SettingError that `f` throws; empty if it throws none.
template <typename F>
std::string sentence_of(F f) {
  try {
    f();
  } catch (const SettingError& error) {
    return error.what();
  }
  return {};
}

void expect_says(const std::string& sentence, std::initializer_list<std::string> pieces) {
  for (const std::string& piece : pieces) {
    EXPECT_NE(sentence.find(piece), std::string::npos) << "missing: " << piece << "\nin: " << sentence;
  }
}

using Said = std::initializer_list<std::pair<std::string, std::string>>;

GivenSettings flags(Said said) {
  GivenSettings given;
  for (const auto& [key, text] : said) given.give(key, text, "--" + key);
  return given;
}

GivenSettings file(Said said) {
  GivenSettings given;
  for (const auto& [key, text] : said) given.give(key, text, "config.toml: " + key);
  return given;
}

Settings from_flags(Said said) { return resolve({}, flags(said)); }
std::string error_of(Said said) {
  return sentence_of([&] { from_flags(said); });
}

Settings from_toml(const std::string& text) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "config.toml";
  std::ofstream(path, std::ios::binary) << text;
  return resolve(read_settings_file(path), {});
}
std::string toml_error(const std::string& text) {
  return sentence_of([&] { from_toml(text); });
}

// ---- the list

TEST(SettingList, HasEveryMemberOnceAndEveryFlagOfTheDesign) {
  std::set<std::string> settings;
  for (const Setting& setting : setting_list()) {
    EXPECT_TRUE(settings.insert(setting.flag()).second) << setting.key;
    EXPECT_TRUE(setting.help.ends_with('.')) << setting.key;
  }
  for (const char* flag : {"--condition",
                           "--circuit",
                           "--activity-norm",
                           "--error-norm",
                           "--error-part",
                           "--error-divide",
                           "--width",
                           "--depth",
                           "--inhibitory-fraction",
                           "--initialization",
                           "--luminosity",
                           "--epsilon",
                           "--shift",
                           "--batch",
                           "--epochs",
                           "--evaluate-training",
                           "--label-smoothing",
                           "--lr",
                           "--lr-wix",
                           "--lr-wei",
                           "--lr-error",
                           "--error-acts-on",
                           "--error-route",
                           "--error-interneurons",
                           "--feedback",
                           "--epsilon-shading",
                           "--rho",
                           "--precision",
                           "--momentum",
                           "--momentum-inhibitory",
                           "--nesterov",
                           "--weight-decay",
                           "--update",
                           "--lambda",
                           "--freeze",
                           "--shuffle",
                           "--validation",
                           "--classes",
                           "--seed",
                           "--data",
                           "--measure",
                           "--keep-checkpoint",
                           "--tensorboard"}) {
    EXPECT_TRUE(settings.contains(flag)) << flag;
  }
  EXPECT_EQ(settings.size(), 43u);
  EXPECT_EQ(find_setting("shuffle")->off_flag(), "--no-shuffle");
  EXPECT_EQ(find_setting("error_divide")->off_flag(), "--no-error-divide");
}

TEST(SettingList, HoldsItsOwnDefaults) {
  for (const Setting& setting : setting_list()) {
    const SettingValue value = setting.of(Settings());
    EXPECT_EQ(value_from_text(setting, text_of(value), "default"), value) << setting.key;
  }
}

TEST(SettingList, SaysWhatIsAllowed) {
  const auto allowed = [](const char* key) { return find_setting(key)->allowed(); };
  EXPECT_EQ(allowed("lr"), "a number of at least 0");
  EXPECT_EQ(allowed("momentum"), "a number of at least 0 and below 1");
  EXPECT_EQ(allowed("inhibitory_fraction"), "a number above 0 and at most 1");
  EXPECT_EQ(allowed("shift"), "a number from -1 to 1");
  EXPECT_EQ(allowed("depth"), "a whole number from 1 to 64");
  EXPECT_EQ(allowed("seed"), "a whole number from 0 to 9223372036854775807");
  EXPECT_EQ(allowed("width"), "a list of whole numbers from 2 to 100000");
  EXPECT_EQ(allowed("update"), "one of sgd, exponentiated");
  EXPECT_EQ(allowed("shuffle"), "true or false");
}

// ---- single values

TEST(SettingValues, AreReadFromText) {
  const Settings settings = from_flags({{"lr", "1e-3"},
                                        {"momentum", "+0.5"},
                                        {"width", "300, 200"},
                                        {"shuffle", "false"},
                                        {"seed", "9223372036854775807"},
                                        {"freeze", "Wix, readout"},
                                        {"data", "a, b"}});
  EXPECT_EQ(settings.lr, 1e-3);
  EXPECT_EQ(settings.momentum, 0.5);
  EXPECT_EQ(settings.width, (std::vector<int>{300, 200}));
  EXPECT_FALSE(settings.shuffle);
  EXPECT_EQ(settings.seed, 9223372036854775807u);
  EXPECT_EQ(settings.freeze, (std::vector<std::string>{"Wix", "readout"}));
  EXPECT_EQ(settings.data, "a, b");
}

TEST(SettingValues, OfAnotherTypeAreRefused) {
  expect_says(error_of({{"lr", "fast"}}), {"--lr: 'fast' is not a number", "a number of at least 0"});
  expect_says(error_of({{"lr", "0.1x"}}), {"--lr: '0.1x' is not a number"});
  expect_says(error_of({{"lr", ""}}), {"--lr: '' is not a number"});
  expect_says(error_of({{"lr", "+-1"}}), {"--lr: '+-1' is not a number"});
  expect_says(error_of({{"epochs", "2.5"}}), {"--epochs: '2.5' is not a whole number"});
  expect_says(error_of({{"seed", "first"}}), {"--seed: 'first' is not a whole number"});
  expect_says(error_of({{"width", "100,,50"}}), {"--width: '' is not a whole number"});
  expect_says(error_of({{"shuffle", "yes"}}), {"--shuffle: 'yes' is not true or false"});
}

TEST(SettingValues, OutsideTheirRangeAreRefused) {
  const struct {
    const char *key, *bad, *good;
  } limits[] = {{"lr", "-1e-9", "0"},
                {"lr_wix", "-1", "0"},
                {"lr_wei", "-1", "0"},
                {"momentum", "1", "0.999"},
                {"momentum", "-0.1", "0"},
                {"momentum_inhibitory", "1", "0.999"},
                {"momentum_inhibitory", "-0.1", "0"},
                {"weight_decay", "-1", "0"},
                {"lambda", "-1", "0"},
                {"label_smoothing", "1", "0.999"},
                {"label_smoothing", "-0.1", "0"},
                {"epsilon", "1.01", "1"},
                {"epsilon", "-0.1", "0"},
                {"inhibitory_fraction", "0", "0.001"},
                {"inhibitory_fraction", "1.01", "1"},
                {"epochs", "-1", "0"},
                {"epochs", "2147483648", "2147483647"},
                {"validation", "-1", "0"},
                {"validation", "99999999999999999999", "2147483647"},
                {"batch", "0", "1"},
                {"batch", "65537", "65536"},
                {"width", "1", "2"},
                {"width", "100001", "100000"},
                {"depth", "0", "1"},
                {"depth", "65", "64"},
                {"classes", "1", "2"},
                {"classes", "257", "256"},
                {"seed", "-1", "0"},
                {"seed", "9223372036854775808", "9223372036854775807"}};
  for (const auto& [key, bad, good] : limits) {
    expect_says(error_of({{key, bad}}), {"--" + std::string(key) + ": " + bad + " is out of range",
                                         "expected " + find_setting(key)->allowed()});
    EXPECT_EQ(error_of({{key, good}}), "");
  }
  EXPECT_EQ(error_of({{"shift", "-1"}, {"luminosity", "fixed"}}), "");
  EXPECT_EQ(error_of({{"shift", "1"}, {"luminosity", "fixed"}}), "");
  expect_says(error_of({{"shift", "1.01"}, {"luminosity", "fixed"}}), {"--shift: 1.01 is out of range"});
  expect_says(error_of({{"shift", "-1.01"}, {"luminosity", "fixed"}}), {"--shift: -1.01 is out of range"});
}

TEST(SettingValues, NotFiniteAreRefusedEverywhere) {
  int numbers = 0;
  for (const Setting& setting : setting_list()) {
    if (setting.kind() != Setting::Kind::number) continue;
    ++numbers;
    for (const char* bad : {"nan", "inf", "-inf"}) {
      const std::string sentence = sentence_of([&] { value_from_text(setting, bad, setting.flag()); });
      expect_says(sentence, {setting.flag() + ": " + bad + " is not a finite number"});
    }
    expect_says(sentence_of([&] { value_from_text(setting, "1e999", setting.flag()); }), {"1e999 is out of range"});
  }
  EXPECT_EQ(numbers, 14);
}

TEST(SettingValues, OutsideTheirChoicesSuggestTheNearest) {
  expect_says(error_of({{"circuit", "inrom"}}),
              {"--circuit: 'inrom' is not one of e, ei, inorm, inorm-sub", "did you mean 'inorm'?"});
  expect_says(error_of({{"condition", "inorm-ful"}}), {"--condition: 'inorm-ful'", "did you mean 'inorm-full'?"});
  for (const char* key : {"activity_norm", "error_norm", "error_part", "initialization", "luminosity", "update"}) {
    expect_says(error_of({{key, "nonsense"}}), {"--" + std::string(key) + ": 'nonsense' is not one of "});
  }
  expect_says(error_of({{"measure", "mean,varience"}}),
              {"--measure: 'varience' is not one of", "did you mean 'variance'?"});
}

TEST(SettingValues, ThatAreNoListTakeOneItem) {
  const std::vector<std::string> two{"1", "2"};
  EXPECT_THROW(value_from_items(*find_setting("lr"), {}, "--lr"), Bug);
  EXPECT_THROW(value_from_items(*find_setting("lr"), two, "--lr"), Bug);
}

TEST(SettingValues, UnknownKeySuggestsTheNearest) {
  GivenSettings given;
  expect_says(sentence_of([&] { given.give("lr_wxi", "1", "draw 3"); }),
              {"draw 3: 'lr_wxi' is not a setting", "did you mean 'lr_wix'?"});
  expect_says(sentence_of([&] { given.give("regularization", "1", "draw 3"); }), {"`chandelier train --help`"});
}

// ---- conditions

TEST(Resolve, NothingGivenIsInormFull) {
  const Settings settings = resolve({}, {});
  EXPECT_EQ(settings.condition, "inorm-full");
  EXPECT_EQ(settings.circuit, "inorm");
  EXPECT_EQ(settings.activity_norm, "none");
  EXPECT_EQ(settings.error_norm, "full");
  EXPECT_EQ(settings.width, (std::vector<int>{100, 100}));
  Settings defaults;
  defaults.width = {100, 100};
  EXPECT_EQ(settings, defaults);
}

TEST(Resolve, AConditionStandsForItsThree) {
  for (const Condition& condition : conditions()) {
    const Settings settings = from_flags({{"condition", std::string(condition.id)}});
    EXPECT_EQ(settings.condition, condition.id);
    EXPECT_EQ(settings.circuit, condition.circuit) << condition.id;
    EXPECT_EQ(settings.activity_norm, condition.activity_norm) << condition.id;
    EXPECT_EQ(settings.error_norm, condition.error_norm) << condition.id;
  }
}

TEST(Resolve, ThreeThatMakeAConditionHaveItsId) {
  EXPECT_EQ(from_flags({{"circuit", "e"}, {"activity_norm", "layer"}, {"error_norm", "own"}}).condition, "e-ln");
  EXPECT_EQ(from_flags({{"circuit", "e"}, {"activity_norm", "layer"}, {"error_norm", "lateral"}}).condition, "");
}

TEST(Resolve, WhatIsNotGivenBesideACircuitOrNormalization) {
  EXPECT_EQ(from_flags({{"circuit", "e"}}).condition, "e");
  EXPECT_EQ(from_flags({{"circuit", "ei"}}).condition, "ei");
  EXPECT_EQ(from_flags({{"circuit", "inorm"}}).condition, "inorm");
  EXPECT_EQ(from_flags({{"circuit", "inorm-sub"}}).condition, "inorm-sub");
  EXPECT_EQ(from_flags({{"circuit", "ei"}, {"activity_norm", "layer"}}).condition, "ei-ln");
  EXPECT_EQ(from_flags({{"error_norm", "scale"}}).condition, "inorm-scale");
}

TEST(Resolve, AConditionBesideAnotherInOneSourceIsAContradiction) {
  expect_says(error_of({{"condition", "ei"}, {"circuit", "inorm"}}),
              {"--circuit 'inorm' contradicts --condition 'ei'", "circuit 'ei'"});
  expect_says(error_of({{"condition", "ei"}, {"activity_norm", "layer"}}),
              {"--activity_norm 'layer' contradicts --condition 'ei'", "activity_norm 'none'"});
  expect_says(error_of({{"condition", "ei"}, {"error_norm", "full"}}),
              {"--error_norm 'full' contradicts --condition 'ei'", "error_norm 'own'"});
  expect_says(sentence_of([] {
                resolve(file({{"condition", "ei"}, {"circuit", "inorm"}}), {});
              }),
              {"config.toml: circuit 'inorm' contradicts config.toml: condition 'ei'"});
  expect_says(sentence_of([] {
                resolve(file({{"condition", "ei"}, {"circuit", "e"}}), flags({{"condition", "e-ln"}}));
              }),
              {"config.toml: circuit 'e' contradicts config.toml: condition 'ei'"});
}

TEST(Resolve, AConditionBesideItsOwnPartsIsFine) {
  EXPECT_EQ(from_flags({{"condition", "ei-ln"}, {"circuit", "ei"}, {"activity_norm", "layer"}, {"error_norm", "own"}})
                .condition,
            "ei-ln");
}

TEST(Resolve, AFlagsConditionReplacesTheFilesThree) {
  const Settings settings =
      resolve(file({{"condition", "e-ln"}, {"circuit", "e"}, {"activity_norm", "layer"}, {"error_norm", "own"}}),
              flags({{"condition", "inorm-scale"}}));
  EXPECT_EQ(settings.condition, "inorm-scale");
  EXPECT_EQ(settings.circuit, "inorm");
  EXPECT_EQ(settings.activity_norm, "none");
  EXPECT_EQ(settings.error_norm, "scale");
}

TEST(Resolve, AFlagsPartReplacesOneOfTheFilesCondition) {
  for (const GivenSettings& given :
       {file({{"condition", "ei-ln"}}),
        file({{"condition", "ei-ln"}, {"circuit", "ei"}, {"activity_norm", "layer"}, {"error_norm", "own"}})}) {
    EXPECT_EQ(resolve(given, flags({{"error_norm", "none"}})).condition, "ei-ln-forward");
    EXPECT_EQ(resolve(given, flags({{"circuit", "e"}})).condition, "e-ln");
    EXPECT_EQ(resolve(given, flags({{"activity_norm", "mean"}})).condition, "ei-mean");
    const Settings other = resolve(given, flags({{"error_norm", "lateral"}}));
    EXPECT_EQ(other.condition, "");
    EXPECT_EQ(other.circuit, "ei");
    EXPECT_EQ(other.activity_norm, "layer");
    EXPECT_EQ(resolve(given, flags({{"circuit", "ei"}})).condition, "ei-ln") << "the same again changes nothing";
  }
}

TEST(Resolve, FlagsWinOverTheFile) {
  const Settings settings = resolve(file({{"lr", "0.1"}, {"epochs", "3"}}), flags({{"lr", "0.2"}}));
  EXPECT_EQ(settings.lr, 0.2);
  EXPECT_EQ(settings.epochs, 3);
}

TEST(Resolve, InhibitionThatNormalizesTakesNoComputedNormalization) {
  for (const char* circuit : {"inorm", "inorm-sub"}) {
    for (const char* norm : {"mean", "variance", "layer"}) {
      expect_says(
          error_of({{"circuit", circuit}, {"activity_norm", norm}}),
          {std::string("--activity_norm '") + norm + "' cannot be combined with --circuit '" + circuit, "use none"});
    }
    expect_says(error_of({{"circuit", circuit}, {"error_norm", "own"}}),
                {std::string("--error_norm 'own' cannot be combined with --circuit '") + circuit,
                 "own is the Jacobian of a computed activity normalization"});
    for (const std::string_view norm : error_norm_names()) {
      if (norm != "own") {
        EXPECT_EQ(error_of({{"circuit", circuit}, {"error_norm", std::string(norm)}}), "");
      }
    }
  }
  expect_says(sentence_of([] {
                resolve(file({{"condition", "e-ln"}}), flags({{"circuit", "inorm"}}));
              }),
              {"config.toml: condition 'layer' cannot be combined with --circuit 'inorm'"});
}

// ---- widths

TEST(Resolve, OneWidthMeansEveryLayer) {
  EXPECT_EQ(from_flags({{"width", "50"}, {"depth", "3"}}).width, (std::vector<int>{50, 50, 50}));
  EXPECT_EQ(from_flags({{"depth", "1"}}).width, (std::vector<int>{100}));
}

TEST(Resolve, SeveralWidthsSetTheDepth) {
  const Settings settings = from_flags({{"width", "50,40,30"}});
  EXPECT_EQ(settings.width, (std::vector<int>{50, 40, 30}));
  EXPECT_EQ(settings.depth, 3);
  EXPECT_EQ(from_flags({{"width", "50,40,30"}, {"depth", "3"}}).depth, 3);
}

TEST(Resolve, WidthsAndAnotherDepthAreAContradiction) {
  expect_says(error_of({{"width", "50,40,30"}, {"depth", "2"}}), {"--width lists 3 layers (50,40,30)", "--depth is 2"});
  expect_says(sentence_of([] {
                resolve(file({{"width", "5,4"}, {"depth", "3"}}), flags({{"depth", "2"}}));
              }),
              {"config.toml: width lists 2 layers (5,4)", "config.toml: depth is 3"});
}

TEST(Resolve, FlagsOfWidthAndDepthWinOverTheFile) {
  const GivenSettings alike = file({{"width", "50,50"}, {"depth", "2"}});
  EXPECT_EQ(resolve(alike, flags({{"depth", "3"}})).width, (std::vector<int>{50, 50, 50}));
  EXPECT_EQ(resolve(alike, flags({{"width", "70"}})).width, (std::vector<int>{70, 70}));
  EXPECT_EQ(resolve(alike, flags({{"width", "70,60,50"}})).depth, 3);
  expect_says(sentence_of([] {
                resolve(file({{"width", "50,40"}, {"depth", "2"}}), flags({{"depth", "3"}}));
              }),
              {"config.toml: width lists 2 layers (50,40)", "--depth is 3"});
}

TEST(Resolve, WidthNeedsBetweenOneAnd64Layers) {
  expect_says(error_of({{"width", ""}}), {"--width is empty"});
  std::string many = "10";
  for (int layer = 1; layer < 64; ++layer) many += ",10";
  EXPECT_EQ(from_flags({{"width", many}}).depth, 64);
  expect_says(error_of({{"width", many + ",10"}}), {"--width lists 65 layers", "at most 64 are allowed"});
}

// ---- the other combinations

TEST(Resolve, ShiftBelongsToFixedLuminosity) {
  EXPECT_EQ(from_flags({{"shift", "-0.25"}, {"luminosity", "fixed"}}).shift, -0.25);
  EXPECT_EQ(error_of({{"shift", "0"}, {"luminosity", "gain"}}), "");
  for (const char* luminosity : {"uniform", "gain", "contrast"}) {
    expect_says(error_of({{"shift", "0.25"}, {"luminosity", luminosity}}),
                {std::string("--shift 0.25 has no effect with luminosity '") + luminosity, "luminosity fixed"});
  }
}

TEST(Resolve, AnotherErrorRouteNeedsInhibitionThatNormalizesAndCarriesErrorsItself) {
  for (const char* route : {"subtractive", "all"}) {
    for (const char* circuit : {"e", "ei"})
      expect_says(
          error_of({{"circuit", circuit}, {"error_route", route}}),
          {std::string("--error_route '") + route + "' needs a circuit whose inhibition normalizes", "use excitatory"});
    for (const char* feedback : {"fixed", "kolen-pollack", "direct"})
      expect_says(error_of({{"feedback", feedback}, {"error_route", route}}),
                  {std::string("--error_route '") + route + "' cannot be combined with --feedback '" + feedback + "'"});
    EXPECT_EQ(from_flags({{"circuit", "inorm-sub"}, {"error_route", route}}).error_route, route);
  }
}

TEST(Resolve, DirectFeedbackTransmitsNothingFromLayerToLayer) {
  expect_says(error_of({{"feedback", "direct"}, {"error_acts_on", "below"}}),
              {"--error_acts_on 'below' has no effect with --feedback 'direct'"});
  for (const char* acts_on : {"both", "weights"})
    EXPECT_EQ(error_of({{"feedback", "direct"}, {"error_acts_on", acts_on}}), "");
}

TEST(Resolve, ErrorNormalizationsAreOneForAllOrOneForEachLayer) {
  const Settings mixed = from_flags({{"circuit", "inorm"}, {"depth", "3"}, {"error_norm", "full, center,none"}});
  EXPECT_EQ(mixed.error_norm, "full,center,none");
  EXPECT_EQ(mixed.condition, "");
  EXPECT_EQ(error_norm_of(mixed, 0), "full");
  EXPECT_EQ(error_norm_of(mixed, 1), "center");
  EXPECT_EQ(error_norm_of(mixed, 2), "none");
  expect_says(error_of({{"circuit", "inorm"}, {"error_norm", "full,full,full"}}), {"--error_norm lists 3 rules"});
  std::string many = "full";
  for (int i = 0; i < 100000; ++i) many += ",full";
  expect_says(error_of({{"error_norm", many}}), {"100001 names are given", "at most 64"});
  expect_says(error_of({{"error_norm", "full,"}}), {"'' is not one of"});
  const Settings alike = from_flags({{"circuit", "inorm"}, {"error_norm", "full,full"}});
  EXPECT_EQ(alike.error_norm, "full");
  EXPECT_EQ(alike.condition, "inorm-full");
  EXPECT_EQ(error_norm_of(alike, 1), "full");
  expect_says(error_of({{"circuit", "inorm"}, {"error_norm", "full,center,none"}}),
              {"--error_norm lists 3 rules", "there are 2 hidden layers"});
  expect_says(error_of({{"circuit", "inorm"}, {"error_norm", "none,own"}}),
              {"--error_norm 'own' cannot be combined with --circuit 'inorm'"});
  expect_says(error_of({{"error_norm", "full,fulll"}}), {"'fulll' is not one of", "full"});
}

TEST(Resolve, TrueAndFalseStillMeanWhetherErrorsAreDivided) {
  EXPECT_EQ(from_flags({{"error_divide", "true"}}).error_divide, "sample");
  EXPECT_EQ(from_flags({{"error_divide", "false"}}).error_divide, "off");
  EXPECT_EQ(from_flags({{"error_divide", "mean"}}).error_divide, "mean");
}

TEST(Resolve, NesterovNeedsMomentum) {
  expect_says(error_of({{"nesterov", "true"}}), {"--nesterov needs momentum or momentum_inhibitory above 0"});
  EXPECT_EQ(error_of({{"nesterov", "true"}, {"momentum", "0.9"}}), "");
  EXPECT_EQ(error_of({{"nesterov", "true"}, {"momentum_inhibitory", "0.9"}}), "");
  EXPECT_EQ(error_of({{"nesterov", "false"}}), "");
  expect_says(error_of({{"nesterov", "true"}, {"momentum", "0.9"}, {"update", "exponentiated"}}),
              {"--nesterov needs update sgd, but update is exponentiated"});
}

TEST(Resolve, FreezeTakesWhatExists) {
  EXPECT_EQ(error_of({{"freeze", "Wex,Wix,Wei,Bix,bias,hidden0,hidden1,readout,hidden1.Bix,readout.Wei"}}), "");
  EXPECT_EQ(error_of({{"condition", "e"}, {"freeze", "Wix,readout.Wix"}}), "") << "the readout's";
  EXPECT_EQ(error_of({{"depth", "3"}, {"freeze", "hidden2"}}), "");
  EXPECT_TRUE(from_flags({{"freeze", ""}}).freeze.empty());
}

TEST(Resolve, FreezeRefusesWhatDoesNotExist) {
  expect_says(error_of({{"freeze", "Wxi"}}),
              {"--freeze: 'Wxi' does not exist in circuit inorm with 2 hidden layers",
               "Wex, Wix, Wei, Bix, bias, hidden0, hidden1, readout", "did you mean 'Wix'?"});
  expect_says(error_of({{"condition", "ei"}, {"freeze", "Bix"}}), {"'Bix' does not exist in circuit ei"});
  expect_says(error_of({{"condition", "inorm-sub"}, {"freeze", "hidden0.Bix"}}), {"'hidden0.Bix' does not exist"});
  expect_says(error_of({{"condition", "e"}, {"freeze", "hidden0.Wix"}}), {"'hidden0.Wix' does not exist"});
  expect_says(error_of({{"freeze", "readout.Bix"}}), {"'readout.Bix' does not exist"});
  expect_says(error_of({{"freeze", "hidden2"}}), {"'hidden2' does not exist"});
  expect_says(error_of({{"depth", "1"}, {"freeze", "hidden1.Wex"}}), {"'hidden1.Wex' does not exist"});
}

TEST(Resolve, MeasureAllAndNoneStandAlone) {
  for (const char* fine : {"all", "none", "reference", "mean,variance", "reference,mean"}) {
    EXPECT_EQ(error_of({{"measure", fine}}), "") << fine;
  }
  for (const std::string_view name : measure_names()) EXPECT_EQ(error_of({{"measure", std::string(name)}}), "");
  EXPECT_EQ(error_of({{"condition", "e"}, {"measure", "divisor_q50"}}), "") << "not applicable is not an error";
  expect_says(error_of({{"measure", "mean,all"}}), {"--measure: 'all' must be given alone, but mean,all is given"});
  expect_says(error_of({{"measure", "none,reference"}}), {"--measure: 'none' must be given alone"});
  expect_says(error_of({{"measure", ""}}), {"--measure is empty", "use none"});
}

// ---- TOML

TEST(SettingsFile, IsRead) {
  const Settings settings = from_toml(R"(
    # a comment
    condition = "ei-ln"
    width = [40, 30]
    lr = 1            # a whole number for a number
    seed = 9_223_372_036_854_775_807
    shuffle = false
    freeze = "readout"
    measure = ["mean", "variance"]
  )");
  EXPECT_EQ(settings.circuit, "ei");
  EXPECT_EQ(settings.width, (std::vector<int>{40, 30}));
  EXPECT_EQ(settings.lr, 1.0);
  EXPECT_EQ(settings.seed, 9223372036854775807u);
  EXPECT_FALSE(settings.shuffle);
  EXPECT_EQ(settings.freeze, (std::vector<std::string>{"readout"}));
  EXPECT_EQ(settings.measure, (std::vector<std::string>{"mean", "variance"}));
  EXPECT_EQ(from_toml("width = 70").width, (std::vector<int>{70, 70})) << "one value stands for a list of one";
  EXPECT_EQ(from_toml("width = 70").precision, "fp32") << "which files of earlier versions do not say";
}

TEST(SettingsFile, SyntaxErrorNamesFileAndLine) {
  expect_says(toml_error("lr = 0.1\nepochs = = 3\n"), {"config.toml, line 2: this is not valid TOML: "});
}

TEST(SettingsFile, KeysOfManyPartsDoNotOverflowTheStack) {
  const auto key = [](std::size_t parts) {
    std::string text;
    while (parts-- > 1) text += "a.";
    return text + "a = 1";
  };
  expect_says(toml_error(key(kLargestToml / 2 - 2)), {"/config.toml: 'a' is not a setting"});
  EXPECT_THROW(from_toml(key(500'000)), DataError);
}

TEST(SettingsFile, UnknownKeyNamesFileAndNearest) {
  expect_says(toml_error("epoch = 3"), {"config.toml: 'epoch' is not a setting", "did you mean 'epochs'?"});
  expect_says(toml_error("[training]\nlr = 0.1"), {"/config.toml: 'training' is not a setting"});
}

TEST(SettingsFile, WrongTypeNamesKeyValueAndWhatIsExpected) {
  expect_says(toml_error("lr = \"fast\""), {"/config.toml: lr: \"fast\" is not a number", "a number of at least 0"});
  expect_says(toml_error("lr = \"0.1\""), {"/config.toml: lr: \"0.1\" is not a number"});
  expect_says(toml_error("lr = true"), {"/config.toml: lr: true is not a number"});
  expect_says(toml_error("lr = [0.1]"), {"/config.toml: lr: [ 0.1 ] is not a number"});
  expect_says(toml_error("epochs = 3.0"), {"/config.toml: epochs: 3.0 is not a whole number"});
  expect_says(toml_error("width = [100, \"50\"]"), {"/config.toml: width: \"50\" is not a whole number"});
  expect_says(toml_error("width = [100, 50.5]"), {"/config.toml: width: 50.5 is not a whole number"});
  expect_says(toml_error("shuffle = 1"), {"/config.toml: shuffle: 1 is not true or false"});
  expect_says(toml_error("circuit = 3"),
              {"/config.toml: circuit: 3 is not a string in quotes", "one of e, ei, inorm, inorm-sub"});
  expect_says(toml_error("circuit = [\"e\"]"), {"/config.toml: circuit: [ \"e\" ] is not a string"});
  expect_says(toml_error("freeze = [1]"), {"/config.toml: freeze: 1 is not a string in quotes"});
  expect_says(toml_error("data = 2026-01-01"), {"/config.toml: data: 2026-01-01 is not a string"});
  expect_says(toml_error("epochs.first = 3"), {"/config.toml: epochs: ", "is not a whole number"});
}

TEST(SettingsFile, ValuesAreCheckedLikeFlags) {
  expect_says(toml_error("lr = nan"), {"/config.toml: lr: nan is not a finite number"});
  expect_says(toml_error("lr = -inf"), {"/config.toml: lr: -inf is not a finite number"});
  expect_says(toml_error("depth = 65"), {"/config.toml: depth: 65 is out of range", "from 1 to 64"});
  expect_says(toml_error("width = []"), {"/config.toml: width is empty"});
  expect_says(toml_error("freeze = [\"Wxi\"]"), {"/config.toml: freeze: 'Wxi' does not exist"});
}

TEST(SettingsFile, ThatIsNotThereIsAnErrorOfData) {
  EXPECT_THROW(read_settings_file("/nowhere/config.toml"), DataError);
}

TEST(ConfigToml, HoldsEverySettingUnderItsHeading) {
  const std::string text = to_toml(resolve({}, {}));
  std::size_t at = 0;
  for (const Setting& setting : setting_list()) {
    const std::size_t next = text.find("\n" + std::string(setting.key) + " = ", at);
    ASSERT_NE(next, std::string::npos) << setting.key << " is missing or out of order";
    at = next;
  }
  EXPECT_TRUE(text.starts_with("# What is trained\ncondition = \"inorm-full\"\n")) << text;
  expect_says(text, {"\n\n# What it sees\ndata = \"\"\n", "\nwidth = [100, 100]\n", "\nlr_wei = 0.0005\n",
                     "\nfreeze = []\n", "\nmeasure = [\"all\"]\n"});
}

TEST(ConfigToml, LeavesOutAConditionThatIsNone) {
  const Settings settings = from_flags({{"circuit", "e"}, {"error_norm", "lateral"}});
  EXPECT_EQ(to_toml(settings).find("condition ="), std::string::npos);
  EXPECT_EQ(from_toml(to_toml(settings)), settings);
}

TEST(ConfigToml, RefusesATextThatIsNotUtf8) {
  const Settings settings = from_flags({{"data", "caf\xe9"}});
  expect_says(sentence_of([&] { to_toml(settings); }), {"'caf\\xe9' cannot be written to config.toml", "UTF-8"});
}

template <typename T>
T pick(const std::vector<T>& values) {
  return *rc::gen::elementOf(values);
}

std::string pick(std::span<const std::string_view> names) {
  return std::string(pick(std::vector<std::string_view>(names.begin(), names.end())));
}

/// A random number in [0, 1) with full precision, of any order of magnitude down to 1e-8.
double fraction() {
  const int digits = *rc::gen::inRange(0, 1 << 30);
  return digits / double(1 << 30) * std::pow(10.0, -*rc::gen::inRange(0, 9));
}

Settings random_settings() {
  Settings s;
  s.circuit = pick(known_circuit_names());
  const bool computed = s.circuit == "e" || s.circuit == "ei";
  if (computed) s.activity_norm = pick(activity_norm_names());
  do {
    s.error_norm = pick(error_norm_names());
  } while (!computed && s.error_norm == "own");
  s.condition = condition_of(s.circuit, s.activity_norm, s.error_norm);
  s.error_part = pick(error_part_names());
  s.error_divide = *rc::gen::element<std::string>("sample", "mean", "off");
  s.error_acts_on = pick(error_acts_on_names());
  s.feedback = pick(feedback_names());
  if (s.feedback == "direct" && s.error_acts_on == "below") s.error_acts_on = "weights";
  if (!computed && s.feedback == "symmetric") s.error_route = pick(error_route_names());
  s.error_interneurons = *rc::gen::inRange(1, 11);
  s.lr_error = fraction();
  s.epsilon_shading = fraction();
  s.rho = fraction();
  s.depth = *rc::gen::inRange(1, 6);
  if (s.depth > 1 && *rc::gen::arbitrary<bool>()) {
    for (int layer = 1; layer < s.depth; ++layer) s.error_norm += layer == 1 ? ",center" : ",scale";
    if (s.error_norm == "center,center") s.error_norm = "center";
    s.condition = condition_of(s.circuit, s.activity_norm, s.error_norm);
  }
  s.width = *rc::gen::container<std::vector<int>>(static_cast<std::size_t>(s.depth), rc::gen::inRange(2, 100001));
  s.inhibitory_fraction = 1.0 - fraction();
  s.initialization = pick(initialization_names());
  s.data = *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
  if (*rc::gen::arbitrary<bool>()) s.data += "/\"Ünï\\cödé\" 😀";
  s.luminosity = pick(luminosity_names());
  s.epsilon = fraction();
  if (s.luminosity == "fixed") s.shift = 2.0 * fraction() - 1.0;
  s.classes = *rc::gen::inRange(2, 257);
  s.validation = *rc::gen::inRange(0, 60000);
  s.batch = *rc::gen::inRange(1, 65537);
  s.epochs = *rc::gen::inRange(0, 1000);
  s.label_smoothing = fraction();
  s.lr = fraction() * 1e20;
  s.lr_wix = fraction();
  s.lr_wei = fraction();
  s.momentum = fraction();
  s.momentum_inhibitory = fraction();
  s.weight_decay = fraction();
  s.update = pick(update_names());
  s.nesterov = s.update == "sgd" && s.momentum + s.momentum_inhibitory > 0.0;
  s.lambda = fraction();
  const std::vector<std::string> freezable{"Wex",     "Wix",     "Wei",         "bias",
                                           "hidden0", "readout", "hidden0.Wex", "readout.Wix"};
  s.freeze = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(freezable));
  s.shuffle = *rc::gen::arbitrary<bool>();
  s.precision = pick(precision_names());
  s.seed = *rc::gen::arbitrary<std::uint64_t>() >> 1;
  s.measure = {*rc::gen::element<std::string>("all", "none", "reference", "mean")};
  if (s.measure[0] == "reference") s.measure.push_back(pick(measure_names()));
  s.keep_checkpoint = *rc::gen::arbitrary<bool>();
  s.tensorboard = *rc::gen::arbitrary<bool>();
  return s;
}

RC_GTEST_PROP(ConfigToml, ReadBackGivesEqualSettings, ()) {
  const Settings settings = random_settings();
  RC_ASSERT(from_toml(to_toml(settings)) == settings);
}

RC_GTEST_PROP(ConfigToml, WrittenOnTheCommandLineGivesEqualSettings, ()) {
  const Settings settings = random_settings();
  GivenSettings given;
  for (const Setting& setting : setting_list()) {
    if (setting.key == "condition" && settings.condition.empty()) continue;
    given.give(setting.key, text_of(setting.of(settings)), setting.flag());
  }
  RC_ASSERT(resolve({}, given) == settings);
}

}  // namespace
}  // namespace chandelier
