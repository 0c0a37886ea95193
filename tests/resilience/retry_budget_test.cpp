#include "models/resilience/retry_budget.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

TEST(EnvoyRetryLimit, HasRoomAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    EnvoyRetryLimit limit;
    std::uint64_t retries;
    std::uint64_t active;
    std::uint64_t pending;
    bool expected;
  };
  const EnvoyRetryLimit count;
  const EnvoyRetryLimit budget{3, EnvoyRetryLimit::Budget{}};
  const EnvoyRetryLimit tight{3, EnvoyRetryLimit::Budget{20.0, 0}};
  const std::vector<Case> cases{
      {"3.1", "max_retries 3: two under way", count, 2, 1000, 0, true},
      {"3.1", "three under way", count, 3, 1000, 0, false},
      {"3.1", "budget: never below 3", budget, 2, 0, 0, true},
      {"3.1", "budget: three are the minimum", budget, 3, 0, 0, false},
      {"3.1", "20 % of 19 is cut to 3", budget, 3, 19, 0, false},
      {"3.1", "20 % of 20 is 4", budget, 3, 20, 0, true},
      {"3.1", "and no more", budget, 4, 20, 0, false},
      {"3.1", "pending requests count", budget, 3, 10, 10, true},
      {"3.1", "it overrides max_retries", budget, 19, 100, 0, true},
      {"3.1", "at 20 %", budget, 20, 100, 0, false},
      {"3.1", "minimum 0 and no requests: none", tight, 0, 4, 0, false},
      {"3.1", "minimum 0 and 20 % of 5", tight, 0, 5, 0, true},
  };
  conformance::table("retries.limit.envoy", cases);
  for (const Case& c : cases) {
    EXPECT_EQ(c.limit.has_room(c.retries, c.active, c.pending), c.expected)
        << c.source << ": " << c.rule;
  }
}

/// Plays "d" = deposit, "w" = a withdrawal that must be granted, "x" = one that must be refused,
/// "n" = as many withdrawals as are granted; then a pause.
struct Step {
  std::string actions;
  Duration pause{};
  int granted = 0;  ///< Of all "n".
};

TEST(TpsBudget, GrantsAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    TpsBudgetConfig config;
    std::vector<Step> steps;
  };
  const TpsBudgetConfig half{1_s, 0, 0.5F};
  const TpsBudgetConfig whole{1_s, 0, 1.0F};
  const std::vector<Case> cases{
      {"5", "ratio 0.2, 10 a second for 10 s: 100 in reserve", {}, {{"n", 0_s, 100}, {"x"}}},
      {"5", "four deposits pay for no retry", {}, {{"n", 0_s, 100}, {"ddddx"}}},
      {"5", "five deposits pay for one", {}, {{"n", 0_s, 100}, {"dddddwx"}}},
      {"5", "empty without deposits or reserve", whole, {{"x"}}},
      {"5", "a deposit is forgotten after its ttl", whole, {{"d", 3_s}, {"x"}}},
      {"5", "and lasts through most of it", half, {{"dd", 901_ms}, {"wx"}}},
      {"5", "the second deposit outlives the first", half, {{"d", 301_ms}, {"d", 801_ms}, {"dwx"}}},
      {"5", "5 a second in reserve", {1_s, 5, 1.0F}, {{"wwwwwx"}}},
      {"5", "what is spent comes back after the ttl", {1_s, 5, 1.0F}, {{"wwwww", 1200_ms}, {"w"}}},
      {"5", "and not within it", {1_s, 5, 1.0F}, {{"wwwww", 900_ms}, {"x"}}},
      {"5", "ratio 0: the reserve alone", {1_s, 2, 0.0F}, {{"ddddddddwwx"}}},
      {"5", "ratio 2: two retries a deposit", {1_s, 0, 2.0F}, {{"dwwx"}}},
  };
  conformance::table("retries.limit.linkerd", cases);
  for (const Case& c : cases) {
    Instant now = Instant::at(5_s);
    TpsBudget budget{c.config, now};
    for (const Step& step : c.steps) {
      int granted = 0;
      for (const char action : step.actions) {
        if (action == 'd') budget.deposit(now);
        if (action == 'w' || action == 'x') {
          EXPECT_EQ(budget.withdraw(now), action == 'w') << c.source << ": " << c.rule;
        }
        while (action == 'n' && budget.withdraw(now)) ++granted;
      }
      EXPECT_EQ(granted, step.granted) << c.source << ": " << c.rule;
      now = now + step.pause;
    }
  }
}

TEST(TpsBudget, KeepsRetriesWithinTheRatioOfALongRun) {
  // 1000 requests a second for 100 s, each wanting a retry: 20 % of them and the reserve's rate.
  TpsBudget budget{{}, Instant{}};
  int retries = 0;
  for (int ms = 0; ms < 100'000; ++ms) {
    const Instant now = Instant::at(Duration::milliseconds(ms));
    budget.deposit(now);
    retries += budget.withdraw(now) ? 1 : 0;
  }
  EXPECT_NEAR(retries, 100 * (200 + 10), 100 * 210 * 0.02);
}

