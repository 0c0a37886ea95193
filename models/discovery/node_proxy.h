/// @file
/// The node proxy: turns Services and EndpointSlices into the endpoint tables of one consumer.
///
/// Source: Kubernetes pkg/proxy (endpointslicecache.go, topology.go, iptables/proxier.go).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/controllers/informer.h"
#include "models/discovery/sync_pace.h"
#include "models/ports/data_plane.h"
#include "models/ports/event.h"

namespace orrery::discovery {

struct NodeProxyConfig {
  controllers::InformerConfig informer;
  /// Between two publications. KubeProxyConfiguration iptables.minSyncPeriod
  Duration sync_period_min = Duration::seconds(1);
  /// Whose proxy it is: for internalTrafficPolicy Local. Empty: of a client outside the cluster.
  std::string node_name{};
  std::string zone{};  ///< Of that node, for zone hints. Empty: hints are not heard.
};

/// Publishes a table per Service port: the ready endpoints or, when none is ready, those that still
/// serve while they terminate; in order of address and port.
///
/// The first change is published at once, later ones at most once per sync_period_min. Only tables
/// that differ are published. A Service that goes leaves an empty table. Headless Services have
/// tables too: what their name resolves to. A proxy that starts anew counts versions from 1 again.
class NodeProxy : public ports::Component {
 public:
  /// `executor`, `api` and `data_plane` must outlive it.
  NodeProxy(ports::OwnerId owner, ports::Executor& executor, ports::ApiClient& api,
            ports::DataPlane& data_plane, const NodeProxyConfig& config = {});
  NodeProxy(const NodeProxy&) = delete;
  NodeProxy& operator=(const NodeProxy&) = delete;

  void start();
  void on_event(const ports::Event& event) override;

 private:
  using ServiceName = std::pair<std::string, std::string>;      ///< Namespace and name.
  using Tables = std::map<std::int32_t, ports::EndpointTable>;  ///< By service port.

  void sync();
  void publish(const ServiceName& name);

  controllers::Ports ports_;
  ports::DataPlane& data_plane_;
  NodeProxyConfig config_;
  controllers::Informer services_;
  controllers::Informer slices_;
  SyncPace pace_;
  std::set<ServiceName> changed_;
  std::map<ServiceName, Tables> published_;
};

/// The tables of a Service as the proxy of `node_name` makes them, without versions, by service
/// port. With internalTrafficPolicy Local they list only endpoints of that node; otherwise, if
/// every ready endpoint has a zone hint and one is for `zone`, only those that are for it. With
/// externalTrafficPolicy Local, clients outside (no `node_name`) go by way of a node that has some.
[[nodiscard]] std::map<std::int32_t, ports::EndpointTable> endpoint_tables(
    const api::Service& service, const std::vector<const api::EndpointSlice*>& slices,
    const std::string& node_name = {}, const std::string& zone = {});

}  // namespace orrery::discovery
