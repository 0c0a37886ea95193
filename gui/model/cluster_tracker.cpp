#include "gui/model/cluster_tracker.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace orrery::gui {
namespace {

using recording::Named;
using recording::NodeState;
using recording::PodPhaseCode;
using recording::PodState;

double share_of(std::int64_t part, std::int64_t all) {
  return all <= 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

bool is_loss(const FaultSpan& fault) {
  return fault.kind == "zone-loss" || fault.kind == "node-loss";
}

State state_of(const PodState& pod, bool node_lost) {
  if (pod.phase == PodPhaseCode::Failed) return State::Failing;
  if (node_lost) return State::Lost;
  if (pod.terminating) return State::Draining;
  if (pod.ready) return State::Healthy;
  // It ran before, or cannot begin.
  return pod.restarts > 0 ? State::Failing : State::Starting;
}

template <class T>
T& entry(std::vector<T>& by_text, recording::TextId id, const T& none) {
  if (id >= by_text.size()) by_text.resize(id + id / 4 + 64, none);
  return by_text[id];
}

bool same_places(const recording::Nodes& a, const recording::Nodes& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](auto& x, auto& y) {
           return x.name == y.name && x.state.zone == y.state.zone;
         });
}

}  // namespace

ClusterTracker::ClusterTracker(const RecordedRun& run, Moment& moment)
    : run_{run},
      moment_{moment},
      service_counts_(run.scene().services.size()),
      service_stale_(run.scene().services.size(), false) {}

bool ClusterTracker::show(recording::Frame frame, Instant t) {
  changed_ = false;
  std::vector<std::size_t> losses;
  const std::vector<FaultSpan>& faults = run_.events().faults();
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (is_loss(faults[i]) && t >= faults[i].from && t < faults[i].to) losses.push_back(i);
  }
  const bool other_losses = losses != losses_;
  losses_ = std::move(losses);
  if (!same_places(nodes_, frame.nodes)) begin(frame.nodes);
  if (other_losses || nodes_ != frame.nodes) take_nodes(frame.nodes, t);
  take_pods(std::move(frame.pods));
  if (changed_) finish();
  return changed_;
}

void ClusterTracker::begin(const recording::Nodes& nodes) {
  moment_.zones.clear();
  slots_.clear();
  std::fill(slot_of_node_.begin(), slot_of_node_.end(), kNowhere);
  nodes_.clear();
  // All pods are looked at again.
  for (const auto& pod : pods_) restate(pod, std::nullopt);
  pods_.clear();
  std::map<std::string_view, std::vector<TextId>> by_zone;
  for (const auto& node : nodes) by_zone[run_.text(node.state.zone)].push_back(node.name);
  for (auto& [zone, names] : by_zone) {
    std::sort(names.begin(), names.end(),
              [&](TextId a, TextId b) { return run_.text(a) < run_.text(b); });
    ZoneNow& now = moment_.zones.emplace_back();
    now.name = zone;
    for (const TextId name : names) {
      entry(slot_of_node_, name, kNowhere) = static_cast<std::uint32_t>(slots_.size());
      Slot& slot = slots_.emplace_back();
      slot.zone = static_cast<std::uint32_t>(moment_.zones.size() - 1);
      slot.node = static_cast<std::uint32_t>(now.nodes.size());
      now.nodes.emplace_back().name = name;
    }
  }
  moment_.node_count = nodes.size();
  changed_ = true;
}

ClusterTracker::Slot* ClusterTracker::slot_of(TextId node) {
  const std::uint32_t slot = entry(slot_of_node_, node, kNowhere);
  return slot == kNowhere ? nullptr : &slots_[slot];
}

void ClusterTracker::take_nodes(const recording::Nodes& nodes, Instant t) {
  for (const auto& node : nodes) take_node(node.state, *slot_of(node.name), node.name, t);
  nodes_ = nodes;
  count_usage();
  changed_ = true;
}

void ClusterTracker::take_node(const NodeState& state, Slot& slot, TextId name, Instant t) {
  NodeNow& node = node_in(slot);
  ZoneNow& zone = moment_.zones[slot.zone];
  const bool down = std::any_of(losses_.begin(), losses_.end(), [&](std::size_t loss) {
    const FaultSpan& fault = run_.events().faults()[loss];
    return t >= fault.from &&
           (fault.kind == "zone-loss" ? fault.subject == "zone/" + zone.name
                                      : fault.subject == "Node/" + std::string{run_.text(name)});
  });
  const State before = node.state;
  node.state = down || !state.ready  ? State::Lost
               : state.unschedulable ? State::Draining
                                     : State::Healthy;
  node.unnoticed = down && state.ready;
  node.cpu_used = share_of(state.used_cpu_milli, state.cpu_milli);
  node.memory_used = share_of(state.used_memory_bytes, state.memory_bytes);
  slot.worse = true;
  if (node.state != before) slot.stale = true;
}

void ClusterTracker::count_usage() {
  std::vector<std::int64_t> cpu(moment_.zones.size());
  std::vector<std::int64_t> used(moment_.zones.size());
  for (const auto& node : nodes_) {
    const std::uint32_t zone = slot_of(node.name)->zone;
    cpu[zone] += node.state.cpu_milli;
    used[zone] += node.state.used_cpu_milli;
  }
  for (std::size_t i = 0; i < cpu.size(); ++i) {
    moment_.zones[i].cpu_used = share_of(used[i], cpu[i]);
  }
}

