/// @file
/// What every API object carries: names, labels, versions, owners.
///
/// Source: Kubernetes apimachinery meta/v1. Times are Instants of the run, not calendar times.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/time_types.h"

namespace orrery::api {

/// The kinds Orrery stores. Values appear in records: append, never renumber.
enum class Kind : std::uint8_t {
  Pod = 0,
  Node = 1,
  Deployment = 2,
  ReplicaSet = 3,
  Service = 4,
  EndpointSlice = 5,
  ConfigMap = 6,
  Lease = 7,
  ReplicationController = 8,
  StatefulSet = 9,
  DaemonSet = 10,
  ControllerRevision = 11,
  Job = 12,
  CronJob = 13,
  HorizontalPodAutoscaler = 14,
  PodDisruptionBudget = 15,
  PersistentVolume = 16,
  PersistentVolumeClaim = 17,
  StorageClass = 18,
  VolumeAttachment = 19,
  Secret = 20,
  Namespace = 21,
  ResourceQuota = 22,
  LimitRange = 23,
  PriorityClass = 24,
  PodMetrics = 25,
  NetworkPolicy = 26,
  Ingress = 27,
  IngressClass = 28,
};
inline constexpr int kKindCount = 29;

/// "Pod", "Node", …
[[nodiscard]] const char* to_string(Kind kind);

/// The kind with this name, or nothing.
[[nodiscard]] std::optional<Kind> kind_named(std::string_view name);

/// False for cluster-scoped kinds, whose objects have an empty namespace: nodes, volumes, classes,
/// namespaces.
[[nodiscard]] bool is_namespaced(Kind kind);

/// The identity of an object. Ordered by kind, namespace, name.
struct ObjectKey {
  Kind kind = Kind::Pod;
  std::string namespace_name;  ///< Empty for cluster-scoped kinds.
  std::string name;

  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

/// "Pod/default/web-1"; "Node/h1" for cluster-scoped kinds.
[[nodiscard]] std::string to_string(const ObjectKey& key);

using Labels = std::map<std::string, std::string, std::less<>>;

struct OwnerReference {
  Kind kind = Kind::ReplicaSet;
  std::string name;
  std::string uid;
  bool controller = true;
  bool block_deletion = false;  ///< blockOwnerDeletion: holds back a foreground deletion.

  friend bool operator==(const OwnerReference&, const OwnerReference&) = default;
};

/// Finalizers through which the garbage collector holds an object: until its dependents are gone,
/// or until they have another owner.
inline constexpr const char* kForegroundFinalizer = "foregroundDeletion";
inline constexpr const char* kOrphanFinalizer = "orphan";

struct ObjectMeta {
  std::string name;
  std::string generate_name;  ///< Used by create when `name` is empty.
  std::string namespace_name;
  std::string uid;                     ///< Set by the API server at creation.
  std::uint64_t resource_version = 0;  ///< Set by the API server at every write.
  std::int64_t generation = 0;         ///< Grows with every change of spec.
  Labels labels;
  Labels annotations;
  Instant creation;
  std::optional<Instant>
      deletion;  ///< When the grace period ends; set once deletion was asked for.
  std::optional<Duration> deletion_grace;
  std::vector<OwnerReference> owners;
  std::vector<std::string> finalizers;

  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

/// The owner that manages the object, or nullptr.
[[nodiscard]] const OwnerReference* controller_of(const ObjectMeta& meta);

/// One requirement of a set-based selector.
struct SelectorRequirement {
  enum class Operator : std::uint8_t { In, NotIn, Exists, DoesNotExist, Gt, Lt };

  std::string key;
  Operator op = Operator::In;
  std::vector<std::string> values;

  friend bool operator==(const SelectorRequirement&, const SelectorRequirement&) = default;
};

/// Requirements, all of which must hold. An empty selector matches everything.
struct LabelSelector {
  Labels match_labels;
  std::vector<SelectorRequirement> match_expressions;

  friend bool operator==(const LabelSelector&, const LabelSelector&) = default;
};

[[nodiscard]] bool matches(const LabelSelector& selector, const Labels& labels);

/// Whether every one of `wanted` is among `labels`, with its value.
[[nodiscard]] bool has_all(const Labels& labels, const Labels& wanted);
[[nodiscard]] bool matches(const SelectorRequirement& requirement, const Labels& labels);

}  // namespace orrery::api
