#include "models/scheduler/scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "models/controllers/node_lifecycle.h"
#include "models/scheduler/filters.h"
#include "models/scheduler/node_affinity.h"
#include "models/scheduler/placement_rules.h"

namespace orrery::scheduler {
namespace {

constexpr std::int64_t kMebibyte = 1024 * 1024;
constexpr std::int64_t kImageBytesMin = 23 * kMebibyte;
constexpr std::int64_t kImageBytesMaxPerContainer = 1000 * kMebibyte;
constexpr std::int64_t kShapeScale = 10;  ///< Points of a shape go up to 10.
/// Resolution of the scores that order nodes alone.
constexpr double kFineScale = 1e12;
/// Weight of the required affinity of existing pods (hardPodAffinityWeight).
constexpr std::int64_t kRequiredAffinityWeight = 1;

/// What the pod would leave of one resource.
struct Usage {
  std::int64_t requested = 0;
  std::int64_t allocatable = 0;  ///< 0: does not count.
};

Usage extended_usage(const std::string& name, const PodDemand& demand, const NodeState& state) {
  const auto asked = demand.requests.extended.find(name);
  if (asked == demand.requests.extended.end() || asked->second == 0) return {};
  const auto& offered = state.node->status.allocatable.extended;
  const auto total = offered.find(name);
  const auto taken = state.requested_extended.find(name);
  return {asked->second + (taken == state.requested_extended.end() ? 0 : taken->second),
          total == offered.end() ? 0 : total->second};
}

/// With defaults for what containers leave out.
Usage assumed_usage(const WeightedResources::Entry& resource, const PodDemand& demand,
                    const NodeState& state) {
  switch (resource.which) {
    case WeightedResources::Which::Cpu:
      return {state.assumed_cpu_milli + demand.assumed.cpu_milli, state.cpu_milli};
    case WeightedResources::Which::Memory:
      return {state.assumed_memory_bytes + demand.assumed.memory_bytes, state.memory_bytes};
    case WeightedResources::Which::Extended:
      return extended_usage(*resource.name, demand, state);
  }
  contract_violation("a resource is of one of the known sorts");
}

Usage requested_usage(const WeightedResources::Entry& resource, const PodDemand& demand,
                      const NodeState& state) {
  switch (resource.which) {
    case WeightedResources::Which::Cpu:
      return {state.requested_cpu_milli + demand.requests.cpu_milli, state.cpu_milli};
    case WeightedResources::Which::Memory:
      return {state.requested_memory_bytes + demand.requests.memory_bytes, state.memory_bytes};
    case WeightedResources::Which::Extended:
      return extended_usage(*resource.name, demand, state);
  }
  contract_violation("a resource is of one of the known sorts");
}

/// 250 of 1000 requested: 75.
std::int64_t free_percent(Usage usage) {
  if (usage.requested > usage.allocatable) return 0;
  return (usage.allocatable - usage.requested) * kScoreMax / usage.allocatable;
}

/// 250 of 1000 requested: 25.
std::int64_t used_percent(Usage usage) {
  return std::min(usage.requested, usage.allocatable) * kScoreMax / usage.allocatable;
}

std::int64_t score_of(Usage usage, const ScoringStrategy& strategy) {
  switch (strategy.type) {
    case ScoringType::LeastAllocated:
      return free_percent(usage);
    case ScoringType::MostAllocated:
      return used_percent(usage);
    case ScoringType::RequestedToCapacityRatio:
      return value_at(strategy.shape,
                      usage.requested > usage.allocatable ? 100 : used_percent(usage));
  }
  contract_violation("a scoring type has one of the known values");
}

double used_fraction(Usage usage) {
  return std::min(1.0,
                  static_cast<double>(usage.requested) / static_cast<double>(usage.allocatable));
}

/// Of CPU and memory once the pod is there; the mean, 0..1.
double free_share(const PodDemand& demand, const NodeState& state) {
  const auto share = [](std::int64_t requested, std::int64_t allocatable) {
    if (allocatable <= 0) return 0.0;
    return static_cast<double>(allocatable - requested) / static_cast<double>(allocatable);
  };
  return (share(state.requested_cpu_milli + demand.requests.cpu_milli, state.cpu_milli) +
          share(state.requested_memory_bytes + demand.requests.memory_bytes, state.memory_bytes)) /
         2;
}

/// Both scores for resources. They change only with the node, so that pods of one shape share them.
void add_resource_scores(const ScoreInput& in, std::vector<std::int64_t>& totals) {
  const std::int64_t fit = in.plugins.weight(ScorePlugin::NodeResourcesFit);
  const std::int64_t balance = in.plugins.weight(ScorePlugin::NodeResourcesBalancedAllocation);
  if (fit == 0 && balance == 0) return;
  const WeightedResources scored{in.plugins.scoring.resources};
  const WeightedResources balanced{in.plugins.balanced_resources};
  auto& known = in.shape.resource_scores;
  known.resize(in.state.slot_count());
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const NodeState& state = in.state.node(in.nodes[i]);
    PodShape::ResourceScore& entry = known[in.nodes[i]];
    if (entry.node_version != state.version) {
      const PodDemand& demand = in.shape.demand;
      std::int64_t score = 0;
      if (fit != 0) score += fit * resources_score(demand, state, scored, in.plugins.scoring);
      if (balance != 0) score += balance * balanced_allocation_score(demand, state, balanced);
      entry = {state.version, static_cast<std::int32_t>(score)};
    }
    totals[i] += entry.score;
  }
}

}  // namespace

