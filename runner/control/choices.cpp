#include "runner/control/choices.h"

#include <string>

#include "runner/scenario/catalog.h"
#include "runner/scenario/policies.h"

namespace orrery::control {

using nlohmann::json;

json choices_of(const scenario::Scenario& scenario) {
  const scenario::Catalog catalog{scenario.objects, scenario.cluster.nodes};
  json workloads = json::object();
  for (const api::ManifestObject& manifest : scenario.objects) {
    const api::ObjectKey key = api::key_of(manifest.object);
    const api::PodSpec* pods = catalog.pods_of(key);
    if (pods == nullptr || pods->containers.empty()) continue;
    json& workload = workloads[to_string(key)];
    workload["image"] = pods->containers.front().image;
    if (const auto replicas = catalog.replicas_of(key)) workload["replicas"] = *replicas;
  }
  json services = json::object();
  json leaders = json::array();
  for (const auto& [name, behaviour] : scenario.services) {
    if (behaviour.leader) leaders.push_back(name);
    json& behind = services[name] = json::array();
    for (const api::ObjectKey& key : catalog.workloads_behind(name)) {
      behind.push_back(to_string(key));
    }
  }
  json images = json::array();
  for (const auto& [name, image] : scenario.images) images.push_back(name);
  json policies = json::object();
  for (const auto& [way, policy] : scenario.policies) {
    policies[scenario::caller_name(way.first)].push_back(way.second);
  }
  return {{"services", services},
          {"workloads", workloads},
          {"images", images},
          {"leaders", leaders},
          {"policies", policies}};
}

}  // namespace orrery::control
