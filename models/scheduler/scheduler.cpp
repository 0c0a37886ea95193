#include "models/scheduler/scheduler.h"

#include <algorithm>
#include <utility>

#include "models/controllers/node_lifecycle.h"
#include "models/scheduler/filters.h"

namespace orrery::scheduler {
namespace {

using api::Kind;
using api::Node;
using api::Pod;
using controllers::Change;

constexpr std::uint32_t kPodSlot = 1;
constexpr std::uint32_t kNodeSlot = 2;
constexpr std::uint32_t kServiceSlot = 3;
constexpr std::uint32_t kReplicaSetSlot = 4;
constexpr std::uint32_t kOwnSlot = 5;

bool has_ended(const Pod& pod) {
  return pod.status.phase == api::PodPhase::Succeeded || pod.status.phase == api::PodPhase::Failed;
}

/// Whether two versions of a node differ in what a filter looks at.
bool may_fit_otherwise(const Node& before, const Node& after) {
  return before.spec != after.spec || before.meta.labels != after.meta.labels ||
         before.status.allocatable != after.status.allocatable;
}

std::string zone_of(const Node& node) {
  const auto label = node.meta.labels.find(controllers::kZoneLabel);
  return label == node.meta.labels.end() ? "" : label->second;
}

}  // namespace

std::int64_t nodes_to_find(std::int64_t node_count, const SchedulerConfig& config) {
  if (node_count < config.feasible_nodes_min || config.percentage_of_nodes_to_score >= 100) {
    return node_count;
  }
  std::int64_t percentage = config.percentage_of_nodes_to_score;
  if (percentage == 0) percentage = std::max<std::int64_t>(5, 50 - node_count / 125);
  return std::max(config.feasible_nodes_min, node_count * percentage / 100);
}

Scheduler::Scheduler(ports::OwnerId owner, ports::Executor& executor, ports::ApiClient& api,
                     Draws draws, const SchedulerConfig& config)
    : ports_{executor, api, owner},
      draws_{draws},
      config_{config},
      pods_{ports_, kPodSlot, Kind::Pod, config.informer},
      nodes_{ports_, kNodeSlot, Kind::Node, config.informer},
      services_{ports_, kServiceSlot, Kind::Service, config.informer},
      replica_sets_{ports_, kReplicaSetSlot, Kind::ReplicaSet, config.informer},
      queue_{config.queue},
      look_{executor, owner, controllers::call_id(kOwnSlot, 0)} {}

void Scheduler::start() {
  pods_.start();
  nodes_.start();
  services_.start();
  replica_sets_.start();
}

void Scheduler::on_event(const ports::Event& event) {
  switch (controllers::slot_of(event.id)) {
    case kPodSlot:
      for (const Change& change : pods_.on_event(event)) observe_pod(change);
      break;
    case kNodeSlot:
      for (const Change& change : nodes_.on_event(event)) observe_node(change);
      break;
    case kServiceSlot:
      (void)services_.on_event(event);
      break;
    case kReplicaSetSlot:
      (void)replica_sets_.on_event(event);
      break;
    default:
      if (event.kind == ports::EventKind::Timer) {
        look_at_.reset();
        queue_.look(ports_.executor.now());
      } else {
        on_bound(event);
      }
  }
  const bool synced =
      pods_.synced() && nodes_.synced() && services_.synced() && replica_sets_.synced();
  if (!synced) return;
  schedule_all();
  const auto due = queue_.next_look(ports_.executor.now());
  if (due == look_at_) return;
  look_at_ = due;
  if (due) {
    look_.arm(*due);
  } else {
    look_.disarm();
  }
}

// --- what is seen --------------------------------------------------------------------------------

void Scheduler::observe_pod(const Change& change) {
  const Instant now = ports_.executor.now();
  const Pod& pod = std::get<Pod>(change.latest());
  const PodName name{pod.meta.namespace_name, pod.meta.name};
  if (!change.after || has_ended(pod)) {
    queue_.remove(name);
    if (unplace(name)) queue_.move_all(now);
    return;
  }
  if (!pod.spec.node_name.empty()) {
    queue_.remove(name);
    place(name, pod.spec.node_name, change.after);
    return;
  }
  if (pod.meta.deletion || placed_.contains(name)) return;
  queue_.add(name, priority_of(pod), now);
  if (!change.before) return;
  const Pod& before = std::get<Pod>(*change.before);
  if (before.spec != pod.spec || before.meta.labels != pod.meta.labels) queue_.move(name, now);
}

void Scheduler::observe_node(const Change& change) {
  const Node& node = std::get<Node>(change.latest());
  NodeState& state = states_[node.meta.name];
  state.node = change.after ? &node : nullptr;
  if (!change.after && state.pod_count == 0) states_.erase(node.meta.name);
  const Node* before = change.before ? &std::get<Node>(*change.before) : nullptr;
  if (before == nullptr || !change.after || zone_of(*before) != zone_of(node)) order_nodes();
  if (change.after && (before == nullptr || may_fit_otherwise(*before, node))) {
    queue_.move_all(ports_.executor.now());
  }
}

void Scheduler::place(const PodName& name, const std::string& node_name,
                      const api::ObjectPtr& pod) {
  const auto entry = placed_.find(name);
  if (entry != placed_.end() && entry->second.node_name == node_name) {
    entry->second.pod = pod;
    return;
  }
  (void)unplace(name);
  Placement placement{node_name, demand_of(std::get<Pod>(*pod).spec), pod};
  states_[node_name].add(placement.demand);
  placed_.emplace(name, std::move(placement));
}

bool Scheduler::unplace(const PodName& name) {
  const auto entry = placed_.find(name);
  if (entry == placed_.end()) return false;
  const auto state = states_.find(entry->second.node_name);
  state->second.remove(entry->second.demand);
  if (state->second.node == nullptr && state->second.pod_count == 0) states_.erase(state);
  placed_.erase(entry);
  return true;
}

void Scheduler::order_nodes() {
  std::map<std::string, std::vector<std::string>> zones;
  for (const auto& [name, state] : states_) {
    if (state.node != nullptr) zones[zone_of(*state.node)].push_back(name);
  }
  node_order_.clear();
  for (std::size_t turn = 0; !zones.empty(); ++turn) {
    for (auto zone = zones.begin(); zone != zones.end();) {
      if (turn < zone->second.size()) {
        node_order_.push_back(zone->second[turn]);
        ++zone;
      } else {
        zone = zones.erase(zone);
      }
    }
  }
  next_start_ = node_order_.empty() ? 0 : next_start_ % node_order_.size();
}

std::int32_t Scheduler::priority_of(const Pod& pod) const {
  const auto found = config_.priorities.find(pod.spec.priority_class_name);
  return found == config_.priorities.end() ? 0 : found->second;
}

// --- cycles --------------------------------------------------------------------------------------

void Scheduler::schedule_all() {
  while (const auto taken = queue_.take()) schedule(*taken);
}

void Scheduler::schedule(const SchedulingQueue::Taken& taken) {
  const auto& [name, attempt] = taken;
  const Pod& pod = *pods_.find<Pod>(name.first, name.second);
  const PodDemand demand = demand_of(pod.spec);

  const std::size_t count = node_order_.size();
  const auto wanted =
      static_cast<std::size_t>(nodes_to_find(static_cast<std::int64_t>(count), config_));
  std::vector<const NodeState*> feasible;
  std::map<std::string, int> obstacles;
  std::size_t examined = 0;
  for (; examined < count && feasible.size() < wanted; ++examined) {
    const NodeState& state = states_.at(node_order_[(next_start_ + examined) % count]);
    if (const char* why = obstacle(pod.spec, demand, state)) {
      ++obstacles[why];
    } else {
      feasible.push_back(&state);
    }
  }
  if (count > 0) next_start_ = (next_start_ + examined) % count;

  if (feasible.empty()) {
    std::string message = "0/" + std::to_string(count) + " nodes are available";
    const char* separator = ": ";
    for (const auto& [why, node_count] : obstacles) {
      message += separator + std::to_string(node_count) + " " + why;
      separator = ", ";
    }
    queue_.put_unschedulable(name, ports_.executor.now());
    report_unschedulable(pod, message + ".");
    return;
  }

  const std::vector<std::int64_t> scores =
      total_scores(pod.spec, demand, default_constraints(pod), feasible, config_.weights);
  const std::int64_t best = *std::max_element(scores.begin(), scores.end());
  std::vector<const NodeState*> winners;
  for (std::size_t i = 0; i < feasible.size(); ++i) {
    if (scores[i] == best) winners.push_back(feasible[i]);
  }
  const std::uint64_t pod_key = orrery::key_of(pod.meta.uid.data(), pod.meta.uid.size());
  const std::uint64_t choice = draws_.index(Purpose::SchedulerTie, winners.size(), pod_key,
                                            static_cast<std::uint64_t>(attempt));
  bind(name, pod, winners[choice]->node->meta.name);
}

std::vector<SpreadConstraint> Scheduler::default_constraints(const Pod& pod) const {
  std::vector<api::LabelSelector> selectors;
  for (const auto* service : services_.in_namespace<api::Service>(pod.meta.namespace_name)) {
    const api::LabelSelector selector{service->spec.selector, {}};
    if (service->spec.selector.empty() || !api::matches(selector, pod.meta.labels)) continue;
    selectors.push_back(selector);
  }
  const api::OwnerReference* owner = api::controller_of(pod.meta);
  if (owner != nullptr && owner->kind == Kind::ReplicaSet) {
    const auto* set = replica_sets_.find<api::ReplicaSet>(pod.meta.namespace_name, owner->name);
    if (set != nullptr) selectors.push_back(set->spec.selector);
  }
  std::vector<SpreadConstraint> constraints;
  if (selectors.empty()) return constraints;
  if (config_.default_hostname_skew) {
    constraints.push_back({kHostnameLabel, *config_.default_hostname_skew, {}});
  }
  if (config_.default_zone_skew) {
    constraints.push_back({controllers::kZoneLabel, *config_.default_zone_skew, {}});
  }
  for (auto it = placed_.lower_bound({pod.meta.namespace_name, ""});
       it != placed_.end() && it->first.first == pod.meta.namespace_name; ++it) {
    const Pod& other = std::get<Pod>(*it->second.pod);
    const Node* node = states_.at(it->second.node_name).node;
    if (other.meta.deletion || node == nullptr) continue;
    const bool matching = std::all_of(selectors.begin(), selectors.end(), [&](const auto& s) {
      return api::matches(s, other.meta.labels);
    });
    if (!matching) continue;
    for (SpreadConstraint& constraint : constraints) {
      if (const auto domain = domain_of(*node, constraint.topology_key)) {
        ++constraint.matching_pods[*domain];
      }
    }
  }
  return constraints;
}

void Scheduler::bind(const PodName& name, const Pod& pod, const std::string& node_name) {
  ports::ApiCall call;
  call.verb = ports::Verb::Bind;
  call.key = {Kind::Pod, name.first, name.second};
  call.node_name = node_name;
  call.uid = pod.meta.uid;
  // The pod counts on its node from now on.
  place(name, node_name, std::make_shared<const api::Object>(pod));
  const ports::CallId id = controllers::call_id(kOwnSlot, ++sequence_);
  binding_.emplace(id, name);
  ports_.api.call(ports_.owner, id, std::move(call));
}

void Scheduler::on_bound(const ports::Event& reply) {
  const auto entry = binding_.find(reply.id);
  if (entry == binding_.end()) return;  // The answer to a status report.
  const PodName name = entry->second;
  binding_.erase(entry);
  if (reply.outcome == ports::Outcome::Ok) return;
  const auto* pod = pods_.find<Pod>(name.first, name.second);
  if (pod == nullptr || !pod->spec.node_name.empty()) return;  // Settled meanwhile.
  const Instant now = ports_.executor.now();
  if (unplace(name)) queue_.move_all(now);
  queue_.put_back(name, now);
}

void Scheduler::report_unschedulable(const Pod& pod, const std::string& message) {
  const api::Condition* known = api::find_condition(pod.status.conditions, "PodScheduled");
  if (known != nullptr && known->reason == "Unschedulable" && known->message == message) return;
  Pod next = pod;
  api::set_condition(next.status.conditions, "PodScheduled", api::ConditionStatus::False,
                     "Unschedulable", message, ports_.executor.now());
  ports::ApiCall call;
  call.verb = ports::Verb::UpdateStatus;
  call.key = {Kind::Pod, pod.meta.namespace_name, pod.meta.name};
  call.uid = pod.meta.uid;
  call.resource_version = pod.meta.resource_version;
  call.object = std::make_shared<const api::Object>(std::move(next));
  ports_.api.call(ports_.owner, controllers::call_id(kOwnSlot, ++sequence_), std::move(call));
}

}  // namespace orrery::scheduler
