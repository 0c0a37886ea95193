#include "models/resilience/breakers/resilience4j_breaker.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

using State = BreakerState;
using Config = Resilience4jBreakerConfig;

/// At an instant something happens `count` times, and then the breaker is in `state`.
struct Step {
  enum class What : std::uint8_t { Ok, Slow, Fail, SlowFail, Ignored, Ask, Refused, Timer, To, Is };
  Duration at;
  What what;
  int count = 1;
  State state = State::Closed;
};
Step ok(Duration at, int n) { return {at, Step::What::Ok, n}; }
Step slow(Duration at, int n) { return {at, Step::What::Slow, n}; }
Step fail(Duration at, int n) { return {at, Step::What::Fail, n}; }
Step slow_fail(Duration at, int n) { return {at, Step::What::SlowFail, n}; }
Step ignored(Duration at, int n) { return {at, Step::What::Ignored, n}; }
Step asks(Duration at, int n) { return {at, Step::What::Ask, n}; }
Step refused(Duration at, int n) { return {at, Step::What::Refused, n}; }
Step timer(Duration at) { return {at, Step::What::Timer}; }
Step to(Duration at, State state) { return {at, Step::What::To, 1, state}; }
Step is(Duration at, State state) { return {at, Step::What::Is, 1, state}; }

struct Case {
  const char* source;
  const char* rule;
  Config config;
  std::vector<Step> steps;
};

Config with(auto&& change) {
  Config config;
  change(config);
  return config;
}
/// The last ten calls, a rate from five on, two trial calls.
Config small(auto&& change) {
  Config config;
  config.window_size = 10;
  config.minimum_calls = 5;
  config.permitted_calls_in_half_open = 2;
  change(config);
  return config;
}
Config small() {
  return small([](Config&) {});
}
Config timed(auto&& change) {
  Config config;
  config.window = Config::Window::Time;
  config.window_size = 3;
  config.minimum_calls = 10;
  change(config);
  return config;
}

