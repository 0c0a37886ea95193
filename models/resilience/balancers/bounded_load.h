/// @file
/// Consistent hashing with bounded load: the host that the hash chose is passed over while it has
/// more than its share of the requests.
///
/// Source: Envoy thread_aware_lb_impl (BoundedLoadHashingLoadBalancer); Mirrokni, Thorup,
/// Zadimoghaddam 2016 (arXiv 1608.01350).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "models/resilience/balancers/host_view.h"

namespace orrery::resilience {

/// The bound over a ring or table of one set of hosts.
class BoundedLoad {
 public:
  /// `hash_balance_factor` [percent of the average], > 0; Envoy's 0 = off is not to have one.
  explicit BoundedLoad(std::uint32_t hash_balance_factor) : factor_{hash_balance_factor} {}

  /// To be called before the first pick and whenever hosts, weights or health change. Allocates.
  void refresh(const Hosts& hosts);

  /// `chosen`, if it is not over its bound; else the first host that is not, in a random order that
  /// `hash` alone decides; else the host with the least active / slots.
  ///
  /// `active_sum`: the requests active at all hosts. Touches one host unless that is over its
  /// bound.
  [[nodiscard]] std::uint32_t pick(const Hosts& hosts, std::uint32_t chosen, std::uint64_t hash,
                                   std::uint64_t active_sum) {
    if (fullness(hosts[chosen], active_sum) <= 1.0) return chosen;
    return pick_other(hosts, chosen, hash, active_sum);
  }

  /// How many requests a host of this weight may have: its part of the average times the factor,
  /// rounded up twice, at least 1.
  [[nodiscard]] std::uint32_t slots(double weight, std::uint64_t active_sum) const {
    const std::uint64_t all = ((active_sum + 1) * factor_ + 99) / 100;
    const double part = std::ceil(static_cast<double>(all) * (weight / weight_sum_));
    return std::max(static_cast<std::uint32_t>(part), 1U);
  }

 private:
  [[nodiscard]] double fullness(const HostView& host, std::uint64_t active_sum) const {
    return static_cast<double>(host.active) / slots(host.weight, active_sum);
  }
  [[nodiscard]] std::uint32_t pick_other(const Hosts& hosts, std::uint32_t chosen,
                                         std::uint64_t hash, std::uint64_t active_sum);

  std::uint32_t factor_;
  double weight_sum_ = 1.0;
  std::vector<std::uint32_t> takeable_;  ///< The hosts that may be chosen, in order.
  std::vector<std::uint32_t> order_;     ///< Room for a shuffled copy.
};

}  // namespace orrery::resilience
