#include "runner/external/questions.h"

#include <algorithm>
#include <utility>

namespace orrery::external {
namespace {

using api::MetricSource;
using api::MetricTarget;

Json metric_json(const api::MetricSpec& metric, const std::int64_t* value) {
  Json out{{"source", api::to_string(metric.source)}, {"name", metric.name}};
  if (metric.source == MetricSource::ContainerResource) out["container"] = metric.container;
  if (metric.source == MetricSource::Object) out["object"] = to_string(metric.object);
  out["target"] = api::to_string(metric.target);
  out[metric.target == MetricTarget::Utilization ? "percent" : "milli"] = metric.value;
  if (value != nullptr) out["currentMilli"] = *value;
  return out;
}

Json metrics_json(const api::PodMetrics& metrics) {
  Json out{{"time", seconds_of(metrics.timestamp)}, {"window", seconds_of(metrics.window)}};
  Json containers = Json::array();
  for (const api::ContainerUsage& usage : metrics.containers) {
    containers.push_back(
        {{"name", usage.name}, {"cpuMilli", usage.cpu_milli}, {"memoryBytes", usage.memory_bytes}});
  }
  out["containers"] = std::move(containers);
  Json custom = Json::object();
  for (const auto& [name, value] : metrics.custom) custom[name] = value;
  out["customMilli"] = std::move(custom);
  return out;
}

Json scaled_pod_json(const api::Pod& pod, const controllers::PodsView& view) {
  Json out{{"name", pod.meta.name},
           {"phase", api::to_string(pod.status.phase)},
           {"terminating", pod.meta.deletion.has_value()}};
  const api::Condition* ready = api::find_condition(pod.status.conditions, "Ready");
  out["ready"] = ready != nullptr && ready->status == api::ConditionStatus::True;
  out["readyChanged"] = ready == nullptr ? Json(nullptr) : Json(seconds_of(ready->last_transition));
  out["started"] = pod.status.start_time ? Json(seconds_of(*pod.status.start_time)) : Json(nullptr);
  Json containers = Json::array();
  for (const api::Container& container : pod.spec.containers) {
    Json one{{"name", container.name}};
    if (container.requests.cpu_milli) one["cpuMilli"] = *container.requests.cpu_milli;
    if (container.requests.memory_bytes) one["memoryBytes"] = *container.requests.memory_bytes;
    containers.push_back(std::move(one));
  }
  out["requests"] = std::move(containers);
  const auto metrics = view.metrics.find(pod.meta.name);
  out["metrics"] = metrics == view.metrics.end() ? Json(nullptr) : metrics_json(*metrics->second);
  return out;
}

Json labels_json(const api::Labels& labels) {
  Json out = Json::object();
  for (const auto& [key, value] : labels) out[key] = value;
  return out;
}

Json amounts_json(std::int64_t cpu_milli, std::int64_t memory_bytes,
                  const std::map<std::string, std::int64_t>& extended) {
  Json out{{"cpuMilli", cpu_milli}, {"memoryBytes", memory_bytes}};
  Json named = Json::object();
  for (const auto& [name, amount] : extended) named[name] = amount;
  out["extended"] = std::move(named);
  return out;
}

Json node_json(const scheduler::ClusterState& state, scheduler::Slot slot) {
  const scheduler::NodeState& known = state.node(slot);
  const api::Node& node = *known.node;
  Json out{{"name", node.meta.name}, {"labels", labels_json(node.meta.labels)}};
  Json taints = Json::array();
  for (const api::Taint& taint : node.spec.taints) {
    taints.push_back({{"key", taint.key}, {"value", taint.value}, {"effect", taint.effect}});
  }
  out["taints"] = std::move(taints);
  const api::NodeResources& size = node.status.allocatable;
  out["allocatable"] = amounts_json(size.cpu_milli, size.memory_bytes, size.extended);
  out["allocatable"]["pods"] = size.pods;
  out["requested"] = amounts_json(known.requested_cpu_milli, known.requested_memory_bytes,
                                  known.requested_extended);
  std::vector<std::string> pods;
  for (const scheduler::PlacedPod* placed : state.pods_on(slot)) {
    pods.push_back(placed->name->first + "/" + placed->name->second);
  }
  // The list's own order is how it came about, which is nobody's business.
  std::sort(pods.begin(), pods.end());
  out["pods"] = std::move(pods);
  return out;
}

}  // namespace

Json autoscaler_question(const controllers::AutoscalerView& view, std::int32_t current,
                         const controllers::Tolerances& tolerances) {
  const api::HorizontalPodAutoscaler& autoscaler = *view.autoscaler;
  Json out;
  Json& about = out["autoscaler"];
  about = {{"namespace", autoscaler.meta.namespace_name},
           {"name", autoscaler.meta.name},
           {"minReplicas", autoscaler.spec.min_replicas},
           {"maxReplicas", autoscaler.spec.max_replicas},
           {"toleranceUp", tolerances.up},
           {"toleranceDown", tolerances.down}};
  Json metrics = Json::array();
  for (std::size_t i = 0; i < autoscaler.spec.metrics.size(); ++i) {
    const auto value = view.values.find(i);
    metrics.push_back(metric_json(autoscaler.spec.metrics[i],
                                  value == view.values.end() ? nullptr : &value->second));
  }
  about["metrics"] = std::move(metrics);
  const api::ObjectKey target = api::key_of(*view.target->object);
  out["target"] = {{"kind", api::to_string(target.kind)},
                   {"name", target.name},
                   {"replicas", current},
                   {"statusReplicas", view.target->status_replicas}};
  Json pods = Json::array();
  for (const api::Pod* pod : view.pods.pods) pods.push_back(scaled_pod_json(*pod, view.pods));
  out["pods"] = std::move(pods);
  return out;
}

Json scheduler_question(const api::Pod& pod, const scheduler::ClusterState& state,
                        std::span<const scheduler::Slot> nodes) {
  const api::PodResources wanted = scheduler::demand_of(pod.spec).requests;
  Json out;
  out["pod"] = {{"namespace", pod.meta.namespace_name},
                {"name", pod.meta.name},
                {"labels", labels_json(pod.meta.labels)},
                {"priority", pod.spec.priority.value_or(0)},
                {"requests", amounts_json(wanted.cpu_milli, wanted.memory_bytes, wanted.extended)}};
  Json list = Json::array();
  for (const scheduler::Slot slot : nodes) list.push_back(node_json(state, slot));
  out["nodes"] = std::move(list);
  return out;
}

}  // namespace orrery::external
