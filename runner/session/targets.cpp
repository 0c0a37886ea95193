#include "runner/session/targets.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "models/controllers/node_lifecycle.h"
#include "runner/session/actions.h"
#include "runner/session/drain.h"
#include "runner/session/sim_faults.h"

namespace orrery::session {
namespace {

using scenario::FaultAction;
using scenario::FaultKind;

std::vector<api::ObjectPtr> nodes_of_zone(const sim::SimWorld& world, const std::string& zone) {
  std::vector<api::ObjectPtr> nodes;
  for (const api::ObjectPtr& node : world.api().objects_of(api::Kind::Node)) {
    const auto& labels = api::meta_of(*node).labels;
    const auto label = labels.find(controllers::kZoneLabel);
    if (label != labels.end() && label->second == zone) nodes.push_back(node);
  }
  return nodes;
}

void add_pods_on(const sim::SimWorld& world, const std::string& node,
                 std::vector<std::string>& hits) {
  for (const api::ObjectPtr& object : world.api().objects_of(api::Kind::Pod)) {
    const auto& pod = std::get<api::Pod>(*object);
    if (pod.spec.node_name == node) hits.push_back(to_string(api::key_of(*object)));
  }
}

std::vector<std::string> hits_of(const sim::SimWorld& world, const std::string& id,
                                 const FaultAction& fault, const Draws& draws) {
  if (fault.edge || is_world_fault(fault.kind)) return {place_of(fault)};
  const std::vector<api::ObjectPtr> targets = targets_of(world, id, fault, draws);
  std::vector<std::string> hits;
  for (const api::ObjectPtr& target : targets) hits.push_back(to_string(api::key_of(*target)));
  const bool with_pods = fault.kind == FaultKind::NodeLoss || fault.kind == FaultKind::ZoneLoss;
  for (const api::ObjectPtr& target : targets) {
    if (with_pods) add_pods_on(world, api::key_of(*target).name, hits);
  }
  return hits;
}

std::vector<std::string> hits_of(const sim::SimWorld& world, const std::string& /*id*/,
                                 const scenario::NodeAction& action, const Draws& /*draws*/) {
  const api::ObjectKey key{api::Kind::Node, "", action.node};
  if (world.api().find(key) == nullptr) return {};
  std::vector<std::string> hits{to_string(key)};
  if (action.what != scenario::NodeAction::What::Drain) return hits;
  for (const auto& call : evictions_of(action.node, world.api().objects_of(api::Kind::Pod))) {
    hits.push_back(to_string(call.key));
  }
  return hits;
}

std::vector<std::string> hits_of(const sim::SimWorld& world, const std::string& id,
                                 const scenario::PatchAction& action, const Draws& draws) {
  std::vector<std::string> hits;
  for (const api::ObjectKey& key : choose_patched(action, id, pods_and_nodes(world), draws)) {
    if (world.api().find(key) != nullptr) hits.push_back(to_string(key));
  }
  return hits;
}

std::vector<std::string> hits_of(const sim::SimWorld& /*world*/, const std::string& /*id*/,
                                 const scenario::ApplyAction& action, const Draws& /*draws*/) {
  std::vector<std::string> hits;
  for (const api::ManifestObject& manifest : action.objects) {
    hits.push_back(to_string(api::key_of(manifest.object)));
  }
  hits.insert(hits.end(), action.rules.begin(), action.rules.end());
  return hits;
}

std::vector<std::string> hits_of(const sim::SimWorld& /*world*/, const std::string& /*id*/,
                                 const scenario::PolicyAction& action, const Draws& /*draws*/) {
  return services_called(action);
}

std::vector<std::string> hits_of(const sim::SimWorld& world, const std::string& /*id*/,
                                 const scenario::SetAction& action, const Draws& /*draws*/) {
  if (world.api().find(action.target) == nullptr) return {};
  return {to_string(action.target)};
}

}  // namespace

std::vector<api::ObjectPtr> pods_and_nodes(const sim::SimWorld& world) {
  std::vector<api::ObjectPtr> objects = world.api().objects_of(api::Kind::Pod);
  for (api::ObjectPtr& node : world.api().objects_of(api::Kind::Node)) {
    objects.push_back(std::move(node));
  }
  return objects;
}

std::string service_of(const FaultAction& fault) {
  return fault.target->namespace_name + "/" + fault.target->name;
}

std::vector<api::ObjectPtr> targets_of(const sim::SimWorld& world, const std::string& id,
                                       const FaultAction& fault, const Draws& draws) {
  if (fault.kind == FaultKind::ZoneLoss) return nodes_of_zone(world, fault.zone);
  if (fault.kind == FaultKind::LeaderKill) {
    api::ObjectPtr leader = world.leader_of(service_of(fault));
    if (leader == nullptr) return {};
    return {std::move(leader)};
  }
  return choose_targets(fault, id, pods_and_nodes(world), draws);
}

std::vector<std::string> services_called(const scenario::PolicyAction& action) {
  std::vector<std::string> services;
  for (const auto& [way, policy] : action.policies) {
    const std::string service = "Service/" + way.second;
    if (std::find(services.begin(), services.end(), service) == services.end()) {
      services.push_back(service);
    }
  }
  return services;
}

std::string place_of(const FaultAction& fault) {
  if (fault.edge) {
    if (fault.edge->from.everybody) return to_string(fault.edge->to);
    if (fault.edge->to.everybody) return to_string(fault.edge->from);
    return fmt::format("{} to {}", to_string(fault.edge->from), to_string(fault.edge->to));
  }
  if (fault.target) return to_string(*fault.target);
  if (!fault.process.empty()) return fault.process;
  return fault.zone.empty() ? "control-plane" : "zone/" + fault.zone;
}

std::vector<std::string> would_hit(const sim::SimWorld& world, const scenario::TimelineEntry& entry,
                                   const Draws& draws) {
  return std::visit([&](const auto& action) { return hits_of(world, entry.id, action, draws); },
                    entry.action);
}

}  // namespace orrery::session
