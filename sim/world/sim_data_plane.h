/// @file
/// The DataPlane port of simulated consumers: tables take effect in the request engine after a
/// delay.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "models/ports/data_plane.h"
#include "sim/traffic/engine_views.h"
#include "sim/world/dispatcher.h"

namespace orrery::sim {

class RequestEngine;

/// A table on its way into a consumer's rules.
struct PendingTable {
  ConsumerIndex consumer = 0;
  ServiceIndex service = 0;
  ports::EndpointTable table;
  ports::CauseId cause = 0;
};

/// What the data planes of all consumers share. References must outlive them.
struct TableEnvironment {
  Kernel& kernel;
  Dispatcher& dispatcher;
  RequestEngine& engine;
  Duration delay;  ///< From publish to effect.
  /// (service name, port name) of the traffic model's services; other tables are nobody's business.
  std::map<std::pair<std::string, std::string>, ServiceIndex> services;
  Slab<PendingTable> pending;
};

/// Handles PublishTable; returns false for all other events.
bool dispatch(TableEnvironment& environment, KernelEvent event);

class SimDataPlane final : public ports::DataPlane {
 public:
  SimDataPlane(TableEnvironment& environment, ConsumerIndex consumer)
      : environment_{environment}, consumer_{consumer} {}

  void publish(ports::OwnerId owner, ports::EndpointTable table) override;

  /// Versions count from here on: tables of a restarted proxy replace those of the one before.
  void restart() { version_base_ = newest_version_; }

 private:
  TableEnvironment& environment_;
  ConsumerIndex consumer_;
  std::uint64_t version_base_ = 0;
  std::uint64_t newest_version_ = 0;
};

}  // namespace orrery::sim
