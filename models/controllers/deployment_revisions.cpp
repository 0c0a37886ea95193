#include "models/controllers/deployment_revisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace orrery::controllers {
namespace {

using api::ReplicaSet;

/// Kubernetes keeps about this much of the list of earlier revisions.
constexpr std::size_t kRevisionHistoryLength = 2000;

/// Annotations that say something of the object they stand on, and are not handed on.
bool is_own(const std::string& annotation) {
  static constexpr std::array<const char*, 6> kOwn{
      "kubectl.kubernetes.io/last-applied-configuration",
      kRevisionAnnotation,
      kRevisionHistoryAnnotation,
      kDesiredReplicasAnnotation,
      kMaxReplicasAnnotation,
      kRollbackAnnotation};
  return std::any_of(kOwn.begin(), kOwn.end(), [&](const char* own) { return annotation == own; });
}

}  // namespace

std::optional<std::int64_t> integer_annotation(const api::ObjectMeta& meta, const char* name) {
  const auto found = meta.annotations.find(name);
  if (found == meta.annotations.end()) return std::nullopt;
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::int64_t revision_of(const api::ObjectMeta& meta) {
  return integer_annotation(meta, kRevisionAnnotation).value_or(0);
}

bool same_template(const api::PodTemplate& a, const api::PodTemplate& b) {
  const auto labels_without_hash = [](api::Labels labels) {
    labels.erase(kTemplateHashLabel);
    return labels;
  };
  return a.spec == b.spec && a.annotations == b.annotations &&
         labels_without_hash(a.labels) == labels_without_hash(b.labels);
}

void raise_revision(api::ObjectMeta& set, std::int64_t revision) {
  const std::int64_t current = revision_of(set);
  if (current >= revision) return;
  if (current > 0) {
    std::string& history = set.annotations[kRevisionHistoryAnnotation];
    if (!history.empty()) history += ",";
    history += std::to_string(current);
    while (history.size() > kRevisionHistoryLength) history.erase(0, history.find(',') + 1);
  }
  set.annotations[kRevisionAnnotation] = std::to_string(revision);
}

void copy_annotations(const api::ObjectMeta& deployment, api::ObjectMeta& set) {
  for (const auto& [key, value] : deployment.annotations) {
    if (!is_own(key)) set.annotations[key] = value;
  }
}

Result<api::Deployment> rolled_back(const api::Deployment& deployment,
                                    const std::vector<const ReplicaSet*>& sets,
                                    std::optional<std::int64_t> revision) {
  const std::string name =
      "Deployment/" + deployment.meta.namespace_name + "/" + deployment.meta.name;
  if (deployment.spec.paused) return failure(name + " is paused", "resume it first");
  std::vector<const ReplicaSet*> numbered;
  std::copy_if(sets.begin(), sets.end(), std::back_inserter(numbered),
               [](const ReplicaSet* set) { return revision_of(set->meta) > 0; });
  std::sort(numbered.begin(), numbered.end(), [](const ReplicaSet* a, const ReplicaSet* b) {
    return revision_of(a->meta) > revision_of(b->meta);
  });
  const ReplicaSet* target = nullptr;
  if (!revision || *revision == 0) {
    if (numbered.size() < 2) return failure(name + " has no earlier revision to go back to");
    target = numbered[1];
  } else {
    const auto found = std::find_if(numbered.begin(), numbered.end(), [&](const ReplicaSet* set) {
      return revision_of(set->meta) == *revision;
    });
    if (found == numbered.end()) {
      std::string known;
      for (const ReplicaSet* set : numbered) {
        known += (known.empty() ? "" : ", ") + std::to_string(revision_of(set->meta));
      }
      return failure(fmt::format("{} has no revision {}", name, *revision),
                     known.empty() ? "it has none yet" : "there are " + known);
    }
    target = *found;
  }
  api::Deployment next = deployment;
  if (same_template(target->spec.pod_template, deployment.spec.pod_template)) return next;
  next.spec.pod_template = target->spec.pod_template;
  next.spec.pod_template.labels.erase(kTemplateHashLabel);
  std::erase_if(next.meta.annotations, [](const auto& a) { return !is_own(a.first); });
  copy_annotations(target->meta, next.meta);
  return next;
}

}  // namespace orrery::controllers
