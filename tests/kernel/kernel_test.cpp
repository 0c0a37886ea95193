#include "sim/kernel/kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace orrery::sim {
namespace {

constexpr EventClass kOrdinary = EventClass::Ordinary;

Instant at(Duration since_start) { return Instant::at(since_start); }

KernelEvent numbered(std::uint32_t index) { return KernelEvent{1, index}; }

/// The indices of all events due up to `limit`, in the order in which they come.
std::vector<std::uint32_t> taken(Kernel& kernel, Instant limit = Instant::never()) {
  std::vector<std::uint32_t> indices;
  KernelEvent event;
  while (kernel.pop(limit, event)) indices.push_back(event.index);
  return indices;
}

using Indices = std::vector<std::uint32_t>;

/// Every promise holds with the heap alone, with buckets alone, and in between.
class KernelTest : public testing::TestWithParam<std::size_t> {
 protected:
  Kernel kernel_{KernelOptions{.buckets_above = GetParam()}};
};

INSTANTIATE_TEST_SUITE_P(BucketsAbove, KernelTest,
                         testing::Values(0, 3, 2048, std::numeric_limits<std::size_t>::max()),
                         [](const testing::TestParamInfo<std::size_t>& param) {
                           return param.param > 1'000'000 ? std::string{"Never"}
                                                          : std::to_string(param.param);
                         });

TEST_P(KernelTest, AnEmptyKernelHasNoNextEvent) {
  KernelEvent event;
  EXPECT_EQ(kernel_.next_time(), Instant::never());
  EXPECT_FALSE(kernel_.pop(Instant::never(), event));
  EXPECT_EQ(kernel_.now(), at(0_ns));
  EXPECT_EQ(kernel_.dispatched(), 0U);
}

TEST_P(KernelTest, EventsComeInOrderOfTime) {
  kernel_.schedule(at(3_ms), kOrdinary, numbered(3));
  kernel_.schedule(at(1_ms), kOrdinary, numbered(1));
  kernel_.schedule(at(2_ms), kOrdinary, numbered(2));
  EXPECT_EQ(kernel_.next_time(), at(1_ms));
  EXPECT_EQ(taken(kernel_), (Indices{1, 2, 3}));
  EXPECT_EQ(kernel_.now(), at(3_ms));
  EXPECT_EQ(kernel_.dispatched(), 3U);
}

TEST_P(KernelTest, KindAndIndexArriveAsGiven) {
  const KernelEvent largest{31, (1U << 27) - 1};
  const KernelTimer timer = kernel_.create_timer(largest);
  kernel_.schedule(at(1_ms), kOrdinary, largest);
  kernel_.arm(timer, at(2_ms), kOrdinary);
  for (int i = 0; i < 2; ++i) {
    KernelEvent event;
    ASSERT_TRUE(kernel_.pop(Instant::never(), event));
    EXPECT_EQ(event, largest);
  }
}

TEST_P(KernelTest, AtOneInstantFabricPrecedesOrdinaryPrecedesTimeout) {
  kernel_.schedule(at(1_ms), EventClass::Timeout, numbered(2));
  kernel_.schedule(at(1_ms), EventClass::Ordinary, numbered(1));
  kernel_.schedule(at(1_ms), EventClass::Fabric, numbered(0));
  EXPECT_EQ(taken(kernel_), (Indices{0, 1, 2}));
}

TEST_P(KernelTest, AtOneInstantAndClassTheOneArmedFirstComesFirst) {
  const KernelTimer timer = kernel_.create_timer(numbered(1));
  kernel_.schedule(at(5_s), kOrdinary, numbered(0));
  kernel_.arm(timer, at(5_s), kOrdinary);
  kernel_.schedule(at(5_s), kOrdinary, numbered(2));
  EXPECT_EQ(taken(kernel_), (Indices{0, 1, 2}));
}

TEST_P(KernelTest, ReArmingATimerPutsItBehindEventsArmedEarlier) {
  const KernelTimer timer = kernel_.create_timer(numbered(1));
  kernel_.arm(timer, at(5_s), kOrdinary);
  kernel_.schedule(at(5_s), kOrdinary, numbered(0));
  kernel_.arm(timer, at(5_s), kOrdinary);
  EXPECT_EQ(taken(kernel_), (Indices{0, 1}));
}

TEST_P(KernelTest, AnEventWithoutDelayComesAfterThoseAlreadyDue) {
  kernel_.schedule(at(1_ms), kOrdinary, numbered(0));
  kernel_.schedule(at(1_ms), kOrdinary, numbered(1));
  KernelEvent event;
  ASSERT_TRUE(kernel_.pop(Instant::never(), event));
  kernel_.schedule(kernel_.now(), kOrdinary, numbered(2));
  EXPECT_EQ(taken(kernel_), (Indices{1, 2}));
  EXPECT_EQ(kernel_.now(), at(1_ms));
}

TEST_P(KernelTest, NothingIsTakenBeyondTheLimit) {
  const KernelTimer timer = kernel_.create_timer(numbered(1));
  kernel_.schedule(at(1_ms), kOrdinary, numbered(0));
  kernel_.arm(timer, at(2_s), kOrdinary);
  EXPECT_EQ(taken(kernel_, at(1_ms)), (Indices{0}));
  EXPECT_EQ(taken(kernel_, at(2_s) - 1_ns), Indices{});
  EXPECT_EQ(kernel_.now(), at(1_ms));
  EXPECT_EQ(kernel_.next_time(), at(2_s));
  EXPECT_EQ(taken(kernel_, at(2_s)), (Indices{1}));
}

TEST_P(KernelTest, ADisarmedTimerNeverFires) {
  // Near dates are in the queue when the timer is disarmed, far ones in the wheel.
  for (const Duration delay : {0_ns, 1_us, 1_ms, 10_ms, 1_s, 10_min, 1'000'000_s}) {
    const KernelTimer timer = kernel_.create_timer(numbered(1));
    kernel_.arm(timer, kernel_.now() + delay, kOrdinary);
    EXPECT_EQ(kernel_.next_time(), kernel_.now() + delay);
    kernel_.disarm(timer);
    EXPECT_FALSE(kernel_.armed(timer));
    EXPECT_EQ(kernel_.next_time(), Instant::never());
    EXPECT_EQ(taken(kernel_), Indices{});
  }
  EXPECT_EQ(kernel_.dispatched(), 0U);
}

TEST_P(KernelTest, ATimerFiresOnceAtItsLastDate) {
  const KernelTimer timer = kernel_.create_timer(numbered(7));
  for (const Duration delay : {1_s, 5_us, 3_min, 0_ns, 20_ms}) {
    kernel_.arm(timer, at(delay), kOrdinary);
  }
  EXPECT_TRUE(kernel_.armed(timer));
  EXPECT_EQ(taken(kernel_), (Indices{7}));
  EXPECT_EQ(kernel_.now(), at(20_ms));
  EXPECT_FALSE(kernel_.armed(timer));
}

TEST_P(KernelTest, ATimerThatTakesTheIdOfADestroyedOneDoesNotFireForIt) {
  const KernelTimer old = kernel_.create_timer(numbered(1));
  kernel_.arm(old, at(10_us), kOrdinary);
  kernel_.destroy_timer(old);
  const KernelTimer reused = kernel_.create_timer(numbered(2));
  ASSERT_EQ(reused, old);
  EXPECT_FALSE(kernel_.armed(reused));
  kernel_.arm(reused, at(20_us), kOrdinary);
  EXPECT_EQ(taken(kernel_), (Indices{2}));
  EXPECT_EQ(kernel_.now(), at(20_us));
}

TEST_P(KernelTest, TheLatestDateIsReachedExactly) {
  const KernelTimer timer = kernel_.create_timer(numbered(1));
  kernel_.schedule(Kernel::kLatest, kOrdinary, numbered(0));
  kernel_.arm(timer, Kernel::kLatest, kOrdinary);
  EXPECT_EQ(kernel_.next_time(), Kernel::kLatest);
  EXPECT_EQ(taken(kernel_), (Indices{0, 1}));
  EXPECT_EQ(kernel_.now(), Kernel::kLatest);
}

TEST_P(KernelTest, TheClockAdvancesUpToTheNextEvent) {
  kernel_.schedule(at(2_s), kOrdinary, numbered(0));
  kernel_.advance_to(at(1_s));
  EXPECT_EQ(kernel_.now(), at(1_s));
  kernel_.advance_to(at(2_s));
  kernel_.schedule(at(2_s), EventClass::Fabric, numbered(1));
  EXPECT_EQ(taken(kernel_), (Indices{1, 0}));
}

TEST_P(KernelTest, AMillionEventsAtOneInstantKeepTheirOrder) {
  constexpr std::uint32_t kCount = 1'000'000;
  for (std::uint32_t i = 0; i < kCount; ++i) kernel_.schedule(at(1_s), kOrdinary, numbered(i));
  KernelEvent event;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    ASSERT_TRUE(kernel_.pop(Instant::never(), event));
    ASSERT_EQ(event.index, i);
  }
}

