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

TEST(Limits, CountWhatPoliciesOfACallerDidBesideItsFirstTries) {
  using recording::PolicyField;
  const auto run = whole(test::topic_recording_path());
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->history().policies(1, 70),
            (PolicySecond{100, 130, 10, 20, 10, 0, 0, 0, 0, 0, 0, 20, 40}));
  EXPECT_EQ(run->history().kept_out(1, 70), 1U);
  EXPECT_EQ(run->history().kept_out(1, 50), 0U);
  const PolicySecond until = run->history().policies_until(1, 70);
  EXPECT_EQ(count_of(until, PolicyField::Calls), 7'100U);
  EXPECT_EQ(policy_totals(*run, run->scene().routes[1].from).until.at(70), until);
  EXPECT_EQ(run->history().policies(1, 50), (PolicySecond{100, 100, 0, 0, 0, 0, 0}));
  const PolicyTotals of_cart = policy_totals(*run, 1U);
  EXPECT_EQ(of_cart.seconds.at(70), run->history().policies(1, 70));
  EXPECT_EQ(count_of(of_cart.most, PolicyField::Openings), 1U);
  EXPECT_EQ(count_of(policy_totals(*run, 0U).most, PolicyField::Hedges), 0U);
  const LimitBoard board = limit_board(*run);
  EXPECT_EQ(count_of(board.policies.seconds.at(70), PolicyField::Calls), 200U) << "both callers";
  EXPECT_EQ(board.edges, (std::vector<std::size_t>{3}));
  EXPECT_TRUE(is_caller_with_policies(*run, 1U));
  EXPECT_FALSE(is_caller_with_policies(*run, 2U)) << "it is called by them only";
  EXPECT_EQ(route_of(run->scene(), 3), 1U);
  EXPECT_EQ(route_of(run->scene(), 2), std::nullopt);
}

TEST(ConsumerGroups, HaveTheirMessagesBySecondAndTheLagAtItsEnd) {
  const auto run = whole(test::topic_recording_path());
  ASSERT_NE(run, nullptr);
  const GroupSecond& behind = run->history().group(0, 70);
  EXPECT_EQ(behind.published, 60U);
  EXPECT_EQ(behind.finished, 30U);
  EXPECT_EQ(behind.lag, 330U);
  EXPECT_EQ(behind.oldest, Duration::milliseconds(6'600));
  EXPECT_EQ(run->history().group(0, 119).lag, 0U);
}

TEST(Limits, ErrorsAreNoLimits) {
  const auto run = whole(test::recording_path());
  ASSERT_NE(run, nullptr);
  EXPECT_TRUE(limit_board(*run).edges.empty());
}

}  // namespace
}  // namespace orrery::gui
