/// @file
/// Ring hash (ketama): hosts stand on a ring many times; a request goes to the first host at or
/// after its own hash, so that hosts that come and go move few requests.
///
/// Source: Envoy ring_hash_lb.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "models/resilience/balancers/host_choice.h"
#include "models/resilience/balancers/host_view.h"

namespace orrery::resilience {

struct RingHashConfig {
  std::uint32_t ring_size_min = 1024;      ///< >= 1. minimum_ring_size
  std::uint32_t ring_size_max = 1U << 23;  ///< >= ring_size_min. maximum_ring_size

  friend bool operator==(const RingHashConfig&, const RingHashConfig&) = default;
};

/// The ring of one set of hosts. Immutable once built, so that callers may share it.
class RingHash {
 public:
  /// The ring of the hosts that may be chosen. `addresses[i]` is the text of host i,
  /// "10.0.0.1:8080". To be built anew whenever hosts, weights or health change.
  RingHash(const RingHashConfig& config, const Hosts& hosts,
           std::span<const std::string_view> addresses);

  /// The host of the first entry at or after `hash`, from the end on to the first; `attempt`
  /// entries further when earlier choices were refused. Nothing without hosts. O(log entries).
  [[nodiscard]] HostChoice pick(std::uint64_t hash, std::uint32_t attempt = 0) const {
    if (entries_.empty()) return std::nullopt;
    const auto at = std::lower_bound(
        entries_.begin(), entries_.end(), hash,
        [](const Entry& entry, std::uint64_t wanted) { return entry.hash < wanted; });
    auto index = static_cast<std::size_t>(at - entries_.begin());
    if (index == entries_.size()) index = 0;
    if (attempt > 0) index = (index + attempt) % entries_.size();
    return entries_[index].host;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t hash;
    std::uint32_t host;
  };

  std::vector<Entry> entries_;  ///< By hash, then host.
};

}  // namespace orrery::resilience
