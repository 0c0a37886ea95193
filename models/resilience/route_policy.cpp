#include "models/resilience/route_policy.h"

namespace orrery::resilience {
std::optional<std::uint32_t> RoutePolicy::cluster_like(std::uint32_t number,
                                                       const RoutePolicy& other) const {
  const SubsetShare all;
  const SubsetShare& wanted = split.empty() ? all : split[number];
  for (std::uint32_t its = 0; its < other.cluster_count(); ++its) {
    const SubsetShare& one = other.split.empty() ? all : other.split[its];
    if (one.name == wanted.name && one.labels == wanted.labels) return its;
  }
  return std::nullopt;
}

bool RoutePolicy::has_same_cluster(std::uint32_t number, const RoutePolicy& other,
                                   std::uint32_t its) const {
  return cluster(number) == other.cluster(its) &&
         connect_timeout(number) == other.connect_timeout(its) &&
         retry_limit_of(number) == other.retry_limit_of(its);
}

}  // namespace orrery::resilience