void ClusterTracker::take_pods(recording::Pods pods) {
  const auto stale = [&](TextId node) {
    if (Slot* slot = slot_of(node)) slot->stale = true;
  };
  auto old = pods_.begin();
  for (const auto& pod : pods) {
    for (; old != pods_.end() && old->name < pod.name; ++old) {
      restate(*old, std::nullopt);
      stale(old->state.node);
    }
    const bool known = old != pods_.end() && old->name == pod.name;
    if (known && old->state == pod.state) {
      ++old;
      continue;
    }
    const bool counts = pod.state.phase != PodPhaseCode::Succeeded;
    const bool counted = known && old->state.phase != PodPhaseCode::Succeeded;
    Slot* slot = slot_of(pod.state.node);
    if (known && counted && counts && old->state.node == pod.state.node &&
        old->state.owner == pod.state.owner) {
      const bool lost = slot != nullptr && node_in(*slot).state == State::Lost;
      const State state = state_of(pod.state, lost);
      restate(pod, state);
      if (slot != nullptr && !slot->stale) {
        node_in(*slot).pods[place_[pod.name]].state = state;
        slot->worse = true;
      }
    } else {
      if (counted) restate(*old, std::nullopt);
      if (known) stale(old->state.node);
      if (counts) restate(pod, state_of(pod.state, false));
      stale(pod.state.node);
    }
    if (known) ++old;
  }
  for (; old != pods_.end(); ++old) {
    restate(*old, std::nullopt);
    stale(old->state.node);
  }
  pods_ = std::move(pods);

  bool any = false;
  for (Slot& slot : slots_) {
    if (!slot.stale) continue;
    node_in(slot).pods.clear();
    any = true;
  }
  if (!any) return;
  for (const auto& pod : pods_) {
    Slot* slot = slot_of(pod.state.node);
    if (slot == nullptr || !slot->stale || pod.state.phase == PodPhaseCode::Succeeded) continue;
    NodeNow& node = node_in(*slot);
    const State state = state_of(pod.state, node.state == State::Lost);
    restate(pod, state);
    node.pods.push_back({pod.name, state, service_of(pod)});
  }
  for (Slot& slot : slots_) {
    if (!slot.stale) continue;
    std::vector<PodNow>& on_node = node_in(slot).pods;
    std::stable_sort(on_node.begin(), on_node.end(), [&](const PodNow& a, const PodNow& b) {
      return run_.text(a.name) < run_.text(b.name);
    });
    for (std::uint32_t i = 0; i < on_node.size(); ++i) {
      entry(place_, on_node[i].name, 0U) = i;
    }
    slot.stale = false;
    slot.worse = true;
  }
  changed_ = true;
}

std::optional<std::uint32_t> ClusterTracker::service_of(const Named<PodState>& pod) {
  const TextId id = pod.state.owner == 0 ? pod.name : pod.state.owner;
  std::uint32_t& known = entry(owner_service_, id, 0U);
  if (known == 0) {
    const auto service = run_.names().of_object(run_.text(id));
    known = service ? *service + 2 : 1;
  }
  if (known == 1) return std::nullopt;
  return known - 2;
}

void ClusterTracker::restate(const Named<PodState>& pod, std::optional<State> state) {
  std::uint8_t& counted = entry<std::uint8_t>(counted_, pod.name, 0);
  const auto next = static_cast<std::uint8_t>(state ? static_cast<int>(*state) + 1 : 0);
  if (counted == next) return;
  changed_ = true;
  const auto service = service_of(pod);
  if (service) service_stale_[*service] = true;
  if (counted != 0) {
    --counts_[counted - 1U];
    if (service) --service_counts_[*service][counted - 1U];
  }
  if (next != 0) {
    ++counts_[next - 1U];
    if (service) ++service_counts_[*service][next - 1U];
  }
  counted = next;
}

void ClusterTracker::finish() {
  const auto count = [&](State state) { return counts_[static_cast<std::size_t>(state)]; };
  moment_.pod_count = 0;
  for (const std::size_t pods : counts_) moment_.pod_count += pods;
  moment_.pods_starting = count(State::Starting);
  moment_.pods_lost = count(State::Lost);
  std::array<State, kStateCount> by_severity = kStates;
  std::stable_sort(by_severity.begin(), by_severity.end(),
                   [](State a, State b) { return severity(a) < severity(b); });
  for (std::size_t s = 0; s < service_stale_.size(); ++s) {
    if (!service_stale_[s]) continue;
    service_stale_[s] = false;
    ServiceNow& service = moment_.services[s];
    service.pods.clear();
    for (const State state : by_severity) {
      service.pods.insert(service.pods.end(), service_counts_[s][static_cast<std::size_t>(state)],
                          state);
    }
    service.ready = service_counts_[s][static_cast<std::size_t>(State::Healthy)];
  }
  for (Slot& slot : slots_) {
    if (!slot.worse) continue;
    slot.worse = false;
    NodeNow& node = node_in(slot);
    node.worst = node.state;
    std::size_t affected = 0;
    for (const PodNow& pod : node.pods) {
      if (severity(pod.state) > severity(node.worst)) node.worst = pod.state;
      if (pod.state != State::Healthy) ++affected;
    }
    node.affected = node.pods.empty()
                        ? 0
                        : static_cast<double>(affected) / static_cast<double>(node.pods.size());
  }
  for (ZoneNow& zone : moment_.zones) {
    const bool all_lost = std::all_of(zone.nodes.begin(), zone.nodes.end(),
                                      [](const auto& node) { return node.state == State::Lost; });
    zone.state = all_lost && !zone.nodes.empty() ? State::Lost : State::Healthy;
    zone.noticed = std::none_of(zone.nodes.begin(), zone.nodes.end(),
                                [](const auto& node) { return node.unnoticed; });
  }
}

}  // namespace orrery::gui
