#include "models/resilience/balancers/maglev.h"

#include <algorithm>
#include <limits>

#include "models/base/contract.h"
#include "models/resilience/balancers/xx_hash.h"

namespace orrery::resilience {
namespace {

constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();

struct Filler {
  std::uint32_t host;
  double weight;
  std::uint64_t skip;
  std::uint64_t slot;  ///< The next of its permutation.
  double owed_at = 0;  ///< Takes part again once round * weight reaches this.
};

bool is_prime(std::uint32_t number) {
  if (number < 2) return false;
  for (std::uint32_t factor = 2; factor * factor <= number; ++factor) {
    if (number % factor == 0) return false;
  }
  return true;
}

}  // namespace

// Worked example: weights 1 and 3. The heavy host takes a slot in every round, the light one in
// rounds 1, 3, 6, 9, …: where round * 1 has reached 0, 3, 6, 9, …
Maglev::Maglev(const MaglevConfig& config, const Hosts& hosts,
               std::span<const std::string_view> addresses) {
  const std::uint32_t size = config.table_size;
  expects(size <= 5000011 && is_prime(size), "a Maglev table has a prime size up to 5000011");
  expects(addresses.size() == hosts.size(), "every host of a table has an address");
  std::vector<Filler> fillers;
  double weight_max = 0.0;
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    if (!hosts.may_take(host)) continue;
    fillers.push_back({host, hosts[host].weight, xx_hash64(addresses[host], 1) % (size - 1) + 1,
                       xx_hash64(addresses[host]) % size});
    weight_max = std::max(weight_max, hosts[host].weight);
  }
  if (fillers.empty()) return;
  if (config.ordered_by_address) {
    std::sort(fillers.begin(), fillers.end(), [&](const Filler& a, const Filler& b) {
      return addresses[a.host] != addresses[b.host] ? addresses[a.host] < addresses[b.host]
                                                    : a.host < b.host;
    });
  }
  table_.assign(size, kFree);
  std::uint32_t filled = 0;
  for (std::uint32_t round = 1; filled < size; ++round) {
    for (Filler& filler : fillers) {
      if (filled == size) break;
      if (round * filler.weight < filler.owed_at) continue;
      filler.owed_at += weight_max;
      while (table_[filler.slot] != kFree) filler.slot = (filler.slot + filler.skip) % size;
      table_[filler.slot] = filler.host;
      ++filled;
    }
  }
}

}  // namespace orrery::resilience
