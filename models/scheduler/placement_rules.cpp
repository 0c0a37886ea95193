#include "models/scheduler/placement_rules.h"

#include "models/controllers/node_lifecycle.h"

namespace orrery::scheduler {
namespace {

SpreadRule spread_rule(const api::TopologySpreadConstraint& constraint, const api::Pod& pod,
                       ClusterState& state) {
  std::optional<api::LabelSelector> selector = constraint.selector;
  for (const std::string& key : constraint.match_label_keys) {
    const auto label = pod.meta.labels.find(key);
    if (!selector || label == pod.meta.labels.end()) continue;
    selector->match_expressions.push_back(
        {key, api::SelectorRequirement::Operator::In, {label->second}});
  }
  const PodCondition counted = in_namespace(pod.meta.namespace_name, selector);
  return {.topology = state.topology(constraint.topology_key),
          .max_skew = constraint.max_skew,
          .min_domains = constraint.min_domains.value_or(0),
          .honor_affinity = constraint.honor_node_affinity,
          .honor_taints = constraint.honor_node_taints,
          .counter = state.counter({counted}, /*all=*/false),
          .counts_itself = matches(counted, state.identity(pod))};
}

void add_default_spread(const api::LabelSelector& siblings, const DefaultSpread& defaults,
                        const api::Pod& pod, ClusterState& state, PlacementRules& rules) {
  const auto add = [&](const char* key, const std::optional<std::int64_t>& skew) {
    if (!skew) return;
    api::TopologySpreadConstraint constraint;
    constraint.max_skew = static_cast<std::int32_t>(*skew);
    constraint.topology_key = key;
    constraint.selector = siblings;
    rules.soft_spread.push_back(spread_rule(constraint, pod, state));
  };
  add(kHostnameLabel, defaults.hostname_skew);
  add(controllers::kZoneLabel, defaults.zone_skew);
  rules.spread_by_default = true;
}

void add_affinity(const api::Pod& pod, ClusterState& state, PlacementRules& rules) {
  const std::string& in = pod.meta.namespace_name;
  const api::Affinity& affinity = pod.spec.affinity;
  std::vector<PodCondition> every_term;
  for (const api::PodAffinityTerm& term : affinity.pod.required) {
    rules.affinity.push_back(state.topology(term.topology_key));
    every_term.push_back(condition_of(term, in));
  }
  if (!every_term.empty()) {
    rules.affinity_counter = state.counter(every_term, /*all=*/true);
    rules.affinity_to_itself = matches_all(every_term, state.identity(pod));
  }
  for (const api::PodAffinityTerm& term : affinity.anti.required) {
    rules.anti_affinity.push_back(
        {state.topology(term.topology_key), state.counter({condition_of(term, in)}, /*all=*/true)});
  }
  const auto prefer = [&](const api::WeightedPodAffinityTerm& preferred, std::int64_t sign) {
    rules.preferences.push_back({state.topology(preferred.term.topology_key),
                                 state.counter({condition_of(preferred.term, in)}, /*all=*/true),
                                 sign * preferred.weight});
  };
  for (const auto& preferred : affinity.pod.preferred) prefer(preferred, 1);
  for (const auto& preferred : affinity.anti.preferred) prefer(preferred, -1);
}

}  // namespace

PlacementRules placement_rules(const api::Pod& pod,
                               const std::optional<api::LabelSelector>& siblings,
                               const DefaultSpread& defaults, ClusterState& state) {
  PlacementRules rules;
  for (const api::TopologySpreadConstraint& constraint : pod.spec.topology_spread) {
    auto& rules_of_kind = constraint.schedule_anyway ? rules.soft_spread : rules.hard_spread;
    rules_of_kind.push_back(spread_rule(constraint, pod, state));
  }
  if (pod.spec.topology_spread.empty() && siblings) {
    add_default_spread(*siblings, defaults, pod, state, rules);
  }
  add_affinity(pod, state, rules);
  for (const api::Container& container : pod.spec.init_containers) {
    rules.images.push_back(with_tag(container.image));
  }
  for (const api::Container& container : pod.spec.containers) {
    rules.images.push_back(with_tag(container.image));
  }
  return rules;
}

}  // namespace orrery::scheduler
