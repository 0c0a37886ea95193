/// @file
/// The controllers that watch over nodes, in their loops.
#pragma once

#include <map>
#include <set>
#include <string>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"
#include "models/controllers/node_lifecycle.h"

namespace orrery::controllers {

/// Keys: Nodes. Marks and taints those that are silent.
class NodeHealthController : public Controller {
 public:
  NodeHealthController(const Caches& caches, const NodeLifecycleConfig& config,
                       const ports::Executor& executor)
      : caches_{caches}, config_{config}, executor_{executor} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_tick(WorkQueue& queue) override;

 private:
  /// The newest dates a node has given, and when they were noticed: clocks of two hosts are never
  /// compared.
  struct Sign {
    Instant renewed;
    Instant heartbeat;
    Instant noticed;
  };
  Instant last_sign(const api::Node& node, Instant now);

  const Caches& caches_;
  NodeLifecycleConfig config_;
  const ports::Executor& executor_;
  std::map<std::string, Sign> signs_;
  std::map<std::string, ZoneHealth> zones_;         ///< As of the last tick.
  std::map<std::string, TaintQueue> taint_queues_;  ///< By zone.
  bool all_zones_down_ = false;
};

/// Keys: Nodes. Deletes pods whose time on a tainted node is over.
class TaintEvictionController : public Controller {
 public:
  explicit TaintEvictionController(const Caches& caches) : caches_{caches} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;

 private:
  const Caches& caches_;
  std::map<std::string, Instant> first_seen_;  ///< Node: when it was first seen tainted NoExecute.
};

/// Keys: Nodes that do not exist, or are out of service. Deletes the pods bound to them, once the
/// API server has confirmed that the node is gone (the own cache may merely be behind); of a node
/// out of service those that are terminating.
class PodGarbageController : public Controller {
 public:
  PodGarbageController(const Caches& caches, const NodeLifecycleConfig& config)
      : caches_{caches}, config_{config} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call,
                 const ports::Event& reply) override;
  void on_tick(WorkQueue& queue) override;

 private:
  const Caches& caches_;
  NodeLifecycleConfig config_;
  std::set<std::string> confirmed_gone_;
};

}  // namespace orrery::controllers
