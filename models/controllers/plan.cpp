#include "models/controllers/plan.h"

#include <memory>
#include <utility>

namespace orrery::controllers {

api::OwnerReference controller_reference(api::Kind kind, const api::ObjectMeta& owner) {
  return {kind, owner.name, owner.uid, /*controller=*/true, /*block_deletion=*/true};
}

ports::ApiCall create_call(api::Object object) {
  ports::ApiCall call;
  call.verb = ports::Verb::Create;
  call.key = api::key_of(object);
  call.object = std::make_shared<const api::Object>(std::move(object));
  return call;
}

ports::ApiCall update_call(api::Object object) {
  ports::ApiCall call = create_call(std::move(object));
  const api::ObjectMeta& meta = api::meta_of(*call.object);
  call.verb = ports::Verb::Update;
  call.resource_version = meta.resource_version;
  return call;
}

ports::ApiCall update_status_call(api::Object object) {
  ports::ApiCall call = update_call(std::move(object));
  call.verb = ports::Verb::UpdateStatus;
  call.uid = api::meta_of(*call.object).uid;
  return call;
}

ports::ApiCall delete_call(const api::ObjectMeta& meta, api::Kind kind,
                           std::optional<Duration> grace) {
  ports::ApiCall call;
  call.verb = ports::Verb::Delete;
  call.key = {kind, meta.namespace_name, meta.name};
  call.uid = meta.uid;
  call.grace = grace;
  return call;
}

bool succeeded(ports::Verb verb, ports::Outcome outcome) {
  const bool may_be_absent = verb == ports::Verb::Delete || verb == ports::Verb::Get;
  return outcome == ports::Outcome::Ok || (may_be_absent && outcome == ports::Outcome::NotFound);
}

}  // namespace orrery::controllers
