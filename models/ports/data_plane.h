/// @file
/// Port: versioned endpoint tables for those who send requests.
#pragma once

#include <cstdint>
#include <optional>
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

  friend bool operator==(const EndpointTable&, const EndpointTable&) = default;
};

class DataPlane {
 public:
  virtual ~DataPlane() = default;

  /// Takes the place of the earlier table of the same service and port, after the world's delay.
  virtual void publish(OwnerId owner, EndpointTable table) = 0;
};

}  // namespace orrery::ports
