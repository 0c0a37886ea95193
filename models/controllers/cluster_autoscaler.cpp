#include "models/controllers/cluster_autoscaler.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "models/controllers/daemon_pods.h"
#include "models/controllers/owner_lookup.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {
namespace {

using api::Kind;
using api::Node;
using api::ObjectPtr;
using api::Pod;
using ports::Outcome;

constexpr std::uint32_t kScanSlot = 0;
constexpr std::uint32_t kCallSlot = 1;
constexpr std::uint32_t kDeletionSlot = 2;
constexpr std::uint32_t kFirstInformerSlot = 3;

bool has_taint(const Node& node, const char* key) {
  return std::any_of(node.spec.taints.begin(), node.spec.taints.end(),
                     [&](const api::Taint& taint) { return taint.key == key; });
}

std::vector<api::Taint> without(std::vector<api::Taint> taints, const char* key) {
  std::erase_if(taints, [&](const api::Taint& taint) { return taint.key == key; });
  return taints;
}

bool is_unschedulable(const Pod& pod) {
  const auto* scheduled = api::find_condition(pod.status.conditions, "PodScheduled");
  return scheduled != nullptr && scheduled->status == api::ConditionStatus::False &&
         scheduled->reason == "Unschedulable";
}

/// Requested shares of a node's CPU and memory, added up: large pods are placed first.
double size_on(const Pod& pod, const Node& node) {
  const api::PodResources wanted = api::effective_requests(pod.spec);
  const api::NodeResources& all = node.status.allocatable;
  double size = 0;
  if (all.cpu_milli > 0) {
    size += static_cast<double>(wanted.cpu_milli) / static_cast<double>(all.cpu_milli);
  }
  if (all.memory_bytes > 0) {
    size += static_cast<double>(wanted.memory_bytes) / static_cast<double>(all.memory_bytes);
  }
  return size;
}

/// The shares of CPU and memory that the option's nodes would have left, added up.
double waste_of(const ExpansionOption& option, const NodeGroup& group) {
  // Worked example: two nodes of 4 CPUs and 8 GiB for pods that want 6 CPUs and 4 GiB: 0.25 + 0.75.
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
  for (const ObjectPtr& pod : option.pods) {
    const api::PodResources wanted = api::effective_requests(std::get<Pod>(*pod).spec);
    cpu += wanted.cpu_milli;
    memory += wanted.memory_bytes;
  }
  const auto left = [&](std::int64_t used, std::int64_t of_one) {
    const double all = static_cast<double>(of_one) * option.node_count;
    return all <= 0 ? 0.0 : (all - static_cast<double>(used)) / all;
  };
  const api::NodeResources& capacity = group.node.status.capacity;
  return left(cpu, capacity.cpu_milli) + left(memory, capacity.memory_bytes);
}

}  // namespace

std::vector<const ExpansionOption*> best_options(const std::vector<ExpansionOption>& options,
                                                 const std::vector<NodeGroup>& groups,
                                                 Expander expander) {
  expects(!options.empty(), "an expander chooses among options that exist");
  const bool has_priorities = std::any_of(
      options.begin(), options.end(),
      [&](const ExpansionOption& option) { return groups.at(option.group).priority.has_value(); });
  const auto badness = [&](const ExpansionOption& option) {
    switch (expander) {
      case Expander::Random:
        return 0.0;
      case Expander::MostPods:
        return -static_cast<double>(option.pods.size());
      case Expander::LeastWaste:
        return waste_of(option, groups.at(option.group));
      case Expander::Priority:
        return -static_cast<double>(groups.at(option.group).priority.value_or(0));
    }
    contract_violation("an expander has one of the known values");
  };
  std::vector<const ExpansionOption*> best;
  double least = 0;
  for (const ExpansionOption& option : options) {
    if (expander == Expander::Priority && has_priorities && !groups.at(option.group).priority) {
      continue;
    }
    const double bad = badness(option);
    if (best.empty() || bad < least) {
      least = bad;
      best = {&option};
    } else if (bad == least) {
      best.push_back(&option);
    }
  }
  return best;
}

