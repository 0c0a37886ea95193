#include "models/scheduler/scheduler.h"

#include <algorithm>
#include <utility>

#include "models/scheduler/external_plugin.h"
#include "models/scheduler/scores.h"

namespace orrery::scheduler {
namespace {

using api::Kind;
using api::Node;
using api::Pod;
using controllers::Change;

// Slots: one per informer from 1 on, then these.
constexpr std::uint32_t kFirstInformerSlot = 1;
constexpr std::uint32_t kOwnSlot = 20;
constexpr std::uint32_t kEvictionSlot = 21;
constexpr std::uint32_t kVolumeSlot = 22;

constexpr const char* kUnschedulable = "Unschedulable";
constexpr const char* kSchedulerError = "SchedulerError";

/// "2 Insufficient cpu, 1 Too many pods", sorted as text.
std::string counted(const std::vector<std::string>& reasons) {
  std::map<std::string, int> counts;
  for (const std::string& reason : reasons) ++counts[reason];
  std::vector<std::string> parts;
  for (const auto& [reason, count] : counts) parts.push_back(std::to_string(count) + " " + reason);
  std::sort(parts.begin(), parts.end());
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string not_available(std::size_t node_count, const std::string& why) {
  return "0/" + std::to_string(node_count) + " nodes are available: " + why + ".";
}

}  // namespace

std::int64_t nodes_to_find(std::int64_t node_count, const SchedulerConfig& config,
                           const PluginSet& plugins) {
  std::int64_t percentage =
      plugins.percentage_of_nodes_to_score.value_or(config.percentage_of_nodes_to_score);
  if (node_count < config.feasible_nodes_min || percentage >= 100) return node_count;
  if (percentage == 0) percentage = std::max<std::int64_t>(5, 50 - node_count / 125);
  return std::max(config.feasible_nodes_min, node_count * percentage / 100);
}

Scheduler::Scheduler(ports::OwnerId owner, ports::Executor& executor, ports::ApiClient& api,
                     Draws draws, const SchedulerConfig& config)
    : ports_{executor, api, owner},
      draws_{draws},
      config_{config},
      pods_{ports_, kFirstInformerSlot, Kind::Pod, config.informer},
      nodes_{ports_, kFirstInformerSlot + 1, Kind::Node, config.informer},
      services_{ports_, kFirstInformerSlot + 2, Kind::Service, config.informer},
      replica_sets_{ports_, kFirstInformerSlot + 3, Kind::ReplicaSet, config.informer},
      replication_controllers_{ports_, kFirstInformerSlot + 4, Kind::ReplicationController,
                               config.informer},
      stateful_sets_{ports_, kFirstInformerSlot + 5, Kind::StatefulSet, config.informer},
      budgets_{ports_, kFirstInformerSlot + 6, Kind::PodDisruptionBudget, config.informer},
      namespaces_{ports_, kFirstInformerSlot + 7, Kind::Namespace, config.informer},
      claims_{ports_, kFirstInformerSlot + 8, Kind::PersistentVolumeClaim, config.informer},
      volumes_{ports_, kFirstInformerSlot + 9, Kind::PersistentVolume, config.informer},
      storage_classes_{ports_, kFirstInformerSlot + 10, Kind::StorageClass, config.informer},
      informers_{
          &pods_,           &nodes_,   &services_,   &replica_sets_, &replication_controllers_,
          &stateful_sets_,  &budgets_, &namespaces_, &claims_,       &volumes_,
          &storage_classes_},
      volume_caches_{claims_, volumes_, storage_classes_, volume_assumptions_},
      queue_{config.queue},
      evictions_{ports_, kEvictionSlot},
      volume_binder_{ports_, kVolumeSlot, volume_caches_, volume_assumptions_,
                     config.volume_bind_timeout},
      look_{executor, owner, controllers::call_id(kOwnSlot, 0)} {}

void Scheduler::start() {
  for (controllers::Informer* informer : informers_) informer->start();
}

void Scheduler::on_event(const ports::Event& event) {
  const std::uint32_t slot = controllers::slot_of(event.id);
  if (slot < kFirstInformerSlot + informers_.size()) {
    controllers::Informer& informer = *informers_[slot - kFirstInformerSlot];
    for (const Change& change : informer.on_event(event)) observe(change, informer.kind());
  } else if (slot == kEvictionSlot) {
    evictions_.on_event(event);
    if (preempting_ && !evictions_.busy()) finish_preemption();
  } else if (slot == kVolumeSlot) {
    volume_binder_.on_event(event);
  } else if (event.kind == ports::EventKind::Timer) {
    look_at_.reset();
    queue_.look(ports_.executor.now());
  } else {
    on_bound(event);
  }
  after_event();
}

void Scheduler::after_event() {
  const bool synced = std::all_of(informers_.begin(), informers_.end(),
                                  [](const auto* informer) { return informer->synced(); });
  if (!synced) return;
  const Instant now = ports_.executor.now();
  for (const VolumeBinder::Ended& ended : volume_binder_.take_ended(now)) on_volumes_ended(ended);
  schedule_all();
  auto due = queue_.next_look(now);
  const auto timeout = volume_binder_.next_timeout();
  if (timeout && (!due || *timeout < *due)) due = timeout;
  if (due == look_at_) return;
  look_at_ = due;
  if (due) {
    look_.arm(*due);
  } else {
    look_.disarm();
  }
}

// --- what is seen --------------------------------------------------------------------------------

void Scheduler::observe(const Change& change, Kind kind) {
  switch (kind) {
    case Kind::Pod:
      observe_pod(change);
      break;
    case Kind::Node:
      observe_node(change);
      break;
    case Kind::Service: {
      const bool same = change.before && change.after &&
                        std::get<api::Service>(*change.before).spec.selector ==
                            std::get<api::Service>(*change.after).spec.selector;
      if (!same) ++services_epoch_;
      break;
    }
    case Kind::Namespace:
      if (change.after) {
        const api::ObjectMeta& meta = api::meta_of(*change.after);
        state_.set_namespace(meta.name, meta.labels);
      }
      break;
    case Kind::PersistentVolumeClaim: {
      ClusterEvent event;
      event.kinds = event_kind::kClaim;
      event.claim = &std::get<api::PersistentVolumeClaim>(change.latest());
      announce(event);
      break;
    }
    case Kind::PersistentVolume:
      announce({.kinds = event_kind::kVolume});
      break;
    case Kind::StorageClass:
      announce({.kinds = event_kind::kStorageClass});
      break;
    default:
      break;
  }
}

void Scheduler::announce(const ClusterEvent& event) {
  queue_.move_if(ports_.executor.now(), [&](const PodName& name, FilterSet rejected_by) {
    const auto pending = pending_.find(name);
    if (pending == pending_.end() || pending->second.shape == nullptr) return true;
    const WaitingPod waiting{pending->second.get(), *pending->second.shape, rejected_by};
    return config_.queueing_hints ? worth_by_hint(waiting, event, state_)
                                  : worth_by_type(waiting, event, state_);
  });
}

void Scheduler::observe_pod(const Change& change) {
  const Pod& pod = std::get<Pod>(change.latest());
  const PodName name{pod.meta.namespace_name, pod.meta.name};
  if (!change.after || api::has_ended(pod)) {
    forget(name);
    if (state_.unplace(name)) {
      announce({.kinds = event_kind::kPodGone, .pod_before = &pod});
    }
  } else if (!pod.spec.node_name.empty()) {
    observe_assigned(name, change);
  } else {
    observe_pending(name, change);
  }
}

void Scheduler::forget(const PodName& name) {
  queue_.remove(name);
  pending_.erase(name);
  volume_binder_.cancel(name);
  state_.withdraw(name);
}

void Scheduler::observe_assigned(const PodName& name, const Change& change) {
  const Pod& pod = std::get<Pod>(*change.after);
  const Pod* before = change.before ? &std::get<Pod>(*change.before) : nullptr;
  const bool appeared = before == nullptr || before->spec.node_name.empty();
  if (appeared) forget(name);
  state_.place(name, pod.spec.node_name, change.after);
  ClusterEvent event;
  event.pod_before = before;
  event.pod_after = &pod;
  if (appeared) {
    event.kinds = event_kind::kPodAssigned;
    event.pod_before = nullptr;
  } else if (before->meta.labels != pod.meta.labels) {
    event.kinds = event_kind::kPodLabels;
  }
  if (event.kinds != 0) announce(event);
}

void Scheduler::observe_pending(const PodName& name, const Change& change) {
  const Pod& pod = std::get<Pod>(*change.after);
  if (profile_of(pod) == nullptr) return;
  if (pod.meta.deletion) {
    // Nobody needs a node for it any more, unless a binding is in the air.
    if (state_.placed(name) == nullptr) forget(name);
    return;
  }
  PendingPod& pending = pending_[name];
  const bool same =
      pending.object != nullptr && pending.shape != nullptr && same_shape(pending.get(), pod);
  pending.object = change.after;
  if (!same) pending.shape = state_.shape_of(change.after);
  if (state_.placed(name) != nullptr) return;
  const bool gated = !pod.spec.scheduling_gates.empty();
  const Instant now = ports_.executor.now();
  if (!queue_.contains(name)) {
    queue_.add(name, pending.shape->priority, gated, now);
    if (!pod.status.nominated_node_name.empty()) {
      state_.nominate(name, pending.shape, pod.status.nominated_node_name);
    }
    return;
  }
  if (!gated) queue_.open(name);
  if (!change.before) return;
  const Pod& before = std::get<Pod>(*change.before);
  queue_.move(name, now, [&](FilterSet rejected_by) {
    return own_change_is_worth(before, pod, rejected_by, config_.queueing_hints);
  });
}

void Scheduler::observe_node(const Change& change) {
  const Node& node = std::get<Node>(change.latest());
  const Node* before = change.before ? &std::get<Node>(*change.before) : nullptr;
  ClusterEvent event;
  event.node_before = before;
  if (!change.after) {
    event.kinds = event_kind::kNodeRemoved;
    state_.remove_node(node.meta.name);
  } else {
    event.kinds = before == nullptr ? event_kind::kNodeAdded : node_changes(*before, node);
    event.node_after = &node;
    (void)state_.set_node(change.after);
  }
  if (event.kinds != 0) announce(event);
}

const PluginSet* Scheduler::profile_of(const Pod& pod) const {
  const auto found = config_.profiles.find(
      pod.spec.scheduler_name.empty() ? kDefaultScheduler : pod.spec.scheduler_name);
  return found == config_.profiles.end() ? nullptr : &found->second;
}

// --- cycles --------------------------------------------------------------------------------------

void Scheduler::schedule_all() {
  while (!evictions_.busy()) {
    const auto taken = queue_.take();
    if (!taken) return;
    schedule(*taken);
  }
}

void Scheduler::schedule(const SchedulingQueue::Taken& taken) {
  const PendingPod& pending = pending_.at(taken.pod);
  const Pod& pod = pending.get();
  const auto nodes = state_.order();
  if (nodes.empty()) {
    report(pod, kSchedulerError, "no nodes available to schedule pods", "");
    if (config_.queueing_hints) {
      queue_.put_back(taken.pod, ports_.executor.now());
    } else {
      queue_.put_unschedulable(taken.pod, {}, ports_.executor.now());
    }
    return;
  }
  ensure_rules(pod, *pending.shape);
  Cycle cycle{taken.pod, pending, *profile_of(pod), taken.attempt, {}, {}, {}, {}, {}, {}, {}};
  FilterRun run{state_, nodes, *pending.shape, pod, cycle.plugins, volume_caches_};
  if (run.obstacle().empty() && !try_nominated(cycle, run) && cycle.outside_failure.empty()) {
    find_feasible(cycle, run);
    ask_outside(cycle);
  }
  if (!cycle.outside_failure.empty()) {
    put_off(cycle);
  } else if (cycle.feasible.empty()) {
    give_up(cycle, run);
  } else {
    assume(cycle, run, choose(cycle, run));
  }
}

bool Scheduler::try_nominated(Cycle& cycle, FilterRun& run) {
  const std::string node_name = state_.nomination(cycle.name);
  if (node_name.empty()) return false;
  const auto slot = state_.slot_of(node_name);
  if (!slot || state_.node(*slot).node == nullptr) return false;
  if (!check_with_nominated(state_, run, cycle.name, *cycle.pending.shape, *slot).fits()) {
    return false;
  }
  cycle.feasible = {*slot};
  ask_outside(cycle);
  return !cycle.feasible.empty();
}

void Scheduler::find_feasible(Cycle& cycle, FilterRun& run) {
  const auto order = state_.order();
  std::vector<Slot> named;
  std::span<const Slot> nodes = order;
  if (run.candidates()) {
    for (const Slot slot : order) {
      if (run.candidates()->contains(state_.node(slot).node->meta.name)) named.push_back(slot);
    }
    nodes = named;
  }
  if (nodes.empty()) return;
  const auto& weights = cycle.plugins.weights;
  const bool scores =
      std::any_of(weights.begin(), weights.end(), [](std::int64_t weight) { return weight != 0; });
  const auto count = static_cast<std::int64_t>(nodes.size());
  const auto wanted =
      static_cast<std::size_t>(scores ? nodes_to_find(count, config_, cycle.plugins) : 1);
  cycle.examined.reserve(nodes.size());
  cycle.feasible.reserve(wanted);
  std::size_t position = next_start_ % nodes.size();
  for (std::size_t i = 0; i < nodes.size() && cycle.feasible.size() < wanted; ++i) {
    const Slot slot = nodes[position];
    if (++position == nodes.size()) position = 0;
    const Verdict verdict =
        check_with_nominated(state_, run, cycle.name, *cycle.pending.shape, slot);
    if (verdict.fits()) {
      cycle.feasible.push_back(slot);
    } else {
      cycle.examined.push_back(slot);
      cycle.verdicts.push_back(verdict);
    }
  }
  next_start_ = position;
}

void Scheduler::ask_outside(Cycle& cycle) {
  cycle.outside_reasons.clear();
  if (cycle.plugins.external == nullptr || cycle.feasible.empty()) return;
  const auto verdicts = cycle.plugins.external->judge(cycle.pending.get(), state_, cycle.feasible,
                                                      ports_.executor.now());
  if (!verdicts) {
    cycle.outside_failure = verdicts.error().what;
    cycle.feasible.clear();
    return;
  }
  expects(verdicts->size() == cycle.feasible.size(), "a plug-in judges every node it was given");
  std::vector<Slot> fitting;
  for (std::size_t i = 0; i < verdicts->size(); ++i) {
    const ExternalVerdict& verdict = (*verdicts)[i];
    if (verdict.fits()) {
      fitting.push_back(cycle.feasible[i]);
      cycle.outside_scores.push_back(cycle.plugins.external_weight * verdict.score);
    } else {
      cycle.outside_reasons.push_back(verdict.reason);
    }
  }
  cycle.feasible = std::move(fitting);
}

/// The pod is tried again after its back-off, as after any error of a cycle.
void Scheduler::put_off(Cycle& cycle) {
  report(cycle.pending.get(), kSchedulerError, cycle.outside_failure,
         state_.nomination(cycle.name));
  queue_.put_back(cycle.name, ports_.executor.now());
}

Slot Scheduler::choose(Cycle& cycle, FilterRun& /*run*/) {
  if (cycle.feasible.size() == 1) return cycle.feasible.front();
  const Pod& pod = cycle.pending.get();
  const std::uint64_t key = orrery::key_of(pod.meta.uid.data(), pod.meta.uid.size());
  const auto order = state_.order();
  std::vector<std::int64_t> scores = total_scores({.state = state_,
                                                   .shape = *cycle.pending.shape,
                                                   .pod = pod,
                                                   .plugins = cycle.plugins,
                                                   .all = order,
                                                   .nodes = cycle.feasible,
                                                   .draws = draws_,
                                                   .draw_key = key});
  for (std::size_t i = 0; i < cycle.outside_scores.size(); ++i) {
    scores[i] += cycle.outside_scores[i];
  }
  const std::int64_t best = *std::max_element(scores.begin(), scores.end());
  std::vector<Slot> winners;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] == best) winners.push_back(cycle.feasible[i]);
  }
  if (cycle.plugins.tie_break == TieBreak::First) {
    return *std::min_element(winners.begin(), winners.end(), [&](Slot a, Slot b) {
      return state_.node(a).node->meta.name < state_.node(b).node->meta.name;
    });
  }
  return winners[draws_.index(Purpose::SchedulerTie, winners.size(), key,
                              static_cast<std::uint64_t>(cycle.attempt))];
}

