/// @file
/// Pod: containers that share a node, an address and a fate.
///
/// Source: Kubernetes core/v1. Fields Orrery does not model yet are not here; the manifest reader
/// names them to the user.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/api/meta.h"
#include "models/base/shared_vector.h"

namespace orrery::api {

/// Amounts of the resources the scheduler counts. Absent differs from 0 where defaults depend on
/// it.
struct ResourceList {
  std::optional<std::int64_t> cpu_milli;         ///< [1/1000 core]
  std::optional<std::int64_t> memory_bytes;      ///< [bytes]
  std::map<std::string, std::int64_t> extended;  ///< "nvidia.com/gpu" and the like, by name.

  friend bool operator==(const ResourceList&, const ResourceList&) = default;
};

/// A port by number, or by the name a container gave it.
using PortReference = std::variant<std::int32_t, std::string>;

struct HttpGetAction {
  std::string path = "/";
  PortReference port = 0;
  std::string host;  ///< Empty: the pod's address.
  bool https = false;
  Labels headers;

  friend bool operator==(const HttpGetAction&, const HttpGetAction&) = default;
};
struct ExecAction {
  std::vector<std::string> command;

  friend bool operator==(const ExecAction&, const ExecAction&) = default;
};
struct TcpSocketAction {
  PortReference port = 0;
  std::string host;

  friend bool operator==(const TcpSocketAction&, const TcpSocketAction&) = default;
};
struct GrpcAction {
  std::int32_t port = 0;
  std::string service;

  friend bool operator==(const GrpcAction&, const GrpcAction&) = default;
};
struct SleepAction {
  Duration duration;

  friend bool operator==(const SleepAction&, const SleepAction&) = default;
};

using ProbeAction = std::variant<HttpGetAction, ExecAction, TcpSocketAction, GrpcAction>;
using LifecycleAction = std::variant<HttpGetAction, ExecAction, SleepAction>;

struct Probe {
  ProbeAction action;
  Duration initial_delay = Duration{};
  Duration period = Duration::seconds(10);
  Duration timeout = Duration::seconds(1);
  std::int32_t success_threshold = 1;
  std::int32_t failure_threshold = 3;
  std::optional<Duration> termination_grace;  ///< Liveness and startup only.

  friend bool operator==(const Probe&, const Probe&) = default;
};

struct ContainerPort {
  std::string name;
  std::int32_t container_port = 0;
  std::int32_t host_port = 0;  ///< 0: none.
  std::string protocol = "TCP";
  std::string host_ip = {};  ///< Of the host port; empty: all addresses of the node.

  friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
};

/// An amount of a container's resources, as its processes are told it.
struct ResourceFieldRef {
  std::string resource;               ///< "limits.cpu", "requests.memory", …
  std::string container;              ///< Empty: the one that is told.
  std::int64_t divisor_milli = 1000;  ///< What is told is the amount over this, rounded up.

  friend bool operator==(const ResourceFieldRef&, const ResourceFieldRef&) = default;
};

struct EnvVar {
  std::string name;
  std::string value;
  std::string config_map;  ///< valueFrom.configMapKeyRef; empty: a plain value.
  std::string config_map_key;
  /// valueFrom.secretKeyRef. Stays when the reference is resolved: the value is never shown.
  std::string secret;
  std::string secret_key;
  std::string field_path;  ///< valueFrom.fieldRef: "metadata.name", "status.podIP", …
  bool optional = false;   ///< A missing reference is passed over.
  std::optional<ResourceFieldRef> resource = {};  ///< valueFrom.resourceFieldRef

  friend bool operator==(const EnvVar&, const EnvVar&) = default;
};

/// envFrom: all keys of one ConfigMap or Secret as variables.
struct EnvSource {
  std::string prefix;
  std::string config_map;  ///< One of the two is set.
  std::string secret;
  bool optional = false;

  friend bool operator==(const EnvSource&, const EnvSource&) = default;
};

struct VolumeMount {
  std::string name;
  std::string mount_path;
  std::string sub_path;  ///< Set: read once at container start, never refreshed.
  bool read_only = false;

