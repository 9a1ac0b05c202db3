#include "base/files.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "sentence_of.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

std::size_t entries(const TemporaryFolder& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

TEST(Files, WrittenPartsAreReadBackInOrder) {
  const TemporaryFolder folder;
  const std::string zeros(3, '\0');
  const std::string_view parts[] = {"one", "", zeros, "two"};
  write_atomically(folder / "a", parts);
  EXPECT_EQ(read_file(folder / "a", 100), "one" + zeros + "two");
  EXPECT_EQ(entries(folder), 1u) << "a temporary file was left";
}

TEST(Files, ReplacesWhatWasThere) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", "a long first version");
  write_atomically(folder / "a", "second");
  EXPECT_EQ(read_file(folder / "a", 100), "second");
}

TEST(Files, PlaceCanBeTriedBefore) {
  const TemporaryFolder folder;
  EXPECT_NO_THROW(check_writable(folder / "new"));
  EXPECT_EQ(entries(folder), 0u) << "the trial was left";
  write_atomically(folder / "a", "old");
  EXPECT_NO_THROW(check_writable(folder / "a"));
  EXPECT_EQ(read_file(folder / "a", 100), "old");
  for (const std::string& place : {std::string("none/a"), std::string("a/b"), std::string("."), std::string(300, 'a')})
    EXPECT_EQ(sentence_of([&] { check_writable(folder / place); }),
              sentence_of([&] { write_atomically(folder / place, "x"); }));
  EXPECT_EQ(entries(folder), 1u);
}

TEST(Files, WritesIntoTheWorkingFolder) {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  EXPECT_NO_THROW(write_atomically("bare-name", "x"));
  std::filesystem::current_path(before);
  EXPECT_EQ(read_file(folder / "bare-name", 1), "x");
}

TEST(Files, ReadersSeeOneVersionWhole) {
  const TemporaryFolder folder;
  const std::string versions[] = {std::string(1 << 20, 'a'), std::string(1 << 19, 'b')};
  write_atomically(folder / "a", versions[0]);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 40; ++i) write_atomically(folder / "a", versions[i % 2]);
    done = true;
  });
  int torn = 0;
  while (!done) {
    const std::string seen = read_file(folder / "a", 1 << 21);
    torn += seen != versions[0] && seen != versions[1];
  }
  writer.join();
  EXPECT_EQ(torn, 0);
}

TEST(Files, MissingFolderIsNamed) {
  const TemporaryFolder folder;
  const auto path = folder / "missing/a";
  const std::string sentence = sentence_of([&] { write_atomically(path, "x"); });
  EXPECT_TRUE(names(sentence, path.string()));
  EXPECT_TRUE(names(sentence, "No such file or directory"));
}

TEST(Files, FailedWriteLeavesTheOldBytesAndNothingElse) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", "old");
  // A limit on file sizes stands in for a full disk: the system call fails halfway.
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  rlimit low = limit;
  low.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &low);
  const std::string sentence = sentence_of([&] { write_atomically(folder / "a", std::string(5000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, before);

  EXPECT_TRUE(names(sentence, (folder / "a").string()));
  EXPECT_TRUE(names(sentence, "File too large"));
  EXPECT_EQ(read_file(folder / "a", 100), "old");
  EXPECT_EQ(entries(folder), 1u) << "a temporary file was left";
}

TEST(Files, PipesAndFoldersAreNotReplaced) {
  const TemporaryFolder folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(names(sentence_of([&] { write_atomically(pipe, "x"); }),
                    pipe.string() + ": it exists and is not a regular file"));
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_TRUE(names(sentence_of([&] { write_atomically(folder.path(), "x"); }), folder.path().string()));
}

TEST(Files, ReadingKeepsToItsLimit) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", std::string(10000, 'x'));
  EXPECT_EQ(read_file(folder / "a", 10000).size(), 10000u);
  const std::string sentence = sentence_of([&] { read_file(folder / "a", 9999); });
  EXPECT_TRUE(names(sentence, (folder / "a").string()));
  EXPECT_TRUE(names(sentence, "9999"));
}

TEST(Files, ReadsPipes) {
  const TemporaryFolder folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string sent(100000, 'p');
  std::thread sender([&] { std::ofstream(pipe) << sent; });
  EXPECT_EQ(read_file(pipe, 1 << 20), sent);
  sender.join();
}

TEST(Files, UnreadableIsNamed) {
  const TemporaryFolder folder;
  EXPECT_TRUE(
      names(sentence_of([&] { read_file(folder / "none", 1); }), (folder / "none").string() + ": No such file"));
  EXPECT_TRUE(names(sentence_of([&] { read_file(folder.path(), 1); }), "Is a directory"));
}

TEST(Files, LeftoversGoUnlessTheyAreBeingWritten) {
  const TemporaryFolder folder;
  // A writer in another thread: neither readers nor `remove_leftovers` remove its files.
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 200; ++i) EXPECT_NO_THROW(write_atomically(folder / "a", std::string(1 << 16, 'a')));
    done = true;
  });
  while (!done) remove_leftovers(folder.path());
  writer.join();
  for (const char* name :
       {".chandelier-0123456789abcdef", ".chandelier-0123456789abcde", ".chandelier-0123456789abcdeg"})
    std::ofstream(folder / name) << "x";
  std::filesystem::create_symlink("a", folder / ".chandelier-0123456789abcde0");
  remove_leftovers(folder.path());
  EXPECT_EQ(entries(folder), 4u);
  EXPECT_FALSE(std::filesystem::exists(folder / ".chandelier-0123456789abcdef"));
  EXPECT_NO_THROW(remove_leftovers(folder / "nowhere"));
}

TEST(Files, MovesAndNamesWhatItCannotMove) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", "x");
  create_folder(folder / "b");
  move_file(folder / "a", folder / "b/c");
  EXPECT_EQ(read_file(folder / "b/c", 1), "x");
  EXPECT_TRUE(names(sentence_of([&] { move_file(folder / "a", folder / "d"); }),
                    "cannot move " + (folder / "a").string() + ": No such file"));
}

TEST(Files, CreatesFoldersAndNamesWhatStandsInTheWay) {
  const TemporaryFolder folder;
  create_folder(folder / "a/b/c");
  create_folder(folder / "a/b/c");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a/b/c"));
  write_atomically(folder / "file", "x");
  EXPECT_TRUE(names(sentence_of([&] { create_folder(folder / "file/d"); }), (folder / "file/d").string()));
  EXPECT_TRUE(names(sentence_of([&] { create_folder(folder / "file"); }), (folder / "file").string()));
}

}  // namespace
}  // namespace chandelier
