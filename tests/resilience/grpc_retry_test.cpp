#include "models/resilience/grpc_retry.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace orrery::resilience {
namespace {

TEST(GrpcRetry, DelaysAsInTheTable) {
  struct Failure {
    GrpcCode code = GrpcCode::Unavailable;
    std::optional<std::int64_t> pushback_ms{};
    bool allowed = true;
  };
  struct Case {
    const char* source;
    const char* rule;
    std::uint32_t max_attempts;
    std::vector<Failure> before;
    Failure last;
    std::optional<Duration> expected;
  };
  const Failure plain;
  const std::vector<Case> cases{
      {"6", "first retry: the initial back-off", 4, {}, plain, 100_ms},
      {"6", "second: doubled", 4, {plain}, plain, 200_ms},
      {"6", "maxAttempts includes the first", 2, {plain}, plain, std::nullopt},
      {"6", "one attempt: no retry", 1, {}, plain, std::nullopt},
      {"6", "four retries", 9, {plain, plain, plain}, plain, 800_ms},
      {"6", "capped at five attempts", 9, {plain, plain, plain, plain}, plain, std::nullopt},
      {"6", "only listed codes", 4, {}, {GrpcCode::Internal}, std::nullopt},
      {"6", "not while throttled", 4, {}, {GrpcCode::Unavailable, {}, false}, std::nullopt},
      {"6", "push-back: exactly that", 4, {plain}, {GrpcCode::Unavailable, 70}, 70_ms},
      {"6", "push-back 0", 4, {}, {GrpcCode::Unavailable, 0}, 0_ms},
      {"6", "negative push-back stops", 4, {}, {GrpcCode::Unavailable, -1}, std::nullopt},
      {"6",
       "after push-back the back-off restarts",
       5,
       {plain, {GrpcCode::Unavailable, 70}},
       plain,
       100_ms},
      {"6",
       "push-back counts as an attempt",
       2,
       {{GrpcCode::Unavailable, 70}},
       plain,
       std::nullopt},
  };
  for (const Case& c : cases) {
    const GrpcRetryPolicy policy{c.max_attempts, {100_ms, 1_s, 2.0}, {GrpcCode::Unavailable}};
    GrpcRetry retry;
    for (const Failure& f : c.before) {
      (void)retry.on_failure(policy, f.code, f.pushback_ms, f.allowed, 0.5);
    }
    EXPECT_EQ(retry.on_failure(policy, c.last.code, c.last.pushback_ms, c.last.allowed, 0.5),
              c.expected)
        << c.source << ": " << c.rule;
  }
}

TEST(GrpcRetry, RepeatsTransparentlyWhatNoServerProcessed) {
  GrpcRetry retry;
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(retry.retries_transparently(GrpcUnprocessed::NeverLeft)) << "any number";
  }
  EXPECT_TRUE(retry.retries_transparently(GrpcUnprocessed::ServerRefused)) << "once";
  EXPECT_FALSE(retry.retries_transparently(GrpcUnprocessed::ServerRefused)) << "and not twice";
  EXPECT_TRUE(retry.retries_transparently(GrpcUnprocessed::NeverLeft));
  EXPECT_EQ(retry.attempts(), 1U) << "none of them is counted";
}

}  // namespace
}  // namespace orrery::resilience
