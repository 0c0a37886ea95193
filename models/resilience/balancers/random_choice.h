/// @file
/// Random: every host that may be chosen is equally likely.
///
/// Per request it is Envoy's RANDOM, per connection kube-proxy's iptables mode, whose chain of
/// rules (the i-th of n matches with probability 1 / (n - i)) comes to the same.
///
/// Source: Envoy random_lb; Kubernetes pkg/proxy/iptables.
#pragma once

#include <cstdint>
#include <optional>

#include "models/resilience/balancers/host_choice.h"
#include "models/resilience/balancers/host_view.h"
#include "models/resilience/draw.h"

namespace orrery::resilience {

/// One host after the first draw has met one that may not be chosen. See random_choice().
[[nodiscard]] HostChoice random_choice_again(const Hosts& hosts, std::uint64_t draw);

/// One host, uniformly among those that may be chosen; nothing when there are none.
///
/// Touches one host as long as it may be chosen: a host that may not is drawn again, eight times at
/// most, which leaves the others equally likely; then they are counted, O(hosts).
[[nodiscard]] inline HostChoice random_choice(const Hosts& hosts, std::uint64_t draw) {
  if (hosts.size() == 0) return std::nullopt;
  const std::uint32_t host = index_from(draw, hosts.size());
  if (hosts.may_take(host)) return host;
  return random_choice_again(hosts, draw);
}

}  // namespace orrery::resilience
