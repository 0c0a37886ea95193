#include "models/controllers/autoscaler.h"

#include <algorithm>
#include <utility>

#include "models/controllers/conditions.h"
#include "models/controllers/scaling_advisor.h"

namespace orrery::controllers {
namespace {

using api::ConditionStatus;
using api::HorizontalPodAutoscaler;
using api::MetricSource;
using api::MetricSpec;

constexpr Duration kPolicyPeriodMax = Duration::seconds(1800);

/// The reason of ScalingActive when a metric of this source fails.
const char* failure_reason(MetricSource source) {
  switch (source) {
    case MetricSource::Resource:
      return "FailedGetResourceMetric";
    case MetricSource::ContainerResource:
      return "FailedGetContainerResourceMetric";
    case MetricSource::Pods:
      return "FailedGetPodsMetric";
    case MetricSource::Object:
      return "FailedGetObjectMetric";
    case MetricSource::External:
      return "FailedGetExternalMetric";
  }
  contract_violation("a metric has one of the known sources");
}

/// What the metric at that place of the spec asks for.
Result<std::int32_t> replicas_for(std::size_t position, const AutoscalerView& view,
                                  std::int32_t current, const AutoscalerConfig& config,
                                  Instant now) {
  const MetricSpec& metric = view.autoscaler->spec.metrics[position];
  const Tolerances tolerances = tolerances_of(view.autoscaler->spec, config.tolerance);
  switch (metric.source) {
    case MetricSource::Resource:
    case MetricSource::ContainerResource:
      return replicas_for_resource(metric, view.pods, current, tolerances, config.calculator, now);
    case MetricSource::Pods:
      return replicas_for_pods_metric(metric, view.pods, current, tolerances, config.calculator,
                                      now);
    case MetricSource::Object:
    case MetricSource::External: {
      const auto value = view.values.find(position);
      if (value == view.values.end()) return failure("no value of the metric " + metric.name);
      return replicas_for_value(metric, value->second, view.pods, current,
                                view.target->status_replicas, tolerances);
    }
  }
  contract_violation("a metric has one of the known sources");
}

/// What somebody asks for who was asked in place of the metrics.
MetricsVerdict advised(const Result<std::int32_t>& replicas) {
  if (!replicas) {
    return {std::nullopt, "FailedGetAdvice",
            "the HPA was unable to compute the replica count: " + replicas.error().what};
  }
  return {*replicas, "ValidMetricFound",
          "the HPA was able to successfully calculate a replica count from its program"};
}

void set_size(api::Object& object, std::int32_t replicas) {
  std::visit(
      [&](auto& target) {
        if constexpr (requires { target.spec.replicas; }) target.spec.replicas = replicas;
      },
      object);
}

}  // namespace

Tolerances tolerances_of(const api::HorizontalPodAutoscalerSpec& spec, double common) {
  const auto own = [&](const api::ScalingRules& rules) {
    return rules.tolerance ? static_cast<double>(*rules.tolerance) / 1000 : common;
  };
  return {own(spec.scale_up), own(spec.scale_down)};
}

std::optional<ScaleTarget> scale_of(const api::ObjectPtr& object) {
  if (object == nullptr) return std::nullopt;
  return std::visit(
      [&](const auto& target) -> std::optional<ScaleTarget> {
        if constexpr (requires {
                        target.spec.replicas;
                        target.status.replicas;
                      }) {
          ScaleTarget scale{object, target.spec.replicas, target.status.replicas, {}};
          if constexpr (requires { scale.selector = target.spec.selector; }) {
            scale.selector = target.spec.selector;
          } else {
            scale.selector.match_labels = target.spec.selector;  // ReplicationController
          }
          return scale;
        } else {
          return std::nullopt;
        }
      },
      *object);
}

MetricsVerdict replicas_for_metrics(const AutoscalerView& view, std::int32_t current,
                                    const AutoscalerConfig& config, Instant now) {
  const auto& metrics = view.autoscaler->spec.metrics;
  MetricsVerdict verdict;
  std::size_t failures = 0;
  std::int32_t most = 0;
  std::string most_name;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const MetricSpec& metric = metrics[i];
    const auto replicas = replicas_for(i, view, current, config, now);
    if (!replicas) {
      if (failures++ == 0) {
        verdict.reason = failure_reason(metric.source);
        verdict.message =
            "the HPA was unable to compute the replica count: " + replicas.error().what;
      }
    } else if (most == 0 || *replicas > most) {
      most = *replicas;
      most_name = metric.name;
    }
  }
  if (failures == metrics.size() || (failures > 0 && most < current)) return verdict;
  return {most, "ValidMetricFound",
          "the HPA was able to successfully calculate a replica count from " + most_name};
}

