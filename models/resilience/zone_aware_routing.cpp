#include "models/resilience/zone_aware_routing.h"

namespace orrery::resilience {

void ZoneAwareRouting::refresh(const ZoneAwareConfig& config, std::span<const ZoneTally> zones,
                               bool local_panic) {
  mode_ = Mode::Off;
  routing_enabled_ = config.routing_enabled;
  std::uint32_t local_zones = 0;
  std::uint32_t upstream_zones = 0;
  std::uint32_t local_total = 0;
  std::uint32_t upstream_total = 0;
  for (const ZoneTally& zone : zones) {
    local_zones += zone.local_hosts > 0;
    upstream_zones += zone.upstream_hosts > 0;
    local_total += zone.local_healthy;
    upstream_total += zone.upstream_healthy;
  }
  if (local_panic || local_zones < 2 || upstream_zones < 2) return;
  if (config.equal_zone_counts && local_zones != upstream_zones) return;
  if (zones[0].upstream_healthy == 0 || zones[0].local_hosts == 0) return;
  if (upstream_total < config.min_cluster_size) return;

  // Worked example: zones of 50, 30 and 20 % of the callers, 25, 50 and 25 % of the called: half of
  // the requests stay, the rest goes to the others as 20 : 5.
  const auto share = [](std::uint32_t part, std::uint32_t whole) -> std::uint32_t {
    return whole == 0 ? 0 : static_cast<std::uint32_t>(std::uint64_t{10'000} * part / whole);
  };
  const std::uint32_t own_local = share(zones[0].local_healthy, local_total);
  const std::uint32_t own_upstream = share(zones[0].upstream_healthy, upstream_total);
  if (config.force_locality_direct_routing || own_upstream >= own_local) {
    mode_ = Mode::Own;
    return;
  }
  mode_ = Mode::Shared;
  own_share_ = own_upstream * 10'000 / own_local;
  residual_.assign(zones.size(), 0);
  for (std::size_t i = 1; i < zones.size(); ++i) {
    const std::uint32_t local = share(zones[i].local_healthy, local_total);
    const std::uint32_t upstream = share(zones[i].upstream_healthy, upstream_total);
    residual_[i] = residual_[i - 1] + (upstream > local ? upstream - local : 0);
  }
}

}  // namespace orrery::resilience
