#include "runner/scenario/action_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "models/api/object_patch.h"
#include "runner/scenario/composition.h"
#include "runner/scenario/istio_policies.h"
#include "runner/scenario/metrics.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

constexpr std::int64_t kPodsMax = 100'000;

/// What "target" of a patch names: an object of the manifests or a node.
std::optional<api::ObjectKey> read_patch_target(const Value& target, Reading& reading) {
  const char* expected = "\"Kind/name\" of a manifest or a node";
  const std::string name = read_text(target, expected, reading.report).value_or("");
  if (name.empty()) return std::nullopt;
  const auto kind = api::kind_named(name.substr(0, name.find('/')));
  if (!kind || name.find('/') == std::string::npos) {
    reading.report.add(target, expected);
    return std::nullopt;
  }
  return reading.catalog.object(target.where, name, {*kind}, reading.report);
}

/// What the patch meets: the target as its manifest has it, or a pod of its.
api::Object met_by(const PatchAction& patch, const Reading& reading) {
  if (patch.pods > 0) {
    api::Pod pod;
    pod.meta.name = "pod";
    pod.meta.namespace_name = patch.target.namespace_name;
    if (const auto* spec = reading.catalog.pods_of(patch.target)) pod.spec = *spec;
    return pod;
  }
  if (const api::Object* known = reading.catalog.find(patch.target)) return *known;
  api::Node node;
  node.meta.name = patch.target.name;
  return node;
}

void read_pods(const Value& pods, PatchAction& patch, Reading& reading) {
  const auto count = read_count(pods, 1, kPodsMax, reading.report);
  if (!keeps_replicas(patch.target.kind)) {
    reading.report.add(pods.where, "no \"pods\" unless the target is a workload",
                       fmt::format("it with {}", api::to_string(patch.target)));
  } else {
    patch.pods = static_cast<std::uint32_t>(count.value_or(1));
  }
}

}  // namespace

