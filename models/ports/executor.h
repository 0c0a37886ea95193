/// @file
/// Port: the clock and the timers of a world.
#pragma once

#include <cstdint>
#include <utility>

#include "models/base/time_types.h"
#include "models/ports/event.h"

namespace orrery::ports {

enum class TimerId : std::uint32_t {};

/// Virtual time in the simulator, one event-loop thread live.
///
/// Timers due at one instant fire in the order in which they were armed.
class Executor {
 public:
  virtual ~Executor() = default;

  /// The time of the event being handled. Constant while it is handled, in both worlds.
  [[nodiscard]] virtual Instant now() const = 0;

  /// A new, disarmed timer that delivers `{owner, Timer, id}` when due.
  [[nodiscard]] virtual TimerId create_timer(OwnerId owner, std::uint64_t id) = 0;

  /// Fires once at `when` (at once, but not from inside this call, if that has passed). Re-arming
  /// moves the date; it allocates nothing.
  virtual void arm(TimerId timer, Instant when) = 0;

  /// Does nothing if not armed. A timer that was disarmed never fires.
  virtual void disarm(TimerId timer) = 0;

  /// Disarms and forgets.
  virtual void destroy_timer(TimerId timer) = 0;
};

/// A timer that ends with its owner. `executor` must outlive it.
class Timer {
 public:
  Timer() = default;
  Timer(Executor& executor, OwnerId owner, std::uint64_t id)
      : executor_{&executor}, timer_{executor.create_timer(owner, id)} {}
  Timer(Timer&& other) noexcept
      : executor_{std::exchange(other.executor_, nullptr)}, timer_{other.timer_} {}
  Timer& operator=(Timer&& other) noexcept {
    if (this != &other) {
      if (executor_ != nullptr) executor_->destroy_timer(timer_);
      executor_ = std::exchange(other.executor_, nullptr);
      timer_ = other.timer_;
    }
    return *this;
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() {
    if (executor_ != nullptr) executor_->destroy_timer(timer_);
  }

  void arm(Instant when) { executor_->arm(timer_, when); }
  void disarm() { executor_->disarm(timer_); }

 private:
  Executor* executor_ = nullptr;
  TimerId timer_{};
};

}  // namespace orrery::ports
