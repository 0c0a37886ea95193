#include "models/controllers/work_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/controllers/expectations.h"

namespace orrery::controllers {
namespace {

const api::ObjectKey kA{api::Kind::Deployment, "default", "a"};
const api::ObjectKey kB{api::Kind::Deployment, "default", "b"};

Instant at(Duration d) { return Instant::at(d); }

TEST(WorkQueue, HoldsAKeyOnceAndHandsOutInOrder) {
  WorkQueue queue{{}};
  queue.add(kA);
  queue.add(kB);
  queue.add(kA);
  EXPECT_EQ(queue.take(at(0_s)), kA);
  EXPECT_EQ(queue.take(at(0_s)), kB);
  EXPECT_EQ(queue.take(at(0_s)), std::nullopt);
}

TEST(WorkQueue, AKeyAddedWhileInWorkComesAfterItIsDone) {
  WorkQueue queue{{}};
  queue.add(kA);
  ASSERT_EQ(queue.take(at(0_s)), kA);
  queue.add(kA);
  EXPECT_EQ(queue.take(at(0_s)), std::nullopt);
  queue.done(kA);
  EXPECT_EQ(queue.take(at(0_s)), kA);
  queue.done(kA);
  EXPECT_EQ(queue.take(at(0_s)), std::nullopt);
}

TEST(WorkQueue, OfSeveralDatesTheEarliestCounts) {
  WorkQueue queue{{}};
  queue.add_at(kA, at(5_s));
  queue.add_at(kA, at(9_s));
  EXPECT_EQ(queue.next_due(), at(5_s));
  queue.add_at(kA, at(2_s));
  EXPECT_EQ(queue.next_due(), at(2_s));
  EXPECT_EQ(queue.take(at(1_s)), std::nullopt);
  EXPECT_EQ(queue.take(at(2_s)), kA);
  EXPECT_EQ(queue.next_due(), std::nullopt);
}

TEST(WorkQueue, BacksOffFrom5MillisecondsTo1000Seconds) {
  WorkQueue queue{{}};
  Instant now = at(1_s);
  std::vector<std::string> waits;
  for (int i = 0; i < 20; ++i) {
    queue.add_after_failure(kA, now);
    waits.push_back(to_string(*queue.next_due() - now));
    now = *queue.next_due();
    ASSERT_EQ(queue.take(now), kA);
    queue.done(kA);
  }
  EXPECT_EQ(waits[0], "5ms");
  EXPECT_EQ(waits[1], "10ms");
  EXPECT_EQ(waits[10], "5.12s");
  EXPECT_EQ(waits[17], "655.36s");
  EXPECT_EQ(waits[18], "1000s");
  EXPECT_EQ(waits[19], "1000s");
  queue.forget(kA);
  queue.add_after_failure(kA, now);
  EXPECT_EQ(*queue.next_due() - now, 5_ms);
}

TEST(WorkQueue, ManyKeysShareABucketOf100AndTenPerSecond) {
  WorkQueue queue{{}};
  const Instant now = at(1_s);
  std::vector<Duration> waits;
  for (int i = 0; i < 103; ++i) {
    const api::ObjectKey key{api::Kind::Pod, "default", std::to_string(i)};
    queue.add_after_failure(key, now);
    // The newest is the latest of all, as every wait is at least that of the one before.
  }
  int due_soon = 0;
  while (queue.take(now + 5_ms)) ++due_soon;
  EXPECT_EQ(due_soon, 100);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(queue.next_due(), now + 100_ms * i);
    EXPECT_TRUE(queue.take(now + 100_ms * i));
  }
}

TEST(WorkQueue, OrdinaryAddsAreNotDelayed) {
  WorkQueue queue{{}};
  queue.add_after_failure(kA, at(1_s));
  queue.add(kA);
  EXPECT_EQ(queue.take(at(1_s)), kA);
}

TEST(Expectations, AwaitEveryCreateAndDelete) {
  Expectations expectations{5_min};
  EXPECT_TRUE(expectations.satisfied(kA, at(0_s)));
  expectations.expect_create(kA, at(0_s));
  expectations.expect_create(kA, at(0_s));
  expectations.expect_delete(kA, "uid-1", at(0_s));
  expectations.create_settled(kA);
  expectations.delete_settled(kA, "uid-2");  // Another's deletion does not count.
  EXPECT_FALSE(expectations.satisfied(kA, at(1_s)));
  expectations.create_settled(kA);
  EXPECT_FALSE(expectations.satisfied(kA, at(1_s)));
  expectations.delete_settled(kA, "uid-1");
  EXPECT_TRUE(expectations.satisfied(kA, at(1_s)));
}

TEST(Expectations, ExpireStrictlyAfterFiveMinutes) {
  Expectations expectations{5_min};
  expectations.expect_create(kA, at(10_s));
  EXPECT_FALSE(expectations.satisfied(kA, at(310_s)));
  EXPECT_TRUE(expectations.satisfied(kA, at(310_s + 1_ns)));
}

}  // namespace
}  // namespace orrery::controllers
