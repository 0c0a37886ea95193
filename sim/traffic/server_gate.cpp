#include "sim/traffic/server_gate.h"

#include <algorithm>

namespace orrery::sim {

using namespace resilience;

ServerGate::ServerGate(const ServerPolicy& policy, std::uint32_t queue_max, Instant now,
                       std::uint64_t draw)
    : queue_{policy.queue} {
  queue_.length_max = queue_max;
  if (policy.codel) codel_.emplace(*policy.codel, now);
  if (const auto* aimd = std::get_if<AimdLimitConfig>(&policy.limit)) {
    limit_.emplace<Aimd>(AimdLimit{*aimd});
  } else if (const auto* vegas = std::get_if<VegasLimitConfig>(&policy.limit)) {
    limit_.emplace<Vegas>(VegasLimit{*vegas, draw});
  } else if (const auto* gradient = std::get_if<GradientLimitConfig>(&policy.limit)) {
    limit_.emplace<Gradient>(*gradient, now);
  }
}

std::optional<std::uint32_t> ServerGate::try_enter(Instant now) {
  if (auto* aimd = std::get_if<Aimd>(&limit_)) return aimd->try_acquire();
  if (auto* vegas = std::get_if<Vegas>(&limit_)) return vegas->try_acquire();
  if (auto* gradient = std::get_if<Gradient>(&limit_)) {
    // Only requests look at it, so what was due since the last one is made up for.
    while (gradient->next_timer() <= now) gradient->on_timer(gradient->next_timer());
    if (!gradient->try_acquire()) return std::nullopt;
    return gradient->in_flight();
  }
  return 0;
}

void ServerGate::leave(Instant entered, std::uint32_t in_flight, Instant now, std::uint64_t draw) {
  if (auto* aimd = std::get_if<Aimd>(&limit_)) {
    aimd->on_completed(now - entered, in_flight, false, draw);
  } else if (auto* vegas = std::get_if<Vegas>(&limit_)) {
    // Work that takes no time says nothing about queues.
    const Duration took = std::max(now - entered, Duration::nanoseconds(1));
    vegas->on_completed(took, in_flight, false, draw);
  } else if (auto* gradient = std::get_if<Gradient>(&limit_)) {
    while (gradient->next_timer() <= now) gradient->on_timer(gradient->next_timer());
    gradient->on_completed(entered, now, draw);
  }
}

void ServerGate::leave_unserved() {
  if (auto* aimd = std::get_if<Aimd>(&limit_)) aimd->on_ignored();
  if (auto* vegas = std::get_if<Vegas>(&limit_)) vegas->on_ignored();
  if (auto* gradient = std::get_if<Gradient>(&limit_)) gradient->on_cancelled();
}

bool ServerGate::drops(Duration waited, Instant now) {
  const bool delayed = codel_ && codel_->drops(waited, now);
  return delayed || queue_.is_too_old(waited);
}

}  // namespace orrery::sim