ClusterAutoscaler::ClusterAutoscaler(ports::OwnerId owner, ports::Executor& executor,
                                     ports::ApiClient& api, ports::ApiClient& cloud, Draws draws,
                                     std::vector<NodeGroup> groups,
                                     std::map<std::string, scheduler::PluginSet> plugins,
                                     const ClusterAutoscalerConfig& config,
                                     const InformerConfig& informer)
    : ports_{executor, api, owner},
      cloud_{cloud},
      draws_{draws},
      groups_{std::move(groups)},
      plugins_{std::move(plugins)},
      config_{config},
      pods_{ports_, kFirstInformerSlot, Kind::Pod, informer},
      nodes_{ports_, kFirstInformerSlot + 1, Kind::Node, informer},
      budgets_{ports_, kFirstInformerSlot + 2, Kind::PodDisruptionBudget, informer},
      daemon_sets_{ports_, kFirstInformerSlot + 3, Kind::DaemonSet, informer},
      namespaces_{ports_, kFirstInformerSlot + 4, Kind::Namespace, informer},
      claims_{ports_, kFirstInformerSlot + 5, Kind::PersistentVolumeClaim, informer},
      volumes_{ports_, kFirstInformerSlot + 6, Kind::PersistentVolume, informer},
      storage_classes_{ports_, kFirstInformerSlot + 7, Kind::StorageClass, informer},
      informers_{&pods_,       &nodes_,  &budgets_, &daemon_sets_,
                 &namespaces_, &claims_, &volumes_, &storage_classes_},
      volume_caches_{claims_, volumes_, storage_classes_, no_assumptions_},
      scan_timer_{executor, owner, call_id(kScanSlot, 0)} {}

void ClusterAutoscaler::start() {
  for (Informer* informer : informers_) informer->start();
  scan_timer_.arm(ports_.executor.now() + config_.scan_interval);
}

// --- what is seen --------------------------------------------------------------------------------

void ClusterAutoscaler::on_event(const ports::Event& event) {
  const std::uint32_t slot = slot_of(event.id);
  if (slot >= kFirstInformerSlot) {
    for (const Change& change : informers_.at(slot - kFirstInformerSlot)->on_event(event)) {
      observe(change);
    }
  } else if (slot == kDeletionSlot) {
    const auto node = deletion_of_timer_.find(static_cast<std::uint32_t>(event.id));
    if (node != deletion_of_timer_.end()) on_deletion_due(node->second);
  } else if (slot == kCallSlot) {
    const auto call = open_.extract(event.id);
    if (!call.empty()) on_reply(call.mapped(), event);
  } else {
    scan_timer_.arm(ports_.executor.now() + config_.scan_interval);
    const bool synced = std::all_of(informers_.begin(), informers_.end(),
                                    [](const Informer* informer) { return informer->synced(); });
    if (!synced) return;
    // An answer that has not come by now is not waited for.
    std::erase_if(open_, [](const auto& call) { return call.second.what == What::List; });
    ports::ApiCall call;
    call.verb = ports::Verb::List;
    call.key.kind = Kind::Node;
    send(cloud_, {What::List, {}, {}}, std::move(call));
  }
}

void ClusterAutoscaler::observe(const Change& change) {
  const api::Object& latest = change.latest();
  if (const auto* pod = std::get_if<Pod>(&latest)) {
    const scheduler::PodName name{pod->meta.namespace_name, pod->meta.name};
    const bool counts = change.after && !pod->spec.node_name.empty() && !api::has_ended(*pod);
    if (counts) {
      state_.place(name, pod->spec.node_name, change.after);
    } else {
      (void)state_.unplace(name);
    }
  } else if (const auto* node = std::get_if<Node>(&latest)) {
    if (change.after) {
      state_.set_node(change.after);
    } else {
      state_.remove_node(node->meta.name);
    }
  } else if (api::kind_of(latest) == Kind::Namespace && change.after) {
    state_.set_namespace(api::meta_of(latest).name, api::meta_of(latest).labels);
  }
}

void ClusterAutoscaler::send(ports::ApiClient& to, OpenCall open, ports::ApiCall call) {
  const ports::CallId id = call_id(kCallSlot, ++sequence_);
  open_[id] = std::move(open);
  to.call(ports_.owner, id, std::move(call));
}

