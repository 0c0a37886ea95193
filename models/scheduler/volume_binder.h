/// @file
/// Binds the claims of a pod before the pod: reserves volumes or asks for new ones on its node, and
/// waits until all claims are bound.
///
/// Source: Kubernetes pkg/scheduler/framework/plugins/volumebinding (Reserve, PreBind).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/controllers/informer.h"
#include "models/scheduler/volume_binding.h"

namespace orrery::scheduler {

class VolumeBinder {
 public:
  /// Its calls have this slot. `caches` and `assumptions` must outlive it; what it has decided and
  /// not yet seen done is noted in `assumptions`.
  VolumeBinder(const controllers::Ports& ports, std::uint32_t slot, const VolumeCaches& caches,
               VolumeAssumptions& assumptions, Duration timeout)
      : ports_{ports}, slot_{slot}, caches_{caches}, assumptions_{assumptions}, timeout_{timeout} {}

  /// Requires: every waiting claim can be bound on the node.
  void start(const PodName& pod, const PodVolumes& volumes, const api::Node& node);
  /// Gives up. Volumes that were bound stay so.
  void cancel(const PodName& pod);

  void on_event(const ports::Event& reply);

  struct Ended {
    PodName pod;
    bool bound = false;  ///< False: a call failed, a claim is gone, or it took too long.
  };
  /// Pods whose claims have all been bound, or never will be. To be called after every event.
  [[nodiscard]] std::vector<Ended> take_ended(Instant now);
  /// The date by which the first of the waiting pods is given up.
  [[nodiscard]] std::optional<Instant> next_timeout() const;

 private:
  struct Binding {
    std::vector<PodName> claims;
    std::vector<std::string> volumes;  ///< Reserved for them.
    Instant deadline;
    bool failed = false;
  };

  void reserve(const PodName& pod, const WaitingClaim& waiting,
               const api::PersistentVolume& volume);
  void provision(const PodName& pod, const WaitingClaim& waiting, const api::Node& node);
  void send(const PodName& pod, ports::ApiCall call);
  void forget(const Binding& binding);

  controllers::Ports ports_;
  std::uint32_t slot_;
  const VolumeCaches& caches_;
  VolumeAssumptions& assumptions_;
  Duration timeout_;
  std::uint32_t sequence_ = 0;
  std::map<PodName, Binding> bindings_;
  std::map<ports::CallId, PodName> open_;
};

}  // namespace orrery::scheduler
