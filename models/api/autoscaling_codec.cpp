#include <limits>
#include <string>
#include <utility>

#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

constexpr Names<5> kMetricSources{"Resource", "ContainerResource", "Pods", "Object", "External"};
/// Where the source's fields stand, and the name of their structure.
constexpr Names<5> kSourceFields{"resource", "containerResource", "pods", "object", "external"};
constexpr Names<5> kSourceStructures{"ResourceMetricSource", "ContainerResourceMetricSource",
                                     "PodsMetricSource", "ObjectMetricSource",
                                     "ExternalMetricSource"};
constexpr Names<3> kMetricTargets{"Utilization", "Value", "AverageValue"};
constexpr Names<3> kTargetFields{"averageUtilization", "value", "averageValue"};
constexpr Names<2> kPolicyTypes{"Pods", "Percent"};
constexpr Names<3> kSelectPolicies{"Max", "Min", "Disabled"};

constexpr std::int64_t kPeriodSecondsMax = 1800;  // MaxPeriodSeconds
constexpr std::int64_t kWindowSecondsMax = 3600;  // MaxStabilizationWindowSeconds

bool is_resource(MetricSource source) {
  return source == MetricSource::Resource || source == MetricSource::ContainerResource;
}

/// Which targets a source may have.
bool may_have(MetricSource source, MetricTarget target) {
  switch (source) {
    case MetricSource::Resource:
    case MetricSource::ContainerResource:
      return target != MetricTarget::Value;
    case MetricSource::Pods:
      return target == MetricTarget::AverageValue;
    case MetricSource::Object:
    case MetricSource::External:
      return target != MetricTarget::Utilization;
  }
  contract_violation("a metric has one of the known sources");
}

void read_target(ObjectReader& in, MetricSpec& metric) {
  in.require("type", "Utilization, Value or AverageValue");
  in.choice("type", metric.target, kMetricTargets);
  bool given = false;
  for (std::size_t i = 0; i < kTargetFields.size(); ++i) {
    const auto target = static_cast<MetricTarget>(i);
    const auto at = in.field(kTargetFields[i]);
    if (!at) continue;
    if (target != metric.target) {
      if (in.manifest()) {
        in.reading().problem(*at,
                             std::string{"no "} + kTargetFields[i] + " with this type of target",
                             to_string(metric.target));
      }
      continue;
    }
    if (target == MetricTarget::Utilization) {
      std::int32_t percent = 0;
      given = in.integer(kTargetFields[i], percent, 1);
      metric.value = percent;
      continue;
    }
    if (!in.manifest()) {
      given = in.integer(kTargetFields[i], metric.value);
      continue;
    }
    std::optional<std::int64_t> amount;
    read_quantity(in, kTargetFields[i], amount, parse_milli);
    given = amount.has_value();
    metric.value = amount.value_or(metric.value);
    if (given && metric.value <= 0) in.reading().wrong(*at, "a quantity above 0");
  }
  if (in.manifest()) {
    const auto type = in.field("type");
    if (type && !may_have(metric.source, metric.target)) {
      in.reading().problem(*type,
                           is_resource(metric.source)            ? "Utilization or AverageValue"
                           : metric.source == MetricSource::Pods ? "AverageValue"
                                                                 : "Value or AverageValue",
                           to_string(metric.target));
    } else if (type && !in.field(name_of(metric.target, kTargetFields))) {
      in.reading().problem(in.here(), name_of(metric.target, kTargetFields), "none");
    }
  }
  in.finish({});
}

