#include "models/controllers/hosted_daemon_set.h"

#include <vector>

#include "models/controllers/daemon_pods.h"
#include "models/controllers/owner_lookup.h"

namespace orrery::controllers {
namespace {

using api::ControllerRevision;
using api::DaemonSet;
using api::Kind;
using api::Node;
using api::ObjectKey;
using api::Pod;

}  // namespace

void DaemonSetController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  const api::Object& latest = change.latest();
  switch (api::kind_of(latest)) {
    case Kind::DaemonSet:
      if (!change.after) {
        expectations_.forget(api::key_of(latest));
        failed_.erase(api::key_of(latest));
      }
      queue.add(api::key_of(latest));
      return;
    case Kind::Pod:
      observe_pod(change, queue);
      return;
    case Kind::ControllerRevision:
      for (const api::ObjectPtr& version : {change.before, change.after}) {
        if (!version) continue;
        add_owner_or_adopters<DaemonSet>(api::meta_of(*version), Kind::DaemonSet,
                                         caches_.daemon_sets, queue);
      }
      return;
    case Kind::Node:
      observe_node(change, queue);
      return;
    default:
      return;
  }
}

void DaemonSetController::observe_pod(const Change& change, WorkQueue& queue) {
  const Pod& pod = std::get<Pod>(change.latest());
  if (const auto* owner = controller_of_kind(pod.meta, Kind::DaemonSet)) {
    const ObjectKey set{Kind::DaemonSet, pod.meta.namespace_name, owner->name};
    if (!change.before) expectations_.create_settled(set);
    if (!change.after || pod.meta.deletion) expectations_.delete_settled(set, pod.meta.uid);
  }
  for (const api::ObjectPtr& version : {change.before, change.after}) {
    if (!version) continue;
    add_owner_or_adopters<DaemonSet>(api::meta_of(*version), Kind::DaemonSet, caches_.daemon_sets,
                                     queue);
  }
}

void DaemonSetController::observe_node(const Change& change, WorkQueue& queue) {
  // When a node goes, its pods go after it, and their going is seen.
  if (!change.after) return;
  const Node& node = std::get<Node>(*change.after);
  const Node* before = as<Node>(change.before);
  if (before != nullptr && before->meta.labels == node.meta.labels && before->spec == node.spec) {
    return;
  }
  for (const DaemonSet* set : caches_.daemon_sets.all<DaemonSet>()) {
    const api::PodSpec& pod = set->spec.pod_template.spec;
    const std::vector<api::Toleration> tolerations = daemon_tolerations(pod);
    const Eligibility was =
        before != nullptr ? eligibility(pod, tolerations, *before) : Eligibility{};
    if (eligibility(pod, tolerations, node) == was) continue;
    queue.add({Kind::DaemonSet, set->meta.namespace_name, set->meta.name});
  }
}

Plan DaemonSetController::reconcile(const ObjectKey& key,
                                    const std::optional<CallFailure>& last_failure, Instant now) {
  const auto* set = caches_.daemon_sets.find<DaemonSet>(key.namespace_name, key.name);
  if (set == nullptr) return {};
  DaemonSetView view;
  view.set = set;
  view.nodes = caches_.nodes.all<Node>();
  view.pods = caches_.pods.controlled_by<Pod>(set->meta.uid);
  append(view.pods, caches_.pods.orphans_in<Pod>(key.namespace_name));
  const Informer& revisions = caches_.controller_revisions;
  view.revisions = revisions.controlled_by<ControllerRevision>(set->meta.uid);
  append(view.revisions, revisions.orphans_in<ControllerRevision>(key.namespace_name));
  view.namespace_revisions = revisions.in_namespace<ControllerRevision>(key.namespace_name);
  view.may_change_pods = expectations_.satisfied(key, now);
  if (const auto failed = failed_.find(key); failed != failed_.end()) view.failed = failed->second;
  view.last_failure = last_failure;
  Plan plan = reconcile_daemon_set(view, config_, now);
  if (!view.may_change_pods) {
    // What was asked for may never show; then the next look must not wait for a change.
    plan.look_again(*expectations_.expiry(key) - now + Duration::nanoseconds(1));
  }
  return plan;
}

void DaemonSetController::on_sent(const ObjectKey& key, const ports::ApiCall& call, Instant now) {
  if (call.key.kind != Kind::Pod) return;
  if (call.verb == ports::Verb::Create) expectations_.expect_create(key, now);
  if (call.verb != ports::Verb::Delete) return;
  expectations_.expect_delete(key, call.uid, now);
  const Pod* pod = caches_.pods.find<Pod>(call.key.namespace_name, call.key.name);
  if (pod == nullptr || pod->status.phase != api::PodPhase::Failed) return;
  std::map<std::string, FailedPodBackoff>& failed = failed_[key];
  const std::string node = target_node(*pod);
  const auto last = failed.find(node);
  failed[node] =
      next_backoff(last == failed.end() ? std::nullopt : std::optional{last->second}, config_, now);
}

void DaemonSetController::on_answer(const ObjectKey& key, const ports::ApiCall& call,
                                    const ports::Event& reply) {
  if (call.key.kind != Kind::Pod || reply.outcome == ports::Outcome::Ok) return;
  if (call.verb == ports::Verb::Create) expectations_.create_settled(key);
  if (call.verb == ports::Verb::Delete) expectations_.delete_settled(key, call.uid);
}

}  // namespace orrery::controllers
