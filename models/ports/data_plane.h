/// @file
/// Port: versioned endpoint tables for those who send requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/ports/event.h"

namespace orrery::ports {

struct TableEndpoint {
  std::string address;
  std::int32_t port = 0;
  std::string pod_name;

  friend bool operator==(const TableEndpoint&, const TableEndpoint&) = default;
};

/// Where one consumer may send requests for one service port, from `version` on.
struct EndpointTable {
  std::string service;  ///< "namespace/name"
  std::string port_name;
  std::int32_t service_port = 0;
  std::uint64_t version = 0;  ///< Grows by one with every table of this service and port.
  std::vector<TableEndpoint>
      endpoints;  ///< Sorted by address and port; empty: connections are refused.
  /// Set: a client keeps its endpoint until it was silent for so long.
  std::optional<Duration> session_affinity = {};
  /// Where the endpoints of each node end, for clients that come by way of a node: they take a
  /// node, then an endpoint on it. Then sorted by node first. Empty: a client takes any endpoint.
  std::vector<std::uint32_t> node_ends = {};

  friend bool operator==(const EndpointTable&, const EndpointTable&) = default;
};

/// The place of the endpoint that a client who comes by way of a node takes: every node is as
/// likely as the others, and so is every endpoint on it. `chance` is uniform in [0, 1). Requires:
/// not empty.
[[nodiscard]] inline std::size_t endpoint_by_node(std::span<const std::uint32_t> node_ends,
                                                  double chance) {
  const double nodes = static_cast<double>(node_ends.size());
  const auto node = static_cast<std::size_t>(chance * nodes);
  const std::uint32_t first = node == 0 ? 0 : node_ends[node - 1];
  const double rest = chance * nodes - static_cast<double>(node);
  return first + static_cast<std::size_t>(rest * static_cast<double>(node_ends[node] - first));
}

class DataPlane {
 public:
  virtual ~DataPlane() = default;

  /// Takes the place of the earlier table of the same service and port, after the world's delay.
  virtual void publish(OwnerId owner, EndpointTable table) = 0;
};

}  // namespace orrery::ports
