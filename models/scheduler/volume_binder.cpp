#include "models/scheduler/volume_binder.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace orrery::scheduler {

using api::PersistentVolume;
using api::PersistentVolumeClaim;

void VolumeBinder::start(const PodName& pod, const PodVolumes& volumes, const api::Node& node) {
  Binding& binding = bindings_[pod];
  binding.deadline = ports_.executor.now() + timeout_;
  for (const WaitingClaim& waiting : volumes.waiting) {
    binding.claims.emplace_back(waiting.claim->meta.namespace_name, waiting.claim->meta.name);
  }
  for (const WaitingClaim& waiting : volumes.waiting) {
    if (!waiting.selected_node.empty()) continue;  // Being made already.
    const PersistentVolume* volume =
        volume_for(*waiting.claim, node, assumptions_.volumes, caches_);
    if (volume != nullptr) {
      reserve(pod, waiting, *volume);
    } else {
      provision(pod, waiting, node);
    }
  }
}

void VolumeBinder::reserve(const PodName& pod, const WaitingClaim& waiting,
                           const PersistentVolume& volume) {
  assumptions_.volumes.insert(volume.meta.name);
  bindings_[pod].volumes.push_back(volume.meta.name);
  if (!volume.claim_name.empty()) return;  // Kept for this claim by its maker.
  PersistentVolume next = volume;
  next.claim_namespace = waiting.claim->meta.namespace_name;
  next.claim_name = waiting.claim->meta.name;
  next.claim_uid = waiting.claim->meta.uid;
  ports::ApiCall call;
  call.verb = ports::Verb::Update;
  call.key = {api::Kind::PersistentVolume, {}, volume.meta.name};
  call.resource_version = volume.meta.resource_version;
  call.object = std::make_shared<const api::Object>(std::move(next));
  send(pod, std::move(call));
}

void VolumeBinder::provision(const PodName& pod, const WaitingClaim& waiting,
                             const api::Node& node) {
  const PersistentVolumeClaim& claim = *waiting.claim;
  assumptions_.claim_nodes[{claim.meta.namespace_name, claim.meta.name}] = node.meta.name;
  PersistentVolumeClaim next = claim;
  next.meta.annotations[kSelectedNodeAnnotation] = node.meta.name;
  ports::ApiCall call;
  call.verb = ports::Verb::Update;
  call.key = {api::Kind::PersistentVolumeClaim, claim.meta.namespace_name, claim.meta.name};
  call.resource_version = claim.meta.resource_version;
  call.object = std::make_shared<const api::Object>(std::move(next));
  send(pod, std::move(call));
}

void VolumeBinder::send(const PodName& pod, ports::ApiCall call) {
  const ports::CallId id = controllers::call_id(slot_, ++sequence_);
  open_.emplace(id, pod);
  ports_.api.call(ports_.owner, id, std::move(call));
}

void VolumeBinder::forget(const Binding& binding) {
  for (const std::string& volume : binding.volumes) assumptions_.volumes.erase(volume);
  for (const PodName& claim : binding.claims) assumptions_.claim_nodes.erase(claim);
}

void VolumeBinder::cancel(const PodName& pod) {
  const auto entry = bindings_.find(pod);
  if (entry == bindings_.end()) return;
  forget(entry->second);
  bindings_.erase(entry);
}

void VolumeBinder::on_event(const ports::Event& reply) {
  const auto entry = open_.find(reply.id);
  if (entry == open_.end()) return;
  const auto binding = bindings_.find(entry->second);
  open_.erase(entry);
  if (binding != bindings_.end() && reply.outcome != ports::Outcome::Ok) {
    binding->second.failed = true;
  }
}

std::vector<VolumeBinder::Ended> VolumeBinder::take_ended(Instant now) {
  std::vector<Ended> ended;
  for (auto it = bindings_.begin(); it != bindings_.end();) {
    const Binding& binding = it->second;
    bool failed = binding.failed || now >= binding.deadline;
    bool all_bound = true;
    for (const auto& [in, name] : binding.claims) {
      const auto* claim = caches_.claims.find<PersistentVolumeClaim>(in, name);
      failed = failed || claim == nullptr;
      all_bound = all_bound && claim != nullptr && claim->phase == api::ClaimPhase::Bound &&
                  !claim->spec.volume_name.empty();
    }
    if (!failed && !all_bound) {
      ++it;
      continue;
    }
    ended.push_back({it->first, all_bound && !binding.failed});
    forget(binding);
    it = bindings_.erase(it);
  }
  return ended;
}

std::optional<Instant> VolumeBinder::next_timeout() const {
  std::optional<Instant> first;
  for (const auto& [pod, binding] : bindings_) {
    if (!first || binding.deadline < *first) first = binding.deadline;
  }
  return first;
}

}  // namespace orrery::scheduler
