/// @file
/// What a load balancer sees of the hosts it chooses among.
#pragma once

#include <cstdint>
#include <span>

namespace orrery::resilience {

/// One host as its caller's proxy knows it.
struct HostView {
  double weight = 1.0;       ///< > 0; during slow start the weight in effect (slow_start.h).
  std::uint32_t active = 0;  ///< Requests of this caller that the host has not answered yet.
  bool healthy = true;       ///< Passes its health checks and is not ejected.
};

/// The hosts of one choice, by index. A view: the array must outlive it.
class Hosts {
 public:
  /// With `panic`, every host may be chosen, healthy or not.
  constexpr explicit Hosts(std::span<const HostView> hosts, bool panic = false)
      : hosts_{hosts}, panic_{panic} {}

  [[nodiscard]] constexpr std::uint32_t size() const {
    return static_cast<std::uint32_t>(hosts_.size());
  }
  [[nodiscard]] constexpr const HostView& operator[](std::uint32_t host) const {
    return hosts_[host];
  }
  [[nodiscard]] constexpr bool may_take(std::uint32_t host) const {
    return panic_ || hosts_[host].healthy;
  }

 private:
  std::span<const HostView> hosts_;
  bool panic_;
};

/// Whether all hosts that may be chosen have one weight. O(hosts).
[[nodiscard]] constexpr bool weights_are_equal(const Hosts& hosts) {
  double first = 0.0;
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    if (!hosts.may_take(host)) continue;
    if (first == 0.0) first = hosts[host].weight;
    if (hosts[host].weight != first) return false;
  }
  return true;
}

}  // namespace orrery::resilience
