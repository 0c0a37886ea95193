#include "runner/session/sim_faults.h"

#include <fmt/format.h>

#include <string_view>

#include "runner/session/targets.h"

namespace orrery::session {
namespace {

using scenario::FaultAction;
using scenario::FaultKind;
using sim::ControlPart;
using sim::SimWorld;

ControlPart part_of(const FaultAction& fault) {
  const bool scheduler = fault.kind == FaultKind::SchedulerKill || fault.process == "scheduler";
  return scheduler ? ControlPart::Scheduler : ControlPart::Controllers;
}

/// The clients of the API server that a process is.
std::vector<std::string> clients_of(const std::string& process) {
  if (!process.starts_with("Node/")) return {process};
  return {process, "Proxy/" + process.substr(5)};
}

Strike hit(bool done, const std::string& target, const std::string& effect,
           const std::string& otherwise) {
  if (!done) return {{}, otherwise};
  return {{target}, effect};
}

sim::ApiFault api_fault_of(const FaultAction& fault) {
  sim::ApiFault made;
  switch (fault.kind) {
    case FaultKind::ApiSlow:
      made.slow = fault.delay;
      break;
    case FaultKind::ApiRefusing:
      made.refuses = true;
      break;
    case FaultKind::ApiUnavailable:
      made.unreachable = true;
      break;
    case FaultKind::WatchStale:
      made.stale = fault.delay;
      break;
    default:
      contract_violation("a fault of the API server is one of four");
  }
  return made;
}

/// Whose tables are old: a node by its name, or "clients".
std::string consumer_of(const FaultAction& fault) {
  constexpr std::string_view kNode = "Node/";
  return fault.process.starts_with(kNode) ? fault.process.substr(kNode.size()) : fault.process;
}

Strike strike_api(SimWorld& world, const FaultAction& fault) {
  const std::string who = fault.process.empty() ? "api-server" : fault.process;
  if (!world.api_faults().is_connected(fault.process)) return {{}, who + " is not running"};
  for (const std::string& client : clients_of(fault.process)) {
    world.api_faults().set_fault(client, api_fault_of(fault));
  }
  return {{who}, fmt::format("{}: {}", who, to_string(fault.kind))};
}

Strike strike_watch(SimWorld& world, const FaultAction& fault) {
  if (!world.api_faults().is_connected(fault.process)) {
    return {{}, fault.process + " is not running"};
  }
  if (fault.kind == FaultKind::WatchMiss) {
    world.api_faults().drop_next_event(fault.process);
    return {{fault.process}, "the next change is not told to " + fault.process};
  }
  world.api_faults().hold_next_event(fault.process, fault.delay);
  return {
      {fault.process},
      fmt::format("the next change is told to {} {} late", fault.process, to_string(fault.delay))};
}

}  // namespace

bool is_world_fault(FaultKind kind) {
  switch (kind) {
    case FaultKind::ContainerKill:
    case FaultKind::PodKill:
    case FaultKind::NodeLoss:
    case FaultKind::NodeAgentKill:
    case FaultKind::ZoneLoss:
    case FaultKind::Unwell:
    case FaultKind::PodFailure:
    case FaultKind::CpuStress:
    case FaultKind::MemoryStress:
    case FaultKind::GcPause:
    case FaultKind::IoLatency:
    case FaultKind::LeaderKill:
      return false;
    default:
      return true;
  }
}

Strike strike(SimWorld& world, const FaultAction& fault, ports::CauseId cause) {
  const std::string node = fault.target ? fault.target->name : std::string{};
  switch (fault.kind) {
    case FaultKind::ControlPlaneKill:
      return hit(world.kill_control_plane(), "control-plane", "control plane killed",
                 "the control plane was not running");
    case FaultKind::ControllerManagerKill:
    case FaultKind::SchedulerKill: {
      const std::string part = to_string(part_of(fault));
      return hit(world.kill_control_part(part_of(fault)), part, part + " killed",
                 "no " + part + " was running");
    }
    case FaultKind::CrashAfterWrites: {
      const std::string part = to_string(part_of(fault));
      return hit(
          world.crash_control_part(part_of(fault), fault.count, fault.lasts.value_or(Duration{})),
          part, fmt::format("{} crashes after write {}", part, fault.count),
          "no " + part + " was running");
    }
    case FaultKind::KubeletKill:
      return hit(world.kill_kubelet(node, cause), "Node/" + node, "kubelet killed",
                 "the kubelet was not running");
    case FaultKind::DiskFull:
      return hit(world.set_disk_full(node, true, cause), "Node/" + node, "disk full",
                 "there is no such node");
    case FaultKind::NodePartition:
      return hit(world.cut_node(node, cause), "Node/" + node, "node cut off",
                 "there is no such node");
    case FaultKind::ApiSlow:
    case FaultKind::ApiRefusing:
    case FaultKind::ApiUnavailable:
    case FaultKind::WatchStale:
      return strike_api(world, fault);
    case FaultKind::WatchMiss:
    case FaultKind::WatchLate:
      return strike_watch(world, fault);
    case FaultKind::StoreKill: {
      const std::uint32_t killed = world.api_faults().store().kill(fault.count, world.now());
      const char* then =
          world.api_faults().store().has_quorum() ? "a majority is left" : "no majority is left";
      return hit(killed > 0, "store", fmt::format("{} of the store killed, {}", killed, then),
                 "no member of the store was running");
    }
    case FaultKind::StoreSlow: {
      const std::uint32_t slowed = world.api_faults().store().slow_down(fault.count, fault.delay);
      return hit(slowed > 0, "store", fmt::format("{} of the store slow", slowed), "no store");
    }
    case FaultKind::RegistrySlow:
      return hit(world.set_registry(fault.bytes_per_second), "registry", "registry slow",
                 "no image is ever pulled");
    case FaultKind::RegistryDown:
      return hit(world.set_registry(std::nullopt), "registry", "registry down",
                 "no image is ever pulled");
    case FaultKind::SlowLeader:
      world.slow_leader(service_of(fault), fault.delay, cause);
      return {{to_string(*fault.target)},
              fmt::format("whoever leads waits {} longer", to_string(fault.delay))};
    case FaultKind::StaleEndpoints:
      return hit(world.cut_proxy(consumer_of(fault), cause), fault.process,
                 "the proxy hears of no change", "no proxy was running there");
    case FaultKind::ContainerKill:
    case FaultKind::PodKill:
    case FaultKind::NodeLoss:
    case FaultKind::NodeAgentKill:
    case FaultKind::ZoneLoss:
    case FaultKind::Unwell:
    case FaultKind::PodFailure:
    case FaultKind::CpuStress:
    case FaultKind::MemoryStress:
    case FaultKind::GcPause:
    case FaultKind::IoLatency:
    case FaultKind::LeaderKill:
    case FaultKind::NetworkDelay:
    case FaultKind::NetworkLoss:
    case FaultKind::NetworkCorrupt:
    case FaultKind::NetworkPartition:
    case FaultKind::Reset:
    case FaultKind::DnsError:
    case FaultKind::HttpAbort:
    case FaultKind::HttpDelay:
    case FaultKind::HttpReplace:
    case FaultKind::NetworkBandwidth:
    case FaultKind::LimitData:
    case FaultKind::SlowClose:
    case FaultKind::BadConfig:
      break;
  }
  contract_violation("this fault hits pods, nodes or what is between callers and the called");
}

FaultEnd end_strike(SimWorld& world, const FaultAction& fault, ports::CauseId cause) {
  switch (fault.kind) {
    case FaultKind::ControlPlaneKill:
      return {world.start_control_plane(cause), {}};
    case FaultKind::ControllerManagerKill:
    case FaultKind::SchedulerKill:
      return {world.start_control_part(part_of(fault), cause), {}};
    case FaultKind::KubeletKill:
      return {world.start_kubelet(fault.target->name, cause), {}};
    case FaultKind::DiskFull:
      return {world.set_disk_full(fault.target->name, false, cause), {}};
    case FaultKind::NodePartition:
      world.restore_connection(fault.target->name);
      return {true, {}};
    case FaultKind::ApiSlow:
    case FaultKind::ApiRefusing:
    case FaultKind::ApiUnavailable:
    case FaultKind::WatchStale:
      for (const std::string& client : clients_of(fault.process)) {
        world.api_faults().clear_fault(client);
      }
      return {true, {}};
    case FaultKind::SlowLeader:
      world.slow_leader(service_of(fault), Duration{}, cause);
      return {true, {}};
    case FaultKind::StaleEndpoints:
      world.restore_proxy(consumer_of(fault));
      return {true, {}};
    case FaultKind::WatchMiss: {
      const bool missed = world.api_faults().take_event_fault(fault.process);
      if (!missed) return {false, "no change was there to be missed"};
      world.api_faults().expire_watches(fault.process);
      return {true, {}};
    }
    case FaultKind::StoreKill:
      return {world.api_faults().store().start(fault.count, world.now()) > 0, {}};
    case FaultKind::StoreSlow:
      (void)world.api_faults().store().slow_down(world.api_faults().store().members(), Duration{});
      return {true, {}};
    case FaultKind::RegistrySlow:
    case FaultKind::RegistryDown:
      return {world.set_registry(world.registry_bytes_per_second()), {}};
    default:
      return {};
  }
}

std::string missed_chance(SimWorld& world, const FaultAction& fault) {
  switch (fault.kind) {
    case FaultKind::WatchLate: {
      const bool was_late = world.api_faults().take_event_fault(fault.process);
      return was_late ? std::string{} : "no change was there to be late";
    }
    case FaultKind::CrashAfterWrites: {
      const bool waits = world.api_faults().cancel_crash(to_string(part_of(fault)));
      return waits ? fmt::format("fewer than {} writes were made", fault.count) : std::string{};
    }
    default:
      return {};
  }
}

}  // namespace orrery::session
