/// @file
/// The HorizontalPodAutoscaler controller as the loop runs it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "models/controllers/autoscaler.h"
#include "models/controllers/caches.h"
#include "models/controllers/controller.h"
#include "models/controllers/own_writes.h"

namespace orrery::controllers {

/// Keys: HorizontalPodAutoscalers.
class AutoscalerController : public Controller {
 public:
  AutoscalerController(const Caches& caches, const AutoscalerConfig& config)
      : caches_{caches}, config_{config} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call,
                 const ports::Event& reply) override;

 private:
  struct Memory {
    ScalingHistory history;
    std::optional<ScaleEvent> pending;  ///< The change whose write is on its way.
  };
  /// Samples by pod, with what the source of metrics says of them.
  using OwnMetrics = std::map<std::string, api::PodMetrics>;
  /// Puts what the source of metrics says into the view, which then points into `own`.
  void ask_source(AutoscalerView& view, OwnMetrics& own, Instant now) const;
  [[nodiscard]] api::ObjectPtr target_of(const api::HorizontalPodAutoscaler& autoscaler) const;

  const Caches& caches_;
  AutoscalerConfig config_;
  OwnWrites own_writes_;
  OwnWrites target_writes_;
  std::map<api::ObjectKey, Memory> memory_;
};

}  // namespace orrery::controllers
