/// @file
/// What the request engine shows of itself, and what it tells of between two events.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "models/base/time_types.h"
#include "models/ports/event.h"
#include "models/resilience/breakers/breaker_change.h"
#include "models/resilience/outlier_detection.h"
#include "sim/traffic/consumer_group.h"
#include "sim/traffic/failure_ledger.h"
#include "sim/traffic/indices.h"
#include "sim/traffic/request_outcome.h"

namespace orrery::sim {

/// Who sends requests through an endpoint table: 0 is everybody outside the cluster, i + 1 node i.
using ConsumerIndex = std::uint32_t;
inline constexpr ConsumerIndex kOutsideClients = 0;

/// A process that serves at an address. Never used again for another one.
enum class InstanceId : std::uint32_t {};

enum class InstanceState : std::uint8_t {
  Starting,  ///< Does not listen: connections are refused.
  Listening,
  Draining,  ///< Was told to end: refuses connections, finishes what it accepted.
  Stopped,   ///< The process is gone, its host answers: connections are refused.
  Silent,    ///< Nothing answers at its address.
};

struct InstanceView {
  InstanceState state = InstanceState::Starting;
  std::uint32_t busy = 0;  ///< Slots in use, callers that gave up included.
  std::uint32_t queued = 0;
  Duration cpu;              ///< Core time of the work it has done since its start.
  std::uint64_t served = 0;  ///< Requests that it has answered since its start.
};

/// A service at one instant; `open` as callers see it, the rest as its pods do.
struct ServiceGauge {
  std::uint64_t open = 0;  ///< Counted requests without an outcome.
  std::uint64_t busy = 0;  ///< Slots in use.
  std::uint64_t queued = 0;

  friend bool operator==(const ServiceGauge&, const ServiceGauge&) = default;
};

/// Why a network lets through what it lets through.
struct NetworkCauses {
  ports::CauseId change = 0;  ///< Of the rules that come; 0: they were there from the start.
  std::map<std::string, ports::CauseId> policies = {};  ///< Of the last write of each, by name.
};

/// How a health check that was served as a request ended.
struct ProbeAnswer {
  std::uint32_t tag = 0;
  RequestOutcome outcome = RequestOutcome::Ok;
  RecordId cause = 0;  ///< Of its failing; 0: unknown.
};

/// A change of a circuit breaker; `change.at` may lie before the call that brought it to light.
struct BreakerNotice {
  ServiceIndex from = kClients;
  ServiceIndex to = 0;
  std::uint32_t caller = 0xffff'ffff;  ///< InstanceId of the calling process; all ones: clients.
  resilience::BreakerChange change;
  RecordId cause = 0;  ///< Of its opening: that of the last call that failed. Else 0.
};

/// A host that a caller keeps out: by outlier detection, failure accrual, or checks that it passed
/// before.
struct HostKeptOut {
  std::uint32_t route = 0;     ///< Index into TrafficModel::routes.
  std::uint32_t instance = 0;  ///< InstanceId; all ones: nobody stands at its address any more.

  friend bool operator==(const HostKeptOut&, const HostKeptOut&) = default;
};

/// A host that a caller's outlier detection ejected, or took back, or would have.
struct EjectionNotice {
  ServiceIndex from = kClients;
  ServiceIndex to = 0;
  std::uint32_t caller = 0xffff'ffff;
  std::string address;  ///< "10.0.0.1:8080"
  resilience::OutlierEvent event;
  RecordId cause = 0;  ///< Unless it is taken back: that of the caller's last call that failed.
  std::string subset = {};  ///< By name, of whose cluster this is told; else empty.
};

/// A caller sends another part of its calls to its own zone than before.
struct OwnShareNotice {
  ServiceIndex from = kClients;
  ServiceIndex to = 0;
  std::uint32_t caller = 0xffff'ffff;
  std::uint32_t share = 0;  ///< [1/10,000]; kNoZone: it does not look at zones any more.
};

/// A consumer group at one instant.
struct GroupSample {
  Instant at;
  Duration age;  ///< Of the oldest message that is not done; 0: all are.
  GroupCounts counts;
};

}  // namespace orrery::sim