SetAction read_set(const Value& value, Reading& reading) {
  Report& report = reading.report;
  SetAction set;
  const Fields fields{value, {"target", "container", "image", "replicas", "env"}, report};
  const api::PodSpec* pods = nullptr;
  if (const Value* target = fields.require("target", "a workload, such as \"Deployment/web\"")) {
    const std::string name =
        read_text(*target, "\"Kind/name\", such as \"Deployment/web\"", report).value_or("");
    if (!name.empty()) {
      const auto key = reading.catalog.object(target->where, name, replica_kinds(), report);
      if (key) {
        set.target = *key;
        pods = reading.catalog.pods_of(*key);
      }
    }
  }
  if (const Value* container = fields.find("container")) {
    set.container = read_text(*container, "the name of a container", report).value_or("");
    if (pods != nullptr && !set.container.empty()) {
      (void)find_container(*pods, set.container, container->where, report);
    }
  }
  if (const Value* image = fields.find("image")) {
    set.image = read_text(*image, "the name of an image", report);
  }
  if (const Value* replicas = fields.find("replicas")) {
    if (const auto count = read_count(*replicas, 0, 100'000, report)) {
      set.replicas = static_cast<std::int32_t>(*count);
    }
    if (pods != nullptr && !reading.catalog.replicas_of(set.target)) {
      report.add(*replicas, fmt::format("no \"replicas\" for a {}, which has as many pods as nodes",
                                        api::to_string(set.target.kind)));
    }
  }
  if (const Value* env = fields.find("env")) {
    for (const Value& variable : named_members(*env, "an object of variables", report)) {
      if (variable.type == Value::Type::Text) {
        set.env.emplace(variable.key, variable.text);
      } else {
        report.add(variable, "text");
      }
    }
  }
  const bool changes =
      fields.find("image") != nullptr || fields.find("replicas") != nullptr || !set.env.empty();
  if (value.type == Value::Type::Object && !changes) {
    report.add(value.where, "something to set: \"image\", \"replicas\" or \"env\"", "nothing");
  }
  return set;
}

void check_sets_change_something(Reading& reading) {
  std::map<std::pair<api::ObjectKey, std::string>, std::string> images;
  std::map<api::ObjectKey, std::int32_t> replicas;
  for (const TimelineEntry& entry : reading.scenario.timeline) {
    const auto* set = std::get_if<SetAction>(&entry.action);
    const api::PodSpec* pods = set == nullptr ? nullptr : reading.catalog.pods_of(set->target);
    // A set that names nothing is reported where it stands.
    if (pods == nullptr || (!set->image && !set->replicas && set->env.empty())) continue;
    bool changes = !set->env.empty();
    if (set->image) {
      const auto& containers = pods->containers;
      const auto container =
          std::find_if(containers.begin(), containers.end(), [&](const api::Container& candidate) {
            return set->container.empty() || candidate.name == set->container;
          });
      if (container == containers.end()) continue;
      std::string& image =
          images.emplace(std::pair{set->target, container->name}, container->image).first->second;
      changes = changes || image != *set->image;
      image = *set->image;
    }
    if (set->replicas) {
      const std::int32_t said = reading.catalog.replicas_of(set->target).value_or(0);
      std::int32_t& count = replicas.emplace(set->target, said).first->second;
      changes = changes || count != *set->replicas;
      count = *set->replicas;
    }
    if (changes) continue;
    reading.report.add(entry.where, "a change",
                       fmt::format("{} has this already", api::to_string(set->target)),
                       "set another image or number of replicas, or a variable under \"env\"");
  }
}

const AppliedManifests& applied_by(const Value& list, const Reading& reading) {
  const auto applied = std::find_if(reading.applied.begin(), reading.applied.end(),
                                    [&](const AppliedManifests& one) { return one.list == &list; });
  expects(applied != reading.applied.end(), "the files of every \"apply\" are read");
  return *applied;
}

ApplyAction read_apply(const AppliedManifests& applied) {
  ApplyAction action;
  action.objects = applied.objects;
  action.rules = names_of(applied.rules);
  return action;
}

ApplyAction read_delete(const Value& names, Report& report) {
  static constexpr const char* kExpected =
      "a rule of Istio: \"VirtualService/name\" or \"DestinationRule/name\"";
  ApplyAction action;
  action.deletes = true;
  for (const Value& value : items(names, "a list of rules", report)) {
    const std::string name = read_text(value, kExpected, report).value_or("");
    if (name.empty()) continue;
    const auto parts = std::count(name.begin(), name.end(), '/');
    const auto slash = name.find('/');
    const std::string kind = name.substr(0, slash);
    const bool known = kind == "VirtualService" || kind == "DestinationRule";
    if (!known || parts < 1 || parts > 2 || name.ends_with('/')) {
      report.add(value, kExpected);
      continue;
    }
    action.rules.push_back(parts == 2 ? name
                                      : fmt::format("{}/default{}", kind, name.substr(slash)));
  }
  if (names.type == Value::Type::List && names.children.empty()) {
    report.add(names.where, "at least one rule", "none");
  }
  return action;
}

PatchAction read_patch_action(const Value& value, Reading& reading) {
  Report& report = reading.report;
  PatchAction patch;
  const Fields fields{value, {"target", "pods", "merge"}, report};
  const Value* target = fields.require("target", "what to change: \"Kind/name\"");
  const Value* merge = fields.require("merge", "what to merge into it");
  const auto key = target == nullptr ? std::nullopt : read_patch_target(*target, reading);
  if (key) patch.target = *key;
  if (const Value* pods = fields.find("pods"); pods != nullptr && key) {
    read_pods(*pods, patch, reading);
  }
  if (merge == nullptr) return patch;
  if (merge->type != Value::Type::Object || merge->children.empty()) {
    report.add(*merge, "an object with the fields to change");
    return patch;
  }
  patch.merge = to_api(*merge);
  if (!key) return patch;
  api::PatchedObject after = api::check_patch(met_by(patch, reading), patch.merge, merge->where);
  report.append(after.problems);
  std::move(after.not_modelled.begin(), after.not_modelled.end(),
            std::back_inserter(reading.scenario.not_modelled));
  return patch;
}

std::set<std::string> images_of(const TimelineEntry& entry, const Reading& reading) {
  if (const auto* set = std::get_if<SetAction>(&entry.action)) {
    return set->image ? std::set{*set->image} : std::set<std::string>{};
  }
  if (const auto* apply = std::get_if<ApplyAction>(&entry.action)) {
    return Catalog{apply->objects, {}}.images();
  }
  const auto* patch = std::get_if<PatchAction>(&entry.action);
  if (patch == nullptr || patch->merge == nullptr) return {};
  const std::vector<api::ManifestObject> after = {
      {api::check_patch(met_by(*patch, reading), patch->merge, entry.where).object, {}}};
  return Catalog{after, {}}.images();
}

bool rolls_out(const TimelineEntry& entry, const api::ObjectKey& workload) {
  if (const auto* set = std::get_if<SetAction>(&entry.action)) {
    return set->target == workload && (set->image || !set->env.empty());
  }
  if (const auto* apply = std::get_if<ApplyAction>(&entry.action)) {
    return std::any_of(apply->objects.begin(), apply->objects.end(), [&](const auto& manifest) {
      return api::key_of(manifest.object) == workload;
    });
  }
  const auto* patch = std::get_if<PatchAction>(&entry.action);
  if (patch == nullptr || patch->merge == nullptr) return false;
  const api::Member* spec = api::find_member(*patch->merge, "spec");
  return patch->target == workload && patch->pods == 0 && spec != nullptr &&
         spec->value->type == api::Value::Type::Map &&
         api::find_member(*spec->value, "template") != nullptr;
}

}  // namespace orrery::scenario
