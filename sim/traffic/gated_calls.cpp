/// @file
/// Calls at processes that choose whom they serve next, and whom not at all.
#include "sim/traffic/request_engine.h"

namespace orrery::sim {

bool RequestEngine::lets_in(std::uint32_t index) {
  const std::optional<std::uint32_t> in_flight = gates_[calls_[index].instance].try_enter(now_);
  if (!in_flight) return false;
  if (entries_.size() < calls_.slot_count()) entries_.resize(calls_.slot_count());
  entries_[index] = {now_, *in_flight, kNone};
  return true;
}

void RequestEngine::leave_gate(std::uint32_t index, bool served) {
  ServerGate& gate = gates_[calls_[index].instance];
  const Entry& entry = entries_[index];
  if (served) {
    gate.leave(entry.at, entry.in_flight, now_,
               draws_.bits(Purpose::Admission, calls_[index].key, 1));
  } else {
    gate.leave_unserved();
  }
}

/// The queue is linked from the oldest to the newest; here it is linked back as well.
std::uint32_t RequestEngine::take_waiting(Instance& instance, bool newest) {
  CallQueue& queue = instance.queue;
  const std::uint32_t taken = newest ? queue.tail : queue.head;
  if (taken != kNone) take_out(instance, taken);
  return taken;
}

void RequestEngine::take_out(Instance& instance, std::uint32_t index) {
  CallQueue& queue = instance.queue;
  const std::uint32_t before = entries_[index].before;
  const std::uint32_t after = calls_[index].next;
  (before == kNone ? queue.head : calls_[before].next) = after;
  (after == kNone ? queue.tail : entries_[after].before) = before;
  calls_[index].next = kNone;
  --instance.queued;
  --service_loads_[instance.service].queued;
}

std::uint32_t RequestEngine::next_admitted(std::uint32_t at) {
  while (true) {
    Instance& instance = instances_[at];
    const std::uint32_t next = take_waiting(instance, gates_[at].takes_newest(instance.queued));
    if (next == kNone || !gates_[at].drops(now_ - entries_[next].at, now_)) return next;
    leave_gate(next, false);
    calls_[next].cause = cause_of_full(at);
    answer(next, RequestOutcome::Refused);
  }
}

}  // namespace orrery::sim