TEST_P(KernelTest, WhatComesNextIsSeenUnlessItIsATimerOrInABucket) {
  constexpr std::uint32_t kCount = 1'000;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    kernel_.schedule(at(Duration::microseconds(i * 7919 % kCount)), kOrdinary, numbered(i));
  }
  KernelEvent event;
  std::uint32_t foreseen = ComingEvents::kNone;
  std::uint32_t right = 0;
  while (kernel_.pop(Instant::never(), event)) {
    if (foreseen != ComingEvents::kNone) {
      ASSERT_EQ(foreseen, event.index);
      ++right;
    }
    const ComingEvents coming = kernel_.coming();
    foreseen = coming.next;
    if (foreseen != ComingEvents::kNone) {
      ASSERT_NE(std::find(coming.indices.begin(), coming.indices.end(), foreseen),
                coming.indices.end());
    }
  }
  EXPECT_EQ(foreseen, ComingEvents::kNone);
  EXPECT_GT(right, GetParam() > kCount ? kCount - 2 : kCount / 2);
}

TEST_P(KernelTest, ATimerThatComesNextIsNotSeenAsAnEvent) {
  kernel_.arm(kernel_.create_timer(numbered(7)), at(2_us), kOrdinary);
  kernel_.schedule(at(1_us), kOrdinary, numbered(1));
  kernel_.schedule(at(3_us), kOrdinary, numbered(3));
  KernelEvent event;
  ASSERT_TRUE(kernel_.pop(Instant::never(), event));
  EXPECT_EQ(kernel_.coming().next, ComingEvents::kNone);
}

