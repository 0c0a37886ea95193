/// @file
/// Retry budgets: how many retries a client may make in all, so that they cannot multiply an
/// overload. Envoy's limit and budget, linkerd's, gRPC's throttle and the AWS SDKs' token bucket.
///
/// Source: Envoy resource_manager_impl, circuit_breaker.proto; tower TpsBudget; gRPC proposal A6;
/// botocore retries/quota.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

/// Envoy: retries under way, waiting for their back-off included, against a number or a part of the
/// requests under way.
struct EnvoyRetryLimit {
  struct Budget {
    double percent = 20.0;                    ///< Of active and pending requests. budget_percent
    std::uint32_t min_retry_concurrency = 3;  ///< The limit never falls below it.

    friend bool operator==(const Budget&, const Budget&) = default;
  };
  std::uint32_t max_retries = 3;
  std::optional<Budget> budget{};  ///< Overrides max_retries.

  /// How many retries may be under way: max(minimum, percent of requests, rounded down).
  [[nodiscard]] constexpr std::uint64_t limit(std::uint64_t active, std::uint64_t pending) const {
    if (!budget) return max_retries;
    const auto part =
        static_cast<std::uint64_t>(budget->percent / 100.0 * static_cast<double>(active + pending));
    return std::max<std::uint64_t>(part, budget->min_retry_concurrency);
  }
  /// Whether one more may begin.
  [[nodiscard]] constexpr bool has_room(std::uint64_t retries, std::uint64_t active,
                                        std::uint64_t pending) const {
    return retries < limit(active, pending);
  }

  friend bool operator==(const EnvoyRetryLimit&, const EnvoyRetryLimit&) = default;
};

struct TpsBudgetConfig {
  Duration ttl = Duration::seconds(10);  ///< 1 s to 60 s.
  std::uint32_t min_retries_per_second = 10;
  float retry_ratio = 0.2F;  ///< 0..1000.

  friend bool operator==(const TpsBudgetConfig&, const TpsBudgetConfig&) = default;
};

/// linkerd: retries up to a part of the requests that needed none, plus so many a second, within
/// the time to live of a deposit.
///
/// A ring of ten slots is committed slot by slot; the slot being overwritten counts until then, as
/// in the original. The reserve is granted for the whole ttl at once.
class TpsBudget {
 public:
  TpsBudget(const TpsBudgetConfig& config, Instant now);

  /// A response that needed no retry.
  void deposit(Instant now) {
    expire(now);
    current_ += deposit_amount_;
  }
  /// Whether a retry may begin; if so it is paid for.
  [[nodiscard]] bool withdraw(Instant now) {
    expire(now);
    if (current_ + slot_sum_ + reserve_ < withdraw_amount_) return false;
    current_ -= withdraw_amount_;
    return true;
  }

 private:
  static constexpr std::uint32_t kSlots = 10;

  void expire(Instant now) {
    if (now - generation_ >= slot_width_) commit(now);
  }
  void commit(Instant now);

  Duration slot_width_;
  Instant generation_;  ///< When the current slot began.
  std::int64_t deposit_amount_;
  std::int64_t withdraw_amount_;
  std::int64_t reserve_;
  std::int64_t current_ = 0;   ///< Of the slot not yet committed.
  std::int64_t slot_sum_ = 0;  ///< Of `slots_`.
  std::array<std::int64_t, kSlots> slots_{};
  std::uint32_t index_ = 0;
};

/// gRPC: tokens that failures take and successes slowly give back; retries and hedges only while
/// more than half are left. Kept in thousandths, as the ratio has three decimal places.
class GrpcRetryThrottle {
 public:
  /// Requires: 0 < max_tokens <= 1000, token_ratio > 0.
  GrpcRetryThrottle(std::uint32_t max_tokens, double token_ratio)
      : max_{static_cast<std::int32_t>(max_tokens) * 1000},
        ratio_{static_cast<std::int32_t>(token_ratio * 1000.0 + 1e-6)},
        tokens_{max_} {
    expects(max_tokens >= 1 && max_tokens <= 1000 && token_ratio > 0.0,
            "a retry throttle has 1..1000 tokens and a ratio above 0");
  }

  /// A listed or non-fatal code, or a push-back that forbids retries.
  void failed() { tokens_ = std::max(tokens_ - 1000, 0); }
  void succeeded() { tokens_ = std::min(tokens_ + ratio_, max_); }
  [[nodiscard]] bool allows_retry() const { return tokens_ * 2 > max_; }
  [[nodiscard]] double tokens() const { return tokens_ / 1000.0; }

 private:
  std::int32_t max_;
  std::int32_t ratio_;
  std::int32_t tokens_;
};

struct AwsRetryQuotaConfig {
  std::uint32_t capacity = 500;
  std::uint32_t retry_cost = 5;       ///< 2026 variant: 14.
  std::uint32_t timeout_cost = 10;    ///< After a connect or read timeout. 2026 variant: 14.
  std::uint32_t throttling_cost = 5;  ///< After a throttling answer.
  std::uint32_t no_retry_refund = 1;  ///< For a success that was never retried.

  friend bool operator==(const AwsRetryQuotaConfig&, const AwsRetryQuotaConfig&) = default;
};

/// AWS SDK standard mode: a bucket of tokens for the retries of one client.
class AwsRetryQuota {
 public:
  enum class Cause : std::uint8_t { Error, Timeout, Throttling };

  explicit AwsRetryQuota(const AwsRetryQuotaConfig& config)
      : config_{config}, available_{config.capacity} {}

  /// Pays for a retry and returns its price, which the request keeps for `succeeded`; nothing, and
  /// no retry, when too few tokens are left.
  [[nodiscard]] std::optional<std::uint32_t> try_acquire(Cause cause) {
    const std::uint32_t price = cause == Cause::Timeout      ? config_.timeout_cost
                                : cause == Cause::Throttling ? config_.throttling_cost
                                                             : config_.retry_cost;
    if (price > available_) return std::nullopt;
    available_ -= price;
    return price;
  }
  /// A 2xx answer: gives back the price of the request's last retry, or the refund of one that had
  /// none, up to the capacity.
  void succeeded(std::optional<std::uint32_t> last_price) {
    available_ =
        std::min(available_ + last_price.value_or(config_.no_retry_refund), config_.capacity);
  }
  [[nodiscard]] std::uint32_t available() const { return available_; }

 private:
  AwsRetryQuotaConfig config_;
  std::uint32_t available_;
};

}  // namespace orrery::resilience
