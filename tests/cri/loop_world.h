/// @file
/// What worlds of the runtime suite share whose events come from a loop of Asio's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>

#include "models/ports/event.h"

namespace orrery::ports_suite {

struct LoopWorld {
  boost::asio::io_context loop;
  std::map<ports::OwnerId, ports::Component*> components;

  void attach(ports::OwnerId owner, ports::Component& component) { components[owner] = &component; }
  /// Until `done`. The generous end is for a test that would hang.
  bool run(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop.run_one_for(std::chrono::milliseconds{20});
    }
    return true;
  }
};

}  // namespace orrery::ports_suite
