/// @file
/// Session affinity: new connections of a client go where its last one went, for a time.
///
/// Source: Kubernetes Service spec.sessionAffinity ClientIP; pkg/proxy/iptables (recent match).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/time_types.h"

namespace orrery::resilience {

struct SessionAffinityConfig {
  Duration timeout = Duration::seconds(10800);  ///< Since the client's last connection.
  std::uint32_t client_count_max = 4096;        ///< Clients remembered, about; >= 1.
};

/// Which host each client is bound to. Memory is fixed: of eight clients that fall together, a
/// ninth displaces the one that has not connected for longest.
class SessionAffinity {
 public:
  explicit SessionAffinity(const SessionAffinityConfig& config);

  /// The host to which `client` is bound; nothing if there is none or its timeout has passed. The
  /// caller chooses anew when that host is gone.
  [[nodiscard]] std::optional<std::uint32_t> host_of(std::uint64_t client, Instant now) const;

  /// `client` has opened a connection to `host`: bound to it, for the whole timeout again.
  void connected(std::uint64_t client, std::uint32_t host, Instant now);

 private:
  struct Entry {
    std::uint64_t client = 0;
    Instant last;
    std::uint32_t host = 0;
    bool used = false;
  };
  using Set = std::array<Entry, 8>;

  Duration timeout_;
  std::vector<Set> sets_;  ///< A power of two of them.
};

}  // namespace orrery::resilience