void Scheduler::ensure_rules(const Pod& pod, PodShape& shape) {
  if (shape.rules && shape.rules->complete && shape.rules_epoch == services_epoch_) return;
  bool owner_is_known = true;
  const auto siblings = siblings_of(pod, owner_is_known);
  shape.rules = placement_rules(pod, siblings, config_.default_spread, state_);
  shape.rules->complete = owner_is_known;
  shape.rules_epoch = services_epoch_;
}

std::optional<api::LabelSelector> Scheduler::siblings_of(const Pod& pod,
                                                         bool& owner_is_known) const {
  if (!pod.spec.topology_spread.empty()) return std::nullopt;
  api::LabelSelector all;
  const std::string& in = pod.meta.namespace_name;
  for (const auto* service : services_.in_namespace<api::Service>(in)) {
    const api::Labels& selector = service->spec.selector;
    if (selector.empty() || !api::has_all(pod.meta.labels, selector)) {
      continue;
    }
    all.match_labels.insert(selector.begin(), selector.end());
  }
  const auto add = [&](const api::LabelSelector* selector) {
    owner_is_known = selector != nullptr;
    if (selector == nullptr) return;
    all.match_labels.insert(selector->match_labels.begin(), selector->match_labels.end());
    all.match_expressions.insert(all.match_expressions.end(), selector->match_expressions.begin(),
                                 selector->match_expressions.end());
  };
  if (const api::OwnerReference* owner = api::controller_of(pod.meta)) {
    if (owner->kind == Kind::ReplicaSet) {
      const auto* set = replica_sets_.find<api::ReplicaSet>(in, owner->name);
      add(set == nullptr ? nullptr : &set->spec.selector);
    } else if (owner->kind == Kind::StatefulSet) {
      const auto* set = stateful_sets_.find<api::StatefulSet>(in, owner->name);
      add(set == nullptr ? nullptr : &set->spec.selector);
    } else if (owner->kind == Kind::ReplicationController) {
      const auto* set = replication_controllers_.find<api::ReplicationController>(in, owner->name);
      const api::LabelSelector selector{set == nullptr ? api::Labels{} : set->spec.selector, {}};
      add(set == nullptr ? nullptr : &selector);
    }
  }
  if (all == api::LabelSelector{}) return std::nullopt;
  return all;
}

