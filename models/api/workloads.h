/// @file
/// The workload kinds beside Deployment and ReplicaSet.
///
/// Source: Kubernetes apps/v1 (StatefulSet, DaemonSet, ControllerRevision), core/v1
/// (ReplicationController).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/count_or_percent.h"
#include "models/api/meta.h"
#include "models/api/pod.h"
#include "models/api/volumes.h"

namespace orrery::api {

struct ReplicationControllerSpec {
  std::int32_t replicas = 1;
  Duration min_ready = Duration{};
  Labels selector;  ///< Absent in a manifest: the template's labels.
  PodTemplate pod_template;

  friend bool operator==(const ReplicationControllerSpec&,
                         const ReplicationControllerSpec&) = default;
};
struct ReplicationControllerStatus {
  std::int64_t observed_generation = 0;
  std::int32_t replicas = 0;
  std::int32_t fully_labeled_replicas = 0;
  std::int32_t ready_replicas = 0;
  std::int32_t available_replicas = 0;
  std::vector<Condition> conditions;

  friend bool operator==(const ReplicationControllerStatus&,
                         const ReplicationControllerStatus&) = default;
};
struct ReplicationController {
  ObjectMeta meta;
  ReplicationControllerSpec spec;
  ReplicationControllerStatus status;

  friend bool operator==(const ReplicationController&, const ReplicationController&) = default;
};

/// A claim to be made for each pod of a StatefulSet.
struct ClaimTemplate {
  std::string name;
  Labels labels;
  ClaimSpec spec;

  friend bool operator==(const ClaimTemplate&, const ClaimTemplate&) = default;
};

struct StatefulSetSpec {
  std::int32_t replicas = 1;
  LabelSelector selector;
  PodTemplate pod_template;
  std::string service_name;
  bool parallel = false;   ///< podManagementPolicy Parallel; otherwise OrderedReady.
  bool on_delete = false;  ///< updateStrategy OnDelete; otherwise RollingUpdate.
  std::int32_t partition = 0;
  CountOrPercent max_unavailable{1, false};
  Duration min_ready = Duration{};
  std::int32_t revision_history_limit = 10;
  std::int32_t ordinals_start = 0;
  std::vector<ClaimTemplate> claim_templates;
  bool delete_claims_when_deleted = false;  ///< persistentVolumeClaimRetentionPolicy; else Retain.
  bool delete_claims_when_scaled = false;

  friend bool operator==(const StatefulSetSpec&, const StatefulSetSpec&) = default;
};
struct StatefulSetStatus {
  std::int64_t observed_generation = 0;
  std::int32_t replicas = 0;
  std::int32_t ready_replicas = 0;
  std::int32_t available_replicas = 0;
  std::int32_t current_replicas = 0;
  std::int32_t updated_replicas = 0;
  std::string current_revision;
  std::string update_revision;
  std::optional<std::int32_t> collision_count;
  std::vector<Condition> conditions;

  friend bool operator==(const StatefulSetStatus&, const StatefulSetStatus&) = default;
};
struct StatefulSet {
  ObjectMeta meta;
  StatefulSetSpec spec;
  StatefulSetStatus status;

  friend bool operator==(const StatefulSet&, const StatefulSet&) = default;
};

struct DaemonSetSpec {
  LabelSelector selector;
  PodTemplate pod_template;
  bool on_delete = false;  ///< updateStrategy OnDelete; otherwise RollingUpdate.
  CountOrPercent max_unavailable{1, false};
  CountOrPercent max_surge{0, false};
  Duration min_ready = Duration{};
  std::int32_t revision_history_limit = 10;

  friend bool operator==(const DaemonSetSpec&, const DaemonSetSpec&) = default;
};
struct DaemonSetStatus {
  std::int64_t observed_generation = 0;
  std::int32_t current_number_scheduled = 0;
  std::int32_t desired_number_scheduled = 0;
  std::int32_t number_misscheduled = 0;
  std::int32_t number_ready = 0;
  std::int32_t updated_number_scheduled = 0;
  std::int32_t number_available = 0;
  std::int32_t number_unavailable = 0;
  std::optional<std::int32_t> collision_count;
  std::vector<Condition> conditions;

  friend bool operator==(const DaemonSetStatus&, const DaemonSetStatus&) = default;
};
struct DaemonSet {
  ObjectMeta meta;
  DaemonSetSpec spec;
  DaemonSetStatus status;

  friend bool operator==(const DaemonSet&, const DaemonSet&) = default;
};

/// A remembered template of a StatefulSet or DaemonSet.
struct ControllerRevision {
  ObjectMeta meta;
  std::int64_t revision = 0;
  PodTemplate pod_template;

  friend bool operator==(const ControllerRevision&, const ControllerRevision&) = default;
};

}  // namespace orrery::api
