#include "models/scheduler/node_state.h"

#include <algorithm>

namespace orrery::scheduler {
namespace {

constexpr std::int64_t kDefaultCpuMilli = 100;
constexpr std::int64_t kDefaultMemoryBytes = std::int64_t{200} * 1024 * 1024;

api::PodResources with_defaults(const api::PodSpec& spec) {
  api::PodSpec filled = spec;
  for (auto* containers : {&filled.containers, &filled.init_containers}) {
    for (api::Container& container : *containers) {
      api::ResourceList& requests = container.requests;
      requests.cpu_milli = requests.cpu_milli.value_or(kDefaultCpuMilli);
      requests.memory_bytes = requests.memory_bytes.value_or(kDefaultMemoryBytes);
    }
  }
  return api::effective_requests(filled);
}

}  // namespace

PodDemand demand_of(const api::PodSpec& spec) {
  PodDemand demand{api::effective_requests(spec), with_defaults(spec), {}};
  for (const api::Container& container : spec.containers) {
    for (const api::ContainerPort& port : container.ports) {
      if (port.host_port > 0) demand.host_ports.emplace_back(port.host_port, port.protocol);
    }
  }
  return demand;
}

void NodeState::add(const PodDemand& demand) {
  requested.cpu_milli += demand.requests.cpu_milli;
  requested.memory_bytes += demand.requests.memory_bytes;
  assumed.cpu_milli += demand.assumed.cpu_milli;
  assumed.memory_bytes += demand.assumed.memory_bytes;
  ++pod_count;
  for (const auto& port : demand.host_ports) ++host_ports[port];
}

void NodeState::remove(const PodDemand& demand) {
  expects(pod_count > 0, "a pod that leaves a node was on it");
  requested.cpu_milli -= demand.requests.cpu_milli;
  requested.memory_bytes -= demand.requests.memory_bytes;
  assumed.cpu_milli -= demand.assumed.cpu_milli;
  assumed.memory_bytes -= demand.assumed.memory_bytes;
  --pod_count;
  for (const auto& port : demand.host_ports) {
    const auto entry = host_ports.find(port);
    if (--entry->second == 0) host_ports.erase(entry);
  }
}

}  // namespace orrery::scheduler
