#include "models/scheduler/filters.h"

#include <algorithm>
#include <limits>

#include "models/controllers/node_lifecycle.h"
#include "models/scheduler/node_affinity.h"

namespace orrery::scheduler {
namespace {

const api::Taint& unschedulable_taint() {
  static const api::Taint kTaint{"node.kubernetes.io/unschedulable", "", "NoSchedule", {}};
  return kTaint;
}

bool tolerated(const api::PodSpec& pod, const api::Taint& taint) {
  return std::any_of(pod.tolerations.begin(), pod.tolerations.end(),
                     [&](const auto& t) { return controllers::tolerates(t, taint); });
}

Verdict rejected(FilterPlugin by, bool resolvable, const char* why,
                 std::vector<std::string>* reasons) {
  if (reasons != nullptr) reasons->emplace_back(why);
  return {by, resolvable};
}

}  // namespace

const api::Taint* untolerated_taint(const api::PodSpec& pod, const api::Node& node) {
  for (const api::Taint& taint : node.spec.taints) {
    if (taint.effect != "PreferNoSchedule" && !tolerated(pod, taint)) return &taint;
  }
  return nullptr;
}

std::vector<std::int64_t> by_domain(const Topology& topology, std::span<const std::int32_t> counts,
                                    std::span<const Slot> nodes) {
  std::vector<std::int64_t> sums(topology.numbers.size(), 0);
  for (const Slot slot : nodes) {
    const std::int32_t domain = topology.domain[slot];
    if (domain >= 0) sums[static_cast<std::size_t>(domain)] += counts[slot];
  }
  return sums;
}

void match_nodes(PodShape& shape, const api::PodSpec& pod, const ClusterState& state,
                 std::span<const Slot> nodes) {
  if (shape.node_epoch == state.node_epoch()) return;
  shape.node_epoch = state.node_epoch();
  shape.node_matches.assign(state.slot_count(), 0);
  for (const Slot slot : nodes) {
    shape.node_matches[slot] = matches_node(pod, *state.node(slot).node) ? 1 : 0;
  }
}

bool lacks_resources(const PodDemand& demand, const NodeState& node,
                     std::vector<std::string>* reasons) {
  bool lacking = false;
  const auto lacks = [&](const char* what) {
    lacking = true;
    if (reasons != nullptr) reasons->emplace_back(what);
  };
  const api::PodResources& wanted = demand.requests;
  if (node.pod_count + 1 > node.pods_max) lacks("Too many pods");
  // A pod that asks for nothing fits even where too much was promised.
  if (wanted.cpu_milli > 0 && wanted.cpu_milli > node.cpu_milli - node.requested_cpu_milli) {
    lacks("Insufficient cpu");
  }
  if (wanted.memory_bytes > 0 &&
      wanted.memory_bytes > node.memory_bytes - node.requested_memory_bytes) {
    lacks("Insufficient memory");
  }
  // Whoever asks for no reasons is not made to look names up.
  if (lacking && reasons == nullptr) return true;
  for (const auto& [name, amount] : wanted.extended) {
    if (amount <= 0) continue;
    const auto& offered = node.node->status.allocatable.extended;
    const auto total = offered.find(name);
    const auto taken = node.requested_extended.find(name);
    const std::int64_t free = (total == offered.end() ? 0 : total->second) -
                              (taken == node.requested_extended.end() ? 0 : taken->second);
    if (amount <= free) continue;
    lacking = true;
    if (reasons == nullptr) return true;
    reasons->push_back("Insufficient " + name);
  }
  return lacking;
}

FilterRun::FilterRun(const ClusterState& state, std::span<const Slot> nodes, PodShape& shape,
                     const api::Pod& pod, const PluginSet& plugins, const VolumeCaches& caches)
    : state_{state},
      nodes_{nodes},
      shape_{shape},
      pod_{pod},
      plugins_{plugins},
      caches_{caches},
      asks_for_nodes_{!pod.spec.node_selector.empty() || pod.spec.affinity.node.required} {
  if (asks_for_nodes_) match_nodes(shape, pod.spec, state, nodes);
  if (!shape.claims.empty() && plugins.on(FilterPlugin::VolumeBinding)) {
    volumes_ = volumes_of(pod, caches);
  }
  if (asks_for_nodes_ && plugins.on(FilterPlugin::NodeAffinity)) {
    candidates_ = named_nodes(pod.spec.affinity.node);
  }
  refresh();
}

void FilterRun::refresh() {
  if (plugins_.on(FilterPlugin::PodTopologySpread)) count_spread();
  if (plugins_.on(FilterPlugin::InterPodAffinity)) count_affinity();
}

bool FilterRun::matches_node(Slot slot) const {
  return !asks_for_nodes_ || shape_.node_matches[slot] != 0;
}

Verdict FilterRun::check(Slot slot, std::vector<std::string>* reasons) const {
  const NodeState& state = state_.node(slot);
  if (state.repels) {
    if (plugins_.on(FilterPlugin::NodeUnschedulable) && state.node->spec.unschedulable &&
        !tolerated(pod_.spec, unschedulable_taint())) {
      return rejected(FilterPlugin::NodeUnschedulable, false, "node(s) were unschedulable",
                      reasons);
    }
  }
  if (!pod_.spec.node_name.empty() && plugins_.on(FilterPlugin::NodeName) &&
      pod_.spec.node_name != state.node->meta.name) {
    return rejected(FilterPlugin::NodeName, false, "node(s) didn't match the requested node name",
                    reasons);
  }
  if (state.repels && plugins_.on(FilterPlugin::TaintToleration)) {
    if (const api::Taint* taint = untolerated_taint(pod_.spec, *state.node)) {
      if (reasons != nullptr) {
        reasons->push_back("node(s) had untolerated taint {" + taint->key + ": " + taint->value +
                           "}");
      }
      return {FilterPlugin::TaintToleration, false};
    }
  }
  if (plugins_.on(FilterPlugin::NodeAffinity) && !matches_node(slot)) {
    return rejected(FilterPlugin::NodeAffinity, false,
                    "node(s) didn't match Pod's node affinity/selector", reasons);
  }
  if (!shape_.demand.host_ports.empty() && plugins_.on(FilterPlugin::NodePorts) &&
      state.has_conflict(shape_.demand.host_ports)) {
    return rejected(FilterPlugin::NodePorts, true,
                    "node(s) didn't have free ports for the requested pod ports", reasons);
  }
  if (plugins_.on(FilterPlugin::NodeResourcesFit) &&
      lacks_resources(shape_.demand, state, reasons)) {
    return {FilterPlugin::NodeResourcesFit, true};
  }
  if (!shape_.claims.empty()) {
    const Verdict verdict = check_volumes(slot, reasons);
    if (!verdict.fits()) return verdict;
  }
  if (!spread_.empty()) {
    const Verdict verdict = check_spread(slot, reasons);
    if (!verdict.fits()) return verdict;
  }
  return check_affinity(slot, reasons);
}

Verdict FilterRun::check_volumes(Slot slot, std::vector<std::string>* reasons) const {
  const NodeState& state = state_.node(slot);
  if (plugins_.on(FilterPlugin::VolumeRestrictions)) {
    for (const std::string& claim : volumes_.exclusive) {
      if (state_.users_of_claim(claim) == 0) continue;
      return rejected(FilterPlugin::VolumeRestrictions, true,
                      "node has pod using PersistentVolumeClaim with the same name and "
                      "ReadWriteOncePod access mode",
                      reasons);
    }
  }
  if (plugins_.on(FilterPlugin::NodeVolumeLimits) &&
      !within_attach_limits(volumes_, state, state_.pods_on(slot), caches_)) {
    return rejected(FilterPlugin::NodeVolumeLimits, true, "node(s) exceed max volume count",
                    reasons);
  }
  if (plugins_.on(FilterPlugin::VolumeBinding)) {
    if (!reachable_from(volumes_, *state.node)) {
      return rejected(FilterPlugin::VolumeBinding, false,
                      "node(s) had volume node affinity conflict", reasons);
    }
    if (!can_bind_on(volumes_, *state.node, caches_)) {
      return rejected(FilterPlugin::VolumeBinding, false,
                      "node(s) didn't find available persistent volumes to bind", reasons);
    }
  }
  if (plugins_.on(FilterPlugin::VolumeZone) && !in_zone_of(volumes_, *state.node)) {
    return rejected(FilterPlugin::VolumeZone, false, "node(s) had no available volume zone",
                    reasons);
  }
  return {};
}

// --- topology spread -----------------------------------------------------------------------------

void FilterRun::count_spread() {
  const auto& rules = shape_.rules->hard_spread;
  spread_.resize(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const SpreadRule& rule = rules[i];
    const Topology& topology = state_.topology(rule.topology);
    const auto counts = state_.counts(rule.counter);
    std::vector<std::int64_t>& pods = spread_[i].pods;
    pods.assign(topology.numbers.size(), 0);
    std::vector<char> eligible(topology.numbers.size(), 0);
    for (const Slot slot : nodes_) {
      // Only nodes that are in a domain of every constraint count for any of them.
      const bool in_all = std::all_of(rules.begin(), rules.end(), [&](const SpreadRule& r) {
        return state_.topology(r.topology).domain[slot] >= 0;
      });
      if (!in_all || (rule.honor_affinity && !matches_node(slot))) continue;
      if (rule.honor_taints && state_.node(slot).repels &&
          untolerated_taint(pod_.spec, *state_.node(slot).node) != nullptr) {
        continue;
      }
      const auto domain = static_cast<std::size_t>(topology.domain[slot]);
      eligible[domain] = 1;
      pods[domain] += counts[slot];
    }
    std::int64_t domains = 0;
    std::int64_t fewest = std::numeric_limits<std::int32_t>::max();
    for (std::size_t domain = 0; domain < pods.size(); ++domain) {
      if (eligible[domain] == 0) continue;
      ++domains;
      fewest = std::min(fewest, pods[domain]);
    }
    spread_[i].fewest = domains < rule.min_domains ? 0 : fewest;
  }
}

Verdict FilterRun::check_spread(Slot slot, std::vector<std::string>* reasons) const {
  const auto& rules = shape_.rules->hard_spread;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::int32_t domain = state_.topology(rules[i].topology).domain[slot];
    if (domain < 0) {
      return rejected(
          FilterPlugin::PodTopologySpread, false,
          "node(s) didn't match pod topology spread constraints (missing required label)", reasons);
    }
    const std::int64_t there = spread_[i].pods[static_cast<std::size_t>(domain)];
    const std::int64_t skew = there + (rules[i].counts_itself ? 1 : 0) - spread_[i].fewest;
    if (skew > rules[i].max_skew) {
      return rejected(FilterPlugin::PodTopologySpread, true,
                      "node(s) didn't match pod topology spread constraints", reasons);
    }
  }
  return {};
}

