/// @file
/// A scenario as read and checked: everything a run needs, in either world.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/api/document.h"
#include "models/api/reading.h"
#include "models/base/distribution.h"
#include "models/base/time_types.h"
#include "models/resilience/route_policy.h"
#include "models/resilience/server_policy.h"
#include "runner/scenario/fault.h"
#include "runner/scenario/idle_object.h"
#include "runner/scenario/topic.h"

namespace orrery::scenario {

/// Where a value came from. Values that stand in the scenario are Given unless it says otherwise;
/// values Orrery had to fill in without a source are Assumed.
enum class Provenance : std::uint8_t { Measured, Given, Assumed };

struct Input {
  std::string pointer;  ///< JSON Pointer of the value in the scenario.
  Provenance provenance = Provenance::Given;
  std::string note;  ///< What was assumed, or where it was measured.
};

/// A hard threshold of node-pressure eviction: "memory.available" below an amount or a share.
struct EvictionHard {
  std::string signal;
  std::int64_t amount = 0;
  std::int32_t percent = 0;  ///< Of the capacity, where no amount is set.
};

struct ClusterNode {
  std::string name;
  std::string zone;
  std::int64_t cpu_milli = 8000;
  std::int64_t memory_bytes = std::int64_t{32} << 30;
  std::int64_t pods = 110;
  std::map<std::string, std::int64_t> extended;  ///< Resources with names of their own.
  api::Labels labels;                   ///< Beside the well-known hostname and zone labels.
  std::vector<api::Taint> taints;       ///< From the start.
  std::int64_t disk_bytes = 0;          ///< For images, logs and writable layers; 0: enough.
  std::int64_t reserved_cpu_milli = 0;  ///< Kept from pods.
  std::int64_t reserved_memory_bytes = 0;
  std::optional<std::vector<EvictionHard>> eviction_hard;  ///< Absent: the profile's.
  std::string group;  ///< It is there when the cluster autoscaler asked for it; empty: always.
};

/// Its labels, with that of its zone.
[[nodiscard]] api::Labels labels_of(const ClusterNode& node);

/// Nodes that the cluster autoscaler has more or fewer of; they stand among the cluster's nodes.
struct NodeGroup {
  std::string name;
  std::int32_t min = 0;
  std::int32_t max = 1;
  std::int32_t initial = 0;  ///< At the start.
  Distribution start_time = Distribution::constant(Duration::minutes(1));
  std::optional<std::int32_t> priority;  ///< For the expander of that name.
};

/// What of the cluster autoscaler differs from the profile.
struct ClusterAutoscalerSettings {
  std::string expander;  ///< Empty: the profile's.
  std::optional<Duration> scan_interval;
  std::optional<Duration> new_pod_scale_up_delay;
  std::optional<Duration> max_node_provision_time;
  std::optional<std::int32_t> nodes_total_max;
  std::optional<std::int32_t> utilization_threshold;  ///< [percent]
  std::optional<Duration> unneeded_time;
  std::optional<Duration> unready_time;
  std::optional<Duration> delay_after_add;
  std::optional<Duration> delay_after_failure;
};

struct Network {
  Duration same_node = Duration::microseconds(50);  ///< One way.
  Duration in_zone = Duration::microseconds(100);
  Duration between_zones = Duration::milliseconds(1);
  std::int64_t node_bytes_per_second = 125'000'000;      ///< A node's uplink.
  std::int64_t zone_bytes_per_second = 1'250'000'000;    ///< Between zones.
  std::int64_t registry_bytes_per_second = 125'000'000;  ///< The registry's uplink.
  std::optional<Duration>
      endpoint_delay;  ///< From slice to table; absent: the profile's kube-proxy.
};

/// The control plane beside the API server, of which there is one.
struct ControlPlane {
  std::uint32_t replicas = 1;  ///< Of controller manager and scheduler each; one of them leads.
  std::uint32_t stores = 1;    ///< Members of the store; an odd number.
  Duration election_timeout = Duration::seconds(1);
};

/// How long the storage behind PersistentVolumes takes.
struct Storage {
  Duration attach = Duration::seconds(10);
  Duration detach = Duration::seconds(2);
  Duration provision = Duration::seconds(5);  ///< To make a volume that a class promises.
  Duration remove = Duration::seconds(5);     ///< To delete one.
  Duration resize = Duration::seconds(5);
};

struct Cluster {
  std::vector<ClusterNode> nodes;  ///< At least one; sorted by name.
  std::vector<NodeGroup> groups;   ///< By name.
  ClusterAutoscalerSettings autoscaler;
  bool shares_cores = false;  ///< Pods have no more cores together than their node.
  Network network;
  Storage storage;
  ControlPlane control;
  bool ipvs = false;  ///< The mode of kube-proxy, with rr: endpoints in turn. Else at random.
};

/// A limit of requests that callers share.
struct SharedRateLimit {
  std::string service;         ///< "namespace/name" of the one that keeps it.
  std::string operation;       ///< That is asked; empty: the first.
  std::uint32_t requests = 1;  ///< In each unit.
  Duration unit = Duration::seconds(1);
  api::Place where = {};
};

struct Layer {
  std::string id;  ///< Layers of one id are the same; empty: only this image's.
  std::int64_t bytes = 0;
};

/// base + per_second x age [bytes], per_request x requests being worked on, and per_served x those
/// that it has answered.
struct Use {
  std::int64_t base = 0;
  std::int64_t per_second = 0;
  std::int64_t per_request = 0;
  std::int64_t per_served = 0;
  std::string volume = {};  ///< Of `disk`: the emptyDir it goes to; empty: the container's layer.
};

/// A program that a run starts, without a shell, and asks line by line.
struct Program {
  std::vector<std::string> exec;             ///< Its arguments, itself the first.
  std::string folder;                        ///< In which it runs: that of the scenario.
  std::string path;                          ///< The file that the first argument stands for.
  Duration timeout = Duration::seconds(10);  ///< Of the wall clock, for each answer.
};

/// Where a metric comes from that an autoscaler asks for and pods do not report.
struct Metric {
  enum class What : std::uint8_t {
    RequestRate,  ///< Requests that a pod has answered, per second.
    InFlight,     ///< Requests that a pod works on.
    Queued,       ///< Requests that wait in it.
    External,     ///< What `series` says.
  };
  What what = What::RequestRate;
  Duration every = Duration::seconds(15);  ///< How often pods are looked at.
  Duration over = Duration::seconds(60);   ///< RequestRate: the window it is taken over.
  /// External: values in thousandths from their times on, by time.
  std::vector<std::pair<Instant, std::int64_t>> series;
};

/// Which plug-ins a scheduler has, by their names.
struct SchedulerSettings {
  std::set<std::string> filters_off;
  std::optional<std::map<std::string, std::int64_t>>
      scores;                                                ///< Weights; absent: the default ones.
  std::string scoring_type;                                  ///< Empty: LeastAllocated.
  std::map<std::string, std::int64_t> resources;             ///< Empty: cpu and memory alike.
  std::vector<std::pair<std::int64_t, std::int64_t>> shape;  ///< Utilization and score.
  bool takes_first = false;                                  ///< Of equally good nodes.
  std::optional<std::int64_t> percentage_of_nodes_to_score;
  bool preempts = true;
  std::optional<Program> program;   ///< Judges the nodes that pass the filters.
  std::int64_t program_weight = 1;  ///< Of its scores.
};

struct Image {
  std::vector<Layer> layers;
  bool on_nodes = true;                  ///< Already pulled on every node at the start.
  bool missing = false;                  ///< The registry does not have it.
  Distribution start;                    ///< From process start until it listens.
  std::optional<Distribution> runs_for;  ///< Its process ends by itself so long after its start…
  std::int32_t exit_code = 0;            ///< …with this.
  bool ignores_term = false;
  std::optional<Duration> unwell_after;  ///< Fails checks and requests from this age on…
  std::optional<Duration> unwell_for;    ///< …for so long; absent: for good.
  double error_probability = 0;          ///< [0, 1], of its requests.
  Use memory;
  Use disk;
};

/// In the caller's process: which calls it saves.
struct CallCache {
  double hit_probability = 0;  ///< Without keys.
  std::uint32_t keys = 0;      ///< 0: hits come at the fixed rate.
  double exponent = 1;         ///< Of Zipf's law.
  std::uint32_t capacity = 0;  ///< 0: every key.
  Duration time_to_live;       ///< 0: for ever.
  bool single_flight = false;
};

/// What a call is undone by.
struct Undo {
  std::string to;
  std::string operation;  ///< Empty: the first one.
};

struct Call {
  enum class When : std::uint8_t { Always, Succeeded, Failed };

