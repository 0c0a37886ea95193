#include "models/controllers/hosted_storage.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace orrery::controllers {
namespace {

using api::Kind;
using api::Node;
using api::ObjectKey;
using api::PersistentVolume;
using api::PersistentVolumeClaim;
using api::Pod;
using api::StorageClass;
using api::VolumeAttachment;

template <class T>
const T* as(const api::ObjectPtr& object) {
  return object ? std::get_if<T>(object.get()) : nullptr;
}

/// The next multiple of `period`, `now` included.
Instant next_turn(Instant now, Duration period) {
  const std::int64_t step = period.count_ns();
  const std::int64_t turn = (now.count_ns() + step - 1) / step * step;
  return Instant::at(Duration::nanoseconds(turn));
}

}  // namespace

// --- PersistentVolumes and claims ----------------------------------------------------------------

void PersistentVolumeController::add_open_claims(WorkQueue& queue) const {
  for (const auto* claim : caches_.claims.all<PersistentVolumeClaim>()) {
    if (claim->phase != api::ClaimPhase::Pending) continue;
    queue.add({Kind::PersistentVolumeClaim, claim->meta.namespace_name, claim->meta.name});
  }
}

void PersistentVolumeController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  const ObjectKey key = api::key_of(change.latest());
  switch (key.kind) {
    case Kind::PersistentVolumeClaim: {
      queue.add(key);
      for (const api::ObjectPtr& version : {change.before, change.after}) {
        const auto* claim = as<PersistentVolumeClaim>(version);
        if (claim == nullptr || claim->spec.volume_name.empty()) continue;
        queue.add({Kind::PersistentVolume, "", claim->spec.volume_name});
      }
      if (!change.after) since_.erase(api::meta_of(change.latest()).uid);
      return;
    }
    case Kind::PersistentVolume: {
      queue.add(key);
      const auto& volume = std::get<PersistentVolume>(change.latest());
      if (!change.after) since_.erase(volume.meta.uid);
      if (!volume.claim_name.empty()) {
        queue.add({Kind::PersistentVolumeClaim, volume.claim_namespace, volume.claim_name});
      } else {
        add_open_claims(queue);
      }
      return;
    }
    case Kind::StorageClass:
      add_open_claims(queue);
      return;
    case Kind::Pod:
      for (const std::string& claim : users_.observe(change)) {
        queue.add({Kind::PersistentVolumeClaim, key.namespace_name, claim});
      }
      return;
    case Kind::VolumeAttachment:
      if (!change.after) {
        const auto& attachment = std::get<VolumeAttachment>(change.latest());
        queue.add({Kind::PersistentVolume, "", attachment.volume_name});
      }
      return;
    default:
      return;
  }
}

Plan PersistentVolumeController::reconcile(const ObjectKey& key,
                                           const std::optional<CallFailure>& /*last_failure*/,
                                           Instant now) {
  return key.kind == Kind::PersistentVolume ? reconcile_volume_named(key, now)
                                            : reconcile_claim_named(key, now);
}

const Node* PersistentVolumeController::first_consumer(const PersistentVolumeClaim& claim) const {
  const auto selected = claim.meta.annotations.find(api::kSelectedNodeAnnotation);
  if (selected != claim.meta.annotations.end()) {
    return caches_.nodes.find<Node>("", selected->second);
  }
  for (const std::string& name : users_.of(claim.meta.namespace_name, claim.meta.name)) {
    const auto* pod = caches_.pods.find<Pod>(claim.meta.namespace_name, name);
    if (pod != nullptr && !pod->spec.node_name.empty()) {
      return caches_.nodes.find<Node>("", pod->spec.node_name);
    }
  }
  return nullptr;
}

Plan PersistentVolumeController::reconcile_claim_named(const ObjectKey& key, Instant now) {
  const auto* claim = caches_.claims.find<PersistentVolumeClaim>(key.namespace_name, key.name);
  if (claim == nullptr) return {};
  ClaimView view;
  view.claim = claim;
  for (const auto* storage_class : caches_.storage_classes.all<StorageClass>()) {
    if (storage_class->meta.name == claim->spec.storage_class) view.storage_class = storage_class;
    // Of several defaults the newest counts.
    const bool newer = view.default_class == nullptr ||
                       storage_class->meta.creation > view.default_class->meta.creation;
    if (storage_class->is_default && newer) view.default_class = storage_class;
  }
  view.volumes = caches_.volumes.all<PersistentVolume>();
  const bool delayed = view.storage_class != nullptr && view.storage_class->wait_for_first_consumer;
  if (delayed) view.first_consumer = first_consumer(*claim);
  for (const std::string& name : users_.of(key.namespace_name, key.name)) {
    const auto* pod = caches_.pods.find<Pod>(key.namespace_name, name);
    view.in_use = view.in_use || (pod != nullptr && !pod->spec.node_name.empty());
  }
  if (const auto since = since_.find(claim->meta.uid); since != since_.end()) {
    view.asked_since = since->second;
  }
  ClaimPlan result = reconcile_claim(view, times_, now);
  if (result.asks) {
    since_.try_emplace(claim->meta.uid, now);
  } else {
    since_.erase(claim->meta.uid);
  }
  return std::move(result.plan);
}

