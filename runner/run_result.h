/// @file
/// What one run (one seed, one world) found: the input of verdicts, summaries and reports.
#pragma once

#include <array>
#include <boost/container/flat_map.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/api/meta.h"
#include "models/base/time_types.h"
#include "models/recording/event_log.h"

namespace orrery::runner {

/// Latencies in logarithmic buckets of 1/32 of a power of two: exact counts, 3 % wide, mergeable.
class LatencyHistogram {
 public:
  /// Bucket index -> count. A run has one for each second of each service: no tree of small pieces.
  using Buckets = boost::container::flat_map<std::uint32_t, std::uint64_t>;

  void add(Duration latency);
  void merge(const LatencyHistogram& other);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double mean_seconds() const;
  [[nodiscard]] double max_seconds() const;
  /// The q-quantile [s], interpolated within its bucket; 0 when empty. Requires: 0 <= q <= 1.
  [[nodiscard]] double quantile_seconds(double q) const;

  [[nodiscard]] const Buckets& buckets() const { return buckets_; }
  [[nodiscard]] std::int64_t sum_ns() const { return sum_ns_; }
  [[nodiscard]] std::int64_t max_ns() const { return max_ns_; }
  static LatencyHistogram restore(Buckets buckets, std::int64_t sum_ns, std::int64_t max_ns);

 private:
  Buckets buckets_;
  std::uint64_t count_ = 0;
  std::int64_t sum_ns_ = 0;
  std::int64_t max_ns_ = 0;
};

/// Counts of requests by how they ended. Error kinds: "timeout", "refused", "reset", "error",
/// "upstream", "no-endpoints"; by the caller's own policies "circuit-open", "overflow",
/// "rate-limited", "not-admitted".
struct RequestStats {
  std::uint64_t requests = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t tries = 0;  ///< That were sent, whichever requests they belong to.
  std::map<std::string, std::uint64_t> errors;
  LatencyHistogram latency;  ///< Of all requests, failed ones included.

  void merge(const RequestStats& other);
};

/// One interval of a time series; `at` is its start.
struct RequestSample {
  Instant at;
  RequestStats stats;
};

struct RequestSeries {
  Duration interval = Duration::seconds(1);
  std::vector<RequestSample> samples;  ///< By time; intervals without requests are absent.
};

/// Counts of one workload's pods from `at` on.
struct WorkloadSample {
  Instant at;
  std::int32_t desired = 0;
  std::int32_t total = 0;    ///< Pods that exist and were not asked to go.
  std::int32_t updated = 0;  ///< Of these, with the current template.
  std::int32_t ready = 0;
  std::int32_t available = 0;
  std::map<std::string, std::int32_t>
      pods_by_version;  ///< Image of the first container -> ready pods.
};

/// "default/web" of a Deployment; other kinds are named: "StatefulSet/default/db".
[[nodiscard]] std::string workload_name(const api::ObjectKey& key);

struct RolloutTime {
  std::string id;  ///< Timeline id.
  Instant started;
  std::optional<Instant> completed;
};

struct WorkloadResult {
  std::vector<WorkloadSample> samples;  ///< One per change.
  std::vector<RolloutTime> rollouts;
};

/// A count of objects from `at` on.
struct CountSample {
  Instant at;
  std::int64_t value = 0;

  friend bool operator==(const CountSample&, const CountSample&) = default;
};

/// A consumer group; counts since the start of the run.
struct GroupSample {
  Instant at;
  std::uint64_t published = 0;
  std::uint64_t finished = 0;     ///< The lag is what has been published and is not finished.
  std::uint64_t dead = 0;         ///< Of these: given up.
  std::uint64_t redelivered = 0;  ///< Deliveries of what had been delivered before.
  Duration age;                   ///< Of the oldest message that is not finished.

  [[nodiscard]] std::uint64_t lag() const { return published - finished; }
  friend bool operator==(const GroupSample&, const GroupSample&) = default;
};

/// Failed requests of one kind: who called whom, how they ended, and why.
struct FailureKind {
  ports::CauseId record = 0;  ///< Of the log; its causes lead to the origin.
  std::string from;           ///< A service; empty: users.
  std::string to;             ///< A service.
  std::string outcome;        ///< As in RequestStats.
  Instant first;
  Instant last;
  std::uint64_t count = 0;    ///< Without tries that were repeated.
  bool feeds_itself = false;  ///< Some of them failed because of what others of them led to.