  friend bool operator==(const VolumeMount&, const VolumeMount&) = default;
};

/// A key of a ConfigMap or Secret and the file it becomes.
struct KeyToPath {
  std::string key;
  std::string path;

  friend bool operator==(const KeyToPath&, const KeyToPath&) = default;
};
struct ConfigMapVolume {
  std::string name;
  std::vector<KeyToPath> items;  ///< Empty: every key under its own name.
  bool optional = false;

  friend bool operator==(const ConfigMapVolume&, const ConfigMapVolume&) = default;
};
struct SecretVolume {
  std::string name;
  std::vector<KeyToPath> items;
  bool optional = false;

  friend bool operator==(const SecretVolume&, const SecretVolume&) = default;
};
struct EmptyDirVolume {
  bool memory = false;                          ///< medium Memory: gone when its node restarts.
  std::optional<std::int64_t> size_limit = {};  ///< Its pod is evicted beyond it [bytes].

  friend bool operator==(const EmptyDirVolume&, const EmptyDirVolume&) = default;
};
struct HostPathVolume {
  std::string path;
  std::string type;  ///< "", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", …

  friend bool operator==(const HostPathVolume&, const HostPathVolume&) = default;
};
struct ClaimVolume {
  std::string claim_name;  ///< Of a PersistentVolumeClaim in the pod's namespace.
  bool read_only = false;

  friend bool operator==(const ClaimVolume&, const ClaimVolume&) = default;
};
/// A file that tells a field of the pod or a container's resource; one of the two is set.
struct DownwardFile {
  std::string path;
  std::string field_path;
  std::optional<ResourceFieldRef> resource = {};

  friend bool operator==(const DownwardFile&, const DownwardFile&) = default;
};
struct DownwardFiles {
  std::vector<DownwardFile> items;

  friend bool operator==(const DownwardFiles&, const DownwardFiles&) = default;
};
using ProjectedSource = std::variant<ConfigMapVolume, SecretVolume, DownwardFiles>;
/// Files of several sources in one folder; of equal paths the later one's. A downwardAPI volume is
/// one with a single source.
struct ProjectedVolume {
  std::vector<ProjectedSource> sources;

  friend bool operator==(const ProjectedVolume&, const ProjectedVolume&) = default;
};
using VolumeSource = std::variant<EmptyDirVolume, HostPathVolume, ConfigMapVolume, SecretVolume,
                                  ClaimVolume, ProjectedVolume>;

struct Volume {
  std::string name;
  VolumeSource source;

  friend bool operator==(const Volume&, const Volume&) = default;
};

enum class PullPolicy : std::uint8_t { Always, IfNotPresent, Never };
enum class RestartPolicy : std::uint8_t { Always, OnFailure, Never };

struct Container {
  std::string name;
  std::string image;
  PullPolicy pull_policy = PullPolicy::IfNotPresent;  ///< Resolved from the tag at creation.
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::vector<EnvVar> env;
  std::vector<EnvSource> env_from;
  std::vector<VolumeMount> volume_mounts;
  bool sidecar = false;  ///< An init container with restartPolicy Always.
  std::vector<ContainerPort> ports;
  ResourceList requests;
  ResourceList limits;
  std::optional<Probe> startup;
  std::optional<Probe> readiness;
  std::optional<Probe> liveness;
  std::optional<LifecycleAction> post_start;
  std::optional<LifecycleAction> pre_stop;

  friend bool operator==(const Container&, const Container&) = default;
};

struct Toleration {
  std::string key;      ///< Empty with `exists`: every taint.
  bool exists = false;  ///< Operator Exists; otherwise Equal.
  std::string value;
  std::string effect;               ///< Empty: every effect.
  std::optional<Duration> seconds;  ///< NoExecute only; absent: for ever.

