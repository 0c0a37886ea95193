/// @file
/// How far and how fast a recommendation is followed: stabilisation, rates, bounds.
///
/// Source: Kubernetes pkg/controller/podautoscaler/horizontal.go (normalizeDesiredReplicas,
/// stabilizeRecommendationWithBehaviors, convertDesiredReplicasWithBehaviorRate),
/// pkg/apis/autoscaling/v2/defaults.go.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/api/objects.h"

namespace orrery::controllers {

struct Recommendation {
  std::int32_t replicas = 0;
  Instant at;

  friend bool operator==(const Recommendation&, const Recommendation&) = default;
};
/// A change of the target's size, as a count of pods added or removed.
struct ScaleEvent {
  std::int32_t change = 0;
  Instant at;

  friend bool operator==(const ScaleEvent&, const ScaleEvent&) = default;
};

/// What is remembered of one autoscaler between two looks. Lost with the process, as there.
struct ScalingHistory {
  std::vector<Recommendation> recommendations;
  std::vector<ScaleEvent> ups;
  std::vector<ScaleEvent> downs;
};

struct LimitsView {
  std::int32_t current = 0;
  std::int32_t desired = 0;  ///< What the metrics ask for.
  std::int32_t min = 1;
  std::int32_t max = 1;
};

/// A size with the reasons of the two conditions it decides.
struct LimitedSize {
  std::int32_t replicas = 0;
  std::string able_reason;  ///< AbleToScale, True: "ReadyForNewScale", "ScaleUpStabilized", …
  bool limited = false;     ///< ScalingLimited.
  std::string limited_reason;
};

/// Without behavior: the highest recommendation of the window, then at most twice the size or 4.
[[nodiscard]] LimitedSize limited_by_default(const LimitsView& view, const ScalingHistory& history,
                                             Duration downscale_window, Instant now);

/// With behavior: stabilise, then the rates of the direction, then the bounds.
[[nodiscard]] LimitedSize limited_by_rules(const LimitsView& view, const api::ScalingRules& up,
                                           const api::ScalingRules& down,
                                           const ScalingHistory& history, Instant now);

/// The rules with what they leave out. Up: no window, 100 % or 4 pods in 15 s. Down: the window
/// given, 100 % in 15 s.
[[nodiscard]] api::ScalingRules completed_up(api::ScalingRules rules);
[[nodiscard]] api::ScalingRules completed_down(api::ScalingRules rules, Duration downscale_window);

/// The size that the policies allow now. Requires: completed rules.
[[nodiscard]] std::int32_t up_limit(std::int32_t current, const api::ScalingRules& rules,
                                    const ScalingHistory& history, Instant now);
[[nodiscard]] std::int32_t down_limit(std::int32_t current, const api::ScalingRules& rules,
                                      const ScalingHistory& history, Instant now);

}  // namespace orrery::controllers
