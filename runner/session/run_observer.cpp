#include "runner/session/run_observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include "runner/scenario/metrics.h"

namespace orrery::session {
namespace {

std::string version_of(const api::PodSpec& spec) {
  return spec.containers.empty() ? "" : spec.containers.front().image;
}

bool same_template(api::PodTemplate a, api::PodTemplate b) {
  a.labels.erase("pod-template-hash");
  b.labels.erase("pod-template-hash");
  return a == b;
}

template <class T>
bool settled(const T& workload) {
  const std::int32_t wanted = workload.spec.replicas;
  const auto& status = workload.status;
  if constexpr (std::is_same_v<T, api::Deployment>) {
    return status.updated_replicas == wanted && status.replicas == wanted &&
           status.available_replicas == wanted;
  } else if constexpr (std::is_same_v<T, api::StatefulSet>) {
    return status.updated_replicas == wanted && status.replicas == wanted &&
           status.available_replicas == wanted && status.current_revision == status.update_revision;
  } else {
    return status.replicas == wanted && status.available_replicas == wanted;
  }
}

template <>
bool settled(const api::DaemonSet& workload) {
  const api::DaemonSetStatus& status = workload.status;
  return status.updated_number_scheduled == status.desired_number_scheduled &&
         status.number_available == status.desired_number_scheduled;
}

}  // namespace

RunObserver::RunObserver(const scenario::Scenario& scenario) {
  for (const scenario::Expectation& expectation : scenario.expectations) {
    const auto* counted = std::get_if<scenario::CountExpectation>(&expectation.what);
    if (counted == nullptr) continue;
    if (const auto* objects = std::get_if<scenario::ObjectCount>(&counted->count)) {
      counters_.emplace_back(expectation.id, ObjectCounter{*objects});
    }
  }
}

std::string RunObserver::workload_of(const api::Pod& pod) const {
  const api::OwnerReference* owner = api::controller_of(pod.meta);
  if (owner == nullptr) return {};
  const auto set = sets_.find(owner->uid);
  if (set != sets_.end()) return set->second.deployment;
  std::string name = runner::workload_name({owner->kind, pod.meta.namespace_name, owner->name});
  return workloads_.contains(name) ? name : std::string{};
}

void RunObserver::on_changes(Instant now, const std::vector<ObjectChange>& changes) {
  std::set<std::string> touched;
  for (const ObjectChange& change : changes) {
    if (change.after != nullptr) owners_.take(*change.after);
    for (auto& [id, counter] : counters_) counter.take(change.before, change.after, owners_);
    if (std::string name = take(change); !name.empty()) touched.insert(std::move(name));
  }
  for (auto& [id, counter] : counters_) counter.sample(now);
  for (const std::string& name : touched) {
    sample(now, name);
    check_rollouts(now, name);
  }
}

std::string RunObserver::take(const ObjectChange& change) {
  const api::Object& any = change.after != nullptr ? *change.after : *change.before;
  const bool gone = change.after == nullptr;
  if (std::holds_alternative<api::Pod>(any)) {
    return take_pod(change.before == nullptr ? nullptr : &std::get<api::Pod>(*change.before),
                    gone ? nullptr : &std::get<api::Pod>(*change.after));
  }
  if (const auto* set = std::get_if<api::ReplicaSet>(&any)) return take_set(*set, gone);
  if (const auto* deployment = std::get_if<api::Deployment>(&any)) {
    return take_deployment(*deployment, gone);
  }
  if (const auto* set = std::get_if<api::StatefulSet>(&any)) {
    std::string name = take_workload(*set, gone);
    WorkloadRecord& record = workloads_[name];
    if (record.update_revision != set->status.update_revision) record.counts.reset();
    record.update_revision = set->status.update_revision;
    return name;
  }
  if (const auto* set = std::get_if<api::DaemonSet>(&any)) {
    std::string name = take_workload(*set, gone);
    workloads_[name].updated = set->status.updated_number_scheduled;
    return name;
  }
  if (const auto* controller = std::get_if<api::ReplicationController>(&any)) {
    return take_workload(*controller, gone);
  }
  return {};
}

std::string RunObserver::take_set(const api::ReplicaSet& set, bool gone) {
  const api::OwnerReference* owner = api::controller_of(set.meta);
  if (owner == nullptr || gone) {
    if (const auto known = sets_.find(set.meta.uid); known != sets_.end()) {
      workloads_[known->second.deployment].counts.reset();
      sets_.erase(known);
    }
    return owner == nullptr ? take_workload(set, gone) : std::string{};
  }
  SetRecord& record = sets_[set.meta.uid];
  const bool was_current = record.current;
  record.deployment = runner::workload_name({owner->kind, set.meta.namespace_name, owner->name});
  record.pod_template = set.spec.pod_template;
  WorkloadRecord& deployment = workloads_[record.deployment];
  const auto& wanted = deployment.pod_template;
  record.current = wanted && same_template(record.pod_template, *wanted);
  if (record.current != was_current) deployment.counts.reset();
  return {};
}

template <class T>
std::string RunObserver::take_workload(const T& workload, bool gone) {
  std::string name = runner::workload_name(api::key_of(api::Object{workload}));
  WorkloadRecord& record = workloads_[name];
  if constexpr (std::is_same_v<T, api::DaemonSet>) {
    record.desired = gone ? 0 : workload.status.desired_number_scheduled;
  } else {
    record.desired = gone ? 0 : workload.spec.replicas;
  }
  record.min_ready = workload.spec.min_ready;
  record.generation = workload.meta.generation;
  record.observed_generation = workload.status.observed_generation;
  record.settled = settled(workload);
  return name;
}

std::string RunObserver::take_deployment(const api::Deployment& deployment, bool gone) {
  std::string name = take_workload(deployment, gone);
  WorkloadRecord& record = workloads_[name];
  if (gone) return name;
  if (!record.pod_template || !(*record.pod_template == deployment.spec.pod_template)) {
    for (auto& [uid, set_record] : sets_) {
      if (set_record.deployment != name) continue;
      set_record.current = same_template(set_record.pod_template, deployment.spec.pod_template);
    }
    record.pod_template = deployment.spec.pod_template;
    record.counts.reset();
  }
  return name;
}

std::string RunObserver::take_pod(const api::Pod* before, const api::Pod* after) {
  const api::Pod& any = after != nullptr ? *after : *before;
  std::string name = workload_of(any);
  if (name.empty()) return name;
  WorkloadRecord& workload = workloads_[name];
  const auto known = workload.pods.find(any.meta.uid);
  if (workload.counts && known != workload.pods.end()) count(workload, known->second, -1);
  if (after == nullptr) {
    if (known != workload.pods.end()) workload.pods.erase(known);
    return name;
  }
  PodRecord& pod = workload.pods[any.meta.uid];
  pod.owner_uid = api::controller_of(any.meta)->uid;
  pod.version = version_of(any.spec);
  const auto revision = any.meta.labels.find("controller-revision-hash");
  pod.revision = revision == any.meta.labels.end() ? std::string{} : revision->second;
  pod.counted = api::is_active(any);
  pod.ready = pod.counted && api::is_ready(any);
  if (const api::Condition* ready = api::find_condition(any.status.conditions, "Ready")) {
    pod.ready_since = ready->last_transition;
  }
  if (workload.counts) count(workload, pod, 1);
  return name;
}

void RunObserver::count(WorkloadRecord& workload, const PodRecord& pod, std::int32_t by) const {
  if (!pod.counted) return;
  runner::WorkloadSample& counts = *workload.counts;
  counts.total += by;
  if (is_updated(workload, pod)) counts.updated += by;
  if (!pod.ready) return;
  counts.ready += by;
  const auto version = counts.pods_by_version.try_emplace(pod.version, 0).first;
  version->second += by;
  if (version->second == 0) counts.pods_by_version.erase(version);
}

bool RunObserver::is_updated(const WorkloadRecord& workload, const PodRecord& pod) const {
  if (workload.pod_template) {
    const auto set = sets_.find(pod.owner_uid);
    return set != sets_.end() && set->second.current;
  }
  return workload.update_revision.empty() || pod.revision == workload.update_revision;
}

void RunObserver::sample(Instant now, const std::string& name) {
  WorkloadRecord& workload = workloads_[name];
  if (!workload.counts) {
    workload.counts.emplace();
    for (const auto& [uid, pod] : workload.pods) count(workload, pod, 1);
  }
  runner::WorkloadSample s = *workload.counts;
  s.at = now;
  s.desired = workload.desired;
  const Duration min_ready = workload.min_ready;
  if (min_ready == Duration{}) {
    s.available = s.ready;
  } else {
    for (const auto& [uid, pod] : workload.pods) {
      if (pod.ready && pod.ready_since + min_ready < now) ++s.available;
    }
  }
  if (workload.updated) s.updated = *workload.updated;
  std::vector<runner::WorkloadSample>& samples = workload.result.samples;
  if (!samples.empty()) {
    runner::WorkloadSample last = samples.back();
    last.at = s.at;
    const bool same = last.desired == s.desired && last.total == s.total &&
                      last.updated == s.updated && last.ready == s.ready &&
                      last.available == s.available && last.pods_by_version == s.pods_by_version;
    if (same) return;
  }
  samples.push_back(std::move(s));
  check_faults(now, name);
}

void RunObserver::rollout_started(Instant now, const std::string& id,
                                  const api::ObjectKey& workload) {
  const std::string name = runner::workload_name(workload);
  WorkloadRecord& record = workloads_[name];
  record.result.rollouts.push_back({id, now, std::nullopt});
  open_rollouts_.push_back({name, record.result.rollouts.size() - 1, record.generation});
}

void RunObserver::check_rollouts(Instant now, const std::string& name) {
  WorkloadRecord& record = workloads_[name];
  if (!record.settled || record.observed_generation < record.generation) return;
  std::erase_if(open_rollouts_, [&](const OpenRollout& rollout) {
    if (rollout.workload != name || record.observed_generation < rollout.generation) {
      return false;
    }
    record.result.rollouts[rollout.index].completed = now;
    return true;
  });
}

void RunObserver::fault_struck(Instant now, const std::string& id, const std::string& kind,
                               std::vector<std::string> targets,
                               const std::vector<std::string>& victims, std::string effect) {
  faults_.push_back({id, kind, now, std::move(targets), std::move(effect), std::nullopt});
  OpenFault open{faults_.size() - 1, {}, {}};
  for (const std::string& victim : victims) {
    // Some faults have taken their pods away by the time they are told.
    const auto& samples = workloads_[victim].result.samples;
    open.victims[victim] = !samples.empty() && samples.back().available < samples.back().desired;
  }
  if (!open.victims.empty()) open_faults_.push_back(std::move(open));
}

void RunObserver::objects_written(Instant now, const std::string& id, const std::string& kind,
                                  const std::vector<ports::ApiCall>& calls, std::string effect,
                                  std::vector<std::string> others) {
  std::vector<std::string> targets = std::move(others);
  for (const ports::ApiCall& call : calls) {
    targets.push_back(to_string(call.key));
    const bool creates = call.verb == ports::Verb::Create;
    if (!creates && scenario::keeps_replicas(call.key.kind)) rollout_started(now, id, call.key);
  }
  fault_struck(now, id, kind, std::move(targets), {}, std::move(effect));
}

void RunObserver::fault_hit_nothing(const std::string& id, const std::string& why) {
  for (runner::FaultResult& fault : faults_) {
    if (fault.id != id || fault.targets.empty()) continue;
    fault.targets.clear();
    fault.effect = why;
  }
}

void RunObserver::process_recovered(Instant now, const std::string& id) {
  for (runner::FaultResult& fault : faults_) {
    if (fault.id == id && !fault.recovered) fault.recovered = now;
  }
}

void RunObserver::check_faults(Instant now, const std::string& name) {
  const runner::WorkloadSample& last = workloads_[name].result.samples.back();
  const bool whole = last.available >= last.desired;
  for (OpenFault& fault : open_faults_) {
    const auto victim = fault.victims.find(name);
    if (victim == fault.victims.end()) continue;
    if (!whole) {
      victim->second = true;
    } else if (victim->second) {
      fault.victims.erase(victim);
      fault.whole = now;
      if (fault.victims.empty()) faults_[fault.index].recovered = now;
    }
  }
  std::erase_if(open_faults_, [](const OpenFault& fault) { return fault.victims.empty(); });
}

bool RunObserver::steady(std::string& why) const {
  for (const auto& [name, workload] : workloads_) {
    const std::int32_t available =
        workload.result.samples.empty() ? 0 : workload.result.samples.back().available;
    if (available >= workload.desired) continue;
    why = fmt::format("{} has {} of {} pods available", name, available, workload.desired);
    return false;
  }
  return true;
}

void RunObserver::finish(runner::RunResult& result) {
  for (const OpenFault& fault : open_faults_) {
    const bool hurt = std::any_of(fault.victims.begin(), fault.victims.end(),
                                  [](const auto& victim) { return victim.second; });
    if (!hurt) faults_[fault.index].recovered = fault.whole.value_or(faults_[fault.index].at);
  }
  for (auto& [name, workload] : workloads_) {
    result.workloads[name] = std::move(workload.result);
  }
  for (auto& [id, counter] : counters_) result.counts[id] = counter.take_samples();
  result.faults = std::move(faults_);
}

}  // namespace orrery::session
