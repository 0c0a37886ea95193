/// @file
/// Hedging: a further try while an earlier one is still under way; the first good answer counts.
/// Envoy's on a per-try timeout, gRPC's by policy, and the plain one after a percentile of latency.
///
/// Source: Envoy route HedgePolicy, router (onPerTryTimeout, onUpstreamHeaders), retry_state_impl;
/// gRPC proposal A6; Dean and Barroso, "The Tail at Scale", CACM 2013.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "models/base/latency_buckets.h"
#include "models/base/time_types.h"
#include "models/resilience/retry_policy.h"

namespace orrery::resilience {

// --- Envoy: hedge_on_per_try_timeout ---

/// What follows when a try has run into its per-try timeout and is kept alive. Unlike a plain
/// per-try timeout it needs no retry condition, only a retry that is left and has room.
[[nodiscard]] inline RetryDecision decide_hedge(const RetryPolicy& policy,
                                                const RetrySituation& situation) {
  if (situation.answer_started) return RetryDecision::AnswerStarted;
  if (policy.on.empty()) return RetryDecision::NotRetriable;
  if (situation.retries_made >= policy.retries) return RetryDecision::LimitReached;
  if (!situation.has_room) return RetryDecision::NoRoom;
  if (situation.retry_at >= situation.deadline) return RetryDecision::TimeoutComesFirst;
  return RetryDecision::Retry;
}

enum class HedgedAnswer : std::uint8_t {
  Deliver,        ///< To the caller; every other try is reset.
  Retry,          ///< Like any failed try.
  WaitForOthers,  ///< Thrown away: another try may still do better.
};

/// What becomes of an answer, given the retry decision on it.
///
/// `hedged`: this try has run into its per-try timeout before, so it was retried already.
/// `others`: tries under way, and retries that wait, besides this one.
[[nodiscard]] constexpr HedgedAnswer decide_hedged_answer(RetryDecision decision, bool hedged,
                                                          std::uint32_t others) {
  if (decision == RetryDecision::NotRetriable) return HedgedAnswer::Deliver;
  if (decision == RetryDecision::Retry && !hedged) return HedgedAnswer::Retry;
  return others > 0 ? HedgedAnswer::WaitForOthers : HedgedAnswer::Deliver;
}

// --- gRPC: hedgingPolicy ---

/// A set of gRPC codes.
class GrpcCodes {
 public:
  constexpr GrpcCodes() = default;
  constexpr GrpcCodes(std::initializer_list<GrpcCode> codes) {
    for (const GrpcCode code : codes) add(code);
  }

  constexpr void add(GrpcCode code) { bits_ |= 1U << static_cast<std::uint32_t>(code); }
  [[nodiscard]] constexpr bool has(GrpcCode code) const {
    return (bits_ >> static_cast<std::uint32_t>(code) & 1U) != 0;
  }

  friend constexpr bool operator==(const GrpcCodes&, const GrpcCodes&) = default;

 private:
  std::uint32_t bits_ = 0;
};

/// More attempts than this no policy gets.
inline constexpr std::uint32_t kGrpcAttemptsMax = 5;

struct GrpcHedgingPolicy {
  std::uint32_t max_attempts = 2;  ///< The first included; above 5 it counts as 5.
  Duration hedging_delay{};        ///< 0: all at once.
  GrpcCodes non_fatal{};

  friend bool operator==(const GrpcHedgingPolicy&, const GrpcHedgingPolicy&) = default;
};

/// One hedged call. It begins with its first attempt on the way.
class GrpcHedge {
 public:
  enum class Action : std::uint8_t {
    Nothing,
    Send,     ///< The next attempt goes out now.
    Deliver,  ///< This answer goes to the caller; every other attempt is cancelled.
  };

  GrpcHedge(const GrpcHedgingPolicy& policy, Instant now)
      : delay_{policy.hedging_delay},
        next_at_{now + policy.hedging_delay},
        non_fatal_{policy.non_fatal},
        left_{std::min(policy.max_attempts, kGrpcAttemptsMax) - 1} {
    expects(policy.max_attempts >= 1, "a call has at least one attempt");
  }

