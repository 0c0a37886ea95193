/// @file
/// How many replicas a metric asks for.
///
/// Ratios are floating-point numbers compared and rounded in the order of the original, because
/// ceil() of a ratio that is an ulp above a whole number is one pod more, there as here.
///
/// Source: Kubernetes pkg/controller/podautoscaler/replica_calculator.go, metrics/utilization.go.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/base/result.h"

namespace orrery::controllers {

/// A ratio of usage to target within [1 - down, 1 + up] changes nothing.
struct Tolerances {
  double up = 0.1;  ///< --horizontal-pod-autoscaler-tolerance
  double down = 0.1;
};

struct CalculatorConfig {
  /// --horizontal-pod-autoscaler-cpu-initialization-period
  Duration cpu_initialization = Duration::minutes(5);
  /// --horizontal-pod-autoscaler-initial-readiness-delay
  Duration initial_readiness_delay = Duration::seconds(30);
  /// Before 1.28 a pod without metrics counted as using 100 % of its request, whatever the target.
  bool missing_use_target_above_100 = true;
};

/// Pods that the target's selector matches, and what is known of their usage.
struct PodsView {
  std::vector<const api::Pod*> pods;                      ///< By name.
  std::map<std::string, const api::PodMetrics*> metrics;  ///< By pod name.
};

/// CPU or memory, as a percentage of the requests or as an average amount per pod (in thousandths).
/// `container` empty: of all containers. Fails if a pod requests nothing of it, or none has
/// metrics.
[[nodiscard]] Result<std::int32_t> replicas_for_resource(const api::MetricSpec& metric,
                                                         const PodsView& view, std::int32_t current,
                                                         const Tolerances& tolerances,
                                                         const CalculatorConfig& config,
                                                         Instant now);

/// A metric of each pod, against an average. Readiness does not count.
[[nodiscard]] Result<std::int32_t> replicas_for_pods_metric(
    const api::MetricSpec& metric, const PodsView& view, std::int32_t current,
    const Tolerances& tolerances, const CalculatorConfig& config, Instant now);

/// One number for all (Object, External), against a value or an average per replica.
[[nodiscard]] std::int32_t replicas_for_value(const api::MetricSpec& metric, std::int64_t value,
                                              const PodsView& view, std::int32_t current,
                                              std::int32_t status_replicas,
                                              const Tolerances& tolerances);

}  // namespace orrery::controllers
