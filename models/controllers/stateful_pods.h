/// @file
/// The identity of a StatefulSet's pods: their names, labels and claims follow from an ordinal.
///
/// Source: Kubernetes pkg/controller/statefulset/stateful_set_utils.go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"

namespace orrery::controllers {

inline constexpr const char* kPodNameLabel = "statefulset.kubernetes.io/pod-name";
inline constexpr const char* kPodIndexLabel = "apps.kubernetes.io/pod-index";

/// "web-2"
[[nodiscard]] std::string stateful_pod_name(const api::StatefulSet& set, std::int64_t ordinal);
/// "data-web-2"
[[nodiscard]] std::string stateful_claim_name(const api::ClaimTemplate& claim,
                                              const api::StatefulSet& set, std::int64_t ordinal);

/// The ordinal in the pod's name, if the name is one of the set's.
[[nodiscard]] std::optional<std::int64_t> ordinal_of(const api::StatefulSet& set,
                                                     const api::Pod& pod);

/// Whether the set wants a pod with that ordinal: from spec.ordinals.start, spec.replicas of them.
[[nodiscard]] bool is_wanted(const api::StatefulSet& set, std::int64_t ordinal);

/// The pod of that ordinal from a template, labelled with the revision it comes from. Its volumes
/// of a claim template's name are those claims.
[[nodiscard]] api::Pod stateful_pod(const api::StatefulSet& set,
                                    const api::PodTemplate& pod_template,
                                    const std::string& revision_name, std::int64_t ordinal);

/// The claim of that ordinal, owned as claim_owners says.
[[nodiscard]] api::PersistentVolumeClaim stateful_claim(const api::StatefulSet& set,
                                                        const api::ClaimTemplate& claim,
                                                        std::int64_t ordinal);

/// Who a claim should belong to, by persistentVolumeClaimRetentionPolicy: with whenDeleted Delete
/// it goes with the set; with whenScaled Delete the claim of an ordinal that is no longer wanted
/// goes with its pod, if there is one. Owners other than the two are kept.
[[nodiscard]] std::vector<api::OwnerReference> claim_owners(
    const std::vector<api::OwnerReference>& owners, const api::StatefulSet& set,
    std::int64_t ordinal, const api::Pod* pod);

}  // namespace orrery::controllers