  /// When `on_time` is due; Instant::never() when no further attempt goes out by itself.
  [[nodiscard]] Instant next_at() const { return left_ > 0 ? next_at_ : Instant::never(); }

  /// The hedging delay has passed. `allowed`: the throttle (GrpcRetryThrottle) has tokens; without,
  /// this call hedges no more.
  [[nodiscard]] Action on_time(Instant now, bool allowed) {
    return now < next_at() ? Action::Nothing : send_next(now, allowed);
  }

  /// An attempt has ended with OK.
  [[nodiscard]] Action on_success() { return deliver(); }

  /// An attempt has failed. A non-fatal code sends the next attempt at once, or `pushback_ms` later
  /// if the server named that; a negative one, or one that is no number, stops hedging. A code that
  /// is fatal, or the failure of the last attempt, is delivered. Requires: nothing was delivered.
  [[nodiscard]] Action on_failure(GrpcCode code, std::optional<std::int64_t> pushback_ms,
                                  Instant now, bool allowed);

 private:
  Action send_next(Instant now, bool allowed) {
    if (!allowed) left_ = 0;
    if (left_ == 0) return Action::Nothing;
    --left_;
    ++under_way_;
    next_at_ = now + delay_;
    return Action::Send;
  }
  Action deliver() {
    left_ = 0;
    under_way_ = 0;
    return Action::Deliver;
  }

  Duration delay_;
  Instant next_at_;
  GrpcCodes non_fatal_;
  std::uint32_t left_;  ///< Attempts that may still be sent.
  std::uint32_t under_way_ = 1;
};

// --- after a percentile of latency ---

struct PercentileHedgingConfig {
  std::uint32_t percentile = 95;            ///< 1..99.
  std::uint32_t extra_load_percent = 5;     ///< Hedges per 100 requests at most, in the long run.
  std::uint32_t burst = 10;                 ///< Hedges that may be saved up, >= 1.
  std::uint32_t samples_min = 100;          ///< Before that many answers nothing is hedged.
  Duration window = Duration::seconds(10);  ///< Between two looks at the percentile, > 0.
};

/// When a request to one service is hedged: once it has taken longer than most others do, as long
/// as hedges stay a small part of all requests.
///
/// At the end of each window the percentile is taken from all answers, and their weight is halved.
class PercentileHedging {
 public:
  PercentileHedging(const PercentileHedgingConfig& config, Instant now)
      : config_{config}, window_end_{now + config.window} {
    expects(config.percentile >= 1 && config.percentile <= 99, "a percentile lies in 1..99");
  }

  /// A request begins: it earns its part of a hedge. Returns how long it may take before a hedge;
  /// nothing while latencies are not known.
  [[nodiscard]] std::optional<Duration> on_request() {
    credit_ = std::min(credit_ + config_.extra_load_percent, config_.burst * 100);
    return delay_;
  }

  /// The delay has passed without an answer: whether to hedge; if so it is paid for.
  [[nodiscard]] bool take_hedge() {
    if (credit_ < 100) return false;
    credit_ -= 100;
    return true;
  }

  /// A try has been answered after `latency`.
  void record(Duration latency, Instant now) {
    if (now >= window_end_) end_window(now);
    ++counts_[latency_bucket(latency) / kMerged];
    ++count_;
  }

 private:
  static constexpr std::uint32_t kMerged = 4;  ///< Eight buckets per power of two: 12.5 % wide.

  void end_window(Instant now);

  PercentileHedgingConfig config_;
  Instant window_end_;
  std::optional<Duration> delay_;
  std::uint32_t credit_ = 0;  ///< [hundredths of a hedge]
  std::uint32_t count_ = 0;   ///< Of `counts_`.
  std::array<std::uint32_t, kLatencyBucketCount / kMerged> counts_{};
};

}  // namespace orrery::resilience