void ClusterAutoscaler::on_reply(const OpenCall& open, const ports::Event& event) {
  switch (open.what) {
    case What::List: {
      const auto* list = event.body ? std::get_if<ports::ApiList>(event.body.get()) : nullptr;
      if (event.outcome != Outcome::Ok || list == nullptr) return;
      Machines machines;
      for (const ObjectPtr& object : list->objects) {
        const api::ObjectMeta& meta = api::meta_of(*object);
        if (const auto group = group_of(meta)) machines[meta.name] = {*group, meta.creation};
      }
      scan(machines);
      return;
    }
    case What::Grow:
      if (event.outcome == Outcome::Ok) return;
      for (std::size_t group = 0; group < groups_.size(); ++group) {
        if (groups_[group].name == open.subject) back_off(group);
      }
      return;
    case What::Write:
      return;  // What was not written is seen at the next scan.
    case What::Taint:
    case What::Evict:
    case What::Giveback:
      break;
  }
  const auto found = deletions_.find(open.subject);
  if (found == deletions_.end()) return;
  Deletion& deletion = found->second;
  const Instant now = ports_.executor.now();
  if (open.what == What::Taint) {
    if (event.outcome != Outcome::Ok) return fail_deletion(open.subject);
    deletion.step = Deletion::Step::Waiting;
    deletion.timer.arm(now + config_.delete_delay_after_taint);
  } else if (open.what == What::Giveback) {
    if (event.outcome != Outcome::Ok && event.outcome != Outcome::NotFound) {
      return fail_deletion(open.subject);
    }
    deletion.step = Deletion::Step::Gone;
  } else {
    const bool told = event.outcome == Outcome::Ok || event.outcome == Outcome::NotFound ||
                      event.outcome == Outcome::Conflict;
    for (Leaving& leaving : deletion.pods) {
      if (told && leaving.uid == open.pod_uid) leaving.told = true;
    }
    if (!told) deletion.timer.arm(now + config_.eviction_retry);
    const bool all_told = std::all_of(deletion.pods.begin(), deletion.pods.end(),
                                      [](const Leaving& leaving) { return leaving.told; });
    if (!all_told || deletion.step != Deletion::Step::Evicting) return;
    deletion.step = Deletion::Step::Going;
    deletion.until = now + config_.max_graceful_termination + config_.eviction_headroom;
    on_deletion_due(open.subject);
  }
}

std::optional<std::size_t> ClusterAutoscaler::group_of(const api::ObjectMeta& meta) const {
  const auto label = meta.labels.find(kNodeGroupLabel);
  if (label == meta.labels.end()) return std::nullopt;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].name == label->second) return i;
  }
  return std::nullopt;
}

std::vector<const Node*> ClusterAutoscaler::group_nodes() const {
  std::vector<const Node*> nodes = nodes_.all<Node>();
  std::erase_if(nodes, [&](const Node* node) { return !group_of(node->meta); });
  return nodes;
}

/// Machines of each group, those being given back not counted.
std::vector<std::int32_t> ClusterAutoscaler::sizes(const Machines& machines) const {
  std::vector<std::int32_t> sizes(groups_.size(), 0);
  for (const auto& [name, machine] : machines) {
    if (!deletions_.contains(name)) ++sizes[machine.group];
  }
  return sizes;
}

void ClusterAutoscaler::back_off(std::size_t group) {
  const Instant now = ports_.executor.now();
  const auto last = backoffs_.find(group);
  Duration wait = config_.group_backoff_initial;
  if (last != backoffs_.end() && last->second.since + config_.group_backoff_reset > now) {
    // One failure of several machines asked for together counts once.
    if (last->second.since + last->second.wait > now) return;
    wait = std::min(last->second.wait * 2, config_.group_backoff_max);
  }
  backoffs_[group] = {wait, now};
}

// --- a scan --------------------------------------------------------------------------------------

void ClusterAutoscaler::scan(const Machines& listed) {
  Machines machines = listed;
  tidy_up(machines);
  if (too_many_unready()) return;
  give_up_on_late(machines);
  FitSimulation simulation{state_, volume_caches_, plugins_};
  const std::int32_t coming = add_coming_nodes(simulation, machines);
  const std::vector<ObjectPtr> pods = pods_to_help(simulation);
  std::optional<ExpansionOption> growth = growth_for(simulation, machines, pods);
  if (growth) {
    if (config_.nodes_total_max > 0) {
      growth->node_count =
          std::min(growth->node_count, config_.nodes_total_max - ready_nodes() - coming);
    }
    // No node but those that are coming: this scan ends all the same (orchestrator.go
    // GetCappedNewNodeCount).
    if (growth->node_count <= 0) return;
    grow(*growth);
    last_scale_up_ = ports_.executor.now();
    return;
  }
  scale_down(simulation, machines);
}

