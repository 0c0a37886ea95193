/// @file
/// The zones that a caller's hosts stand in, and which of them each of its requests goes to.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/resilience/balancers/host_view.h"
#include "models/resilience/priority_load.h"
#include "models/resilience/route_policy.h"
#include "models/resilience/zone_aware_routing.h"

namespace orrery::sim {

/// Hosts that stand side by side, and are balanced over by themselves.
struct HostPart {
  std::uint32_t index = 0;  ///< Of the part; 0 is the caller's own zone.
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  bool panic = false;  ///< Any of them may be chosen.
};

/// `policy` must outlive it. Requires: a policy with locality.
class Localities {
 public:
  Localities(const resilience::ClusterPolicy& policy, std::uint32_t own_zone)
      : policy_{&policy}, own_zone_{own_zone} {}

  /// Whether hosts of the first zone stand before those of the second.
  [[nodiscard]] bool is_before(std::uint32_t zone, std::uint32_t other) const {
    if ((zone == own_zone_) != (other == own_zone_)) return zone == own_zone_;
    return zone < other;
  }
  /// Whether it must be told where the pods of the caller's own service stand.
  [[nodiscard]] bool needs_peers() const {
    return std::holds_alternative<resilience::ZoneAwareConfig>(*policy_->locality);
  }
  /// The zones of the caller's own service's pods.
  void take_peers(std::vector<std::uint32_t> zones) { peers_ = std::move(zones); }
  /// The zones of the hosts from now on. Requires: in the order of is_before().
  void take_hosts(std::span<const std::uint32_t> zones);
  /// To be called when hosts, their health or peers have changed. Requires: hosts as taken.
  void refresh(std::span<const resilience::HostView> hosts);

  [[nodiscard]] std::span<const HostPart> parts() const { return parts_; }
  /// Where a request goes; nothing: to any of the hosts.
  [[nodiscard]] std::optional<HostPart> pick(std::uint64_t draw) const;
  /// Of 10,000 requests, those that stay in the own zone; nothing: zones are not looked at.
  [[nodiscard]] std::optional<std::uint32_t> own_share() const;

 private:
  void refresh_zones(std::span<const resilience::HostView> hosts);
  void refresh_priorities(std::span<const resilience::HostView> hosts);

  const resilience::ClusterPolicy* policy_;
  std::uint32_t own_zone_;
  std::vector<std::uint32_t> peers_;
  std::vector<std::uint32_t> zones_;  ///< By part, with zone-aware routing: some have no hosts.
  std::vector<HostPart> parts_;
  resilience::ZoneAwareRouting routing_;
  std::vector<resilience::PriorityLoad> loads_;
};

}  // namespace orrery::sim
