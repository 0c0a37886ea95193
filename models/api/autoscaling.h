/// @file
/// Horizontal autoscaling and the metrics it reads.
///
/// Source: Kubernetes autoscaling/v2, metrics.k8s.io/v1beta1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/api/meta.h"
#include "models/api/pod.h"

namespace orrery::api {

enum class MetricSource : std::uint8_t { Resource, ContainerResource, Pods, Object, External };
/// "Resource", "ContainerResource", …
[[nodiscard]] const char* to_string(MetricSource source);
enum class MetricTarget : std::uint8_t { Utilization, Value, AverageValue };
/// "Utilization", "Value", "AverageValue"
[[nodiscard]] const char* to_string(MetricTarget target);

struct MetricSpec {
  MetricSource source = MetricSource::Resource;
  std::string name;       ///< "cpu", "memory", or the metric's.
  std::string container;  ///< ContainerResource only.
  ObjectKey object;       ///< Object only; in the autoscaler's namespace.
  MetricTarget target = MetricTarget::Utilization;
  std::int64_t value = 80;  ///< Percent; or thousandths of the metric's unit.

  friend bool operator==(const MetricSpec&, const MetricSpec&) = default;
};

struct ScalingPolicy {
  bool percent = false;  ///< Otherwise Pods.
  std::int32_t value = 0;
  Duration period = Duration::seconds(15);

  friend bool operator==(const ScalingPolicy&, const ScalingPolicy&) = default;
};
enum class SelectPolicy : std::uint8_t { Max, Min, Disabled };
struct ScalingRules {
  std::optional<Duration> stabilization;
  SelectPolicy select = SelectPolicy::Max;
  std::vector<ScalingPolicy> policies;    ///< Empty: the defaults of the direction.
  std::optional<std::int32_t> tolerance;  ///< In thousandths; absent: the controller's.

  friend bool operator==(const ScalingRules&, const ScalingRules&) = default;
};

struct HorizontalPodAutoscalerSpec {
  Kind target_kind = Kind::Deployment;
  std::string target_name;
  std::int32_t min_replicas = 1;
  std::int32_t max_replicas = 1;
  std::vector<MetricSpec> metrics;  ///< A manifest without any: CPU at 80 %.
  bool has_behavior = false;        ///< Without: the rules of autoscaling/v1.
  ScalingRules scale_up;
  ScalingRules scale_down;

  friend bool operator==(const HorizontalPodAutoscalerSpec&,
                         const HorizontalPodAutoscalerSpec&) = default;
};
struct HorizontalPodAutoscalerStatus {
  std::int64_t observed_generation = 0;
  std::int32_t current_replicas = 0;
  std::int32_t desired_replicas = 0;
  std::optional<Instant> last_scale;
  std::vector<Condition> conditions;

  friend bool operator==(const HorizontalPodAutoscalerStatus&,
                         const HorizontalPodAutoscalerStatus&) = default;
};
struct HorizontalPodAutoscaler {
  ObjectMeta meta;
  HorizontalPodAutoscalerSpec spec;
  HorizontalPodAutoscalerStatus status;

  friend bool operator==(const HorizontalPodAutoscaler&, const HorizontalPodAutoscaler&) = default;
};

struct ContainerUsage {
  std::string name;
  std::int64_t cpu_milli = 0;
  std::int64_t memory_bytes = 0;

  friend bool operator==(const ContainerUsage&, const ContainerUsage&) = default;
};
/// What a pod used, averaged over `window` before `timestamp`. Named as its pod.
struct PodMetrics {
  ObjectMeta meta;
  Instant timestamp;
  Duration window = Duration{};
  std::vector<ContainerUsage> containers;
  std::map<std::string, std::int64_t> custom;  ///< Metrics of its own, in thousandths.

  friend bool operator==(const PodMetrics&, const PodMetrics&) = default;
};

}  // namespace orrery::api
