#include "models/scheduler/volume_binding.h"

#include <algorithm>

#include "models/controllers/node_lifecycle.h"
#include "models/scheduler/node_affinity.h"

namespace orrery::scheduler {
namespace {

using api::Node;
using api::PersistentVolume;
using api::PersistentVolumeClaim;
using api::StorageClass;

constexpr const char* kNoProvisioner = "kubernetes.io/no-provisioner";
constexpr const char* kRegionLabel = "topology.kubernetes.io/region";

const StorageClass* class_of(const PersistentVolumeClaim& claim, const VolumeCaches& caches) {
  if (!claim.spec.storage_class) return nullptr;
  return caches.classes.find<StorageClass>("", *claim.spec.storage_class);
}

/// In the order of the pod's volumes. Reports the first claim that is missing.
std::vector<const PersistentVolumeClaim*> claims_of(const api::Pod& pod, const VolumeCaches& caches,
                                                    std::string* missing) {
  std::vector<const PersistentVolumeClaim*> claims;
  for (const api::Volume& volume : pod.spec.volumes) {
    const auto* source = std::get_if<api::ClaimVolume>(&volume.source);
    if (source == nullptr) continue;
    const auto* claim =
        caches.claims.find<PersistentVolumeClaim>(pod.meta.namespace_name, source->claim_name);
    if (claim != nullptr && !claim->meta.deletion) {
      claims.push_back(claim);
    } else if (missing != nullptr && missing->empty()) {
      *missing = source->claim_name;
    }
  }
  return claims;
}

/// Where the claim is being provisioned, or is about to be.
std::string selected_node(const PersistentVolumeClaim& claim, const VolumeCaches& caches) {
  const auto assumed =
      caches.assumptions.claim_nodes.find({claim.meta.namespace_name, claim.meta.name});
  if (assumed != caches.assumptions.claim_nodes.end()) return assumed->second;
  const auto written = claim.meta.annotations.find(kSelectedNodeAnnotation);
  return written == claim.meta.annotations.end() ? "" : written->second;
}

bool contains_all(const std::vector<api::AccessMode>& offered,
                  const std::vector<api::AccessMode>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](api::AccessMode mode) {
    return std::find(offered.begin(), offered.end(), mode) != offered.end();
  });
}

bool serves(const PersistentVolume& volume, const PersistentVolumeClaim& claim) {
  const bool reserved = !volume.claim_name.empty();
  if (reserved && (volume.claim_name != claim.meta.name ||
                   volume.claim_namespace != claim.meta.namespace_name)) {
    return false;
  }
  return (reserved || volume.phase == api::VolumePhase::Available) && !volume.meta.deletion &&
         volume.storage_class == claim.spec.storage_class.value_or("") &&
         volume.block == claim.spec.block && volume.capacity_bytes >= claim.spec.request_bytes &&
         contains_all(volume.access_modes, claim.spec.access_modes) &&
         (!claim.spec.selector || api::matches(*claim.spec.selector, volume.meta.labels));
}

/// "a__b" names the zones a and b.
bool names_zone(const std::string& zones, const std::string& zone) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = zones.find("__", begin);
    if (zones.compare(begin, end == std::string::npos ? end : end - begin, zone) == 0) return true;
    if (end == std::string::npos) return false;
    begin = end + 2;
  }
}

}  // namespace

PodVolumes volumes_of(const api::Pod& pod, const VolumeCaches& caches) {
  PodVolumes volumes;
  std::string missing;
  bool immediate = false;
  for (const PersistentVolumeClaim* claim : claims_of(pod, caches, &missing)) {
    const auto& modes = claim->spec.access_modes;
    if (std::find(modes.begin(), modes.end(), api::AccessMode::ReadWriteOncePod) != modes.end()) {
      volumes.exclusive.push_back(claim->meta.namespace_name + '/' + claim->meta.name);
    }
    if (claim->phase == api::ClaimPhase::Bound && !claim->spec.volume_name.empty()) {
      const auto* volume = caches.volumes.find<PersistentVolume>("", claim->spec.volume_name);
      if (volume != nullptr) {
        volumes.bound.push_back(volume);
      } else if (volumes.obstacle.empty()) {
        volumes.obstacle =
            "node(s) unavailable due to one or more pvc(s) bound to non-existent "
            "pv(s)";
      }
      continue;
    }
    const StorageClass* storage = class_of(*claim, caches);
    if (storage == nullptr || !storage->wait_for_first_consumer) {
      immediate = true;
      continue;
    }
    volumes.waiting.push_back(
        {claim, storage->provisioner != kNoProvisioner, selected_node(*claim, caches)});
  }
  if (!missing.empty()) {
    volumes.obstacle = "persistentvolumeclaim \"" + missing + "\" not found";
  } else if (immediate) {
    volumes.obstacle = "pod has unbound immediate PersistentVolumeClaims";
  }
  return volumes;
}

