/// @file
/// What the loop asks of a controller: which keys an observed change concerns, and what to do for a
/// key.
///
/// The decisions are the pure functions of deployment.h, replica_set.h, …; an implementation of
/// Controller gathers their views from the caches.
#pragma once

#include <optional>

#include "models/controllers/informer.h"
#include "models/controllers/plan.h"
#include "models/controllers/work_queue.h"

namespace orrery::controllers {

class Controller {
 public:
  virtual ~Controller() = default;

  /// Adds the keys that `change`, which the caches show already, concerns.
  virtual void observe(const Change& change, WorkQueue& queue, Instant now) = 0;

  /// What to do for a key. `last_failure`: how its previous plan failed, if it did.
  virtual Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                         Instant now) = 0;

  /// A call of the key's plan goes out.
  virtual void on_sent(const api::ObjectKey& /*key*/, const ports::ApiCall& /*call*/,
                       Instant /*now*/) {}

  /// Its answer has come.
  virtual void on_answer(const api::ObjectKey& /*key*/, const ports::ApiCall& /*call*/,
                         const ports::Event& /*reply*/) {}

  /// Once per monitor period, for what must be looked at even if nothing changes.
  virtual void on_tick(WorkQueue& /*queue*/) {}
};

}  // namespace orrery::controllers
