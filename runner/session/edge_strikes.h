/// @file
/// Faults on the ways between callers and the called, while they last.
#pragma once

#include <map>
#include <string>
#include <utility>
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
  /// Why it did nothing to any message; empty: it did. Requires: it had hit something.
  [[nodiscard]] std::string end(sim::SimWorld& world, const std::string& id);
  /// Of those that have not ended: which did nothing to any message, and why.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> idle(
      const sim::SimWorld& world) const;

 private:
  struct Active {
    std::uint32_t handle = 0;
    const char* otherwise = "";  ///< Why it did nothing, if it did not.
  };
  std::map<std::string, Active> active_;  ///< By timeline id.
};

}  // namespace orrery::session