WeightedResources::WeightedResources(const std::map<std::string, std::int64_t>& weights) {
  for (const auto& [name, weight] : weights) {
    const Which which = name == "cpu"      ? Which::Cpu
                        : name == "memory" ? Which::Memory
                                           : Which::Extended;
    entries_.push_back({which, &name, weight});
  }
}

std::int64_t value_at(const std::vector<ShapePoint>& shape, std::int64_t utilization) {
  expects(!shape.empty(), "a shape has points");
  // Between (0, 0) and (100, 10) at 45 percent: 0 + (100 - 0) * 45 / 100 = 45.
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (utilization > shape[i].utilization) continue;
    const std::int64_t right = shape[i].score * kShapeScale;
    if (i == 0) return right;
    const std::int64_t left = shape[i - 1].score * kShapeScale;
    return left + (right - left) * (utilization - shape[i - 1].utilization) /
                      (shape[i].utilization - shape[i - 1].utilization);
  }
  return shape.back().score * kShapeScale;
}

std::int64_t resources_score(const PodDemand& demand, const NodeState& state,
                             const WeightedResources& resources, const ScoringStrategy& strategy) {
  const bool by_ratio = strategy.type == ScoringType::RequestedToCapacityRatio;
  std::int64_t sum = 0;
  std::int64_t weights = 0;
  for (const WeightedResources::Entry& resource : resources.entries()) {
    const Usage usage = assumed_usage(resource, demand, state);
    if (usage.allocatable <= 0) continue;
    const std::int64_t score = score_of(usage, strategy);
    if (by_ratio && score == 0) continue;
    sum += score * resource.weight;
    weights += resource.weight;
  }
  if (weights == 0) return 0;
  if (!by_ratio) return sum / weights;
  return static_cast<std::int64_t>(
      std::round(static_cast<double>(sum) / static_cast<double>(weights)));
}