Plan PersistentVolumeController::reconcile_volume_named(const ObjectKey& key, Instant now) {
  const auto* volume = caches_.volumes.find<PersistentVolume>("", key.name);
  if (volume == nullptr) return {};
  VolumeView view;
  view.volume = volume;
  view.claim =
      caches_.claims.find<PersistentVolumeClaim>(volume->claim_namespace, volume->claim_name);
  for (const auto* attachment : caches_.attachments.all<VolumeAttachment>()) {
    view.attached = view.attached || attachment->volume_name == key.name;
  }
  if (const auto since = since_.find(volume->meta.uid); since != since_.end()) {
    view.released_since = since->second;
  }
  VolumePlan result = reconcile_volume(view, times_, now);
  if (result.released && !view.attached) {
    since_.try_emplace(volume->meta.uid, now);
  } else {
    since_.erase(volume->meta.uid);
  }
  return std::move(result.plan);
}

// --- Attachments ---------------------------------------------------------------------------------

void AttachDetachController::add(const std::string& volume, WorkQueue& queue, Instant now) const {
  queue.add_at({Kind::PersistentVolume, "", volume}, next_turn(now, config_.reconcile_period));
}

void AttachDetachController::add_volume_of_claim(const std::string& namespace_name,
                                                 const std::string& claim, WorkQueue& queue,
                                                 Instant now) const {
  const auto* found = caches_.claims.find<PersistentVolumeClaim>(namespace_name, claim);
  if (found != nullptr && !found->spec.volume_name.empty()) {
    add(found->spec.volume_name, queue, now);
  }
}

void AttachDetachController::observe(const Change& change, WorkQueue& queue, Instant now) {
  const ObjectKey key = api::key_of(change.latest());
  switch (key.kind) {
    case Kind::Pod:
      for (const std::string& claim : users_.observe(change)) {
        add_volume_of_claim(key.namespace_name, claim, queue, now);
      }
      return;
    case Kind::PersistentVolumeClaim:
      for (const api::ObjectPtr& version : {change.before, change.after}) {
        const auto* claim = as<PersistentVolumeClaim>(version);
        if (claim != nullptr && !claim->spec.volume_name.empty()) {
          add(claim->spec.volume_name, queue, now);
        }
      }
      return;
    case Kind::PersistentVolume:
      add(key.name, queue, now);
      return;
    case Kind::VolumeAttachment:
      add(std::get<VolumeAttachment>(change.latest()).volume_name, queue, now);
      return;
    case Kind::Node: {
      // Heartbeats change nothing here; most nodes have nothing attached.
      const auto* before = as<Node>(change.before);
      const auto* after = as<Node>(change.after);
      const bool same = before != nullptr && after != nullptr &&
                        before->status.volumes_in_use == after->status.volumes_in_use &&
                        is_ready(*before) == is_ready(*after) &&
                        is_out_of_service(*before) == is_out_of_service(*after);
      if (same) return;
      for (const auto* attachment : caches_.attachments.all<VolumeAttachment>()) {
        if (attachment->node_name == key.name) add(attachment->volume_name, queue, now);
      }
      return;
    }
    default:
      return;
  }
}

AttachNode AttachDetachController::look_at(const std::string& name,
                                           const std::string& volume) const {
  const auto* node = caches_.nodes.find<Node>("", name);
  if (node == nullptr) return {.ready = false, .out_of_service = false, .mounted = true};
  const auto& in_use = node->status.volumes_in_use;
  return {.ready = api::is_ready(*node),
          .out_of_service = is_out_of_service(*node),
          .mounted = std::find(in_use.begin(), in_use.end(), volume) != in_use.end()};
}

Plan AttachDetachController::reconcile(const ObjectKey& key,
                                       const std::optional<CallFailure>& /*last_failure*/,
                                       Instant now) {
  AttachView view;
  view.volume_name = key.name;
  for (const auto* attachment : caches_.attachments.all<VolumeAttachment>()) {
    if (attachment->volume_name == key.name) view.attachments.push_back(attachment);
  }
  const auto* volume = caches_.volumes.find<PersistentVolume>("", key.name);
  if (volume != nullptr && volume->attachable && !volume->claim_name.empty()) {
    view.exclusive = api::is_exclusive(volume->access_modes);
    const auto* claim =
        caches_.claims.find<PersistentVolumeClaim>(volume->claim_namespace, volume->claim_name);
    if (claim != nullptr && claim->spec.volume_name == key.name) {
      std::vector<const Pod*> pods;
      for (const std::string& name : users_.of(claim->meta.namespace_name, claim->meta.name)) {
        const auto* pod = caches_.pods.find<Pod>(claim->meta.namespace_name, name);
        const bool uses = pod != nullptr && !pod->spec.node_name.empty() && holds_volumes(*pod);
        if (uses) pods.push_back(pod);
      }
      std::sort(pods.begin(), pods.end(), [](const Pod* a, const Pod* b) {
        return std::tie(a->meta.creation, a->meta.name) < std::tie(b->meta.creation, b->meta.name);
      });
      for (const Pod* pod : pods) {
        const std::string& node = pod->spec.node_name;
        if (std::find(view.wanted.begin(), view.wanted.end(), node) == view.wanted.end()) {
          view.wanted.push_back(node);
        }
      }
    }
  }
  for (const VolumeAttachment* attachment : view.attachments) {
    view.nodes[attachment->node_name] = look_at(attachment->node_name, key.name);
    const Place place{key.name, attachment->node_name};
    const bool wanted = std::find(view.wanted.begin(), view.wanted.end(), attachment->node_name) !=
                        view.wanted.end();
    if (wanted) {
      unwanted_since_.erase(place);
    } else {
      view.unwanted_since[attachment->node_name] =
          unwanted_since_.try_emplace(place, now).first->second;
    }
  }
  std::erase_if(unwanted_since_, [&](const auto& entry) {
    return entry.first.first == key.name && !view.nodes.contains(entry.first.second);
  });
  return reconcile_attachments(view, config_, times_, now);
}

}  // namespace orrery::controllers
