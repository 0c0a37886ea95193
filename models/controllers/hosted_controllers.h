/// @file
/// The controllers as the loop runs them: each gathers the view of its pure function from the
/// shared caches, and keeps the little that must be remembered between two looks.
///
/// All of that memory may be lost at any moment: a controller that starts anew finds out from the
/// objects themselves.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"
#include "models/controllers/endpoint_slices.h"

namespace orrery::controllers {

/// Keys: Deployments.
class DeploymentController : public Controller {
 public:
  explicit DeploymentController(const Caches& caches) : caches_{caches} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;

 private:
  const Caches& caches_;
};

/// Keys: Services.
class EndpointSliceController : public Controller {
 public:
  EndpointSliceController(const Caches& caches, const EndpointSliceConfig& config)
      : caches_{caches}, config_{config} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call,
                 const ports::Event& reply) override;

 private:
  void observe_node(const Change& change, WorkQueue& queue);

  const Caches& caches_;
  EndpointSliceConfig config_;
  /// Per Service the versions of its slices that this controller wrote: an older cache misleads,
  /// as slices have generated names.
  std::map<api::ObjectKey, std::map<api::ObjectKey, std::uint64_t>> written_;
};

}  // namespace orrery::controllers