std::int32_t ClusterAutoscaler::ready_nodes() const {
  const std::vector<const Node*> nodes = nodes_.all<Node>();
  return static_cast<std::int32_t>(std::count_if(
      nodes.begin(), nodes.end(), [](const Node* node) { return api::is_ready(*node); }));
}

bool ClusterAutoscaler::too_many_unready() const {
  std::int32_t unready = 0;
  std::int32_t all = 0;
  for (const Node* node : nodes_.all<Node>()) {
    ++all;
    const bool starts = node->meta.creation + config_.max_node_startup_time > ports_.executor.now();
    if (!api::is_ready(*node) && !starts) ++unready;
  }
  return unready > config_.ok_total_unready_count &&
         unready * 100 > config_.max_total_unready_percentage * all;
}

void ClusterAutoscaler::tidy_up(const Machines& machines) {
  for (const Node* node : group_nodes()) {
    const std::string& name = node->meta.name;
    if (!api::is_ready(*node) && !machines.contains(name)) {
      send(ports_.api, {What::Write, name, {}}, delete_call(node->meta, Kind::Node));
    } else if (has_taint(*node, kToBeDeletedTaint) && !deletions_.contains(name)) {
      write_taints(*node, without(node->spec.taints, kToBeDeletedTaint));
    }
  }
  std::erase_if(deletions_, [&](const auto& deletion) {
    const std::string& name = deletion.first;
    return !machines.contains(name) && nodes_.find<Node>("", name) == nullptr;
  });
  std::erase_if(deletion_of_timer_,
                [&](const auto& timer) { return !deletions_.contains(timer.second); });
}

void ClusterAutoscaler::give_up_on_late(Machines& machines) {
  const Instant now = ports_.executor.now();
  std::vector<std::int32_t> size = sizes(machines);
  for (auto it = machines.begin(); it != machines.end();) {
    const auto& [name, machine] = *it;
    const bool late = machine.asked_for + config_.max_node_provision_time < now &&
                      nodes_.find<Node>("", name) == nullptr && !deletions_.contains(name);
    if (!late) {
      ++it;
      continue;
    }
    back_off(machine.group);
    if (size[machine.group] <= groups_[machine.group].min) {
      ++it;
      continue;
    }
    --size[machine.group];
    ports::ApiCall call;
    call.verb = ports::Verb::Delete;
    call.key = {Kind::Node, "", name};
    send(cloud_, {What::Write, name, {}}, std::move(call));
    it = machines.erase(it);
  }
}

void ClusterAutoscaler::add_node_of(FitSimulation& simulation, std::size_t group,
                                    const std::string& name) {
  Node node = groups_[group].node;
  node.meta.name = name;
  node.meta.labels["kubernetes.io/hostname"] = name;
  node.meta.labels[kNodeGroupLabel] = groups_[group].name;
  const auto object = std::make_shared<const api::Object>(node);
  simulation.add_node(object);
  for (const auto* set : daemon_sets_.all<api::DaemonSet>()) {
    Pod pod = daemon_pod(*set, name, "");
    pod.meta.name = set->meta.name + "/" + name;
    pod.meta.namespace_name = set->meta.namespace_name;
    if (!eligibility(pod.spec, pod.spec.tolerations, node).should_run) continue;
    const auto daemon = std::make_shared<const api::Object>(std::move(pod));
    if (simulation.fits(daemon, name)) simulation.place(daemon, name);
  }
}

std::int32_t ClusterAutoscaler::add_coming_nodes(FitSimulation& simulation,
                                                 const Machines& machines) {
  const Instant now = ports_.executor.now();
  std::vector<int> coming(groups_.size(), 0);
  for (const auto& [name, machine] : machines) {
    if (deletions_.contains(name)) continue;
    const auto* node = nodes_.find<Node>("", name);
    const bool comes =
        node == nullptr ||
        (!api::is_ready(*node) && node->meta.creation + config_.max_node_startup_time > now);
    if (!comes) continue;
    const int index = coming[machine.group]++;
    add_node_of(simulation, machine.group,
                "coming/" + groups_[machine.group].name + "/" + std::to_string(index));
  }
  return std::accumulate(coming.begin(), coming.end(), 0);
}

