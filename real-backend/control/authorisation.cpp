#include "real-backend/control/authorisation.h"

#include "real-backend/control/tls_files.h"

namespace orrery::control {
namespace {

using api::Kind;
using ports::Verb;

/// Metrics have the name of their pod.
bool bound_to(const std::string& node, const ports::ApiCall& call, const store::ApiServer& server) {
  const api::ObjectPtr stored = server.find({Kind::Pod, call.key.namespace_name, call.key.name});
  // What does not exist can be answered with NotFound.
  return stored == nullptr || std::get<api::Pod>(*stored).spec.node_name == node;
}

}  // namespace

bool may_call(const std::string& common_name, const ports::ApiCall& call,
              const store::ApiServer& server) {
  if (common_name.empty()) return false;
  if (common_name == kAdministrator) return true;
  switch (call.verb) {
    case Verb::Get:
    case Verb::List:
    case Verb::Watch:
    case Verb::Unwatch:
      return true;
    case Verb::Create:
    case Verb::Update:
      // The store takes the identity of a new object from the object itself.
      if (call.key.kind == Kind::PodMetrics) {
        return call.object != nullptr && api::key_of(*call.object) == call.key &&
               bound_to(common_name, call, server);
      }
      return (call.key.kind == Kind::Node || call.key.kind == Kind::Lease) &&
             call.object != nullptr && api::kind_of(*call.object) == call.key.kind &&
             api::meta_of(*call.object).name == common_name && call.key.name == common_name;
    case Verb::UpdateStatus:
      if (call.object == nullptr || api::key_of(*call.object) != call.key) return false;
      if (call.key.kind == Kind::Node) return call.key.name == common_name;
      return call.key.kind == Kind::Pod && bound_to(common_name, call, server);
    case Verb::Delete:
      if (call.key.kind == Kind::Lease) return call.key.name == common_name;
      return (call.key.kind == Kind::Pod || call.key.kind == Kind::PodMetrics) &&
             bound_to(common_name, call, server);
    case Verb::Evict:
      return call.key.kind == Kind::Pod && bound_to(common_name, call, server);
    case Verb::Bind:
      return false;
  }
  contract_violation("a verb has one of the known values");
}

}  // namespace orrery::control
