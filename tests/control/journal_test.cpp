#include "real-backend/control/journal.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/control/live_store.h"

namespace orrery::control {
namespace {

using ports::DeltaKind;

api::ObjectPtr config_map(const std::string& name, std::uint64_t version) {
  api::ConfigMap map;
  map.meta.name = name;
  map.meta.namespace_name = "default";
  map.meta.resource_version = version;
  map.data["version"] = std::to_string(version);
  return std::make_shared<const api::Object>(std::move(map));
}

store::Write write_of(DeltaKind kind, const std::string& name, std::uint64_t version) {
  return {kind, nullptr, config_map(name, version), version};
}

TEST(Journal, ANewStoreIsEmptyAndKeepsItsSeedAndEpoch) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/store.sqlite";
  RunIdentity first;
  {
    const auto journal = Journal::open(path, 42);
    ASSERT_TRUE(journal) << journal.error().what;
    EXPECT_TRUE((*journal)->restored().objects.empty());
    EXPECT_EQ((*journal)->restored().resource_version, 0U);
    first = (*journal)->restored().run;
    EXPECT_EQ(first.seed, 42U);
  }
  const auto again = Journal::open(path, 43);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->restored().run.seed, 42U);
  EXPECT_EQ((*again)->restored().run.epoch_ns, first.epoch_ns);
}

TEST(Journal, WhatWasCommittedIsRestoredInOrder) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/store.sqlite";
  {
    const auto journal = Journal::open(path, 1);
    ASSERT_TRUE(journal);
    ASSERT_TRUE(
        (*journal)->commit({write_of(DeltaKind::Added, "b", 1), write_of(DeltaKind::Added, "a", 2),
                            write_of(DeltaKind::Added, "c", 3)},
                           Instant{}));
    ASSERT_TRUE((*journal)->commit(
        {write_of(DeltaKind::Modified, "a", 4), write_of(DeltaKind::Deleted, "c", 5)}, Instant{}));
  }
  const auto again = Journal::open(path, 1);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->restored().resource_version, 5U);
  ASSERT_EQ((*again)->restored().objects.size(), 2U);
  EXPECT_EQ(*(*again)->restored().objects[0], *config_map("a", 4));
  EXPECT_EQ(*(*again)->restored().objects[1], *config_map("b", 1));
}

TEST(Journal, ASecondOwnerIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/store.sqlite";
  const auto first = Journal::open(path, 1);
  ASSERT_TRUE(first);
  EXPECT_FALSE(Journal::open(path, 1));
}

TEST(Journal, AFileThatIsNoStoreIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/store.sqlite";
  std::FILE* file = std::fopen(path.c_str(), "w");
  for (int i = 0; i < 200; ++i) std::fputs("this is not a database\n", file);
  std::fclose(file);
  EXPECT_FALSE(Journal::open(path, 1));
}

TEST(Journal, EveryAcknowledgedWriteSurvivesKill9) {
  for (const std::uint64_t kill_after : {1U, 2U, 7U, 40U}) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/store.sqlite";
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // Commits until it is killed, and says which version is safe only after the commit.
      auto journal = Journal::open(path, 1);
      for (std::uint64_t version = 1; journal; ++version) {
        const std::string name = "n" + std::to_string(version);
        if (!(*journal)->commit({write_of(DeltaKind::Added, name, version)}, Instant{})) break;
        if (::write(pipe_ends[1], &version, sizeof version) != sizeof version) break;
      }
      ::_exit(1);
    }
    ::close(pipe_ends[1]);
    std::uint64_t acknowledged = 0;
    while (acknowledged < kill_after) {
      ASSERT_EQ(::read(pipe_ends[0], &acknowledged, sizeof acknowledged),
                static_cast<ssize_t>(sizeof acknowledged));
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    // What it still said before it died counts as well.
    std::uint64_t more = 0;
    while (::read(pipe_ends[0], &more, sizeof more) == static_cast<ssize_t>(sizeof more)) {
      acknowledged = more;
    }
    ::close(pipe_ends[0]);

    const auto journal = Journal::open(path, 1);
    ASSERT_TRUE(journal) << journal.error().what;
    const RestoredStore& restored = (*journal)->restored();
    EXPECT_GE(restored.resource_version, acknowledged);
    EXPECT_LE(restored.resource_version, acknowledged + 1);
    ASSERT_EQ(restored.objects.size(), restored.resource_version);
    for (const api::ObjectPtr& object : restored.objects) {
      const auto& map = std::get<api::ConfigMap>(*object);
      EXPECT_EQ(map.meta.name, "n" + map.data.at("version"));
    }
  }
}

}  // namespace
}  // namespace orrery::control
