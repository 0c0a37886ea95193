#include "models/controllers/cluster_autoscaler_drain.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "models/controllers/owner_lookup.h"

namespace orrery::controllers {
namespace {

using api::Pod;
using api::PodDisruptionBudget;

std::string annotation(const api::ObjectMeta& meta, const char* key) {
  const auto found = meta.annotations.find(key);
  return found == meta.annotations.end() ? "" : found->second;
}

/// A volume that is lost with the node and that the pod has not said it can do without.
bool has_local_storage(const Pod& pod) {
  std::set<std::string> safe;
  std::istringstream names{annotation(pod.meta, kSafeLocalVolumes)};
  for (std::string name; std::getline(names, name, ',');) {
    std::erase(name, ' ');
    safe.insert(name);
  }
  return std::any_of(pod.spec.volumes.begin(), pod.spec.volumes.end(), [&](const auto& volume) {
    if (safe.contains(volume.name)) return false;
    if (const auto* empty = std::get_if<api::EmptyDirVolume>(&volume.source)) {
      return !empty->memory;
    }
    return std::holds_alternative<api::HostPathVolume>(volume.source);
  });
}

bool is_replaced(const Pod& pod) {
  const api::OwnerReference* owner = api::controller_of(pod.meta);
  if (owner == nullptr) return false;
  switch (owner->kind) {
    case api::Kind::ReplicaSet:
    case api::Kind::ReplicationController:
    case api::Kind::StatefulSet:
    case api::Kind::Job:
      return true;
    default:
      return false;
  }
}

}  // namespace

RemainingBudgets::RemainingBudgets(std::vector<const PodDisruptionBudget*> budgets) {
  for (const PodDisruptionBudget* budget : budgets) {
    left_.emplace_back(budget, budget->status.disruptions_allowed);
  }
}

template <class Visit>
void RemainingBudgets::each_of(const Pod& pod, Visit visit) const {
  for (std::size_t i = 0; i < left_.size(); ++i) {
    const PodDisruptionBudget& budget = *left_[i].first;
    if (budget.meta.namespace_name != pod.meta.namespace_name || !budget.spec.selector) continue;
    if (api::matches(*budget.spec.selector, pod.meta.labels)) visit(i);
  }
}

int RemainingBudgets::count_of(const Pod& pod) const {
  int count = 0;
  each_of(pod, [&](std::size_t) { ++count; });
  return count;
}

bool RemainingBudgets::allow(const Pod& pod) const {
  int count = 0;
  bool allowed = true;
  each_of(pod, [&](std::size_t i) {
    ++count;
    allowed = allowed && left_[i].second >= 1;
  });
  return allowed && count <= 1;
}

void RemainingBudgets::use(const Pod& pod) {
  each_of(pod, [&](std::size_t i) { --left_[i].second; });
}

Movability movability(const Pod& pod, const RemainingBudgets& budgets) {
  if (controller_of_kind(pod.meta, api::Kind::DaemonSet) != nullptr) return Movability::Ignored;
  if (!api::is_active(pod)) return Movability::Ignored;
  const std::string safe = annotation(pod.meta, kSafeToEvict);
  if (safe == "false") return Movability::Stays;
  if (safe != "true") {
    if (!is_replaced(pod)) return Movability::Stays;
    const bool is_system = pod.meta.namespace_name == "kube-system";
    if (is_system && budgets.count_of(pod) == 0) return Movability::Stays;
    if (has_local_storage(pod)) return Movability::Stays;
  }
  return budgets.allow(pod) ? Movability::Moves : Movability::Stays;
}

bool is_below_utilization(const api::Node& node, std::int64_t cpu_milli, std::int64_t memory_bytes,
                          std::int32_t percent) {
  const auto below = [&](std::int64_t used, std::int64_t all) {
    return static_cast<double>(used) * 100.0 <
           static_cast<double>(percent) * static_cast<double>(all);
  };
  const api::NodeResources& all = node.status.allocatable;
  return below(cpu_milli, all.cpu_milli) && below(memory_bytes, all.memory_bytes);
}

}  // namespace orrery::controllers
