#include "models/resilience/failure_accrual.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

using State = FailureAccrual::State;

Instant at(Duration t) { return Instant::at(t); }

FailureAccrualConfig consecutive(std::uint32_t max_failures = 7) {
  FailureAccrualConfig config;
  config.max_failures = max_failures;
  return config;
}
FailureAccrualConfig unified(std::uint32_t max_failures = 7) {
  FailureAccrualConfig config = consecutive(max_failures);
  config.success_rate = SuccessRateConfig{};
  return config;
}

/// "s" = success, "f" = failure, "r" = rate limited; a digit: so many seconds pass.
FailureAccrual played(const FailureAccrualConfig& config, const std::string& answers,
                      Instant& now) {
  FailureAccrual accrual{config, now};
  for (const char c : answers) {
    if (c >= '0' && c <= '9') {
      now = now + Duration::seconds(c - '0');
      continue;
    }
    accrual.on_answer(c == 's'   ? EndpointAnswer::Success
                      : c == 'f' ? EndpointAnswer::Failure
                                 : EndpointAnswer::RateLimited,
                      now, 0.0);
  }
  return accrual;
}

TEST(FailureAccrual, TakesAnEndpointOutAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    FailureAccrualConfig config;
    std::string answers;
    State expected;
  };
  const auto up = State::Available;
  const auto down = State::Unavailable;
  const std::vector<Case> cases{
      {"5", "six in a row", consecutive(), "ffffff", up},
      {"5", "seven in a row", consecutive(), "fffffff", down},
      {"5", "a success between", consecutive(), "ffffffsffffff", up},
      {"5", "time does not matter", consecutive(), "fff9999ffff", down},
      {"5", "429 is no failure to it", consecutive(), "rrrrrrrrrrrr", up},
      {"5", "429 ends a row", consecutive(), "ffffffrffffff", up},
      {"5 unified", "four responses are too few", unified(), "rrrr", up},
      {"5 unified", "five are enough", unified(), "rrrrr", down},
      {"5 unified", "at 80 %", unified(), "ssssr", up},
      {"5 unified", "below 80 %", unified(), "sssrr", down},
      {"5 unified", "a failure counts as well", unified(), "sssff", down},
      {"5 unified", "8 of 10", unified(), "ssssssssrr", up},
      {"5 unified", "8 of 11", unified(), "ssssssssrrr", down},
      {"5 unified", "within 10 s", unified(), "rrrr9r", down},
      {"5 unified", "after 10 s the old ones are gone", unified(), "rrrr91r", up},
      {"5 unified", "a row is enough before five responses", unified(3), "fff", down},
      {"5 unified", "the row may be off", unified(0), "ffff", up},
      {"5 unified", "a rate without a row", unified(0), "fffff", down},
  };
  conformance::table("failureAccrual", cases);
  for (const Case& c : cases) {
    Instant now;
    const FailureAccrual accrual = played(c.config, c.answers, now);
    EXPECT_EQ(accrual.state(now), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(FailureAccrual, ProbesOnceWhenItsBackoffHasPassed) {
  Instant now;
  FailureAccrual accrual = played(consecutive(), "fffffff", now);
  EXPECT_FALSE(accrual.is_ready(at(1_s - 1_ns))) << "1 s";
  EXPECT_EQ(accrual.state(at(1_s)), State::Probation);
  EXPECT_TRUE(accrual.is_ready(at(1_s)));
  accrual.on_request(at(1_s));
  EXPECT_FALSE(accrual.is_ready(at(1_s))) << "a single probe";
  accrual.on_answer(EndpointAnswer::Success, at(1100_ms), 0.0);
  EXPECT_TRUE(accrual.is_ready(at(1100_ms))) << "success: back";
  for (int i = 0; i < 6; ++i) accrual.on_answer(EndpointAnswer::Failure, at(1200_ms), 0.0);
  EXPECT_TRUE(accrual.is_ready(at(1200_ms))) << "and counting from 0";
}

TEST(FailureAccrual, BacksOffAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    int failed_probes;
    double unit;
    Duration expected;
  };
  const std::vector<Case> cases{
      {"5", "1 s", 0, 0.0, 1_s},
      {"5", "plus up to half of it", 0, 0.5, 1250_ms},
      {"5", "a failed probe doubles it", 1, 0.0, 2_s},
      {"5", "32 s", 5, 0.0, 32_s},
      {"5", "60 s at most", 6, 0.0, 60_s},
      {"5", "jitter included", 6, 0.9, 60_s},
      {"5", "and on", 9, 0.0, 60_s},
  };
  for (const Case& c : cases) {
    Instant now;
    FailureAccrual accrual{consecutive(1), now};
    accrual.on_answer(EndpointAnswer::Failure, now, c.failed_probes == 0 ? c.unit : 0.0);
    for (int i = 1; i <= c.failed_probes; ++i) {
      now = accrual.unavailable_until();
      accrual.on_request(now);
      accrual.on_answer(EndpointAnswer::Failure, now, i == c.failed_probes ? c.unit : 0.0);
    }
    EXPECT_EQ(accrual.unavailable_until() - now, c.expected) << c.source << ": " << c.rule;
  }
}

TEST(FailureAccrual, BacksOffFromTheStartAgainOnceItWasBack) {
  Instant now;
  FailureAccrual accrual{consecutive(1), now};
  for (const auto answer : {EndpointAnswer::Failure, EndpointAnswer::Failure,
                            EndpointAnswer::Success, EndpointAnswer::Failure}) {
    accrual.on_request(now);
    accrual.on_answer(answer, now, 0.0);
    if (answer == EndpointAnswer::Failure) now = accrual.unavailable_until();
  }
  EXPECT_EQ(now, at(1_s + 2_s + 1_s));
}

TEST(FailureAccrual, JudgesAProbeByItsMode) {
  struct Case {
    const char* source;
    const char* rule;
    FailureAccrualConfig config;
    EndpointAnswer answer;
    State expected;
  };
  const std::vector<Case> cases{
      {"5", "a failed probe", consecutive(), EndpointAnswer::Failure, State::Unavailable},
      {"5", "429 brings it back", consecutive(), EndpointAnswer::RateLimited, State::Available},
      {"5 unified", "429 does not", unified(), EndpointAnswer::RateLimited, State::Unavailable},
      {"5 unified", "success does", unified(), EndpointAnswer::Success, State::Available},
  };
  for (const Case& c : cases) {
    Instant now;
    FailureAccrual accrual = played(c.config, "fffffff", now);
    accrual.on_request(at(1_s));
    accrual.on_answer(c.answer, at(1_s), 0.0);
    EXPECT_EQ(accrual.state(at(1_s)), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(FailureAccrual, IgnoresAnswersThatComeWhileItIsOut) {
  Instant now;
  FailureAccrual accrual = played(consecutive(), "fffffff", now);
  accrual.on_answer(EndpointAnswer::Success, at(500_ms), 0.0);
  EXPECT_FALSE(accrual.is_ready(at(500_ms)));
  accrual.on_answer(EndpointAnswer::Failure, at(999_ms), 0.0);
  EXPECT_TRUE(accrual.is_ready(at(1_s))) << "and they do not prolong it";
}

TEST(FailureAccrual, BeginsItsWindowAnewAfterAProbe) {
  Instant now;
  FailureAccrual accrual = played(unified(), "rrrrr", now);
  accrual.on_request(at(1_s));
  accrual.on_answer(EndpointAnswer::Success, at(1_s), 0.0);
  for (int i = 0; i < 4; ++i) accrual.on_answer(EndpointAnswer::RateLimited, at(1_s), 0.0);
  EXPECT_EQ(accrual.state(at(1_s)), State::Available) << "four responses since it is back";
  accrual.on_answer(EndpointAnswer::RateLimited, at(1_s), 0.0);
  EXPECT_EQ(accrual.state(at(1_s)), State::Unavailable);
}

TEST(FailureAccrualDeathTest, RefusesASecondProbe) {
  Instant now;
  FailureAccrual accrual = played(consecutive(), "fffffff", now);
  EXPECT_EXIT(accrual.on_request(at(0_s)), ::testing::ExitedWithCode(70), "not ready");
}

}  // namespace
}  // namespace orrery::resilience
