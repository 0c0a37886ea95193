#include "gui/model/limits.h"

#include <gtest/gtest.h>

#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

std::unique_ptr<RecordedRun> whole(const QString& path) {
  auto run = RecordedRun::open(path.toStdString());
  if (!run) return nullptr;
  while ((*run)->take_more().value_or(false)) {
  }
  return *std::move(run);
}

TEST(Limits, CountWhatABreakerStoppedAndWhatWasTriedAgainInASecond) {
  const auto run = whole(test::breaker_recording_path());
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(limits_of(*run, 3, 70), (LimitCounts{10, 30, 0, 0}));
  EXPECT_EQ(limits_of(*run, 3, 50), (LimitCounts{0, 0, 0, 0}));
  EXPECT_EQ(limits_of(*run, 1, 70), (LimitCounts{0, 0, 0, 0}));
}

TEST(Limits, TheBoardHasOnlyPathsWhereSomethingWasHeldBack) {
  const auto run = whole(test::breaker_recording_path());
  ASSERT_NE(run, nullptr);
  const LimitBoard board = limit_board(*run);
  EXPECT_EQ(board.edges, (std::vector<std::size_t>{3}));
  ASSERT_EQ(board.totals.size(), 120U);
  EXPECT_EQ(board.totals[70][1], 30U);
  EXPECT_EQ(board.most, (LimitCounts{10, 30, 0, 0}));
}

TEST(Limits, CountWhatAdmissionDidNotLetOut) {
  const auto run = whole(test::admission_recording_path());
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(limits_of(*run, 2, 70), (LimitCounts{0, 0, 0, 0, 20}));
  EXPECT_EQ(limits_of(*run, 2, 50), LimitCounts{});
  const LimitBoard board = limit_board(*run);
  EXPECT_EQ(board.edges, (std::vector<std::size_t>{2}));
  EXPECT_EQ(board.most, (LimitCounts{0, 0, 0, 0, 20}));
}

TEST(Limits, ErrorsAreNoLimits) {
  const auto run = whole(test::recording_path());
  ASSERT_NE(run, nullptr);
  EXPECT_TRUE(limit_board(*run).edges.empty());
}

}  // namespace
}  // namespace orrery::gui
