/// @file
/// What a recording of a run holds: the scene, what was sampled of it, events, followed requests.
///
/// Source of the file format: docs/recording-format.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/base/time_types.h"

namespace orrery::recording {

/// A text of the recording by its number; 0 is the empty one.
using TextId = std::uint32_t;

struct RunInfo {
  std::string scenario;  ///< Its name.
  std::string digest;    ///< Of its text, manifests and settings; empty: unknown.
  std::string world;     ///< "sim", "containerd".
  std::string engine;    ///< The version of what wrote it.
  std::uint64_t seed = 0;
  std::int64_t started_at = 0;  ///< What the calendar showed at Instant 0: seconds since 1970 UTC.
  Duration period = Duration::milliseconds(100);  ///< From sample to sample; whole microseconds.

  friend bool operator==(const RunInfo&, const RunInfo&) = default;
};

inline constexpr std::uint32_t kOutside = 0xffff'ffff;  ///< As a caller: the clients outside.

struct SceneEdge {
  std::uint32_t from = kOutside;  ///< Index into the services.
  std::uint32_t to = 0;

  friend bool operator==(const SceneEdge&, const SceneEdge&) = default;
};

/// The pods of a service that share the messages of a topic.
struct SceneGroup {
  std::string topic;          ///< "orders"
  std::uint32_t service = 0;  ///< Index into the services: who consumes.

  friend bool operator==(const SceneGroup&, const SceneGroup&) = default;
};

/// What does not change in a run.
struct Scene {
  std::vector<std::string> services;  ///< "namespace/name"
  std::vector<SceneEdge> edges;
  std::vector<std::string> journeys;
  std::vector<SceneGroup> groups = {};
  std::vector<SceneEdge> routes = {};  ///< Callers that have policies for whom they call.

