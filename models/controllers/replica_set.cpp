#include "models/controllers/replica_set.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace orrery::controllers {
namespace {

using api::ConditionStatus;
using api::Pod;
using api::ReplicaSet;

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

Pod pod_from(const ReplicaSet& set) {
  Pod pod;
  pod.meta.generate_name = set.meta.name + "-";
  pod.meta.namespace_name = set.meta.namespace_name;
  pod.meta.labels = set.spec.pod_template.labels;
  pod.meta.annotations = set.spec.pod_template.annotations;
  pod.meta.owners = {controller_reference(api::Kind::ReplicaSet, set.meta)};
  pod.spec = set.spec.pod_template.spec;
  return pod;
}

/// Pods to adopt and to release, one batch: nothing else is done before they are settled.
Batch claims(const ReplicaSet& set, const std::vector<const Pod*>& pods,
             std::vector<const Pod*>& owned) {
  Batch batch;
  for (const Pod* pod : pods) {
    if (!api::is_active(*pod)) continue;
    const bool matching = api::matches(set.spec.selector, pod->meta.labels);
    const bool controlled = api::controller_of(pod->meta) != nullptr;
    if (controlled && (matching || set.meta.deletion)) {
      owned.push_back(pod);
    } else if (controlled) {
      Pod released = *pod;
      std::erase_if(released.meta.owners, [](const auto& o) { return o.controller; });
      batch.push_back(update_call(std::move(released)));
    } else if (matching && !set.meta.deletion) {
      Pod adopted = *pod;
      adopted.meta.owners.push_back(controller_reference(api::Kind::ReplicaSet, set.meta));
      batch.push_back(update_call(std::move(adopted)));
    }
  }
  return batch;
}

api::ReplicaSetStatus status_from(const ReplicaSet& set, const std::vector<const Pod*>& owned,
                                  const std::optional<CallFailure>& failure, Instant now) {
  api::ReplicaSetStatus status = set.status;
  status.observed_generation = set.meta.generation;
  status.replicas = static_cast<std::int32_t>(owned.size());
  status.fully_labeled_replicas = status.ready_replicas = status.available_replicas = 0;
  const api::LabelSelector template_labels{set.spec.pod_template.labels, {}};
  for (const Pod* pod : owned) {
    if (api::matches(template_labels, pod->meta.labels)) ++status.fully_labeled_replicas;
    if (!api::is_ready(*pod)) continue;
    ++status.ready_replicas;
    if (api::is_available(*pod, set.spec.min_ready, now)) ++status.available_replicas;
  }
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
  const auto rank = [&](const Pod& pod) {
    const bool scheduled = !pod.spec.node_name.empty();
    const bool ready = api::is_ready(pod);
    const auto node = family_on_node.find(pod.spec.node_name);
    const Duration ready_for =
        ready ? now - api::find_condition(pod.status.conditions, "Ready")->last_transition
              : Duration{};
    return std::tuple{scheduled,
                      phase_rank(pod.status.phase),
                      ready,
                      deletion_cost(pod),
                      -(scheduled && node != family_on_node.end() ? node->second : 0),
                      age_rank(ready_for),
                      -restarts_max(pod),
                      age_rank(now - pod.meta.creation),
                      pod.meta.uid};
  };
  std::sort(pods.begin(), pods.end(),
            [&](const Pod* a, const Pod* b) { return rank(*a) < rank(*b); });
}

Plan reconcile_replica_set(const ReplicaSetView& view, const ReplicaSetConfig& config,
                           Instant now) {
  const ReplicaSet& set = *view.set;
  Plan plan;
  std::vector<const Pod*> owned;
  if (Batch batch = claims(set, view.pods, owned); !batch.empty()) {
    plan.batches.push_back(std::move(batch));
    return plan;
  }

  std::optional<CallFailure> failure = view.last_failure;
  if (failure && failure->verb != ports::Verb::Create && failure->verb != ports::Verb::Delete) {
    failure.reset();
  }
  ReplicaSet next = set;
  next.status = status_from(set, owned, failure, now);
  const bool status_changed = !(next.status == set.status);
  const bool failure_is_news = status_changed && failure.has_value();
  if (failure_is_news) plan.then(update_status_call(next));

  if (view.may_change_pods && !set.meta.deletion) {
    const auto missing = static_cast<std::int32_t>(set.spec.replicas - std::ssize(owned));
    if (missing > 0) {
      const auto count = std::min(missing, config.burst);
      for (const std::int32_t size : slow_start_batches(count, config.slow_start_initial)) {
        plan.batches.emplace_back(static_cast<std::size_t>(size), create_call(pod_from(set)));
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
  if (status_changed && !failure_is_news) plan.then(update_status_call(std::move(next)));

  for (const Pod* pod : owned) {
    if (!api::is_ready(*pod) || api::is_available(*pod, set.spec.min_ready, now)) continue;
    const Instant available =
        api::find_condition(pod->status.conditions, "Ready")->last_transition + set.spec.min_ready;
    plan.look_again(available - now + config.min_ready_slack);
  }
  return plan;
}

}  // namespace orrery::controllers
