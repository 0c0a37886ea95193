#include "models/resilience/backoff.h"

#include <algorithm>
#include <type_traits>

#include "models/base/contract.h"
#include "models/resilience/draw.h"

namespace orrery::resilience {
namespace {

std::int64_t whole_ms(Duration duration) { return duration.count_ns() / 1'000'000; }

Duration from_ns(double ns) { return Duration::nanoseconds(static_cast<std::int64_t>(ns)); }

void expects_draw(std::uint32_t retry, double unit) {
  expects(retry >= 1, "retries count from 1");
  expects(unit >= 0.0 && unit < 1.0, "a unit draw lies in [0, 1)");
}

/// min(first * factor^steps, max), without overflow.
Duration grown(Duration first, double factor, std::uint32_t steps, Duration max) {
  double value = static_cast<double>(first.count_ns());
  const double limit = static_cast<double>(max.count_ns());
  for (; steps > 0 && value < limit && value > 0.0 && factor != 1.0; --steps) value *= factor;
  return value >= limit ? max : from_ns(value);
}

}  // namespace

Duration backoff_delay(const FixedBackoff& backoff, std::uint32_t retry, double unit) {
  expects_draw(retry, unit);
  return backoff.wait;
}

Duration EnvoyBackoff::bound(std::uint32_t retry) const {
  const std::int64_t base_ms = whole_ms(base);
  const std::int64_t max_ms = whole_ms(max);
  expects(retry >= 1 && base_ms >= 1 && max_ms >= base_ms,
          "Envoy's back-off has whole milliseconds and max >= base");
  std::int64_t ms = base_ms;
  if (formula == Formula::Doubling) {
    // Worked example: 25 of 250: 25 < 125 -> 50 -> 100 -> 200, not below 125 -> 250.
    for (; retry > 1 && ms != max_ms; --retry) ms = ms < max_ms / 2 ? ms * 2 : max_ms;
  } else {
    // (2^n - 1) * base: each step doubles and adds the base.
    for (; retry > 1 && ms < max_ms; --retry) ms = ms * 2 + base_ms;
  }
  return Duration::milliseconds(std::min(ms, max_ms));
}

Duration backoff_delay(const EnvoyBackoff& backoff, std::uint32_t retry, double unit) {
  expects_draw(retry, unit);
  const auto bound_ms = static_cast<double>(whole_ms(backoff.bound(retry)));
  return Duration::milliseconds(static_cast<std::int64_t>(bound_ms * unit));
}

Duration backoff_delay(const Resilience4jBackoff& backoff, std::uint32_t retry, double unit) {
  expects_draw(retry, unit);
  std::int64_t ms = whole_ms(backoff.initial);
  expects(ms >= 1 && backoff.multiplier >= 1.0, "an interval is at least 1 ms and does not shrink");
  // Beyond 2^42 ms (139 years) growth changes nothing that can be observed.
  constexpr std::int64_t kLongest = std::int64_t{1} << 42;
  for (; retry > 1 && ms < kLongest && backoff.multiplier != 1.0; --retry) {
    const auto next = static_cast<std::int64_t>(static_cast<double>(ms) * backoff.multiplier);
    if (next == ms) break;
    ms = next;
  }
  if (backoff.randomization_factor != 0.0) {
    const auto interval = static_cast<double>(ms);
    const double delta = backoff.randomization_factor * interval;
    const double low = interval - delta;
    const double high = interval + delta;
    ms = static_cast<std::int64_t>(low + unit * (high - low));
  }
  const std::int64_t longest = std::min(kLongest, whole_ms(backoff.max));
  return Duration::milliseconds(std::max<std::int64_t>(std::min(ms, longest), 1));
}

Duration backoff_delay(const GrpcBackoff& backoff, std::uint32_t retry, double unit) {
  expects_draw(retry, unit);
  const Duration bound = grown(backoff.initial, backoff.multiplier, retry - 1, backoff.max);
  if (backoff.jitter == GrpcBackoff::Jitter::Full) return part_of(bound, unit);
  return part_of(bound, 0.8 + 0.4 * unit);
}

Duration backoff_delay(const GrpcConnectionBackoff& backoff, std::uint32_t retry, double unit) {
  expects_draw(retry, unit);
  if (retry == 1) return backoff.initial;
  const Duration bound = grown(backoff.initial, backoff.multiplier, retry - 1, backoff.max);
  return part_of(bound, 1.0 - backoff.jitter + 2.0 * backoff.jitter * unit);
}

Duration backoff_delay(const AwsJitterBackoff& backoff, std::uint32_t retry, double unit,
                       std::optional<Duration> previous) {
  expects_draw(retry, unit);
  using Kind = AwsJitterBackoff::Kind;
  if (backoff.kind == Kind::Decorrelated) {
    const double low = static_cast<double>(backoff.base.count_ns());
    const double high = 3.0 * static_cast<double>(previous.value_or(backoff.base).count_ns());
    const double drawn = low + unit * (high - low);
    return std::min(backoff.cap, from_ns(drawn));
  }
  const Duration bound = grown(backoff.base, 2.0, retry, backoff.cap);
  if (backoff.kind == Kind::None) return bound;
  if (backoff.kind == Kind::Full) return part_of(bound, unit);
  return bound / 2 + part_of(bound / 2, unit);
}

Duration backoff_delay(const AwsSdkBackoff& backoff, std::uint32_t retry, double unit) {
  expects_draw(retry, unit);
  return part_of(grown(backoff.scale, 2.0, retry - 1, backoff.max), unit);
}

Duration aws_retry_after(Duration computed, Duration retry_after) {
  return std::max(computed, std::min(retry_after, computed + Duration::seconds(5)));
}

Duration backoff_delay(const LinkerdBackoff& backoff, std::uint32_t retry, double unit) {
  expects_draw(retry, unit);
  const Duration base = grown(backoff.min, 2.0, retry - 1, backoff.max);
  return base + std::min(part_of(base, backoff.jitter * unit), backoff.max - base);
}

Duration backoff_delay(const Backoff& backoff, std::uint32_t retry, double unit,
                       std::optional<Duration> previous) {
  return std::visit(
      [&](const auto& kind) {
        if constexpr (std::is_same_v<decltype(kind), const AwsJitterBackoff&>) {
          return backoff_delay(kind, retry, unit, previous);
        } else {
          return backoff_delay(kind, retry, unit);
        }
      },
      backoff);
}

std::optional<Duration> RateLimitedBackoff::delay(ResetHeader header, std::uint64_t value,
                                                  std::uint64_t unix_now, double unit) const {
  expects_draw(1, unit);
  if (header == ResetHeader::UnixTimestamp) {
    if (value < unix_now) return std::nullopt;
    value -= unix_now;
  }
  const auto longest = static_cast<std::uint64_t>(max.count_ns() / 1'000'000'000);
  if (value == 0 || value > longest) return std::nullopt;
  const std::int64_t ms = static_cast<std::int64_t>(value) * 1000;
  const auto more = static_cast<std::int64_t>(static_cast<double>(ms / 2) * unit);
  return Duration::milliseconds(ms + more);
}

}  // namespace orrery::resilience
