#include "models/resilience/retry_policy.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

using End = TryResult::End;

TryResult answer(std::uint16_t status) {
  TryResult result;
  result.status = status;
  return result;
}
TryResult grpc(GrpcCode code) {
  TryResult result;
  result.grpc = code;
  return result;
}
TryResult ended(End end, bool request_started = true) {
  TryResult result;
  result.end = end;
  result.request_started = request_started;
  return result;
}
TryResult rate_limited(std::uint16_t status) {
  TryResult result = answer(status);
  result.rate_limited = true;
  return result;
}
TryResult with_header() {
  TryResult result = answer(200);
  result.retriable_header = true;
  return result;
}

TEST(RetryConditions, NameWhatTheTableSays) {
  struct Case {
    const char* rule;
    RetryConditions on;
    TryResult result;
    bool expected;
  };
  using On = RetryOn;
  const std::vector<Case> cases{
      {"5xx: 499 is none", {On::Status5xx}, answer(499), false},
      {"5xx: 500", {On::Status5xx}, answer(500), true},
      {"5xx: 599", {On::Status5xx}, answer(599), true},
      {"5xx: any reset", {On::Status5xx}, ended(End::Reset), true},
      {"5xx: connect failure", {On::Status5xx}, ended(End::ConnectFailure), true},
      {"5xx: refused stream", {On::Status5xx}, ended(End::RefusedStream), true},
      {"5xx: per-try timeout", {On::Status5xx}, ended(End::PerTryTimeout), true},
      {"5xx: success", {On::Status5xx}, answer(200), false},
      {"gateway-error: 501", {On::GatewayError}, answer(501), false},
      {"gateway-error: 502", {On::GatewayError}, answer(502), true},
      {"gateway-error: 504", {On::GatewayError}, answer(504), true},
      {"gateway-error: 505", {On::GatewayError}, answer(505), false},
      {"gateway-error: per-try timeout", {On::GatewayError}, ended(End::PerTryTimeout), true},
      {"reset: reset", {On::Reset}, ended(End::Reset), true},
      {"reset: per-try timeout", {On::Reset}, ended(End::PerTryTimeout), true},
      {"reset: connect failure", {On::Reset}, ended(End::ConnectFailure), true},
      {"reset: no status", {On::Reset}, answer(503), false},
      {"connect-failure", {On::ConnectFailure}, ended(End::ConnectFailure), true},
      {"connect-failure: no other reset", {On::ConnectFailure}, ended(End::Reset), false},
      {"connect-failure: no refused stream",
       {On::ConnectFailure},
       ended(End::RefusedStream),
       false},
      {"refused-stream", {On::RefusedStream}, ended(End::RefusedStream), true},
      {"refused-stream: no other reset", {On::RefusedStream}, ended(End::Reset), false},
      {"refused-stream: no per-try timeout", {On::RefusedStream}, ended(End::PerTryTimeout), false},
      {"retriable-4xx: 408", {On::Retriable4xx}, answer(408), false},
      {"retriable-4xx: 409", {On::Retriable4xx}, answer(409), true},
      {"retriable-4xx: 410", {On::Retriable4xx}, answer(410), false},
      {"retriable-status-codes: listed", {On::RetriableStatusCodes}, answer(418), true},
      {"retriable-status-codes: one below", {On::RetriableStatusCodes}, answer(417), false},
      {"retriable-status-codes: one above", {On::RetriableStatusCodes}, answer(419), false},
      {"a list without the condition", {On::ConnectFailure}, answer(418), false},
      {"retriable-headers", {On::RetriableHeaders}, with_header(), true},
      {"a header without the condition", {On::Status5xx}, with_header(), false},
      {"envoy-ratelimited", {On::EnvoyRateLimited}, rate_limited(429), true},
      {"never without the condition", {On::Status5xx}, rate_limited(503), false},
      {"reset-before-request: nothing sent",
       {On::ResetBeforeRequest},
       ended(End::Reset, false),
       true},
      {"reset-before-request: something sent", {On::ResetBeforeRequest}, ended(End::Reset), false},
      {"our own overflow is never retried",
       {On::Status5xx, On::Reset, On::ConnectFailure},
       ended(End::Overflow),
       false},
      {"cancelled", {On::GrpcCancelled}, grpc(GrpcCode::Cancelled), true},
      {"deadline-exceeded", {On::GrpcDeadlineExceeded}, grpc(GrpcCode::DeadlineExceeded), true},
      {"internal", {On::GrpcInternal}, grpc(GrpcCode::Internal), true},
      {"resource-exhausted", {On::GrpcResourceExhausted}, grpc(GrpcCode::ResourceExhausted), true},
      {"unavailable", {On::GrpcUnavailable}, grpc(GrpcCode::Unavailable), true},
      {"another code than named", {On::GrpcUnavailable}, grpc(GrpcCode::Internal), false},
      {"gRPC success", {On::GrpcUnavailable, On::Status5xx}, grpc(GrpcCode::Ok), false},
      {"gRPC failures have status 200", {On::Status5xx}, grpc(GrpcCode::Unavailable), false},
      {"nothing is named", {}, answer(503), false},
  };
  for (const Case& c : cases) {
    RetryPolicy policy;
    policy.on = c.on;
    policy.retriable_codes = {418};
    EXPECT_EQ(is_retriable(policy, c.result), c.expected) << "3.4: " << c.rule;
  }
}

