/// @file
/// The subsets that a caller's calls are split over by weight.
///
/// Source: Envoy RouteAction.weighted_clusters; istio pilot route.go (a cluster for each subset).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "models/resilience/route_policy.h"

namespace orrery::sim {

/// Requires: weights above 0 in sum.
class Subsets {
 public:
  explicit Subsets(std::span<const resilience::SubsetShare> split);

  /// Where a call goes: the draw falls into the share of a subset.
  [[nodiscard]] std::uint32_t pick(std::uint64_t draw) const;

 private:
  std::vector<std::uint32_t> ends_;  ///< By subset: its weight, and those of all before it.
};

/// Whether a pod with these labels is in the subset.
[[nodiscard]] bool has_labels(const std::map<std::string, std::string, std::less<>>& labels,
                              const resilience::SubsetShare& subset);

}  // namespace orrery::sim