// --- failure and preemption ----------------------------------------------------------------------

void Scheduler::give_up(Cycle& cycle, FilterRun& run) {
  const std::size_t node_count = state_.order().size();
  FilterSet rejected_by;
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < cycle.examined.size(); ++i) {
    rejected_by.set(static_cast<std::size_t>(*cycle.verdicts[i].rejected_by));
    (void)check_with_nominated(state_, run, cycle.name, *cycle.pending.shape, cycle.examined[i],
                               &reasons);
  }
  std::string why = run.obstacle();
  if (!why.empty()) {
    rejected_by.set(static_cast<std::size_t>(run.obstacle_of()));
  } else {
    if (run.candidates()) {
      rejected_by.set(static_cast<std::size_t>(FilterPlugin::NodeAffinity));
      reasons.insert(reasons.end(), node_count - cycle.examined.size(),
                     "node(s) didn't satisfy plugin(s) [NodeAffinity]");
    }
    reasons.insert(reasons.end(), cycle.outside_reasons.begin(), cycle.outside_reasons.end());
    why = counted(reasons);
  }
  // What a plug-in outside looks at is not known: anything may have changed its mind.
  if (!cycle.outside_reasons.empty()) rejected_by.reset();
  std::string message = not_available(node_count, why);
  if (cycle.plugins.preempts) {
    preempt(cycle, run, rejected_by, std::move(message));
    return;
  }
  report(cycle.pending.get(), kUnschedulable, message, state_.nomination(cycle.name));
  queue_.put_unschedulable(cycle.name, rejected_by, ports_.executor.now());
}

