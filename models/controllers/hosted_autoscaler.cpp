#include "models/controllers/hosted_autoscaler.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "models/controllers/metrics_source.h"

namespace orrery::controllers {

using api::HorizontalPodAutoscaler;
using api::Kind;
using api::ObjectKey;
using api::Pod;
using api::PodMetrics;

void AutoscalerController::observe(const Change& change, WorkQueue& queue, Instant now) {
  if (api::kind_of(change.latest()) != Kind::HorizontalPodAutoscaler) return;
  const ObjectKey key = api::key_of(change.latest());
  if (!change.after) {
    own_writes_.forget(key);
    memory_.erase(key);
    return;
  }
  // The first look, too, comes after a whole period: the queue's rate limiter says so.
  const auto spec_of = [](const api::ObjectPtr& version) {
    return std::get<HorizontalPodAutoscaler>(*version).spec;
  };
  if (!change.before || !(spec_of(change.before) == spec_of(change.after))) {
    queue.add_at(key, now + config_.sync_period);
  }
}

api::ObjectPtr AutoscalerController::target_of(const HorizontalPodAutoscaler& autoscaler) const {
  const auto copy = [&](const auto* found) -> api::ObjectPtr {
    return found == nullptr ? nullptr : std::make_shared<const api::Object>(*found);
  };
  const std::string& in = autoscaler.meta.namespace_name;
  const std::string& name = autoscaler.spec.target_name;
  switch (autoscaler.spec.target_kind) {
    case Kind::Deployment:
      return copy(caches_.deployments.find<api::Deployment>(in, name));
    case Kind::ReplicaSet:
      return copy(caches_.replica_sets.find<api::ReplicaSet>(in, name));
    case Kind::StatefulSet:
      return copy(caches_.stateful_sets.find<api::StatefulSet>(in, name));
    case Kind::ReplicationController:
      return copy(caches_.replication_controllers.find<api::ReplicationController>(in, name));
    default:
      return nullptr;
  }
}

void AutoscalerController::ask_source(AutoscalerView& view, OwnMetrics& own, Instant now) const {
  const auto& metrics = view.autoscaler->spec.metrics;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const api::MetricSpec& metric = metrics[i];
    std::optional<std::int64_t> value;
    switch (metric.source) {
      case api::MetricSource::Resource:
      case api::MetricSource::ContainerResource:
        break;
      case api::MetricSource::Pods:
        for (const Pod* pod : view.pods.pods) {
          const auto sample = config_.metrics->of_pod(metric.name, *pod, now);
          if (!sample) continue;
          const auto [at, fresh] = own.try_emplace(pod->meta.name);
          if (const auto known = view.pods.metrics.find(pod->meta.name);
              fresh && known != view.pods.metrics.end()) {
            at->second = *known->second;
          }
          at->second.custom[metric.name] = *sample;
        }
        break;
      case api::MetricSource::Object:
        // It stands in the autoscaler's namespace, whatever else is said.
        value = config_.metrics->of_object(
            metric.name,
            {metric.object.kind, view.autoscaler->meta.namespace_name, metric.object.name}, now);
        break;
      case api::MetricSource::External:
        value = config_.metrics->external(metric.name, now);
        break;
    }
    if (value) view.values[i] = *value;
  }
  for (const auto& [pod, sample] : own) view.pods.metrics[pod] = &sample;
}

Plan AutoscalerController::reconcile(const ObjectKey& key,
                                     const std::optional<CallFailure>& /*last_failure*/,
                                     Instant now) {
  const auto* autoscaler =
      caches_.autoscalers.find<HorizontalPodAutoscaler>(key.namespace_name, key.name);
  if (autoscaler == nullptr || autoscaler->meta.deletion) return {};
  AutoscalerView view;
  view.autoscaler = autoscaler;
  view.target = scale_of(target_of(*autoscaler));
  if (own_writes_.newer_than(key, autoscaler->meta) ||
      (view.target && target_writes_.newer_than(api::key_of(*view.target->object),
                                                api::meta_of(*view.target->object)))) {
    Plan plan;
    plan.look_again(config_.sync_period);
    return plan;
  }
  if (view.target) {
    for (const Pod* pod : caches_.pods.in_namespace<Pod>(key.namespace_name)) {
      if (!api::matches(view.target->selector, pod->meta.labels)) continue;
      view.pods.pods.push_back(pod);
      const auto* metrics =
          caches_.pod_metrics.find<PodMetrics>(key.namespace_name, pod->meta.name);
      if (metrics == nullptr || metrics->timestamp + config_.metrics_expiry < now) continue;
      // A successor may have its name.
      const auto& owners = metrics->meta.owners;
      if (!owners.empty() && owners.front().uid != pod->meta.uid) continue;
      view.pods.metrics[pod->meta.name] = metrics;
    }
  }
  OwnMetrics own;
  if (config_.metrics != nullptr && view.target) ask_source(view, own, now);
  Memory& memory = memory_[key];
  AutoscalerPlan result = reconcile_autoscaler(view, memory.history, config_, now);
  memory.history = std::move(result.history);
  memory.pending.reset();
  if (result.change && autoscaler->spec.has_behavior) memory.pending = {*result.change, now};
  return std::move(result.plan);
}

void AutoscalerController::on_answer(const ObjectKey& key, const ports::ApiCall& call,
                                     const ports::Event& reply) {
  own_writes_.on_answer(key, call, reply);
  if (call.key == key || call.verb != ports::Verb::Update) return;
  target_writes_.on_answer(call.key, call, reply);
  const auto memory = memory_.find(key);
  if (memory == memory_.end() || !memory->second.pending) return;
  if (reply.outcome == ports::Outcome::Ok) {
    const ScaleEvent event = *memory->second.pending;
    ScalingHistory& history = memory->second.history;
    if (event.change > 0) {
      history.ups.push_back(event);
    } else {
      history.downs.push_back({-event.change, event.at});
    }
  }
  memory->second.pending.reset();
}

}  // namespace orrery::controllers
