#include <gtest/gtest.h>

#include "gui/app/options.h"
#include "gui/model/clock.h"
#include "gui/model/moment.h"
#include "gui/views/why_text.h"
#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

std::unique_ptr<RecordedRun> whole_run(const QString& path = test::recording_path()) {
  auto run = RecordedRun::open(path.toStdString());
  if (!run) return nullptr;
  while (true) {
    const auto more = (*run)->take_more();
    if (!more || !*more) break;
  }
  return *std::move(run);
}

Moment moment(RecordedRun& run, std::int64_t seconds) {
  Moments moments{run};
  EXPECT_TRUE(moments.show(Instant::at(Duration::seconds(seconds))));
  return moments.now();
}

TEST(Moment, TheOrderOfAFailureIsThatOfItsFirstRecordsSinceTheFault) {
  const auto run = whole_run();
  ASSERT_NE(run, nullptr);
  const Moment at = moment(*run, 70);
  ASSERT_TRUE(at.services[2].arrival && at.services[1].arrival && at.services[0].arrival);
  EXPECT_EQ(at.services[2].arrival->order, 1U);
  EXPECT_EQ(at.services[1].arrival->order, 2U);
  EXPECT_EQ(at.services[0].arrival->order, 3U);
  EXPECT_EQ(at.services[2].arrival->after, Duration::milliseconds(10));
  EXPECT_FALSE(at.services[3].arrival) << "mail never failed";
}

TEST(Moment, WhyLeadsFromTheFaultToTheUsers) {
  const auto run = whole_run();
  ASSERT_NE(run, nullptr);
  const Moment at = moment(*run, 70);
  ASSERT_EQ(at.why.size(), 4U);
  EXPECT_EQ(at.why[0].subject, "zone/b");
  EXPECT_EQ(at.why[1].service, 2U);
  EXPECT_EQ(at.why[3].service, 0U);
  EXPECT_TRUE(moment(*run, 50).why.empty());
}

TEST(Moment, WhyIsTheCauseOfTheFailuresThatGoOnNotOfThoseThatAreOver) {
  const auto run = whole_run(test::policy_recording_path());
  ASSERT_NE(run, nullptr);
  ASSERT_FALSE(moment(*run, 80).why.empty());
  EXPECT_EQ(moment(*run, 80).why[0].subject, "zone/b");
  ASSERT_FALSE(moment(*run, 115).why.empty());
  EXPECT_EQ(moment(*run, 115).why[0].subject, "NetworkPolicy/shop/deny");
  EXPECT_EQ(origin_part(*run, 7).who, "NetworkPolicy deny");
  EXPECT_EQ(origin_part(*run, 7).what, "was applied");
  ASSERT_GE(run->events().changes().size(), 2U);
  EXPECT_EQ(run->events().changes()[0].id, "shut");
  EXPECT_EQ(run->events().changes()[1].id, "patience") << "one for all callers, without details";
}

TEST(Moment, WhatFailsNowHasItsOwnCauseThoughMoreFailedAMomentAgo) {
  const auto run = whole_run(test::start_recording_path());
  ASSERT_NE(run, nullptr);
  ASSERT_FALSE(moment(*run, 4).why.empty());
  EXPECT_EQ(moment(*run, 4).why[0].what, "no-endpoints");
  ASSERT_FALSE(moment(*run, 10).why.empty());
  EXPECT_EQ(moment(*run, 10).why[0].what, "fault");
}

TEST(Moment, ThatUsersAreServedAgainIsSaidWhileTheFailureIsStillToldOf) {
  const auto run = whole_run();
  ASSERT_NE(run, nullptr);
  Moment at = moment(*run, 70);
  EXPECT_NE(why_parts(at, *run).back().who, "Users");
  at.users_error_share = 0;
  EXPECT_NE(why_parts(at, *run).back().who, "Users") << "calls fail inside";
  for (ServiceNow& service : at.services) service.state = State::Recovering;
  EXPECT_EQ(why_parts(at, *run).back().who, "Users");
  EXPECT_EQ(why_parts(at, *run).back().what, "are served again");
}

TEST(Changes, HaveTheNumberOfPodsThatSomebodySetButNotThatOfAnAutoscaler) {
  const auto run = whole_run(test::policy_recording_path());
  ASSERT_NE(run, nullptr);
  const std::vector<ChangeMark>& changes = run->events().changes();
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[2].id, "hand-1");
  EXPECT_EQ(changes[2].subject, "Deployment/shop/cart");
  EXPECT_EQ(changes[2].replicas, 3);
  EXPECT_TRUE(run->events().rollouts().empty()) << "no pod is replaced";
}

