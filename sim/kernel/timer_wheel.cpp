#include "sim/kernel/timer_wheel.h"

#include <limits>

#include "models/base/contract.h"

namespace orrery::sim {

TimerWheel::TimerWheel() : nodes_(kListCount) {
  for (std::uint32_t list = 0; list < kListCount; ++list) {
    nodes_[list].next = list;
    nodes_[list].previous = list;
  }
}

std::uint32_t TimerWheel::create(std::uint32_t payload) {
  std::uint32_t timer = free_;
  if (timer == 0) {
    expects(nodes_.size() < std::numeric_limits<std::uint32_t>::max(),
            "fewer than 2^32 timers exist at a time");
    timer = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    free_ = nodes_[timer].next;
  }
  nodes_[timer].payload = payload;
  nodes_[timer].place = Place::Idle;
  return timer;
}

void TimerWheel::destroy(std::uint32_t timer) {
  nodes_[timer].place = Place::Free;
  nodes_[timer].next = free_;
  free_ = timer;
}

std::uint64_t TimerWheel::begin_of(std::uint32_t list) const {
  const unsigned low_bits = static_cast<unsigned>(list / kListsPerLevel) * kLevelBits;
  const std::uint64_t above = cursor_ >> (low_bits + kLevelBits) << kLevelBits;
  return (above | list % kListsPerLevel) << (low_bits + kTickBits);
}

std::uint32_t TimerWheel::first_list() {
  for (std::uint32_t level = 0; level < kLevels; ++level) {
    while (occupied_[level] != 0) {
      const auto digit = static_cast<std::uint32_t>(std::countr_zero(occupied_[level]));
      const std::uint32_t list = level * kListsPerLevel + digit;
      if (nodes_[list].next != list) return list;
      occupied_[level] &= occupied_[level] - 1;
    }
  }
  return kListCount;
}

PackedEvent TimerWheel::first() {
  const std::uint32_t list = first_list();
  earliest_bound_ = list == kListCount ? kNoTimer : begin_of(list);
  PackedEvent first = PackedEvent::last();
  if (list == kListCount) return first;
  for (std::uint32_t at = nodes_[list].next; at != list; at = nodes_[at].next) {
    if (nodes_[at].event < first) first = nodes_[at].event;
  }
  return first;
}

void TimerWheel::step(EventQueue& queue) {
  const std::uint32_t list = first_list();
  const std::uint64_t begin = list == kListCount ? kNoTimer : begin_of(list);
  if (begin != earliest_bound_) {  // What the bound was for has been disarmed.
    earliest_bound_ = begin;
    return;
  }
  cursor_ = begin >> kTickBits;
  occupied_[list / kListsPerLevel] &= ~(std::uint64_t{1} << (list % kListsPerLevel));
  std::uint32_t timer = nodes_[list].next;
  nodes_[list].next = list;
  nodes_[list].previous = list;
  while (timer != list) {
    const std::uint32_t next = nodes_[timer].next;
    if (arm(timer, nodes_[timer].event)) queue.push(nodes_[timer].event);
    timer = next;
  }
  const std::uint32_t following = first_list();
  earliest_bound_ = following == kListCount ? kNoTimer : begin_of(following);
}

}  // namespace orrery::sim
