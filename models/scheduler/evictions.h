/// @file
/// Carries out a preemption: marks each victim, then deletes it with its own grace period.
///
/// Source: Kubernetes pkg/scheduler/framework/preemption (prepareCandidate, 1.30 and 1.32: the
/// scheduling cycle waits for it).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "models/controllers/informer.h"

namespace orrery::scheduler {

/// Condition and reason by which a victim is known.
inline constexpr const char* kDisruptionTarget = "DisruptionTarget";
inline constexpr const char* kPreemptionByScheduler = "PreemptionByScheduler";

/// Whether the pod is being deleted to make room for another.
[[nodiscard]] bool is_preempted(const api::Pod& pod);

class Evictions {
 public:
  /// Its calls have this slot.
  Evictions(const controllers::Ports& ports, std::uint32_t slot) : ports_{ports}, slot_{slot} {}

  /// Requires: not busy.
  void start(const std::vector<api::ObjectPtr>& victims);
  [[nodiscard]] bool busy() const { return !open_.empty(); }
  /// One of the victims could not be marked or deleted.
  [[nodiscard]] bool failed() const { return failed_; }

  /// Takes a reply whose id has this slot.
  void on_event(const ports::Event& event);

 private:
  struct Step {
    api::ObjectPtr pod;
    bool deleting = false;
  };

  void mark(const api::ObjectPtr& pod);
  void erase(const api::ObjectPtr& pod);
  void send(const api::ObjectPtr& pod, bool deleting, ports::ApiCall call);

  controllers::Ports ports_;
  std::uint32_t slot_;
  std::uint32_t sequence_ = 0;
  std::map<ports::CallId, Step> open_;
  bool failed_ = false;
};

}  // namespace orrery::scheduler
