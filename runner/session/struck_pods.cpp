#include "runner/session/struck_pods.h"

#include <algorithm>

namespace orrery::session {

void StruckPods::hit(const api::ObjectKey& pod, ports::CauseId fault) {
  illnesses_[pod].push_back({fault, 0});
}

void StruckPods::well(const api::ObjectKey& pod, ports::CauseId ready) {
  const auto found = illnesses_.find(pod);
  if (found == illnesses_.end()) return;
  for (Illness& illness : found->second) {
    if (illness.ready == 0) illness.ready = ready;
  }
}

ports::CauseId StruckPods::fault_of(const api::ObjectKey& pod, ports::CauseId latest) const {
  const auto found = illnesses_.find(pod);
  if (found == illnesses_.end()) return 0;
  const auto last = std::find_if(found->second.rbegin(), found->second.rend(),
                                 [&](const Illness& illness) { return illness.fault <= latest; });
  if (last == found->second.rend()) return 0;
  const bool lasts = last->ready == 0 || last->ready > latest;
  return lasts ? last->fault : 0;
}

}  // namespace orrery::session
