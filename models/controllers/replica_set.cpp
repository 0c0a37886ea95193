#include "models/controllers/replica_set.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "models/controllers/availability.h"
#include "models/controllers/claims.h"
#include "models/controllers/owner_lookup.h"

namespace orrery::controllers {
namespace {

using api::ConditionStatus;
using api::Pod;

constexpr const char* kReplicaFailure = "ReplicaFailure";
constexpr const char* kDeletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

std::int32_t deletion_cost(const Pod& pod) {
  const auto found = pod.meta.annotations.find(kDeletionCostAnnotation);
  if (found == pod.meta.annotations.end()) return 0;
  const std::string& text = found->second;
  std::int32_t cost = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cost);
  return error == std::errc{} && end == text.data() + text.size() ? cost : 0;
}

int phase_rank(api::PodPhase phase) {
  switch (phase) {
    case api::PodPhase::Pending:
      return 0;
    case api::PodPhase::Unknown:
      return 1;
    default:
      return 2;
  }
}

/// floor(log2(age)), 0 for none: pods of about the same age are equals.
int age_rank(Duration age) {
  return age <= Duration{} ? 0 : 64 - std::countl_zero(static_cast<std::uint64_t>(age.count_ns()));
}

std::int32_t restarts_max(const Pod& pod) {
  std::int32_t most = 0;
  for (const auto& status : pod.status.container_statuses) {
    most = std::max(most, status.restart_count);
  }
  return most;
}

api::Kind kind_of(const api::ReplicaSet& /*set*/) { return api::Kind::ReplicaSet; }
api::Kind kind_of(const api::ReplicationController& /*set*/) {
  return api::Kind::ReplicationController;
}

template <class Set>
Pod pod_from(const Set& set) {
  Pod pod;
  pod.meta.generate_name = set.meta.name + "-";
  pod.meta.namespace_name = set.meta.namespace_name;
  pod.meta.labels = set.spec.pod_template.labels;
  pod.meta.annotations = set.spec.pod_template.annotations;
  pod.meta.owners = {controller_reference(kind_of(set), set.meta)};
  pod.spec = set.spec.pod_template.spec;
  return pod;
}

template <class Set>
ReplicaCounts count(const Set& set, const std::vector<const Pod*>& owned, Instant now) {
  ReplicaCounts counts;
  counts.replicas = static_cast<std::int32_t>(owned.size());
  const api::Labels& wanted = set.spec.pod_template.labels;
  for (const Pod* pod : owned) {
    if (api::has_all(pod->meta.labels, wanted)) ++counts.fully_labeled;
    if (!api::is_ready(*pod)) continue;
    ++counts.ready;
    if (api::is_available(*pod, set.spec.min_ready, now)) ++counts.available;
  }
  return counts;
}

template <class Set>
auto status_from(const Set& set, const ReplicaCounts& counts,
                 const std::optional<CallFailure>& failure, Instant now) {
  auto status = set.status;
  status.observed_generation = set.meta.generation;
  status.replicas = counts.replicas;
  status.fully_labeled_replicas = counts.fully_labeled;
  status.ready_replicas = counts.ready;
  status.available_replicas = counts.available;
  const bool is_noted = api::find_condition(status.conditions, kReplicaFailure) != nullptr;
  if (failure && !is_noted) {
    api::set_condition(
        status.conditions, kReplicaFailure, ConditionStatus::True,
        failure->verb == ports::Verb::Delete ? "FailedDelete" : "FailedCreate",
        failure->message.empty() ? ports::to_string(failure->outcome) : failure->message, now);
  } else if (!failure && is_noted) {
    std::erase_if(status.conditions, [](const auto& c) { return c.type == kReplicaFailure; });
  }
  return status;
}

template <class Set, class Status>
void tell_status(Plan& plan, const Set& set, const Status& status) {
  Set next = set;
  next.status = status;
  plan.then(update_status_call(std::move(next)));
}

template <class Set>
Plan reconcile(const ReplicasView<Set>& view, const ReplicaSetConfig& config, Instant now) {
  const Set& set = *view.set;
  Plan plan;
  if (view.known) {
    const auto status = status_from(set, *view.known, std::nullopt, now);
    if (!(status == set.status)) tell_status(plan, set, status);
    return plan;
  }
  std::vector<const Pod*> active;
  std::copy_if(view.pods.begin(), view.pods.end(), std::back_inserter(active),
               [](const Pod* pod) { return api::is_active(*pod); });
  Claims<Pod> claims = claim(kind_of(set), set.meta, active,
                             [&](const Pod& pod) { return selects(set, pod.meta.labels); });
  if (!claims.batch.empty()) {
    plan.batches.push_back(std::move(claims.batch));
    return plan;
  }
  const std::vector<const Pod*>& owned = claims.owned;

  std::optional<CallFailure> failure = view.last_failure;
  if (failure && failure->verb != ports::Verb::Create && failure->verb != ports::Verb::Delete) {
    failure.reset();
  }
  const auto status = status_from(set, count(set, owned, now), failure, now);
  const bool status_changed = !(status == set.status);
  const bool failure_is_news = status_changed && failure.has_value();
  if (failure_is_news) tell_status(plan, set, status);

  if (view.may_change_pods && !set.meta.deletion) {
    const auto missing = static_cast<std::int32_t>(set.spec.replicas - std::ssize(owned));
    if (missing > 0) {
      const auto count = std::min(missing, config.burst);
      const ports::ApiCall create = create_call(pod_from(set));
      for (const std::int32_t size : slow_start_batches(count, config.slow_start_initial)) {
        // All of them share what they ask for.
        plan.batches.emplace_back(static_cast<std::size_t>(size), create);
      }
    } else if (missing < 0) {
      std::vector<const Pod*> victims = owned;
      sort_for_deletion(victims, view.family_pods, now);
      victims.resize(static_cast<std::size_t>(std::min(-missing, config.burst)));
      Batch deletes;
      for (const Pod* pod : victims) deletes.push_back(delete_call(pod->meta, api::Kind::Pod));
      plan.batches.push_back(std::move(deletes));
    }
  }
  if (status_changed && !failure_is_news) tell_status(plan, set, status);

  look_again_when_available(plan, owned, set.spec.min_ready, config.min_ready_slack, now);
  return plan;
}

}  // namespace

