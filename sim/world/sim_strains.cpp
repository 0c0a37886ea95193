// The part of SimNode about what strains a container from outside.
#include <algorithm>
#include <utility>

#include "sim/traffic/request_engine.h"
#include "sim/world/sim_node.h"

namespace orrery::sim {

bool SimNode::strain(const std::string& pod_uid, const std::string& container_name,
                     const Strain& strain, Duration lasts) {
  Process* process = running_process(pod_uid, container_name);
  if (process == nullptr) return false;
  if (strain.threads > 0 && !can_be_stressed(*process)) return false;
  const ports::CauseId cause = environment_.dispatcher.cause();
  const Instant until = environment_.kernel.now() + lasts;
  process->strains.push_back({strain, until, cause});
  schedule(ContainerEvent::What::StrainEnds, *process, until, cause);
  show_strain(*process);
  return true;
}

bool SimNode::can_be_stressed(Process& process) {
  if (std::any_of(process.instances.begin(), process.instances.end(), [&](InstanceId instance) {
        return environment_.engine.spec(instance).cpu_group != kNone;
      })) {
    return true;
  }
  // It takes cores from its neighbours, whatever it does itself.
  if (!environment_.shares_cores) return false;
  if (process.stressed_group == kNone) {
    const Sandbox& sandbox = sandboxes_.at(process.info.sandbox_id);
    process.stressed_group =
        add_cpu_group(std::get<api::Pod>(*sandbox.pod).spec, spec_of(process, sandbox));
  }
  return true;
}

void SimNode::end_stress(Process& process) {
  if (process.stressed_group == kNone) return;
  environment_.engine.stress_cpu_group(std::exchange(process.stressed_group, kNone), 0);
}

bool SimNode::stop_world(const std::string& pod_uid, const std::string& container_name,
                         Duration lasts) {
  Process* process = running_process(pod_uid, container_name);
  if (process == nullptr) return false;
  for (const InstanceId instance : process->instances) {
    environment_.engine.hold_up_work(instance, lasts, environment_.dispatcher.cause());
  }
  return afflict(pod_uid, container_name, Illness::Hangs, lasts);
}

Strain SimNode::strain_of(const Process& process) const {
  Strain all;
  for (const auto& [strain, until, cause] : process.strains) {
    if (until <= environment_.kernel.now()) continue;
    all.threads += strain.threads;
    all.memory_bytes += strain.memory_bytes;
    all.waits += strain.waits;
  }
  return all;
}

MemoryUse SimNode::memory_of(const Process& process) const {
  MemoryUse use = model_of(process).memory;
  use.base += strain_of(process).memory_bytes;
  return use;
}

/// What its callers and its node see of it.
void SimNode::show_strain(Process& process) {
  const Strain now = strain_of(process);
  const ports::CauseId cause = process.strains.back().cause;
  for (const InstanceId instance : process.instances) {
    environment_.engine.slow_waits(instance, now.waits, cause);
    environment_.engine.stress_cpu(instance, now.threads, cause);
  }
  if (process.stressed_group != kNone) {
    environment_.engine.stress_cpu_group(process.stressed_group, now.threads, cause);
  }
  if (now.memory_bytes == 0) return;
  environment_.counts_memory = true;
  watch_memory(process, cause);
  watch_node_memory(cause);
}

}  // namespace orrery::sim
