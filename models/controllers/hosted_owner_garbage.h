/// @file
/// The garbage collector in its loop: objects whose owner is gone.
#pragma once

#include <set>
#include <string>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"

namespace orrery::controllers {

/// Keys: objects with a controller. Deletes those whose controller is gone (background cascading
/// deletion), as seen in its deletion or confirmed by the API server. Source: Kubernetes
/// pkg/controller/garbagecollector.
class OwnerGarbageController : public Controller {
 public:
  explicit OwnerGarbageController(const Caches& caches) : caches_{caches} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call,
                 const ports::Event& reply) override;

 private:
  const Caches& caches_;
  std::set<std::string> gone_;  ///< Uids of owners known to be gone; they never come back.
};

}  // namespace orrery::controllers
