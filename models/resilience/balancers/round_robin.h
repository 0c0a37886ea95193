/// @file
/// Round robin as Envoy does it: a cycle with a random start or, when weights differ, earliest
/// deadline first.
///
/// Source: Envoy load_balancer_impl (RoundRobinLoadBalancer).
#pragma once

#include <cstdint>
#include <optional>

#include "models/resilience/balancers/edf_scheduler.h"
#include "models/resilience/balancers/host_choice.h"
#include "models/resilience/balancers/host_view.h"
#include "models/resilience/draw.h"

namespace orrery::resilience {

/// One caller's round robin over one set of hosts.
class RoundRobin {
 public:
  /// `draw` decides where the cycle starts.
  explicit RoundRobin(std::uint64_t draw) : draw_{draw} {}

  /// To be called before the first pick and whenever hosts, weights, health or panic change.
  /// O(hosts).
  void refresh(const Hosts& hosts);

  /// The next host; nothing when none may be chosen. `hosts` as at the last refresh, but for
  /// `active`.
  [[nodiscard]] HostChoice pick(const Hosts& hosts) {
    if (weighted_) return edf_.pick([&](std::uint32_t host) { return hosts[host].weight; });
    for (std::uint32_t tries = hosts.size(); tries > 0; --tries) {
      const std::uint32_t host = next_;
      next_ = host + 1 == hosts.size() ? 0 : host + 1;
      if (hosts.may_take(host)) return host;
    }
    return std::nullopt;
  }

 private:
  std::uint64_t draw_;
  EdfScheduler edf_;        ///< Empty while weights are equal.
  std::uint32_t next_ = 0;  ///< Where the cycle goes on.
  bool weighted_ = false;
  bool started_ = false;
};

}  // namespace orrery::resilience
