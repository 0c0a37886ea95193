#include "models/controllers/hosted_controllers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "models/controllers/deployment.h"

namespace orrery::controllers {
namespace {

using api::Deployment;
using api::EndpointSlice;
using api::Kind;
using api::Node;
using api::ObjectKey;
using api::ObjectMeta;
using api::Pod;
using api::ReplicaSet;
using api::Service;

/// The one of two versions of a T, or nullptr if the object is of another kind.
template <class T>
const T* as(const api::ObjectPtr& object) {
  return object ? std::get_if<T>(object.get()) : nullptr;
}

/// The owner of that kind, if it is the controller.
const api::OwnerReference* controller_of_kind(const ObjectMeta& meta, Kind kind) {
  const api::OwnerReference* owner = api::controller_of(meta);
  return owner != nullptr && owner->kind == kind ? owner : nullptr;
}

/// Adds the owner of `meta`, or, for an orphan, everyone of `cache` who could adopt it.
template <class Owner>
void add_owner_or_adopters(const ObjectMeta& meta, Kind kind, const Informer& cache,
                           WorkQueue& queue) {
  if (const auto* owner = api::controller_of(meta)) {
    if (owner->kind == kind) queue.add({kind, meta.namespace_name, owner->name});
    return;
  }
  for (const Owner* candidate : cache.in_namespace<Owner>(meta.namespace_name)) {
    if (api::matches(candidate->spec.selector, meta.labels)) {
      queue.add({kind, meta.namespace_name, candidate->meta.name});
    }
  }
}

template <class T>
void append(std::vector<const T*>& to, std::vector<const T*> more) {
  to.insert(to.end(), more.begin(), more.end());
}

bool evicts(const Node& node) {
  return std::any_of(node.spec.taints.begin(), node.spec.taints.end(),
                     [](const api::Taint& t) { return t.effect == "NoExecute"; });
}

/// Between asking whether an object is gone and acting on the answer, or asking again.
constexpr Duration kConfirmAgain = Duration::milliseconds(100);

/// Asks the API server itself; `uid` is what the answer is to be compared with.
ports::ApiCall get_call(const ObjectKey& key, const std::string& uid) {
  ports::ApiCall call;
  call.key = key;
  call.uid = uid;
  return call;
}

bool has_ended(const Pod& pod) {
  return pod.status.phase == api::PodPhase::Succeeded || pod.status.phase == api::PodPhase::Failed;
}

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
      if (change.after && !has_ended(pod)) return;
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

// --- ReplicaSets ---------------------------------------------------------------------------------

void ReplicaSetController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  switch (api::kind_of(change.latest())) {
    case Kind::ReplicaSet:
      if (!change.after) expectations_.forget(api::key_of(change.latest()));
      queue.add(api::key_of(change.latest()));
      return;
    case Kind::Pod:
      observe_pod(change, queue);
      return;
    default:
      return;
  }
}

void ReplicaSetController::observe_pod(const Change& change, WorkQueue& queue) {
  const Pod& pod = std::get<Pod>(change.latest());
  if (const auto* owner = controller_of_kind(pod.meta, Kind::ReplicaSet)) {
    const ObjectKey set{Kind::ReplicaSet, pod.meta.namespace_name, owner->name};
    if (!change.before) expectations_.create_settled(set);
    if (!change.after || pod.meta.deletion) expectations_.delete_settled(set, pod.meta.uid);
  }
  for (const api::ObjectPtr& version : {change.before, change.after}) {
    if (!version) continue;
    add_owner_or_adopters<ReplicaSet>(api::meta_of(*version), Kind::ReplicaSet,
                                      caches_.replica_sets, queue);
  }
}

Plan ReplicaSetController::reconcile(const ObjectKey& key,
                                     const std::optional<CallFailure>& last_failure, Instant now) {
  const auto* set = caches_.replica_sets.find<ReplicaSet>(key.namespace_name, key.name);
  if (set == nullptr) return {};
  ReplicaSetView view;
  view.set = set;
  view.pods = caches_.pods.controlled_by<Pod>(set->meta.uid);
  append(view.pods, caches_.pods.orphans_in<Pod>(key.namespace_name));

  std::vector<const ReplicaSet*> family{set};
  if (const auto* owner = api::controller_of(set->meta)) {
    family = caches_.replica_sets.controlled_by<ReplicaSet>(owner->uid);
  }
  for (const ReplicaSet* member : family) {
    for (const Pod* pod : caches_.pods.controlled_by<Pod>(member->meta.uid)) {
      if (api::is_active(*pod)) view.family_pods.push_back(pod);
    }
  }
  view.may_change_pods = expectations_.satisfied(key, now);
  view.last_failure = last_failure;
  Plan plan = reconcile_replica_set(view, config_, now);
  if (!view.may_change_pods) {
    // What was asked for may never show; then the next look must not wait for a change.
    const Instant expiry = *expectations_.expiry(key);
    plan.look_again(expiry - now + Duration::nanoseconds(1));
  }
  return plan;
}

void ReplicaSetController::on_sent(const ObjectKey& key, const ports::ApiCall& call, Instant now) {
  if (call.key.kind != Kind::Pod) return;
  if (call.verb == ports::Verb::Create) expectations_.expect_create(key, now);
  if (call.verb == ports::Verb::Delete) expectations_.expect_delete(key, call.uid, now);
}

void ReplicaSetController::on_answer(const ObjectKey& key, const ports::ApiCall& call,
                                     const ports::Event& reply) {
  if (call.key.kind != Kind::Pod || reply.outcome == ports::Outcome::Ok) return;
  if (call.verb == ports::Verb::Create) expectations_.create_settled(key);
  if (call.verb == ports::Verb::Delete) expectations_.delete_settled(key, call.uid);
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
    default:
      return;
  }
}

