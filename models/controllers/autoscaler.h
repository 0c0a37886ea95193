/// @file
/// The HorizontalPodAutoscaler: every 15 s, from metrics to a number of replicas.
///
/// Source: Kubernetes pkg/controller/podautoscaler/horizontal.go (reconcileAutoscaler).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "models/controllers/plan.h"
#include "models/controllers/replica_calculator.h"
#include "models/controllers/scaling_limits.h"

namespace orrery::controllers {

class MetricsSource;
class ScalingAdvisor;

struct AutoscalerConfig {
  Duration sync_period = Duration::seconds(15);  ///< --horizontal-pod-autoscaler-sync-period
  double tolerance = 0.1;                        ///< --horizontal-pod-autoscaler-tolerance
  /// --horizontal-pod-autoscaler-downscale-stabilization
  Duration downscale_stabilization = Duration::minutes(5);
  /// Older samples are as good as none: what could not be read in a round is forgotten with it
  /// (metrics-server pkg/storage; two resolutions of its manifests).
  Duration metrics_expiry = Duration::seconds(30);
  CalculatorConfig calculator;
  /// Before 1.16 the size was taken from the target's status, which counts surge pods too: they
  /// were recommended, and stayed, so that a target climbed with every rollout
  /// (kubernetes/kubernetes#79035).
  bool size_from_status = false;
  /// Asked in place of the metrics, and for metrics that pods do not report by themselves. They
  /// must outlive the controller; null: there is none.
  ScalingAdvisor* advisor = nullptr;
  MetricsSource* metrics = nullptr;
};

/// What is scaled: its size as asked for and as observed, and its pods.
struct ScaleTarget {
  api::ObjectPtr object;
  std::int32_t spec_replicas = 0;
  std::int32_t status_replicas = 0;
  api::LabelSelector selector;
};
/// The target as a scale; nothing for kinds without one.
[[nodiscard]] std::optional<ScaleTarget> scale_of(const api::ObjectPtr& object);

struct AutoscalerView {
  const api::HorizontalPodAutoscaler* autoscaler = nullptr;
  std::optional<ScaleTarget> target;
  PodsView pods;
  /// Object and External metrics that have a value, in thousandths, by position in the spec.
  std::map<std::size_t, std::int64_t> values;
};

struct AutoscalerPlan {
  Plan plan;
  ScalingHistory history;              ///< With this look's recommendation.
  std::optional<std::int32_t> change;  ///< Of the size, if the plan scales.
};

[[nodiscard]] AutoscalerPlan reconcile_autoscaler(const AutoscalerView& view,
                                                  const ScalingHistory& history,
                                                  const AutoscalerConfig& config, Instant now);

/// How far usage may be from the target without effect: the autoscaler's own say, or the common
/// one.
[[nodiscard]] Tolerances tolerances_of(const api::HorizontalPodAutoscalerSpec& spec, double common);

/// What all metrics together ask for. The most that any asks for; a metric that has failed allows
/// growth by the others, and no shrinking.
struct MetricsVerdict {
  std::optional<std::int32_t> replicas;
  std::string reason;   ///< Of the condition ScalingActive.
  std::string message;  ///< The first failure, or the metric that decided.
};
[[nodiscard]] MetricsVerdict replicas_for_metrics(const AutoscalerView& view, std::int32_t current,
                                                  const AutoscalerConfig& config, Instant now);

}  // namespace orrery::controllers
