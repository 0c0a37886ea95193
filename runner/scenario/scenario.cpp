#include "runner/scenario/scenario.h"

namespace orrery::scenario {

api::Labels labels_of(const ClusterNode& node) {
  api::Labels labels = node.labels;
  if (!node.zone.empty()) labels["topology.kubernetes.io/zone"] = node.zone;
  return labels;
}

const char* to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::ContainerKill:
      return "container-kill";
    case FaultKind::PodKill:
      return "pod-kill";
    case FaultKind::NodeLoss:
      return "node-loss";
    case FaultKind::ControlPlaneKill:
      return "control-plane-kill";
    case FaultKind::NodeAgentKill:
      return "node-agent-kill";
    case FaultKind::ZoneLoss:
      return "zone-loss";
    case FaultKind::KubeletKill:
      return "kubelet-kill";
    case FaultKind::NodePartition:
      return "node-partition";
    case FaultKind::ControllerManagerKill:
      return "controller-manager-kill";
    case FaultKind::SchedulerKill:
      return "scheduler-kill";
    case FaultKind::CrashAfterWrites:
      return "crash-after-writes";
    case FaultKind::ApiSlow:
      return "api-slow";
    case FaultKind::ApiRefusing:
      return "api-refusing";
    case FaultKind::ApiUnavailable:
      return "api-unavailable";
    case FaultKind::WatchStale:
      return "watch-stale";
    case FaultKind::WatchMiss:
      return "watch-miss";
    case FaultKind::WatchLate:
      return "watch-late";
    case FaultKind::StoreKill:
      return "store-kill";
    case FaultKind::StoreSlow:
      return "store-slow";
    case FaultKind::RegistrySlow:
      return "registry-slow";
    case FaultKind::RegistryDown:
      return "registry-down";
    case FaultKind::NetworkDelay:
      return "network-delay";
    case FaultKind::NetworkLoss:
      return "network-loss";
    case FaultKind::NetworkCorrupt:
      return "network-corrupt";
    case FaultKind::NetworkPartition:
      return "network-partition";
    case FaultKind::Reset:
      return "reset";
    case FaultKind::DnsError:
      return "dns-error";
    case FaultKind::HttpAbort:
      return "http-abort";
    case FaultKind::HttpDelay:
      return "http-delay";
    case FaultKind::HttpReplace:
      return "http-replace";
    case FaultKind::PodFailure:
      return "pod-failure";
    case FaultKind::CpuStress:
      return "cpu-stress";
    case FaultKind::MemoryStress:
      return "memory-stress";
    case FaultKind::GcPause:
      return "gc-pause";
    case FaultKind::IoLatency:
      return "io-latency";
    case FaultKind::StaleEndpoints:
      return "stale-endpoints";
    case FaultKind::Unwell:
      return "unwell";
    case FaultKind::NetworkBandwidth:
      return "network-bandwidth";
    case FaultKind::SlowClose:
      return "slow-close";
    case FaultKind::BadConfig:
      return "bad-config";
    case FaultKind::DiskFull:
      return "disk-full";
    case FaultKind::LimitData:
      return "limit-data";
    case FaultKind::SlowLeader:
      return "slow-leader";
    case FaultKind::LeaderKill:
      return "leader-kill";
  }
  contract_violation("a fault is of one of the known kinds");
}

const char* to_string(NodeAction::What what) {
  switch (what) {
    case NodeAction::What::Cordon:
      return "cordon";
    case NodeAction::What::Drain:
      return "drain";
    case NodeAction::What::Uncordon:
      return "uncordon";
  }
  contract_violation("a node action is one of the known ones");
}

const char* to_string(Quantifier quantifier) {
  switch (quantifier) {
    case Quantifier::Always:
      return "always";
    case Quantifier::Never:
      return "never";
    case Quantifier::Eventually:
      return "eventually";
    case Quantifier::Finally:
      return "finally";
  }
  contract_violation("a quantifier has one of the known values");
}

std::vector<std::pair<std::string, const Program*>> programs_of(const Scenario& scenario) {
  std::vector<std::pair<std::string, const Program*>> programs;
  for (const auto& [name, program] : scenario.autoscalers) {
    programs.emplace_back("autoscaler " + name, &program);
  }
  for (const auto& [name, settings] : scenario.schedulers) {
    if (settings.program) programs.emplace_back("scheduler " + name, &*settings.program);
  }
  return programs;
}

bool ever_has(const Scenario& scenario, api::Kind kind) {
  const auto holds = [&](const std::vector<api::ManifestObject>& objects) {
    return std::any_of(objects.begin(), objects.end(), [&](const api::ManifestObject& manifest) {
      return api::kind_of(manifest.object) == kind;
    });
  };
  return holds(scenario.objects) || std::any_of(scenario.timeline.begin(), scenario.timeline.end(),
                                                [&](const TimelineEntry& entry) {
                                                  const auto* apply =
                                                      std::get_if<ApplyAction>(&entry.action);
                                                  return apply != nullptr && holds(apply->objects);
                                                });
}

std::vector<api::NotModelled> without_effect(const Scenario& scenario) {
  std::vector<api::NotModelled> all = scenario.not_modelled;
  for (const IdleObject& idle : scenario.idle) all.push_back({idle.where, to_string(idle)});
  return all;
}

}  // namespace orrery::scenario
