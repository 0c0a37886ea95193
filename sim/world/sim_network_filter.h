/// @file
/// The NetworkFilter port of the simulated network: the rules take effect in the request engine.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "models/ports/network_filter.h"
#include "sim/traffic/engine_views.h"
#include "sim/world/dispatcher.h"

namespace orrery::sim {

class RequestEngine;

class SimNetworkFilter final : public ports::NetworkFilter {
 public:
  /// Both must outlive it.
  SimNetworkFilter(Dispatcher& dispatcher, RequestEngine& engine)
      : dispatcher_{dispatcher}, engine_{engine} {}

  void publish(ports::OwnerId owner, std::shared_ptr<const api::NetworkRules> rules) override;

 private:
  Dispatcher& dispatcher_;
  RequestEngine& engine_;
  std::map<std::string, std::uint64_t> versions_;  ///< Of the policies, by name.
  NetworkCauses causes_;
  bool started_ = false;
};

}  // namespace orrery::sim