std::vector<std::int32_t> slow_start_batches(std::int32_t count, std::int32_t initial) {
  std::vector<std::int32_t> batches;
  for (std::int32_t size = initial; count > 0; size *= 2) {
    batches.push_back(std::min(size, count));
    count -= batches.back();
  }
  return batches;
}

void sort_for_deletion(std::vector<const Pod*>& pods, const std::vector<const Pod*>& family_pods,
                       Instant now) {
  std::map<std::string, int> family_on_node;
  for (const Pod* pod : family_pods) {
    if (!pod->spec.node_name.empty()) ++family_on_node[pod->spec.node_name];
  }
  const auto ready_since = [](const Pod& pod) {
    return api::find_condition(pod.status.conditions, "Ready")->last_transition;
  };
  std::map<Instant, std::string> first_uid;  // Of the pods that became ready at one instant.
  for (const Pod* pod : pods) {
    if (!api::is_ready(*pod)) continue;
    const auto [entry, is_new] = first_uid.try_emplace(ready_since(*pod), pod->meta.uid);
    if (!is_new) entry->second = std::min(entry->second, pod->meta.uid);
  }
  const auto rank = [&](const Pod& pod) {
    const bool scheduled = !pod.spec.node_name.empty();
    const bool ready = api::is_ready(pod);
    const auto node = family_on_node.find(pod.spec.node_name);
    const Duration ready_for = ready ? now - ready_since(pod) : Duration{};
    return std::tuple{scheduled,
                      phase_rank(pod.status.phase),
                      ready,
                      deletion_cost(pod),
                      -(scheduled && node != family_on_node.end() ? node->second : 0),
                      age_rank(ready_for),
                      ready ? first_uid.at(ready_since(pod)) : std::string{},
                      -restarts_max(pod),
                      age_rank(now - pod.meta.creation),
                      pod.meta.uid};
  };
  std::sort(pods.begin(), pods.end(),
            [&](const Pod* a, const Pod* b) { return rank(*a) < rank(*b); });
}

Plan reconcile_replica_set(const ReplicaSetView& view, const ReplicaSetConfig& config,
                           Instant now) {
  return reconcile(view, config, now);
}

Plan reconcile_replication_controller(const ReplicationControllerView& view,
                                      const ReplicaSetConfig& config, Instant now) {
  return reconcile(view, config, now);
}

}  // namespace orrery::controllers
