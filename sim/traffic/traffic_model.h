/// @file
/// What services do with requests, and who sends them: the request engine's input, names resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/distribution.h"
#include "models/base/time_types.h"
#include "models/resilience/server_policy.h"
#include "sim/traffic/arrival_rate.h"
#include "sim/traffic/call_cache.h"
#include "sim/traffic/leader_model.h"
#include "sim/traffic/process_pace.h"
#include "sim/traffic/route_model.h"
#include "sim/traffic/topic_model.h"

namespace orrery::sim {

/// What opening a connection to a pod takes, before the first request on it.
struct HandshakeModel {
  std::uint32_t round_trips = 0;
  Duration cpu;  ///< Of the pod, beside the work of that request.
};

/// A call that takes back what another one did.
struct UndoModel {
  ServiceIndex to = 0;
  std::uint32_t operation = 0;
};

/// When a call is made, by how the calls of the step before it ended.
enum class CallCondition : std::uint8_t {
  Always,
  Succeeded,  ///< None of them failed; there may have been none.
  Failed,     ///< One of them failed, and that was put up with.
};

/// A call that an operation makes to another service.
struct CallModel {
  ServiceIndex to = 0;
  std::uint32_t operation = 0;    ///< Index into the callee's operations.
  std::uint32_t times = 1;        ///< One after another, the most of them; >= 1.
  double probability = 1.0;       ///< (0, 1]; drawn once for all `times`.
  Duration timeout;               ///< Per call; 0: none.
  std::uint32_t times_least = 0;  ///< Between it and `times` all numbers are as likely; 0: `times`.
  CallCondition condition = CallCondition::Always;
  bool optional = false;                 ///< Its failure is put up with.
  bool detached = false;                 ///< Nobody waits for it, and nobody hears how it ends.
  std::uint32_t request_bytes = 0;       ///< On the way to the callee.
  std::uint32_t answer_bytes = 0;        ///< On the way back, if it ends well.
  std::optional<CacheModel> cache = {};  ///< In the caller's process; what it has is not called.
  std::optional<UndoModel> undo = {};    ///< Made when a later step fails.
};

/// Calls made at the same time; the next step starts when all have ended. When one fails, so does
/// the operation, after the undoing calls of the steps before have been made, the last one first.
struct CallStep {
  std::vector<CallModel> calls;
};

struct OperationModel {
  std::string name;
  Distribution cpu;   ///< Work; occupies one of the pod's slots.
  Distribution wait;  ///< Waiting on something outside the model; occupies a slot as well.
  std::vector<CallStep> steps;   ///< After own work; the slot stays occupied.
  double error_probability = 0;  ///< The operation's own failures (HTTP 500), after its work.
  /// To the disk, where it fails if that is full; of a service with leaders, by the leader alone.
  bool writes = false;
};

struct ServiceModel {
  std::string name;                ///< "namespace/name" of the Kubernetes Service.
  std::string port_name;           ///< Of the Service; empty: its first port.
  std::uint32_t concurrency = 64;  ///< Requests one pod works on at a time; >= 1.
  std::uint32_t queue_max = 1024;  ///< Requests that wait at one pod; beyond: refused.
  bool drains_on_term = true;      ///< TERM: finish what was accepted. Otherwise it is reset.
  /// Health checks wait for one of the slots and hold it, as requests do. Otherwise they are
  /// answered by a thread of their own.
  bool probes_share_threads = false;
  std::vector<OperationModel> operations;
  WarmUpModel warm_up = {};
  PauseModel pauses = {};
  resilience::ServerPolicy server = {};
  HandshakeModel handshake = {};
  std::optional<LeaderModel> leader = {};
};

struct JourneyStep {
  ServiceIndex service = 0;
  std::uint32_t operation = 0;
  std::uint32_t times = 1;   ///< One after another; >= 1.
  double probability = 1.0;  ///< (0, 1]; drawn once for all `times`.
};

/// Steps a user takes one after another; a failed step ends the journey.
struct JourneyModel {
  std::string name;
  std::vector<JourneyStep> steps;
  Duration timeout;         ///< Per step, as the user sees it; 0: none.
  Distribution think = {};  ///< From the end of a step to the next one that is made.
};

/// Journeys that start as a Poisson process, or one after another by each of some users.
struct LoadModel {
  double rate_per_second = 0;  ///< Of the process.
  RateSeries rates = {};       ///< In place of it, from `from` on, where it has points.
  std::uint32_t users = 0;     ///< Above 0: a closed load of so many; no process.
  Distribution think = {};     ///< Of a user before the first journey, and between two.
  Duration ramp_up = {};       ///< Users come evenly over so long.
  Instant from;
  Instant until = Instant::never();
  struct Share {
    std::uint32_t journey = 0;
    double weight = 1;
  };
  std::vector<Share> mix;
  /// Who starts the journeys of an open load; 0: each is a user's of its own.
  std::uint32_t population = 0;
  /// User k (1, 2, …) comes with a probability proportional to k^-exponent. >= 0; 0: all equally.
  double population_zipf = 0;
};

struct TrafficModel {
  std::vector<ServiceModel> services;
  std::vector<RouteModel> routes;  ///< At most one for a caller and a callee.
  std::vector<SharedLimitModel> shared_limits;
  std::vector<JourneyModel> journeys;
  std::vector<LoadModel> load;
  /// Nodes give the endpoints of a table out in turn, as kube-proxy's IPVS mode does; else at
  /// random. The clients outside draw in any case.
  bool nodes_take_turns = false;
  std::vector<TopicModel> topics;
  Duration latency_same_node = Duration::microseconds(50);  ///< One way.
  Duration latency_in_zone = Duration::microseconds(100);
  Duration latency_between_zones = Duration::milliseconds(1);
  /// What a payload's way takes beside the latency: each has the whole bandwidth to itself.
  std::int64_t bytes_per_second_in_zone = 0;  ///< Between nodes; 0: no limit.
  std::int64_t bytes_per_second_between_zones = 0;
  Duration connect_timeout = Duration::seconds(1);  ///< To an address that does not answer.
  Duration sample_interval = Duration::seconds(1);  ///< Of the time series.
  Instant measure_from;  ///< Requests that start earlier are not counted.
};

}  // namespace orrery::sim