  friend bool operator==(const Toleration&, const Toleration&) = default;
};

/// A term of node affinity: all expressions must hold. Fields: metadata.name only.
struct NodeSelectorTerm {
  std::vector<SelectorRequirement> match_expressions;
  std::vector<SelectorRequirement> match_fields;

  friend bool operator==(const NodeSelectorTerm&, const NodeSelectorTerm&) = default;
};
struct PreferredNodeTerm {
  std::int32_t weight = 1;  ///< [1, 100]
  NodeSelectorTerm term;

  friend bool operator==(const PreferredNodeTerm&, const PreferredNodeTerm&) = default;
};
struct NodeAffinity {
  std::optional<std::vector<NodeSelectorTerm>> required;  ///< One of the terms must match.
  std::vector<PreferredNodeTerm> preferred;

  friend bool operator==(const NodeAffinity&, const NodeAffinity&) = default;
};
/// Pods that `selector` matches in the namespaces, counted per domain of `topology_key`.
struct PodAffinityTerm {
  std::optional<LabelSelector> selector;  ///< Absent: matches no pod.
  std::vector<std::string> namespaces;    ///< Empty, with no selector: the pod's own.
  std::optional<LabelSelector> namespace_selector;
  std::string topology_key;

  friend bool operator==(const PodAffinityTerm&, const PodAffinityTerm&) = default;
};
struct WeightedPodAffinityTerm {
  std::int32_t weight = 1;  ///< [1, 100]
  PodAffinityTerm term;

  friend bool operator==(const WeightedPodAffinityTerm&, const WeightedPodAffinityTerm&) = default;
};
struct PodAffinity {
  std::vector<PodAffinityTerm> required;
  std::vector<WeightedPodAffinityTerm> preferred;

  friend bool operator==(const PodAffinity&, const PodAffinity&) = default;
};
struct Affinity {
  NodeAffinity node;
  PodAffinity pod;
  PodAffinity anti;

  friend bool operator==(const Affinity&, const Affinity&) = default;
};

struct TopologySpreadConstraint {
  std::int32_t max_skew = 1;
  std::string topology_key;
  bool schedule_anyway = false;  ///< Otherwise DoNotSchedule.
  std::optional<LabelSelector> selector;
  std::optional<std::int32_t> min_domains;
  bool honor_node_affinity = true;
  bool honor_node_taints = false;
  std::vector<std::string> match_label_keys;

  friend bool operator==(const TopologySpreadConstraint&,
                         const TopologySpreadConstraint&) = default;
};

struct PodSpec {
  std::string node_name;
  SharedVector<Container> init_containers;
  SharedVector<Container> containers;
  RestartPolicy restart_policy = RestartPolicy::Always;
  Duration termination_grace = Duration::seconds(30);
  Labels node_selector;
  SharedVector<Toleration> tolerations;
  std::string priority_class_name;
  std::optional<std::int32_t> priority;  ///< Set by admission from the class.
  bool preempts = true;                  ///< preemptionPolicy PreemptLowerPriority.
  Affinity affinity;
  SharedVector<TopologySpreadConstraint> topology_spread;
  std::vector<std::string> scheduling_gates;
  std::string scheduler_name;  ///< Empty: "default-scheduler".
  SharedVector<Volume> volumes;
  std::vector<std::string> readiness_gates;  ///< Condition types.
  std::optional<Duration> active_deadline;
  ResourceList overhead;
  bool host_network = false;
  std::string hostname;
  std::string subdomain;

  friend bool operator==(const PodSpec&, const PodSpec&) = default;
};

struct PodTemplate {
  Labels labels;
  Labels annotations;
  PodSpec spec;

  friend bool operator==(const PodTemplate&, const PodTemplate&) = default;
};

enum class PodPhase : std::uint8_t { Pending, Running, Succeeded, Failed, Unknown };
[[nodiscard]] const char* to_string(PodPhase phase);

enum class ConditionStatus : std::uint8_t { False, True, Unknown };

/// A condition of any object. `type` is the Kubernetes name ("Ready", "Available", …).
struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::False;
  std::string reason;
  std::string message;
  Instant last_transition;
  Instant last_update;  ///< Deployment: last progress. Node: last heartbeat.