std::int64_t balanced_allocation_score(const PodDemand& demand, const NodeState& state,
                                       const WeightedResources& resources) {
  // Half of the CPU and a quarter of the memory: deviation 0.125, score 87.
  constexpr std::size_t kResourcesMax = 16;
  std::array<double, kResourcesMax> fractions{};
  std::size_t count = 0;
  double sum = 0;
  for (const WeightedResources::Entry& resource : resources.entries()) {
    const Usage usage = requested_usage(resource, demand, state);
    if (usage.allocatable <= 0 || count == kResourcesMax) continue;
    fractions[count] = used_fraction(usage);
    sum += fractions[count];
    ++count;
  }
  double deviation = 0;
  if (count == 2) {
    deviation = std::fabs((fractions[0] - fractions[1]) / 2);
  } else if (count > 2) {
    const double mean = sum / static_cast<double>(count);
    double squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
      squares += (fractions[i] - mean) * (fractions[i] - mean);
    }
    deviation = std::sqrt(squares / static_cast<double>(count));
  }
  return static_cast<std::int64_t>((1 - deviation) * static_cast<double>(kScoreMax));
}

std::int64_t image_locality_score(const PlacementRules& rules, const ClusterState& state, Slot slot,
                                  std::size_t node_count) {
  std::int64_t sum = 0;
  for (const std::string& name : rules.images) {
    const ClusterState::Image* image = state.image(name);
    if (image == nullptr || image->bytes[slot] == 0) continue;
    const double spread = static_cast<double>(image->node_count) / static_cast<double>(node_count);
    sum += static_cast<std::int64_t>(static_cast<double>(image->bytes[slot]) * spread);
  }
  if (sum <= kImageBytesMin) return 0;
  const std::int64_t most =
      kImageBytesMaxPerContainer * static_cast<std::int64_t>(rules.images.size());
  return kScoreMax * (std::min(sum, most) - kImageBytesMin) / (most - kImageBytesMin);
}

std::vector<std::int64_t> taint_toleration_scores(const api::PodSpec& pod,
                                                  const ClusterState& state,
                                                  std::span<const Slot> nodes) {
  std::vector<std::int64_t> scores;
  scores.reserve(nodes.size());
  std::int64_t most = 0;
  for (const Slot slot : nodes) {
    std::int64_t unwanted = 0;
    if (state.node(slot).is_second_choice) {
      for (const api::Taint& taint : state.node(slot).node->spec.taints) {
        if (taint.effect != "PreferNoSchedule") continue;
        const bool tolerated =
            std::any_of(pod.tolerations.begin(), pod.tolerations.end(),
                        [&](const auto& t) { return controllers::tolerates(t, taint); });
        if (!tolerated) ++unwanted;
      }
    }
    scores.push_back(unwanted);
    most = std::max(most, unwanted);
  }
  for (std::int64_t& score : scores) {
    score = most == 0 ? kScoreMax : kScoreMax - kScoreMax * score / most;
  }
  return scores;
}

std::vector<std::int64_t> node_affinity_scores(const api::PodSpec& pod, const ClusterState& state,
                                               std::span<const Slot> nodes) {
  std::vector<std::int64_t> scores;
  std::int64_t most = 0;
  for (const Slot slot : nodes) {
    scores.push_back(preferred_weight(pod.affinity.node, *state.node(slot).node));
    most = std::max(most, scores.back());
  }
  if (most > 0) {
    for (std::int64_t& score : scores) score = kScoreMax * score / most;
  }
  return scores;
}

