#include "runner/session/process_pool.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

namespace orrery::session {
namespace {

Pool pool_of(std::uint64_t tasks, std::map<std::uint64_t, std::string>& done) {
  Pool pool;
  pool.tasks = tasks;
  pool.parallel = 3;
  pool.work = [](std::uint64_t task) -> Result<std::string> {
    return fmt::format("{}", task * task);
  };
  pool.done = [&done](std::uint64_t task, std::string text) -> Result<void> {
    done[task] = std::move(text);
    return {};
  };
  pool.name = [](std::uint64_t task) { return fmt::format("task {}", task); };
  return pool;
}

TEST(ProcessPool, EveryTaskIsDoneOnceAndHandsOverItsText) {
  std::map<std::uint64_t, std::string> done;
  ASSERT_TRUE(run_pool(pool_of(20, done)));
  ASSERT_EQ(done.size(), 20U);
  EXPECT_EQ(done[7], "49");
}

TEST(ProcessPool, LargeTextsOfSeveralTasksDoNotWaitForEachOther) {
  std::map<std::uint64_t, std::string> done;
  Pool pool = pool_of(4, done);
  pool.work = [](std::uint64_t) -> Result<std::string> { return std::string(1 << 22, 'x'); };
  ASSERT_TRUE(run_pool(pool));
  EXPECT_EQ(done[3].size(), std::size_t{1} << 22);
}

TEST(ProcessPool, AFailureOfATaskComesBackWithItsNameAndHint) {
  std::map<std::uint64_t, std::string> done;
  Pool pool = pool_of(5, done);
  pool.work = [](std::uint64_t task) -> Result<std::string> {
    if (task == 2) return failure("no such program", "install it");
    return std::string{};
  };
  const auto ran = run_pool(pool);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().what, "task 2: no such program");
  EXPECT_EQ(ran.error().hint, "install it");
}

TEST(ProcessPool, ATaskThatDiesIsADefectThatNamesIt) {
  std::map<std::uint64_t, std::string> done;
  Pool pool = pool_of(1, done);
  pool.work = [](std::uint64_t) -> Result<std::string> { std::_Exit(9); };
  const auto ran = run_pool(pool);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().what, "task 0 died (exit status 9)");
}

}  // namespace
}  // namespace orrery::session
