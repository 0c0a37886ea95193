#include "sim/kernel/kernel.h"

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

void Kernel::advance_to(Instant when) {
  expects(when >= now_, "the clock does not go back");
  expects(when <= next_time() && when <= kLatest, "the clock does not pass over an event");
  now_ = when;
}

}  // namespace orrery::sim
