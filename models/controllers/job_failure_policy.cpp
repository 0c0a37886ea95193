#include "models/controllers/job_failure_policy.h"

#include <algorithm>

namespace orrery::controllers {
namespace {

using api::ContainerStatus;
using api::Pod;
using api::PodFailureAction;
using api::PodFailureRule;

/// The container whose exit code the rule names, or nullptr. Success never matches.
const ContainerStatus* matching_container(const PodFailureRule& rule, const Pod& pod) {
  if (rule.exit_codes.empty()) return nullptr;
  for (const auto* statuses :
       {&pod.status.container_statuses, &pod.status.init_container_statuses}) {
    for (const ContainerStatus& status : *statuses) {
      if (status.phase != api::ContainerPhase::Terminated || status.exit_code == 0) continue;
      if (!rule.container_name.empty() && rule.container_name != status.name) continue;
      const bool listed = std::find(rule.exit_codes.begin(), rule.exit_codes.end(),
                                    status.exit_code) != rule.exit_codes.end();
      if (listed != rule.exit_codes_not_in) return &status;
    }
  }
  return nullptr;
}

const api::Condition* matching_condition(const PodFailureRule& rule, const Pod& pod) {
  for (const auto& [type, status] : rule.conditions) {
    const api::Condition* found = api::find_condition(pod.status.conditions, type);
    if (found != nullptr && found->status == status) return found;
  }
  return nullptr;
}

}  // namespace

FailureMatch match_failure_policy(const api::Job& job, const Pod& pod) {
  for (std::size_t i = 0; i < job.spec.failure_rules.size(); ++i) {
    const PodFailureRule& rule = job.spec.failure_rules[i];
    if (rule.action == PodFailureAction::FailIndex && !job.spec.backoff_limit_per_index) continue;
    const ContainerStatus* container = matching_container(rule, pod);
    const api::Condition* condition = matching_condition(rule, pod);
    if (container == nullptr && condition == nullptr) continue;
    FailureMatch match{true, rule.action != PodFailureAction::Ignore, rule.action, {}};
    if (rule.action == PodFailureAction::FailJob) {
      const std::string where = pod.meta.namespace_name + "/" + pod.meta.name;
      const std::string by = " matching FailJob rule at index " + std::to_string(i);
      match.message = container != nullptr
                          ? "Container " + container->name + " for pod " + where +
                                " failed with exit code " + std::to_string(container->exit_code) +
                                by
                          : "Pod " + where + " has condition " + condition->type + by;
    }
    return match;
  }
  return {};
}

}  // namespace orrery::controllers