TEST(Moment, ErrorsThatNothingLedToAreNotHiddenFromWhoAsksWhy) {
  const auto run = whole_run();
  ASSERT_NE(run, nullptr);
  Moment at = moment(*run, 70);
  at.why.clear();
  EXPECT_EQ(why_parts(at, *run).front().who, "Users see 50% errors");
  at.users_error_share = 0;
  EXPECT_EQ(why_parts(at, *run).front().who, "Users notice nothing");
}

TEST(Moment, AServiceIsHealthyThenFailingThenRecoveringThenHealthy) {
  const auto run = whole_run();
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(moment(*run, 59).services[2].state, State::Healthy);
  EXPECT_EQ(moment(*run, 70).services[2].state, State::Failing);
  EXPECT_EQ(moment(*run, 95).services[2].state, State::Recovering);
  EXPECT_EQ(moment(*run, 110).services[2].state, State::Healthy);
  EXPECT_DOUBLE_EQ(moment(*run, 70).users_error_share, 0.5);
}

TEST(Moment, PodsOfADarkZoneAreLostBeforeTheClusterNotices) {
  const auto run = whole_run();
  ASSERT_NE(run, nullptr);
  const Moment at = moment(*run, 70);
  ASSERT_EQ(at.zones.size(), 2U);
  EXPECT_EQ(at.zones[1].state, State::Lost);
  EXPECT_FALSE(at.zones[1].noticed);
  EXPECT_EQ(at.pods_lost, 1U);
  EXPECT_EQ(at.services[2].ready, 1U);
  EXPECT_EQ(moment(*run, 50).pods_lost, 0U);
}

TEST(ServiceNames, AWorkloadBelongsToTheServiceWithTheLongestName) {
  const ServiceNames names{{"shop/cart", "shop/cart-db"}};
  EXPECT_EQ(names.of_object("Pod/shop/cart-7f-x"), 0U);
  EXPECT_EQ(names.of_object("ReplicaSet/shop/cart-db-7f"), 1U);
  EXPECT_FALSE(names.of_object("Pod/shop/cartoon-1"));
}

TEST(Errors, FromOnePercentOnAServiceIsDegradedFromTenOnFailing) {
  EXPECT_EQ(state_of_errors({0, 0, 0}), State::Healthy);
  EXPECT_EQ(state_of_errors({1000, 1000, 9}), State::Healthy);
  EXPECT_EQ(state_of_errors({1000, 1000, 10}), State::Degraded);
  EXPECT_EQ(state_of_errors({1000, 1000, 99}), State::Degraded);
  EXPECT_EQ(state_of_errors({1000, 1000, 100}), State::Failing);
}

TEST(Options, AllProblemsAreNamedAtOnce) {
  Options options;
  const auto problems =
      read_options({"--at", "noon", "--size", "big", "--what", "a", "b", "c"}, options);
  EXPECT_EQ(problems.size(), 4U);
}

TEST(Options, OfASequenceStandTogether) {
  Options options;
  EXPECT_TRUE(
      read_options({"--sequence", "d", "--from", "1:00", "--to", "2:00", "--every", "500ms", "run"},
                   options)
          .empty());
  EXPECT_EQ(options.every, Duration::milliseconds(500));
  EXPECT_EQ(options.to, Instant::at(Duration::minutes(2)));
  Options wrong;
  EXPECT_EQ(read_options({"--from", "2:00", "--to", "1:00", "--every", "0s", "run"}, wrong).size(),
            5U)
      << "without --sequence three times, no time between pictures, an end before its beginning";
  Options both;
  EXPECT_EQ(read_options({"--sequence", "d", "--screenshot", "p.png", "run"}, both).size(), 1U);
  Options nothing;
  EXPECT_EQ(read_options({"--sequence", "d"}, nothing).size(), 1U) << "of no recording";
}

TEST(Options, ATimeIsAClockOrADuration) {
  EXPECT_EQ(read_clock("2:10.5"), Instant::at(Duration::milliseconds(130'500)));
  EXPECT_EQ(read_clock("130s"), Instant::at(Duration::seconds(130)));
  EXPECT_FALSE(read_clock("2:60"));
}

}  // namespace
}  // namespace orrery::gui