const PersistentVolume* volume_for(const PersistentVolumeClaim& claim, const Node& node,
                                   const std::set<std::string>& taken, const VolumeCaches& caches) {
  const PersistentVolume* best = nullptr;
  for (const PersistentVolume* volume : caches.volumes.all<PersistentVolume>()) {
    if (taken.contains(volume->meta.name) || !serves(*volume, claim)) continue;
    if (volume->node_affinity && !matches_any(*volume->node_affinity, node)) continue;
    if (!volume->claim_name.empty()) return volume;  // Kept for this claim.
    if (best == nullptr || volume->capacity_bytes < best->capacity_bytes) best = volume;
  }
  return best;
}

bool can_bind_on(const PodVolumes& volumes, const Node& node, const VolumeCaches& caches) {
  std::set<std::string> taken = caches.assumptions.volumes;
  for (const WaitingClaim& waiting : volumes.waiting) {
    if (!waiting.selected_node.empty()) {
      if (waiting.selected_node != node.meta.name) return false;
      continue;
    }
    if (const PersistentVolume* volume = volume_for(*waiting.claim, node, taken, caches)) {
      taken.insert(volume->meta.name);
    } else if (!waiting.can_be_provisioned) {
      return false;
    }
  }
  return true;
}

bool reachable_from(const PodVolumes& volumes, const Node& node) {
  return std::all_of(volumes.bound.begin(), volumes.bound.end(), [&](const auto* volume) {
    return !volume->node_affinity || matches_any(*volume->node_affinity, node);
  });
}

bool in_zone_of(const PodVolumes& volumes, const Node& node) {
  for (const PersistentVolume* volume : volumes.bound) {
    for (const char* key : {controllers::kZoneLabel, kRegionLabel}) {
      const auto wanted = volume->meta.labels.find(key);
      if (wanted == volume->meta.labels.end()) continue;
      const auto own = node.meta.labels.find(key);
      if (own == node.meta.labels.end()) {
        // A cluster without zones takes every volume; one with zones does not.
        if (node.meta.labels.contains(controllers::kZoneLabel) ||
            node.meta.labels.contains(kRegionLabel)) {
          return false;
        }
        continue;
      }
      if (!names_zone(wanted->second, own->second)) return false;
    }
  }
  return true;
}

bool within_attach_limits(const PodVolumes& volumes, const NodeState& node,
                          std::span<PlacedPod* const> pods, const VolumeCaches& caches) {
  const auto& offered = node.node->status.allocatable.extended;
  const auto first = offered.lower_bound(kAttachLimitPrefix);
  const std::size_t prefix_length = std::char_traits<char>::length(kAttachLimitPrefix);
  if (first == offered.end() || first->first.compare(0, prefix_length, kAttachLimitPrefix) != 0) {
    return true;
  }
  // Volumes by provisioner; claims that wait count under their own names.
  std::map<std::string, std::set<std::string>> by_driver;
  std::map<std::string, std::set<std::string>> before;
  const auto driver_of = [&](const std::string& storage_class) -> std::string {
    const auto* storage = caches.classes.find<StorageClass>("", storage_class);
    return storage == nullptr ? "" : storage->provisioner;
  };
  for (const PlacedPod* placed : pods) {
    for (const PersistentVolumeClaim* claim : claims_of(placed->get(), caches, nullptr)) {
      if (!claim->spec.storage_class) continue;
      const std::string& name = claim->spec.volume_name.empty()
                                    ? claim->meta.namespace_name + '/' + claim->meta.name
                                    : claim->spec.volume_name;
      before[driver_of(*claim->spec.storage_class)].insert(name);
    }
  }
  for (const PersistentVolume* volume : volumes.bound) {
    by_driver[driver_of(volume->storage_class)].insert(volume->meta.name);
  }
  for (const WaitingClaim& waiting : volumes.waiting) {
    by_driver[driver_of(waiting.claim->spec.storage_class.value_or(""))].insert(
        waiting.claim->meta.namespace_name + '/' + waiting.claim->meta.name);
  }
  for (const auto& [driver, wanted] : by_driver) {
    const auto limit = offered.find(kAttachLimitPrefix + driver);
    if (limit == offered.end()) continue;
    const std::set<std::string>& there = before[driver];
    const auto added = std::count_if(wanted.begin(), wanted.end(), [&](const std::string& name) {
      return !there.contains(name);
    });
    if (added > 0 && static_cast<std::int64_t>(there.size()) + added > limit->second) return false;
  }
  return true;
}

}  // namespace orrery::scheduler