std::vector<ObjectPtr> ClusterAutoscaler::pods_to_help(FitSimulation& simulation) const {
  std::vector<const Pod*> waiting;
  for (const Pod* pod : pods_.all<Pod>()) {
    if (!pod->spec.node_name.empty() || pod->meta.deletion || !is_unschedulable(*pod)) continue;
    if (pod->spec.priority.value_or(0) < config_.expendable_priority) continue;
    if (controller_of_kind(pod->meta, Kind::DaemonSet) == nullptr) waiting.push_back(pod);
  }
  std::stable_sort(waiting.begin(), waiting.end(), [](const Pod* a, const Pod* b) {
    return a->spec.priority.value_or(0) > b->spec.priority.value_or(0);
  });
  std::vector<ObjectPtr> to_help;
  for (const Pod* pod : waiting) {
    const ObjectPtr object = pods_.find_any(pod->meta.namespace_name, pod->meta.name);
    const std::string& nominated = pod->status.nominated_node_name;
    // Room is being made for it.
    const bool has_place = !nominated.empty() && nodes_.find<Node>("", nominated) != nullptr;
    const auto place = has_place ? std::optional{nominated}
                                 : simulation.find_place(object, [](const auto&) { return true; });
    if (place) {
      simulation.place(object, *place);
    } else {
      to_help.push_back(object);
    }
  }
  return to_help;
}

// --- scale-up ------------------------------------------------------------------------------------

std::optional<ExpansionOption> ClusterAutoscaler::option_of(FitSimulation& simulation,
                                                            std::size_t group, std::int32_t room,
                                                            const std::vector<ObjectPtr>& pods) {
  const std::size_t before = simulation.mark();
  const auto name_of = [&](std::size_t index) {
    return "new/" + groups_[group].name + "/" + std::to_string(index);
  };
  add_node_of(simulation, group, name_of(0));
  std::vector<ObjectPtr> fitting;
  for (const ObjectPtr& pod : pods) {
    if (simulation.fits(pod, name_of(0))) fitting.push_back(pod);
  }
  simulation.take_back(before);
  std::stable_sort(fitting.begin(), fitting.end(), [&](const ObjectPtr& a, const ObjectPtr& b) {
    return size_on(std::get<Pod>(*a), groups_[group].node) >
           size_on(std::get<Pod>(*b), groups_[group].node);
  });
  ExpansionOption option;
  option.group = group;
  std::set<std::string> added;
  for (const ObjectPtr& pod : fitting) {
    auto place = simulation.find_place(pod, [&](const auto& name) { return added.contains(name); });
    if (!place && option.node_count < room) {
      const std::size_t mark = simulation.mark();
      const std::string name = name_of(added.size());
      add_node_of(simulation, group, name);
      if (simulation.fits(pod, name)) {
        added.insert(name);
        ++option.node_count;
        place = name;
      } else {
        simulation.take_back(mark);
      }
    }
    if (!place) continue;
    simulation.place(pod, *place);
    option.pods.push_back(pod);
  }
  simulation.take_back(before);
  if (option.node_count == 0) return std::nullopt;
  return option;
}

