/// @file
/// The quota controller: says how much of each quota is used, above all when something was freed.
///
/// Source: Kubernetes pkg/controller/resourcequota. What is made is charged by the API server at
/// once; what goes is noticed here.
#pragma once

#include <optional>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"

namespace orrery::controllers {

/// Keys: ResourceQuotas.
class QuotaController : public Controller {
 public:
  explicit QuotaController(const Caches& caches) : caches_{caches} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;

 private:
  const Caches& caches_;
};

}  // namespace orrery::controllers
