/// @file
/// Which tries are followed by another: Envoy's retry conditions, the number of retries, and what
/// suppresses them; Istio's default policy.
///
/// Source: Envoy router filter docs, retry_state_impl, router; Istio pilot retry.go; resilience4j
/// RetryConfig; botocore retries/standard.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

/// Conditions, one bit each.
enum class RetryOn : std::uint32_t {
  Status5xx = 1U << 0,     ///< 5xx: any such status and every kind of reset.
  GatewayError = 1U << 1,  ///< gateway-error: 502, 503, 504 and every kind of reset.
  Reset = 1U << 2,         ///< reset: every kind.
  ConnectFailure = 1U << 3,
  RefusedStream = 1U << 4,
  Retriable4xx = 1U << 5,          ///< 409 alone.
  RetriableStatusCodes = 1U << 6,  ///< Those of the policy's list.
  RetriableHeaders = 1U << 7,      ///< Answers that carry one of the route's headers.
  EnvoyRateLimited = 1U << 8,      ///< Answers with x-envoy-ratelimited, otherwise never retried.
  ResetBeforeRequest = 1U << 9,    ///< Resets before anything of the request was sent.
  GrpcCancelled = 1U << 10,
  GrpcDeadlineExceeded = 1U << 11,
  GrpcInternal = 1U << 12,
  GrpcResourceExhausted = 1U << 13,
  GrpcUnavailable = 1U << 14,
};

/// A set of conditions.
class RetryConditions {
 public:
  constexpr RetryConditions() = default;
  constexpr RetryConditions(std::initializer_list<RetryOn> conditions) {
    for (const RetryOn condition : conditions) add(condition);
  }

  constexpr void add(RetryOn condition) { bits_ |= static_cast<std::uint32_t>(condition); }

  [[nodiscard]] constexpr bool has(RetryOn condition) const {
    return (bits_ & static_cast<std::uint32_t>(condition)) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(RetryConditions, RetryConditions) = default;

 private:
  std::uint32_t bits_ = 0;
};

/// A set of HTTP status codes 100..599.
class StatusCodes {
 public:
  constexpr StatusCodes() = default;
  constexpr StatusCodes(std::initializer_list<std::uint16_t> codes) {
    for (const std::uint16_t code : codes) add(code);
  }

  /// Requires: 100 <= code <= 599.
  constexpr void add(std::uint16_t code) {
    expects(code >= 100 && code <= 599, "a status code lies in 100..599");
    words_[code / 64] |= std::uint64_t{1} << (code % 64);
  }
  [[nodiscard]] constexpr bool has(std::uint16_t code) const {
    return code < 600 && (words_[code / 64] >> (code % 64) & 1U) != 0;
  }
  friend constexpr bool operator==(const StatusCodes&, const StatusCodes&) = default;

 private:
  std::array<std::uint64_t, 10> words_{};
};

/// Status codes of gRPC that matter to retries, with their numbers.
enum class GrpcCode : std::uint8_t {
  Ok = 0,
  Cancelled = 1,
  Unknown = 2,
  DeadlineExceeded = 4,
  ResourceExhausted = 8,
  Aborted = 10,
  Internal = 13,
  Unavailable = 14,
};

/// How one try ended.
struct TryResult {
  enum class End : std::uint8_t {
    Answer,          ///< With `status`, and `grpc` if it was a gRPC call.
    ConnectFailure,  ///< No connection came about, in time or at all.
    RefusedStream,   ///< The server refused the stream before processing it.
    Reset,           ///< The connection or stream broke.
    PerTryTimeout,   ///< Envoy resets the stream: a kind of reset.
    Overflow,        ///< Our own circuit breaker had no room; never retried.
  };
  End end = End::Answer;
  std::uint16_t status = 200;
  std::optional<GrpcCode> grpc{};
  bool rate_limited = false;      ///< The answer carries x-envoy-ratelimited.
  bool retriable_header = false;  ///< The answer carries one of the route's retriable headers.
  bool request_started = true;    ///< Something of the request was sent.
};

struct RetryPolicy {
  RetryConditions on{};       ///< Empty: no retries.
  std::uint32_t retries = 1;  ///< At most, besides the first try. num_retries
  StatusCodes retriable_codes{};
  std::uint32_t host_reselection_max = 1;  ///< host_selection_retry_max_attempts
  bool avoids_previous_hosts = false;      ///< Predicate previous_hosts.

  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

/// Whether the conditions name this end.
[[nodiscard]] bool is_retriable(const RetryPolicy& policy, const TryResult& result);

/// What follows a try.
enum class RetryDecision : std::uint8_t {
  Retry,              ///< Wait for the back-off, then try again.
  NotRetriable,       ///< No condition names it: the result goes to the caller.
  LimitReached,       ///< Retriable, but the retries are used up.
  NoRoom,             ///< Retriable, but the retry budget or max_retries has no room.
  AnswerStarted,      ///< Headers have already gone to the caller.
  TimeoutComesFirst,  ///< The route's timeout ends the request before the retry would start.
};

/// What is known when a try has ended.
struct RetrySituation {
  std::uint32_t retries_made = 0;
  bool answer_started = false;
  bool has_room = true;                 ///< Of retry_budget.h.
  Instant retry_at{};                   ///< Now plus the back-off.
  Instant deadline = Instant::never();  ///< Of the route's timeout.
};

/// Decides in Envoy's order: answer started, condition, limit, room; then the timeout, which fires
/// at its deadline whether a retry waits or not.
[[nodiscard]] inline RetryDecision decide_retry(const RetryPolicy& policy, const TryResult& result,
                                                const RetrySituation& situation) {
  if (situation.answer_started) return RetryDecision::AnswerStarted;
  if (policy.on.empty() || !is_retriable(policy, result)) return RetryDecision::NotRetriable;
  if (situation.retries_made >= policy.retries) return RetryDecision::LimitReached;
  if (!situation.has_room) return RetryDecision::NoRoom;
  if (situation.retry_at >= situation.deadline) return RetryDecision::TimeoutComesFirst;
  return RetryDecision::Retry;
}

/// Istio's policy of HTTP routes that name none, of release 1.`minor`: two retries of
/// connect-failure, refused-stream, unavailable, cancelled; before 1.24 also of status 503. With
/// consistent hashing previous hosts are not avoided.
[[nodiscard]] RetryPolicy istio_default_retry_policy(std::uint32_t minor, bool consistent_hashing);

/// Istio's policy of inbound routes of its newest releases: two retries of resets before the
/// request.
[[nodiscard]] RetryPolicy istio_inbound_retry_policy();

/// resilience4j's default: three attempts, so two retries, after any failure.
[[nodiscard]] RetryPolicy resilience4j_default_retry_policy();

/// AWS SDK standard mode: three attempts, so two retries, after 500, 502, 503, 504, 429 (which
/// stands for the error codes of throttling), and whatever kept an answer from coming.
[[nodiscard]] RetryPolicy aws_standard_retry_policy();

}  // namespace orrery::resilience