std::vector<std::int64_t> topology_spread_scores(PodShape& shape, const api::PodSpec& pod,
                                                 const ClusterState& state,
                                                 std::span<const Slot> all,
                                                 std::span<const Slot> nodes) {
  std::vector<std::int64_t> scores(nodes.size(), 0);
  const auto& rules = shape.rules->soft_spread;
  if (rules.empty() || nodes.empty()) return scores;
  const bool needs_labels = !shape.rules->spread_by_default;
  const bool asks_for_nodes = !pod.node_selector.empty() || pod.affinity.node.required;
  if (asks_for_nodes) match_nodes(shape, pod, state, all);
  const auto lacks_label = [&](Slot slot) {
    return needs_labels && std::any_of(rules.begin(), rules.end(), [&](const SpreadRule& r) {
             return state.topology(r.topology).domain[slot] < 0;
           });
  };
  std::vector<char> ignored(nodes.size(), 0);
  std::size_t scored_count = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    ignored[i] = lacks_label(nodes[i]) ? 1 : 0;
    if (ignored[i] == 0) ++scored_count;
  }

  std::vector<double> raw(nodes.size(), 0.0);
  for (const SpreadRule& rule : rules) {
    const Topology& topology = state.topology(rule.topology);
    const auto counts = state.counts(rule.counter);
    const bool per_node = topology.key == kHostnameLabel;
    std::size_t domain_count = scored_count;
    std::vector<std::int64_t> pods;
    if (!per_node) {
      // A node without the label still is a domain, the one without a name.
      std::vector<char> seen(topology.numbers.size() + 1, 0);
      domain_count = 0;
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (ignored[i] != 0) continue;
        const std::int32_t domain = topology.domain[nodes[i]];
        char& known = seen[domain < 0 ? topology.numbers.size() : static_cast<std::size_t>(domain)];
        if (known == 0) ++domain_count;
        known = 1;
      }
      pods.assign(topology.numbers.size(), 0);
      for (const Slot slot : all) {
        const std::int32_t domain = topology.domain[slot];
        if (domain < 0 || lacks_label(slot)) continue;
        if (rule.honor_affinity && asks_for_nodes && shape.node_matches[slot] == 0) continue;
        if (rule.honor_taints && state.node(slot).repels &&
            untolerated_taint(pod, *state.node(slot).node) != nullptr) {
          continue;
        }
        pods[static_cast<std::size_t>(domain)] += counts[slot];
      }
    }
    const double weight = portable_log(static_cast<double>(domain_count) + 2.0);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::int32_t domain = topology.domain[nodes[i]];
      if (domain < 0 || ignored[i] != 0) continue;
      const std::int64_t there =
          per_node ? counts[nodes[i]] : pods[static_cast<std::size_t>(domain)];
      raw[i] += static_cast<double>(there) * weight + static_cast<double>(rule.max_skew - 1);
    }
  }

  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::int64_t most = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (ignored[i] != 0) continue;
    scores[i] = static_cast<std::int64_t>(std::round(raw[i]));
    least = std::min(least, scores[i]);
    most = std::max(most, scores[i]);
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (ignored[i] != 0) continue;
    scores[i] = most == 0 ? kScoreMax : kScoreMax * (most + least - scores[i]) / most;
  }
  return scores;
}

std::vector<std::int64_t> pod_affinity_scores(const PodShape& shape, const ClusterState& state,
                                              std::span<const Slot> all,
                                              std::span<const Slot> nodes) {
  std::vector<std::int64_t> scores(nodes.size(), 0);
  bool any = false;
  const auto add = [&](TopologyId id, std::span<const std::int32_t> counts, std::int64_t weight) {
    const Topology& topology = state.topology(id);
    const std::vector<std::int64_t> pods = by_domain(topology, counts, all);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::int32_t domain = topology.domain[nodes[i]];
      if (domain >= 0) scores[i] += weight * pods[static_cast<std::size_t>(domain)];
    }
    any = true;
  };
  for (const PodPreference& preference : shape.rules->preferences) {
    add(preference.topology, state.counts(preference.counter), preference.weight);
  }
  for (const TermId id : state.terms_about(shape.class_id)) {
    const AffinityTerm& term = state.term(id);
    if (term.carrier_count == 0) continue;
    switch (term.kind) {
      case TermKind::Required:
        add(term.topology, term.carriers, kRequiredAffinityWeight);
        break;
      case TermKind::Preferred:
        add(term.topology, term.carriers, term.weight);
        break;
      case TermKind::PreferredAnti:
        add(term.topology, term.carriers, -term.weight);
        break;
      case TermKind::RequiredAnti:
        break;
    }
  }
  if (!any || nodes.empty()) return scores;
  const auto [least, most] = std::minmax_element(scores.begin(), scores.end());
  const std::int64_t low = *least;
  const std::int64_t range = *most - low;
  for (std::int64_t& score : scores) {
    // 1 of 3: 100 * 0.333… = 33.3, score 33.
    score = range == 0 ? 0
                       : static_cast<std::int64_t>(
                             static_cast<double>(kScoreMax) *
                             (static_cast<double>(score - low) / static_cast<double>(range)));
  }
  return scores;
}

