/// @file
/// The PodDisruptionBudget controller as the loop runs it.
#pragma once

#include <optional>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"
#include "models/controllers/disruption.h"

namespace orrery::controllers {

/// Keys: PodDisruptionBudgets.
class DisruptionController : public Controller {
 public:
  DisruptionController(const Caches& caches, const DisruptionConfig& config)
      : caches_{caches}, config_{config} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;

 private:
  /// The size that the controller of a pod wants, with the uid of who says so.
  struct Scale {
    std::string uid;
    std::int32_t replicas = 0;
  };
  [[nodiscard]] std::optional<Scale> scale_of(const std::string& namespace_name,
                                              const api::OwnerReference& owner) const;

  const Caches& caches_;
  DisruptionConfig config_;
};

}  // namespace orrery::controllers
