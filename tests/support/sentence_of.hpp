// The sentence of an error, so that a test can ask what it names.

#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"

namespace chandelier {

/// The sentence of the `Error` that `action` throws; anything else thrown, or nothing, fails the test.
template <typename Error = DataError, typename Action>
std::string sentence_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another error: " << error.what();
    return {};
  }
  ADD_FAILURE() << "no error";
  return {};
}

/// Whether a sentence names something; for EXPECT_TRUE with the sentence in the message.
inline ::testing::AssertionResult names(const std::string& sentence, const std::string& part) {
  if (sentence.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "\"" << part << "\" is not in: " << sentence;
}

}  // namespace chandelier
