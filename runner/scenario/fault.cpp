#include "runner/scenario/fault.h"

namespace orrery::scenario {

FaultForm form_of(FaultKind kind) {
  const std::vector<api::Kind> pods{api::Kind::Deployment,  api::Kind::Pod,
                                    api::Kind::ReplicaSet,  api::Kind::ReplicationController,
                                    api::Kind::StatefulSet, api::Kind::DaemonSet,
                                    api::Kind::Job};
  const std::vector<api::Kind> nodes{api::Kind::Node};
  switch (kind) {
    case FaultKind::ContainerKill:
      return {.targets = pods, .counts = true, .shares = true, .container = true};
    case FaultKind::PodKill:
      return {.targets = pods, .counts = true, .shares = true};
    case FaultKind::PodFailure:
      return {.targets = pods,
              .must_end = true,
              .counts = true,
              .shares = true,
              .only_simulated = true};
    case FaultKind::Unwell:
    case FaultKind::CpuStress:
    case FaultKind::MemoryStress:
    case FaultKind::GcPause:
      return {.targets = pods,
              .must_end = true,
              .counts = true,
              .shares = true,
              .container = true,
              .only_simulated = true};
    case FaultKind::IoLatency:
      return {.targets = pods,
              .must_end = true,
              .counts = true,
              .shares = true,
              .delays = true,
              .container = true,
              .only_simulated = true};
    case FaultKind::SlowLeader:
      return {.targets = {api::Kind::Service},
              .must_end = true,
              .delays = true,
              .only_simulated = true};
    case FaultKind::LeaderKill:
      return {.targets = {api::Kind::Service}, .only_simulated = true};
    case FaultKind::StaleEndpoints:
      return {.targets = {}, .process = true, .must_end = true, .only_simulated = true};
    case FaultKind::NodeLoss:
    case FaultKind::NodeAgentKill:
      return {.targets = nodes, .can_end = true, .counts = true};
    case FaultKind::DiskFull:
      return {.targets = nodes, .must_end = true, .only_simulated = true};
    case FaultKind::KubeletKill:
    case FaultKind::NodePartition:
      return {.targets = nodes, .can_end = true, .only_simulated = true};
    case FaultKind::ControlPlaneKill:
      return {.targets = {}, .can_end = true};
    case FaultKind::ZoneLoss:
    case FaultKind::ControllerManagerKill:
    case FaultKind::SchedulerKill:
      return {.targets = {}, .can_end = true, .only_simulated = true};
    case FaultKind::CrashAfterWrites:
      return {
          .targets = {}, .process = true, .can_end = true, .counts = true, .only_simulated = true};
    case FaultKind::ApiSlow:
      return {.targets = {},
              .process = true,
              .for_everybody = true,
              .must_end = true,
              .delays = true,
              .only_simulated = true};
    case FaultKind::ApiRefusing:
    case FaultKind::ApiUnavailable:
      return {.targets = {},
              .process = true,
              .for_everybody = true,
              .must_end = true,
              .only_simulated = true};
    case FaultKind::WatchStale:
      return {
          .targets = {}, .process = true, .must_end = true, .delays = true, .only_simulated = true};
    case FaultKind::WatchMiss:
      return {.targets = {}, .process = true, .must_end = true, .only_simulated = true};
    case FaultKind::WatchLate:
      return {.targets = {}, .process = true, .delays = true, .only_simulated = true};
    case FaultKind::StoreKill:
      return {.targets = {}, .can_end = true, .counts = true, .only_simulated = true};
    case FaultKind::StoreSlow:
      return {
          .targets = {}, .must_end = true, .counts = true, .delays = true, .only_simulated = true};
    case FaultKind::NetworkDelay:
    case FaultKind::HttpDelay:
    case FaultKind::SlowClose:
      return {.targets = {},
              .must_end = true,
              .counts = true,
              .shares = true,
              .delays = true,
              .edge = true,
              .only_simulated = true};
    case FaultKind::NetworkLoss:
    case FaultKind::NetworkCorrupt:
    case FaultKind::NetworkPartition:
    case FaultKind::NetworkBandwidth:
    case FaultKind::LimitData:
    case FaultKind::BadConfig:
    case FaultKind::HttpAbort:
    case FaultKind::HttpReplace:
      return {.targets = {},
              .must_end = true,
              .counts = true,
              .shares = true,
              .edge = true,
              .only_simulated = true};
    case FaultKind::Reset:
    case FaultKind::DnsError:
      return {.targets = {},
              .must_end = true,
              .counts = true,
              .shares = true,
              .may_delay = true,
              .edge = true,
              .only_simulated = true};
    case FaultKind::RegistrySlow:
    case FaultKind::RegistryDown:
      return {.targets = {}, .must_end = true, .only_simulated = true};
  }
  contract_violation("a fault is of one of the known kinds");
}

bool draws_callers(const FaultAction& fault) {
  return fault.kind == FaultKind::BadConfig || fault.edge->to.everybody;
}

}  // namespace orrery::scenario