using KernelContract = testing::Test;

TEST(KernelContract, SchedulingInThePastEndsTheProcess) {
  Kernel kernel;
  kernel.advance_to(at(1_s));
  EXPECT_EXIT(kernel.schedule(at(1_s) - 1_ns, kOrdinary, numbered(0)), testing::ExitedWithCode(70),
              "not scheduled in the past");
  const KernelTimer timer = kernel.create_timer(numbered(0));
  EXPECT_EXIT(kernel.arm(timer, at(1_s) - 1_ns, kOrdinary), testing::ExitedWithCode(70),
              "not scheduled in the past");
}

TEST(KernelContract, MovingTheClockBackOrOverAnEventEndsTheProcess) {
  Kernel kernel;
  kernel.advance_to(at(1_s));
  kernel.schedule(at(2_s), kOrdinary, numbered(0));
  EXPECT_EXIT(kernel.advance_to(at(1_s) - 1_ns), testing::ExitedWithCode(70), "does not go back");
  EXPECT_EXIT(kernel.advance_to(at(2_s) + 1_ns), testing::ExitedWithCode(70),
              "does not pass over an event");
}

TEST(KernelContract, ADateThatDoesNotFitEndsTheProcess) {
  Kernel kernel;
  EXPECT_EXIT(kernel.schedule(Kernel::kLatest + 1_ns, kOrdinary, numbered(0)),
              testing::ExitedWithCode(70), "within 2.28 years");
  EXPECT_EXIT(kernel.schedule(Instant::never(), kOrdinary, numbered(0)),
              testing::ExitedWithCode(70), "within 2.28 years");
}

TEST(KernelContract, AnEventThatDoesNotFitEndsTheProcess) {
  Kernel kernel;
  EXPECT_EXIT(kernel.schedule(at(1_s), kOrdinary, KernelEvent{32, 0}), testing::ExitedWithCode(70),
              "5 bits");
  EXPECT_EXIT(kernel.schedule(at(1_s), kOrdinary, KernelEvent{0, 1U << 27}),
              testing::ExitedWithCode(70), "27");
}

TEST(KernelContract, UsingATimerThatDoesNotExistEndsTheProcess) {
  Kernel kernel;
  const KernelTimer timer = kernel.create_timer(numbered(0));
  kernel.destroy_timer(timer);
  EXPECT_EXIT(kernel.arm(timer, at(1_s), kOrdinary), testing::ExitedWithCode(70),
              "between its creation and its destruction");
  EXPECT_EXIT(kernel.destroy_timer(timer), testing::ExitedWithCode(70),
              "between its creation and its destruction");
  EXPECT_EXIT(kernel.disarm(KernelTimer{0}), testing::ExitedWithCode(70),
              "between its creation and its destruction");
}

}  // namespace
}  // namespace orrery::sim
