/// @file
/// The other stored kinds, and `Object`, which is any one of them.
///
/// Source: Kubernetes core/v1, apps/v1, discovery/v1, coordination/v1. Kinds that belong together
/// have headers of their own: workloads.h, batch.h, autoscaling.h, policy.h, volumes.h,
/// network.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/api/autoscaling.h"
#include "models/api/batch.h"
#include "models/api/count_or_percent.h"
#include "models/api/meta.h"
#include "models/api/network.h"
#include "models/api/pod.h"
#include "models/api/policy.h"
#include "models/api/volumes.h"
#include "models/api/workloads.h"

namespace orrery::api {

struct Taint {
  std::string key;
  std::string value;
  std::string effect;  ///< NoSchedule, PreferNoSchedule, NoExecute.
  std::optional<Instant> time_added;

  friend bool operator==(const Taint&, const Taint&) = default;
};

struct NodeSpec {
  bool unschedulable = false;
  std::vector<Taint> taints;

  friend bool operator==(const NodeSpec&, const NodeSpec&) = default;
};

struct NodeResources {
  std::int64_t cpu_milli = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t pods = 110;
  std::map<std::string, std::int64_t> extended{};  ///< "nvidia.com/gpu" and the like.

  friend bool operator==(const NodeResources&, const NodeResources&) = default;
};

/// An image that is present on a node.
struct NodeImage {
  std::string name;
  std::int64_t bytes = 0;

  friend bool operator==(const NodeImage&, const NodeImage&) = default;
};

struct NodeStatus {
  NodeResources capacity;
  NodeResources allocatable;
  std::vector<Condition> conditions;
  std::string address;
  std::vector<NodeImage> images;  ///< Sorted by name.
  /// Attachable PersistentVolumes mounted or about to be, by name; sorted.
  std::vector<std::string> volumes_in_use;

  friend bool operator==(const NodeStatus&, const NodeStatus&) = default;
};

struct Node {
  ObjectMeta meta;
  NodeSpec spec;
  NodeStatus status;

  friend bool operator==(const Node&, const Node&) = default;
};

/// Condition Ready is True.
[[nodiscard]] bool is_ready(const Node& node);

struct DeploymentStrategy {
  bool recreate = false;  ///< Otherwise RollingUpdate.
  CountOrPercent max_surge{25, true};
  CountOrPercent max_unavailable{25, true};

  friend bool operator==(const DeploymentStrategy&, const DeploymentStrategy&) = default;
};

struct DeploymentSpec {
  std::int32_t replicas = 1;
  LabelSelector selector;
  PodTemplate pod_template;
  DeploymentStrategy strategy;
  Duration min_ready = Duration{};
  std::int32_t revision_history_limit = 10;
  std::optional<Duration> progress_deadline = Duration::seconds(600);
  bool paused = false;

  friend bool operator==(const DeploymentSpec&, const DeploymentSpec&) = default;
};

struct DeploymentStatus {
  std::int64_t observed_generation = 0;
  std::int32_t replicas = 0;
  std::int32_t updated_replicas = 0;
  std::int32_t ready_replicas = 0;
  std::int32_t available_replicas = 0;
  std::int32_t unavailable_replicas = 0;
  std::optional<std::int32_t> collision_count;
  std::vector<Condition> conditions;

  friend bool operator==(const DeploymentStatus&, const DeploymentStatus&) = default;
};

struct Deployment {
  ObjectMeta meta;
  DeploymentSpec spec;
  DeploymentStatus status;

  friend bool operator==(const Deployment&, const Deployment&) = default;
};

struct ReplicaSetSpec {
  std::int32_t replicas = 1;
  Duration min_ready = Duration{};
  LabelSelector selector;
  PodTemplate pod_template;

  friend bool operator==(const ReplicaSetSpec&, const ReplicaSetSpec&) = default;
};

struct ReplicaSetStatus {
  std::int64_t observed_generation = 0;
  std::int32_t replicas = 0;
  std::int32_t fully_labeled_replicas = 0;
  std::int32_t ready_replicas = 0;
  std::int32_t available_replicas = 0;
  std::vector<Condition> conditions;

  friend bool operator==(const ReplicaSetStatus&, const ReplicaSetStatus&) = default;
};

struct ReplicaSet {
  ObjectMeta meta;
  ReplicaSetSpec spec;
  ReplicaSetStatus status;

