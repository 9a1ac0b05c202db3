#include "base/utf8.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"

namespace chandelier {
namespace {

TEST(Utf8, TextsStayAndOtherBytesAreEscaped) {
  for (const std::string text : {"", "plain", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x92\xa1", "\xef\xbf\xbf"})
    EXPECT_EQ(as_utf8(text), text);
  EXPECT_EQ(as_utf8("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(as_utf8("\xc3"), "\\xc3");
  EXPECT_EQ(as_utf8("\xc0\x80"), "\\xc0\\x80");                    // overlong encoding
  EXPECT_EQ(as_utf8("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // half of a UTF-16 surrogate pair
  EXPECT_EQ(as_utf8("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond the last code point
  EXPECT_EQ(as_utf8("a\xe2\x82z\xff"), "a\\xe2\\x82z\\xff");
}

TEST(Utf8, WhateverItMakesIsValid) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    const std::string text = as_utf8(bytes);
    nlohmann::json(text).dump();  // throws unless it is valid UTF-8
    RC_ASSERT(as_utf8(text) == text);
  }));
}

TEST(Utf8, ErrorsNameAnyFile) { EXPECT_STREQ(DataError("no file caf\xe9\n").what(), "no file caf\\xe9?"); }

}  // namespace
}  // namespace chandelier
