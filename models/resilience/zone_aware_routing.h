/// @file
/// Zones: weights of localities, and keeping requests in the caller's own zone as far as its hosts
/// carry them.
///
/// Source: Envoy load_balancer_impl (ZoneAwareLoadBalancerBase), upstream_impl
/// (effectiveLocalityWeight).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/resilience/draw.h"

namespace orrery::resilience {

/// Locality-weighted balancing: the weight in effect of a locality with `available` hosts of
/// `total` (excluded ones left out); 0 without hosts. `overprovisioning_factor` in percent.
[[nodiscard]] constexpr double effective_locality_weight(
    double weight, std::uint64_t available, std::uint64_t total,
    std::uint32_t overprovisioning_factor = 140) {
  if (total == 0) return 0.0;
  const double ratio = static_cast<double>(available) / static_cast<double>(total);
  return weight * std::min(1.0, overprovisioning_factor / 100.0 * ratio);
}

struct ZoneAwareConfig {
  std::uint32_t min_cluster_size = 6;          ///< Healthy hosts of the called cluster.
  std::uint32_t routing_enabled = 100;         ///< [%] of the requests.
  bool force_locality_direct_routing = false;  ///< Own zone alone, whatever the shares.
  /// Both clusters must have the same number of zones: before 1.28.
  bool equal_zone_counts = false;

  friend bool operator==(const ZoneAwareConfig&, const ZoneAwareConfig&) = default;
};

/// The hosts of one zone; zone 0 is the caller's own.
struct ZoneTally {
  std::uint32_t local_hosts = 0;  ///< Of the caller's cluster.
  std::uint32_t local_healthy = 0;
  std::uint32_t upstream_hosts = 0;  ///< Of the called cluster.
  std::uint32_t upstream_healthy = 0;
};

/// One proxy's choice of zones, for the first priority; round robin, random and least request only.
class ZoneAwareRouting {
 public:
  /// To be called when hosts or their health change. O(zones). `local_panic`: the caller's own
  /// cluster is in panic; when the called one is, zones are not asked at all.
  void refresh(const ZoneAwareConfig& config, std::span<const ZoneTally> zones, bool local_panic);

  /// The zone whose healthy hosts one request is balanced over; nothing: all zones' hosts.
  [[nodiscard]] std::optional<std::uint32_t> pick(std::uint64_t draw) const {
    if (mode_ == Mode::Off || index_from(draw, 100) >= routing_enabled_) return std::nullopt;
    if (mode_ == Mode::Own || index_from(sub_draw(draw, 1), 10'000) < own_share_) return 0;
    const std::uint32_t total = residual_.back();
    const auto zones = static_cast<std::uint32_t>(residual_.size());
    if (total == 0) return index_from(sub_draw(draw, 2), zones);
    const std::uint32_t threshold = index_from(sub_draw(draw, 2), total);
    std::uint32_t zone = 0;
    while (threshold > residual_[zone]) ++zone;  // as in the original: 0 is the own zone's
    return zone;
  }

  /// Part of the requests that stays in the own zone [1/10,000]; nothing when routing is off.
  [[nodiscard]] std::optional<std::uint32_t> own_share() const {
    if (mode_ == Mode::Off) return std::nullopt;
    return mode_ == Mode::Own ? 10'000 : own_share_;
  }

 private:
  enum class Mode : std::uint8_t { Off, Own, Shared };

  Mode mode_ = Mode::Off;
  std::uint32_t routing_enabled_ = 100;
  std::uint32_t own_share_ = 0;
  std::vector<std::uint32_t> residual_;  ///< Running sums of what the zones have left [1/10,000].
};

}  // namespace orrery::resilience
