#include "models/resilience/bulkhead.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/base/random.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

/// A script: + a call comes, - one ends, x a waiter gives up; below, what is answered: R run,
/// w wait, ! rejected; after the end of a call: n the next waiter runs, . nobody.
struct Case {
  const char* source;
  const char* rule;
  const char* script;
  const char* answers;
};

char letter(BulkheadAnswer answer) {
  return answer == BulkheadAnswer::Run ? 'R' : answer == BulkheadAnswer::Wait ? 'w' : '!';
}

TEST(SemaphoreBulkhead, AnswersAsInTheTable) {
  struct SemaphoreCase {
    Case c;
    SemaphoreBulkheadConfig config;
  };
  const std::vector<SemaphoreCase> cases{
      {{"2 Bulkhead", "25 run, the 26th is rejected: nobody waits", "++++++++++++++++++++++++++",
        "RRRRRRRRRRRRRRRRRRRRRRRRR!"},
       {}},
      {{"1 Hystrix", "ten", "+++++++++++", "RRRRRRRRRR!"}, hystrix_default_semaphore()},
      {{"2 Bulkhead", "a permit given back is free again", "++-+", "R!.R"}, {1, {}}},
      {{"2 Bulkhead", "with a wait: the permit passes on", "++--", "Rwn."}, {1, 1_s}},
      {{"2 Bulkhead", "fair: a newcomer waits behind", "++-+--", "Rwnwn."}, {1, 1_s}},
      {{"2 Bulkhead", "who has given up gets none", "++x-", "Rwx."}, {1, 1_s}},
      {{"2 Bulkhead", "no permits: all wait", "++", "ww"}, {0, 1_s}},
  };
  for (const SemaphoreCase& row : cases) {
    conformance::row("bulkhead.semaphore", row.c.source, row.c.rule);
    SemaphoreBulkhead bulkhead{row.config};
    std::string answers;
    for (const char step : std::string(row.c.script)) {
      if (step == '+') answers += letter(bulkhead.try_acquire());
      if (step == '-') answers += bulkhead.release() ? 'n' : '.';
      if (step == 'x') {
        bulkhead.give_up();
        answers += 'x';
      }
    }
    EXPECT_EQ(answers, row.c.answers) << row.c.source << ": " << row.c.rule;
  }
}

TEST(SemaphoreBulkhead, NeverRunsMoreAndNeverIdlesWithWaiters) {
  SemaphoreBulkhead bulkhead{{7, 1_s}};
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const std::uint64_t draw = mix64(i) % 8;
    if (draw < 4) (void)bulkhead.try_acquire();
    if (draw >= 4 && draw < 7 && bulkhead.running() > 0) (void)bulkhead.release();
    if (draw == 7 && bulkhead.waiting() > 0) bulkhead.give_up();
    ASSERT_LE(bulkhead.running(), 7U);
    ASSERT_TRUE(bulkhead.waiting() == 0 || bulkhead.running() == 7);
  }
}

