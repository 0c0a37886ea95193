/// @file
/// Back-off: how long a client waits before its n-th retry, by the rules of Envoy, resilience4j,
/// gRPC, the AWS SDKs and linkerd.
///
/// `retry` counts from 1 = the first retry. `unit` is a uniform draw in [0, 1). Every delay is >=
/// 0.
///
/// Source: Envoy backoff_strategy, retry_state_impl; resilience4j IntervalFunction; gRPC proposal
/// A6 and connection-backoff; aws-arch-backoff-simulator; botocore retries; linkerd2-proxy
/// exp-backoff.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "models/base/time_types.h"

namespace orrery::resilience {

/// The same delay every time. resilience4j's default.
struct FixedBackoff {
  Duration wait = Duration::milliseconds(500);

  friend bool operator==(const FixedBackoff&, const FixedBackoff&) = default;
};

/// Envoy: fully jittered, in whole milliseconds: 0 to bound - 1.
struct EnvoyBackoff {
  enum class Formula : std::uint8_t {
    Doubling,            ///< base, doubled while below max / 2, then max: 25, 50, 100, 200, 250.
    PowersOfTwoLessOne,  ///< (2^n - 1) * base up to max: 25, 75, 175, 250. Before 1.16.
  };
  Duration base = Duration::milliseconds(25);  ///< >= 1 ms.
  Duration max = Duration::milliseconds(250);  ///< >= base. Unset in Envoy: 10 * base.
  Formula formula = Formula::Doubling;

  /// What the delay stays below.
  [[nodiscard]] Duration bound(std::uint32_t retry) const;

  friend bool operator==(const EnvoyBackoff&, const EnvoyBackoff&) = default;
};

/// resilience4j: initial * multiplier^(n-1), each step and the result cut to whole milliseconds;
/// then between 1 - factor and 1 + factor times that; at least 1 ms, at most max.
struct Resilience4jBackoff {
  Duration initial = Duration::milliseconds(500);  ///< >= 1 ms.
  double multiplier = 1.5;                         ///< >= 1.
  double randomization_factor = 0.5;               ///< 0..1; 0 = not randomised.
  Duration max = Duration::max();

  friend bool operator==(const Resilience4jBackoff&, const Resilience4jBackoff&) = default;
};

/// gRPC retries: min(initial * multiplier^(n-1), max) with jitter.
struct GrpcBackoff {
  enum class Jitter : std::uint8_t {
    FifthEitherWay,  ///< Times uniform(0.8, 1.2).
    Full,            ///< Uniform from 0 to the bound. A6 before August 2024.
  };
  Duration initial = Duration::milliseconds(100);
  Duration max = Duration::seconds(1);
  double multiplier = 2.0;  ///< > 0.
  Jitter jitter = Jitter::FifthEitherWay;

  friend bool operator==(const GrpcBackoff&, const GrpcBackoff&) = default;
};

/// gRPC connections: 1 s without jitter, then times 1.6 up to 120 s, each give or take a fifth.
struct GrpcConnectionBackoff {
  Duration initial = Duration::seconds(1);
  Duration max = Duration::seconds(120);
  double multiplier = 1.6;
  double jitter = 0.2;
  Duration connect_timeout_min = Duration::seconds(20);

  /// How long the attempt before back-off `retry` may take: its back-off, but at least the minimum.
  [[nodiscard]] Duration connect_timeout(Duration backoff) const {
    return backoff < connect_timeout_min ? connect_timeout_min : backoff;
  }

  friend bool operator==(const GrpcConnectionBackoff&, const GrpcConnectionBackoff&) = default;
};

/// The kinds compared on the AWS architecture blog, over v = min(cap, base * 2^n).
struct AwsJitterBackoff {
  enum class Kind : std::uint8_t {
    None,          ///< v.
    Full,          ///< Uniform from 0 to v.
    Equal,         ///< v/2 + uniform from 0 to v/2.
    Decorrelated,  ///< min(cap, uniform from base to 3 * the delay before), which starts at base.
  };
  Kind kind = Kind::Full;
  Duration base = Duration::milliseconds(100);
  Duration cap = Duration::seconds(20);

  friend bool operator==(const AwsJitterBackoff&, const AwsJitterBackoff&) = default;
};

/// AWS SDK standard mode: uniform from 0 to min(scale * 2^(n-1), max).
struct AwsSdkBackoff {
  /// 1 s. In the 2026 variant 50 ms, and 1 s after a throttling answer.
  Duration scale = Duration::seconds(1);
  Duration max = Duration::seconds(20);

  friend bool operator==(const AwsSdkBackoff&, const AwsSdkBackoff&) = default;
};

/// The 2026 variant's use of x-amz-retry-after: `retry_after`, but neither below the computed delay
/// nor more than 5 s above it.
[[nodiscard]] Duration aws_retry_after(Duration computed, Duration retry_after);

/// linkerd: min * 2^(n-1) up to max, plus uniform from 0 to jitter times that, up to max in all.
struct LinkerdBackoff {
  Duration min = Duration::seconds(1);
  Duration max = Duration::seconds(60);  ///< >= min.
  double jitter = 0.5;                   ///< >= 0.

  friend bool operator==(const LinkerdBackoff&, const LinkerdBackoff&) = default;
};

using Backoff =
    std::variant<FixedBackoff, EnvoyBackoff, Resilience4jBackoff, GrpcBackoff,
                 GrpcConnectionBackoff, AwsJitterBackoff, AwsSdkBackoff, LinkerdBackoff>;

[[nodiscard]] Duration backoff_delay(const FixedBackoff& backoff, std::uint32_t retry, double unit);
[[nodiscard]] Duration backoff_delay(const EnvoyBackoff& backoff, std::uint32_t retry, double unit);
[[nodiscard]] Duration backoff_delay(const Resilience4jBackoff& backoff, std::uint32_t retry,
                                     double unit);
[[nodiscard]] Duration backoff_delay(const GrpcBackoff& backoff, std::uint32_t retry, double unit);
[[nodiscard]] Duration backoff_delay(const GrpcConnectionBackoff& backoff, std::uint32_t retry,
                                     double unit);
/// `previous`: the delay before; nothing at the first retry. Only Decorrelated looks at it.
[[nodiscard]] Duration backoff_delay(const AwsJitterBackoff& backoff, std::uint32_t retry,
                                     double unit, std::optional<Duration> previous);
[[nodiscard]] Duration backoff_delay(const AwsSdkBackoff& backoff, std::uint32_t retry,
                                     double unit);
[[nodiscard]] Duration backoff_delay(const LinkerdBackoff& backoff, std::uint32_t retry,
                                     double unit);

/// Of whichever kind.
[[nodiscard]] Duration backoff_delay(const Backoff& backoff, std::uint32_t retry, double unit,
                                     std::optional<Duration> previous);

/// What a server's header says about when to come again.
enum class ResetHeader : std::uint8_t {
  Seconds,        ///< Retry-After: so many seconds from now.
  UnixTimestamp,  ///< X-RateLimit-Reset: at this second since 1970.
};

/// Envoy's rate-limited back-off.
struct RateLimitedBackoff {
  Duration max = Duration::seconds(300);  ///< A header that asks for more is ignored.

  /// Uniform in [x, 1.5 x) whole milliseconds, x from the header; nothing, so the ordinary back-off
  /// applies, when x is 0, above the maximum, or in the past. `unix_now`: seconds since 1970.
  [[nodiscard]] std::optional<Duration> delay(ResetHeader header, std::uint64_t value,
                                              std::uint64_t unix_now, double unit) const;
};

}  // namespace orrery::resilience
