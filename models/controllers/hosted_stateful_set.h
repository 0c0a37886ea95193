/// @file
/// The StatefulSet controller as the loop runs it.
#pragma once

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"
#include "models/controllers/stateful_set.h"

namespace orrery::controllers {

/// Keys: StatefulSets.
class StatefulSetController : public Controller {
 public:
  /// `caches` must outlive it.
  StatefulSetController(const Caches& caches, const StatefulSetConfig& config)
      : caches_{caches}, config_{config} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;

 private:
  const Caches& caches_;
  StatefulSetConfig config_;
};

}  // namespace orrery::controllers
