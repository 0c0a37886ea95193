/// @file
/// Waiting longer after every failure.
///
/// Source: Kubernetes client-go util/flowcontrol/backoff.go.
#pragma once

#include <optional>

#include "models/base/random.h"
#include "models/base/time_types.h"

namespace orrery::kubelet {

/// The back-off of one thing that is started again after it ended: a container, an image pull.
///
/// The delay runs from the end of the last attempt, not from the decision.
class BackOff {
 public:
  struct Limits {
    Duration initial;
    Duration cap;
    Duration reset;  ///< An end more than this after the last attempt starts afresh.
  };

  /// The earliest date of the next attempt after one that ended at `ended`: `ended` itself where
  /// no attempt is on record or the record is out of date.
  [[nodiscard]] Instant wait_until(Instant ended, const Limits& limits) const;

  /// Records an attempt made at `now` after one that ended at `ended`: initial, then doubling.
  void attempt(Instant ended, Instant now, const Limits& limits);

  void forget() { entry_.reset(); }

 private:
  struct Entry {
    Duration delay;
    Instant last_attempt;
  };
  [[nodiscard]] bool expired(Instant ended, const Limits& limits) const;

  std::optional<Entry> entry_;
};

/// The delay before the next try of a call that failed: doubles from `initial` to `cap`.
class RetryDelay {
 public:
  RetryDelay(Duration initial, Duration cap) : initial_{initial}, cap_{cap}, next_{initial} {}

  [[nodiscard]] Duration next();
  void reset() { next_ = initial_; }

 private:
  Duration initial_;
  Duration cap_;
  Duration next_;
};

/// `whole` x u. Requires: 0 <= u <= 1.
[[nodiscard]] Duration fraction(Duration whole, double u);

/// `base` x (1 + factor x u). Requires: 0 <= u < 1.
[[nodiscard]] Duration jittered(Duration base, double factor, double u);

}  // namespace orrery::kubelet
