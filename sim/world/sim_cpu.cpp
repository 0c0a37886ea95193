// The part of SimNode about the cores that its pods share.
#include "models/api/qos_class.h"
#include "models/kubelet/qos.h"
#include "sim/traffic/request_engine.h"
#include "sim/world/sim_node.h"

namespace orrery::sim {
namespace {

std::int64_t weight_of(std::int64_t request_milli) {
  return kubelet::cpu_weight(kubelet::cpu_shares(request_milli));
}

CpuClass class_of(const api::PodSpec& spec) {
  switch (api::qos_class(spec)) {
    case api::QosClass::Guaranteed:
      return CpuClass::Guaranteed;
    case api::QosClass::Burstable:
      return CpuClass::Burstable;
    case api::QosClass::BestEffort:
      break;
  }
  return CpuClass::BestEffort;
}

}  // namespace

/// The cgroup of the container's pod, in which nobody else is at work: so it has the pod's weight.
std::uint32_t SimNode::add_cpu_group(const api::PodSpec& pod, const api::Container& container) {
  std::optional<Duration> quota;
  if (container.limits.cpu_milli) quota = kubelet::cpu_quota(*container.limits.cpu_milli);
  if (environment_.shares_cores) {
    const CpuClaim claim{class_of(pod), weight_of(api::effective_requests(pod).cpu_milli)};
    return environment_.engine.add_cpu_group(index_, claim, quota);
  }
  return quota ? environment_.engine.add_cpu_group(*quota, capacity_.cores()) : kNone;
}

void SimNode::weigh_burstable() {
  if (!environment_.shares_cores) return;
  std::int64_t request_milli = 0;
  for (const auto& [id, sandbox] : sandboxes_) {
    const api::PodSpec& spec = std::get<api::Pod>(*sandbox.pod).spec;
    const bool counts = sandbox.info.state == ports::SandboxState::Ready &&
                        api::qos_class(spec) == api::QosClass::Burstable;
    if (counts) request_milli += api::effective_requests(spec).cpu_milli;
  }
  environment_.engine.set_burstable_weight(index_, weight_of(request_milli));
}

}  // namespace orrery::sim
