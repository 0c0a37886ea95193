/// @file
/// Which of the changes that a live session sees are its own doing, so that the event log can name
/// what led to them as it does in a simulated run.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "models/controllers/informer.h"
#include "models/ports/api_client.h"
#include "models/ports/event.h"

namespace orrery::session {

/// Writes are known by the version that the server gave them: of others nothing is claimed.
class OwnWrites {
 public:
  /// The server has carried out `call`, which was made because of `cause`. Requires: it is told
  /// before the change is, as the stream of a client has them in this order.
  void done(const ports::ApiCall& call, const ports::Event& answer, ports::CauseId cause);

  /// What led to the change; 0: it is not known to be ours. Each of them is asked for once.
  [[nodiscard]] ports::CauseId cause_of(const controllers::Change& change);

 private:
  std::map<std::pair<api::ObjectKey, std::uint64_t>, ports::CauseId> written_;  ///< By version.
  std::map<api::ObjectKey, ports::CauseId> going_;  ///< What was deleted or evicted.
};

}  // namespace orrery::session
