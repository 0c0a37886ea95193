/// @file
/// What the processes of an image do, beside serving requests: how long they run and how they end,
/// when they are unwell, and what they use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/base/distribution.h"
#include "models/base/time_types.h"

namespace orrery::sim {

/// base + per_second x age + per_request x requests being worked on + per_served x requests that
/// it has answered [bytes].
struct MemoryUse {
  std::int64_t base = 0;
  std::int64_t per_second = 0;
  std::int64_t per_request = 0;
  std::int64_t per_served = 0;

  [[nodiscard]] bool any() const {
    return base > 0 || per_second > 0 || per_request > 0 || per_served > 0;
  }
};

/// base + per_second x age [bytes].
struct DiskUse {
  std::int64_t base = 0;
  std::int64_t per_second = 0;
  std::string volume = {};  ///< Where: an emptyDir of the pod; empty: logs and writable layer.
};

struct ProcessModel {
  std::optional<Distribution> runs_for;  ///< From its start; absent: until it is stopped.
  std::int32_t exit_code = 0;            ///< Of a process that ends by itself.
  bool ignores_term = false;             ///< Goes on until it is killed.
  bool serves = true;                    ///< Opens its ports; otherwise it does nothing at all.
  /// From this age on its health checks fail and its requests are answered with errors, for
  /// `unwell_for` if given.
  std::optional<Duration> unwell_after;
  std::optional<Duration> unwell_for;
  double error_probability = 0;  ///< [0, 1], of its requests.
  MemoryUse memory;
  DiskUse disk;
};

/// In what way a process is unwell.
enum class Illness : std::uint8_t {
  None,
  Fails,  ///< HTTP 503, exec 1, gRPC NOT_SERVING, to requests and checks; connections are accepted.
  Hangs,  ///< Connections are accepted; checks and requests get their answers when it is over.
};

/// What something from outside takes from a process, or adds to its work.
struct Strain {
  std::uint32_t threads = 0;      ///< Busy ones that use its CPU quota.
  std::int64_t memory_bytes = 0;  ///< That it holds in addition.
  Duration waits;                 ///< By which whatever its requests wait for takes longer.
};

/// Memory in use at `age`, with `requests` being worked on and `served` answered.
[[nodiscard]] std::int64_t memory_at(const MemoryUse& use, Duration age, std::uint64_t requests,
                                     std::uint64_t served = 0);
[[nodiscard]] std::int64_t disk_at(const DiskUse& use, Duration age);

/// The age at which memory exceeds `limit` with no request; nothing: never.
[[nodiscard]] std::optional<Duration> outgrows(const MemoryUse& use, std::int64_t limit);

}  // namespace orrery::sim
