#include "runner/scenario/live_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace orrery::scenario {

std::vector<api::Problem> simulated_alone(const Scenario& scenario) {
  std::vector<api::Problem> problems;
  const auto add = [&](const std::string& pointer, std::string found, const char* hint) {
    problems.push_back(
        {{scenario.file, 0, pointer}, "what live hosts can do", std::move(found), hint});
  };
  constexpr const char* kSimulate = "run it with --world sim";
  for (const ClusterNode& node : scenario.cluster.nodes) {
    if (!node.group.empty()) continue;
    std::vector<std::string> unknown;
    if (!node.extended.empty()) unknown.emplace_back("extended");
    if (node.disk_bytes != 0) unknown.emplace_back("diskSize");
    if (node.reserved_cpu_milli != 0 || node.reserved_memory_bytes != 0) {
      unknown.emplace_back("reserved");
    }
    if (node.eviction_hard) unknown.emplace_back("evictionHard");
    if (unknown.empty()) continue;
    add("/cluster", fmt::format("node {} with {}", node.name, fmt::join(unknown, ", ")),
        "a live host has what it has; run it with --world sim");
  }
  for (const NodeGroup& group : scenario.cluster.groups) {
    add("/cluster/nodeGroups/" + group.name, "nodes that a cloud would have to start",
        "run it with --world sim, or write its nodes into \"nodes\"");
  }
  for (const auto& [title, program] : programs_of(scenario)) {
    add("", fmt::format("the program of the {}", title), kSimulate);
  }
  for (const auto& [name, metric] : scenario.metrics) {
    add("/metrics/" + name, "a source of a metric", kSimulate);
  }
  if (scenario.cluster.ipvs) add("/cluster/kubeProxyMode", "ipvs", kSimulate);
  if (!scenario.policies.empty())
    add("/policies", "policies of callers, its own or by Istio's rules", kSimulate);
  if (!scenario.topics.empty()) add("/topics", "topics and their consumers", kSimulate);
  for (const auto& [name, behaviour] : scenario.services) {
    if (behaviour.leader) add("/services/" + name + "/leader", "a leader", kSimulate);
  }
  if (ever_has(scenario, api::Kind::NetworkPolicy)) {
    add("/manifests", "NetworkPolicies", kSimulate);
  }
  for (const auto& [name, service] : scenario.services) {
    if (service.handshake.round_trips > 0) {
      add("/services/" + name + "/handshake", "handshakes that take their time", kSimulate);
    }
    const bool writes = std::any_of(service.operations.begin(), service.operations.end(),
                                    [](const Operation& operation) { return operation.writes; });
    if (writes) add("/services/" + name + "/operations", "operations that write", kSimulate);
  }
  for (const auto& [name, image] : scenario.images) {
    if (image.error_probability > 0) {
      add("/images/" + name + "/errors", "errors of an image", kSimulate);
    }
  }
  for (std::size_t i = 0; i < scenario.load.size(); ++i) {
    const Load& load = scenario.load[i];
    if (load.rates.empty() && load.users == 0) continue;
    add(fmt::format("/load/{}", i), load.users > 0 ? "users" : "rates that change", kSimulate);
  }
  for (const auto& [name, journey] : scenario.journeys) {
    const bool plain =
        std::all_of(journey.steps.begin(), journey.steps.end(),
                    [](const auto& step) { return step.times == 1 && step.probability >= 1.0; });
    if (!plain) add("/journeys/" + name, "steps that are repeated or left out", kSimulate);
  }
  for (const TimelineEntry& entry : scenario.timeline) {
    if (std::holds_alternative<PolicyAction>(entry.action)) {
      add("", fmt::format("policies that change (timeline entry {})", entry.id), kSimulate);
    }
    const auto* fault = std::get_if<FaultAction>(&entry.action);
    if (fault == nullptr || !form_of(fault->kind).only_simulated) continue;
    add("", fmt::format("{} (timeline entry {})", to_string(fault->kind), entry.id), kSimulate);
  }
  return problems;
}

}  // namespace orrery::scenario