  friend bool operator==(const Condition&, const Condition&) = default;
};

/// The condition of that type, or nullptr.
[[nodiscard]] const Condition* find_condition(const std::vector<Condition>& conditions,
                                              std::string_view type);

/// Sets status and reason; `last_transition` moves only when the status changes.
void set_condition(std::vector<Condition>& conditions, std::string_view type,
                   ConditionStatus status, std::string reason, std::string message, Instant now);

enum class ContainerPhase : std::uint8_t { Waiting, Running, Terminated };

struct ContainerStatus {
  std::string name;
  ContainerPhase phase = ContainerPhase::Waiting;
  std::string reason;  ///< "ContainerCreating", "CrashLoopBackOff", "Completed", "Error", …
  std::int32_t exit_code = 0;       ///< Terminated only.
  Instant started_at;               ///< Running and Terminated.
  Instant finished_at;              ///< Terminated only.
  std::int32_t last_exit_code = 0;  ///< Of the previous attempt.
  Instant last_finished_at;
  std::string last_reason;  ///< Empty: no previous attempt.
  bool ready = false;
  bool started = false;  ///< Its startup probe has passed, or it has none and runs.
  std::int32_t restart_count = 0;
  std::string image;
  std::string container_id;

  friend bool operator==(const ContainerStatus&, const ContainerStatus&) = default;
};

/// Which version of a ConfigMap or Secret a pod runs with, and where.
struct ConfigInUse {
  std::string source;                  ///< "ConfigMap/app"
  std::string where;                   ///< "volume config", "container app"
  std::uint64_t resource_version = 0;  ///< Of the source.

  friend bool operator==(const ConfigInUse&, const ConfigInUse&) = default;
};

struct PodStatus {
  PodPhase phase = PodPhase::Pending;
  std::vector<Condition> conditions;
  std::string reason;
  std::string message;
  std::string pod_ip;
  std::string host_ip;
  std::string nominated_node_name;  ///< Where preemption makes room for it.
  std::optional<Instant> start_time;
  std::vector<ContainerStatus> init_container_statuses;
  std::vector<ContainerStatus> container_statuses;
  std::vector<ConfigInUse> configs;  ///< Sorted by where, source. Not a field of Kubernetes.

  friend bool operator==(const PodStatus&, const PodStatus&) = default;
};

struct Pod {
  ObjectMeta meta;
  PodSpec spec;
  PodStatus status;

  friend bool operator==(const Pod&, const Pod&) = default;
};

/// Phase Succeeded or Failed: none of its containers will run any more.
[[nodiscard]] bool has_ended(const Pod& pod);

/// Not ended, and deletion not asked for (the controllers' "active").
[[nodiscard]] bool is_active(const Pod& pod);

/// Condition Ready is True.
[[nodiscard]] bool is_ready(const Pod& pod);

/// Ready for at least `min_ready`; with 0, as soon as ready. Strictly later otherwise, as
/// Kubernetes.
[[nodiscard]] bool is_available(const Pod& pod, Duration min_ready, Instant now);

/// Amounts of resources, absent counted as 0.
struct PodResources {
  std::int64_t cpu_milli = 0;
  std::int64_t memory_bytes = 0;
  std::map<std::string, std::int64_t> extended;

  friend bool operator==(const PodResources&, const PodResources&) = default;
};

/// What the scheduler reserves: the larger of what containers and sidecars need together and what
/// any init container needs beside the sidecars before it; and the overhead. `missing` counts for a
/// container's cpu or memory without a request.
///
/// Source: Kubernetes component-helpers/resource (PodRequests).
[[nodiscard]] PodResources effective_requests(const PodSpec& spec,
                                              const ResourceList& missing = {});

/// The number of a container port given by number or name; nothing if no container has that name.
[[nodiscard]] std::optional<std::int32_t> resolve_port(const PodSpec& spec,
                                                       const PortReference& port);

}  // namespace orrery::api
