/// @file
/// Faults of pods and their containers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/base/random.h"
#include "runner/scenario/fault.h"
#include "sim/world/sim_world.h"

namespace orrery::session {

/// What the containers of a failed pod run: it does nothing, as the pause image.
inline constexpr const char* kPauseImage = "orrery/pause";

/// Whether a fault of this kind is undone at its end, or shows that it is over.
[[nodiscard]] bool is_lasting_pod_fault(scenario::FaultKind kind);

class PodStrikes {
 public:
  /// Whether it hit the pod. Requires: the fault is one of pods.
  [[nodiscard]] bool begin(sim::SimWorld& world, const std::string& id,
                           const scenario::FaultAction& fault, const api::Pod& pod,
                           ports::CauseId cause);
  /// Undoes what does not end by itself.
  void end(sim::SimWorld& world, const std::string& id, ports::CauseId cause);

 private:
  /// A pod that failed, and what it ran.
  struct Failed {
    api::ObjectKey key;
    std::string uid;
    std::vector<std::string> images;
  };
  [[nodiscard]] bool fail(sim::SimWorld& world, const std::string& id, const api::Pod& pod,
                          ports::CauseId cause);

  std::map<std::string, std::vector<Failed>> failed_;  ///< By timeline id.
};

}  // namespace orrery::session
