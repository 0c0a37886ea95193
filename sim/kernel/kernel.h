/// @file
/// The discrete-event kernel: virtual time, one total order of events, cancellable timers.
///
/// Events are plain records of 16 bytes, dispatched by a switch of whoever pops them. In steady
/// state nothing is allocated: memory stays at the peak number of pending events and timers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "models/base/contract.h"
#include "models/base/time_types.h"
#include "sim/kernel/event_queue.h"
#include "sim/kernel/timer_wheel.h"

namespace orrery::sim {

/// Decides between events at one instant: SimGrid's completions, then ordinary events, then
/// timeouts, so that an answer beats its deadline. Within a class, the one armed first.
enum class EventClass : std::uint8_t { Fabric = 0, Ordinary = 1, Timeout = 2 };

/// What is due: a plain record, dispatched by a switch over `kind`.
struct KernelEvent {
  std::uint8_t kind = 0;    ///< 0..31. 0..15 belong to sim/traffic, 16..31 to sim/world.
  std::uint32_t index = 0;  ///< 0..2^27-1: a slot of whoever owns the kind.

  friend bool operator==(const KernelEvent&, const KernelEvent&) = default;
};

enum class KernelTimer : std::uint32_t {};

/// What is likely to be popped soon, for whoever wants the records of it to be near by then.
struct ComingEvents {
  static constexpr std::uint32_t kNone = 0xffff'ffff;

  std::array<std::uint32_t, 4> indices{};  ///< Of KernelEvents; kNone: a timer, or nothing.
  std::uint32_t next = kNone;              ///< That of them which is first.
};

struct KernelOptions {
  /// Time buckets replace the plain heap while more than about this many events are pending. It
  /// decides speed, never order.
  std::size_t buckets_above = 512;
};

class Kernel {
 public:
  /// The last date an event can have: 2.28 years after the start.
  static constexpr Instant kLatest =
      Instant::at(Duration::nanoseconds((std::int64_t{1} << PackedEvent::kTimeBits) - 2));

  Kernel() : Kernel{KernelOptions{}} {}
  explicit Kernel(KernelOptions options) : queue_{options.buckets_above} {}
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  [[nodiscard]] Instant now() const { return now_; }

  /// Cannot be cancelled. Requires: now() <= when <= kLatest, kind < 32, index < 2^27.
  void schedule(Instant when, EventClass event_class, KernelEvent event) {
    queue_.push(next_in_order(when, event_class, false, packed(event)));
  }

  /// A timer, disarmed. Its event is delivered when it fires.
  /// Requires: kind < 32, index < 2^27.
  [[nodiscard]] KernelTimer create_timer(KernelEvent event) {
    return KernelTimer{wheel_.create(packed(event))};
  }

  /// Moves the date if armed. Counts as armed now: it stands behind events armed earlier.
  /// Allocates nothing. Requires: the timer exists, now() <= when <= kLatest.
  void arm(KernelTimer timer, Instant when, EventClass event_class) {
    const std::uint32_t index = existing(timer);
    wheel_.disarm(index);
    const PackedEvent event = next_in_order(when, event_class, true, index);
    if (wheel_.arm(index, event)) queue_.push(event);
  }

  /// Does nothing if not armed. Requires: the timer exists.
  void disarm(KernelTimer timer) { wheel_.disarm(existing(timer)); }

  [[nodiscard]] bool armed(KernelTimer timer) const { return wheel_.armed(existing(timer)); }

  /// Disarms and forgets; the id may be given to a new timer. Requires: the timer exists.
  void destroy_timer(KernelTimer timer) {
    const std::uint32_t index = existing(timer);
    wheel_.disarm(index);
    wheel_.destroy(index);
  }

  /// The date of the next event, or Instant::never().
  [[nodiscard]] Instant next_time();

  /// Takes the next event if it is due at or before `limit`, and moves the clock to it. A timer is
  /// disarmed when its event is taken.
  [[nodiscard]] bool pop(Instant limit, KernelEvent& event) {
    const PackedEvent first = queue_.top();
    if (first.is_timer() || first.time() >= wheel_.earliest_bound()) {
      const std::optional<KernelEvent> taken = pop_beside_timers(limit);
      if (taken) event = *taken;
      return taken.has_value();
    }
    if (first.time() > static_cast<std::uint64_t>(limit.count_ns())) return false;
    event = take(first, first.payload());
    return true;
  }

  /// Right after pop(). A hint: an event may still be scheduled before these.
  [[nodiscard]] ComingEvents coming() const {
    const std::span<const PackedEvent, 4> nearest = queue_.nearest();
    ComingEvents coming;
    std::size_t first = 0;
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      if (nearest[i] < nearest[first]) first = i;
      coming.indices[i] = nearest[i].is_timer()
                              ? ComingEvents::kNone
                              : nearest[i].payload() & ((std::uint32_t{1} << kIndexBits) - 1);
    }
    coming.next = coming.indices[first];
    return coming;
  }

  /// Moves the clock forward to a date at which something outside the kernel happens.
  /// Requires: now() <= when <= next_time(), when <= kLatest.
  void advance_to(Instant when);

  /// Events popped so far.
  [[nodiscard]] std::uint64_t dispatched() const { return dispatched_; }

 private:
  static constexpr unsigned kIndexBits = 27;

  /// pop() where a timer may be the next.
  /// By value: an event whose address is known is written to memory in parts, and read as a whole
  /// from there only once both have arrived.
  [[nodiscard]] std::optional<KernelEvent> pop_beside_timers(Instant limit);
  /// It is what top() has returned.
  [[nodiscard]] KernelEvent take(PackedEvent first, std::uint32_t payload) {
    queue_.pop();
    now_ = Instant::at(Duration::nanoseconds(static_cast<std::int64_t>(first.time())));
    ++dispatched_;
    return {static_cast<std::uint8_t>(payload >> kIndexBits),
            payload & ((std::uint32_t{1} << kIndexBits) - 1)};
  }

  [[nodiscard]] static std::uint32_t packed(KernelEvent event) {
    expects(event.kind < 32 && event.index >> kIndexBits == 0,
            "an event's kind has 5 bits and its index 27");
    return std::uint32_t{event.kind} << kIndexBits | event.index;
  }

  [[nodiscard]] std::uint32_t existing(KernelTimer timer) const {
    const auto index = static_cast<std::uint32_t>(timer);
    expects(wheel_.exists(index), "a timer is used between its creation and its destruction");
    return index;
  }

  [[nodiscard]] PackedEvent next_in_order(Instant when, EventClass event_class, bool is_timer,
                                          std::uint32_t payload) {
    expects(when >= now_, "an event is not scheduled in the past");
    expects(when <= kLatest, "an event is scheduled within 2.28 years of the start");
    ++sequence_;
    expects(sequence_ >> PackedEvent::kSequenceBits == 0, "a run has fewer than 2^37 events");
    return PackedEvent{static_cast<std::uint64_t>(when.count_ns()),
                       static_cast<std::uint64_t>(event_class), sequence_, is_timer, payload};
  }

  Instant now_;
  std::uint64_t sequence_ = 0;
  std::uint64_t dispatched_ = 0;
  EventQueue queue_;
  TimerWheel wheel_;
};

}  // namespace orrery::sim
