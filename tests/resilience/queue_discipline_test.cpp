#include "models/resilience/queue_discipline.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

Instant at(Duration t) { return Instant::at(t); }

TEST(QueueDiscipline, TakesTheNewestAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    QueueOrder order;
    std::uint32_t length;
    bool expected;
  };
  const std::vector<Case> cases{
      {"7", "FIFO: the oldest", QueueOrder::Fifo, 10, false},
      {"7", "LIFO: the newest", QueueOrder::Lifo, 1, true},
      {"7 HBase", "one below 80 %", QueueOrder::AdaptiveLifo, 7, false},
      {"7 HBase", "at 80 %", QueueOrder::AdaptiveLifo, 8, false},
      {"7 HBase", "above 80 %", QueueOrder::AdaptiveLifo, 9, true},
      {"7 HBase", "full", QueueOrder::AdaptiveLifo, 10, true},
  };
  for (const Case& c : cases) {
    QueueDiscipline queue;
    queue.order = c.order;
    queue.length_max = 10;
    EXPECT_EQ(queue.takes_newest(c.length), c.expected) << c.source << ": " << c.rule;
  }
  conformance::table("queue.order", cases);
  conformance::table("queue.lifoAbove", cases);
}

TEST(QueueDiscipline, ShedsByLengthAndAge) {
  QueueDiscipline queue;
  EXPECT_TRUE(queue.admits(4'000'000)) << "unbounded";
  EXPECT_FALSE(queue.is_too_old(1000_s)) << "off";
  queue.length_max = 3;
  queue.age_max = 2_s;
  EXPECT_TRUE(queue.admits(2));
  EXPECT_FALSE(queue.admits(3));
  EXPECT_FALSE(queue.admits(4));
  struct Case {
    const char* source;
    const char* rule;
    Duration age;
    bool expected;
  };
  const std::vector<Case> ages{{"7", "one below the most", 2_s - 1_ns, false},
                               {"7", "the most", 2_s, false},
                               {"7", "one above", 2_s + 1_ns, true}};
  for (const Case& c : ages) EXPECT_EQ(queue.is_too_old(c.age), c.expected) << c.rule;
  conformance::table("queue.ageMax", ages);
}

TEST(CoDel, DropsAsInTheTable) {
  struct Dequeue {
    Duration at;
    Duration waited;
    bool dropped;
  };
  struct Case {
    const char* source;
    const char* rule;
    CoDelConfig config;
    std::vector<Dequeue> dequeues;
  };
  // From 1 ms on each table first has an interval whose shortest wait decides.
  const std::vector<Case> cases{
      {"7",
       "the minimum of the interval above the target: overloaded",
       {},
       {{1_ms, 9_ms, false}, {2_ms, 6_ms, false}, {3_ms, 11_ms, true}}},
      {"7",
       "at the target: not overloaded",
       {},
       {{1_ms, 5_ms, false}, {2_ms, 50_ms, false}, {3_ms, 50_ms, false}}},
      {"7",
       "one above the target",
       {},
       {{1_ms, 5_ms + 1_ns, false}, {2_ms, 50_ms, false}, {3_ms, 50_ms, true}}},
      {"7",
       "at twice the target: kept",
       {},
       {{1_ms, 9_ms, false}, {2_ms, 9_ms, false}, {3_ms, 10_ms, false}}},
      {"7",
       "one above twice the target: dropped",
       {},
       {{1_ms, 9_ms, false}, {2_ms, 9_ms, false}, {3_ms, 10_ms + 1_ns, true}}},
      {"7",
       "one short wait ends the overload an interval later",
       {},
       {{1_ms, 9_ms, false},
        {2_ms, 9_ms, false},
        {50_ms, 1_ms, false},
        {102_ms, 20_ms, true},  // at the interval's end: still of it
        {102_ms + 1_ns, 20_ms, false},
        {103_ms, 20_ms, false}}},
      {"7",
       "the first of an interval is never dropped",
       {},
       {{1_ms, 50_ms, false},
        {2_ms, 50_ms, false},
        {3_ms, 50_ms, true},
        {103_ms, 50_ms, false},
        {104_ms, 50_ms, true}}},
      {"7 HBase",
       "100 ms: 200 ms are kept, more is dropped",
       hbase_codel(),
       {{1_ms, 150_ms, false}, {2_ms, 150_ms, false}, {3_ms, 200_ms, false}, {4_ms, 201_ms, true}}},
  };
  for (const Case& c : cases) {
    CoDel codel{c.config, Instant{}};
    for (const Dequeue& d : c.dequeues) {
      EXPECT_EQ(codel.drops(d.waited, at(d.at)), d.dropped)
          << c.source << ": " << c.rule << ", at " << to_string(d.at);
    }
  }
  conformance::table("queue.codel", cases);
}

TEST(CoDel, KeepsTheWaitOfAnOverloadedQueueNearTwiceItsTarget) {
  // 2000 arrivals a second at a server of 1000 a second, for 10 s.
  CoDel codel{{}, Instant{}};
  std::deque<Instant> queue;
  Duration longest_late;
  int served = 0;
  for (int half_ms = 0; half_ms < 20'000; ++half_ms) {
    const Instant now = at(Duration::microseconds(half_ms * 500));
    queue.push_back(now);
    if (half_ms % 2 != 0) continue;
    while (!queue.empty()) {
      const Duration waited = now - queue.front();
      queue.pop_front();
      if (codel.drops(waited, now)) continue;
      ++served;
      if (half_ms > 10'000 && waited > longest_late) longest_late = waited;
      break;
    }
  }
  EXPECT_EQ(served, 10'000) << "dropping costs no throughput";
  EXPECT_LT(longest_late, 150_ms) << "without CoDel it would be 5 s";
}

}  // namespace
}  // namespace orrery::resilience
