/// @file
/// The model that request engines are compared on: three M/M/10 stations in a row, 10 ms each,
/// 700 requests/s, through the engine and as a loop written by hand.
#pragma once

#include <cstdint>

#include "models/base/time_types.h"
#include "models/resilience/route_policy.h"

namespace orrery::bench {

inline constexpr std::uint32_t kStations = 3;
inline constexpr std::uint32_t kServers = 10;
inline constexpr double kArrivalRate = 700.0;
inline constexpr double kMeanServiceSeconds = 0.010;
inline constexpr double kTheorySeconds = 0.032217;  ///< Erlang C and Burke's theorem.

struct Measurement {
  double spent_seconds = 0;
  double mean_seconds = 0;
  std::uint64_t hops = 0;
};

/// Of this process: on a shared machine wall time measures the neighbours.
[[nodiscard]] double cpu_seconds();

/// The loop one would write for this question alone.
[[nodiscard]] Measurement by_hand(std::uint64_t requests, std::uint64_t seed);

/// Every policy that a caller can have at a time, none of which turns a call of the chain away.
[[nodiscard]] resilience::RoutePolicy all_policies();

struct Variant {
  const char* name;
  Duration latency;
  Duration timeout;
  bool policies = false;  ///< All of them, over ten pods of two threads, with 0.5 % errors.
};

/// Through the request engine. Zeros: requests failed, or were tried another number of times than
/// the variant makes them.
[[nodiscard]] Measurement by_engine(std::uint64_t requests, std::uint64_t seed,
                                    const Variant& variant);

}  // namespace orrery::bench