Plan EndpointSliceController::reconcile(const ObjectKey& key,
                                        const std::optional<CallFailure>& /*last_failure*/,
                                        Instant /*now*/) {
  const auto* service = caches_.services.find<Service>(key.namespace_name, key.name);
  if (service == nullptr || service->spec.selector.empty()) return {};
  Plan plan;
  if (const auto entry = written_.find(key); entry != written_.end() && !entry->second.empty()) {
    plan.look_again(config_.backoff_base);
    return plan;
  }
  ServiceView view;
  view.service = service;
  view.pods = caches_.pods.in_namespace<Pod>(key.namespace_name);
  view.slices = caches_.endpoint_slices.controlled_by<EndpointSlice>(service->meta.uid);
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

// --- Nodes ---------------------------------------------------------------------------------------

Instant NodeHealthController::last_sign(const Node& node, Instant now) {
  const auto* lease = caches_.leases.find<api::Lease>(kLeaseNamespace, node.meta.name);
  const auto* ready = api::find_condition(node.status.conditions, "Ready");
  const Instant renewed = lease != nullptr ? lease->renew_time : Instant{};
  const Instant heartbeat = ready != nullptr ? ready->last_update : Instant{};
  const auto [entry, is_new] = signs_.try_emplace(node.meta.name, Sign{renewed, heartbeat, now});
  Sign& sign = entry->second;
  if (!is_new && (sign.renewed != renewed || sign.heartbeat != heartbeat)) {
    sign = {renewed, heartbeat, now};
  }
  return sign.noticed;
}

void NodeHealthController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  if (api::kind_of(change.latest()) != Kind::Node) return;
  if (!change.after) signs_.erase(api::meta_of(change.latest()).name);
  queue.add(api::key_of(change.latest()));
}

