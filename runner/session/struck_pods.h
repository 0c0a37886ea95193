/// @file
/// Which pods of a live run a fault has hit, and until when: the session asks as it goes, and what
/// is recorded behind the clock asks about earlier.
#pragma once

#include <map>
#include <vector>

#include "models/api/meta.h"
#include "models/ports/event.h"

namespace orrery::session {

/// All records are of the session's log.
class StruckPods {
 public:
  /// The fault of this record was done to the pod. Requires: a later record than any before.
  void hit(const api::ObjectKey& pod, ports::CauseId fault);
  /// With this record the pod, hit or not, is ready again.
  void well(const api::ObjectKey& pod, ports::CauseId ready);

  /// The fault of which the pod was not well again when `latest` was the log's last record; 0:
  /// none. One that comes in its place under the same name suffers from it as well, until it is
  /// ready.
  [[nodiscard]] ports::CauseId fault_of(const api::ObjectKey& pod, ports::CauseId latest) const;

 private:
  struct Illness {
    ports::CauseId fault = 0;
    ports::CauseId ready = 0;  ///< Its end; 0: it lasts.
  };
  std::map<api::ObjectKey, std::vector<Illness>> illnesses_;  ///< In order.
};

}  // namespace orrery::session
