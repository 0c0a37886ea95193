/// @file
/// Faults on the ways between callers and the called, while they last.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runner/session/sim_faults.h"

namespace orrery::session {

class EdgeStrikes {
 public:
  /// `objects`: the pods and nodes there are. Requires: `fault.edge` is set.
  [[nodiscard]] Strike begin(sim::SimWorld& world, const std::string& id,
                             const scenario::FaultAction& fault,
                             const std::vector<api::ObjectPtr>& objects, const Draws& draws,
                             ports::CauseId cause);
  /// Whether it did something to a message. Requires: it had hit something.
  [[nodiscard]] bool end(sim::SimWorld& world, const std::string& id);
  /// Of those that have not ended: which did nothing to any message.
  [[nodiscard]] std::vector<std::string> idle(const sim::SimWorld& world) const;

 private:
  std::map<std::string, std::uint32_t> handles_;  ///< By timeline id.
};

}  // namespace orrery::session
