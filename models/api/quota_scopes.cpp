#include "models/api/quota_scopes.h"

#include <algorithm>
#include <array>

#include "models/api/qos_class.h"

namespace orrery::api {
namespace {

using Operator = SelectorRequirement::Operator;

bool leaves_its_namespace(const PodAffinityTerm& term) {
  return !term.namespaces.empty() || term.namespace_selector.has_value();
}

bool leaves_its_namespace(const PodAffinity& affinity) {
  return std::any_of(affinity.required.begin(), affinity.required.end(),
                     [](const PodAffinityTerm& term) { return leaves_its_namespace(term); }) ||
         std::any_of(affinity.preferred.begin(), affinity.preferred.end(),
                     [](const auto& weighted) { return leaves_its_namespace(weighted.term); });
}

bool is_in(const ScopeRequirement& required, const PodSpec& pod) {
  switch (required.scope) {
    case QuotaScope::Terminating:
      return pod.active_deadline.has_value();
    case QuotaScope::NotTerminating:
      return !pod.active_deadline.has_value();
    case QuotaScope::BestEffort:
      return qos_class(pod) == QosClass::BestEffort;
    case QuotaScope::NotBestEffort:
      return qos_class(pod) != QosClass::BestEffort;
    case QuotaScope::PriorityClass: {
      // A pod without a class lacks the label: NotIn lets it in.
      Labels labels;
      if (!pod.priority_class_name.empty()) labels["PriorityClass"] = pod.priority_class_name;
      return matches(SelectorRequirement{"PriorityClass", required.op, required.values}, labels);
    }
    case QuotaScope::CrossNamespacePodAffinity:
      return leaves_its_namespace(pod.affinity.pod) || leaves_its_namespace(pod.affinity.anti);
  }
  contract_violation("a scope has one of the known values");
}

}  // namespace

bool in_scopes(const ResourceQuota& quota, const Object& object) {
  if (quota.scopes.empty() && quota.scope_selector.empty()) return true;
  const auto* pod = std::get_if<Pod>(&object);
  if (pod == nullptr) return false;
  return std::all_of(quota.scopes.begin(), quota.scopes.end(),
                     [&](QuotaScope scope) {
                       return is_in({scope, Operator::Exists, {}}, pod->spec);
                     }) &&
         std::all_of(quota.scope_selector.begin(), quota.scope_selector.end(),
                     [&](const ScopeRequirement& required) { return is_in(required, pod->spec); });
}

bool may_limit(QuotaScope scope, const std::string& resource) {
  static constexpr std::array kCompute{"cpu",        "memory",        "requests.cpu",
                                       "limits.cpu", "limits.memory", "requests.memory"};
  if (resource == "pods" || resource.find('/') != std::string::npos) return true;
  if (scope == QuotaScope::BestEffort) return false;
  return std::find(kCompute.begin(), kCompute.end(), resource) != kCompute.end();
}

}  // namespace orrery::api
