#include "models/api/node_selection.h"

#include <algorithm>

namespace orrery::api {
namespace {

bool field_matches(const SelectorRequirement& requirement, const Node& node) {
  if (requirement.key != "metadata.name") return false;
  const auto& values = requirement.values;
  const bool listed = std::find(values.begin(), values.end(), node.meta.name) != values.end();
  using Operator = SelectorRequirement::Operator;
  return requirement.op == Operator::In ? listed : requirement.op == Operator::NotIn && !listed;
}

}  // namespace

bool matches(const NodeSelectorTerm& term, const Node& node) {
  if (term.match_expressions.empty() && term.match_fields.empty()) return false;
  return std::all_of(term.match_expressions.begin(), term.match_expressions.end(),
                     [&](const auto& r) { return matches(r, node.meta.labels); }) &&
         std::all_of(term.match_fields.begin(), term.match_fields.end(),
                     [&](const auto& r) { return field_matches(r, node); });
}

bool may_run_on(const PodSpec& pod, const Node& node) {
  if (!has_all(node.meta.labels, pod.node_selector)) return false;
  const auto& terms = pod.affinity.node.required;
  return !terms || std::any_of(terms->begin(), terms->end(),
                               [&](const auto& term) { return matches(term, node); });
}

}  // namespace orrery::api
