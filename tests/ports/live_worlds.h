/// @file
/// Live adapters in the shape the port suites want.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

#include "real-backend/loop/event_loop.h"

namespace orrery::ports_suite {

/// Runs `loop` until `done` holds after a turn, or, as a test that hangs tells nobody anything,
/// until 30 s have passed. Returns whether it was done.
inline bool run_until(loop::EventLoop& loop, const std::function<bool()>& done) {
  boost::asio::steady_timer limit{loop.io(), std::chrono::seconds{30}};
  boost::asio::steady_timer look{loop.io()};
  bool gave_up = false;
  limit.async_wait([&](const boost::system::error_code& error) {
    if (error) return;
    gave_up = true;
    loop.stop();
  });
  std::function<void()> poll = [&] {
    if (done()) {
      loop.stop();
      return;
    }
    look.expires_after(std::chrono::microseconds{200});
    look.async_wait([&](const boost::system::error_code& error) {
      if (!error) poll();
    });
  };
  poll();
  loop.run();
  return !gave_up;
}

struct LiveExecutorWorld {
  loop::EventLoop loop{loop::Epoch{loop::monotonic_ns()}};

  ports::Executor& executor() { return loop; }
  void attach(ports::OwnerId owner, ports::Component& component) { loop.attach(owner, component); }
  bool run(const std::function<bool()>& done) { return run_until(loop, done); }
};

}  // namespace orrery::ports_suite