std::vector<std::int64_t> total_scores(const ScoreInput& in) {
  std::vector<std::int64_t> totals(in.nodes.size(), 0);
  const auto add_all = [&](ScorePlugin plugin, const std::vector<std::int64_t>& scores) {
    const std::int64_t weight = in.plugins.weight(plugin);
    for (std::size_t i = 0; i < totals.size(); ++i) totals[i] += weight * scores[i];
  };
  const auto add_each = [&](ScorePlugin plugin, auto score) {
    const std::int64_t weight = in.plugins.weight(plugin);
    if (weight == 0) return;
    for (std::size_t i = 0; i < totals.size(); ++i) totals[i] += weight * score(in.nodes[i]);
  };
  const auto is_on = [&](ScorePlugin plugin) { return in.plugins.weight(plugin) != 0; };
  const bool has_second_choices = std::any_of(in.nodes.begin(), in.nodes.end(), [&](Slot slot) {
    return in.state.node(slot).is_second_choice;
  });
  // What gives every node the same is left out: it decides nothing.
  if (is_on(ScorePlugin::TaintToleration) && has_second_choices) {
    add_all(ScorePlugin::TaintToleration, taint_toleration_scores(in.pod.spec, in.state, in.nodes));
  }
  if (is_on(ScorePlugin::NodeAffinity) && !in.pod.spec.affinity.node.preferred.empty()) {
    add_all(ScorePlugin::NodeAffinity, node_affinity_scores(in.pod.spec, in.state, in.nodes));
  }
  if (is_on(ScorePlugin::PodTopologySpread) && !in.shape.rules->soft_spread.empty()) {
    add_all(ScorePlugin::PodTopologySpread,
            topology_spread_scores(in.shape, in.pod.spec, in.state, in.all, in.nodes));
  }
  if (is_on(ScorePlugin::InterPodAffinity) &&
      (!in.shape.rules->preferences.empty() || !in.state.terms_about(in.shape.class_id).empty())) {
    add_all(ScorePlugin::InterPodAffinity,
            pod_affinity_scores(in.shape, in.state, in.all, in.nodes));
  }
  const PodDemand& demand = in.shape.demand;
  add_resource_scores(in, totals);
  const auto& images = in.shape.rules->images;
  if (std::any_of(images.begin(), images.end(),
                  [&](const std::string& name) { return in.state.image(name) != nullptr; })) {
    add_each(ScorePlugin::ImageLocality, [&](Slot slot) {
      return image_locality_score(*in.shape.rules, in.state, slot, in.all.size());
    });
  }
  add_each(ScorePlugin::MostFreeShare, [&](Slot slot) {
    return static_cast<std::int64_t>(free_share(demand, in.state.node(slot)) * kFineScale);
  });
  add_each(ScorePlugin::LeastFreeShare, [&](Slot slot) {
    return -static_cast<std::int64_t>(free_share(demand, in.state.node(slot)) * kFineScale);
  });
  add_each(ScorePlugin::Random, [&](Slot slot) {
    return static_cast<std::int64_t>(
        in.draws.bits(Purpose::SchedulerTie, in.draw_key, std::uint64_t{slot} + 1) >> 12);
  });
  if (is_on(ScorePlugin::FirstFit)) {
    std::vector<std::int64_t> position(in.state.slot_count(), 0);
    for (std::size_t i = 0; i < in.all.size(); ++i) {
      position[in.all[i]] = static_cast<std::int64_t>(i);
    }
    add_each(ScorePlugin::FirstFit, [&](Slot slot) { return -position[slot]; });
  }
  return totals;
}

}  // namespace orrery::scheduler
