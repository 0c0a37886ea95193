/// @file
/// How often an agent publishes what it knows: at once, but no more often than a period allows.
///
/// Source: Kubernetes pkg/util/async/bounded_frequency_runner.go, without its upper bound.
#pragma once

#include <optional>

#include "models/ports/executor.h"

namespace orrery::discovery {

class SyncPace {
 public:
  /// `executor` must outlive it; its timer reaches `owner` with `id`.
  SyncPace(ports::Executor& executor, ports::OwnerId owner, std::uint64_t id, Duration period_min)
      : executor_{executor}, timer_{executor, owner, id}, period_min_{period_min} {}

  /// Whether to publish now. If not, the timer says when to ask again.
  [[nodiscard]] bool may_sync() {
    if (waiting_) return false;
    const Instant now = executor_.now();
    if (last_ && *last_ + period_min_ > now) {
      waiting_ = true;
      timer_.arm(*last_ + period_min_);
      return false;
    }
    last_ = now;
    return true;
  }

  /// The timer is due.
  void on_timer() { waiting_ = false; }

 private:
  ports::Executor& executor_;
  ports::Timer timer_;
  Duration period_min_;
  bool waiting_ = false;  ///< The timer is armed.
  std::optional<Instant> last_;
};

}  // namespace orrery::discovery