const std::vector<Case> kCases{
    {"2 defaults", "99 failures: no rate yet", {}, {fail(0_s, 99), is(0_s, State::Closed)}},
    {"2 defaults", "100 failures: at the minimum", {}, {fail(0_s, 100), is(0_s, State::Open)}},
    {"2 rates", "49 of 100 failed", {}, {fail(0_s, 49), ok(0_s, 51), is(0_s, State::Closed)}},
    {"2 rates", "50 of 100 failed", {}, {fail(0_s, 50), ok(0_s, 50), is(0_s, State::Open)}},
    {"2 rates",
     "a success may trip",
     {},
     {fail(0_s, 99), is(0_s, State::Closed), ok(0_s, 1), is(0_s, State::Open)}},
    {"2 slow", "99 of 100 slow", {}, {slow(0_s, 99), ok(0_s, 1), is(0_s, State::Closed)}},
    {"2 slow", "all 100 slow", {}, {slow(0_s, 100), is(0_s, State::Open)}},
    {"2 slow",
     "slow failures count in both rates",
     small([](Config& c) {
       c.failure_rate_threshold = 100;
       c.slow_call_rate_threshold = 60;
     }),
     {slow_fail(0_s, 3), ok(0_s, 2), is(0_s, State::Open)}},
    {"2 COUNT",
     "the minimum is capped by the window",
     with([](Config& c) { c.window_size = 10; }),
     {fail(0_s, 9), is(0_s, State::Closed), fail(0_s, 1), is(0_s, State::Open)}},
    {"2 COUNT",
     "the oldest call leaves",
     small(),
     {fail(0_s, 1), ok(0_s, 9), fail(0_s, 4), is(0_s, State::Closed), fail(0_s, 1),
      is(0_s, State::Open)}},
    {"2 COUNT",
     "calls stay for as long as no others come",
     small(),
     {fail(0_s, 4), fail(1000_s, 1), is(1000_s, State::Open)}},
    {"2 TIME",
     "the current second and N-1 before count",
     timed([](Config&) {}),
     {fail(999_ms, 9), fail(2999_ms, 1), is(2999_ms, State::Open)}},
    {"2 TIME",
     "and no more",
     timed([](Config&) {}),
     {fail(999_ms, 9), fail(3_s, 1), is(3_s, State::Closed)}},
    {"2 TIME",
     "the minimum is not capped",
     timed([](Config& c) { c.minimum_calls = 100; }),
     {fail(0_s, 99), is(0_s, State::Closed), fail(0_s, 1), is(0_s, State::Open)}},
    {"2 TIME",
     "seconds are those of the clock",
     timed([](Config& c) { c.epoch_phase = 600_ms; }),
     {fail(399_ms, 9), fail(2399_ms, 1), is(2399_ms, State::Open)}},
    {"2 TIME",
     "one later they have left",
     timed([](Config& c) { c.epoch_phase = 600_ms; }),
     {fail(399_ms, 9), fail(2400_ms, 1), is(2400_ms, State::Closed)}},
    {"2 TIME lock-free",
     "slices begin with the window",
     timed([](Config& c) {
       c.epoch_phase = 600_ms;
       c.slices = Config::Slices::SinceCreation;
     }),
     {fail(399_ms, 9), fail(2999_ms, 1), is(2999_ms, State::Open)}},
    {"2 TIME",
     "time alone changes nothing: successes left, but nobody looked",
     timed([](Config&) {}),
     {ok(0_s, 11), fail(1_s, 10), is(3500_ms, State::Closed), fail(3500_ms, 1),
      is(3500_ms, State::Open)}},
    {"2 OPEN",
     "no permits until strictly after the wait",
     small(),
     {fail(0_s, 5), refused(0_s, 3), refused(60_s, 1), is(60_s, State::Open), asks(60_s + 1_ns, 1),
      is(60_s + 1_ns, State::HalfOpen)}},
    {"2 OPEN",
     "late results are recorded without effect",
     small(),
     {fail(0_s, 5), ok(1_s, 10), is(1_s, State::Open), refused(60_s, 1)}},
    {"2 OPEN",
     "the timer acts exactly at the wait when automatic",
     small([](Config& c) { c.automatic_half_open = true; }),
     {fail(0_s, 5), timer(60_s - 1_ns), is(60_s - 1_ns, State::Open), timer(60_s),
      is(60_s, State::HalfOpen)}},
    {"2 OPEN", "no timer otherwise", small(), {fail(0_s, 5), timer(70_s), is(70_s, State::Open)}},
    {"2 HALF_OPEN",
     "N permits",
     small(),
     {fail(0_s, 5), asks(61_s, 2), refused(61_s, 1), is(99_s, State::HalfOpen)}},
    {"2 HALF_OPEN",
     "an ignored call gives its permit back",
     small(),
     {fail(0_s, 5), asks(61_s, 2), ignored(62_s, 1), asks(62_s, 1), refused(62_s, 1)}},
    {"2 HALF_OPEN",
     "so does one from before, beyond N",
     small(),
     {fail(0_s, 5), asks(61_s, 1), ignored(62_s, 1), asks(62_s, 2), refused(62_s, 1)}},
    {"2 HALF_OPEN",
     "below the thresholds: closed",
     small([](Config& c) { c.failure_rate_threshold = 51; }),
     {fail(0_s, 6), asks(61_s, 2), ok(62_s, 1), is(62_s, State::HalfOpen), fail(62_s, 1),
      is(62_s, State::Closed)}},
    {"2 HALF_OPEN",
     "at a threshold: open, with a new wait",
     small(),
     {fail(0_s, 5), asks(61_s, 2), ok(62_s, 1), fail(62_s, 1), is(62_s, State::Open),
      refused(122_s, 1), asks(122_s + 1_ns, 1)}},
    {"2 HALF_OPEN",
     "slow trial calls open",
     small(),
     {fail(0_s, 5), asks(61_s, 2), slow(62_s, 2), is(62_s, State::Open)}},
    {"2 HALF_OPEN",
     "its minimum is min(minimumNumberOfCalls, N): one may decide for three",
     small([](Config& c) {
       c.minimum_calls = 1;
       c.permitted_calls_in_half_open = 3;
     }),
     {fail(0_s, 1), asks(61_s, 3), ok(62_s, 1), is(62_s, State::Closed)}},
    {"2 HALF_OPEN",
     "late results of calls from before count",
     small(),
     {fail(0_s, 5), asks(61_s, 1), ok(61_s, 2), is(61_s, State::Closed)}},
    {"2 HALF_OPEN",
     "counts calls even if the window is one of time",
     timed([](Config& c) { c.permitted_calls_in_half_open = 2; }),
     {fail(0_s, 10), asks(61_s, 2), ok(61_s, 1), ok(161_s, 1), is(161_s, State::Closed)}},
    {"2 HALF_OPEN",
     "maxWait: open",
     small([](Config& c) { c.max_wait_in_half_open = 5_s; }),
     {fail(0_s, 5), asks(61_s, 1), timer(66_s - 1_ns), is(66_s - 1_ns, State::HalfOpen),
      timer(66_s), is(66_s, State::Open)}},
    {"2 HALF_OPEN",
     "or closed if so configured",
     small([](Config& c) {
       c.max_wait_in_half_open = 5_s;
       c.after_max_wait = State::Closed;
     }),
     {fail(0_s, 5), asks(61_s, 1), timer(66_s), is(66_s, State::Closed)}},
    {"2 HALF_OPEN",
     "maxWait below a millisecond is none",
     small([](Config& c) { c.max_wait_in_half_open = 999_us; }),
     {fail(0_s, 5), asks(61_s, 1), timer(99_s), is(99_s, State::HalfOpen)}},
    {"2 windows",
     "CLOSED starts afresh",
     small(),
     {fail(0_s, 5), asks(61_s, 2), ok(61_s, 2), fail(62_s, 4), is(62_s, State::Closed),
      fail(62_s, 1), is(62_s, State::Open)}},
    {"2 interval function",
     "the wait grows with consecutive openings",
     small([](Config& c) {
       c.wait_in_open = 1_s;
       c.wait_multiplier = 2.0;
       c.wait_max = 3_s;
     }),
     {fail(0_s, 5), asks(1001_ms, 2), fail(1001_ms, 2), refused(3001_ms, 1), asks(3002_ms, 2),
      fail(3002_ms, 2), refused(6002_ms, 1), asks(6003_ms, 2), ok(6003_ms, 2),
      is(6003_ms, State::Closed), fail(7_s, 5), refused(8_s, 1), asks(8001_ms, 1)}},
    {"2 FORCED_OPEN",
     "none, for ever, whatever comes in",
     small(),
     {to(0_s, State::ForcedOpen), refused(1000_s, 2), ok(1000_s, 50),
      is(1000_s, State::ForcedOpen)}},
    {"2 DISABLED",
     "all, nothing is counted",
     small(),
     {to(0_s, State::Disabled), fail(0_s, 50), asks(0_s, 5), is(0_s, State::Disabled)}},
    {"2 METRICS_ONLY",
     "all, without consequence",
     small(),
     {to(0_s, State::MetricsOnly), fail(0_s, 50), asks(0_s, 5), is(0_s, State::MetricsOnly)}},
    {"2 states",
     "CLOSED to HALF_OPEN is illegal",
     small(),
     {to(0_s, State::HalfOpen), is(0_s, State::Closed)}},
    {"2 states",
     "FORCED_OPEN to CLOSED is manual and starts afresh",
     small(),
     {fail(0_s, 4), to(0_s, State::ForcedOpen), to(1_s, State::Closed), fail(1_s, 1),
      is(1_s, State::Closed)}},
};

