/// @file
/// What a scenario says of a fault on the way between callers and the called.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/api/meta.h"
#include "models/base/time_types.h"

namespace orrery::scenario {

/// Who stands at one end of the way: everybody, or whoever is named.
struct EdgeEnd {
  bool everybody = true;
  bool clients = false;               ///< Those outside the cluster.
  std::vector<std::string> services;  ///< "namespace/name"
  std::vector<std::string> nodes;
  std::vector<std::string> zones;
  std::vector<api::ObjectKey> pods;  ///< Workloads and pods: their pods when the fault begins.
};
/// "everybody", "Service/shop/cart, Zone/a".
[[nodiscard]] std::string to_string(const EdgeEnd& end);

enum class EdgeDirection : std::uint8_t { To, From, Both };

/// What callers are told that is wrong.
enum class WrongConfig : std::uint8_t {
  Port,     ///< Nobody listens there.
  Service,  ///< Another one, which does not know what it is asked for.
  Timeout,  ///< `timeout`.
};

struct EdgeSettings {
  EdgeEnd from;
  EdgeEnd to;
  EdgeDirection direction = EdgeDirection::To;  ///< Network…: whose messages, seen from `from`.
  double probability = 1;                       ///< (0, 1], of each message or call.
  Duration jitter;
  double correlation = 0;        ///< [0, 1]
  std::int32_t status = 0;       ///< HttpAbort, HttpReplace; 0: the connection is reset.
  std::int64_t burst_bytes = 0;  ///< NetworkBandwidth: passes at once after a silence.
  /// NetworkBandwidth: with more in line, 0: with any, it drops. LimitData: of a message.
  std::int64_t limit_bytes = 0;
  std::int64_t header_bytes = 700;        ///< Of both: of each message, beside its payload.
  WrongConfig wrong = WrongConfig::Port;  ///< BadConfig.
  Duration timeout;                       ///< BadConfig.
};

}  // namespace orrery::scenario