void Scheduler::preempt(Cycle& cycle, FilterRun& run, FilterSet rejected_by, std::string message) {
  const Pod& pod = cycle.pending.get();
  const PodShape& shape = *cycle.pending.shape;
  const Instant now = ports_.executor.now();
  const auto end = [&](const std::string& why) {
    report(pod, kUnschedulable, message + " preemption: " + why, state_.nomination(cycle.name));
    queue_.put_unschedulable(cycle.name, rejected_by, now);
  };
  if (!pod.spec.preempts) return end("not eligible due to preemptionPolicy=Never.");

  std::vector<Slot> possible;
  const std::string nominated = state_.nomination(cycle.name);
  bool nominated_is_hopeless = !run.obstacle().empty();
  for (std::size_t i = 0; i < cycle.examined.size(); ++i) {
    const Slot slot = cycle.examined[i];
    if (cycle.verdicts[i].resolvable) possible.push_back(slot);
    if (!cycle.verdicts[i].resolvable && state_.node(slot).node->meta.name == nominated) {
      nominated_is_hopeless = true;
    }
  }
  if (const auto slot = state_.slot_of(nominated); slot && !nominated_is_hopeless) {
    const auto pods = state_.pods_on(*slot);
    const bool room_is_coming = std::any_of(pods.begin(), pods.end(), [&](const PlacedPod* p) {
      return p->shape->priority < shape.priority && is_preempted(p->get());
    });
    if (room_is_coming) {
      return end("not eligible due to a terminating pod on the nominated node.");
    }
  }

  // The walk begins anywhere, in the order in which the scheduler goes through nodes.
  std::vector<Slot> in_order;
  for (const Slot slot : state_.order()) {
    if (std::find(possible.begin(), possible.end(), slot) != possible.end()) {
      in_order.push_back(slot);
    }
  }
  std::vector<std::string> reasons(state_.order().size() - in_order.size(),
                                   "Preemption is not helpful for scheduling");
  std::vector<Candidate> candidates;
  if (!in_order.empty()) {
    const std::uint64_t key = orrery::key_of(pod.meta.uid.data(), pod.meta.uid.size());
    const std::uint64_t offset = draws_.index(Purpose::SchedulerPreemption, in_order.size(), key,
                                              static_cast<std::uint64_t>(cycle.attempt));
    candidates = find_candidates(state_, {cycle.name, shape, run}, in_order,
                                 static_cast<std::size_t>(offset), config_.preemption,
                                 budgets_.all<api::PodDisruptionBudget>(), now, reasons);
  }
  if (candidates.empty()) {
    state_.withdraw(cycle.name);
    return end(not_available(state_.order().size(), counted(reasons)));
  }

  const Candidate& best = best_candidate(candidates, now);
  const std::string node_name = state_.node(best.slot).node->meta.name;
  // Less important pods that were to come here are no longer sure of their room.
  std::vector<PodName> displaced;
  for (const NominatedPod& other : state_.nominated_on(best.slot)) {
    if (other.shape->priority < shape.priority) displaced.push_back(other.name);
  }
  for (const PodName& other : displaced) {
    state_.withdraw(other);
    const auto found = pending_.find(other);
    if (found == pending_.end()) continue;
    const api::Condition* known =
        api::find_condition(found->second.get().status.conditions, "PodScheduled");
    if (known != nullptr) report(found->second.get(), kUnschedulable, known->message, "");
  }
  std::vector<api::ObjectPtr> victims;
  for (const PlacedPod* victim : best.victims) victims.push_back(victim->pod);
  queue_.hold(cycle.name, rejected_by);
  preempting_ = Preempting{cycle.name, node_name, rejected_by, std::move(message)};
  evictions_.start(victims);
  if (!evictions_.busy()) finish_preemption();
}