TEST(Resilience4jBreaker, BehavesAsInTheTable) {
  conformance::table("breaker.resilience4j", kCases);
  for (const Case& c : kCases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    Resilience4jBreaker breaker{c.config, Instant{}};
    for (const Step& step : c.steps) {
      const Instant now = Instant::at(step.at);
      using What = Step::What;
      const bool is_slow = step.what == What::Slow || step.what == What::SlowFail;
      const Duration elapsed = is_slow ? 60_s + 1_ns : 60_s;  // the threshold itself is not slow
      for (int i = 0; i < step.count; ++i) {
        switch (step.what) {
          case What::Ok:
          case What::Slow:
            (void)breaker.on_result(false, elapsed, now);
            break;
          case What::Fail:
          case What::SlowFail:
            (void)breaker.on_result(true, elapsed, now);
            break;
          case What::Ignored:
            breaker.on_ignored();
            break;
          case What::Ask:
          case What::Refused:
            EXPECT_EQ(breaker.try_acquire(now).permitted, step.what == What::Ask)
                << to_string(step.at) << ", number " << i;
            break;
          case What::Timer:
            (void)breaker.on_timer(now);
            break;
          case What::To:
            (void)breaker.transition_to(step.state, now);
            break;
          case What::Is:
            EXPECT_EQ(breaker.state(), step.state) << to_string(step.at);
            break;
        }
      }
    }
  }
}

TEST(Resilience4jBreaker, ReportsEachChangeWithItsCause) {
  const Config config = small([](Config& c) {
    c.slow_call_rate_threshold = 50;
    c.max_wait_in_half_open = 1_s;
  });
  Resilience4jBreaker breaker{config, Instant{}};
  const Instant start;
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.on_result(true, 61_s, start));
  EXPECT_EQ(breaker.on_result(false, 1_s, start),
            (BreakerChange{State::Closed, State::Open, BreakerCause::BothRates, start}));
  EXPECT_EQ(breaker.next_timer(), Instant::never());
  const Instant trial = Instant::at(61_s);
  EXPECT_EQ(breaker.try_acquire(trial).change,
            (BreakerChange{State::Open, State::HalfOpen, BreakerCause::WaitElapsed, trial}));
  EXPECT_EQ(breaker.next_timer(), Instant::at(62_s));
  EXPECT_EQ(
      breaker.on_timer(Instant::at(62_s)),
      (BreakerChange{State::HalfOpen, State::Open, BreakerCause::TrialTooLong, Instant::at(62_s)}));
  EXPECT_EQ(breaker.openings(), 2U);
}

