#include "sim/traffic/localities.h"

#include <algorithm>

namespace orrery::sim {

void Localities::take_hosts(std::span<const std::uint32_t> zones) {
  parts_.assign(1, HostPart{});
  zones_.assign(1, own_zone_);
  const bool by_zone = needs_peers();
  for (std::uint32_t host = 0; host < zones.size(); ++host) {
    const bool own = zones[host] == own_zone_;
    const bool joins = by_zone ? zones[host] == zones_.back() : own == (parts_.size() == 1);
    if (!joins) {
      parts_.push_back({static_cast<std::uint32_t>(parts_.size()), host, 0, false});
      zones_.push_back(zones[host]);
    }
    ++parts_.back().count;
  }
}

void Localities::refresh(std::span<const resilience::HostView> hosts) {
  if (needs_peers()) {
    refresh_zones(hosts);
  } else {
    refresh_priorities(hosts);
  }
}

void Localities::refresh_zones(std::span<const resilience::HostView> hosts) {
  // Zones that only the caller's own pods stand in have a part without hosts.
  for (const std::uint32_t zone : peers_) {
    if (std::find(zones_.begin(), zones_.end(), zone) != zones_.end()) continue;
    const auto index = static_cast<std::uint32_t>(parts_.size());
    parts_.push_back({index, static_cast<std::uint32_t>(hosts.size()), 0, false});
    zones_.push_back(zone);
  }
  std::vector<resilience::ZoneTally> tallies(parts_.size());
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    resilience::ZoneTally& tally = tallies[part];
    tally.local_hosts =
        static_cast<std::uint32_t>(std::count(peers_.begin(), peers_.end(), zones_[part]));
    tally.local_healthy = tally.local_hosts;
    tally.upstream_hosts = parts_[part].count;
    for (const auto& host : hosts.subspan(parts_[part].first, parts_[part].count)) {
      tally.upstream_healthy += host.healthy;
    }
  }
  routing_.refresh(std::get<resilience::ZoneAwareConfig>(*policy_->locality), tallies, false);
}

void Localities::refresh_priorities(std::span<const resilience::HostView> hosts) {
  resilience::PriorityLoadConfig config =
      std::get<resilience::PriorityLoadConfig>(*policy_->locality);
  if (policy_->outliers || policy_->health) config.panic_threshold = policy_->panic_threshold();
  std::vector<resilience::PriorityTally> tallies(parts_.size());
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    tallies[part].count.hosts = parts_[part].count;
    for (const auto& host : hosts.subspan(parts_[part].first, parts_[part].count)) {
      tallies[part].count.healthy += host.healthy;
    }
  }
  loads_.assign(parts_.size(), {});
  resilience::spread_over_priorities(config, tallies, loads_);
  for (std::size_t part = 0; part < parts_.size(); ++part) parts_[part].panic = loads_[part].panic;
}

std::optional<HostPart> Localities::pick(std::uint64_t draw) const {
  if (needs_peers()) {
    const std::optional<std::uint32_t> zone = routing_.pick(draw);
    return zone ? std::optional{parts_[*zone]} : std::nullopt;
  }
  const auto& config = std::get<resilience::PriorityLoadConfig>(*policy_->locality);
  const resilience::PriorityChoice choice = choose_priority(config, loads_, draw);
  return parts_[choice.priority];
}

std::optional<std::uint32_t> Localities::own_share() const {
  if (needs_peers()) return routing_.own_share();
  return loads_.front().healthy * 100;
}

}  // namespace orrery::sim
