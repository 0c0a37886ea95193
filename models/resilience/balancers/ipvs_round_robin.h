/// @file
/// Round robin of kube-proxy's IPVS mode: each new connection goes to the next host of the list.
///
/// Source: Linux net/netfilter/ipvs/ip_vs_rr.c; Kubernetes pkg/proxy/ipvs.
#pragma once

#include <cstdint>
#include <optional>

#include "models/resilience/balancers/host_choice.h"
#include "models/resilience/balancers/host_view.h"

namespace orrery::resilience {

/// One node's scheduler of one service port. The first connection goes to the first host.
class IpvsRoundRobin {
 public:
  /// The next host that may be chosen and has a weight above 0 (a terminating endpoint has 0);
  /// nothing without one.
  [[nodiscard]] HostChoice pick(const Hosts& hosts) {
    for (std::uint32_t tries = hosts.size(); tries > 0; --tries) {
      const std::uint32_t host = next_ < hosts.size() ? next_ : 0;
      next_ = host + 1;
      if (hosts.may_take(host) && hosts[host].weight > 0.0) return host;
    }
    return std::nullopt;
  }

 private:
  std::uint32_t next_ = 0;
};

}  // namespace orrery::resilience
