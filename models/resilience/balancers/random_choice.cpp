#include "models/resilience/balancers/random_choice.h"

namespace orrery::resilience {

std::optional<std::uint32_t> random_choice_by_count(const Hosts& hosts, std::uint64_t draw) {
  std::uint32_t count = 0;
  for (std::uint32_t host = 0; host < hosts.size(); ++host) count += hosts.may_take(host) ? 1U : 0U;
  if (count == 0) return std::nullopt;
  std::uint32_t left = index_from(draw, count);
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    if (hosts.may_take(host) && left-- == 0) return host;
  }
  contract_violation("a counted host is found again");
}

}  // namespace orrery::resilience
