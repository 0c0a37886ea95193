#include "models/resilience/balancers/ring_hash.h"

#include <cmath>
#include <string>

#include "models/base/contract.h"
#include "models/resilience/balancers/xx_hash.h"

namespace orrery::resilience {

// Worked example: weights 1 and 2, at least 1024 entries. Normalised 1/3 and 2/3; the lighter host
// gets ceil(341.33) = 342 entries, so the ring has 342 / (1/3) = 1026: 342 and 684.
RingHash::RingHash(const RingHashConfig& config, const Hosts& hosts,
                   std::span<const std::string_view> addresses) {
  expects(config.ring_size_min >= 1 && config.ring_size_min <= config.ring_size_max,
          "a ring's least size is at most its greatest");
  expects(addresses.size() == hosts.size(), "every host of a ring has an address");
  double weight_sum = 0.0;
  double weight_min = 0.0;
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    if (!hosts.may_take(host)) continue;
    const double weight = hosts[host].weight;
    weight_min = weight_sum == 0.0 ? weight : std::min(weight_min, weight);
    weight_sum += weight;
  }
  if (weight_sum == 0.0) return;
  const double least_part = weight_min / weight_sum;
  const double size = std::min(std::ceil(least_part * config.ring_size_min) / least_part,
                               static_cast<double>(config.ring_size_max));
  entries_.reserve(static_cast<std::size_t>(std::ceil(size)));

  double placed = 0.0;
  double target = 0.0;  // a running sum over the hosts, so that rounding never adds up
  std::string key;
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    if (!hosts.may_take(host)) continue;
    target += size * (hosts[host].weight / weight_sum);
    for (std::uint64_t i = 0; placed < target; ++i, placed += 1.0) {
      key = addresses[host];
      key += '_';
      key += std::to_string(i);
      entries_.push_back({xx_hash64(key), host});
    }
  }
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.host < b.host;
  });
}

}  // namespace orrery::resilience