void NodeHealthController::on_tick(WorkQueue& queue) {
  const Instant now = executor_.now();
  zones_.clear();
  for (const Node* node : caches_.nodes.all<Node>()) {
    const auto zone = node->meta.labels.find(kZoneLabel);
    ZoneHealth& health = zones_[zone != node->meta.labels.end() ? zone->second : ""];
    const auto* ready = api::find_condition(node->status.conditions, "Ready");
    const bool is_ready = ready != nullptr && ready->status == api::ConditionStatus::True &&
                          now - last_sign(*node, now) <= config_.monitor_grace;
    ++(is_ready ? health.ready : health.not_ready);
    queue.add({Kind::Node, "", node->meta.name});
  }
  const bool were_all_down = std::exchange(
      all_zones_down_, !zones_.empty() && std::all_of(zones_.begin(), zones_.end(), [](auto& z) {
        return z.second.fully_disrupted();
      }));
  if (were_all_down && !all_zones_down_) {
    // The fault was ours: everybody gets a full grace period to be heard again.
    for (auto& [name, sign] : signs_) sign.noticed = now;
  }
}

Plan NodeHealthController::reconcile(const ObjectKey& key,
                                     const std::optional<CallFailure>& /*last_failure*/,
                                     Instant now) {
  const auto* node = caches_.nodes.find<Node>("", key.name);
  if (node == nullptr) return {};
  const auto label = node->meta.labels.find(kZoneLabel);
  const std::string zone = label != node->meta.labels.end() ? label->second : "";
  const auto interval = eviction_interval(zones_[zone], config_);
  Instant& next_turn = next_turn_[zone];

  NodeHealthView view;
  view.node = node;
  view.last_sign = last_sign(*node, now);
  view.pods = caches_.pods.pods_on(key.name);
  view.may_evict = interval && next_turn <= now;
  view.all_zones_down = all_zones_down_;
  NodeHealthPlan result = reconcile_node_health(view, config_, now);
  if (result.evicts) next_turn = now + *interval;
  if (result.wants_turn && interval) result.plan.look_again(next_turn - now);
  return std::move(result.plan);
}

void TaintEvictionController::observe(const Change& change, WorkQueue& queue, Instant now) {
  if (const auto* pod = as<Pod>(change.after)) {
    if (first_seen_.contains(pod->spec.node_name)) {
      queue.add({Kind::Node, "", pod->spec.node_name});
    }
    return;
  }
  const auto* node = std::get_if<Node>(&change.latest());
  if (node == nullptr) return;
  if (!change.after || !evicts(*node)) {
    first_seen_.erase(node->meta.name);
    return;
  }
  first_seen_.try_emplace(node->meta.name, now);
  queue.add(api::key_of(change.latest()));
}

Plan TaintEvictionController::reconcile(const ObjectKey& key,
                                        const std::optional<CallFailure>& /*last_failure*/,
                                        Instant now) {
  const auto* node = caches_.nodes.find<Node>("", key.name);
  const auto first_seen = first_seen_.find(key.name);
  if (node == nullptr || first_seen == first_seen_.end()) return {};
  return reconcile_taint_eviction(*node, caches_.pods.pods_on(key.name), first_seen->second, now);
}

void PodGarbageController::observe(const Change& change, WorkQueue& queue, Instant now) {
  const auto wait_for = [&](const std::string& node_name) {
    queue.add_at({Kind::Node, "", node_name}, now + config_.pod_quarantine);
  };
  if (const auto* pod = as<Pod>(change.after)) {
    const std::string& node_name = pod->spec.node_name;
    if (!node_name.empty() && caches_.nodes.find<Node>("", node_name) == nullptr) {
      wait_for(node_name);
    }
  } else if (const auto* node = as<Node>(change.before); node != nullptr && !change.after) {
    wait_for(node->meta.name);
  }
}

Plan PodGarbageController::reconcile(const ObjectKey& key,
                                     const std::optional<CallFailure>& /*last_failure*/,
                                     Instant /*now*/) {
  const auto pods = caches_.pods.pods_on(key.name);
  if (pods.empty() || caches_.nodes.find<Node>("", key.name) != nullptr) return {};
  if (confirmed_gone_.erase(key.name) == 1) return reconcile_orphaned_pods(pods);
  Plan plan;
  plan.then(get_call(key, ""));
  plan.look_again(kConfirmAgain);
  return plan;
}

