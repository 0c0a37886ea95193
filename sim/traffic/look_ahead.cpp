/// @file
/// A run with 100,000 requests under way spends most of its time waiting for memory: the record of
/// the next event is seldom in a cache. What comes is known a few events before, so it is asked
/// for.
///
/// A file of its own: a compiler that sees that nothing comes of this leaves out the call.
#include "sim/traffic/request_engine.h"

namespace orrery::sim {

void RequestEngine::look_ahead() const {
  const std::uint32_t count = calls_.slot_count();
  const ComingEvents coming = kernel_.coming();
  // Some are indices of something else, which does no harm.
  for (const std::uint32_t slot : coming.indices) {
    if (slot >= count) continue;
    __builtin_prefetch(&calls_[slot]);
    if (tries_.empty()) continue;
    const char* const its = reinterpret_cast<const char*>(&tries_[slot]);
    __builtin_prefetch(its);
    __builtin_prefetch(its + 64);
  }
  if (coming.next >= count) return;
  const Call& next = calls_[coming.next];  // Here since one of the events before.
  if (next.parent != kNone) __builtin_prefetch(&calls_[next.parent]);
  if (next.instance != kNone) __builtin_prefetch(&instances_[next.instance]);
  if (next.phase == CallPhase::Answering) {
    const ServiceIndex service = program_.sites[next.site].service;
    if (service < services_.size()) {  // Not of a probe.
      services_[service].look_ahead(next.start_ns, kernel_.now().count_ns());
    }
  }
}

}  // namespace orrery::sim
