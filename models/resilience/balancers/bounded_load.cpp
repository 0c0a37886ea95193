#include "models/resilience/balancers/bounded_load.h"

#include <utility>

#include "models/resilience/draw.h"

namespace orrery::resilience {

void BoundedLoad::refresh(const Hosts& hosts) {
  takeable_.clear();
  weight_sum_ = 0.0;
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    if (!hosts.may_take(host)) continue;
    takeable_.push_back(host);
    weight_sum_ += hosts[host].weight;
  }
  order_.reserve(takeable_.size());
}

std::uint32_t BoundedLoad::pick_other(const Hosts& hosts, std::uint32_t chosen, std::uint64_t hash,
                                      std::uint64_t active_sum) {
  order_ = takeable_;
  std::uint32_t least_full = chosen;
  double least = fullness(hosts[chosen], active_sum);
  for (std::uint32_t i = 0; i < order_.size(); ++i) {
    const auto left = static_cast<std::uint32_t>(order_.size()) - i;
    std::swap(order_[i], order_[i + index_from(sub_draw(hash, i + 1), left)]);
    const std::uint32_t host = order_[i];
    if (host == chosen) continue;
    const double full = fullness(hosts[host], active_sum);
    if (full <= 1.0) return host;
    if (full < least) {
      least_full = host;
      least = full;
    }
  }
  return least_full;
}

}  // namespace orrery::resilience
