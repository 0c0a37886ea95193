/// @file
/// Which objects a controller has written that its cache does not show yet.
///
/// A controller that counts on what it wrote itself must not look at an older version: it would do
/// the same again.
#pragma once

#include <cstdint>
#include <map>

#include "models/controllers/informer.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

class OwnWrites {
 public:
  /// Remembers the version that a successful write of the object `key` made.
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call, const ports::Event& reply) {
    const bool wrote = call.verb == ports::Verb::Update || call.verb == ports::Verb::UpdateStatus;
    if (call.key != key || !wrote || reply.outcome != ports::Outcome::Ok) return;
    const api::ObjectPtr& object = std::get<ports::ApiObject>(*reply.body).object;
    versions_[key] = api::meta_of(*object).resource_version;
  }

  /// The version at hand is older than what was written last.
  [[nodiscard]] bool newer_than(const api::ObjectKey& key, const api::ObjectMeta& meta) const {
    const auto written = versions_.find(key);
    return written != versions_.end() && meta.resource_version < written->second;
  }

  /// The object is gone.
  void forget(const api::ObjectKey& key) { versions_.erase(key); }

 private:
  std::map<api::ObjectKey, std::uint64_t> versions_;
};

}  // namespace orrery::controllers
