/// @file
/// The discrete-event kernel: virtual time, one total order of events, cancellable timers.
#pragma once

#include <cstdint>

#include "models/base/time_types.h"

namespace orrery::sim {

/// Decides between events at one instant: SimGrid's completions, then ordinary events, then
/// timeouts, so that an answer beats its deadline. Within a class, the one armed first.
enum class EventClass : std::uint8_t { Fabric = 0, Ordinary = 1, Timeout = 2 };

/// What is due: a plain record, dispatched by a switch over `kind`.
struct KernelEvent {
  std::uint8_t kind = 0;    ///< 0..15. 0..7 belong to sim/traffic, 8..15 to sim/world.
  std::uint32_t index = 0;  ///< 0..2^28-1: a slot of whoever owns the kind.
};

enum class KernelTimer : std::uint32_t {};

class Kernel {
 public:
  Kernel();
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  [[nodiscard]] Instant now() const;

  /// Requires: when >= now(), kind < 16, index < 2^28. Cannot be cancelled.
  void schedule(Instant when, EventClass event_class, KernelEvent event);

  /// A timer, disarmed. Its event is delivered when it fires.
  [[nodiscard]] KernelTimer create_timer(KernelEvent event);
  /// Moves the date if armed. Counts as armed now: it stands behind events armed earlier.
  void arm(KernelTimer timer, Instant when, EventClass event_class);
  void disarm(KernelTimer timer);
  [[nodiscard]] bool armed(KernelTimer timer) const;
  void destroy_timer(KernelTimer timer);

  /// The date of the next event, or Instant::never().
  [[nodiscard]] Instant next_time();

  /// Takes the next event if it is due at or before `limit`, and moves the clock to it.
  [[nodiscard]] bool pop(Instant limit, KernelEvent& event);

  /// Moves the clock forward to a date at which something outside the kernel happens.
  /// Requires: now() <= when <= next_time().
  void advance_to(Instant when);

  /// Events popped so far.
  [[nodiscard]] std::uint64_t dispatched() const;
};

}  // namespace orrery::sim
