/// @file
/// The subsets that a caller's calls are split over by weight, and the hosts of each.
///
/// Source: Envoy RouteAction.weighted_clusters; istio pilot route.go (a cluster for each subset).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "models/resilience/route_policy.h"
#include "sim/traffic/localities.h"

namespace orrery::sim {

/// `policy` must outlive it. Requires: a policy with a split whose weights are above 0 in sum.
class Subsets {
 public:
  explicit Subsets(const resilience::RoutePolicy& policy) : policy_{&policy} {}

  /// The first subset that has hosts with these labels; as many as there are subsets if none has.
  [[nodiscard]] std::uint32_t of(
      const std::map<std::string, std::string, std::less<>>& labels) const;
  /// The subsets of the hosts from now on. Requires: in ascending order.
  void take_hosts(std::span<const std::uint32_t> subsets);
  /// To be called when hosts or their health have changed. Requires: hosts as taken.
  void refresh(std::span<const resilience::HostView> hosts);

  /// By subset. Those without hosts have a part, too.
  [[nodiscard]] std::span<const HostPart> parts() const { return parts_; }
  /// Where a call goes: the draw falls into the share of a subset.
  [[nodiscard]] const HostPart& pick(std::uint64_t draw) const;

 private:
  const resilience::RoutePolicy* policy_;
  std::vector<HostPart> parts_;
};

}  // namespace orrery::sim