TEST(RetryDecision, FollowsTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    std::uint32_t retries;
    RetrySituation situation;
    std::uint16_t status;
    RetryDecision expected;
  };
  const Instant t1 = Instant::at(1_s);
  const Instant t2 = Instant::at(2_s);
  const std::vector<Case> cases{
      {"3.4", "num_retries defaults to 1", 1, {0, false, true, t1, t2}, 503, RetryDecision::Retry},
      {"3.4",
       "the second would be one too many",
       1,
       {1, false, true, t1, t2},
       503,
       RetryDecision::LimitReached},
      {"3.4", "one below the limit", 3, {2, false, true, t1, t2}, 503, RetryDecision::Retry},
      {"3.4", "at the limit", 3, {3, false, true, t1, t2}, 503, RetryDecision::LimitReached},
      {"4", "attempts 0 disables", 0, {0, false, true, t1, t2}, 503, RetryDecision::LimitReached},
      {"3.4", "not named", 1, {0, false, true, t1, t2}, 200, RetryDecision::NotRetriable},
      {"3.4",
       "no room in budget or max_retries",
       1,
       {0, false, false, t1, t2},
       503,
       RetryDecision::NoRoom},
      {"3.4",
       "the limit is looked at before the room",
       1,
       {1, false, false, t1, t2},
       503,
       RetryDecision::LimitReached},
      {"3.4",
       "after headers went downstream",
       1,
       {0, true, true, t1, t2},
       503,
       RetryDecision::AnswerStarted},
      {"3.3",
       "one below the route timeout",
       1,
       {0, false, true, t2 - 1_ns, t2},
       503,
       RetryDecision::Retry},
      {"3.3",
       "at the route timeout",
       1,
       {0, false, true, t2, t2},
       503,
       RetryDecision::TimeoutComesFirst},
      {"3.3",
       "one above",
       1,
       {0, false, true, t2 + 1_ns, t2},
       503,
       RetryDecision::TimeoutComesFirst},
      {"3.3",
       "no route timeout",
       1,
       {0, false, true, t2, Instant::never()},
       503,
       RetryDecision::Retry},
  };
  conformance::table("retries", cases);
  for (const Case& c : cases) {
    RetryPolicy policy;
    policy.on = {RetryOn::Status5xx};
    policy.retries = c.retries;
    EXPECT_EQ(decide_retry(policy, answer(c.status), c.situation), c.expected)
        << c.source << ": " << c.rule;
  }
  EXPECT_EQ(decide_retry(RetryPolicy{}, answer(503), {}), RetryDecision::NotRetriable)
      << "3.4: off unless retry_on is set";
}

TEST(IstioRetryPolicy, IsTheDefaultOfItsRelease) {
  struct Case {
    const char* source;
    const char* rule;
    std::uint32_t minor;
    TryResult result;
    bool expected;
  };
  const std::vector<Case> cases{
      {"4", "connect-failure", 24, ended(End::ConnectFailure), true},
      {"4", "refused-stream", 24, ended(End::RefusedStream), true},
      {"4", "unavailable", 24, grpc(GrpcCode::Unavailable), true},
      {"4", "cancelled", 24, grpc(GrpcCode::Cancelled), true},
      {"4", "no reset after the request began", 24, ended(End::Reset), false},
      {"4", "503 until 1.23", 23, answer(503), true},
      {"4", "not from 1.24", 24, answer(503), false},
      {"4", "nor later", 25, answer(503), false},
      {"4", "no other 5xx before", 23, answer(502), false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(is_retriable(istio_default_retry_policy(c.minor, false), c.result), c.expected)
        << c.source << ": " << c.rule;
  }
  const RetryPolicy policy = istio_default_retry_policy(24, false);
  EXPECT_EQ(policy.retries, 2U);
  EXPECT_EQ(policy.host_reselection_max, 5U);
  EXPECT_TRUE(policy.avoids_previous_hosts);
  EXPECT_FALSE(istio_default_retry_policy(24, true).avoids_previous_hosts);
  EXPECT_EQ(istio_inbound_retry_policy().retries, 2U);
  EXPECT_TRUE(is_retriable(istio_inbound_retry_policy(), ended(End::Reset, false)));
  EXPECT_FALSE(is_retriable(istio_inbound_retry_policy(), ended(End::Reset)));
}

TEST(ClientRetryPolicies, RetryAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    RetryPolicy policy;
    TryResult result;
    bool expected;
  };
  const std::vector<Case> cases{
      {"2", "a failure", resilience4j_default_retry_policy(), answer(500), true},
      {"2", "an exception", resilience4j_default_retry_policy(), ended(End::Reset), true},
      {"2", "not the caller's mistake", resilience4j_default_retry_policy(), answer(404), false},
      {"7 standard", "500", aws_standard_retry_policy(), answer(500), true},
      {"7 standard", "not 501", aws_standard_retry_policy(), answer(501), false},
      {"7 standard", "502", aws_standard_retry_policy(), answer(502), true},
      {"7 standard", "504", aws_standard_retry_policy(), answer(504), true},
      {"7 standard", "not 505", aws_standard_retry_policy(), answer(505), false},
      {"7 standard", "throttling", aws_standard_retry_policy(), answer(429), true},
      {"7 standard", "no answer", aws_standard_retry_policy(), ended(End::ConnectFailure), true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(is_retriable(c.policy, c.result), c.expected) << c.source << ": " << c.rule;
    EXPECT_EQ(c.policy.retries, 2U) << c.source << ": three attempts";
  }
}

TEST(StatusCodesDeathTest, RefuseWhatIsNoStatus) {
  StatusCodes codes;
  codes.add(100);
  codes.add(599);
  EXPECT_TRUE(codes.has(100));
  EXPECT_TRUE(codes.has(599));
  EXPECT_FALSE(codes.has(600));
  EXPECT_EXIT(codes.add(99), ::testing::ExitedWithCode(70), "100..599");
  EXPECT_EXIT(codes.add(600), ::testing::ExitedWithCode(70), "100..599");
}

}  // namespace
}  // namespace orrery::resilience
