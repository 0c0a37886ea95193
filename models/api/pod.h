/// @file
/// Pod: containers that share a node, an address and a fate.
///
/// Source: Kubernetes core/v1. Fields Orrery does not model yet are not here; the manifest reader
/// names them to the user.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/api/meta.h"

namespace orrery::api {

/// Amounts of the resources the scheduler counts. Absent differs from 0 where defaults depend on
/// it.
struct ResourceList {
  std::optional<std::int64_t> cpu_milli;     ///< [1/1000 core]
  std::optional<std::int64_t> memory_bytes;  ///< [bytes]

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

  friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
};

struct EnvVar {
  std::string name;
  std::string value;
  std::string config_map;  ///< valueFrom.configMapKeyRef; empty: a plain value.
  std::string config_map_key;

  friend bool operator==(const EnvVar&, const EnvVar&) = default;
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

struct PodSpec {
  std::string node_name;
  std::vector<Container> init_containers;
  std::vector<Container> containers;
  RestartPolicy restart_policy = RestartPolicy::Always;
  Duration termination_grace = Duration::seconds(30);
  Labels node_selector;
  std::vector<Toleration> tolerations;
  std::string priority_class_name;

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
  std::int32_t restart_count = 0;
  std::string image;
  std::string container_id;

  friend bool operator==(const ContainerStatus&, const ContainerStatus&) = default;
};

struct PodStatus {
  PodPhase phase = PodPhase::Pending;
  std::vector<Condition> conditions;
  std::string reason;
  std::string message;
  std::string pod_ip;
  std::string host_ip;
  std::optional<Instant> start_time;
  std::vector<ContainerStatus> init_container_statuses;
  std::vector<ContainerStatus> container_statuses;

  friend bool operator==(const PodStatus&, const PodStatus&) = default;
};

struct Pod {
  ObjectMeta meta;
  PodSpec spec;
  PodStatus status;

  friend bool operator==(const Pod&, const Pod&) = default;
};

/// Phase neither Succeeded nor Failed, and deletion not asked for (the controllers' "active").
[[nodiscard]] bool is_active(const Pod& pod);

/// Condition Ready is True.
[[nodiscard]] bool is_ready(const Pod& pod);

/// Ready for at least `min_ready`; with 0, as soon as ready. Strictly later otherwise, as
/// Kubernetes.
[[nodiscard]] bool is_available(const Pod& pod, Duration min_ready, Instant now);

/// What the scheduler reserves: max(sum of containers, largest init container), absent counted as
/// 0.
struct PodResources {
  std::int64_t cpu_milli = 0;
  std::int64_t memory_bytes = 0;

  friend bool operator==(const PodResources&, const PodResources&) = default;
};
[[nodiscard]] PodResources effective_requests(const PodSpec& spec);

/// The number of a container port given by number or name; nothing if no container has that name.
[[nodiscard]] std::optional<std::int32_t> resolve_port(const PodSpec& spec,
                                                       const PortReference& port);

}  // namespace orrery::api