TEST(GrpcRetryThrottle, AllowsAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    std::uint32_t max_tokens;
    double ratio;
    std::string events;  ///< "f" = failure, "s" = success.
    double tokens;
    bool expected;
  };
  const std::vector<Case> cases{
      {"6 A6", "starts full", 10, 0.1, "", 10, true},
      {"6 A6", "a failure takes one", 10, 0.1, "ffff", 6, true},
      {"6 A6", "more than half is needed, not half", 10, 0.1, "fffff", 5, false},
      {"6 A6", "one success is enough again", 10, 0.1, "fffffs", 5.1, true},
      {"6 A6", "never below 0", 10, 0.1, "ffffffffffffff", 0, false},
      {"6 A6", "never above the maximum", 10, 0.1, "sss", 10, true},
      {"6 A6", "ten successes make up for a failure", 10, 0.1, "fssssssssss", 10, true},
      {"6 A6", "of an odd maximum half is 1.5", 3, 0.5, "f", 2, true},
      {"6 A6", "and 1 is less", 3, 0.5, "ff", 1, false},
      {"6 A6", "three decimal places", 10, 0.1239, "fs", 9.123, true},
  };
  conformance::table("retries.limit.grpc", cases);
  for (const Case& c : cases) {
    GrpcRetryThrottle throttle{c.max_tokens, c.ratio};
    for (const char event : c.events) {
      if (event == 'f') {
        throttle.failed();
      } else {
        throttle.succeeded();
      }
    }
    EXPECT_DOUBLE_EQ(throttle.tokens(), c.tokens) << c.source << ": " << c.rule;
    EXPECT_EQ(throttle.allows_retry(), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(AwsRetryQuota, PaysAsInTheTable) {
  using Cause = AwsRetryQuota::Cause;
  struct Case {
    const char* source;
    const char* rule;
    AwsRetryQuotaConfig config;
    std::vector<Cause> retries;
    std::vector<std::optional<std::uint32_t>> successes;
    std::uint32_t available;
  };
  const auto never_retried = std::nullopt;
  const AwsRetryQuotaConfig small{20};
  const AwsRetryQuotaConfig variant{500, 14, 14, 5, 1};
  const std::vector<Case> cases{
      {"7", "starts with 500", {}, {}, {}, 500},
      {"7", "a retry costs 5", {}, {Cause::Error}, {}, 495},
      {"7", "after a timeout 10", {}, {Cause::Timeout}, {}, 490},
      {"7", "throttling is an error like others", {}, {Cause::Throttling}, {}, 495},
      {"7", "a success gives its last price back", {}, {Cause::Error, Cause::Timeout}, {10}, 495},
      {"7", "never retried: 1", {}, {Cause::Error}, {never_retried}, 496},
      {"7", "never above the capacity", {}, {}, {never_retried}, 500},
      {"7", "exactly enough is enough", small, {Cause::Timeout, Cause::Timeout}, {}, 0},
      {"7",
       "too few: no retry and nothing paid",
       small,
       {Cause::Timeout, Cause::Error, Cause::Timeout},
       {},
       5},
      {"7 2026", "cost 14", variant, {Cause::Error}, {}, 486},
      {"7 2026", "throttling 5", variant, {Cause::Throttling}, {}, 495},
  };
  conformance::table("retries.limit.aws", cases);
  for (const Case& c : cases) {
    AwsRetryQuota quota{c.config};
    for (const Cause cause : c.retries) (void)quota.try_acquire(cause);
    for (const auto& price : c.successes) quota.succeeded(price);
    EXPECT_EQ(quota.available(), c.available) << c.source << ": " << c.rule;
  }
  AwsRetryQuota quota{small};
  EXPECT_EQ(quota.try_acquire(Cause::Timeout), 10U);
  EXPECT_EQ(quota.try_acquire(Cause::Error), 5U);
  EXPECT_EQ(quota.try_acquire(Cause::Timeout), std::nullopt);
}

TEST(RetryAmplification, IsBoundedByTheBudget) {
  // Every request fails and asks for retries as long as it may; three retries each without a
  // budget.
  AwsRetryQuota quota{{}};
  int tries = 0;
  for (int request = 0; request < 10'000; ++request) {
    ++tries;
    for (int retry = 0; retry < 3 && quota.try_acquire(AwsRetryQuota::Cause::Error); ++retry) {
      ++tries;
    }
  }
  EXPECT_EQ(tries, 10'000 + 100);  // 500 / 5, and nothing comes back
}

}  // namespace
}  // namespace orrery::resilience
