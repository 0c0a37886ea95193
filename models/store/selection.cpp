#include "models/store/selection.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "models/store/object_table.h"

namespace orrery::store {
namespace {

using api::Object;
using api::Pod;

const char* restart_policy(api::RestartPolicy policy) {
  switch (policy) {
    case api::RestartPolicy::Always:
      return "Always";
    case api::RestartPolicy::OnFailure:
      return "OnFailure";
    case api::RestartPolicy::Never:
      return "Never";
  }
  contract_violation("a restart policy has one of the known values");
}

/// The field as text, or nothing: the kind has no such field to select by.
std::optional<std::string_view> field_of(std::string_view field, const Object& object) {
  const api::ObjectMeta& meta = api::meta_of(object);
  if (field == "metadata.name") return meta.name;
  if (field == "metadata.namespace") return meta.namespace_name;
  const auto* pod = std::get_if<Pod>(&object);
  if (pod == nullptr) return std::nullopt;
  if (field == "spec.nodeName") return pod->spec.node_name;
  if (field == "spec.restartPolicy") return restart_policy(pod->spec.restart_policy);
  if (field == "spec.schedulerName") {
    const std::string& name = pod->spec.scheduler_name;
    return name.empty() ? std::string_view{"default-scheduler"} : std::string_view{name};
  }
  if (field == "status.phase") return api::to_string(pod->status.phase);
  if (field == "status.podIP") return pod->status.pod_ip;
  if (field == "status.nominatedNodeName") return pod->status.nominated_node_name;
  return std::nullopt;
}

}  // namespace

Selection selection_of(const ports::ApiCall& call) {
  Selection selection{
      call.key.namespace_name, call.key.name, call.node_name, call.label_selector, {}};
  for (const ports::FieldRequirement& requirement : call.field_selector) {
    std::string* index = nullptr;
    if (requirement.field == "spec.nodeName") index = &selection.node_name;
    if (requirement.field == "metadata.name") index = &selection.name;
    const bool fits =
        index != nullptr && requirement.equal && !requirement.value.empty() && index->empty();
    if (fits) {
      *index = requirement.value;
    } else {
      selection.fields.push_back(requirement);
    }
  }
  return selection;
}

bool is_supported(const Selection& selection, api::Kind kind) {
  if (!selection.node_name.empty() && kind != api::Kind::Pod) return false;
  const Object sample = kind == api::Kind::Pod ? Object{Pod{}} : Object{api::ConfigMap{}};
  return std::all_of(selection.fields.begin(), selection.fields.end(),
                     [&](const auto& r) { return field_of(r.field, sample).has_value(); });
}

bool selects(const Selection& selection, const Object& object) {
  const api::ObjectMeta& meta = api::meta_of(object);
  if (!selection.namespace_name.empty() && selection.namespace_name != meta.namespace_name) {
    return false;
  }
  if (!selection.name.empty() && selection.name != meta.name) return false;
  if (!selection.node_name.empty() && selection.node_name != node_of(object)) return false;
  if (!api::matches(selection.labels, meta.labels)) return false;
  return std::all_of(selection.fields.begin(), selection.fields.end(), [&](const auto& r) {
    return (field_of(r.field, object) == std::string_view{r.value}) == r.equal;
  });
}

}  // namespace orrery::store