void Scheduler::finish_preemption() {
  const Preempting done = std::move(*preempting_);
  preempting_.reset();
  const auto pending = pending_.find(done.pod);
  if (pending == pending_.end()) return;
  if (!evictions_.failed()) state_.nominate(done.pod, pending->second.shape, done.node_name);
  report(pending->second.get(), kUnschedulable, done.message, state_.nomination(done.pod));
  queue_.put_unschedulable(done.pod, done.rejected_by, ports_.executor.now());
}

// --- binding -------------------------------------------------------------------------------------

void Scheduler::assume(Cycle& cycle, FilterRun& run, Slot slot) {
  const Node& node = *state_.node(slot).node;
  const std::string node_name = node.meta.name;
  state_.withdraw(cycle.name);
  // The pod counts on its node from now on.
  state_.place(cycle.name, node_name, cycle.pending.object);
  if (!run.volumes().waiting.empty()) {
    volume_binder_.start(cycle.name, run.volumes(), node);
    return;
  }
  bind(cycle.name, cycle.pending.get(), node_name);
}

void Scheduler::on_volumes_ended(const VolumeBinder::Ended& ended) {
  const auto pending = pending_.find(ended.pod);
  const PlacedPod* placed = state_.placed(ended.pod);
  if (pending == pending_.end() || placed == nullptr) return;
  if (ended.bound) {
    const Node* node = state_.node(placed->slot).node;
    if (node != nullptr) return bind(ended.pod, pending->second.get(), node->meta.name);
  }
  take_back(ended.pod);
}

