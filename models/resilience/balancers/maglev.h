/// @file
/// Maglev: a table that hosts fill in turns, each by its own permutation: even shares, one look-up
/// per request, and little disruption when hosts come and go.
///
/// Source: Envoy maglev_lb; Eisenbud et al., "Maglev", NSDI 2016, listing 1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "models/resilience/balancers/host_choice.h"
#include "models/resilience/balancers/host_view.h"

namespace orrery::resilience {

struct MaglevConfig {
  std::uint32_t table_size = 65537;  ///< A prime, at most 5000011.
  /// Hosts take their turns in the order of their addresses. Before Envoy 1.27: in the order given,
  /// so that the same hosts could make another table.
  bool ordered_by_address = true;

  friend bool operator==(const MaglevConfig&, const MaglevConfig&) = default;
};

/// The table of one set of hosts. Immutable once built, so that callers may share it.
class Maglev {
 public:
  /// The table of the hosts that may be chosen. `addresses[i]` is the text of host i. To be built
  /// anew whenever hosts, weights or health change.
  Maglev(const MaglevConfig& config, const Hosts& hosts,
         std::span<const std::string_view> addresses);

  /// The host in slot hash mod size; of another hash for each `attempt` after earlier choices were
  /// refused. Nothing without hosts.
  [[nodiscard]] HostChoice pick(std::uint64_t hash, std::uint32_t attempt = 0) const {
    if (table_.empty()) return std::nullopt;
    if (attempt > 0) hash ^= ~std::uint64_t{0} - attempt + 1;
    return table_[hash % table_.size()];
  }

  [[nodiscard]] std::span<const std::uint32_t> table() const { return table_; }

 private:
  std::vector<std::uint32_t> table_;  ///< The host of each slot.
};

}  // namespace orrery::resilience
