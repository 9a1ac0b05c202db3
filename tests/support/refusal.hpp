// What a user must get for invalid input: an exit code and a one-line message.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <string>

#include "program.hpp"
#include "sentence_of.hpp"

namespace chandelier {

/// Expects this exit code and exactly one line on stderr that contains all of `parts`.
inline void expect_refusal(const Outcome& outcome, int code, std::initializer_list<std::string> parts) {
  EXPECT_EQ(outcome.code, code) << outcome.text();
  EXPECT_TRUE(outcome.err.starts_with("chandelier: ")) << outcome.err;
  EXPECT_TRUE(outcome.err.ends_with('\n')) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  for (const std::string& part : parts) EXPECT_TRUE(names(outcome.err, part));
}

/// Entries of a folder, including hidden ones.
inline std::ptrdiff_t entries_of(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

}  // namespace chandelier