  friend bool operator==(const Scene&, const Scene&) = default;
};

/// How calls ended: fields Ok to NotAdmitted of CallField, in this order.
inline constexpr std::uint32_t kOutcomeCount = 11;
/// "ok", "error", "refused", "reset", "timeout", "no-endpoints", "upstream", "circuit-open",
/// "overflow", "rate-limited", "not-admitted". Requires: outcome < kOutcomeCount.
[[nodiscard]] const char* outcome_name(std::uint32_t outcome);

/// A column of an edge, a service or a journey.
enum class CallField : std::uint8_t {
  Started = 0,  ///< In the period, as the next thirteen.
  Ok = 1,       ///< The first of kOutcomeCount.
  NotAdmitted = 11,
  Retries = 12,
  Forgotten = 13,  ///< Nobody will hear how they end: their caller is gone.
  InFlight = 14,   ///< At the instant of the sample.
  P50 = 15,        ///< Of the last whole second; see latency_value().
  P95 = 16,
  P99 = 17,
  Busy = 18,            ///< Services: slots in use.
  Queued = 19,          ///< Services: requests that wait at a pod.
  BreakersOpen = 20,    ///< Edges: of the callers.
  BreakersTrying = 21,  ///< Edges: half-open.
};
inline constexpr std::uint32_t kCallFieldCount = 22;
/// Where calls that ended in this way are counted. Requires: outcome < kOutcomeCount.
[[nodiscard]] constexpr CallField outcome_field(std::uint32_t outcome) {
  return static_cast<CallField>(static_cast<std::uint32_t>(CallField::Ok) + outcome);
}

/// A column of the cluster as a whole.
enum class ClusterField : std::uint8_t { Pods, PodsReady, PodsPending, Nodes, NodesReady };
inline constexpr std::uint32_t kClusterFieldCount = 5;

/// A column of a consumer group.
enum class GroupField : std::uint8_t {
  Published,    ///< In the period, as the next three.
  Finished,     ///< Messages, those given up included.
  Dead,         ///< Given up.
  Redelivered,  ///< Deliveries of messages that had been delivered before.
  Lag,          ///< Messages that are not finished, at the instant of the sample.
  OldestAge,    ///< Of the oldest of them [us]; 0: there is none.
};
inline constexpr std::uint32_t kGroupFieldCount = 6;

/// A column of a route: what its policies did in the period, all pods of the caller together.
/// Calls that ended because they were turned away are in the edge's outcomes, too: CircuitOpen,
/// Overflow, RateLimited, NotAdmitted. Tries that were, and were made again, are here alone.
enum class PolicyField : std::uint8_t {
  Calls,
  Tries,      ///< That left the caller.
  Retries,    ///< That were decided, whether or not they left.
  Hedges,     ///< Likewise, further tries beside those under way.
  Fallbacks,  ///< Calls that failed, and were answered or made elsewhere.
  Openings,   ///< Of circuit breakers.
  Ejections,  ///< Of hosts.
  ByBreaker,  ///< Calls and tries that it turned away, as the next five.
  ByRateLimit,
  ByAdmission,
  ByBulkhead,    ///< Or the threads of a pool.
  ByPool,        ///< Limits of connections, of requests that wait for one, or of requests.
  ByRetryLimit,  ///< Retries and hedges that would have been made.
  KeptOut,       ///< At the instant of the sample: hosts, each as often as callers keep it out.
};
inline constexpr std::uint32_t kPolicyFieldCount = 14;
/// The first so many are counts.
inline constexpr auto kPolicyCountCount = static_cast<std::uint32_t>(PolicyField::KeptOut);

enum class RowKind : std::uint8_t { Cluster = 0, Edge = 1, Service = 2, Journey = 3 };

/// Where a column stands in the values of a sample: all rows of field 0, all of field 1, and so on;
/// rows are the edges, the services, the journeys; then the fields of the cluster; then, field by
/// field likewise, the groups, and the routes.
class ColumnMap {
 public:
  explicit ColumnMap(const Scene& scene);
  [[nodiscard]] std::size_t of(RowKind kind, std::size_t row, CallField field) const {
    return of(first_[static_cast<std::size_t>(kind)] + row, field);
  }
  /// `row`: of all of them, in that order.
  [[nodiscard]] std::size_t of(std::size_t row, CallField field) const {
    return static_cast<std::size_t>(field) * rows_ + row;
  }
  [[nodiscard]] std::size_t of(ClusterField field) const {
    return rows_ * kCallFieldCount + static_cast<std::size_t>(field);
  }
  [[nodiscard]] std::size_t of(std::size_t group, GroupField field) const {
    return of_groups_ + static_cast<std::size_t>(field) * groups_ + group;
  }
  [[nodiscard]] std::size_t of(std::size_t route, PolicyField field) const {
    return of_routes_ + static_cast<std::size_t>(field) * routes_ + route;
  }
  [[nodiscard]] bool is_latency(std::size_t column) const {
    return column >= static_cast<std::size_t>(CallField::P50) * rows_ &&
           column < (static_cast<std::size_t>(CallField::P99) + 1) * rows_;
  }
  /// Counted over the period; otherwise a state at the instant of the sample.
  [[nodiscard]] bool is_count(std::size_t column) const {
    return column < static_cast<std::size_t>(CallField::InFlight) * rows_ ||
           (column >= of_groups_ && column < of(0, GroupField::Lag)) ||
           (column >= of_routes_ && column < of(0, PolicyField::KeptOut));
  }
  /// An age [us].
  [[nodiscard]] bool is_age(std::size_t column) const {
    return column >= of(0, GroupField::OldestAge) && column < of_routes_;
  }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t groups() const { return groups_; }
  [[nodiscard]] std::size_t routes() const { return routes_; }
  [[nodiscard]] std::size_t count() const { return of_routes_ + routes_ * kPolicyFieldCount; }
  /// The first so many are all that a file of this version of the format has.
  [[nodiscard]] std::size_t count_in(std::uint32_t version) const {
    return version < 5 ? of(0, PolicyField::ByBreaker) : count();
  }

