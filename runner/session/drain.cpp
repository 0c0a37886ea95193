#include "runner/session/drain.h"

#include <memory>
#include <utility>

#include "models/controllers/owner_lookup.h"

namespace orrery::session {

using api::Pod;
using ports::Outcome;

std::optional<ports::ApiCall> cordon_of(const api::Node& node, bool cordoned) {
  if (node.spec.unschedulable == cordoned) return std::nullopt;
  api::Node changed = node;
  changed.spec.unschedulable = cordoned;
  ports::ApiCall call;
  call.verb = ports::Verb::Update;
  call.key = {api::Kind::Node, "", node.meta.name};
  call.object = std::make_shared<const api::Object>(std::move(changed));
  return call;
}

std::vector<ports::ApiCall> evictions_of(const std::string& node,
                                         const std::vector<api::ObjectPtr>& pods) {
  std::vector<ports::ApiCall> calls;
  for (const api::ObjectPtr& object : pods) {
    const auto* pod = std::get_if<Pod>(object.get());
    if (pod == nullptr || pod->spec.node_name != node || pod->meta.deletion) continue;
    if (controllers::controller_of_kind(pod->meta, api::Kind::DaemonSet) != nullptr) continue;
    ports::ApiCall call;
    call.verb = ports::Verb::Evict;
    call.key = api::key_of(*object);
    call.uid = pod->meta.uid;
    calls.push_back(std::move(call));
  }
  return calls;
}

EvictionAnswer answer_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok:
    case Outcome::NotFound:
    case Outcome::Conflict:  // Another pod has its name by now.
      return EvictionAnswer::Done;
    case Outcome::Refused:
    case Outcome::Unreachable:
    case Outcome::Unknown:
      return EvictionAnswer::Again;
    default:
      return EvictionAnswer::Failed;
  }
}

}  // namespace orrery::session