std::optional<ExpansionOption> ClusterAutoscaler::growth_for(
    FitSimulation& simulation, const Machines& machines, const std::vector<ObjectPtr>& waiting) {
  const Instant now = ports_.executor.now();
  std::vector<ObjectPtr> pods = waiting;
  std::erase_if(pods, [&](const ObjectPtr& pod) {
    return api::meta_of(*pod).creation + config_.new_pod_scale_up_delay > now;
  });
  const bool some_are_older = std::any_of(pods.begin(), pods.end(), [&](const ObjectPtr& pod) {
    return api::meta_of(*pod).creation + config_.very_new_pod <= now;
  });
  if (!some_are_older) return std::nullopt;
  const bool is_full = config_.nodes_total_max > 0 && ready_nodes() >= config_.nodes_total_max;
  if (is_full) return std::nullopt;
  const std::vector<std::int32_t> size = sizes(machines);
  std::vector<ExpansionOption> options;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const auto backoff = backoffs_.find(group);
    if (backoff != backoffs_.end() && backoff->second.since + backoff->second.wait > now) continue;
    // What is being given back still takes its place.
    std::int32_t taken = 0;
    for (const auto& [name, machine] : machines) taken += machine.group == group ? 1 : 0;
    const std::int32_t room =
        std::min(groups_[group].max - std::max(size[group], taken), config_.nodes_per_scale_up_max);
    if (room <= 0) continue;
    if (auto option = option_of(simulation, group, room, pods)) {
      options.push_back(std::move(*option));
    }
  }
  if (options.empty()) return std::nullopt;
  const auto best = best_options(options, groups_, config_.expander);
  static constexpr std::string_view kDraw = "cluster-autoscaler";
  return *best[draws_.index(Purpose::SchedulerTie, best.size(), key_of(kDraw.data(), kDraw.size()),
                            static_cast<std::uint64_t>(now.count_ns()))];
}

void ClusterAutoscaler::grow(const ExpansionOption& by) {
  for (std::int32_t i = 0; i < by.node_count; ++i) {
    Node machine;
    machine.meta.labels[kNodeGroupLabel] = groups_[by.group].name;
    ports::ApiCall call;
    call.verb = ports::Verb::Create;
    call.key.kind = Kind::Node;
    call.object = std::make_shared<const api::Object>(std::move(machine));
    send(cloud_, {What::Grow, groups_[by.group].name, {}}, std::move(call));
  }
}

// --- scale-down ----------------------------------------------------------------------------------

void ClusterAutoscaler::scale_down(FitSimulation& simulation, const Machines& machines) {
  const Instant now = ports_.executor.now();
  find_unneeded(simulation, machines);
  if (last_scale_up_ && *last_scale_up_ + config_.scale_down_delay_after_add > now) return;
  if (last_failure_ && *last_failure_ + config_.scale_down_delay_after_failure > now) return;
  if (!start_deletions(machines)) mark_candidates();
}

void ClusterAutoscaler::find_unneeded(FitSimulation& simulation, const Machines& machines) {
  const Instant now = ports_.executor.now();
  RemainingBudgets budgets{budgets_.all<api::PodDisruptionBudget>()};
  std::set<std::string> leaving;  // Where nothing is to go any more.
  // Neither on what is coming, nor on what may go.
  const auto stays = [&](const std::string& name) {
    return !leaving.contains(name) && nodes_.find<Node>("", name) != nullptr;
  };
  // Pods that are being moved need a place, too.
  for (const auto& [name, deletion] : deletions_) leaving.insert(name);
  const auto lift_all = [&](const std::string& name) {
    std::vector<scheduler::PodName> names;
    if (const auto slot = state_.slot_of(name)) {
      for (const scheduler::PlacedPod* pod : state_.pods_on(*slot)) names.push_back(*pod->name);
    }
    std::sort(names.begin(), names.end());
    std::vector<ObjectPtr> lifted;
    for (const scheduler::PodName& pod : names) {
      const scheduler::PlacedPod& placed = *state_.placed(pod);
      if (movability(placed.get(), budgets) != Movability::Ignored) {
        lifted.push_back(simulation.lift(placed));
      }
    }
    return lifted;
  };
  for (const auto& [name, deletion] : deletions_) {
    for (const ObjectPtr& pod : lift_all(name)) {
      if (const auto place = simulation.find_place(pod, stays)) simulation.place(pod, *place);
    }
  }

  struct Candidate {
    const Node* node = nullptr;
    bool drains = false;
  };
  std::vector<Candidate> candidates;
  const std::vector<std::int32_t> size = sizes(machines);
  std::erase_if(unremovable_, [&](const auto& entry) { return entry.second <= now; });
  for (const Node* node : group_nodes()) {
    const std::string& name = node->meta.name;
    const std::size_t group = *group_of(node->meta);
    if (!machines.contains(name) || deletions_.contains(name) || unremovable_.contains(name)) {
      continue;
    }
    if (size[group] <= groups_[group].min) continue;
    const auto off = node->meta.annotations.find(kScaleDownDisabled);
    if (off != node->meta.annotations.end() && off->second == "true") continue;
    const auto slot = state_.slot_of(name);
    const scheduler::NodeState& use = state_.node(*slot);
    if (api::is_ready(*node) &&
        !is_below_utilization(*node, use.requested_cpu_milli, use.requested_memory_bytes,
                              config_.utilization_threshold)) {
      continue;
    }
    const auto pods = state_.pods_on(*slot);
    const bool drains = std::any_of(pods.begin(), pods.end(), [&](const auto* pod) {
      return movability(pod->get(), budgets) != Movability::Ignored;
    });
    candidates.push_back({node, drains});
  }
  std::stable_sort(candidates.begin(), candidates.end(), [&](const auto& a, const auto& b) {
    const auto rank = [&](const Candidate& c) {
      return std::pair{c.drains, !unneeded_.contains(c.node->meta.name)};
    };
    return rank(a) < rank(b);
  });

  std::map<std::string, Instant> unneeded;
  drains_.clear();
  for (const Candidate& candidate : candidates) {
    const std::string& name = candidate.node->meta.name;
    const std::size_t before = simulation.mark();
    const auto pods = state_.pods_on(*state_.slot_of(name));
    bool removable = std::none_of(pods.begin(), pods.end(), [&](const auto* pod) {
      return movability(pod->get(), budgets) == Movability::Stays;
    });
    leaving.insert(name);
    if (removable) {
      for (const ObjectPtr& pod : lift_all(name)) {
        const auto place = simulation.find_place(pod, stays);
        removable = place.has_value();
        if (!removable) break;
        budgets.use(std::get<Pod>(*pod));
        simulation.place(pod, *place);
      }
    }
    if (removable) {
      const auto known = unneeded_.find(name);
      unneeded[name] = known != unneeded_.end() ? known->second : now;
      drains_[name] = candidate.drains;
    } else {
      simulation.take_back(before);
      leaving.erase(name);
      unremovable_[name] = now + config_.unremovable_recheck;
    }
  }
  unneeded_ = std::move(unneeded);
}

