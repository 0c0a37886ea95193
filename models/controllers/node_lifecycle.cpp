#include "models/controllers/node_lifecycle.h"

#include <algorithm>
#include <utility>

#include "models/controllers/disruption_target.h"

namespace orrery::controllers {
namespace {

using api::Condition;
using api::ConditionStatus;
using api::Node;
using api::Pod;
using api::Taint;

constexpr const char* kReady = "Ready";

/// Conditions whose being True means that nothing new should come, and the taints that say so.
/// Source: node_lifecycle_controller.go nodeConditionToTaintKeyStatusMap.
struct ConditionTaint {
  const char* condition;
  const char* key;
};
constexpr ConditionTaint kConditionTaints[] = {
    {"MemoryPressure", "node.kubernetes.io/memory-pressure"},
    {"DiskPressure", "node.kubernetes.io/disk-pressure"},
    {"PIDPressure", "node.kubernetes.io/pid-pressure"},
    {"NetworkUnavailable", "node.kubernetes.io/network-unavailable"}};
constexpr const char* kUnschedulableTaint = "node.kubernetes.io/unschedulable";

/// A taint that this controller puts on and takes off.
bool is_own_taint(const Taint& taint) {
  if (taint.key == kNotReadyTaint || taint.key == kUnreachableTaint) return true;
  if (taint.effect != "NoSchedule") return false;
  return taint.key == kUnschedulableTaint ||
         std::any_of(std::begin(kConditionTaints), std::end(kConditionTaints),
                     [&](const ConditionTaint& c) { return taint.key == c.key; });
}

bool has_taint(const Node& node, const std::string& key, const char* effect) {
  return std::any_of(node.spec.taints.begin(), node.spec.taints.end(),
                     [&](const Taint& t) { return t.key == key && t.effect == effect; });
}

/// The node with Ready=Unknown. The date of the last heartbeat stays: this is none.
Node silent(const Node& node, Instant now) {
  Node next = node;
  const Condition* ready = api::find_condition(node.status.conditions, kReady);
  const Instant heartbeat = ready != nullptr ? ready->last_update : node.meta.creation;
  api::set_condition(next.status.conditions, kReady, ConditionStatus::Unknown,
                     ready != nullptr ? "NodeStatusUnknown" : "NodeStatusNeverUpdated",
                     "Kubelet stopped posting node status.", now);
  for (Condition& condition : next.status.conditions) {
    if (condition.type == kReady) {
      condition.last_update = heartbeat;
    } else if (condition.status != ConditionStatus::Unknown) {
      condition.status = ConditionStatus::Unknown;
      condition.reason = "NodeStatusUnknown";
      condition.last_transition = now;
    }
  }
  return next;
}

Batch pods_not_ready(const std::vector<const Pod*>& pods, Instant node_lost, Instant now) {
  Batch batch;
  for (const Pod* pod : pods) {
    // A pod that became ready afterwards says that somebody still looks after it.
    if (!api::is_ready(*pod)) continue;
    if (api::find_condition(pod->status.conditions, kReady)->last_transition > node_lost) continue;
    Pod next = *pod;
    api::set_condition(next.status.conditions, kReady, ConditionStatus::False, "NodeNotReady", "",
                       now);
    batch.push_back(update_status_call(std::move(next)));
  }
  return batch;
}

}  // namespace

bool tolerates(const api::Toleration& toleration, const Taint& taint) {
  if (!toleration.effect.empty() && toleration.effect != taint.effect) return false;
  if (toleration.key.empty()) return toleration.exists;
  if (toleration.key != taint.key) return false;
  return toleration.exists || toleration.value == taint.value;
}

std::optional<Duration> eviction_interval(const ZoneHealth& zone,
                                          const NodeLifecycleConfig& config) {
  const std::int32_t size = zone.ready + zone.not_ready;
  const bool partly_disrupted = !zone.fully_disrupted() && zone.not_ready > 2 &&
                                zone.not_ready * 100 >= config.unhealthy_percent * size;
  if (!partly_disrupted) return config.eviction_interval;
  if (size > config.large_zone) return config.eviction_interval_disrupted;
  return std::nullopt;
}

void TaintQueue::set_interval(std::optional<Duration> interval, Instant now) {
  if (interval == interval_) return;
  const bool awaits_token = !interval_ || next_token_ > now;
  interval_ = interval;
  if (interval && awaits_token) next_token_ = now + *interval;
}

void TaintQueue::join(const std::string& node, Instant now) {
  const bool waits = std::any_of(waiting_.begin(), waiting_.end(),
                                 [&](const Waiting& w) { return w.node == node; });
  if (!waits) waiting_.push_back({node, now});
}

void TaintQueue::leave(const std::string& node) {
  std::erase_if(waiting_, [&](const Waiting& w) { return w.node == node; });
}

Instant TaintQueue::look_at(Instant since, Instant token) const {
  // Worked example: period 100 ms, since 40.05 s, token at 40 s: 40.1 s.
  const std::int64_t period = period_.count_ns();
  const std::int64_t earliest = std::max(since.count_ns() + 1, token.count_ns());
  return Instant::at(Duration::nanoseconds((earliest + period - 1) / period * period));
}

std::optional<Instant> TaintQueue::turn_of(const std::string& node) const {
  if (!interval_) return std::nullopt;
  Instant token = next_token_;
  for (const Waiting& waiting : waiting_) {
    const Instant turn = look_at(waiting.since, token);
    if (waiting.node == node) return turn;
    token = turn + *interval_;
  }
  return std::nullopt;
}

bool TaintQueue::is_turn_of(const std::string& node, Instant now) const {
  if (waiting_.empty() || waiting_.front().node != node) return false;
  const std::optional<Instant> turn = turn_of(node);
  return turn && *turn <= now;
}

void TaintQueue::take_turn(Instant now) {
  expects(!waiting_.empty() && interval_, "a turn is taken by who waits for it");
  next_token_ = now + *interval_;
  waiting_.pop_front();
}

NodeHealthPlan reconcile_node_health(const NodeHealthView& view, const NodeLifecycleConfig& config,
                                     Instant now) {
  const Node& node = *view.node;
  NodeHealthPlan result;
  const Condition* ready = api::find_condition(node.status.conditions, kReady);
  const Duration grace = ready != nullptr ? config.monitor_grace : config.startup_grace;
  const bool is_silent = view.last_sign + grace < now;
  if (is_silent && (ready == nullptr || ready->status != ConditionStatus::Unknown)) {
    result.plan.then(update_status_call(silent(node, now)));
    return result;
  }

  const bool is_ready = ready != nullptr && ready->status == ConditionStatus::True;
  const bool is_unknown = ready != nullptr && ready->status == ConditionStatus::Unknown;
  const std::string key = is_unknown ? kUnreachableTaint : kNotReadyTaint;
  Node next = node;
  std::erase_if(next.spec.taints, is_own_taint);
  const auto keep_or_add = [&](const std::string& taint_key, const char* effect) {
    const auto old =
        std::find_if(node.spec.taints.begin(), node.spec.taints.end(),
                     [&](const Taint& t) { return t.key == taint_key && t.effect == effect; });
    next.spec.taints.push_back(old != node.spec.taints.end() ? *old
                                                             : Taint{taint_key, "", effect, now});
  };
  for (const ConditionTaint& c : kConditionTaints) {
    const Condition* condition = api::find_condition(node.status.conditions, c.condition);
    if (condition != nullptr && condition->status == ConditionStatus::True) {
      keep_or_add(c.key, "NoSchedule");
    }
  }
  if (node.spec.unschedulable) keep_or_add(kUnschedulableTaint, "NoSchedule");
  if (!is_ready) {
    keep_or_add(key, "NoSchedule");
    const bool is_evicting = has_taint(node, kNotReadyTaint, "NoExecute") ||
                             has_taint(node, kUnreachableTaint, "NoExecute");
    if (!view.all_zones_down) {
      if (is_evicting || view.may_evict) keep_or_add(key, "NoExecute");
      result.evicts = !is_evicting && view.may_evict;
      result.wants_turn = !is_evicting && !view.may_evict;
    }
  }
  if (!std::is_permutation(next.spec.taints.begin(), next.spec.taints.end(),
                           node.spec.taints.begin(), node.spec.taints.end())) {
    result.plan.then(update_call(std::move(next)));
  }
  if (ready != nullptr && !is_ready) {
    Batch batch = pods_not_ready(view.pods, ready->last_transition, now);
    if (!batch.empty()) result.plan.batches.push_back(std::move(batch));
  }
  return result;
}

Plan reconcile_taint_eviction(const Node& node, const std::vector<const Pod*>& pods,
                              Instant first_seen, Instant now) {
  Plan plan;
  std::vector<const Pod*> evicted;
  Batch deletes;
  for (const Pod* pod : pods) {
    if (pod->meta.deletion) continue;
    std::optional<Instant> end;  // Nothing: the pod tolerates all taints for ever.
    for (const Taint& taint : node.spec.taints) {
      if (taint.effect != "NoExecute") continue;
      const Instant since = taint.time_added.value_or(first_seen);
      const auto& tolerations = pod->spec.tolerations;
      const auto toleration =
          std::find_if(tolerations.begin(), tolerations.end(),
                       [&](const api::Toleration& t) { return tolerates(t, taint); });
      if (toleration != tolerations.end() && !toleration->seconds) continue;
      const Duration tolerated =
          toleration == tolerations.end() ? Duration{} : std::max(*toleration->seconds, Duration{});
      const Instant until = since + tolerated;
      end = end ? std::min(*end, until) : until;
    }
    if (!end) continue;
    if (*end <= now) {
      evicted.push_back(pod);
      deletes.push_back(delete_call(pod->meta, api::Kind::Pod));
    } else {
      plan.look_again(*end - now);
    }
  }
  Batch marks = mark_disrupted(
      evicted, {"DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"}, now);
  if (!marks.empty()) plan.batches.push_back(std::move(marks));
  if (!deletes.empty()) plan.batches.push_back(std::move(deletes));
  return plan;
}

Plan reconcile_out_of_service(const Node& node, const std::vector<const Pod*>& pods) {
  Plan plan;
  const Condition* ready = api::find_condition(node.status.conditions, kReady);
  const bool is_off = std::any_of(node.spec.taints.begin(), node.spec.taints.end(),
                                  [](const Taint& t) { return t.key == kOutOfServiceTaint; });
  if (!is_off || (ready != nullptr && ready->status == ConditionStatus::True)) return plan;
  Batch failures;  // Nobody is left to report how they ended.
  Batch deletes;
  for (const Pod* pod : pods) {
    if (pod->meta.deletion && !api::has_ended(*pod)) {
      Pod failed = *pod;
      failed.status.phase = api::PodPhase::Failed;
      failures.push_back(update_status_call(std::move(failed)));
    }
    if (pod->meta.deletion) deletes.push_back(delete_call(pod->meta, api::Kind::Pod, Duration{}));
  }
  if (!failures.empty()) plan.batches.push_back(std::move(failures));
  if (!deletes.empty()) plan.batches.push_back(std::move(deletes));
  return plan;
}

Plan reconcile_orphaned_pods(const std::vector<const Pod*>& pods) {
  Plan plan;
  Batch deletes;
  for (const Pod* pod : pods) {
    deletes.push_back(delete_call(pod->meta, api::Kind::Pod, Duration{}));
  }
  if (!deletes.empty()) plan.batches.push_back(std::move(deletes));
  return plan;
}

}  // namespace orrery::controllers