  std::string to;         ///< Service name, "namespace/name".
  std::string operation;  ///< Empty: the callee's only or first one.
  std::uint32_t times = 1;
  double probability = 1.0;
  Duration timeout;               ///< 0: none.
  std::uint32_t times_least = 0;  ///< 0: as `times`.
  When when = When::Always;       ///< By how the step before it ended.
  bool optional = false;          ///< The operation goes on when it fails.
  bool waits = true;              ///< The operation waits for it.
  std::uint32_t request_bytes = 0;
  std::uint32_t answer_bytes = 0;
  std::optional<CallCache> cache;
  std::optional<Undo> undo;
};

struct Operation {
  std::string name;
  Distribution cpu;
  Distribution wait;
  std::vector<std::vector<Call>> steps;  ///< Calls of one step go out at the same time.
  double error_probability = 0;
  /// To the disk, where it fails if that is full; of a service with leaders, by the leader alone.
  bool writes = false;
};

/// What opening a connection takes.
struct Handshake {
  std::uint32_t round_trips = 0;
  Duration cpu = {};  ///< Of the pod.
};

/// One pod of a service leads.
struct Leader {
  Distribution election = Distribution::constant(Duration::seconds(10));
  std::uint32_t acks = 1;  ///< Pods that have a write before it is answered.
  Distribution replicate;  ///< What a follower takes to have it.
};

/// A new process takes `factor` times the core time at first, and less with every request.
struct WarmUp {
  double factor = 1;
  Duration lasts = {};         ///< 0: by requests.
  std::uint32_t requests = 0;  ///< 0: by time.
};

/// Times in which a process does nothing.
struct Pauses {
  Duration length = {};        ///< 0: none.
  Duration every = {};         ///< 0: by requests.
  std::uint32_t requests = 0;  ///< 0: by time.
};

struct ServiceBehaviour {
  std::uint32_t concurrency = 64;
  std::uint32_t queue_max = 1024;
  bool drains_on_term = true;
  bool probes_share_threads = false;  ///< Health checks take a slot, as requests do.
  std::vector<Operation> operations;  ///< At least one.
  WarmUp warm_up = {};
  Pauses pauses = {};
  resilience::ServerPolicy server = {};
  Handshake handshake = {};
  std::optional<Leader> leader = {};
};

struct JourneyStep {
  std::string service;    ///< "namespace/name"
  std::string operation;  ///< Empty: the first one.
  std::uint32_t times = 1;
  double probability = 1.0;
};

struct Journey {
  std::vector<JourneyStep> steps;
  Duration timeout;    ///< Per step; 0: none.
  Distribution think;  ///< Between two steps.
};

/// Exactly one of: a rate, rates, users.
struct Load {
  double rate_per_second = 0;
  std::vector<std::pair<Duration, double>> rates;  ///< Per second, from times of the load on.
  bool rates_in_lines = false;                     ///< Straight from point to point.
  Duration period;                                 ///< Of `rates`; 0: they do not come again.
  Duration offset;                                 ///< So much of `rates` is over at `from`.
  std::uint32_t users = 0;                         ///< A closed load.
  Distribution think;                              ///< Of its users, before each journey.
  Duration ramp_up;                                ///< Over which its users come.
  Instant from;
  std::optional<Instant> until;
  std::map<std::string, double> mix;  ///< Journey name -> weight; weights sum to 1.
  std::uint32_t population = 0;       ///< Who make an open load's journeys; 0: each another one.
  double population_zipf = 0;         ///< The exponent of their popularity; 0: all alike.
};

/// Changes a workload; only what is set is changed.
struct SetAction {
  api::ObjectKey target;  ///< Of a kind with a pod template, or with replicas.
  std::string container;  ///< Whose image; empty: the first.
  std::optional<std::string> image;
  std::optional<std::int32_t> replicas;
  std::map<std::string, std::string> env;
};

/// What an operator does to a node: keeps new pods off it, empties it, or takes it back.
struct NodeAction {
  enum class What : std::uint8_t { Cordon, Drain, Uncordon };
  What what = What::Drain;
  std::string node;
};
[[nodiscard]] const char* to_string(NodeAction::What what);

/// A part of a policy that rules of Istio change.
struct ChangedKey {
  std::string key;    ///< "timeout", "route"
  std::string words;  ///< The same for people: "timeout", "route (v1 50, v2 50)".
  /// Those that say it, of ApplyAction::rules; all of them if it is not known which. Not empty.
  std::vector<std::string> rules;
};

/// What Istio's rules make of calls from some instant on.
struct RuleChange {
  resilience::RoutePolicy policy;  ///< All that is in force then.
  std::vector<ChangedKey> keys;    ///< Not empty.
};

/// Creates objects; of those that are there already, replaces everything but the status.
struct ApplyAction {
  std::vector<api::ManifestObject> objects;
  std::vector<std::string> rules = {};  ///< Of Istio, among them: "VirtualService/shop/cart".
  bool deletes = false;                 ///< These rules, instead; there are no objects then.
  /// By caller and callee, as Scenario::policies: those for which these rules change something.
  std::map<std::pair<std::string, std::string>, RuleChange> changes = {};
};

/// Merges `merge` into an object, or into some of the pods that a workload has.
struct PatchAction {
  api::ObjectKey target;
  std::uint32_t pods = 0;  ///< That many of its running pods, drawn by seed; 0: the target itself.
  api::ValuePtr merge;     ///< A mapping in the shape of manifests.
};

/// Changes what callers do about the calls they make.
struct PolicyAction {
  /// By caller and callee, as Scenario::policies: what is in force from then on, whole.
  std::map<std::pair<std::string, std::string>, resilience::RoutePolicy> policies;
  std::vector<std::string> keys;  ///< What is changed: "timeout", "retries".
};

struct TimelineEntry {
  std::string id;
  Instant at;
  std::variant<SetAction, FaultAction, NodeAction, ApplyAction, PatchAction, PolicyAction> action;
  api::Place where;
};

/// A comparison such as ">= 99.5%", or a range such as "4..6".
struct Bound {
  enum class Relation : std::uint8_t {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    Unequal,
    Between,  ///< From `value` to `upper`, both included.
  };
  Relation relation = Relation::GreaterEqual;
  double value = 0;  ///< Ratios 0..1, durations in seconds, counts as they are.
  std::string text;  ///< As written: ">= 99.5%".
  double upper = 0;  ///< Between only.
};

/// [from, until) of the run; both ends resolved from timeline ids.
struct Window {
  Instant from;
  Instant until = Instant::never();
  std::string text;  ///< As written: "kill..kill+1min"; empty: from the end of the warm-up.
};

/// How many of the requests must succeed over a window of any start.
struct Slo {
  double objective = 0.999;
  Duration window;
};

/// A metric of requests: of a service as its callers see it, or of a journey's steps.
struct RequestExpectation {
  std::string service;  ///< One of the two is set.
  std::string journey;
  std::string metric;  ///< One of `request_metrics()`.
  Bound bound;
  std::uint64_t min_requests = 0;
  Window during;
  double good_second = 0.95;   ///< availability: the share that must succeed in a good second.
  std::optional<Slo> slo;      ///< budgetUsed and burnRate only.
  std::vector<Duration> over;  ///< burnRate: windows that must all burn at once; not empty.
};

/// A workload finishes its rollout of `rollout` (a timeline id) in time.
struct RolloutExpectation {
  api::ObjectKey target;
  std::string rollout;
  Instant deadline;
  std::string text;  ///< As written: "rollout+5min".
};

/// A count of one workload's pods.
struct TargetCount {
  api::ObjectKey target;
  std::string metric;  ///< "desired", "total", "updated", "ready", "available"
};

/// What an object must be to count. What is empty or absent holds for every object.
struct ObjectFilter {
  std::string namespace_name;
  std::string name;  ///< `*` stands for any characters.
  api::Labels labels;
  std::optional<api::ObjectKey> owner;  ///< Its controller, or that one's controller.
  bool unowned = false;                 ///< Has no controller.
  std::string phase;
  std::string reason;  ///< Of a pod's status or of one of its containers.
  std::string node;
  std::string zone;
  std::string taint;      ///< The key of a node's taint.
  std::string condition;  ///< Type of a condition with `condition_status`.
  api::ConditionStatus condition_status = api::ConditionStatus::True;
  std::optional<bool> ready;
  std::optional<bool> scheduled;
  std::optional<bool> terminating;
  std::optional<bool> unschedulable;
};

/// The number of objects of the store that match, or the sum of one of their figures.
struct ObjectCount {
  api::Kind kind = api::Kind::Pod;
  ObjectFilter where;
  std::string sum;        ///< One of `object_figures(kind)`; empty: the number of objects.
  bool ever = false;      ///< Everything that has matched since the start of the run.
  bool per_node = false;  ///< Of the node that has most.
};

/// The number of records of the event log up to a time.
struct EventCount {
  std::string what;
  std::string subject;  ///< `*` stands for any characters; empty: any.
  std::string detail;   ///< A part of it; empty: any.
};

/// A figure of a consumer group: "lag", "age" [ms] of its oldest message, "published", "finished",
/// "dead" and "redelivered" since the start.
struct GroupCount {
  std::string topic;
  std::string group;  ///< A service.
  std::string figure;
};

enum class Quantifier : std::uint8_t {
  Always,      ///< At every time of the window.
  Never,       ///< At no time of the window.
  Eventually,  ///< At some time of the window, for `lasting`.
  Finally,     ///< At the end of the window.
};
[[nodiscard]] const char* to_string(Quantifier quantifier);

/// What a count must be, and when.
struct CountExpectation {
  std::variant<TargetCount, ObjectCount, EventCount, GroupCount> count;
  std::string subject;  ///< For people: "available", "Pods", "restarts of Pods".
  Quantifier quantifier = Quantifier::Always;
  Bound bound;
  Window during;
  Duration lasting;  ///< Eventually only.
};

/// A workload is fully available again within a time of a fault.
struct RecoveryExpectation {
  api::ObjectKey target;
  std::string fault;  ///< A timeline id.
  Duration within;
};

struct Expectation {
  std::string id;
  std::variant<RequestExpectation, RolloutExpectation, CountExpectation, RecoveryExpectation> what;
  api::Place where;
};

/// One parameter of a sweep and the values it takes.
struct SweepAxis {
  std::string path;                 ///< As written: "load[0].poisson".
  std::vector<std::string> values;  ///< Each as JSON; at least one.
};

/// Which variants of the scenario `orrery sweep` runs: every combination of the grid's axes, each
/// with every step of the zipped ones, which go in step.
struct Sweep {
  std::vector<SweepAxis> grid;
  std::vector<SweepAxis> zip;  ///< All of one length.
};

/// The whole of a scenario file with what it names.
struct Scenario {
  std::string file;
  std::string name;
  std::string profile = "kubernetes-1.30";
  Duration duration;
  Duration warmup;
  std::int64_t start_time =
      1'704'067'200;  ///< Seconds since 1970 UTC; default: 2024-01-01, a Monday.
  std::uint64_t first_seed = 1;
  std::uint64_t last_seed = 1;
  double confidence = 0.95;
  std::vector<api::ManifestObject> objects;
  std::vector<api::NotModelled> not_modelled;
  std::vector<IdleObject> idle;  ///< Objects and rules that find nothing to act on.
  Cluster cluster;
  std::map<std::string, SchedulerSettings> schedulers;  ///< By the schedulerName of pods.
  std::map<std::string, Program> autoscalers;  ///< In place of metrics, by "namespace/name".
  std::map<std::string, Metric> metrics;
  std::map<std::string, Image> images;  ///< Every image that the manifests or timeline name.
  std::map<std::string, ServiceBehaviour>
      services;                         ///< "namespace/name" of every Service that is called.
  std::map<std::string, Topic> topics;  ///< By name.
  /// What callers do about their calls, by caller and callee; the clients outside have no name.
  std::map<std::pair<std::string, std::string>, resilience::RoutePolicy> policies;
  std::map<std::string, SharedRateLimit> rate_limits;
  std::map<std::string, Journey> journeys;
  std::vector<Load> load;
  std::vector<TimelineEntry> timeline;  ///< By time, then as written.
  std::vector<Expectation> expectations;
  std::vector<Input> inputs;
  Sweep sweep;
};

/// All programs with what each is for: "autoscaler shop/web". Autoscalers first, each by name.
[[nodiscard]] std::vector<std::pair<std::string, const Program*>> programs_of(
    const Scenario& scenario);

/// What is not modelled, then what is idle: all that has no effect on a run.
[[nodiscard]] std::vector<api::NotModelled> without_effect(const Scenario& scenario);

/// Whether the manifests, or what the timeline applies, have an object of the kind.
[[nodiscard]] bool ever_has(const Scenario& scenario, api::Kind kind);

}  // namespace orrery::scenario
