#include "runner/session/pod_strikes.h"

#include "runner/session/actions.h"

namespace orrery::session {

using scenario::FaultAction;
using scenario::FaultKind;

bool is_lasting_pod_fault(FaultKind kind) {
  switch (kind) {
    case FaultKind::PodFailure:
    case FaultKind::CpuStress:
    case FaultKind::MemoryStress:
    case FaultKind::GcPause:
    case FaultKind::IoLatency:
      return true;
    default:
      return false;
  }
}

bool PodStrikes::begin(sim::SimWorld& world, const std::string& id, const FaultAction& fault,
                       const api::Pod& pod, ports::CauseId cause) {
  const Duration lasts = fault.lasts.value_or(Duration{});
  sim::Strain strain;
  switch (fault.kind) {
    case FaultKind::ContainerKill:
    case FaultKind::LeaderKill:
      return world.kill_container(pod, fault.container, cause);
    case FaultKind::PodKill:
      return world.apply(deletion_of(api::key_of(pod), Duration{}), cause) == ports::Outcome::Ok;
    case FaultKind::Unwell:
      return world.afflict(pod, fault.container,
                           fault.hangs ? sim::Illness::Hangs : sim::Illness::Fails, lasts, cause);
    case FaultKind::PodFailure:
      return fail(world, id, pod, cause);
    case FaultKind::GcPause:
      return world.stop_world(pod, fault.container, lasts, cause);
    case FaultKind::CpuStress:
      strain.threads = fault.threads;
      break;
    case FaultKind::MemoryStress:
      strain.memory_bytes = fault.memory_bytes;
      break;
    case FaultKind::IoLatency:
      strain.waits = fault.delay;
      break;
    default:
      contract_violation("a fault of pods is one of ten");
  }
  return world.strain(pod, fault.container, strain, lasts, cause);
}

/// The image of a container is what a pod may be told to change; its kubelet does the rest.
bool PodStrikes::fail(sim::SimWorld& world, const std::string& id, const api::Pod& pod,
                      ports::CauseId cause) {
  sim::ImageModel pause;
  pause.process.serves = false;
  world.put_image(kPauseImage, pause);
  Failed failed{api::key_of(pod), pod.meta.uid, {}};
  api::Pod paused = pod;
  for (api::Container& container : paused.spec.containers) {
    failed.images.push_back(std::exchange(container.image, kPauseImage));
  }
  if (world.apply(replacement_by(std::move(paused)), cause) != ports::Outcome::Ok) return false;
  failed_[id].push_back(std::move(failed));
  return true;
}

void PodStrikes::end(sim::SimWorld& world, const std::string& id, ports::CauseId cause) {
  const auto found = failed_.find(id);
  if (found == failed_.end()) return;
  for (const Failed& failed : found->second) {
    const api::ObjectPtr current = world.api().find(failed.key);
    if (current == nullptr || api::meta_of(*current).uid != failed.uid) continue;
    api::Pod well = std::get<api::Pod>(*current);
    for (std::size_t i = 0; i < failed.images.size(); ++i) {
      well.spec.containers[i].image = failed.images[i];
    }
    (void)world.apply(replacement_by(std::move(well)), cause);
  }
  failed_.erase(found);
}

}  // namespace orrery::session