void Scheduler::bind(const PodName& name, const Pod& pod, const std::string& node_name) {
  ports::ApiCall call;
  call.verb = ports::Verb::Bind;
  call.key = {Kind::Pod, name.first, name.second};
  call.node_name = node_name;
  call.uid = pod.meta.uid;
  const ports::CallId id = controllers::call_id(kOwnSlot, ++sequence_);
  binding_.emplace(id, name);
  ports_.api.call(ports_.owner, id, std::move(call));
}

void Scheduler::on_bound(const ports::Event& reply) {
  const auto entry = binding_.find(reply.id);
  if (entry == binding_.end()) return on_reported(reply);
  const PodName name = entry->second;
  binding_.erase(entry);
  if (reply.outcome != ports::Outcome::Ok) take_back(name);
}

void Scheduler::on_reported(const ports::Event& reply) {
  const auto entry = reports_.find(reply.id);
  if (entry == reports_.end()) return;
  const Report lost = std::move(entry->second);
  reports_.erase(entry);
  if (reply.outcome != ports::Outcome::Conflict || reply.body == nullptr) return;
  // Somebody else wrote first: what was to be said still holds, unless there is something newer.
  const auto* current = std::get_if<ports::ApiObject>(reply.body.get());
  const bool superseded = std::any_of(reports_.begin(), reports_.end(), [&](const auto& other) {
    return other.second.pod == lost.pod;
  });
  if (current == nullptr || current->object == nullptr || superseded) return;
  const Pod& pod = std::get<Pod>(*current->object);
  const auto pending = pending_.find(lost.pod);
  if (pending == pending_.end() || pending->second.get().meta.uid != pod.meta.uid) return;
  report(pod, lost.reason, lost.message, lost.nominated_node);
}

