// The message of an error, so that a test can check what it contains.

#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"

namespace chandelier {

/// The message of the `Error` that `action` throws. The test fails if it throws anything else, or nothing.
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

/// Whether a message contains something. For EXPECT_TRUE, which prints the message if it does not.
inline ::testing::AssertionResult names(const std::string& sentence, const std::string& part) {
  if (sentence.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "\"" << part << "\" is not in: " << sentence;
}

}  // namespace chandelier