void read_metric_source(ObjectReader& in, MetricSpec& metric) {
  if (is_resource(metric.source)) {
    in.require("name", "cpu or memory");
    in.text("name", metric.name);
    if (in.manifest() && !metric.name.empty() && metric.name != "cpu" && metric.name != "memory") {
      in.reading().wrong(*in.field("name"), "cpu or memory",
                         "usage of other resources is not measured");
    }
    if (metric.source == MetricSource::ContainerResource) {
      in.require("container", "the name of a container");
      in.text("container", metric.container);
    }
  } else {
    in.require("metric", "the metric");
    in.object("metric", "MetricIdentifier", [&](ObjectReader& identifier) {
      identifier.require("name", "the name of the metric");
      identifier.text("name", metric.name);
      identifier.finish({"selector"});
    });
  }
  if (metric.source == MetricSource::Object) {
    in.require("describedObject", "the object that the metric is about");
    in.object("describedObject", "CrossVersionObjectReference", [&](ObjectReader& object) {
      object.choice("kind", metric.object.kind, kKinds);
      object.text("name", metric.object.name);
      object.text("namespace", metric.object.namespace_name);
      object.pass_over({"apiVersion"});
      object.finish({});
    });
  }
  in.require("target", "the target of the metric");
  in.object("target", "MetricTarget", [&](ObjectReader& target) { read_target(target, metric); });
  in.finish({});
}

MetricSpec read_metric(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "MetricSpec"};
  MetricSpec metric;
  in.require("type", "Resource, ContainerResource, Pods, Object or External");
  in.choice("type", metric.source, kMetricSources);
  const char* own = name_of(metric.source, kSourceFields);
  in.require(own, "the fields of the metric");
  in.object(own, name_of(metric.source, kSourceStructures),
            [&](ObjectReader& source) { read_metric_source(source, metric); });
  for (const char* other : kSourceFields) {
    const auto stray = in.field(other);
    if (in.manifest() && stray && std::string_view{other} != own) {
      reading.problem(*stray, std::string{"only "} + own + " with this type of metric", other);
    }
  }
  in.finish({});
  return metric;
}

void read_rules(ObjectReader& in, ScalingRules& rules) {
  in.seconds("stabilizationWindowSeconds", rules.stabilization, 0);
  in.choice("selectPolicy", rules.select, kSelectPolicies);
  in.list("policies", rules.policies, [&](const Cursor& at) {
    ObjectReader policy{in.reading(), at, "HPAScalingPolicy"};
    ScalingPolicy read;
    enum class Type : std::uint8_t { Pods, Percent };
    Type type = Type::Pods;
    for (const char* name : {"type", "value", "periodSeconds"}) {
      policy.require(name, "type, value and periodSeconds");
    }
    policy.choice("type", type, kPolicyTypes);
    read.percent = type == Type::Percent;
    policy.integer("value", read.value, 1);
    policy.seconds("periodSeconds", read.period, 1);
    policy.finish({});
    if (policy.manifest() && read.period > Duration::seconds(kPeriodSecondsMax)) {
      policy.reading().wrong(*policy.field("periodSeconds"), "at most 1800 seconds");
    }
    return read;
  });
  if (in.manifest()) {
    const auto window = in.field("stabilizationWindowSeconds");
    if (window && rules.stabilization > Duration::seconds(kWindowSecondsMax)) {
      in.reading().wrong(*window, "at most 3600 seconds");
    }
    const auto policies = in.field("policies");
    if (policies && rules.policies.empty() && policies->value->type == Value::Type::List) {
      in.reading().wrong(*policies, "at least one policy");
    }
    std::optional<std::int64_t> tolerance;
    read_quantity(in, "tolerance", tolerance, parse_milli);
    if (tolerance && *tolerance <= std::numeric_limits<std::int32_t>::max()) {
      rules.tolerance = static_cast<std::int32_t>(*tolerance);
    }
  } else {
    std::int32_t tolerance = 0;
    if (in.integer("tolerance", tolerance)) rules.tolerance = tolerance;
  }
  in.finish({});
}

