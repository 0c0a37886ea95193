#include "runner/scenario/metrics.h"

#include <algorithm>
#include <array>

namespace orrery::scenario {
namespace {

using api::Kind;
using api::Object;

struct Figure {
  Kind kind;
  const char* name;
  std::int64_t (*of)(const Object& object);
};

std::int64_t restarts(const Object& object) {
  std::int64_t sum = 0;
  const api::PodStatus& status = std::get<api::Pod>(object).status;
  for (const api::ContainerStatus& container : status.container_statuses)
    sum += container.restart_count;
  for (const api::ContainerStatus& container : status.init_container_statuses) {
    sum += container.restart_count;
  }
  return sum;
}

template <class T>
std::int64_t desired(const Object& object) {
  return std::get<T>(object).spec.replicas;
}

/// A count of the status, by its member.
template <class T, auto Member>
std::int64_t status(const Object& object) {
  return std::get<T>(object).status.*Member;
}

using api::DaemonSet;
using api::DaemonSetStatus;
using api::Deployment;
using api::DeploymentStatus;
using api::HorizontalPodAutoscaler;
using api::HorizontalPodAutoscalerStatus;
using api::Job;
using api::JobStatus;
using api::PodDisruptionBudget;
using api::PodDisruptionBudgetStatus;
using api::ReplicaSet;
using api::ReplicaSetStatus;
using api::ReplicationController;
using api::ReplicationControllerStatus;
using api::StatefulSet;
using api::StatefulSetStatus;

constexpr std::array kFigures = {
    Figure{Kind::Pod, "restarts", restarts},
    Figure{Kind::Deployment, "desired", desired<Deployment>},
    Figure{Kind::Deployment, "total", status<Deployment, &DeploymentStatus::replicas>},
    Figure{Kind::Deployment, "updated", status<Deployment, &DeploymentStatus::updated_replicas>},
    Figure{Kind::Deployment, "ready", status<Deployment, &DeploymentStatus::ready_replicas>},
    Figure{Kind::Deployment, "available",
           status<Deployment, &DeploymentStatus::available_replicas>},
    Figure{Kind::ReplicaSet, "desired", desired<ReplicaSet>},
    Figure{Kind::ReplicaSet, "total", status<ReplicaSet, &ReplicaSetStatus::replicas>},
    Figure{Kind::ReplicaSet, "ready", status<ReplicaSet, &ReplicaSetStatus::ready_replicas>},
    Figure{Kind::ReplicaSet, "available",
           status<ReplicaSet, &ReplicaSetStatus::available_replicas>},
    Figure{Kind::ReplicationController, "desired", desired<ReplicationController>},
    Figure{Kind::ReplicationController, "total",
           status<ReplicationController, &ReplicationControllerStatus::replicas>},
    Figure{Kind::ReplicationController, "ready",
           status<ReplicationController, &ReplicationControllerStatus::ready_replicas>},
    Figure{Kind::ReplicationController, "available",
           status<ReplicationController, &ReplicationControllerStatus::available_replicas>},
    Figure{Kind::StatefulSet, "desired", desired<StatefulSet>},
    Figure{Kind::StatefulSet, "total", status<StatefulSet, &StatefulSetStatus::replicas>},
    Figure{Kind::StatefulSet, "updated", status<StatefulSet, &StatefulSetStatus::updated_replicas>},
    Figure{Kind::StatefulSet, "ready", status<StatefulSet, &StatefulSetStatus::ready_replicas>},
    Figure{Kind::StatefulSet, "available",
           status<StatefulSet, &StatefulSetStatus::available_replicas>},
    Figure{Kind::DaemonSet, "desired",
           status<DaemonSet, &DaemonSetStatus::desired_number_scheduled>},
    Figure{Kind::DaemonSet, "total", status<DaemonSet, &DaemonSetStatus::current_number_scheduled>},
    Figure{Kind::DaemonSet, "updated",
           status<DaemonSet, &DaemonSetStatus::updated_number_scheduled>},
    Figure{Kind::DaemonSet, "ready", status<DaemonSet, &DaemonSetStatus::number_ready>},
    Figure{Kind::DaemonSet, "available", status<DaemonSet, &DaemonSetStatus::number_available>},
    Figure{Kind::DaemonSet, "misscheduled",
           status<DaemonSet, &DaemonSetStatus::number_misscheduled>},
    Figure{Kind::Job, "active", status<Job, &JobStatus::active>},
    Figure{Kind::Job, "ready", status<Job, &JobStatus::ready>},
    Figure{Kind::Job, "succeeded", status<Job, &JobStatus::succeeded>},
    Figure{Kind::Job, "failed", status<Job, &JobStatus::failed>},
    Figure{Kind::CronJob, "active",
           [](const Object& object) {
             return static_cast<std::int64_t>(std::get<api::CronJob>(object).status.active.size());
           }},
    Figure{Kind::HorizontalPodAutoscaler, "current",
           status<HorizontalPodAutoscaler, &HorizontalPodAutoscalerStatus::current_replicas>},
    Figure{Kind::HorizontalPodAutoscaler, "desired",
           status<HorizontalPodAutoscaler, &HorizontalPodAutoscalerStatus::desired_replicas>},
    Figure{Kind::PodDisruptionBudget, "allowed",
           status<PodDisruptionBudget, &PodDisruptionBudgetStatus::disruptions_allowed>},
    Figure{Kind::PodDisruptionBudget, "healthy",
           status<PodDisruptionBudget, &PodDisruptionBudgetStatus::current_healthy>},
    Figure{Kind::PodDisruptionBudget, "wanted",
           status<PodDisruptionBudget, &PodDisruptionBudgetStatus::desired_healthy>},
};

}  // namespace

const std::vector<RequestMetric>& request_metrics() {
  static const std::vector<RequestMetric> kMetrics = {{"success", Measure::Ratio, "ratio"},
                                                      {"availability", Measure::Ratio, "ratio"},
                                                      {"mean", Measure::Time, "s"},
                                                      {"p50", Measure::Time, "s"},
                                                      {"p90", Measure::Time, "s"},
                                                      {"p95", Measure::Time, "s"},
                                                      {"p99", Measure::Time, "s"},
                                                      {"p999", Measure::Time, "s"},
                                                      {"max", Measure::Time, "s"},
                                                      {"requests", Measure::Count, "requests"},
                                                      {"errors", Measure::Count, "requests"},
                                                      {"requestRate", Measure::Rate, "1/s"},
                                                      {"errorRate", Measure::Rate, "1/s"},
                                                      {"budgetUsed", Measure::Share, "ratio"},
                                                      {"burnRate", Measure::Number, "budgets"},
                                                      {"triesPerCall", Measure::Number, "tries"}};
  return kMetrics;
}

const RequestMetric* request_metric(std::string_view name) {
  for (const RequestMetric& metric : request_metrics()) {
    if (name == metric.name) return &metric;
  }
  return nullptr;
}

std::vector<std::string> object_figures(Kind kind) {
  std::vector<std::string> names;
  for (const Figure& figure : kFigures) {
    if (figure.kind == kind) names.emplace_back(figure.name);
  }
  return names;
}

std::optional<std::int64_t> object_figure(const Object& object, std::string_view name) {
  const Kind kind = api::kind_of(object);
  for (const Figure& figure : kFigures) {
    if (figure.kind == kind && name == figure.name) return figure.of(object);
  }
  return std::nullopt;
}

const std::vector<std::string>& pod_counts() {
  static const std::vector<std::string> kCounts = {"desired", "total", "updated", "ready",
                                                   "available"};
  return kCounts;
}

const std::vector<Kind>& replica_kinds() {
  static const std::vector<Kind> kKinds = {Kind::Deployment, Kind::ReplicaSet,
                                           Kind::ReplicationController, Kind::StatefulSet,
                                           Kind::DaemonSet};
  return kKinds;
}

bool keeps_replicas(Kind kind) {
  const auto& kinds = replica_kinds();
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace orrery::scenario
