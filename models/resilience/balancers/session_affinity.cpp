#include "models/resilience/balancers/session_affinity.h"

#include <algorithm>
#include <bit>

#include "models/base/random.h"

namespace orrery::resilience {

SessionAffinity::SessionAffinity(const SessionAffinityConfig& config)
    : timeout_{config.timeout}, sets_(std::bit_ceil((config.client_count_max + 7) / 8)) {}

std::optional<std::uint32_t> SessionAffinity::host_of(std::uint64_t client, Instant now) const {
  for (const Entry& entry : sets_[mix64(client) & (sets_.size() - 1)]) {
    if (entry.used && entry.client == client && now - entry.last <= timeout_) return entry.host;
  }
  return std::nullopt;
}

void SessionAffinity::connected(std::uint64_t client, std::uint32_t host, Instant now) {
  Set& set = sets_[mix64(client) & (sets_.size() - 1)];
  auto at = std::find_if(set.begin(), set.end(),
                         [&](const Entry& e) { return e.used && e.client == client; });
  if (at == set.end()) {
    at = std::min_element(set.begin(), set.end(), [](const Entry& a, const Entry& b) {
      return a.used != b.used ? !a.used : a.last < b.last;
    });
  }
  *at = {client, now, host, true};
}

}  // namespace orrery::resilience
