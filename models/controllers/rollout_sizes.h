/// @file
/// The arithmetic of a Deployment: how many pods each of its sets should have next.
///
/// Whole numbers in, whole numbers out, so that the bounds a rollout promises can be checked for
/// every small world.
///
/// Source: Kubernetes pkg/controller/deployment (rolling.go, sync.go, util/deployment_util.go),
/// apimachinery util/intstr.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/api/objects.h"
#include "models/base/time_types.h"

namespace orrery::controllers {

/// maxSurge and maxUnavailable as counts of pods.
struct Fenceposts {
  std::int64_t surge = 0;
  std::int64_t unavailable = 0;

  friend bool operator==(const Fenceposts&, const Fenceposts&) = default;
};

/// Percentages of `replicas`, surge rounded up and unavailable rounded down; if both come to 0,
/// unavailable is 1, or nothing could ever move. 25 % and 25 % of 10: (3, 2).
[[nodiscard]] Fenceposts resolve_fenceposts(const api::CountOrPercent& max_surge,
                                            const api::CountOrPercent& max_unavailable,
                                            std::int64_t replicas);

/// The fenceposts that a Deployment promises: unavailable is at most `replicas`; both are 0 for
/// Recreate, and unavailable is 0 without replicas.
[[nodiscard]] Fenceposts fenceposts_of(const api::DeploymentSpec& spec);

/// A ReplicaSet as the rollout sees it.
struct SetSize {
  std::int64_t replicas = 0;   ///< spec.replicas
  std::int64_t available = 0;  ///< status.availableReplicas

  friend bool operator==(const SetSize&, const SetSize&) = default;
};

/// The size of the new set: all at once downwards; upwards as far as the surge leaves room, where
/// `total` counts the sizes of all sets, this one included.
[[nodiscard]] std::int64_t next_new_size(std::int64_t replicas, std::int64_t surge,
                                         std::int64_t total, std::int64_t current);

/// The sizes of the old sets, given oldest first: pods that are not available go first, then as
/// many as the available ones beyond `replicas - unavailable` allow.
///
/// A status may still report available pods that a size no longer wants; they do not count. A sync
/// of Kubernetes that finds such an old set ends with an error and is tried again until the status
/// has caught up: the sizes are those that it arrives at then.
[[nodiscard]] std::vector<std::int64_t> next_old_sizes(std::int64_t replicas,
                                                       std::int64_t unavailable,
                                                       const SetSize& new_set,
                                                       std::span<const SetSize> old_sets);

/// An active set in a Deployment whose size was changed in the middle of a rollout.
struct ScaledSet {
  std::int64_t replicas = 0;
  std::optional<std::int64_t> max_replicas;  ///< Annotation: replicas + surge when last scaled.
  Instant creation;
};

/// New sizes in proportion to the old ones, for sets in any order; the result keeps that order.
///
/// `fallback_max` stands in where a set lacks its annotation: the Deployment's status.replicas.
[[nodiscard]] std::vector<std::int64_t> proportional_sizes(std::int64_t replicas,
                                                           std::int64_t surge,
                                                           std::int64_t fallback_max,
                                                           std::span<const ScaledSet> sets);

}  // namespace orrery::controllers
