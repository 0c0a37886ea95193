#include "models/resilience/breakers/hystrix_breaker.h"

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <vector>

#include "models/base/random.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

using State = BreakerState;
using Outcome = HystrixOutcome;

/// At an instant: `count` commands end, or one asks, and then the breaker is in `state`.
struct Step {
  Duration at;
  std::optional<Outcome> outcome{};
  int count = 0;
  std::optional<bool> permitted{};
  std::optional<State> state{};
};
Step end(Duration at, int count, Outcome outcome) { return {at, outcome, count}; }
Step asks(Duration at, bool permitted) { return {at, {}, 0, permitted}; }
Step is(Duration at, State state) { return {at, {}, 0, {}, state}; }

struct Case {
  const char* source;
  const char* rule;
  HystrixBreakerConfig config;
  std::vector<Step> steps;
};

HystrixBreakerConfig with(auto&& change) {
  HystrixBreakerConfig config;
  change(config);
  return config;
}

const Duration kTick = 500_ms;
const Duration kOpen = 500_ms;  // when twenty failures in the first interval open the breaker
const Step kTwentyFailures = end(100_ms, 20, Outcome::Failure);

const std::vector<Case> kCases{
    {"1 volume",
     "19 failures: one below",
     {},
     {end(0_ms, 19, Outcome::Failure), is(10_s, State::Closed)}},
    {"1 volume", "20 failures: at", {}, {end(0_ms, 20, Outcome::Failure), is(kTick, State::Open)}},
    {"1 error %",
     "49 of 100: one below",
     {},
     {end(0_ms, 49, Outcome::Failure), end(0_ms, 51, Outcome::Success), is(kTick, State::Closed)}},
    {"1 error %",
     "50 of 100: at",
     {},
     {end(0_ms, 50, Outcome::Failure), end(0_ms, 50, Outcome::Success), is(kTick, State::Open)}},
    {"1 error %",
     "99 of 199 is 49.7, truncated to 49",
     {},
     {end(0_ms, 99, Outcome::Failure), end(0_ms, 100, Outcome::Success), is(kTick, State::Closed)}},
    {"1 HealthCounts",
     "29 of 100 is 28.999 in floating point, so 28",
     with([](auto& c) { c.error_threshold_percentage = 29; }),
     {end(0_ms, 29, Outcome::Failure), end(0_ms, 71, Outcome::Success), is(kTick, State::Closed)}},
    {"1 snapshot",
     "a trip appears at the tick, not before",
     {},
     {kTwentyFailures, is(499_ms, State::Closed), asks(499_ms, true), is(500_ms, State::Open)}},
    {"1 snapshot",
     "what happens at the tick belongs to the next interval",
     {},
     {end(kTick, 20, Outcome::Failure), is(999_ms, State::Closed), is(1000_ms, State::Open)}},
    {"1 window",
     "twenty intervals: the first still counts at the twentieth tick",
     {},
     {end(0_ms, 10, Outcome::Failure), end(9999_ms, 10, Outcome::Failure), is(10_s, State::Open)}},
    {"1 window",
     "and no longer at the next",
     {},
     {end(0_ms, 10, Outcome::Failure), end(10_s, 10, Outcome::Failure),
      is(10500_ms, State::Closed)}},
    {"1 window",
     "successes leave, the percentage rises, the breaker opens without a call",
     {},
     {end(0_ms, 25, Outcome::Success), end(600_ms, 20, Outcome::Failure), is(10_s, State::Closed),
      is(10500_ms, State::Open)}},
    {"1 counted", "timeouts count", {}, {end(0_ms, 20, Outcome::Timeout), is(kTick, State::Open)}},
    {"1 counted",
     "rejections by the pool count",
     {},
     {end(0_ms, 20, Outcome::ThreadPoolRejected), is(kTick, State::Open)}},
    {"1 counted",
     "rejections by the semaphore count",
     {},
     {end(0_ms, 20, Outcome::SemaphoreRejected), is(kTick, State::Open)}},
    {"1 counted",
     "bad requests do not, neither as errors nor as volume",
     {},
     {end(0_ms, 19, Outcome::Failure), end(0_ms, 50, Outcome::BadRequest),
      is(kTick, State::Closed)}},
    {"1 counted",
     "cancelled commands do not",
     {},
     {end(0_ms, 19, Outcome::Failure), end(0_ms, 50, Outcome::Cancelled),
      is(kTick, State::Closed)}},
    {"1 open",
     "rejects until strictly more than the sleep window after opening",
     {},
     {kTwentyFailures, asks(kOpen, false), asks(kOpen + 5_s, false), is(kOpen + 5_s, State::Open),
      asks(kOpen + 5_s + 1_ns, true), is(kOpen + 5_s + 1_ns, State::HalfOpen)}},
    {"1 open",
     "the sleep window begins at the tick, however late somebody asks",
     {},
     {kTwentyFailures, asks(kOpen + 5_s + 1_ns, true)}},
    {"1 half-open",
     "exactly one attempt, all others rejected, for as long as it takes",
     {},
     {kTwentyFailures, asks(6_s, true), asks(6_s, false), asks(60_s, false),
      is(60_s, State::HalfOpen)}},
    {"1 half-open",
     "success closes and resets the statistics",
     {},
     {kTwentyFailures, asks(6_s, true), end(6100_ms, 1, Outcome::Success),
      is(6100_ms, State::Closed), asks(6100_ms, true), is(9_s, State::Closed)}},
    {"1 half-open",
     "intervals begin anew at the closing",
     {},
     {kTwentyFailures, asks(6_s, true), end(6100_ms, 1, Outcome::Success),
      end(6200_ms, 40, Outcome::Failure), is(6599_ms, State::Closed), is(6600_ms, State::Open)}},
    {"1 half-open",
     "failure opens with a new sleep window",
     {},
     {kTwentyFailures, asks(6_s, true), end(6100_ms, 1, Outcome::Failure), is(6100_ms, State::Open),
      asks(11100_ms, false), asks(11101_ms, true)}},
    {"1 half-open",
     "timeout opens",
     {},
     {kTwentyFailures, asks(6_s, true), end(7_s, 1, Outcome::Timeout), is(7_s, State::Open)}},
    {"1 half-open",
     "unsubscription opens",
     {},
     {kTwentyFailures, asks(6_s, true), end(7_s, 1, Outcome::Cancelled), is(7_s, State::Open)}},
    {"1 AbstractCommand",
     "a bad request opens as well: the fallback path marks it before it looks at it",
     {},
     {kTwentyFailures, asks(6_s, true), end(7_s, 1, Outcome::BadRequest), is(7_s, State::Open)}},
    {"1 HystrixCircuitBreaker",
     "a late success of a call from before closes too",
     {},
     {kTwentyFailures, asks(6_s, true), end(6001_ms, 1, Outcome::Success),
      is(6001_ms, State::Closed)}},
    {"1 HystrixCircuitBreaker",
     "late results while open change nothing",
     {},
     {kTwentyFailures, end(1_s, 5, Outcome::Success), is(2_s, State::Open), asks(5500_ms, false)}},
    {"1 forced",
     "forceOpen beats forceClosed",
     with([](auto& c) { c.force_open = c.force_closed = true; }),
     {asks(0_ms, false)}},
    {"1 forced",
     "forceClosed lets all through while the breaker beneath is open",
     with([](auto& c) { c.force_closed = true; }),
     {kTwentyFailures, is(1_s, State::Open), asks(1_s, true)}},
    {"1 enabled",
     "disabled: everything goes through, forceOpen or not",
     with([](auto& c) {
       c.enabled = false;
       c.force_open = true;
     }),
     {kTwentyFailures, asks(1_s, true)}},
};