// --- pod affinity --------------------------------------------------------------------------------

void FilterRun::count_affinity() {
  const PlacementRules& rules = *shape_.rules;
  affinity_.clear();
  affinity_found_ = false;
  for (const TopologyId topology : rules.affinity) {
    affinity_.push_back(
        by_domain(state_.topology(topology), state_.counts(rules.affinity_counter), nodes_));
    affinity_found_ =
        affinity_found_ || std::any_of(affinity_.back().begin(), affinity_.back().end(),
                                       [](std::int64_t pods) { return pods > 0; });
  }
  anti_affinity_.clear();
  for (const PodAntiRule& rule : rules.anti_affinity) {
    anti_affinity_.push_back(
        by_domain(state_.topology(rule.topology), state_.counts(rule.counter), nodes_));
  }
  kept_off_by_.clear();
  for (const TermId id : state_.terms_about(shape_.class_id)) {
    const AffinityTerm& term = state_.term(id);
    if (term.kind != TermKind::RequiredAnti || term.carrier_count == 0) continue;
    kept_off_by_.emplace_back(term.topology,
                              by_domain(state_.topology(term.topology), term.carriers, nodes_));
  }
}

Verdict FilterRun::check_affinity(Slot slot, std::vector<std::string>* reasons) const {
  const PlacementRules& rules = *shape_.rules;
  const auto pods_in_domain = [&](TopologyId topology, const std::vector<std::int64_t>& pods) {
    const std::int32_t domain = state_.topology(topology).domain[slot];
    return domain < 0 ? 0 : pods[static_cast<std::size_t>(domain)];
  };
  bool all_there = true;
  for (std::size_t i = 0; i < affinity_.size(); ++i) {
    const bool labelled = state_.topology(rules.affinity[i]).domain[slot] >= 0;
    if (labelled && pods_in_domain(rules.affinity[i], affinity_[i]) > 0) continue;
    all_there = false;
    // The first of a group whose pods want to be together may go anywhere with the labels.
    if (labelled && !affinity_found_ && rules.affinity_to_itself) {
      all_there = true;
      continue;
    }
    break;
  }
  if (!all_there) {
    return rejected(FilterPlugin::InterPodAffinity, false,
                    "node(s) didn't match pod affinity rules", reasons);
  }
  for (std::size_t i = 0; i < anti_affinity_.size(); ++i) {
    if (pods_in_domain(rules.anti_affinity[i].topology, anti_affinity_[i]) == 0) continue;
    return rejected(FilterPlugin::InterPodAffinity, true,
                    "node(s) didn't match pod anti-affinity rules", reasons);
  }
  for (const auto& [topology, pods] : kept_off_by_) {
    if (pods_in_domain(topology, pods) == 0) continue;
    return rejected(FilterPlugin::InterPodAffinity, true,
                    "node(s) didn't satisfy existing pods anti-affinity rules", reasons);
  }
  return {};
}

}  // namespace orrery::scheduler
