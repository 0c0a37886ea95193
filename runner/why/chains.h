/// @file
/// Why requests failed: for every origin, the chain of records that leads from it to the users.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/run_result.h"

namespace orrery::why {

struct Question {
  std::optional<Instant> at;  ///< Failures that were going on then; absent: all of the run.
  std::string what;           ///< Of calls to this service, by anybody; empty: of users' requests.
};

/// Failures that come from one origin: a fault, a change, the load, errors of a service's own.
struct Chain {
  /// From the origin to what failed last, each caused by the one before. Not empty.
  std::vector<recording::LogRecord> steps;
  std::uint64_t count = 0;  ///< Failed requests, by this or a longer way.
  Instant first;
  Instant last;
  bool feeds_itself = false;  ///< Failures led to more of the same: it may outlive its origin.
  /// Of a Service that never had a ready pod: what keeps the first pod of its namespace from coming
  /// up, and how many more wait so: "Pod/shop/cart-1: unschedulable, 0/3 nodes ... (and 9 more)".
  std::string waiting;
};

/// Most failures first; of each origin the chain by which most of them came. Empty: none failed.
[[nodiscard]] std::vector<Chain> chains_of(const std::vector<recording::LogRecord>& log,
                                           const std::vector<runner::FailureKind>& failures,
                                           const Question& question);

/// The failures of all chains together.
[[nodiscard]] std::uint64_t failures_in(const std::vector<Chain>& chains);

/// "98.1 % of 3,214 failed requests, 0:12 to 0:17: hang of Pod/shop/cart-1 > cart > front". One
/// chain in one line. Requires: `all`, the failures of all chains, is not 0.
[[nodiscard]] std::string in_one_line(const Chain& chain, std::uint64_t all, bool unicode);

/// All chains for people, ending in a newline; says so if nothing failed.
[[nodiscard]] std::string in_full(const std::vector<Chain>& chains, const Question& question);

}  // namespace orrery::why