void Scheduler::take_back(const PodName& name) {
  const auto pending = pending_.find(name);
  if (pending == pending_.end()) return;  // Settled meanwhile.
  const api::ObjectPtr pod = pending->second.object;
  if (state_.unplace(name)) {
    announce({.kinds = event_kind::kPodGone, .pod_before = &std::get<Pod>(*pod)});
  }
  queue_.put_back(name, ports_.executor.now());
}

void Scheduler::report(const Pod& pod, const char* reason, const std::string& message,
                       const std::string& nominated_node) {
  const api::Condition* known = api::find_condition(pod.status.conditions, "PodScheduled");
  if (known != nullptr && known->reason == reason && known->message == message &&
      pod.status.nominated_node_name == nominated_node) {
    return;
  }
  Pod next = pod;
  next.status.nominated_node_name = nominated_node;
  api::set_condition(next.status.conditions, "PodScheduled", api::ConditionStatus::False, reason,
                     message, ports_.executor.now());
  ports::ApiCall call;
  call.verb = ports::Verb::UpdateStatus;
  call.key = {Kind::Pod, pod.meta.namespace_name, pod.meta.name};
  call.uid = pod.meta.uid;
  call.resource_version = pod.meta.resource_version;
  call.object = std::make_shared<const api::Object>(std::move(next));
  const ports::CallId id = controllers::call_id(kOwnSlot, ++sequence_);
  reports_.emplace(
      id, Report{{pod.meta.namespace_name, pod.meta.name}, reason, message, nominated_node});
  ports_.api.call(ports_.owner, id, std::move(call));
}

}  // namespace orrery::scheduler
