#include "models/controllers/persistent_volumes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "models/controllers/node_lifecycle.h"

namespace orrery::controllers {
namespace {

using api::ClaimPhase;
using api::PersistentVolume;
using api::PersistentVolumeClaim;
using api::VolumePhase;

bool has(const std::vector<std::string>& texts, const char* text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

std::string class_of(const PersistentVolumeClaim& claim) {
  return claim.spec.storage_class.value_or("");
}

bool is_for(const PersistentVolume& volume, const PersistentVolumeClaim& claim) {
  return volume.claim_name == claim.meta.name &&
         volume.claim_namespace == claim.meta.namespace_name &&
         (volume.claim_uid.empty() || volume.claim_uid == claim.meta.uid);
}

/// Size, class, volume mode, access modes and labels.
bool satisfies(const PersistentVolume& volume, const PersistentVolumeClaim& claim) {
  const api::ClaimSpec& spec = claim.spec;
  if (volume.capacity_bytes < spec.request_bytes || volume.block != spec.block ||
      volume.storage_class != class_of(claim)) {
    return false;
  }
  if (spec.selector && !api::matches(*spec.selector, volume.meta.labels)) return false;
  return std::all_of(spec.access_modes.begin(), spec.access_modes.end(), [&](api::AccessMode mode) {
    return std::find(volume.access_modes.begin(), volume.access_modes.end(), mode) !=
           volume.access_modes.end();
  });
}

void bind(Plan& plan, const PersistentVolume& volume, const PersistentVolumeClaim& claim) {
  PersistentVolume bound = volume;
  bound.claim_namespace = claim.meta.namespace_name;
  bound.claim_name = claim.meta.name;
  bound.claim_uid = claim.meta.uid;
  bound.phase = VolumePhase::Bound;
  if (!(bound == volume)) plan.then(update_call(std::move(bound)));
  PersistentVolumeClaim next = claim;
  next.spec.volume_name = volume.meta.name;
  next.phase = ClaimPhase::Bound;
  next.capacity_bytes = volume.capacity_bytes;
  plan.then(update_call(std::move(next)));
}

PersistentVolume made_for(const PersistentVolumeClaim& claim,
                          const api::StorageClass& storage_class, const api::Node* node) {
  PersistentVolume volume;
  volume.meta.name = "pvc-" + claim.meta.uid;
  volume.meta.annotations[api::kProvisionedByAnnotation] = storage_class.provisioner;
  volume.meta.finalizers = {api::kVolumeProtection};
  volume.capacity_bytes = claim.spec.request_bytes;
  volume.access_modes = claim.spec.access_modes;
  volume.storage_class = storage_class.meta.name;
  volume.reclaim = storage_class.reclaim;
  volume.block = claim.spec.block;
  // What many nodes may use at a time is a share, which is not attached.
  volume.attachable = api::is_exclusive(claim.spec.access_modes);
  volume.claim_namespace = claim.meta.namespace_name;
  volume.claim_name = claim.meta.name;
  volume.claim_uid = claim.meta.uid;
  if (node == nullptr || !volume.attachable) return volume;
  // A disk is made in the zone of the node that wants it, and stays there.
  const auto zone = node->meta.labels.find(kZoneLabel);
  if (zone == node->meta.labels.end()) return volume;
  api::NodeSelectorTerm term;
  term.match_expressions.push_back(
      {kZoneLabel, api::SelectorRequirement::Operator::In, {zone->second}});
  volume.node_affinity.emplace().push_back(std::move(term));
  return volume;
}

void ask_for_volume(const ClaimView& view, const StorageTimes& times, Instant now,
                    ClaimPlan& result) {
  const PersistentVolumeClaim& claim = *view.claim;
  const api::StorageClass& storage_class = *view.storage_class;
  const auto asked = claim.meta.annotations.find(api::kProvisionerAnnotation);
  if (asked == claim.meta.annotations.end() || asked->second != storage_class.provisioner) {
    PersistentVolumeClaim next = claim;
    next.meta.annotations[api::kProvisionerAnnotation] = storage_class.provisioner;
    result.plan.then(update_call(std::move(next)));
    return;
  }
  result.asks = true;
  const Instant ready = view.asked_since.value_or(now) + times.provision;
  if (ready > now) {
    result.plan.look_again(ready - now);
  } else {
    result.plan.then(create_call(made_for(claim, storage_class, view.first_consumer)));
  }
}

void reconcile_bound(const ClaimView& view, const StorageTimes& times, Instant now,
                     ClaimPlan& result) {
  const PersistentVolumeClaim& claim = *view.claim;
  const auto found = std::find_if(view.volumes.begin(), view.volumes.end(), [&](const auto* v) {
    return v->meta.name == claim.spec.volume_name;
  });
  if (found == view.volumes.end() || (*found)->claim_uid != claim.meta.uid) {
    if (claim.phase == ClaimPhase::Lost) return;
    PersistentVolumeClaim lost = claim;
    lost.phase = ClaimPhase::Lost;
    result.plan.then(update_call(std::move(lost)));
    return;
  }
  const PersistentVolume& volume = **found;
  const bool may_grow = view.storage_class != nullptr && view.storage_class->allow_expansion;
  if (claim.spec.request_bytes > volume.capacity_bytes && may_grow) {
    result.asks = true;
    const Instant ready = view.asked_since.value_or(now) + times.resize;
    if (ready > now) return result.plan.look_again(ready - now);
    PersistentVolume larger = volume;
    larger.capacity_bytes = claim.spec.request_bytes;
    result.plan.then(update_call(std::move(larger)));
    return;
  }
  if (claim.capacity_bytes == volume.capacity_bytes && claim.phase == ClaimPhase::Bound) return;
  PersistentVolumeClaim next = claim;
  next.phase = ClaimPhase::Bound;
  next.capacity_bytes = volume.capacity_bytes;
  result.plan.then(update_call(std::move(next)));
}

}  // namespace

bool reaches(const PersistentVolume& volume, const api::Node& node) {
  if (!volume.node_affinity) return true;
  const api::Labels fields{{"metadata.name", node.meta.name}};
  return std::any_of(
      volume.node_affinity->begin(), volume.node_affinity->end(),
      [&](const api::NodeSelectorTerm& term) {
        const auto all_match = [](const auto& requirements, const api::Labels& labels) {
          return std::all_of(
              requirements.begin(), requirements.end(),
              [&](const auto& requirement) { return api::matches(requirement, labels); });
        };
        const bool is_empty = term.match_expressions.empty() && term.match_fields.empty();
        return !is_empty && all_match(term.match_expressions, node.meta.labels) &&
               all_match(term.match_fields, fields);
      });
}

const PersistentVolume* find_volume_for(const PersistentVolumeClaim& claim,
                                        const std::vector<const PersistentVolume*>& volumes,
                                        const api::Node* node, bool delayed) {
  const PersistentVolume* best = nullptr;
  for (const PersistentVolume* volume : volumes) {
    if (volume->meta.deletion || !satisfies(*volume, claim)) continue;
    if (!claim.spec.volume_name.empty() && claim.spec.volume_name != volume->meta.name) continue;
    if (is_for(*volume, claim)) return volume;
    const bool named = !claim.spec.volume_name.empty();
    if (!volume->claim_name.empty() || volume->phase != VolumePhase::Available) continue;
    if (delayed && node == nullptr && !named) continue;
    if (node != nullptr && !reaches(*volume, *node)) continue;
    if (best == nullptr || volume->capacity_bytes < best->capacity_bytes ||
        (volume->capacity_bytes == best->capacity_bytes && volume->meta.name < best->meta.name)) {
      best = volume;
    }
  }
  return best;
}

ClaimPlan reconcile_claim(const ClaimView& view, const StorageTimes& times, Instant now) {
  ClaimPlan result;
  const PersistentVolumeClaim& claim = *view.claim;
  const bool is_protected = has(claim.meta.finalizers, api::kClaimProtection);
  if (claim.meta.deletion) {
    if (!is_protected || view.in_use) return result;
    PersistentVolumeClaim next = claim;
    std::erase(next.meta.finalizers, api::kClaimProtection);
    result.plan.then(update_call(std::move(next)));
    return result;
  }
  const bool wants_default = !claim.spec.storage_class && view.default_class != nullptr;
  if (!is_protected || wants_default) {
    PersistentVolumeClaim next = claim;
    if (!is_protected) next.meta.finalizers.emplace_back(api::kClaimProtection);
    if (wants_default) next.spec.storage_class = view.default_class->meta.name;
    result.plan.then(update_call(std::move(next)));
    return result;
  }
  if (claim.phase != ClaimPhase::Pending) {
    reconcile_bound(view, times, now, result);
    return result;
  }
  const bool delayed = view.storage_class != nullptr && view.storage_class->wait_for_first_consumer;
  if (const auto* volume = find_volume_for(claim, view.volumes, view.first_consumer, delayed)) {
    bind(result.plan, *volume, claim);
    return result;
  }
  const bool makes = view.storage_class != nullptr &&
                     view.storage_class->provisioner != api::kNoProvisioner &&
                     claim.spec.volume_name.empty() && !claim.spec.selector;
  if (makes && (!delayed || view.first_consumer != nullptr)) {
    ask_for_volume(view, times, now, result);
  }
  return result;
}

VolumePlan reconcile_volume(const VolumeView& view, const StorageTimes& times, Instant now) {
  VolumePlan result;
  const PersistentVolume& volume = *view.volume;
  const bool is_protected = has(volume.meta.finalizers, api::kVolumeProtection);
  PersistentVolume next = volume;
  if (!is_protected && !volume.meta.deletion)
    next.meta.finalizers.emplace_back(api::kVolumeProtection);
  if (volume.claim_name.empty() || volume.claim_uid.empty()) {
    next.phase = VolumePhase::Available;
  } else if (view.claim == nullptr || view.claim->meta.uid != volume.claim_uid) {
    next.phase = VolumePhase::Released;
  } else if (view.claim->spec.volume_name == volume.meta.name) {
    next.phase = VolumePhase::Bound;
  } else if (!view.claim->spec.volume_name.empty()) {  // It has another volume: this one is free.
    next.claim_namespace.clear();
    next.claim_name.clear();
    next.claim_uid.clear();
    next.phase = VolumePhase::Available;
  }
  if (volume.meta.deletion && next.phase != VolumePhase::Bound) {
    std::erase(next.meta.finalizers, api::kVolumeProtection);
  }
  if (!(next == volume)) {
    result.plan.then(update_call(std::move(next)));
    return result;
  }
  if (volume.meta.deletion) return result;
  result.released = volume.phase == VolumePhase::Released;
  const bool ours = volume.meta.annotations.contains(api::kProvisionedByAnnotation);
  if (!result.released || !ours || volume.reclaim != api::ReclaimPolicy::Delete || view.attached) {
    return result;
  }
  const Instant ready = view.released_since.value_or(now) + times.remove;
  if (ready > now) {
    result.plan.look_again(ready - now);
  } else {
    result.plan.then(delete_call(volume.meta, api::Kind::PersistentVolume));
  }
  return result;
}

}  // namespace orrery::controllers