  friend bool operator==(const FailureKind&, const FailureKind&) = default;
};

/// Calls and tries that policies did not let out, by what turned them away: each time, whatever
/// became of the call.
struct TurnedAwayCounts {
  std::uint64_t breaker = 0;
  std::uint64_t rate_limit = 0;  ///< The caller's own, or one that callers share.
  std::uint64_t admission = 0;
  std::uint64_t bulkhead = 0;     ///< Or the threads of a pool.
  std::uint64_t pool = 0;         ///< Limits of connections and of requests that wait for one.
  std::uint64_t retry_limit = 0;  ///< Retries and hedges that would have been made otherwise.

  friend bool operator==(const TurnedAwayCounts&, const TurnedAwayCounts&) = default;
};

/// One of those: where it is counted, and its names.
struct TurnedAwayKind {
  std::uint64_t TurnedAwayCounts::*count;
  const char* key;    ///< In summary.json.
  const char* words;  ///< For people, behind "by".
};
inline constexpr std::array<TurnedAwayKind, 6> kTurnedAwayKinds{
    {{&TurnedAwayCounts::breaker, "breaker", "breakers"},
     {&TurnedAwayCounts::rate_limit, "rateLimit", "rate limits"},
     {&TurnedAwayCounts::admission, "admission", "admission control"},
     {&TurnedAwayCounts::bulkhead, "bulkhead", "bulkheads"},
     {&TurnedAwayCounts::pool, "pool", "connection pools"},
     {&TurnedAwayCounts::retry_limit, "retryLimit", "limits of retries"}}};

/// What the policies of the calls from one service to another did, all pods of the caller together,
/// from the start of the run on.
struct PolicyCounts {
  std::string from;  ///< A service; empty: the clients outside.
  std::string to;
  std::uint64_t calls = 0;
  std::uint64_t tries = 0;      ///< That left the caller.
  std::uint64_t retries = 0;    ///< That were decided, whether or not they left.
  std::uint64_t hedges = 0;     ///< Likewise, further tries beside those under way.
  std::uint64_t fallbacks = 0;  ///< Calls that failed, and were answered or made elsewhere.
  std::uint64_t openings = 0;   ///< Of circuit breakers.
  std::uint64_t ejections = 0;  ///< Of hosts.
  TurnedAwayCounts turned_away = {};

  friend bool operator==(const PolicyCounts&, const PolicyCounts&) = default;
};

/// The same up to an instant, of what a chart shows.
struct PolicySample {
  std::uint64_t retries = 0;
  std::uint64_t hedges = 0;
  std::uint64_t fallbacks = 0;
  std::uint64_t openings = 0;
  std::uint64_t ejections = 0;
  std::uint64_t turned_away = 0;  ///< By any of them.

  friend bool operator==(const PolicySample&, const PolicySample&) = default;
};

struct FaultResult {
  std::string id;
  std::string kind;
  Instant at;
  std::vector<std::string> targets;  ///< "Pod/default/web-1"; empty: it hit nothing.
  std::string effect;                ///< One sentence for people.
  std::optional<Instant> recovered;  ///< When every workload hit was fully available again.
};

/// A file that a program was given, by its contents.
struct ProgramFile {
  std::string name;    ///< As it stands in the program's arguments.
  std::string sha256;  ///< 64 hexadecimal digits.

  friend bool operator==(const ProgramFile&, const ProgramFile&) = default;
};

/// A program that took part, and which version of it.
struct ProgramVersion {
  std::string title;  ///< "autoscaler shop/web", "scheduler default-scheduler".
  std::vector<std::string> exec;
  std::vector<ProgramFile> files;  ///< Those of its arguments that are files of its folder.

  friend bool operator==(const ProgramVersion&, const ProgramVersion&) = default;
};

struct RunResult {
  std::uint64_t seed = 0;
  std::string fingerprint;
  std::uint64_t events = 0;
  double wall_seconds = 0;  ///< Never part of a summary.
  Duration simulated;
  bool steady_before_first_fault = true;
  std::string steady_note;                          ///< Why not, or what was seen.
  std::map<std::string, RequestSeries> services;    ///< As callers see it, from time 0 on.
  std::map<std::string, RequestSeries> journeys;    ///< Steps of the journey, as users see them.
  std::map<std::string, WorkloadResult> workloads;  ///< By `workload_name`.
  std::map<std::string, std::vector<CountSample>> counts;  ///< By the expectation's id.
  /// By topic and group, "orders/default/mailer"; a sample every second, and one at the end.
  std::map<std::string, std::vector<GroupSample>> groups;
  std::vector<FailureKind> failures;   ///< In the order of their records.
  std::vector<PolicyCounts> policies;  ///< By caller, then by callee.
  /// As `policies`; each at 1 s, 2 s, ….
  std::vector<std::vector<PolicySample>> policy_samples;
  std::vector<FaultResult> faults;
  std::vector<ProgramVersion> programs;
  std::vector<recording::LogRecord> log;
};

}  // namespace orrery::runner
