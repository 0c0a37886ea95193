#include "models/scheduler/pod_condition.h"

#include <algorithm>
#include <utility>

namespace orrery::scheduler {
namespace {

/// With its length, so that no two sequences of words read alike.
void append(std::string& text, const std::string& word) {
  text += std::to_string(word.size());
  text += ':';
  text += word;
}

void append(std::string& text, const std::optional<api::LabelSelector>& selector) {
  if (!selector) {
    text += '-';
    return;
  }
  text += '{';
  for (const auto& [key, value] : selector->match_labels) {
    append(text, key);
    append(text, value);
  }
  for (const api::SelectorRequirement& requirement : selector->match_expressions) {
    text += '(';
    append(text, requirement.key);
    text += std::to_string(static_cast<int>(requirement.op));
    for (const std::string& value : requirement.values) append(text, value);
    text += ')';
  }
  text += '}';
}

}  // namespace

PodCondition in_namespace(std::string namespace_name, std::optional<api::LabelSelector> selector) {
  return {{std::move(namespace_name)}, std::nullopt, std::move(selector)};
}

PodCondition condition_of(const api::PodAffinityTerm& term, const std::string& namespace_name) {
  PodCondition condition{term.namespaces, term.namespace_selector, term.selector};
  if (condition.namespaces.empty() && !condition.namespace_selector) {
    condition.namespaces = {namespace_name};
  }
  return condition;
}

bool matches(const PodCondition& condition, const PodIdentity& pod) {
  if (!condition.selector) return false;
  const auto& names = condition.namespaces;
  const bool listed = std::find(names.begin(), names.end(), pod.namespace_name) != names.end();
  if (!listed && !(condition.namespace_selector &&
                   api::matches(*condition.namespace_selector, pod.namespace_labels))) {
    return false;
  }
  return api::matches(*condition.selector, pod.labels);
}

bool matches_all(const std::vector<PodCondition>& conditions, const PodIdentity& pod) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const PodCondition& condition) { return matches(condition, pod); });
}

std::string text_of(const PodCondition& condition) {
  std::string text;
  for (const std::string& name : condition.namespaces) append(text, name);
  text += '|';
  append(text, condition.namespace_selector);
  text += '|';
  append(text, condition.selector);
  return text;
}

}  // namespace orrery::scheduler