void PodGarbageController::on_answer(const ObjectKey& key, const ports::ApiCall& call,
                                     const ports::Event& reply) {
  if (call.verb != ports::Verb::Get || reply.outcome != ports::Outcome::NotFound) return;
  confirmed_gone_.insert(key.name);
}

// --- owners --------------------------------------------------------------------------------------

void OwnerGarbageController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  if (change.after) {
    // Found owned at the first look: its owner may have gone while nobody watched.
    if (!change.before && api::controller_of(api::meta_of(*change.after)) != nullptr) {
      queue.add(api::key_of(*change.after));
    }
    return;
  }
  const std::string& uid = api::meta_of(*change.before).uid;
  const Kind kind = api::kind_of(*change.before);
  if (kind == Kind::Deployment || kind == Kind::ReplicaSet || kind == Kind::Service) {
    gone_.insert(uid);
  }
  switch (kind) {
    case Kind::Deployment:
      for (const auto* set : caches_.replica_sets.controlled_by<ReplicaSet>(uid)) {
        queue.add({Kind::ReplicaSet, set->meta.namespace_name, set->meta.name});
      }
      return;
    case Kind::ReplicaSet:
      for (const auto* pod : caches_.pods.controlled_by<Pod>(uid)) {
        queue.add({Kind::Pod, pod->meta.namespace_name, pod->meta.name});
      }
      return;
    case Kind::Service:
      for (const auto* slice : caches_.endpoint_slices.controlled_by<EndpointSlice>(uid)) {
        queue.add({Kind::EndpointSlice, slice->meta.namespace_name, slice->meta.name});
      }
      return;
    default:
      return;
  }
}

Plan OwnerGarbageController::reconcile(const ObjectKey& key,
                                       const std::optional<CallFailure>& /*last_failure*/,
                                       Instant /*now*/) {
  const auto meta_in = [](const auto* object) -> const ObjectMeta* {
    return object != nullptr ? &object->meta : nullptr;
  };
  const auto meta_of_key = [&](Kind kind, const std::string& name) -> const ObjectMeta* {
    const std::string& in = key.namespace_name;
    switch (kind) {
      case Kind::Pod:
        return meta_in(caches_.pods.find<Pod>(in, name));
      case Kind::Deployment:
        return meta_in(caches_.deployments.find<Deployment>(in, name));
      case Kind::ReplicaSet:
        return meta_in(caches_.replica_sets.find<ReplicaSet>(in, name));
      case Kind::Service:
        return meta_in(caches_.services.find<Service>(in, name));
      case Kind::EndpointSlice:
        return meta_in(caches_.endpoint_slices.find<EndpointSlice>(in, name));
      default:
        return nullptr;
    }
  };
  Plan plan;
  const ObjectMeta* meta = meta_of_key(key.kind, key.name);
  if (meta == nullptr || meta->deletion) return plan;
  const api::OwnerReference* owner = api::controller_of(*meta);
  if (owner == nullptr) return plan;
  const bool watched = owner->kind == Kind::Deployment || owner->kind == Kind::ReplicaSet ||
                       owner->kind == Kind::Service;
  if (!watched) return plan;
  const ObjectMeta* found = meta_of_key(owner->kind, owner->name);
  if (found != nullptr && found->uid == owner->uid) return plan;
  if (gone_.contains(owner->uid)) {
    plan.then(delete_call(*meta, key.kind));
  } else {
    plan.then(get_call({owner->kind, key.namespace_name, owner->name}, owner->uid));
    plan.look_again(kConfirmAgain);
  }
  return plan;
}

void OwnerGarbageController::on_answer(const ObjectKey& /*key*/, const ports::ApiCall& call,
                                       const ports::Event& reply) {
  if (call.verb != ports::Verb::Get) return;
  if (reply.outcome == ports::Outcome::NotFound) gone_.insert(call.uid);
  if (reply.outcome != ports::Outcome::Ok) return;
  const api::ObjectPtr& object = std::get<ports::ApiObject>(*reply.body).object;
  if (api::meta_of(*object).uid != call.uid) gone_.insert(call.uid);
}

}  // namespace orrery::controllers
