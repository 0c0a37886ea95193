#include "models/resilience/hedging.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/resilience/draw.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

Instant at(Duration t) { return Instant::at(t); }

TEST(EnvoyHedging, StartsATryAtAPerTryTimeoutAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    RetryConditions on;
    RetrySituation situation;
    RetryDecision expected;
  };
  const RetryConditions connect{RetryOn::ConnectFailure};
  const std::vector<Case> cases{
      {"3.4",
       "whatever the condition",
       connect,
       {0, false, true, at(1_s), at(2_s)},
       RetryDecision::Retry},
      {"3.4", "if any is set", {}, {0, false, true, at(1_s), at(2_s)}, RetryDecision::NotRetriable},
      {"3.4",
       "and retries are left",
       connect,
       {1, false, true, at(1_s), at(2_s)},
       RetryDecision::LimitReached},
      {"3.4",
       "and there is room",
       connect,
       {0, false, false, at(1_s), at(2_s)},
       RetryDecision::NoRoom},
      {"3.4",
       "and time",
       connect,
       {0, false, true, at(2_s), at(2_s)},
       RetryDecision::TimeoutComesFirst},
      {"3.4",
       "and nothing went downstream",
       connect,
       {0, true, true, at(1_s), at(2_s)},
       RetryDecision::AnswerStarted},
  };
  for (const Case& c : cases) {
    RetryPolicy policy;
    policy.on = c.on;
    EXPECT_EQ(decide_hedge(policy, c.situation), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(EnvoyHedging, TreatsAnswersAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    RetryDecision decision;
    bool hedged;
    std::uint32_t others;
    HedgedAnswer expected;
  };
  using D = RetryDecision;
  const std::vector<Case> cases{
      {"3.4", "a good answer wins", D::NotRetriable, false, 1, HedgedAnswer::Deliver},
      {"3.4", "from the slow first try too", D::NotRetriable, true, 1, HedgedAnswer::Deliver},
      {"3.4", "an error before the timeout is retried", D::Retry, false, 0, HedgedAnswer::Retry},
      {"3.4", "an error of a hedged try waits for the hedge", D::Retry, true, 1,
       HedgedAnswer::WaitForOthers},
      {"3.4", "an error of the last is delivered", D::Retry, true, 0, HedgedAnswer::Deliver},
      {"3.4", "no retries left, others under way", D::LimitReached, false, 1,
       HedgedAnswer::WaitForOthers},
      {"3.4", "no retries left and alone", D::LimitReached, false, 0, HedgedAnswer::Deliver},
      {"3.4", "no room, others under way", D::NoRoom, false, 2, HedgedAnswer::WaitForOthers},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(decide_hedged_answer(c.decision, c.hedged, c.others), c.expected)
        << c.source << ": " << c.rule;
  }
}

/// Plays events on a hedged call: "t<ms>" = time passes to then (attempts go out when due, each an
/// "S<ms>" in the result), "n" / "f" = an attempt fails with a non-fatal / fatal code, "p<ms>" = a
/// non-fatal failure with push-back, "x" = the throttle is empty from now on, "o" = success. "D" in
/// the result: delivered.
std::string play(const GrpcHedgingPolicy& policy, const std::vector<std::string>& events) {
  std::int64_t now_ms = 0;
  bool allowed = true;
  std::string result;
  GrpcHedge hedge{policy, Instant{}};
  const auto now = [&] { return at(Duration::milliseconds(now_ms)); };
  const auto note = [&](GrpcHedge::Action action) {
    if (action == GrpcHedge::Action::Send) result += "S" + std::to_string(now_ms) + " ";
    if (action == GrpcHedge::Action::Deliver) result += "D" + std::to_string(now_ms) + " ";
  };
  for (const std::string& event : events) {
    switch (event[0]) {
      case 't': {
        const std::int64_t until = std::stoll(event.substr(1));
        while (hedge.next_at() <= at(Duration::milliseconds(until))) {
          now_ms = std::max(now_ms, hedge.next_at().count_ns() / 1'000'000);
          note(hedge.on_time(now(), allowed));
        }
        now_ms = until;
        EXPECT_EQ(hedge.on_time(now(), allowed), GrpcHedge::Action::Nothing) << "nothing is due";
        break;
      }
      case 'n':
        note(hedge.on_failure(GrpcCode::Unavailable, {}, now(), allowed));
        break;
      case 'f':
        note(hedge.on_failure(GrpcCode::Internal, {}, now(), allowed));
        break;
      case 'p':
        note(hedge.on_failure(GrpcCode::Unavailable, std::stoll(event.substr(1)), now(), allowed));
        break;
      case 'o':
        note(hedge.on_success());
        break;
      default:
        allowed = false;
    }
  }
  return result;
}

TEST(GrpcHedging, SendsAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    std::uint32_t max_attempts;
    Duration delay;
    std::vector<std::string> events;
    std::string expected;
  };
  const std::vector<Case> cases{
      {"6", "one more after each delay", 3, 100_ms, {"t1000"}, "S100 S200 "},
      {"6", "not before the delay", 3, 100_ms, {"t99"}, ""},
      {"6", "at the delay", 3, 100_ms, {"t100"}, "S100 "},
      {"6", "maxAttempts is capped at 5", 9, 100_ms, {"t1000"}, "S100 S200 S300 S400 "},
      {"6", "one attempt: no hedge", 1, 100_ms, {"t1000"}, ""},
      {"6", "delay 0: all at once", 3, 0_ms, {"t0"}, "S0 S0 "},
      {"6", "success ends it", 3, 100_ms, {"t50", "o", "t1000"}, "D50 "},
      {"6", "success of a hedge too", 3, 100_ms, {"t150", "o", "t1000"}, "S100 D150 "},
      {"6", "non-fatal: the next at once", 3, 100_ms, {"t50", "n"}, "S50 "},
      {"6", "and the delay counts from there", 3, 100_ms, {"t50", "n", "t1000"}, "S50 S150 "},
      {"6", "fatal ends all", 3, 100_ms, {"t150", "f", "t1000"}, "S100 D150 "},
      {"6", "a failure while others are under way", 2, 100_ms, {"t150", "n"}, "S100 "},
      {"6", "the last failure is delivered", 2, 100_ms, {"t150", "n", "n"}, "S100 D150 "},
      {"6", "push-back: the next then", 3, 100_ms, {"t50", "p30", "t79"}, ""},
      {"6", "push-back: exactly then", 3, 100_ms, {"t50", "p30", "t80"}, "S80 "},
      {"6", "push-back 0: at once", 3, 100_ms, {"t50", "p0", "t50"}, "S50 "},
      {"6", "negative push-back stops", 3, 100_ms, {"t150", "p-1", "t1000"}, "S100 "},
      {"6", "and the last failure is delivered", 3, 100_ms, {"t50", "p-1"}, "D50 "},
      {"6", "throttled: no hedges", 3, 100_ms, {"x", "t1000"}, ""},
      {"6", "throttled: a failure is delivered", 3, 100_ms, {"x", "t50", "n"}, "D50 "},
  };
  conformance::table("hedging", cases);
  for (const Case& c : cases) {
    const GrpcHedgingPolicy policy{c.max_attempts, c.delay, {GrpcCode::Unavailable}};
    EXPECT_EQ(play(policy, c.events), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(PercentileHedging, WaitsForThePercentileOfItsWindows) {
  PercentileHedging hedging{{95, 5, 10, 100, 10_s}, Instant{}};
  EXPECT_EQ(hedging.on_request(), std::nullopt) << "nothing is known";
  for (int ms = 1; ms <= 100; ++ms) hedging.record(Duration::milliseconds(ms), at(1_s));
  EXPECT_EQ(hedging.on_request(), std::nullopt) << "the window is not over";
  hedging.record(1_ms, at(10_s));
  const Duration delay = *hedging.on_request();
  EXPECT_GE(delay, 95_ms);
  EXPECT_LE(delay, 95_ms + 95_ms / 8) << "a bucket is an eighth wide at most";
}

TEST(PercentileHedging, KnowsNothingFromTooFewAnswers) {
  PercentileHedging hedging{{95, 5, 10, 100, 10_s}, Instant{}};
  for (int i = 0; i < 99; ++i) hedging.record(1_ms, at(1_s));
  hedging.record(1_ms, at(10_s));  // ends the window with 99
  EXPECT_EQ(hedging.on_request(), std::nullopt);
  hedging.record(1_ms, at(20_s));  // ends the next with 100
  EXPECT_NE(hedging.on_request(), std::nullopt);
}

TEST(PercentileHedging, ForgetsOldLatencies) {
  PercentileHedging hedging{{95, 5, 10, 100, 1_s}, Instant{}};
  for (int window = 0; window < 20; ++window) {
    const Duration latency = window < 10 ? 500_ms : 5_ms;
    for (int i = 0; i < 200; ++i) hedging.record(latency, at(Duration::seconds(window)));
  }
  EXPECT_LT(*hedging.on_request(), 6_ms);
}

TEST(PercentileHedging, CapsItsExtraLoad) {
  struct Case {
    const char* source;
    const char* rule;
    PercentileHedgingConfig config;
    int requests;
    int hedges;  ///< When every request asks for one.
  };
  const std::vector<Case> cases{
      {"7", "5 % of the requests", {95, 5, 10, 100, 10_s}, 1000, 50},
      {"7", "one below the first", {95, 5, 10, 100, 10_s}, 19, 0},
      {"7", "the twentieth pays for one", {95, 5, 10, 100, 10_s}, 20, 1},
      {"7", "off", {95, 0, 10, 100, 10_s}, 1000, 0},
  };
  for (const Case& c : cases) {
    PercentileHedging hedging{c.config, Instant{}};
    int hedges = 0;
    for (int i = 0; i < c.requests; ++i) {
      (void)hedging.on_request();
      hedges += hedging.take_hedge() ? 1 : 0;
    }
    EXPECT_EQ(hedges, c.hedges) << c.source << ": " << c.rule;
  }
  PercentileHedging saved{{95, 5, 10, 100, 10_s}, Instant{}};
  for (int i = 0; i < 10'000; ++i) (void)saved.on_request();
  int burst = 0;
  while (saved.take_hedge()) ++burst;
  EXPECT_EQ(burst, 10) << "what is saved up is bounded";
}

}  // namespace
}  // namespace orrery::resilience