TEST(Resilience4jBreaker, ReportsEachRateOnceInMetricsOnly) {
  const Config config = small();
  Resilience4jBreaker breaker{config, Instant{}};
  (void)breaker.transition_to(State::MetricsOnly, Instant{});
  int reports = 0;
  for (int i = 0; i < 20; ++i) reports += breaker.on_result(true, 1_s, Instant{}).has_value();
  EXPECT_EQ(reports, 1);
  for (int i = 0; i < 20; ++i) reports += breaker.on_result(true, 61_s, Instant{}).has_value();
  EXPECT_EQ(reports, 2);
}

TEST(Resilience4jBreaker, KnowsNoRateBeforeTheMinimum) {
  const Config config = small();
  Resilience4jBreaker breaker{config, Instant{}};
  for (int i = 0; i < 4; ++i) (void)breaker.on_result(i == 0, 61_s, Instant{});
  EXPECT_EQ(breaker.failure_rate(Instant{}), std::nullopt);
  EXPECT_EQ(breaker.slow_call_rate(Instant{}), std::nullopt);
  (void)breaker.on_result(false, 1_s, Instant{});
  EXPECT_EQ(breaker.failure_rate(Instant{}), 20.0F);
  EXPECT_EQ(breaker.slow_call_rate(Instant{}), 80.0F);
}

TEST(Resilience4jBreaker, CountsTheCallsNotPermittedSinceTheWindowBegan) {
  const Config config = small();
  Resilience4jBreaker breaker{config, Instant{}};
  for (int i = 0; i < 5; ++i) (void)breaker.on_result(true, 1_s, Instant{});
  for (int i = 0; i < 7; ++i) (void)breaker.try_acquire(Instant::at(1_s));
  EXPECT_EQ(breaker.not_permitted(), 7U);
  for (int i = 0; i < 3; ++i) (void)breaker.try_acquire(Instant::at(61_s));
  EXPECT_EQ(breaker.not_permitted(), 1U);
}

struct Call {
  std::int64_t second;
  bool failed;
  bool slow;
};
OutcomeTotals recount(const std::deque<Call>& calls) {
  OutcomeTotals totals;
  for (const Call& call : calls) totals.add(call.failed, call.slow);
  return totals;
}

TEST(CountWindow, CountsWhatANaiveRecountCounts) {
  for (const std::uint32_t size : {1U, 2U, 31U, 32U, 33U, 100U, 128U, 129U, 1000U}) {
    CountWindow window{size};
    window.restart(size);
    std::deque<Call> calls;
    for (std::uint64_t i = 0; i < 3 * size + 10; ++i) {
      const std::uint64_t draw = mix64(i * 31 + size);
      const Call call{0, draw % 3 == 0, (draw >> 8) % 4 == 0};
      window.record(call.failed, call.slow);
      calls.push_back(call);
      if (calls.size() > size) calls.pop_front();
      ASSERT_EQ(window.totals(), recount(calls)) << "size " << size << " call " << i;
    }
  }
}

TEST(TimeWindow, CountsWhatANaiveRecountCounts) {
  for (const std::uint32_t size : {1U, 2U, 10U, 60U}) {
    TimeWindow window{size};
    window.restart(Instant{}, Instant{});
    std::deque<Call> calls;
    Instant now;
    for (std::uint64_t i = 0; i < 4000; ++i) {
      const std::uint64_t draw = mix64(i * 37 + size);
      const std::uint64_t scale = draw % 61 == 0 ? 90'000 : 700;
      now = now + Duration::milliseconds(static_cast<std::int64_t>((draw >> 16) % scale));
      const Call call{now.count_ns() / 1'000'000'000, draw % 3 == 0, (draw >> 8) % 4 == 0};
      if (draw % 5 != 0) {
        window.record(call.failed, call.slow, now);
        calls.push_back(call);
      }
      while (!calls.empty() && calls.front().second <= call.second - static_cast<int>(size)) {
        calls.pop_front();
      }
      ASSERT_EQ(window.at(now), recount(calls)) << "size " << size << " call " << i;
    }
  }
}

}  // namespace
}  // namespace orrery::resilience
