#include "sim/kernel/kernel.h"

#include <algorithm>

namespace orrery::sim {

Instant Kernel::next_time() {
  PackedEvent first = queue_.top();
  while (first.is_timer() && first != PackedEvent::last() && !wheel_.is_current(first)) {
    queue_.pop();
    first = queue_.top();
  }
  if (first.time() >= wheel_.earliest_bound()) first = std::min(first, wheel_.first());
  if (first == PackedEvent::last()) return Instant::never();
  return Instant::at(Duration::nanoseconds(static_cast<std::int64_t>(first.time())));
}

std::optional<KernelEvent> Kernel::pop_beside_timers(Instant limit) {
  const auto until = static_cast<std::uint64_t>(std::min(limit, kLatest).count_ns());
  for (;;) {
    const PackedEvent first = queue_.top();
    if (first.time() >= wheel_.earliest_bound()) {
      if (wheel_.earliest_bound() > until) return std::nullopt;
      wheel_.step(queue_);
    } else if (first.time() > until) {
      return std::nullopt;
    } else if (!first.is_timer()) {
      return take(first, first.payload());
    } else if (!wheel_.is_current(first)) {
      queue_.pop();
    } else {
      const std::uint32_t timer = first.payload();
      wheel_.disarm(timer);
      return take(first, wheel_.payload(timer));
    }
  }
}

void Kernel::advance_to(Instant when) {
  expects(when >= now_, "the clock does not go back");
  expects(when <= next_time() && when <= kLatest, "the clock does not pass over an event");
  now_ = when;
}

}  // namespace orrery::sim
