// The part of PodWorker that takes over what a list of the runtime shows.
#include <algorithm>
#include <utility>

#include "models/kubelet/pod_worker.h"

namespace orrery::kubelet {

void PodWorker::reconcile(const PodListing& listing, std::uint64_t stamp) {
  const bool sandbox_news = sandbox_.call == 0 && sandbox_.stamp < stamp;
  if (!sandbox_news) return;  // The list may be older than what we know of the sandbox.
  reconcile_sandbox(listing);
  for (Container& container : containers_) {
    if (container.start_call != 0 && container.record.step != StartStep::Pull &&
        container.record.step != StartStep::ImageCheck) {
      continue;
    }
    if (container.stop_call != 0 || container.stamp >= stamp) continue;
    reconcile_container(container, listing);
  }
  // Where a later container exists, the init containers before it had done their part when it was
  // created. Main containers do not follow each other.
  const auto newest =
      std::find_if(containers_.rbegin(), containers_.rend(),
                   [](const Container& container) { return container.record.in_runtime; });
  for (Container& container : containers_) {
    ContainerRecord& record = container.record;
    const bool followed =
        newest != containers_.rend() && container.init && number_of(container) < number_of(*newest);
    if (!followed) continue;
    if (record.sidecar) {
      record.passed = true;
    } else if (record.stage == ContainerStage::NotCreated && record.step == StartStep::None) {
      record.stage = ContainerStage::Exited;
      record.exit = {0, "Completed", start_time_, node_.now()};
    }
  }
  for (const ports::ContainerInfo* info : listing.containers) {
    if (container_named(info->name) == nullptr) {
      shared_.leftovers.add_container(meta().uid, info->id, info->sandbox_id,
                                      info->state != ports::ContainerState::Exited);
    }
  }
  sync();
}

void PodWorker::reconcile_sandbox(const PodListing& listing) {
  const ports::SandboxInfo* current = nullptr;
  for (const ports::SandboxInfo* info : listing.sandboxes) {
    sandbox_.next_attempt = std::max(sandbox_.next_attempt, info->attempt + 1);
    if (shared_.leftovers.contains(info->id)) continue;
    if (info->id == sandbox_.id) {
      current = info;
    } else if (current == nullptr ||
               (current->id != sandbox_.id && info->attempt > current->attempt)) {
      current = info;
    }
  }
  sandbox_.uncertain = false;
  if (current == nullptr) {
    sandbox_.stage = Sandbox::Stage::None;
    sandbox_.id.clear();
    sandbox_.ip.clear();
  } else {
    sandbox_.id = current->id;
    sandbox_.ip = current->ip;
    sandbox_.stage = current->state == ports::SandboxState::Ready ? Sandbox::Stage::Ready
                                                                  : Sandbox::Stage::NotReady;
  }
  for (const ports::SandboxInfo* info : listing.sandboxes) {
    if (info->id == sandbox_.id || shared_.leftovers.contains(info->id)) continue;
    for (const ports::ContainerInfo* inside : listing.containers) {
      if (inside->sandbox_id != info->id) continue;
      shared_.leftovers.add_container(meta().uid, inside->id, info->id,
                                      inside->state != ports::ContainerState::Exited);
    }
    shared_.leftovers.add_sandbox(meta().uid, info->id);
  }
}

void PodWorker::reconcile_container(Container& container, const PodListing& listing) {
  ContainerRecord& record = container.record;
  const std::string& name = spec_of(container).name;
  const ports::ContainerInfo* current = nullptr;
  for (const ports::ContainerInfo* info : listing.containers) {
    if (info->name != name || info->sandbox_id != sandbox_.id || sandbox_.id.empty()) continue;
    container.next_attempt = std::max(container.next_attempt, info->attempt + 1);
    if (shared_.leftovers.contains(info->id)) continue;
    if (current == nullptr || info->attempt > current->attempt) current = info;
  }
  for (const ports::ContainerInfo* info : listing.containers) {
    const bool older = info->name == name && info != current && info->sandbox_id == sandbox_.id &&
                       info->id != container.replaced_id;
    if (!older || info->id == record.id) continue;
    shared_.leftovers.add_container(meta().uid, info->id, info->sandbox_id,
                                    info->state != ports::ContainerState::Exited);
  }
  container.uncertain = false;
  if (current != nullptr) {
    take(container, *current);
  } else if (record.in_runtime) {  // The runtime has lost it.
    record.in_runtime = false;
    if (record.stage == ContainerStage::Created) {
      record.stage = ContainerStage::NotCreated;
    } else {
      exited(container, {137, "ContainerStatusUnknown", record.started_at, node_.now()});
    }
  }
}

void PodWorker::take(Container& container, const ports::ContainerInfo& info) {
  ContainerRecord& record = container.record;
  const bool other = record.id != info.id;
  if (other) {
    took_creation(container, info.id, info.attempt);
  } else if (!record.in_runtime) {  // Reported by an earlier kubelet, and still there.
    record.in_runtime = true;
    record.attempt = info.attempt;
    record.stage = ContainerStage::Created;
  }
  switch (info.state) {
    case ports::ContainerState::Created:
      break;
    case ports::ContainerState::Running:
      if (record.stage == ContainerStage::Exited) break;  // An exit notice is newer than the list.
      if (record.stage != ContainerStage::Running) {
        running(container, info.started_at);
        remove_replaced(container);
        up(container);
      } else if (container.killing && container.hook == Hook::None && !container.stop_retry_armed &&
                 !container.awaits_turn) {
        stop(container);
      }
      break;
    case ports::ContainerState::Exited:
      if (record.stage == ContainerStage::Exited) break;
      exited(container, {info.exit_code, info.reason, info.started_at, info.finished_at});
      remove_replaced(container);
      break;
    case ports::ContainerState::Unknown:
      shared_.leftovers.add_container(meta().uid, info.id, info.sandbox_id, true);
      record.in_runtime = false;
      exited(container, {255, "Unknown", info.started_at, node_.now()});
      break;
  }
}

}  // namespace orrery::kubelet
