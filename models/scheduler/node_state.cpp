#include "models/scheduler/node_state.h"

#include <algorithm>

namespace orrery::scheduler {
namespace {

constexpr const char* kAnyAddress = "0.0.0.0";

const api::ResourceList& defaults_when_missing() {
  static const api::ResourceList kDefaults{100, std::int64_t{200} * 1024 * 1024, {}};
  return kDefaults;
}

}  // namespace

PodDemand demand_of(const api::PodSpec& spec) {
  PodDemand demand{
      api::effective_requests(spec), api::effective_requests(spec, defaults_when_missing()), {}};
  const auto collect = [&](const api::Container& container) {
    for (const api::ContainerPort& port : container.ports) {
      if (port.host_port <= 0) continue;
      demand.host_ports.push_back(
          {port.host_port, port.protocol, port.host_ip.empty() ? kAnyAddress : port.host_ip});
    }
  };
  for (const api::Container& container : spec.containers) collect(container);
  for (const api::Container& container : spec.init_containers) {
    if (container.sidecar) collect(container);
  }
  return demand;
}

void NodeState::set_node(const api::Node* changed) {
  node = changed;
  ++version;
  const api::NodeResources none{0, 0, 0, {}};
  const api::NodeResources& allocatable = node == nullptr ? none : node->status.allocatable;
  cpu_milli = allocatable.cpu_milli;
  memory_bytes = allocatable.memory_bytes;
  pods_max = allocatable.pods;
  repels = node != nullptr && node->spec.unschedulable;
  is_second_choice = false;
  if (node == nullptr) return;
  for (const api::Taint& taint : node->spec.taints) {
    (taint.effect == "PreferNoSchedule" ? is_second_choice : repels) = true;
  }
}

void NodeState::add(const PodDemand& demand) {
  ++version;
  requested_cpu_milli += demand.requests.cpu_milli;
  requested_memory_bytes += demand.requests.memory_bytes;
  assumed_cpu_milli += demand.assumed.cpu_milli;
  assumed_memory_bytes += demand.assumed.memory_bytes;
  ++pod_count;
  for (const auto& [name, amount] : demand.requests.extended) requested_extended[name] += amount;
  for (const HostPort& port : demand.host_ports) ++host_ports[port];
}

void NodeState::remove(const PodDemand& demand) {
  expects(pod_count > 0, "a pod that leaves a node was on it");
  ++version;
  requested_cpu_milli -= demand.requests.cpu_milli;
  requested_memory_bytes -= demand.requests.memory_bytes;
  assumed_cpu_milli -= demand.assumed.cpu_milli;
  assumed_memory_bytes -= demand.assumed.memory_bytes;
  --pod_count;
  for (const auto& [name, amount] : demand.requests.extended) requested_extended[name] -= amount;
  for (const HostPort& port : demand.host_ports) {
    const auto entry = host_ports.find(port);
    if (--entry->second == 0) host_ports.erase(entry);
  }
}

bool NodeState::has_conflict(const std::vector<HostPort>& wanted) const {
  if (host_ports.empty()) return false;
  return std::any_of(wanted.begin(), wanted.end(), [&](const HostPort& want) {
    return std::any_of(host_ports.begin(), host_ports.end(), [&](const auto& entry) {
      const HostPort& taken = entry.first;
      return taken.port == want.port && taken.protocol == want.protocol &&
             (taken.ip == want.ip || taken.ip == kAnyAddress || want.ip == kAnyAddress);
    });
  });
}

}  // namespace orrery::scheduler