TEST(ThreadPoolBulkhead, AnswersAsInTheTable) {
  struct PoolCase {
    Case c;
    ThreadPoolBulkheadConfig config;
  };
  const std::vector<PoolCase> cases{
      {{"1 pool", "ten threads, hand-off, saturation rejects at once", "+++++++++++-+",
        "RRRRRRRRRR!.R"},
       hystrix_default_thread_pool()},
      {{"1 pool", "maxQueueSize -1: the threshold has no effect", "+++-+", "RR!.R"},
       hystrix_thread_pool(2, -1, 0)},
      {{"1 pool", "queueSizeRejectionThreshold below maxQueueSize", "++++++++", "Rwwwww!!"},
       hystrix_thread_pool(1, 10)},
      {{"1 pool", "maxQueueSize below the threshold", "+++++", "Rwww!"}, hystrix_thread_pool(1, 3)},
      {{"1 pool", "a threshold of 0 rejects even while threads are idle", "+", "!"},
       hystrix_thread_pool(1, 3, 0)},
      {{"1 pool", "a thread takes the first of the queue", "++---", "Rwn.-"},
       hystrix_thread_pool(1, 3)},
      {{"1 timeout", "what has timed out in the queue never runs", "++x-", "Rwx."},
       hystrix_thread_pool(1, 3)},
      {{"2 ThreadPoolBulkhead", "core, then queue, then up to max, then reject", "++++++",
        "RwwRR!"},
       {1, 3, 2}},
      {{"2 ThreadPoolBulkhead", "one processor: one thread and a queue", "++", "Rw"},
       resilience4j_default_thread_pool(1)},
      {{"2 ThreadPoolBulkhead", "idle threads take calls before the queue does", "++++--++",
        "RwRRn.Rw"},
       {1, 3, 1}},
  };
  for (const PoolCase& row : cases) {
    const bool hystrix = row.c.source[0] == '1';
    conformance::row(hystrix ? "bulkhead.hystrixThreadPool" : "bulkhead.resilience4jThreadPool",
                     row.c.source, row.c.rule);
    ThreadPoolBulkhead pool{row.config};
    std::string answers;
    for (const char step : std::string(row.c.script)) {
      if (step == '+') answers += letter(pool.submit(Instant{}));
      if (step == '-') answers += pool.running() == 0 ? '-' : pool.finish(Instant{}) ? 'n' : '.';
      if (step == 'x') {
        pool.give_up();
        answers += 'x';
      }
    }
    EXPECT_EQ(answers, row.c.answers) << row.c.source << ": " << row.c.rule;
  }
}

TEST(ThreadPoolBulkhead, ThreadsAboveTheCoreEndAfterTheKeepAlive) {
  for (const auto& [pause, threads] : {std::pair{20_ms - 1_ns, 3U}, std::pair{20_ms, 1U}}) {
    ThreadPoolBulkhead pool{{1, 3, 0, {}, 20_ms}};
    for (int i = 0; i < 3; ++i) EXPECT_EQ(pool.submit(Instant{}), BulkheadAnswer::Run);
    for (int i = 0; i < 3; ++i) (void)pool.finish(Instant{});
    (void)pool.submit(Instant::at(pause));
    EXPECT_EQ(pool.threads(), threads) << to_string(pause);
    EXPECT_EQ(pool.running(), 1U);
  }
}

TEST(ThreadPoolBulkhead, ResilienceDefaultsFollowTheProcessors) {
  const ThreadPoolBulkheadConfig four = resilience4j_default_thread_pool(4);
  EXPECT_EQ(four.core_size, 3U);
  EXPECT_EQ(four.max_size, 4U);
  EXPECT_EQ(four.queue_capacity, 100U);
  EXPECT_EQ(four.keep_alive, 20_ms);
  EXPECT_EQ(resilience4j_default_thread_pool(1).core_size, 1U);
  // resilience4j issue 1460: queued, timed out, and executed all the same. Hystrix removes it.
  EXPECT_TRUE(four.runs_timed_out);
  EXPECT_FALSE(hystrix_thread_pool(4, 10).runs_timed_out);
}

TEST(ThreadPoolBulkhead, NeverRunsMoreThanItHasAndCountsEachCallOnce) {
  ThreadPoolBulkhead pool{{2, 5, 4, {}, 10_ms}};
  std::uint32_t inside = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const std::uint64_t draw = mix64(i);
    const Instant now = Instant::at(Duration::milliseconds(static_cast<std::int64_t>(i)));
    if (draw % 16 < 8) inside += pool.submit(now) != BulkheadAnswer::Reject;
    if (draw % 16 >= 8 && draw % 16 < 15 && pool.running() > 0) {
      (void)pool.finish(now);
      --inside;
    }
    if (draw % 16 == 15 && pool.queued() > 0) {
      pool.give_up();
      --inside;
    }
    ASSERT_LE(pool.running(), pool.threads());
    ASSERT_LE(pool.threads(), 5U);
    ASSERT_LE(pool.queued(), 4U);
    ASSERT_EQ(pool.running() + pool.queued(), inside);
    ASSERT_TRUE(pool.queued() == 0 || pool.running() >= 2);
  }
}

}  // namespace
}  // namespace orrery::resilience
