/// @file
/// The policy agent of a network: turns NetworkPolicies, and the pods and namespaces they are
/// about, into what the network lets through.
///
/// Source: Kubernetes leaves it to the network plug-in; the shape and pace are those of Calico's
/// felix (dataplane/linux/int_dataplane.go).
#pragma once

#include <cstdint>
#include <vector>

#include "models/controllers/informer.h"
#include "models/discovery/sync_pace.h"
#include "models/ports/event.h"
#include "models/ports/network_filter.h"

namespace orrery::discovery {

struct PolicyAgentConfig {
  controllers::InformerConfig informer;
  /// Between two publications. felix applies ten a second.
  Duration sync_period_min = Duration::milliseconds(100);
};

/// Publishes the rules once it has heard of everything, and then when they may have changed.
class PolicyAgent : public ports::Component {
 public:
  /// `executor`, `api` and `filter` must outlive it.
  PolicyAgent(ports::OwnerId owner, ports::Executor& executor, ports::ApiClient& api,
              ports::NetworkFilter& filter, const PolicyAgentConfig& config = {});
  PolicyAgent(const PolicyAgent&) = delete;
  PolicyAgent& operator=(const PolicyAgent&) = delete;

  void start();
  void on_event(const ports::Event& event) override;

 private:
  void sync();

  controllers::Ports ports_;
  ports::NetworkFilter& filter_;
  controllers::Informer policies_;
  controllers::Informer namespaces_;
  controllers::Informer pods_;
  SyncPace pace_;
  bool changed_ = true;
};

}  // namespace orrery::discovery