 private:
  std::size_t rows_;
  std::array<std::size_t, 4> first_{};
  std::size_t groups_;
  std::size_t routes_;
  std::size_t of_groups_;  ///< Where their columns begin.
  std::size_t of_routes_;
};

/// A latency as a column has it: 0 is none, n + 1 is bucket n of models/base/latency_buckets.h.
[[nodiscard]] std::int64_t latency_value(std::uint32_t bucket);
/// The middle of the bucket; 0 if there is none. Requires: 0 <= value <= kLatencyBucketCount.
[[nodiscard]] Duration latency_of(std::int64_t value);

/// Phases as they are stored.
enum class PodPhaseCode : std::uint8_t { Pending, Running, Succeeded, Failed, Unknown };
[[nodiscard]] const char* to_string(PodPhaseCode phase);

struct PodState {
  TextId node = 0;   ///< "n1"; 0: not bound.
  TextId owner = 0;  ///< "ReplicaSet/shop/cart-1"; 0: nobody's.
  TextId why = 0;    ///< Why a container waits or the pod failed: "CrashLoopBackOff".
  PodPhaseCode phase = PodPhaseCode::Pending;
  bool ready = false;
  bool terminating = false;
  std::uint32_t restarts = 0;
  std::uint32_t kept_out_by = 0;  ///< Callers that send it nothing, each once for all it calls.

  friend bool operator==(const PodState&, const PodState&) = default;
};

struct NodeState {
  TextId zone = 0;
  TextId taints = 0;  ///< "key=value:effect,…"
  bool ready = false;
  bool unschedulable = false;
  std::uint32_t pods = 0;           ///< Bound to it and not ended.
  std::int64_t cpu_milli = 0;       ///< Allocatable.
  std::int64_t memory_bytes = 0;    ///< Allocatable.
  std::int64_t used_cpu_milli = 0;  ///< Requested by its pods.
  std::int64_t used_memory_bytes = 0;

  friend bool operator==(const NodeState&, const NodeState&) = default;
};

/// The state of a pod or a node by its name, "Pod/shop/cart-1" or "n1".
template <class State>
struct Named {
  TextId name = 0;
  State state;

  friend bool operator==(const Named&, const Named&) = default;
};
/// By rising number of the name.
using Pods = std::vector<Named<PodState>>;
using Nodes = std::vector<Named<NodeState>>;

struct RunEvent {
  std::uint64_t id = 0;
  std::uint64_t cause = 0;  ///< An earlier event; 0: none.
  Instant at;               ///< To the microsecond.
  TextId what = 0;          ///< "scheduled"
  TextId subject = 0;       ///< "Pod/shop/cart-1"
  TextId detail = 0;

  friend bool operator==(const RunEvent&, const RunEvent&) = default;
};

/// A call, or one try of it, of a followed journey.
struct Span {
  static constexpr std::uint32_t kJourney = 0xffff'ffff;
  std::uint32_t parent = kJourney;  ///< Index into the trace's spans, or the journey itself.
  std::uint32_t edge = 0;           ///< Index into the scene's edges.
  TextId operation = 0;
  TextId pod = 0;          ///< "10.0.0.3:8080", which it reached; 0: it did not get there.
  Duration start;          ///< Since the trace began; whole microseconds, as the next two.
  Duration wait = kNever;  ///< Until an instance began to work on it; kNever: none did.
  Duration length;
  std::uint8_t outcome = 0;
  std::uint8_t attempt = 0;  ///< 0: the first try.

  static constexpr Duration kNever = Duration::microseconds(-1);
  friend bool operator==(const Span&, const Span&) = default;
};

/// A followed journey with all its calls, by start; parents stand before their children.
struct Trace {
  std::uint64_t key = 0;  ///< Of its draws: unique in the run.
  std::uint32_t journey = 0;
  Instant start;
  Duration length;
  std::uint8_t outcome = 0;
  std::vector<Span> spans;

  friend bool operator==(const Trace&, const Trace&) = default;
};

/// The world at an instant.
struct Frame {
  Instant at;                        ///< Of the sample that is shown.
  std::vector<std::int64_t> values;  ///< By ColumnMap.
  Pods pods;
  Nodes nodes;
};

}  // namespace orrery::recording
