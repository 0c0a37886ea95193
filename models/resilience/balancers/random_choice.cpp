#include "models/resilience/balancers/random_choice.h"

namespace orrery::resilience {
namespace {

constexpr int kDrawsMax = 8;

HostChoice choice_by_count(const Hosts& hosts, std::uint64_t draw) {
  std::uint32_t count = 0;
  for (std::uint32_t host = 0; host < hosts.size(); ++host) count += hosts.may_take(host) ? 1U : 0U;
  if (count == 0) return std::nullopt;
  std::uint32_t left = index_from(draw, count);
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    if (hosts.may_take(host) && left-- == 0) return host;
  }
  contract_violation("a counted host is found again");
}

}  // namespace

HostChoice random_choice_again(const Hosts& hosts, std::uint64_t draw) {
  for (int draws = 1; draws < kDrawsMax; ++draws) {
    draw = mix64(draw);
    const std::uint32_t host = index_from(draw, hosts.size());
    if (hosts.may_take(host)) return host;
  }
  return choice_by_count(hosts, mix64(draw));
}

}  // namespace orrery::resilience