void read_hpa_spec(ObjectReader& in, HorizontalPodAutoscalerSpec& spec) {
  in.require("scaleTargetRef", "what to scale");
  in.object("scaleTargetRef", "CrossVersionObjectReference", [&](ObjectReader& target) {
    target.require("kind", "a kind that has replicas");
    target.require("name", "the name of what to scale");
    target.choice("kind", spec.target_kind, kKinds);
    target.text("name", spec.target_name);
    target.pass_over({"apiVersion"});
    target.finish({});
    const bool scales =
        spec.target_kind == Kind::Deployment || spec.target_kind == Kind::ReplicaSet ||
        spec.target_kind == Kind::StatefulSet || spec.target_kind == Kind::ReplicationController;
    const auto kind = target.field("kind");
    if (target.manifest() && kind && !scales) {
      target.reading().wrong(*kind,
                             "a Deployment, ReplicaSet, StatefulSet or "
                             "ReplicationController");
    }
  });
  // 0 needs the feature gate HPAScaleToZero, and a metric that exists without pods.
  in.integer("minReplicas", spec.min_replicas, 0);
  in.require("maxReplicas", "the most replicas");
  in.integer("maxReplicas", spec.max_replicas, 1);
  in.list("metrics", spec.metrics, [&](const Cursor& at) { return read_metric(in.reading(), at); });
  spec.has_behavior =
      in.object("behavior", "HorizontalPodAutoscalerBehavior", [&](ObjectReader& b) {
        b.object("scaleUp", "HPAScalingRules",
                 [&](ObjectReader& up) { read_rules(up, spec.scale_up); });
        b.object("scaleDown", "HPAScalingRules",
                 [&](ObjectReader& down) { read_rules(down, spec.scale_down); });
        b.finish({});
      });
  if (in.manifest()) {
    if (spec.max_replicas < spec.min_replicas) {
      in.reading().problem(
          in.field_or_here("maxReplicas"), "maxReplicas of at least minReplicas",
          std::to_string(spec.max_replicas) + " and " + std::to_string(spec.min_replicas));
    }
    bool needs_no_pods = false;
    for (const MetricSpec& metric : spec.metrics) {
      needs_no_pods = needs_no_pods || metric.source == MetricSource::Object ||
                      metric.source == MetricSource::External;
    }
    if (spec.min_replicas == 0 && !needs_no_pods) {
      in.reading().wrong(*in.field("minReplicas"), "at least 1, as no metric exists without pods");
    }
    // The API's default (pkg/apis/autoscaling/v2/defaults.go).
    if (spec.metrics.empty())
      spec.metrics.push_back({.name = "cpu", .container = {}, .object = {}});
  }
  in.finish({});
}

void write_metric(JsonWriter& out, const MetricSpec& metric) {
  out.text("type", to_string(metric.source));
  out.begin_object(name_of(metric.source, kSourceFields));
  if (is_resource(metric.source)) {
    out.text("name", metric.name);
    if (metric.source == MetricSource::ContainerResource) out.text("container", metric.container);
  } else {
    out.begin_object("metric");
    out.text("name", metric.name);
    out.end_object();
  }
  if (metric.source == MetricSource::Object) {
    out.begin_object("describedObject");
    out.text("kind", to_string(metric.object.kind));
    out.text("name", metric.object.name);
    out.text("namespace", metric.object.namespace_name);
    out.end_object();
  }
  out.begin_object("target");
  out.text("type", to_string(metric.target));
  out.number_in_full(name_of(metric.target, kTargetFields), metric.value);
  out.end_object();
  out.end_object();
}

void write_rules(JsonWriter& out, const char* name, const ScalingRules& rules) {
  if (rules == ScalingRules{}) return;
  out.begin_object(name);
  if (rules.stabilization) {
    out.seconds_in_full("stabilizationWindowSeconds", *rules.stabilization);
  }
  if (rules.select != SelectPolicy::Max) {
    out.text("selectPolicy", name_of(rules.select, kSelectPolicies));
  }
  write_list(out, "policies", rules.policies, [](JsonWriter& o, const ScalingPolicy& policy) {
    o.text("type", kPolicyTypes[policy.percent ? 1 : 0]);
    o.number_in_full("value", policy.value);
    o.seconds_in_full("periodSeconds", policy.period);
  });
  if (rules.tolerance) out.number_in_full("tolerance", *rules.tolerance);
  out.end_object();
}

}  // namespace

