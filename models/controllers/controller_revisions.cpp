#include "models/controllers/controller_revisions.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "models/controllers/template_hash.h"

namespace orrery::controllers {
namespace {

using api::ControllerRevision;

bool older(const ControllerRevision* a, const ControllerRevision* b) {
  return std::tie(a->revision, a->meta.creation, a->meta.name) <
         std::tie(b->revision, b->meta.creation, b->meta.name);
}

}  // namespace

void sort_revisions(std::vector<const ControllerRevision*>& revisions) {
  std::sort(revisions.begin(), revisions.end(), older);
}

PresentRevision present_revision(const RevisionOwner& owner,
                                 const std::vector<const ControllerRevision*>& owned,
                                 const std::vector<const ControllerRevision*>& in_namespace) {
  PresentRevision present;
  present.collision_count = owner.collision_count;
  const ControllerRevision* found = nullptr;
  std::int64_t highest_other = 0;
  for (const ControllerRevision* revision : owned) {
    if (!(revision->pod_template == *owner.pod_template)) {
      highest_other = std::max(highest_other, revision->revision);
    } else if (found == nullptr || older(found, revision)) {
      found = revision;
    }
  }
  if (found != nullptr) {
    present.revision = *found;
    if (found->revision <= highest_other) {
      present.revision.revision = highest_other + 1;
      present.write = update_call(present.revision);
    }
    return present;
  }

  ControllerRevision& draft = present.revision;
  draft.meta.namespace_name = owner.meta->namespace_name;
  draft.meta.annotations = owner.meta->annotations;
  draft.meta.labels = owner.pod_template->labels;
  draft.meta.owners = {controller_reference(owner.kind, *owner.meta)};
  draft.revision = highest_other + 1;
  draft.pod_template = *owner.pod_template;
  for (;;) {
    const std::string hash = template_hash(*owner.pod_template, present.collision_count);
    draft.meta.name = owner.meta->name + "-" + hash;
    draft.meta.labels[owner.hash_label] = hash;
    const auto taken =
        std::find_if(in_namespace.begin(), in_namespace.end(),
                     [&](const auto* revision) { return revision->meta.name == draft.meta.name; });
    if (taken == in_namespace.end()) {
      present.write = create_call(draft);
      return present;
    }
    if ((*taken)->pod_template == *owner.pod_template) {
      // Left by an owner of the same name: as good as one of our own while it is there.
      present.revision = **taken;
      return present;
    }
    present.collision_count = present.collision_count.value_or(0) + 1;
  }
}

}  // namespace orrery::controllers
