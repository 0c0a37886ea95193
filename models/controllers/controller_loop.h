/// @file
/// The loop that runs a controller: takes keys from its queue, carries out their plans, and tries
/// again what failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "models/controllers/controller.h"

namespace orrery::controllers {

struct LoopConfig {
  WorkQueueConfig queue;
  std::size_t workers =
      5;  ///< Keys in work at once, >= 1. --concurrent-deployment-syncs and others
  std::optional<std::int32_t>
      retries_max;  ///< Failures after which a key is dropped; nothing: never.
};

/// Calls of one batch run side by side; the next batch goes out when all of them succeeded. A
/// failure drops what is left of the plan and brings the key back after a back-off.
class ControllerLoop {
 public:
  /// `controller` must outlive the loop.
  ControllerLoop(const Ports& ports, std::uint32_t slot, Controller& controller,
                 const LoopConfig& config);

  void observe(const Change& change) { controller_.observe(change, queue_, ports_.executor.now()); }
  void tick() { controller_.on_tick(queue_); }

  /// Takes a timer or reply whose id has this loop's slot.
  void on_event(const ports::Event& event);

  /// Starts as much waiting work as the workers allow. To be called after observe, tick, on_event.
  void pump();

 private:
  struct Work {
    Plan plan;
    std::size_t next_batch = 0;
    std::size_t open_calls = 0;
    std::optional<CallFailure> failure;
  };
  struct OpenCall {
    api::ObjectKey key;
    ports::ApiCall call;
  };

  void advance(const api::ObjectKey& key, Work& work);
  void finish(const api::ObjectKey& key);

  Ports ports_;
  std::uint32_t slot_;
  Controller& controller_;
  LoopConfig config_;
  WorkQueue queue_;
  ports::Timer wake_;
  std::optional<Instant> wake_at_;  ///< When `wake_` is armed for.
  std::uint32_t sequence_ = 0;
  std::map<api::ObjectKey, Work> in_work_;
  std::map<ports::CallId, OpenCall> open_calls_;
  std::map<api::ObjectKey, CallFailure> last_failures_;
};

}  // namespace orrery::controllers
