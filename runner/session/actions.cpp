#include "runner/session/actions.h"

#include <algorithm>
#include <utility>

namespace orrery::session {
namespace {

bool runs(const api::Pod& pod) {
  return api::is_active(pod) && pod.status.phase == api::PodPhase::Running;
}

/// Pods of a Deployment carry its name through their ReplicaSet: "<deployment>-<template hash>".
bool belongs_to(const api::Pod& pod, const api::ObjectKey& deployment) {
  const api::OwnerReference* owner = api::controller_of(pod.meta);
  const auto hash = pod.meta.labels.find("pod-template-hash");
  return owner != nullptr && owner->kind == api::Kind::ReplicaSet &&
         pod.meta.namespace_name == deployment.namespace_name && hash != pod.meta.labels.end() &&
         owner->name == deployment.name + "-" + hash->second;
}

bool matches(const api::Object& object, const scenario::FaultAction& fault) {
  if (!fault.target) return false;
  if (fault.target->kind == api::Kind::Node) {
    return std::holds_alternative<api::Node>(object) && api::key_of(object) == *fault.target;
  }
  const auto* pod = std::get_if<api::Pod>(&object);
  if (pod == nullptr || !runs(*pod)) return false;
  return fault.target->kind == api::Kind::Pod ? api::key_of(object) == *fault.target
                                              : belongs_to(*pod, *fault.target);
}

}  // namespace

api::Deployment changed(api::Deployment deployment, const scenario::SetAction& action) {
  if (action.replicas) deployment.spec.replicas = *action.replicas;
  std::vector<api::Container>& containers = deployment.spec.pod_template.spec.containers;
  const auto container =
      action.container.empty()
          ? containers.begin()
          : std::find_if(containers.begin(), containers.end(),
                         [&](const api::Container& c) { return c.name == action.container; });
  expects(container != containers.end(), "the container that a timeline entry names exists");
  if (action.image) container->image = *action.image;
  for (const auto& [name, value] : action.env) {
    const auto present = std::find_if(container->env.begin(), container->env.end(),
                                      [&n = name](const api::EnvVar& e) { return e.name == n; });
    api::EnvVar variable;
    variable.name = name;
    variable.value = value;
    if (present == container->env.end()) {
      container->env.push_back(std::move(variable));
    } else {
      *present = std::move(variable);
    }
  }
  return deployment;
}

std::vector<api::ObjectPtr> choose_targets(const scenario::FaultAction& fault,
                                           const std::string& id,
                                           const std::vector<api::ObjectPtr>& objects,
                                           const Draws& draws) {
  std::vector<api::ObjectPtr> candidates;
  for (const api::ObjectPtr& object : objects) {
    if (matches(*object, fault)) candidates.push_back(object);
  }
  std::vector<api::ObjectPtr> chosen;
  const std::uint64_t key = key_of(id.data(), id.size());
  while (chosen.size() < fault.count && !candidates.empty()) {
    const auto index = static_cast<std::ptrdiff_t>(
        draws.index(Purpose::FaultTarget, candidates.size(), key, chosen.size()));
    chosen.push_back(candidates[static_cast<std::size_t>(index)]);
    candidates.erase(candidates.begin() + index);
  }
  return chosen;
}

std::vector<ports::ApiCall> creations(const scenario::Scenario& scenario) {
  std::vector<ports::ApiCall> calls;
  for (const api::ManifestObject& manifest : scenario.objects) {
    ports::ApiCall call;
    call.verb = ports::Verb::Create;
    call.key = api::key_of(manifest.object);
    call.object = std::make_shared<const api::Object>(manifest.object);
    calls.push_back(std::move(call));
  }
  return calls;
}

ports::ApiCall update_of(const api::Deployment& current, const scenario::SetAction& action) {
  ports::ApiCall call;
  call.verb = ports::Verb::Update;
  call.key = action.target;
  call.object = std::make_shared<const api::Object>(changed(current, action));
  return call;
}

ports::ApiCall deletion_of(const api::ObjectKey& key, std::optional<Duration> grace) {
  ports::ApiCall call;
  call.verb = ports::Verb::Delete;
  call.key = key;
  call.grace = grace;
  return call;
}

}  // namespace orrery::session
