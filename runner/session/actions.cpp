#include "runner/session/actions.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace orrery::session {
namespace {

bool runs(const api::Pod& pod) {
  return api::is_active(pod) && pod.status.phase == api::PodPhase::Running;
}

/// Pods of a Deployment carry its name through their ReplicaSet: "<deployment>-<template hash>".
/// Those of other workloads name it as their controller.
bool belongs_to(const api::Pod& pod, const api::ObjectKey& workload) {
  const api::OwnerReference* owner = api::controller_of(pod.meta);
  if (owner == nullptr || pod.meta.namespace_name != workload.namespace_name) return false;
  if (workload.kind != api::Kind::Deployment) {
    return owner->kind == workload.kind && owner->name == workload.name;
  }
  const auto hash = pod.meta.labels.find("pod-template-hash");
  return owner->kind == api::Kind::ReplicaSet && hash != pod.meta.labels.end() &&
         owner->name == workload.name + "-" + hash->second;
}

/// The template of the pods that an object makes, or nullptr.
api::PodTemplate* pod_template_of(api::Object& object) {
  return std::visit(
      [](auto& any) -> api::PodTemplate* {
        if constexpr (requires { any.spec.pod_template; }) {
          return &any.spec.pod_template;
        } else if constexpr (requires { any.spec.job.pod_template; }) {
          return &any.spec.job.pod_template;
        } else {
          return nullptr;
        }
      },
      object);
}

std::int32_t* replicas_of(api::Object& object) {
  return std::visit(
      [](auto& any) -> std::int32_t* {
        if constexpr (requires { any.spec.replicas; }) {
          return &any.spec.replicas;
        } else {
          return nullptr;
        }
      },
      object);
}

bool matches(const api::Object& object, const api::ObjectKey& target) {
  if (target.kind == api::Kind::Node) {
    return std::holds_alternative<api::Node>(object) && api::key_of(object) == target;
  }
  const auto* pod = std::get_if<api::Pod>(&object);
  if (pod == nullptr || !runs(*pod)) return false;
  return target.kind == api::Kind::Pod ? api::key_of(object) == target : belongs_to(*pod, target);
}

}  // namespace

api::Object changed(api::Object workload, const scenario::SetAction& action) {
  if (action.replicas) {
    std::int32_t* replicas = replicas_of(workload);
    expects(replicas != nullptr, "what is scaled has replicas");
    *replicas = *action.replicas;
  }
  if (!action.image && action.env.empty()) return workload;
  api::PodTemplate* pods = pod_template_of(workload);
  expects(pods != nullptr, "what gets an image has a pod template");
  auto& containers = pods->spec.containers;
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
  return workload;
}

std::vector<api::ObjectPtr> choose_targets(const scenario::FaultAction& fault,
                                           const std::string& id,
                                           const std::vector<api::ObjectPtr>& objects,
                                           const Draws& draws) {
  std::vector<api::ObjectPtr> candidates;
  for (const api::ObjectPtr& object : objects) {
    if (fault.target && matches(*object, *fault.target)) candidates.push_back(object);
  }
  return drawn_of(std::move(candidates), fault, id, draws);
}

std::vector<api::ObjectPtr> pods_of(const std::vector<api::ObjectKey>& targets,
                                    const std::vector<api::ObjectPtr>& objects) {
  std::vector<api::ObjectPtr> pods;
  for (const api::ObjectPtr& object : objects) {
    if (!std::holds_alternative<api::Pod>(*object)) continue;
    if (std::any_of(targets.begin(), targets.end(),
                    [&](const api::ObjectKey& target) { return matches(*object, target); })) {
      pods.push_back(object);
    }
  }
  return pods;
}

std::vector<api::ObjectPtr> drawn_of(std::vector<api::ObjectPtr> candidates,
                                     const scenario::FaultAction& fault, const std::string& id,
                                     const Draws& draws) {
  std::size_t wanted = fault.count;
  if (fault.share) {
    // A hair less, so that 30% of ten pods are three whatever the double is.
    const auto all = static_cast<double>(candidates.size());
    wanted = static_cast<std::size_t>(std::ceil(all * *fault.share - 1e-9));
  }
  std::vector<api::ObjectPtr> chosen;
  const std::uint64_t key = key_of(id.data(), id.size());
  while (chosen.size() < wanted && !candidates.empty()) {
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

ports::ApiCall replacement_by(api::Object changed) {
  ports::ApiCall call;
  call.verb = ports::Verb::Update;
  call.key = api::key_of(changed);
  call.object = std::make_shared<const api::Object>(std::move(changed));
  return call;
}

ports::ApiCall update_of(const api::Object& current, const scenario::SetAction& action) {
  return replacement_by(changed(current, action));
}

ports::ApiCall application_of(const api::Object* current, const api::Object& wanted) {
  ports::ApiCall call;
  call.key = api::key_of(wanted);
  call.verb = current == nullptr ? ports::Verb::Create : ports::Verb::Update;
  api::Object object = wanted;
  if (current != nullptr) {
    api::ObjectMeta meta = api::meta_of(*current);
    meta.labels = api::meta_of(wanted).labels;
    meta.annotations = api::meta_of(wanted).annotations;
    api::meta_of(object) = std::move(meta);
  }
  call.object = std::make_shared<const api::Object>(std::move(object));
  return call;
}

std::vector<api::ObjectKey> choose_patched(const scenario::PatchAction& action,
                                           const std::string& id,
                                           const std::vector<api::ObjectPtr>& objects,
                                           const Draws& draws) {
  if (action.pods == 0) return {action.target};
  scenario::FaultAction pods;
  pods.target = action.target;
  pods.count = action.pods;
  std::vector<api::ObjectKey> keys;
  for (const api::ObjectPtr& object : choose_targets(pods, id, objects, draws)) {
    keys.push_back(api::key_of(*object));
  }
  return keys;
}

ports::ApiCall deletion_of(const api::ObjectKey& key, std::optional<Duration> grace) {
  ports::ApiCall call;
  call.verb = ports::Verb::Delete;
  call.key = key;
  call.grace = grace;
  return call;
}

}  // namespace orrery::session
