#include "base/sha256.hpp"

#include <gtest/gtest.h>

namespace chandelier {
namespace {

// The examples of FIPS 180.
TEST(Sha256, OfTheStandardsExamples) {
  EXPECT_EQ(Sha256().hexadecimal(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 hash;
  hash.add("abc");
  EXPECT_EQ(hash.hexadecimal(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, OfPiecesIsThatOfTheWhole) {
  Sha256 whole, pieces;
  whole.add("one, two");
  pieces.add("one");
  pieces.add("");
  pieces.add(std::as_bytes(std::span(std::string_view(", two"))));
  EXPECT_EQ(whole.hexadecimal(), pieces.hexadecimal());
}

}  // namespace
}  // namespace chandelier
