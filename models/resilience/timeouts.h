/// @file
/// Timeouts of one call: of the whole request, of each try, of connecting; and whether the deadline
/// goes along to the callee.
///
/// Source: Envoy timeouts FAQ, router (FilterUtility::finalTimeout); Istio traffic policy defaults;
/// gRPC deadlines.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/base/time_types.h"

namespace orrery::resilience {

/// Who ends a try.
enum class TimeoutKind : std::uint8_t {
  PerTry,   ///< May be retried.
  Overall,  ///< Ends the request, retries included: 504.
};

/// Durations of 0 are off.
struct Timeouts {
  /// From the first try's start to the answer's end, retries and waits included.
  Duration overall{};
  Duration per_try{};
  Duration connect{};
  /// The callee is told what is left: its requests end with the caller's, at every further hop.
  bool passes_deadline_on = false;
  Duration margin{};  ///< Kept back for the way back when it is.

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

/// Envoy's: route 15 s, no per-try timeout, connect 5 s.
[[nodiscard]] constexpr Timeouts envoy_default_timeouts() {
  Timeouts timeouts;
  timeouts.overall = Duration::seconds(15);
  timeouts.connect = Duration::seconds(5);
  return timeouts;
}

/// Istio's: no route timeout, connect 10 s.
[[nodiscard]] constexpr Timeouts istio_default_timeouts() {
  Timeouts timeouts;
  timeouts.connect = Duration::seconds(10);
  return timeouts;
}

/// When the request ends at the latest: after its own timeout or at the deadline that came with it
/// (Instant::never(): none), whichever is earlier.
[[nodiscard]] constexpr Instant overall_deadline(const Timeouts& timeouts, Instant start,
                                                 Instant inherited) {
  if (timeouts.overall == Duration{}) return inherited;
  return std::min(start + timeouts.overall, inherited);
}

struct TryDeadline {
  Instant at;
  TimeoutKind kind = TimeoutKind::Overall;

  friend constexpr bool operator==(const TryDeadline&, const TryDeadline&) = default;
};

/// When a try that starts at `start` ends at the latest. At equal instants the overall timeout
/// counts, so a per-try timeout that is not shorter than it is as if it were off.
[[nodiscard]] constexpr TryDeadline try_deadline(const Timeouts& timeouts, Instant start,
                                                 Instant deadline) {
  if (timeouts.per_try == Duration{} || start + timeouts.per_try >= deadline) {
    return {deadline, TimeoutKind::Overall};
  }
  return {start + timeouts.per_try, TimeoutKind::PerTry};
}

/// What the callee inherits: the request's deadline less the margin; Instant::never() if nothing is
/// passed on or there is no deadline. The callee's own timeout may end it earlier.
///
/// At or before now the deadline is exceeded: nothing is sent.
[[nodiscard]] constexpr Instant deadline_passed_on(const Timeouts& timeouts, Instant deadline) {
  if (!timeouts.passes_deadline_on || deadline == Instant::never()) return Instant::never();
  return deadline - timeouts.margin;
}

}  // namespace orrery::resilience