  friend bool operator==(const ReplicaSet&, const ReplicaSet&) = default;
};

struct ServicePort {
  std::string name;
  std::string protocol = "TCP";
  std::int32_t port = 0;
  PortReference target_port = 0;

  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};

struct ServiceSpec {
  Labels selector;
  std::vector<ServicePort> ports;
  std::string type = "ClusterIP";
  bool headless = false;
  bool publish_not_ready_addresses = false;
  bool internal_local = false;    ///< internalTrafficPolicy Local: only endpoints of the own node.
  bool external_local = false;    ///< externalTrafficPolicy Local: from outside, to its own node.
  bool prefers_own_zone = false;  ///< trafficDistribution PreferClose.
  /// sessionAffinity ClientIP: a client keeps its endpoint until it was silent for so long.
  std::optional<Duration> session_affinity = {};

  friend bool operator==(const ServiceSpec&, const ServiceSpec&) = default;
};

struct Service {
  ObjectMeta meta;
  ServiceSpec spec;

  friend bool operator==(const Service&, const Service&) = default;
};

struct Endpoint {
  std::string address;
  bool ready = false;    ///< serving and not terminating (or publishNotReadyAddresses)
  bool serving = false;  ///< passes readiness, whether or not terminating
  bool terminating = false;
  std::string node_name;
  std::string pod_name;
  std::string pod_uid;
  std::vector<std::string> for_zones = {};  ///< hints.forZones: whose clients it is for.

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct EndpointPort {
  std::string name;
  std::int32_t port = 0;

  friend bool operator==(const EndpointPort&, const EndpointPort&) = default;
};

struct EndpointSlice {
  ObjectMeta meta;  ///< Label kubernetes.io/service-name names the Service.
  std::vector<Endpoint> endpoints;
  std::vector<EndpointPort> ports;

  friend bool operator==(const EndpointSlice&, const EndpointSlice&) = default;
};

struct ConfigMap {
  ObjectMeta meta;
  Labels data;
  bool immutable = false;  ///< Its users need not look at it again.

  friend bool operator==(const ConfigMap&, const ConfigMap&) = default;
};

struct Secret {
  ObjectMeta meta;
  std::string type = "Opaque";
  Labels data;  ///< Decoded; never shown.
  bool immutable = false;

  friend bool operator==(const Secret&, const Secret&) = default;
};

struct Namespace {
  ObjectMeta meta;  ///< With a deletion date: terminating.

  friend bool operator==(const Namespace&, const Namespace&) = default;
};

struct Lease {
  ObjectMeta meta;
  std::string holder;
  Duration duration = Duration::seconds(40);
  Instant renew_time;

  friend bool operator==(const Lease&, const Lease&) = default;
};

/// Alternatives stand in the order of `Kind`.
using AnyKind =
    std::variant<Pod, Node, Deployment, ReplicaSet, Service, EndpointSlice, ConfigMap, Lease,
                 ReplicationController, StatefulSet, DaemonSet, ControllerRevision, Job, CronJob,
                 HorizontalPodAutoscaler, PodDisruptionBudget, PersistentVolume,
                 PersistentVolumeClaim, StorageClass, VolumeAttachment, Secret, Namespace,
                 ResourceQuota, LimitRange, PriorityClass, PodMetrics, NetworkPolicy, Ingress,
                 IngressClass>;

/// Any stored object. Its copies, moves and comparisons are compiled once, not in every file.
class Object : public AnyKind {
 public:
  using AnyKind::AnyKind;
  using AnyKind::operator=;
  Object();
  Object(const Object& other);
  Object(Object&& other) noexcept;
  Object& operator=(const Object& other);
  Object& operator=(Object&& other) noexcept;
  ~Object();

  friend bool operator==(const Object& a, const Object& b);
};

/// Stored objects are shared and never change; a write makes a new one.
using ObjectPtr = std::shared_ptr<const Object>;

[[nodiscard]] inline Kind kind_of(const Object& object) {
  return static_cast<Kind>(object.index());
}
[[nodiscard]] const ObjectMeta& meta_of(const Object& object);
[[nodiscard]] ObjectMeta& meta_of(Object& object);
[[nodiscard]] ObjectKey key_of(const Object& object);

}  // namespace orrery::api
