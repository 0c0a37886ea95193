/// @file
/// Slow start: a host that has just become available gets a growing part of its weight.
///
/// Source: Envoy load_balancer_impl (applySlowStartFactor), at 1.22-dev and later.
#pragma once

#include "models/base/time_types.h"

namespace orrery::resilience {

struct SlowStartConfig {
  Duration window{};         ///< 0 = off. slow_start_window
  double aggression = 1.0;   ///< > 0; 1 = linear.
  double min_weight = 0.10;  ///< Part of the weight at the start. Before 1.23: 0.

  friend bool operator==(const SlowStartConfig&, const SlowStartConfig&) = default;
};

/// The part of its weight, > 0 and at most 1, of a healthy host that has been available for `age`.
///
/// Age counts from the last passing of the active health check, without checks from joining; before
/// 1.23 always from joining. Requires: age >= 0.
[[nodiscard]] double slow_start_factor(const SlowStartConfig& config, Duration age);

}  // namespace orrery::resilience
