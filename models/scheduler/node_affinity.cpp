#include "models/scheduler/node_affinity.h"

#include <algorithm>

namespace orrery::scheduler {
namespace {

using Operator = api::SelectorRequirement::Operator;

constexpr const char* kNameField = "metadata.name";

bool field_holds(const api::SelectorRequirement& requirement, const api::Node& node) {
  if (requirement.key != kNameField) return false;
  const auto& values = requirement.values;
  const bool listed = std::find(values.begin(), values.end(), node.meta.name) != values.end();
  if (requirement.op == Operator::In) return listed;
  return requirement.op == Operator::NotIn && !listed;
}

bool holds(const api::NodeSelectorTerm& term, const api::Node& node) {
  if (term.match_expressions.empty() && term.match_fields.empty()) return false;
  return std::all_of(term.match_expressions.begin(), term.match_expressions.end(),
                     [&](const auto& r) { return api::matches(r, node.meta.labels); }) &&
         std::all_of(term.match_fields.begin(), term.match_fields.end(),
                     [&](const auto& r) { return field_holds(r, node); });
}

}  // namespace

bool matches_any(const std::vector<api::NodeSelectorTerm>& terms, const api::Node& node) {
  return std::any_of(terms.begin(), terms.end(), [&](const auto& t) { return holds(t, node); });
}

bool matches_node(const api::PodSpec& pod, const api::Node& node) {
  if (!api::has_all(node.meta.labels, pod.node_selector)) return false;
  const auto& required = pod.affinity.node.required;
  return !required || matches_any(*required, node);
}

std::int64_t preferred_weight(const api::NodeAffinity& affinity, const api::Node& node) {
  std::int64_t sum = 0;
  for (const api::PreferredNodeTerm& preferred : affinity.preferred) {
    if (holds(preferred.term, node)) sum += preferred.weight;
  }
  return sum;
}

std::optional<std::set<std::string>> named_nodes(const api::NodeAffinity& affinity) {
  if (!affinity.required || affinity.required->empty()) return std::nullopt;
  std::set<std::string> all;
  for (const api::NodeSelectorTerm& term : *affinity.required) {
    std::optional<std::set<std::string>> named;
    for (const api::SelectorRequirement& r : term.match_fields) {
      if (r.key != kNameField || r.op != Operator::In) continue;
      const std::set<std::string> listed(r.values.begin(), r.values.end());
      if (!named) {
        named = listed;
      } else {
        std::erase_if(*named, [&](const std::string& name) { return !listed.contains(name); });
      }
    }
    if (!named) return std::nullopt;
    all.insert(named->begin(), named->end());
  }
  return all;
}

}  // namespace orrery::scheduler