bool ClusterAutoscaler::start_deletions(const Machines& machines) {
  const Instant now = ports_.executor.now();
  std::vector<std::int32_t> size = sizes(machines);
  std::int32_t under_way = 0;
  std::int32_t draining = 0;
  for (const auto& [name, deletion] : deletions_) {
    if (deletion.step == Deletion::Step::Gone) continue;
    ++under_way;
    draining += deletion.drains ? 1 : 0;
  }
  bool started = false;
  for (const bool drains : {false, true}) {
    for (const auto& [name, since] : std::map{unneeded_}) {
      if (drains_.at(name) != drains) continue;
      const auto* node = nodes_.find<Node>("", name);
      const std::size_t group = *group_of(node->meta);
      const Duration wait =
          api::is_ready(*node) ? config_.scale_down_unneeded_time : config_.scale_down_unready_time;
      if (since + wait >= now || size[group] <= groups_[group].min) continue;
      if (under_way >= config_.scale_down_parallelism) return started;
      if (drains && draining >= config_.drain_parallelism) return started;
      ++under_way;
      draining += drains ? 1 : 0;
      --size[group];
      unneeded_.erase(name);
      begin_deletion(*node, group, drains);
      started = true;
    }
  }
  return started;
}

void ClusterAutoscaler::mark_candidates() {
  std::int32_t changes = 0;
  for (const Node* node : group_nodes()) {
    if (deletions_.contains(node->meta.name) || has_taint(*node, kToBeDeletedTaint)) continue;
    const bool wanted = unneeded_.contains(node->meta.name);
    if (wanted == has_taint(*node, kDeletionCandidateTaint)) continue;
    if (++changes > config_.soft_taints_max) return;
    std::vector<api::Taint> taints = without(node->spec.taints, kDeletionCandidateTaint);
    if (wanted) {
      taints.push_back({kDeletionCandidateTaint, "", "PreferNoSchedule", std::nullopt});
    }
    write_taints(*node, taints);
  }
}

void ClusterAutoscaler::write_taints(const Node& node, const std::vector<api::Taint>& taints) {
  Node next = node;
  next.spec.taints = taints;
  send(ports_.api, {What::Write, node.meta.name, {}}, update_call(std::move(next)));
}

// --- a node on its way out -----------------------------------------------------------------------

