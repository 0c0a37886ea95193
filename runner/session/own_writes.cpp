#include "runner/session/own_writes.h"

#include <variant>

#include "models/api/objects.h"

namespace orrery::session {

void OwnWrites::done(const ports::ApiCall& call, const ports::Event& answer, ports::CauseId cause) {
  if (cause == 0 || answer.outcome != ports::Outcome::Ok) return;
  if (call.verb == ports::Verb::Delete || call.verb == ports::Verb::Evict) {
    going_[call.key] = cause;
    return;
  }
  if (answer.body == nullptr) return;
  const auto* written = std::get_if<ports::ApiObject>(answer.body.get());
  if (written == nullptr || written->object == nullptr) return;
  const api::ObjectMeta& meta = api::meta_of(*written->object);
  written_[{api::key_of(*written->object), meta.resource_version}] = cause;
}

ports::CauseId OwnWrites::cause_of(const controllers::Change& change) {
  const api::ObjectMeta& meta = api::meta_of(change.latest());
  const api::ObjectKey key = api::key_of(change.latest());
  if (const auto going = going_.find(key);
      going != going_.end() && (change.after == nullptr || meta.deletion)) {
    const ports::CauseId cause = going->second;
    going_.erase(going);
    return cause;
  }
  const auto written = written_.find({key, meta.resource_version});
  if (written == written_.end()) return 0;
  const ports::CauseId cause = written->second;
  written_.erase(written);
  return cause;
}

}  // namespace orrery::session