const char* to_string(MetricSource source) { return name_of(source, kMetricSources); }
const char* to_string(MetricTarget target) { return name_of(target, kMetricTargets); }

void read_body(ObjectReader& root, HorizontalPodAutoscaler& hpa) {
  root.require("spec", "a spec with scaleTargetRef and maxReplicas");
  root.object("spec", "HorizontalPodAutoscalerSpec",
              [&](ObjectReader& in) { read_hpa_spec(in, hpa.spec); });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "HorizontalPodAutoscalerStatus", [&](ObjectReader& in) {
    in.integer("observedGeneration", hpa.status.observed_generation);
    in.integer("currentReplicas", hpa.status.current_replicas);
    in.integer("desiredReplicas", hpa.status.desired_replicas);
    in.instant("lastScaleTime", hpa.status.last_scale);
    in.list("conditions", hpa.status.conditions,
            [&](const Cursor& at) { return read_condition(in.reading(), at); });
    in.finish({});
  });
}

void write_body(JsonWriter& out, const HorizontalPodAutoscaler& hpa) {
  const HorizontalPodAutoscalerSpec& spec = hpa.spec;
  out.begin_object("spec");
  out.begin_object("scaleTargetRef");
  out.text("kind", to_string(spec.target_kind));
  out.text("name", spec.target_name);
  out.end_object();
  out.number_in_full("minReplicas", spec.min_replicas);
  out.number_in_full("maxReplicas", spec.max_replicas);
  write_list(out, "metrics", spec.metrics, write_metric);
  if (spec.has_behavior) {
    out.begin_object("behavior");
    write_rules(out, "scaleUp", spec.scale_up);
    write_rules(out, "scaleDown", spec.scale_down);
    out.end_object();
  }
  out.end_object();
  const HorizontalPodAutoscalerStatus& status = hpa.status;
  out.begin_object("status");
  out.number("observedGeneration", status.observed_generation);
  out.number("currentReplicas", status.current_replicas);
  out.number("desiredReplicas", status.desired_replicas);
  if (status.last_scale) out.instant_in_full("lastScaleTime", *status.last_scale);
  write_list(out, "conditions", status.conditions, write_condition);
  out.end_object();
}

void read_body(ObjectReader& root, PodMetrics& metrics) {
  root.instant("timestamp", metrics.timestamp);
  root.seconds("window", metrics.window);
  root.list("containers", metrics.containers, [&](const Cursor& at) {
    ObjectReader in{root.reading(), at, "ContainerMetrics"};
    ContainerUsage usage;
    in.text("name", usage.name);
    in.integer("cpuMilli", usage.cpu_milli);
    in.integer("memoryBytes", usage.memory_bytes);
    in.finish({});
    return usage;
  });
  root.each("custom", [&](const Cursor& at) {
    ObjectReader in{root.reading(), at, "CustomMetric"};
    std::string name;
    std::int64_t value = 0;
    in.text("name", name);
    in.integer("value", value);
    in.finish({});
    metrics.custom[name] = value;
  });
}

void write_body(JsonWriter& out, const PodMetrics& metrics) {
  out.instant("timestamp", metrics.timestamp);
  out.seconds("window", metrics.window);
  write_list(out, "containers", metrics.containers, [](JsonWriter& o, const ContainerUsage& usage) {
    o.text("name", usage.name);
    o.number("cpuMilli", usage.cpu_milli);
    o.number("memoryBytes", usage.memory_bytes);
  });
  if (metrics.custom.empty()) return;
  out.begin_list("custom");
  for (const auto& [name, value] : metrics.custom) {
    out.begin_object();
    out.text("name", name);
    out.number("value", value);
    out.end_object();
  }
  out.end_list();
}

}  // namespace orrery::api
