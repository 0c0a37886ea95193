#include "models/resilience/timeouts.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

Instant at(Duration t) { return Instant::at(t); }

Timeouts timeouts(Duration overall, Duration per_try) {
  Timeouts t;
  t.overall = overall;
  t.per_try = per_try;
  return t;
}

TEST(Timeouts, EndTriesAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    Timeouts timeouts;
    Duration request_start;
    Duration try_start;
    Instant inherited;
    TryDeadline expected;
  };
  const auto per_try = TimeoutKind::PerTry;
  const auto overall = TimeoutKind::Overall;
  const Instant none = Instant::never();
  const std::vector<Case> cases{
      {"3.3",
       "route timeout 15 s, none per try",
       envoy_default_timeouts(),
       1_s,
       3_s,
       none,
       {at(16_s), overall}},
      {"3.3", "0 = off", timeouts(0_s, 0_s), 1_s, 3_s, none, {none, overall}},
      {"3.3",
       "per try, from the try's start",
       timeouts(10_s, 2_s),
       0_s,
       3_s,
       none,
       {at(5_s), per_try}},
      {"3.3", "per try alone", timeouts(0_s, 2_s), 0_s, 3_s, none, {at(5_s), per_try}},
      {"3.3",
       "one below the route's end",
       timeouts(10_s, 2_s),
       0_s,
       8_s - 1_ns,
       none,
       {at(10_s - 1_ns), per_try}},
      {"3.3", "at the route's end", timeouts(10_s, 2_s), 0_s, 8_s, none, {at(10_s), overall}},
      {"3.3", "past the route's end", timeouts(10_s, 2_s), 0_s, 9_s, none, {at(10_s), overall}},
      {"3.3", "per try = overall is off", timeouts(2_s, 2_s), 0_s, 0_s, none, {at(2_s), overall}},
      {"3.3",
       "per try one below overall",
       timeouts(2_s, 2_s - 1_ns),
       0_s,
       0_s,
       none,
       {at(2_s - 1_ns), per_try}},
      {"6",
       "an earlier inherited deadline",
       timeouts(10_s, 0_s),
       0_s,
       0_s,
       at(4_s),
       {at(4_s), overall}},
      {"6", "a later one", timeouts(10_s, 0_s), 0_s, 0_s, at(11_s), {at(10_s), overall}},
      {"6", "no timeout of its own", timeouts(0_s, 0_s), 0_s, 0_s, at(4_s), {at(4_s), overall}},
      {"4", "Istio: no route timeout", istio_default_timeouts(), 0_s, 0_s, none, {none, overall}},
  };
  conformance::table("timeout", cases);
  conformance::table("perTryTimeout", cases);
  for (const Case& c : cases) {
    const Instant deadline = overall_deadline(c.timeouts, at(c.request_start), c.inherited);
    EXPECT_EQ(try_deadline(c.timeouts, at(c.try_start), deadline), c.expected)
        << c.source << ": " << c.rule;
  }
  EXPECT_EQ(envoy_default_timeouts().connect, 5_s);
  EXPECT_EQ(istio_default_timeouts().connect, 10_s);
}

TEST(Timeouts, PassDeadlinesOnAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    bool passes_on;
    Duration margin;
    Instant deadline;
    Instant expected;
  };
  const std::vector<Case> cases{
      {"6", "remaining less the margin", true, 50_ms, at(2_s), at(1950_ms)},
      {"6", "no margin", true, 0_s, at(2_s), at(2_s)},
      {"6", "no deadline", true, 50_ms, Instant::never(), Instant::never()},
      {"3.3", "HTTP routes pass nothing on", false, 0_s, at(2_s), Instant::never()},
  };
  conformance::table("passDeadline", cases);
  conformance::table("deadlineMargin", cases);
  for (const Case& c : cases) {
    Timeouts t = timeouts(1_s, 0_s);
    t.passes_deadline_on = c.passes_on;
    t.margin = c.margin;
    EXPECT_EQ(deadline_passed_on(t, c.deadline), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(ConnectTimeout, IsThatOfTheProductUnlessItIsGiven) {
  struct Case {
    const char* source;
    const char* rule;
    Timeouts timeouts;
    Duration expected;
  };
  Timeouts given = envoy_default_timeouts();
  given.connect = 250_ms;
  const std::vector<Case> cases{
      {"3.3", "Envoy: 5 s", envoy_default_timeouts(), 5_s},
      {"4", "Istio: 10 s", istio_default_timeouts(), 10_s},
      {"3.3", "one of its own", given, 250_ms},
  };
  conformance::table("connectTimeout", cases);
  for (const Case& c : cases) {
    EXPECT_EQ(c.timeouts.connect, c.expected) << c.source << ": " << c.rule;
  }
}

TEST(Timeouts, ShrinkFromHopToHop) {
  // Three hops, each with 1 s of its own and a margin of 100 ms, 10 ms on the way.
  Timeouts t = timeouts(1_s, 0_s);
  t.passes_deadline_on = true;
  t.margin = 100_ms;
  Instant now;
  Instant inherited = Instant::never();
  std::vector<Duration> left;
  for (int hop = 0; hop < 3; ++hop) {
    const Instant deadline = overall_deadline(t, now, inherited);
    left.push_back(deadline - now);
    inherited = deadline_passed_on(t, deadline);
    now = now + 10_ms;
  }
  EXPECT_EQ(left, (std::vector<Duration>{1_s, 890_ms, 780_ms}));
}

}  // namespace
}  // namespace orrery::resilience
