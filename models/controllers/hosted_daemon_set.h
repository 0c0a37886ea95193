/// @file
/// The DaemonSet controller as the loop runs it.
#pragma once

#include <map>
#include <string>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"
#include "models/controllers/daemon_set.h"
#include "models/controllers/expectations.h"

namespace orrery::controllers {

/// Keys: DaemonSets.
class DaemonSetController : public Controller {
 public:
  /// `caches` must outlive it.
  DaemonSetController(const Caches& caches, const DaemonSetConfig& config)
      : caches_{caches}, config_{config}, expectations_{config.expectations_timeout} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_sent(const api::ObjectKey& key, const ports::ApiCall& call, Instant now) override;
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call,
                 const ports::Event& reply) override;

 private:
  void observe_pod(const Change& change, WorkQueue& queue);
  void observe_node(const Change& change, WorkQueue& queue);

  const Caches& caches_;
  DaemonSetConfig config_;
  Expectations expectations_;
  /// Per set and node; lost with the process, as in Kubernetes.
  std::map<api::ObjectKey, std::map<std::string, FailedPodBackoff>> failed_;
};

}  // namespace orrery::controllers
