#include "base/command.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace chandelier {
namespace {

TEST(Command, BringsWhatTheProgramSaid) {
  const CommandResult result = run_command({"sh", "-c", "echo \"$1\"; echo wrong >&2; exit 3", "sh", "two words"});
  EXPECT_TRUE(result.found);
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "two words\n");
  EXPECT_EQ(result.err, "wrong\n");
}

TEST(Command, GivesItSomethingToRead) {
  const std::string text(1 << 20, 'x');
  const CommandResult result = run_command({"cat"}, text);
  EXPECT_TRUE(result.succeeded());
  EXPECT_EQ(result.out, text);
  EXPECT_EQ(run_command({"cat"}).out, "");
}

TEST(Command, SaysHowItEnded) {
  EXPECT_EQ(run_command({"sh", "-c", "kill -KILL $$"}).code, -SIGKILL);
  EXPECT_TRUE(run_command({"true"}).succeeded());
}

TEST(Command, MayNotBeThere) {
  const CommandResult result = run_command({"no-such-program-of-chandelier"});
  EXPECT_FALSE(result.found);
  EXPECT_FALSE(result.succeeded());
}

TEST(CommandText, CanBePasted) {
  EXPECT_EQ(command_text({"a", "--b=c/d", "e f", "it's", ""}), "a --b=c/d 'e f' 'it'\\''s' ''");
}

}  // namespace
}  // namespace chandelier
