/// @file
/// Priorities and panic: how a proxy spreads requests over the priorities of a cluster, and when it
/// gives up looking at health.
///
/// Source: Envoy load_balancer_impl (LoadBalancerBase) and its test, at 1.22-dev and later.
#pragma once

#include <cstdint>
#include <span>

#include "models/base/contract.h"

namespace orrery::resilience {

struct PriorityLoadConfig {
  std::uint32_t overprovisioning_factor = 140;  ///< [%]
  std::uint32_t panic_threshold = 50;           ///< [%], 0: never.
  bool weighted_priority_health = false;        ///< Health by weight instead of by count.
  bool fail_traffic_on_panic = false;           ///< In panic nobody is chosen.

  friend bool operator==(const PriorityLoadConfig&, const PriorityLoadConfig&) = default;
};

/// The hosts of one priority: their number or the sum of their weights.
struct HostTally {
  std::uint64_t hosts = 0;     ///< All.
  std::uint64_t excluded = 0;  ///< Of these, hosts that are not to be counted.
  std::uint64_t healthy = 0;
  std::uint64_t degraded = 0;
};
struct PriorityTally {
  HostTally count;
  HostTally weight;  ///< Looked at with weighted_priority_health only.
};

/// What one priority gets.
struct PriorityLoad {
  std::uint32_t healthy = 0;   ///< [%] to its healthy hosts.
  std::uint32_t degraded = 0;  ///< [%] to its degraded hosts.
  bool panic = false;

  friend bool operator==(const PriorityLoad&, const PriorityLoad&) = default;
};

/// Fills `loads`, one for each priority, highest first; they sum up to 100 unless no host anywhere
/// is available and no priority panics. To be called when hosts or their health change.
///
/// Requires: as many loads as priorities, at least one.
void spread_over_priorities(const PriorityLoadConfig& config,
                            std::span<const PriorityTally> priorities,
                            std::span<PriorityLoad> loads);

enum class HostSource : std::uint8_t {
  Healthy,
  Degraded,
  All,   ///< Panic.
  None,  ///< Panic, and traffic fails on it.
};

struct PriorityChoice {
  std::uint32_t priority = 0;
  HostSource source = HostSource::Healthy;

  friend bool operator==(const PriorityChoice&, const PriorityChoice&) = default;
};

/// Where one request goes: `hash`, a draw or what the request is hashed by, modulo 100 decides.
[[nodiscard]] inline PriorityChoice choose_priority(const PriorityLoadConfig& config,
                                                    std::span<const PriorityLoad> loads,
                                                    std::uint64_t hash) {
  const std::uint64_t position = hash % 100 + 1;
  std::uint64_t sum = 0;
  for (const HostSource source : {HostSource::Healthy, HostSource::Degraded}) {
    for (std::uint32_t priority = 0; priority < loads.size(); ++priority) {
      const PriorityLoad& load = loads[priority];
      sum += source == HostSource::Healthy ? load.healthy : load.degraded;
      if (position > sum) continue;
      if (!load.panic) return {priority, source};
      return {priority, config.fail_traffic_on_panic ? HostSource::None : HostSource::All};
    }
  }
  // No load anywhere: the first priority, whose healthy hosts are none.
  return {0, HostSource::Healthy};
}

}  // namespace orrery::resilience
