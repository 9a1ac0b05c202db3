#include "base/error.hpp"

#include <gtest/gtest.h>

namespace chandelier {
namespace {

TEST(UserErrors, AreOneLineWhateverTheyName) {
  EXPECT_STREQ(DataError("a\n\x1b[2J\t\x7f b").what(), "a??[2J?? b");
  EXPECT_STREQ(SettingError("\u03b5 = 0.5").what(), "\u03b5 = 0.5");
}

}  // namespace
}  // namespace chandelier
