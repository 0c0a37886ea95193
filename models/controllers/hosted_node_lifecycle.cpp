#include "models/controllers/hosted_node_lifecycle.h"

#include <algorithm>
#include <utility>

#include "models/controllers/disruption_target.h"

namespace orrery::controllers {
namespace {

using api::Kind;
using api::Node;
using api::ObjectKey;
using api::Pod;

/// The one of two versions of a T, or nullptr if the object is of another kind.
template <class T>
const T* as(const api::ObjectPtr& object) {
  return object ? std::get_if<T>(object.get()) : nullptr;
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

}  // namespace

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
  if (!change.after) {
    signs_.erase(api::meta_of(change.latest()).name);
    for (auto& [zone, turns] : taint_queues_) turns.leave(api::meta_of(change.latest()).name);
  }
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
  TaintQueue& turns =
      taint_queues_.try_emplace(zone, config_.taint_period, config_.eviction_interval)
          .first->second;
  turns.set_interval(all_zones_down_ ? std::nullopt : eviction_interval(zones_[zone], config_),
                     now);

  NodeHealthView view;
  view.node = node;
  view.last_sign = last_sign(*node, now);
  if (!api::is_ready(*node)) view.pods = caches_.pods.pods_on(key.name);
  view.may_evict = turns.is_turn_of(key.name, now);
  view.all_zones_down = all_zones_down_;
  NodeHealthPlan result = reconcile_node_health(view, config_, now);
  if (result.evicts) {
    turns.take_turn(now);
  } else if (result.wants_turn) {
    turns.join(key.name, now);
    if (const auto turn = turns.turn_of(key.name)) result.plan.look_again(*turn - now);
  } else {
    turns.leave(key.name);
  }
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
                                     Instant now) {
  const auto pods = caches_.pods.pods_on(key.name);
  const auto* node = caches_.nodes.find<Node>("", key.name);
  if (node != nullptr) return reconcile_out_of_service(*node, pods);
  if (pods.empty()) return {};
  Plan plan;
  if (confirmed_gone_.erase(key.name) == 1) {
    Batch marks = mark_lost(pods, {"DeletionByPodGC", "PodGC: node no longer exists"}, now);
    if (!marks.empty()) plan.batches.push_back(std::move(marks));
    for (Batch& batch : reconcile_orphaned_pods(pods).batches) {
      plan.batches.push_back(std::move(batch));
    }
    return plan;
  }
  plan.then(get_call(key, ""));
  plan.look_again(kConfirmAgain);
  return plan;
}

void PodGarbageController::on_tick(WorkQueue& queue) {
  for (const Node* node : caches_.nodes.all<Node>()) {
    const auto& taints = node->spec.taints;
    const bool is_off = std::any_of(taints.begin(), taints.end(), [](const api::Taint& t) {
      return t.key == kOutOfServiceTaint;
    });
    if (is_off) queue.add({Kind::Node, "", node->meta.name});
  }
}

void PodGarbageController::on_answer(const ObjectKey& key, const ports::ApiCall& call,
                                     const ports::Event& reply) {
  if (call.verb != ports::Verb::Get || reply.outcome != ports::Outcome::NotFound) return;
  confirmed_gone_.insert(key.name);
}

}  // namespace orrery::controllers
