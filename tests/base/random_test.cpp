#include "base/random.hpp"

#include <Random123/philox.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <vector>

namespace chandelier {
namespace {

using Four = std::array<std::uint32_t, 4>;

Four first_words(std::uint64_t seed, std::uint32_t purpose, std::uint32_t epoch, std::uint32_t sample) {
  KeyedRandom random(seed, static_cast<Purpose>(purpose), epoch, sample);
  Four words{};
  for (std::uint32_t& word : words) word = random.word();
  return words;
}

TEST(Random, PhiloxGivesItsKnownAnswers) {  // Random123's kat_vectors, philox4x32, 10 rounds
  struct Known {
    Four counter;
    std::array<std::uint32_t, 2> key;
    Four answer;
  };
  const std::array<Known, 3> known{{
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  }};
  for (const Known& k : known) {
    const r123::Philox4x32::ctr_type counter{{k.counter[0], k.counter[1], k.counter[2], k.counter[3]}};
    const r123::Philox4x32::key_type key{{k.key[0], k.key[1]}};
    const auto words = r123::Philox4x32()(counter, key);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(words[i], k.answer[i]);
  }
  EXPECT_EQ(first_words(0, 0, 0, 0), known[0].answer);
}

// All results depend on the positions of the parts of a key in the counter: they must never change.
TEST(Random, WordsArePhiloxOfTheKey) {
  KeyedRandom random(0x299f31d0a4093822, Purpose::test_luminosity, 0x13198a2e, 0x85a308d3);
  for (std::uint32_t block = 0; block < 3; ++block) {
    const auto words = r123::Philox4x32()({{block, 0x85a308d3, 0x13198a2e, 7}}, {{0xa4093822, 0x299f31d0}});
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(random.word(), words[i]) << "block " << block;
  }
}

TEST(Random, EveryPartOfTheKeyMatters) {
  std::set<Four> seen;
  std::size_t keys = 0;
  for (const std::uint64_t seed : {0ull, 1ull, 1ull << 32, (1ull << 32) + 1})
    for (std::uint32_t purpose = 1; purpose <= 9; ++purpose)
      for (std::uint32_t epoch = 0; epoch < 4; ++epoch)
        for (std::uint32_t sample = 0; sample < 4; ++sample, ++keys)
          seen.insert(first_words(seed, purpose, epoch, sample));
  EXPECT_EQ(seen.size(), keys);
}

TEST(Random, SameKeySameStream) {
  KeyedRandom a(3, Purpose::lateral, 1, 2), b(3, Purpose::lateral, 1, 2);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(a.word(), b.word());
    EXPECT_EQ(a.uniform(), b.uniform());
    EXPECT_EQ(a.normal(), b.normal());
  }
}

/// Moments of 200000 draws, with standard errors below 0.005.
template <class Draw>
std::array<double, 4> moments(Draw draw) {
  constexpr int kDraws = 200000;
  std::vector<double> x;
  for (int i = 0; i < kDraws; ++i) x.push_back(draw());
  std::array<double, 4> sums{};
  for (const double v : x) sums[0] += v / kDraws;
  for (const double v : x)
    for (int power = 2; power <= 4; ++power)
      sums[static_cast<std::size_t>(power - 1)] += std::pow(v - sums[0], power) / kDraws;
  return sums;
}

TEST(Random, UniformMoments) {
  KeyedRandom random(11, Purpose::shuffle, 0, 0);
  const auto [mean, variance, skew, kurtosis] = moments([&] { return random.uniform(); });
  EXPECT_NEAR(mean, 0.5, 0.004);
  EXPECT_NEAR(variance, 1.0 / 12, 0.001);
  EXPECT_NEAR(skew, 0, 0.0005);
  EXPECT_NEAR(kurtosis, 1.0 / 80, 0.0003);
}

TEST(Random, UniformIsOpen) {
  EXPECT_TRUE(rc::check("0 < u < 1", [](std::uint64_t seed, std::uint32_t epoch, std::uint32_t sample) {
    KeyedRandom random(seed, Purpose::initial_Wex, epoch, sample);
    for (int i = 0; i < 100; ++i) {
      const double u = random.uniform();
      RC_ASSERT(u > 0 && u < 1);
      RC_ASSERT(std::fmod(u * 0x1p53, 2.0) == 1.0);  // midpoints of 2^52 equal parts: none was rounded
    }
  }));
}

TEST(Random, NormalMoments) {
  KeyedRandom random(12, Purpose::shuffle, 0, 0);
  std::vector<double> pairs;
  const auto [mean, variance, skew, kurtosis] = moments([&] {
    pairs.push_back(random.normal());
    return pairs.back();
  });
  EXPECT_NEAR(mean, 0, 0.01);
  EXPECT_NEAR(variance, 1, 0.02);
  EXPECT_NEAR(skew, 0, 0.03);
  EXPECT_NEAR(kurtosis, 3, 0.1);
  double together = 0;  // the two numbers of a Box-Muller pair
  for (std::size_t i = 0; i < pairs.size(); i += 2)
    together += pairs[i] * pairs[i + 1] * 2 / static_cast<double>(pairs.size());
  EXPECT_NEAR(together, 0, 0.015);
}

TEST(Random, FirstDrawsOfNeighbouringKeysAreIndependent) {
  double product = 0, sum = 0, before = 0;
  constexpr int kKeys = 100000;
  for (std::uint32_t sample = 0; sample < kKeys; ++sample) {
    const double u = KeyedRandom(1, Purpose::train_luminosity, 5, sample).uniform() - 0.5;
    sum += u / kKeys;
    product += u * before / kKeys;
    before = u;
  }
  EXPECT_NEAR(sum, 0, 0.004);
  EXPECT_NEAR(product, 0, 0.0015);
}

TEST(Random, BelowStaysBelowAndReachesAll) {
  EXPECT_TRUE(rc::check("below(bound) < bound", [](std::uint64_t seed) {
    const auto bound = *rc::gen::inRange<std::uint32_t>(1, 0xffffffff);
    KeyedRandom random(seed, Purpose::shuffle, 0, 0);
    for (int i = 0; i < 100; ++i) RC_ASSERT(random.below(bound) < bound);
  }));
  KeyedRandom random(2, Purpose::shuffle, 0, 0);
  std::map<std::uint32_t, int> counts;
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  ASSERT_EQ(counts.size(), 7u);
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, 10000, 450) << value;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(random.below(1), 0u);
}

}  // namespace
}  // namespace chandelier
