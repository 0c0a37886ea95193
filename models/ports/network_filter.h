/// @file
/// Port: what the network between pods lets through.
#pragma once

#include <memory>

#include "models/api/network_rules.h"
#include "models/ports/event.h"

namespace orrery::ports {

class NetworkFilter {
 public:
  virtual ~NetworkFilter() = default;

  /// From now on connections that are opened are judged by `rules`; not null. Those that are open
  /// stay so.
  virtual void publish(OwnerId owner, std::shared_ptr<const api::NetworkRules> rules) = 0;
};

}  // namespace orrery::ports