void ClusterAutoscaler::begin_deletion(const Node& node, std::size_t group, bool drains) {
  const std::uint32_t number = ++deletions_begun_;
  Deletion& deletion = deletions_[node.meta.name];
  deletion = {};
  deletion.group = group;
  deletion.drains = drains;
  deletion.timer = {ports_.executor, ports_.owner, call_id(kDeletionSlot, number)};
  deletion_of_timer_[number] = node.meta.name;
  Node next = node;
  next.spec.taints = without(next.spec.taints, kDeletionCandidateTaint);
  next.spec.taints.push_back({kToBeDeletedTaint, "", "NoSchedule", std::nullopt});
  send(ports_.api, {What::Taint, node.meta.name, {}}, update_call(std::move(next)));
}

void ClusterAutoscaler::on_deletion_due(const std::string& name) {
  const std::string node = name;  // The deletion it stands in may end here.
  const auto found = deletions_.find(node);
  if (found == deletions_.end()) return;
  Deletion& deletion = found->second;
  const Instant now = ports_.executor.now();
  switch (deletion.step) {
    case Deletion::Step::Waiting:
      drain(node, deletion);
      return;
    case Deletion::Step::Evicting:
      if (now >= deletion.until) return fail_deletion(node);
      evict(node, deletion);
      return;
    case Deletion::Step::Going: {
      const bool all_gone =
          std::all_of(deletion.pods.begin(), deletion.pods.end(), [&](const Leaving& leaving) {
            const auto* pod = pods_.find<Pod>(leaving.key.namespace_name, leaving.key.name);
            return pod == nullptr || pod->meta.uid != leaving.uid;
          });
      if (all_gone) return give_back(node, deletion);
      if (now >= deletion.until) return fail_deletion(node);
      deletion.timer.arm(now + config_.gone_poll);
      return;
    }
    case Deletion::Step::Tainting:
    case Deletion::Step::Returning:
    case Deletion::Step::Gone:
      return;
  }
}

/// Looks again at what is on the node: it may have got pods before the taint was seen.
void ClusterAutoscaler::drain(const std::string& node, Deletion& deletion) {
  const RemainingBudgets budgets{budgets_.all<api::PodDisruptionBudget>()};
  for (const Pod* pod : pods_.pods_on(node)) {
    switch (movability(*pod, budgets)) {
      case Movability::Ignored:
        break;
      case Movability::Stays:
        return fail_deletion(node);
      case Movability::Moves:
        if (!deletion.drains) return fail_deletion(node);
        deletion.pods.push_back(
            {{Kind::Pod, pod->meta.namespace_name, pod->meta.name},
             pod->meta.uid,
             std::min(pod->spec.termination_grace, config_.max_graceful_termination),
             false});
        break;
    }
  }
  if (deletion.pods.empty()) return give_back(node, deletion);
  deletion.step = Deletion::Step::Evicting;
  deletion.until = ports_.executor.now() + config_.max_pod_eviction_time;
  evict(node, deletion);
}

void ClusterAutoscaler::evict(const std::string& node, Deletion& deletion) {
  for (const Leaving& leaving : deletion.pods) {
    const bool asked = std::any_of(open_.begin(), open_.end(), [&](const auto& call) {
      return call.second.what == What::Evict && call.second.pod_uid == leaving.uid;
    });
    if (leaving.told || asked) continue;
    ports::ApiCall call;
    call.verb = ports::Verb::Evict;
    call.key = leaving.key;
    call.uid = leaving.uid;
    call.grace = leaving.grace;
    send(ports_.api, {What::Evict, node, leaving.uid}, std::move(call));
  }
}

void ClusterAutoscaler::give_back(const std::string& node, Deletion& deletion) {
  deletion.step = Deletion::Step::Returning;
  ports::ApiCall call;
  call.verb = ports::Verb::Delete;
  call.key = {Kind::Node, "", node};
  send(cloud_, {What::Giveback, node, {}}, std::move(call));
}

void ClusterAutoscaler::fail_deletion(const std::string& name) {
  const std::string node = name;
  last_failure_ = ports_.executor.now();
  deletions_.erase(node);
  if (const auto* seen = nodes_.find<Node>("", node)) {
    write_taints(*seen, without(seen->spec.taints, kToBeDeletedTaint));
  }
}

}  // namespace orrery::controllers
