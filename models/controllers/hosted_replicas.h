/// @file
/// The ReplicaSet and ReplicationController controllers as the loop runs them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"
#include "models/controllers/expectations.h"
#include "models/controllers/replica_set.h"

namespace orrery::controllers {

/// Keys: the Sets, which are api::ReplicaSet or api::ReplicationController.
template <class Set>
class ReplicasController : public Controller {
 public:
  /// `caches` must outlive it.
  ReplicasController(const Caches& caches, const ReplicaSetConfig& config);
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_sent(const api::ObjectKey& key, const ports::ApiCall& call, Instant now) override;
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call,
                 const ports::Event& reply) override;

 private:
  void observe_pod(const Change& change, WorkQueue& queue);
  /// A set with as many pods as it wants, all of them its own, and nothing awaited. Until something
  /// changes but their readiness, its status is all there is to see to.
  struct Settled {
    std::string uid;
    bool ready_is_available = true;  ///< No minReadySeconds.
    ReplicaCounts counts;            ///< Kept up to date as pods become ready or cease to be.
  };

  /// Takes over that a pod is ready, or no longer. Forgets that its set is settled if the change is
  /// another one that the set looks at.
  void unsettle(const Change& change);
  void settle(const Set& set, const Plan& plan);
  /// The active pods of the set and of the others that its controller owns.
  [[nodiscard]] std::vector<const api::Pod*> family_pods_of(const Set& set) const;

  const Caches& caches_;
  const Informer& sets_;
  ReplicaSetConfig config_;
  Expectations expectations_;
  std::map<api::ObjectKey, Settled> settled_;
};

using ReplicaSetController = ReplicasController<api::ReplicaSet>;
using ReplicationControllerController = ReplicasController<api::ReplicationController>;

}  // namespace orrery::controllers
