/// @file
/// What every adapter of ports::Executor promises, as one suite.
///
/// Instantiate with a world type that has
///   ports::Executor& executor();
///   void attach(ports::OwnerId, ports::Component&);   // before run
///   bool run(std::function<bool()> done);             // lets time pass until done; false: gave up
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

#include "models/ports/executor.h"

namespace orrery::ports_suite {

/// Keeps what arrives and lets the test react to it.
struct Listener : ports::Component {
  std::vector<std::uint64_t> ids;
  std::function<void(const ports::Event&)> react;

  void on_event(const ports::Event& event) override {
    ids.push_back(event.id);
    if (react) react(event);
  }
};

template <class World>
class ExecutorSuite : public testing::Test {
 protected:
  static constexpr ports::OwnerId kOwner{7};
  ExecutorSuite() { world_.attach(kOwner, listener_); }

  ports::Timer timer(std::uint64_t id) { return {world_.executor(), kOwner, id}; }
  bool run_until_heard(std::size_t count) {
    return world_.run([&] { return listener_.ids.size() >= count; });
  }
  /// Lets everything that is due before `soon` happen.
  void run_past(Instant soon) {
    ports::Timer last = timer(999);
    last.arm(soon);
    ASSERT_TRUE(world_.run([&] { return !listener_.ids.empty() && listener_.ids.back() == 999; }));
    listener_.ids.pop_back();
  }

  World world_;
  Listener listener_;
};

TYPED_TEST_SUITE_P(ExecutorSuite);

TYPED_TEST_P(ExecutorSuite, TimersFireInTheOrderOfTheirDates) {
  const Instant t = this->world_.executor().now();
  ports::Timer c = this->timer(3), a = this->timer(1), b = this->timer(2);
  c.arm(t + 3_ms);
  a.arm(t + 1_ms);
  b.arm(t + 2_ms);
  ASSERT_TRUE(this->run_until_heard(3));
  EXPECT_EQ(this->listener_.ids, (std::vector<std::uint64_t>{1, 2, 3}));
}

TYPED_TEST_P(ExecutorSuite, TimersDueAtOneInstantFireInTheOrderInWhichTheyWereArmed) {
  const Instant when = this->world_.executor().now() + 1_ms;
  std::vector<ports::Timer> timers;
  for (std::uint64_t id = 0; id < 20; ++id) timers.push_back(this->timer(id));
  std::vector<std::uint64_t> armed;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::uint64_t id = (i * 7) % 20;
    timers[id].arm(when);
    armed.push_back(id);
  }
  ASSERT_TRUE(this->run_until_heard(20));
  EXPECT_EQ(this->listener_.ids, armed);
}

TYPED_TEST_P(ExecutorSuite, ReArmingMovesTheDate) {
  const Instant t = this->world_.executor().now();
  ports::Timer moved = this->timer(1), other = this->timer(2);
  moved.arm(t + 1_ms);
  other.arm(t + 2_ms);
  moved.arm(t + 3_ms);
  ASSERT_TRUE(this->run_until_heard(2));
  EXPECT_EQ(this->listener_.ids, (std::vector<std::uint64_t>{2, 1}));
}

TYPED_TEST_P(ExecutorSuite, ADisarmedTimerNeverFires) {
  const Instant t = this->world_.executor().now();
  ports::Timer first = this->timer(1), gone = this->timer(2);
  first.arm(t);
  gone.arm(t);
  // Both are due: the second is disarmed while the first is handled.
  this->listener_.react = [&](const ports::Event& event) {
    if (event.id == 1) gone.disarm();
  };
  this->run_past(t + 2_ms);
  EXPECT_EQ(this->listener_.ids, (std::vector<std::uint64_t>{1}));
}

TYPED_TEST_P(ExecutorSuite, ADestroyedTimerNeverFires) {
  const Instant t = this->world_.executor().now();
  {
    ports::Timer gone = this->timer(1);
    gone.arm(t);
  }
  ports::Timer heir = this->timer(2);  // May get the same place.
  this->run_past(t + 2_ms);
  EXPECT_TRUE(this->listener_.ids.empty());
}

TYPED_TEST_P(ExecutorSuite, APastDateFiresAtOnceButNotFromInsideTheCall) {
  ports::Timer late = this->timer(1);
  bool inside = false;
  this->listener_.react = [&](const ports::Event&) { EXPECT_FALSE(inside); };
  inside = true;
  late.arm(this->world_.executor().now() - 5_ms);
  inside = false;
  EXPECT_TRUE(this->run_until_heard(1));
}

TYPED_TEST_P(ExecutorSuite, ATimerArmedWhileItsOwnEventIsHandledFiresAgain) {
  ports::Timer again = this->timer(1);
  again.arm(this->world_.executor().now());
  this->listener_.react = [&](const ports::Event&) {
    if (this->listener_.ids.size() < 5) again.arm(this->world_.executor().now());
  };
  ASSERT_TRUE(this->run_until_heard(5));
  this->run_past(this->world_.executor().now() + 1_ms);
  EXPECT_EQ(this->listener_.ids.size(), 5U);
}

TYPED_TEST_P(ExecutorSuite, TimeStandsStillInsideAnEventAndNeverGoesBackBetweenThem) {
  std::vector<ports::Timer> timers;
  Instant last = this->world_.executor().now();
  const Instant begin = last;
  for (std::uint64_t id = 0; id < 10; ++id) {
    timers.push_back(this->timer(id));
    timers.back().arm(begin + Duration::microseconds(100) * static_cast<std::int64_t>(id));
  }
  this->listener_.react = [&](const ports::Event& event) {
    const Instant now = this->world_.executor().now();
    EXPECT_GE(now, last);
    EXPECT_GE(now, begin + Duration::microseconds(100) * static_cast<std::int64_t>(event.id));
    volatile int spin = 0;
    for (int i = 0; i < 10'000; ++i) spin = i;
    EXPECT_EQ(spin, 9'999);
    EXPECT_EQ(this->world_.executor().now(), now);
    last = now;
  };
  EXPECT_TRUE(this->run_until_heard(10));
}

REGISTER_TYPED_TEST_SUITE_P(ExecutorSuite, TimersFireInTheOrderOfTheirDates,
                            TimersDueAtOneInstantFireInTheOrderInWhichTheyWereArmed,
                            ReArmingMovesTheDate, ADisarmedTimerNeverFires,
                            ADestroyedTimerNeverFires, APastDateFiresAtOnceButNotFromInsideTheCall,
                            ATimerArmedWhileItsOwnEventIsHandledFiresAgain,
                            TimeStandsStillInsideAnEventAndNeverGoesBackBetweenThem);

}  // namespace orrery::ports_suite