TEST(HystrixBreaker, BehavesAsInTheTable) {
  conformance::table("breaker.hystrix", kCases);
  for (const Case& c : kCases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    HystrixBreaker breaker{c.config, Instant{}};
    for (const Step& step : c.steps) {
      const Instant now = Instant::at(step.at);
      (void)breaker.advance(now);
      for (int i = 0; step.outcome && i < step.count; ++i)
        (void)breaker.on_result(*step.outcome, now);
      if (step.permitted) {
        EXPECT_EQ(breaker.try_acquire(now).permitted, *step.permitted) << to_string(step.at);
      }
      if (step.state) {
        EXPECT_EQ(breaker.state(), *step.state) << to_string(step.at);
      }
    }
  }
}

TEST(HystrixBreaker, ReportsEachChangeWithItsCauseAndInstant) {
  const HystrixBreakerConfig config;
  HystrixBreaker breaker{config, Instant{}};
  for (int i = 0; i < 20; ++i) (void)breaker.on_result(Outcome::Failure, Instant{});
  const Instant later = Instant::at(7300_ms);
  EXPECT_EQ(
      breaker.advance(later),
      (BreakerChange{State::Closed, State::Open, BreakerCause::FailureRate, Instant::at(500_ms)}));
  EXPECT_EQ(breaker.try_acquire(later).change,
            (BreakerChange{State::Open, State::HalfOpen, BreakerCause::WaitElapsed, later}));
  EXPECT_EQ(breaker.on_result(Outcome::Failure, later),
            (BreakerChange{State::HalfOpen, State::Open, BreakerCause::TrialFailed, later}));
  const Instant again = Instant::at(12301_ms);
  (void)breaker.advance(again);
  (void)breaker.try_acquire(again);
  EXPECT_EQ(breaker.on_result(Outcome::Success, again),
            (BreakerChange{State::HalfOpen, State::Closed, BreakerCause::TrialSucceeded, again}));
}

TEST(HystrixBreaker, CountsWhatANaiveRecountCounts) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    HystrixBreakerConfig config;
    config.request_volume_threshold = 1'000'000;  // stays closed
    HystrixBreaker breaker{config, Instant{}};
    std::vector<std::pair<Instant, bool>> calls;
    Instant now;
    for (std::uint64_t i = 0; i < 3000; ++i) {
      const std::uint64_t draw = mix64(seed * 10'000 + i);
      const std::uint64_t scale = draw % 97 == 0 ? 20'000 : 40;  // now and then a long silence
      now = now + Duration::milliseconds(static_cast<std::int64_t>((draw >> 20) % scale));
      (void)breaker.advance(now);
      const bool error = (draw >> 50) % 3 == 0;
      (void)breaker.on_result(error ? Outcome::Failure : Outcome::Success, now);
      calls.emplace_back(now, error);
      const std::int64_t tick = now.count_ns() / kTick.count_ns() * kTick.count_ns();
      std::uint32_t total = 0;
      std::uint32_t errors = 0;
      for (const auto& [at, failed] : calls) {
        const bool inside = at.count_ns() < tick && at.count_ns() >= tick - (10_s).count_ns();
        total += inside;
        errors += inside && failed;
      }
      ASSERT_EQ(breaker.total(), total) << "seed " << seed << " call " << i;
      ASSERT_EQ(breaker.errors(), errors) << "seed " << seed << " call " << i;
    }
  }
}

}  // namespace
}  // namespace orrery::resilience
