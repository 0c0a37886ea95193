#include "runner/session/live_processes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace orrery::session {
namespace {

TEST(ChildProcess, ThatItIsOverIsSeenBeforeAnybodyWaitsForIt) {
  const tests::TemporaryFolder folder;
  EXPECT_TRUE(ChildProcess{}.over());
  auto brief = ChildProcess::start({"sh", "-c", "exit 7"}, folder.path() + "/log");
  auto lasting = ChildProcess::start({"sleep", "60"}, folder.path() + "/log");
  ASSERT_TRUE(brief);
  ASSERT_TRUE(lasting);
  for (int i = 0; i < 5'000 && !brief->over(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  EXPECT_TRUE(brief->over());
  EXPECT_TRUE(brief->running());
  EXPECT_EQ(brief->wait(0), 7);
  EXPECT_FALSE(lasting->over());
  lasting->kill();
  EXPECT_TRUE(lasting->over());
}

}  // namespace
}  // namespace orrery::session
