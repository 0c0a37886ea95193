#include "models/resilience/priority_load.h"

#include <algorithm>

namespace orrery::resilience {
namespace {

std::uint32_t health_of(const PriorityLoadConfig& config, const HostTally& tally,
                        std::uint64_t available) {
  const std::uint64_t countable = tally.hosts - tally.excluded;
  if (countable == 0) return 0;
  // Worked example: 5 of 8 healthy: 140 * 5 / 8 = 87.5, hence 87.
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(100, config.overprovisioning_factor * available / countable));
}

bool in_panic(const PriorityLoadConfig& config, const HostTally& count) {
  const std::uint64_t countable = count.hosts - count.excluded;
  if (countable == 0) return config.panic_threshold > 0;
  return 100 * (count.healthy + count.degraded) <
         std::uint64_t{std::min(config.panic_threshold, 100U)} * countable;
}

/// Nobody is well: by the number of hosts.
void spread_by_size(std::span<const PriorityTally> priorities, std::span<PriorityLoad> loads) {
  std::uint64_t total = 0;
  for (const PriorityTally& priority : priorities) total += priority.count.hosts;
  for (PriorityLoad& load : loads) load.healthy = load.degraded = 0;
  if (total == 0) {
    loads[0].healthy = 100;
    return;
  }
  std::uint32_t rest = 100;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    loads[i].healthy = static_cast<std::uint32_t>(100 * priorities[i].count.hosts / total);
    rest -= loads[i].healthy;
  }
  const auto first = std::find_if(priorities.begin(), priorities.end(),
                                  [](const PriorityTally& p) { return p.count.hosts > 0; });
  loads[static_cast<std::size_t>(first - priorities.begin())].healthy += rest;
}

}  // namespace

void spread_over_priorities(const PriorityLoadConfig& config,
                            std::span<const PriorityTally> priorities,
                            std::span<PriorityLoad> loads) {
  expects(!priorities.empty() && priorities.size() == loads.size(),
          "each priority gets its load, and there is one");
  const auto health = [&](std::size_t i, bool degraded) {
    const PriorityTally& priority = priorities[i];
    const HostTally& tally = config.weighted_priority_health ? priority.weight : priority.count;
    return health_of(config, tally, degraded ? tally.degraded : tally.healthy);
  };
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    loads[i] = {};
    total += health(i, false) + health(i, true);
  }
  total = std::min(total, 100U);
  if (total > 0) {
    // Healthy hosts of all priorities first, then degraded ones; what rounding leaves goes to the
    // first that has any.
    std::uint32_t rest = 100;
    std::uint32_t* first = nullptr;
    for (const bool degraded : {false, true}) {
      for (std::size_t i = 0; i < loads.size(); ++i) {
        const std::uint32_t available = health(i, degraded);
        std::uint32_t& load = degraded ? loads[i].degraded : loads[i].healthy;
        load = std::min(rest, available * 100 / total);
        rest -= load;
        if (first == nullptr && available > 0) first = &load;
      }
    }
    *first += rest;
  }
  if (total == 0 && config.panic_threshold == 0) {
    loads[0].healthy = 100;
    return;
  }
  bool all_panic = true;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    loads[i].panic = total < 100 && in_panic(config, priorities[i].count);
    all_panic = all_panic && loads[i].panic;
  }
  if (all_panic) spread_by_size(priorities, loads);
}

}  // namespace orrery::resilience
