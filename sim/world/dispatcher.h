/// @file
/// Simulated processes and the delivery of events to their components, with causes.
///
/// A process is what `kill -9` ends: its components are gone, its timers never fire, and answers on
/// their way to it are dropped. Owner ids are never used twice, so nothing reaches a successor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/fingerprint.h"
#include "models/ports/event.h"
#include "models/ports/executor.h"
#include "sim/kernel/kernel.h"
#include "sim/world/event_kinds.h"
#include "sim/world/slab.h"

namespace orrery::sim {

enum class ProcessId : std::uint32_t {};

/// Implements the Executor port and delivers events. One for the whole simulated world.
class Dispatcher final : public ports::Executor {
 public:
  /// `kernel` must outlive the dispatcher.
  explicit Dispatcher(Kernel& kernel) : kernel_{kernel} {}

  [[nodiscard]] ProcessId start_process();
  /// Nothing is delivered to the process's owners from now on. Requires: it is alive.
  void kill_process(ProcessId process);

  /// A new owner in `process`; `attach` it before its first event is due.
  [[nodiscard]] ports::OwnerId add_owner(ProcessId process);
  /// `component` must live until its process is killed.
  void attach(ports::OwnerId owner, ports::Component& component);
  [[nodiscard]] bool alive(ports::OwnerId owner) const;
  [[nodiscard]] ProcessId process_of(ports::OwnerId owner) const;

  /// Hands `event` to its owner at `when`, unless the owner's process has ended by then.
  void deliver(Instant when, ports::Event event);

  /// Handles Timer and Deliver events of the kernel; returns false for all others.
  bool dispatch(KernelEvent event);

  /// What made the event happen that is being handled.
  [[nodiscard]] ports::CauseId cause() const { return cause_; }
  void set_cause(ports::CauseId cause) { cause_ = cause; }

  /// Over every event that reached a component or a simulated device.
  [[nodiscard]] Fingerprint& fingerprint() { return fingerprint_; }

  // ports::Executor
  [[nodiscard]] Instant now() const override { return kernel_.now(); }
  [[nodiscard]] ports::TimerId create_timer(ports::OwnerId owner, std::uint64_t id) override;
  void arm(ports::TimerId timer, Instant when) override;
  void disarm(ports::TimerId timer) override;
  void destroy_timer(ports::TimerId timer) override;

 private:
  struct Owner {
    ProcessId process{};
    ports::Component* component = nullptr;
  };
  struct TimerRecord {
    KernelTimer timer{};
    ports::OwnerId owner{};
    std::uint64_t id = 0;
    ports::CauseId cause = 0;
    bool has_kernel_timer = false;
  };

  void hand_over(const ports::Event& event);

  Kernel& kernel_;
  std::vector<bool> process_alive_;
  std::vector<Owner> owners_;
  std::vector<TimerRecord> timers_;
  std::vector<std::uint32_t> free_timers_;
  Slab<ports::Event> deliveries_;
  ports::CauseId cause_ = 0;
  Fingerprint fingerprint_;
};

}  // namespace orrery::sim
