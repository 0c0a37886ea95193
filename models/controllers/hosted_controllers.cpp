#include "models/controllers/hosted_controllers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "models/controllers/deployment.h"
#include "models/controllers/owner_lookup.h"

namespace orrery::controllers {
namespace {

using api::Deployment;
using api::EndpointSlice;
using api::Kind;
using api::ObjectKey;
using api::ObjectMeta;
using api::Pod;
using api::ReplicaSet;
using api::Service;

}  // namespace

// --- Deployments ---------------------------------------------------------------------------------

void DeploymentController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  switch (api::kind_of(change.latest())) {
    case Kind::Deployment:
      queue.add(api::key_of(change.latest()));
      return;
    case Kind::ReplicaSet:
      for (const api::ObjectPtr& version : {change.before, change.after}) {
        if (!version) continue;
        add_owner_or_adopters<Deployment>(api::meta_of(*version), Kind::Deployment,
                                          caches_.deployments, queue);
      }
      return;
    case Kind::Pod: {
      // Recreate waits for pods to go, which no set reports.
      const Pod& pod = std::get<Pod>(change.latest());
      if (change.after && !api::has_ended(pod)) return;
      const auto* set_owner = controller_of_kind(pod.meta, Kind::ReplicaSet);
      if (set_owner == nullptr) return;
      const auto* set =
          caches_.replica_sets.find<ReplicaSet>(pod.meta.namespace_name, set_owner->name);
      if (set == nullptr) return;
      const auto* owner = controller_of_kind(set->meta, Kind::Deployment);
      if (owner == nullptr) return;
      const auto* deployment =
          caches_.deployments.find<Deployment>(pod.meta.namespace_name, owner->name);
      if (deployment != nullptr && deployment->spec.strategy.recreate) {
        queue.add({Kind::Deployment, pod.meta.namespace_name, owner->name});
      }
      return;
    }
    default:
      return;
  }
}

Plan DeploymentController::reconcile(const ObjectKey& key,
                                     const std::optional<CallFailure>& /*last_failure*/,
                                     Instant now) {
  const auto* deployment = caches_.deployments.find<Deployment>(key.namespace_name, key.name);
  if (deployment == nullptr) return {};
  DeploymentView view;
  view.deployment = deployment;
  view.replica_sets = caches_.replica_sets.controlled_by<ReplicaSet>(deployment->meta.uid);
  if (deployment->spec.strategy.recreate) {
    for (const ReplicaSet* set : view.replica_sets) {
      append(view.pods, caches_.pods.controlled_by<Pod>(set->meta.uid));
    }
  }
  append(view.replica_sets, caches_.replica_sets.orphans_in<ReplicaSet>(key.namespace_name));
  view.namespace_sets = caches_.replica_sets.in_namespace<ReplicaSet>(key.namespace_name);
  return reconcile_deployment(view, now);
}

// --- EndpointSlices ------------------------------------------------------------------------------

void EndpointSliceController::observe(const Change& change, WorkQueue& queue, Instant now) {
  switch (api::kind_of(change.latest())) {
    case Kind::Service:
      if (!change.after) written_.erase(api::key_of(change.latest()));
      queue.add(api::key_of(change.latest()));
      return;
    case Kind::Pod: {
      const std::string& namespace_name = api::meta_of(change.latest()).namespace_name;
      for (const Service* service : caches_.services.in_namespace<Service>(namespace_name)) {
        if (service->spec.selector.empty()) continue;
        const api::LabelSelector selector{service->spec.selector, {}};
        const auto selected = [&](const api::ObjectPtr& version) {
          return version && api::matches(selector, api::meta_of(*version).labels);
        };
        if (selected(change.before) || selected(change.after)) {
          queue.add({Kind::Service, namespace_name, service->meta.name});
        }
      }
      return;
    }
    case Kind::EndpointSlice: {
      const ObjectMeta& meta = api::meta_of(change.latest());
      const auto service_name = meta.labels.find(kServiceNameLabel);
      if (service_name == meta.labels.end()) return;
      const ObjectKey service{Kind::Service, meta.namespace_name, service_name->second};
      if (const auto entry = written_.find(service); entry != written_.end()) {
        const auto slice = entry->second.find(api::key_of(change.latest()));
        if (slice != entry->second.end() && meta.resource_version >= slice->second) {
          const bool is_own_write = change.after && meta.resource_version == slice->second;
          entry->second.erase(slice);
          if (is_own_write) return;
        }
      }
      queue.add_at(service, now + config_.slice_change_delay);
      return;
    }
    case Kind::Node:
      return observe_node(change, queue);
    default:
      return;
  }
}

/// A change of a node that changes its zone's share of CPU may leave zones overloaded.
void EndpointSliceController::observe_node(const Change& change, WorkQueue& queue) {
  if (change.before && change.after) {
    if (counts_alike(std::get<api::Node>(*change.before), std::get<api::Node>(*change.after)))
      return;
  }
  std::optional<ZoneView> zones;
  for (const Service* service : caches_.services.all<Service>()) {
    if (!wants_share_by_cpu(*service)) continue;
    if (!zones) zones = zone_view(caches_.nodes.all<api::Node>());
    if (zone_overloaded(caches_.endpoint_slices.controlled_by<EndpointSlice>(service->meta.uid),
                        *zones)) {
      queue.add({Kind::Service, service->meta.namespace_name, service->meta.name});
    }
  }
}

Plan EndpointSliceController::reconcile(const ObjectKey& key,
                                        const std::optional<CallFailure>& /*last_failure*/,
                                        Instant /*now*/) {
  const auto* service = caches_.services.find<Service>(key.namespace_name, key.name);
  // Without a selector the slices are the user's; an external name has none.
  if (service == nullptr || service->spec.selector.empty() ||
      service->spec.type == "ExternalName") {
    return {};
  }
  Plan plan;
  if (const auto entry = written_.find(key); entry != written_.end() && !entry->second.empty()) {
    plan.look_again(config_.backoff_base);
    return plan;
  }
  ServiceView view;
  view.service = service;
  view.pods = caches_.pods.addressed_in(key.namespace_name);
  view.slices = caches_.endpoint_slices.controlled_by<EndpointSlice>(service->meta.uid);
  if (wants_share_by_cpu(*service) || service->spec.prefers_own_zone) {
    view.zones = zone_view(caches_.nodes.all<api::Node>());
  }
  return reconcile_endpoint_slices(view, config_);
}

void EndpointSliceController::on_answer(const ObjectKey& key, const ports::ApiCall& call,
                                        const ports::Event& reply) {
  const bool wrote = call.verb == ports::Verb::Create || call.verb == ports::Verb::Update;
  if (!wrote || reply.outcome != ports::Outcome::Ok) return;
  const api::ObjectPtr& object = std::get<ports::ApiObject>(*reply.body).object;
  const ObjectMeta& meta = api::meta_of(*object);
  const auto* cached = caches_.endpoint_slices.find<EndpointSlice>(meta.namespace_name, meta.name);
  if (cached != nullptr && cached->meta.resource_version >= meta.resource_version) return;
  written_[key][api::key_of(*object)] = meta.resource_version;
}

}  // namespace orrery::controllers
