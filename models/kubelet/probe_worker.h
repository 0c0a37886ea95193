/// @file
/// The schedule and the verdict of one probe of one container.
///
/// Source: Kubernetes pkg/kubelet/prober: worker.go, prober_manager.go.
#pragma once

#include <cstdint>
#include <optional>

#include "models/api/pod.h"
#include "models/ports/event.h"
#include "models/ports/executor.h"

namespace orrery::kubelet {

enum class ProbeKind : std::uint8_t { Startup, Readiness, Liveness };

/// Decides when to probe and what the answers mean; its owner makes the probes.
///
/// Ticks fall on a fixed grid, `origin` + k x period, from the moment the kubelet takes the pod,
/// whatever the container does. The timer is armed only for ticks that can have an effect.
class ProbeWorker {
 public:
  /// `attempts_max`: tries of a probe that gives no verdict.
  ProbeWorker(ProbeKind kind, const api::Probe& probe, Instant origin, int attempts_max,
              ports::Timer timer);

  /// The container began at `container_started` and may be probed, after the initial delay.
  /// Counters of consecutive results outlive a container, as in Kubernetes.
  void open(Instant now, Instant container_started);

  /// No more probes of this container; the verdict is back at its initial value and the answer
  /// of a probe under way will be ignored.
  void close();

  /// The timer fired. Returns whether to probe now.
  [[nodiscard]] bool tick(Instant now);

  /// A sync of the pod found it started but not ready. Returns whether to probe now.
  [[nodiscard]] bool trigger(Instant now);

  struct Conclusion {
    bool changed = false;      ///< The verdict is another one now.
    bool probe_again = false;  ///< Probe now: a repetition, or a tick that came meanwhile.
  };
  /// The probe sent with `sequence` ended.
  [[nodiscard]] Conclusion conclude(ports::Outcome outcome, std::uint32_t sequence, Instant now);

  /// Of the probe under way.
  [[nodiscard]] std::uint32_t sequence() const { return sequence_; }

  /// Initially false for startup and readiness, true for liveness.
  [[nodiscard]] bool success() const { return success_; }
  [[nodiscard]] ProbeKind kind() const { return kind_; }

 private:
  void begin_probe();
  void arm_next(Instant now);

  ProbeKind kind_;
  Duration period_;
  Duration initial_delay_;
  std::int32_t success_threshold_;
  std::int32_t failure_threshold_;
  Instant origin_;
  int attempts_max_;
  ports::Timer timer_;

  bool open_ = false;
  bool on_hold_ = false;  ///< Liveness or startup failed: until there is a new container.
  Instant open_from_;     ///< Container start + initial delay.
  bool in_flight_ = false;
  bool missed_tick_ = false;  ///< A tick or trigger while a probe was under way.
  int attempt_ = 0;
  std::uint32_t sequence_ = 0;
  std::optional<bool> last_result_;
  std::int32_t run_length_ = 0;  ///< Of equal results in a row.
  bool success_;
};

}  // namespace orrery::kubelet
