#include "models/resilience/balancers/round_robin.h"

namespace orrery::resilience {

void RoundRobin::refresh(const Hosts& hosts) {
  weighted_ = !weights_are_equal(hosts);
  if (weighted_) {
    edf_.refresh(hosts, draw_, [&](std::uint32_t host) { return hosts[host].weight; });
  } else {
    edf_.clear();
  }
  // A cycle that has begun goes on from where it was: only its first start is random.
  if (!started_ && hosts.size() > 0) {
    next_ = index_from(draw_, hosts.size());
    started_ = true;
  }
  if (next_ >= hosts.size()) next_ = 0;
}

}  // namespace orrery::resilience
