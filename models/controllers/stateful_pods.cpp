#include "models/controllers/stateful_pods.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "models/controllers/controller_revisions.h"

namespace orrery::controllers {

using api::ClaimTemplate;
using api::OwnerReference;
using api::Pod;
using api::StatefulSet;

std::string stateful_pod_name(const StatefulSet& set, std::int64_t ordinal) {
  return set.meta.name + "-" + std::to_string(ordinal);
}

std::string stateful_claim_name(const ClaimTemplate& claim, const StatefulSet& set,
                                std::int64_t ordinal) {
  return claim.name + "-" + stateful_pod_name(set, ordinal);
}

std::optional<std::int64_t> ordinal_of(const StatefulSet& set, const Pod& pod) {
  const std::string_view name = pod.meta.name;
  const std::size_t prefix = set.meta.name.size() + 1;
  if (name.size() <= prefix) return std::nullopt;
  std::int64_t ordinal = 0;
  const auto [end, error] =
      std::from_chars(name.data() + prefix, name.data() + name.size(), ordinal);
  if (error != std::errc{} || ordinal < 0 || stateful_pod_name(set, ordinal) != name) {
    return std::nullopt;
  }
  return ordinal;
}

bool is_wanted(const StatefulSet& set, std::int64_t ordinal) {
  const std::int64_t start = set.spec.ordinals_start;
  return ordinal >= start && ordinal < start + set.spec.replicas;
}

Pod stateful_pod(const StatefulSet& set, const api::PodTemplate& pod_template,
                 const std::string& revision_name, std::int64_t ordinal) {
  Pod pod;
  pod.meta.name = stateful_pod_name(set, ordinal);
  pod.meta.namespace_name = set.meta.namespace_name;
  pod.meta.labels = pod_template.labels;
  pod.meta.labels[kPodNameLabel] = pod.meta.name;
  pod.meta.labels[kPodIndexLabel] = std::to_string(ordinal);
  pod.meta.labels[kRevisionHashLabel] = revision_name;
  pod.meta.annotations = pod_template.annotations;
  pod.meta.owners = {controller_reference(api::Kind::StatefulSet, set.meta)};
  pod.spec = pod_template.spec;
  pod.spec.hostname = pod.meta.name;
  pod.spec.subdomain = set.spec.service_name;

  std::vector<api::Volume> volumes;
  for (const ClaimTemplate& claim : set.spec.claim_templates) {
    volumes.push_back(
        {claim.name, api::ClaimVolume{stateful_claim_name(claim, set, ordinal), false}});
  }
  for (api::Volume& volume : pod.spec.volumes) {
    const bool is_claim = std::any_of(volumes.begin(), volumes.end(),
                                      [&](const auto& v) { return v.name == volume.name; });
    if (!is_claim) volumes.push_back(std::move(volume));
  }
  pod.spec.volumes = std::move(volumes);
  return pod;
}

api::PersistentVolumeClaim stateful_claim(const StatefulSet& set, const ClaimTemplate& claim,
                                          std::int64_t ordinal) {
  api::PersistentVolumeClaim made;
  made.meta.name = stateful_claim_name(claim, set, ordinal);
  made.meta.namespace_name = set.meta.namespace_name;
  made.meta.labels = claim.labels;
  for (const auto& [key, value] : set.spec.selector.match_labels) made.meta.labels[key] = value;
  made.meta.owners = claim_owners({}, set, ordinal, nullptr);
  made.spec = claim.spec;
  return made;
}

std::vector<OwnerReference> claim_owners(const std::vector<OwnerReference>& owners,
                                         const StatefulSet& set, std::int64_t ordinal,
                                         const Pod* pod) {
  const bool goes_with_pod = set.spec.delete_claims_when_scaled && !is_wanted(set, ordinal);
  const bool goes_with_set = set.spec.delete_claims_when_deleted && !goes_with_pod;
  std::vector<OwnerReference> result;
  const auto keep = [&](const std::string& uid, bool wanted) {
    const auto found = std::find_if(owners.begin(), owners.end(),
                                    [&](const OwnerReference& o) { return o.uid == uid; });
    if (wanted && found != owners.end()) result.push_back(*found);
    return found != owners.end();
  };
  for (const OwnerReference& owner : owners) {
    const bool is_ours =
        owner.uid == set.meta.uid || (pod != nullptr && owner.uid == pod->meta.uid);
    if (!is_ours) result.push_back(owner);
  }
  if (!keep(set.meta.uid, goes_with_set) && goes_with_set) {
    result.push_back({api::Kind::StatefulSet, set.meta.name, set.meta.uid, true});
  }
  if (pod == nullptr) return result;
  if (!keep(pod->meta.uid, goes_with_pod) && goes_with_pod) {
    result.push_back({api::Kind::Pod, pod->meta.name, pod->meta.uid, true});
  }
  return result;
}

}  // namespace orrery::controllers
