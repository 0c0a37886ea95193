#include "models/resilience/balancers/least_request.h"

#include "models/base/random.h"

namespace orrery::resilience {
namespace {

HostChoice least_of_all(const Hosts& hosts, std::uint64_t draw) {
  HostChoice best = std::nullopt;
  std::uint32_t tied = 0;
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    if (!hosts.may_take(host)) continue;
    if (!best || hosts[host].active < hosts[*best].active) {
      best = host;
      tied = 1;
    } else if (hosts[host].active == hosts[*best].active) {
      // The k-th of a tie takes over with probability 1/k: each is chosen equally often.
      ++tied;
      if (index_from(sub_draw(draw, tied), tied) == 0) best = host;
    }
  }
  return best;
}

}  // namespace

double least_request_weight(const HostView& host, double bias) {
  if (bias == 0.0) return host.weight;
  const double load = static_cast<double>(host.active) + 1.0;
  return host.weight / (bias == 1.0 ? load : portable_exp(bias * portable_log(load)));
}

void LeastRequest::refresh(const Hosts& hosts) {
  weighted_ = !weights_are_equal(hosts);
  edf_.clear();
  if (!weighted_) return;
  edf_.refresh(hosts, draw_, [&](std::uint32_t host) {
    return least_request_weight(hosts[host], config_.active_request_bias);
  });
}

HostChoice LeastRequest::pick_rarely(const Hosts& hosts, std::uint64_t draw) {
  if (!weighted_) return least_of_all(hosts, draw);
  return edf_.pick([&](std::uint32_t host) {
    return least_request_weight(hosts[host], config_.active_request_bias);
  });
}

}  // namespace orrery::resilience
