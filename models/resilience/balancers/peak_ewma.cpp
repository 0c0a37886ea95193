#include "models/resilience/balancers/peak_ewma.h"

namespace orrery::resilience {

HostChoice PeakEwma::other_choice_by_count(const Hosts& hosts, std::uint32_t first,
                                           std::uint64_t draw) {
  std::uint32_t count = 0;
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    count += host != first && hosts.may_take(host) ? 1U : 0U;
  }
  if (count == 0) return std::nullopt;
  std::uint32_t left = index_from(draw, count);
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    if (host != first && hosts.may_take(host) && left-- == 0) return host;
  }
  contract_violation("a counted host is found again");
}

}  // namespace orrery::resilience
