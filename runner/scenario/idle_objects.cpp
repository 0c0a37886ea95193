#include "runner/scenario/idle_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace orrery::scenario {
namespace {

constexpr const char* kDefaultScheduler = "default-scheduler";

/// Whether a pod of that namespace, or one that a workload there makes, has labels that match.
template <class Matches>
bool any_pod(const Catalog& catalog, const std::string& namespace_name, const Matches& matches) {
  return std::any_of(catalog.pods().begin(), catalog.pods().end(), [&](const auto& entry) {
    return entry.first.namespace_name == namespace_name && matches(*entry.second.labels);
  });
}

bool selects_nothing(const Catalog& catalog, const std::string& namespace_name,
                     const api::LabelSelector& selector) {
  if (selector == api::LabelSelector{}) return false;
  return !any_pod(catalog, namespace_name,
                  [&](const api::Labels& labels) { return api::matches(selector, labels); });
}

}  // namespace

std::vector<api::NotModelled> idle_objects(const std::vector<api::ManifestObject>& objects,
                                           const Catalog& catalog) {
  std::vector<api::NotModelled> idle;
  for (const api::ManifestObject& manifest : objects) {
    const api::ObjectKey key = api::key_of(manifest.object);
    const std::string& home = key.namespace_name;
    std::string why;
    if (const auto* service = std::get_if<api::Service>(&manifest.object)) {
      const api::Labels& selector = service->spec.selector;
      const bool found = selector.empty() || any_pod(catalog, home, [&](const api::Labels& labels) {
                           return api::has_all(labels, selector);
                         });
      if (!found) why = "its selector matches no pods";
    } else if (const auto* budget = std::get_if<api::PodDisruptionBudget>(&manifest.object)) {
      const auto& selector = budget->spec.selector;
      if (selector && selects_nothing(catalog, home, *selector)) {
        why = "its selector matches no pods";
      }
    } else if (const auto* policy = std::get_if<api::NetworkPolicy>(&manifest.object)) {
      if (selects_nothing(catalog, home, policy->spec.pod_selector)) {
        why = "its podSelector matches no pods";
      }
    } else if (const auto* scaler = std::get_if<api::HorizontalPodAutoscaler>(&manifest.object)) {
      const api::ObjectKey target{scaler->spec.target_kind, home, scaler->spec.target_name};
      if (!catalog.pods().contains(target)) {
        why = fmt::format("there is no {}/{} for it to scale", api::to_string(target.kind),
                          target.name);
      }
    }
    if (why.empty()) continue;
    idle.push_back(
        {manifest.where, fmt::format("{}/{}: {}", api::to_string(key.kind), key.name, why)});
  }
  return idle;
}

std::vector<api::NotModelled> never_scheduled(
    const Catalog& catalog, const std::map<std::string, SchedulerSettings>& schedulers) {
  std::vector<api::NotModelled> waiting;
  for (const auto& [key, pods] : catalog.pods()) {
    const std::string& name = pods.spec->scheduler_name;
    // Who names the node needs no scheduler.
    if (!pods.spec->node_name.empty() || name.empty() || name == kDefaultScheduler) continue;
    if (schedulers.contains(name)) continue;
    waiting.push_back({catalog.place_of(key),
                       fmt::format("{}/{}: there is no scheduler \"{}\" that would place its pods",
                                   api::to_string(key.kind), key.name, name)});
  }
  return waiting;
}

}  // namespace orrery::scenario