AutoscalerPlan reconcile_autoscaler(const AutoscalerView& view, const ScalingHistory& history,
                                    const AutoscalerConfig& config, Instant now) {
  const HorizontalPodAutoscaler& autoscaler = *view.autoscaler;
  AutoscalerPlan result;
  result.history = history;
  result.plan.look_again(config.sync_period);
  HorizontalPodAutoscaler next = autoscaler;
  next.status.observed_generation = autoscaler.meta.generation;
  const auto set = [&](const char* type, ConditionStatus status, const std::string& reason,
                       const std::string& message) {
    keep_condition(next.status.conditions, type, status, reason, message, now);
  };
  // Set once, at the end, so that it differs only if the outcome does.
  std::string able_reason = "SucceededGetScale";
  std::string able_message = "the HPA controller was able to get the target's current scale";
  const auto finish = [&] {
    set("AbleToScale", view.target ? ConditionStatus::True : ConditionStatus::False, able_reason,
        able_message);
    if (!(next.status == autoscaler.status)) result.plan.then(update_status_call(next));
    return std::move(result);
  };

  if (!view.target) {
    able_reason = "FailedGetScale";
    able_message = "the HPA controller was unable to get the target's current scale";
    return finish();
  }
  const std::int32_t current =
      config.size_from_status ? view.target->status_replicas : view.target->spec_replicas;
  const LimitsView bounds{current, 0, autoscaler.spec.min_replicas, autoscaler.spec.max_replicas};
  std::vector<Recommendation>& recommendations = result.history.recommendations;
  if (recommendations.empty()) recommendations.push_back({current, now});

  std::int32_t desired = current;
  if (current == 0 && bounds.min != 0) {
    set("ScalingActive", ConditionStatus::False, "ScalingDisabled",
        "scaling is disabled since the replica count of the target is zero");
  } else if (current > bounds.max) {
    desired = bounds.max;
  } else if (current < bounds.min) {
    desired = bounds.min;
  } else {
    std::optional<Result<std::int32_t>> advice;
    if (config.advisor != nullptr) {
      advice = config.advisor->replicas(view, current,
                                        tolerances_of(autoscaler.spec, config.tolerance), now);
    }
    const MetricsVerdict verdict =
        advice ? advised(*advice) : replicas_for_metrics(view, current, config, now);
    set("ScalingActive", verdict.replicas ? ConditionStatus::True : ConditionStatus::False,
        verdict.reason, verdict.message);
    next.status.current_replicas = current;
    if (!verdict.replicas) return finish();

    LimitsView limits = bounds;
    limits.desired = *verdict.replicas;
    const api::HorizontalPodAutoscalerSpec& spec = autoscaler.spec;
    const api::ScalingRules up = completed_up(spec.scale_up);
    const api::ScalingRules down = completed_down(spec.scale_down, config.downscale_stabilization);
    const LimitedSize size =
        spec.has_behavior
            ? limited_by_rules(limits, up, down, result.history, now)
            : limited_by_default(limits, result.history, config.downscale_stabilization, now);
    Duration longest = config.downscale_stabilization;
    if (spec.has_behavior) longest = std::max(*up.stabilization, *down.stabilization);
    std::erase_if(recommendations, [&](const Recommendation& r) { return r.at < now - longest; });
    recommendations.push_back({*verdict.replicas, now});
    for (std::vector<ScaleEvent>* events : {&result.history.ups, &result.history.downs}) {
      std::erase_if(*events, [&](const ScaleEvent& e) { return e.at <= now - kPolicyPeriodMax; });
    }
    able_reason = size.able_reason;
    able_message = able_reason == "ReadyForNewScale" ? "recommended size matches current size"
                   : able_reason == "ScaleUpStabilized"
                       ? "recent recommendations were lower than current one, applying the lowest "
                         "recent recommendation"
                       : "recent recommendations were higher than current one, applying the "
                         "highest recent recommendation";
    set("ScalingLimited", size.limited ? ConditionStatus::True : ConditionStatus::False,
        size.limited_reason, "");
    desired = size.replicas;
  }

  next.status.current_replicas = current;
  next.status.desired_replicas = desired;
  if (desired != current) {
    api::Object scaled = *view.target->object;
    set_size(scaled, desired);
    result.plan.then(update_call(std::move(scaled)));
    result.change = desired - current;
    next.status.last_scale = now;
    able_reason = "SucceededRescale";
    able_message =
        "the HPA controller was able to update the target scale to " + std::to_string(desired);
  }
  return finish();
}

}  // namespace orrery::controllers
