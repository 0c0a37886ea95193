#include "models/scheduler/scores.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "models/base/random.h"
#include "models/controllers/node_lifecycle.h"

namespace orrery::scheduler {
namespace {

constexpr std::int64_t kScoreMax = 100;

/// 250 of 1000 requested: 75.
std::int64_t free_percent(std::int64_t requested, std::int64_t allocatable) {
  if (allocatable <= 0 || requested > allocatable) return 0;
  return (allocatable - requested) * kScoreMax / allocatable;
}

std::optional<double> used_fraction(std::int64_t requested, std::int64_t allocatable) {
  if (allocatable <= 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(requested) / static_cast<double>(allocatable));
}

}  // namespace

std::int64_t least_allocated_score(const PodDemand& demand, const NodeState& state) {
  const api::NodeResources& allocatable = state.node->status.allocatable;
  std::int64_t sum = 0;
  std::int64_t count = 0;
  const auto add = [&](std::int64_t requested, std::int64_t total) {
    if (total <= 0) return;
    sum += free_percent(requested, total);
    ++count;
  };
  add(state.assumed.cpu_milli + demand.assumed.cpu_milli, allocatable.cpu_milli);
  add(state.assumed.memory_bytes + demand.assumed.memory_bytes, allocatable.memory_bytes);
  return count == 0 ? 0 : sum / count;
}

std::int64_t balanced_allocation_score(const PodDemand& demand, const NodeState& state) {
  const api::NodeResources& allocatable = state.node->status.allocatable;
  const auto cpu =
      used_fraction(state.requested.cpu_milli + demand.requests.cpu_milli, allocatable.cpu_milli);
  const auto memory = used_fraction(state.requested.memory_bytes + demand.requests.memory_bytes,
                                    allocatable.memory_bytes);
  // Half of the CPU and a quarter of the memory: deviation 0.125, score 87.
  const double deviation = cpu && memory ? std::fabs((*cpu - *memory) / 2) : 0.0;
  return static_cast<std::int64_t>((1 - deviation) * static_cast<double>(kScoreMax));
}

std::vector<std::int64_t> taint_toleration_scores(const api::PodSpec& pod,
                                                  std::span<const NodeState* const> nodes) {
  std::vector<std::int64_t> scores;
  for (const NodeState* state : nodes) {
    const auto& taints = state->node->spec.taints;
    scores.push_back(std::count_if(taints.begin(), taints.end(), [&](const api::Taint& taint) {
      if (taint.effect != "PreferNoSchedule") return false;
      return std::none_of(pod.tolerations.begin(), pod.tolerations.end(),
                          [&](const auto& t) { return controllers::tolerates(t, taint); });
    }));
  }
  const std::int64_t most = scores.empty() ? 0 : *std::max_element(scores.begin(), scores.end());
  for (std::int64_t& score : scores) {
    score = most == 0 ? kScoreMax : kScoreMax - kScoreMax * score / most;
  }
  return scores;
}

std::optional<std::string> domain_of(const api::Node& node, const std::string& topology_key) {
  if (topology_key == kHostnameLabel) return node.meta.name;
  const auto label = node.meta.labels.find(topology_key);
  if (label == node.meta.labels.end()) return std::nullopt;
  return label->second;
}

std::vector<std::int64_t> topology_spread_scores(std::span<const SpreadConstraint> constraints,
                                                 std::span<const NodeState* const> nodes) {
  std::vector<std::int64_t> scores(nodes.size(), 0);
  if (constraints.empty() || nodes.empty()) return scores;
  std::vector<double> raw(nodes.size(), 0.0);
  for (const SpreadConstraint& constraint : constraints) {
    std::vector<std::optional<std::string>> domains;
    for (const NodeState* state : nodes) {
      domains.push_back(domain_of(*state->node, constraint.topology_key));
    }
    std::set<std::string> distinct;
    for (const auto& domain : domains) {
      if (domain) distinct.insert(*domain);
    }
    const double weight = portable_log(static_cast<double>(distinct.size()) + 2.0);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (!domains[i]) continue;
      const auto found = constraint.matching_pods.find(*domains[i]);
      const auto pods = found == constraint.matching_pods.end() ? 0 : found->second;
      raw[i] += static_cast<double>(pods) * weight + static_cast<double>(constraint.max_skew - 1);
    }
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    scores[i] = static_cast<std::int64_t>(std::round(raw[i]));
  }
  const auto [least, most] = std::minmax_element(scores.begin(), scores.end());
  const std::int64_t low = *least;
  const std::int64_t high = *most;
  for (std::int64_t& score : scores) {
    score = high == 0 ? kScoreMax : kScoreMax * (high + low - score) / high;
  }
  return scores;
}

std::vector<std::int64_t> total_scores(const api::PodSpec& pod, const PodDemand& demand,
                                       std::span<const SpreadConstraint> constraints,
                                       std::span<const NodeState* const> nodes,
                                       const ScoreWeights& weights) {
  const auto taints = taint_toleration_scores(pod, nodes);
  const auto spread = topology_spread_scores(constraints, nodes);
  std::vector<std::int64_t> totals;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    totals.push_back(weights.taint_toleration * taints[i] + weights.topology_spread * spread[i] +
                     weights.least_allocated * least_allocated_score(demand, *nodes[i]) +
                     weights.balanced_allocation * balanced_allocation_score(demand, *nodes[i]));
  }
  return totals;
}

}  // namespace orrery::scheduler
