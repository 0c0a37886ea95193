/// @file
/// A limiter of calls under way around a limit that learns from each of them.
///
/// Source: Netflix concurrency-limits, SimpleLimiter, AbstractLimiter.
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

/// `Limit` is AimdLimit or VegasLimit.
template <class Limit>
class ConcurrencyLimiter {
 public:
  explicit ConcurrencyLimiter(Limit limit) : limit_{limit} {}

  /// Calls under way, with this one, which the call keeps until it ends; nothing: it is rejected.
  [[nodiscard]] std::optional<std::uint32_t> try_acquire() {
    if (in_flight_ >= limit_.limit()) return std::nullopt;
    return ++in_flight_;
  }
  /// A call has ended after `rtt`, or was dropped by a limit or a timeout. `in_flight_at_start` as
  /// it was told; `draw` for limits that probe.
  void on_completed(Duration rtt, std::uint32_t in_flight_at_start, bool dropped,
                    std::uint64_t draw) {
    on_ignored();
    limit_.update(rtt, in_flight_at_start, dropped, draw);
  }
  /// A call has ended that says nothing about the limit.
  void on_ignored() {
    expects(in_flight_ > 0, "what ends has been let through");
    --in_flight_;
  }

  [[nodiscard]] std::uint32_t limit() const { return limit_.limit(); }
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }

 private:
  Limit limit_;
  std::uint32_t in_flight_ = 0;
};

}  // namespace orrery::resilience
