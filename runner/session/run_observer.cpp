#include "runner/session/run_observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace orrery::session {
namespace {

std::string name_of(const api::ObjectMeta& meta) { return meta.namespace_name + "/" + meta.name; }

std::string version_of(const api::PodSpec& spec) {
  return spec.containers.empty() ? "" : spec.containers.front().image;
}

bool same_template(api::PodTemplate a, api::PodTemplate b) {
  a.labels.erase("pod-template-hash");
  b.labels.erase("pod-template-hash");
  return a == b;
}

}  // namespace

std::string RunObserver::deployment_of(const api::Pod& pod) const {
  const api::OwnerReference* owner = api::controller_of(pod.meta);
  if (owner == nullptr) return {};
  const auto set = sets_.find(owner->uid);
  return set == sets_.end() ? std::string{} : set->second.deployment;
}

void RunObserver::on_changes(Instant now, const std::vector<ObjectChange>& changes) {
  std::set<std::string> touched;
  for (const ObjectChange& change : changes) {
    if (std::string name = take(change); !name.empty()) touched.insert(std::move(name));
  }
  for (const std::string& name : touched) {
    sample(now, name);
    check_rollouts(now, name);
  }
}

std::string RunObserver::take(const ObjectChange& change) {
  const api::Object& any = change.after != nullptr ? *change.after : *change.before;
  if (std::holds_alternative<api::Pod>(any)) {
    return take_pod(change.before == nullptr ? nullptr : &std::get<api::Pod>(*change.before),
                    change.after == nullptr ? nullptr : &std::get<api::Pod>(*change.after));
  }
  if (const auto* set = std::get_if<api::ReplicaSet>(&any)) {
    const api::OwnerReference* owner = api::controller_of(set->meta);
    if (change.after == nullptr || owner == nullptr) {
      sets_.erase(set->meta.uid);
      return {};
    }
    SetRecord& record = sets_[set->meta.uid];
    record.deployment = set->meta.namespace_name + "/" + owner->name;
    record.pod_template = set->spec.pod_template;
    record.current =
        same_template(record.pod_template, deployments_[record.deployment].spec.pod_template);
    return {};
  }
  if (const auto* deployment = std::get_if<api::Deployment>(&any)) {
    return take_deployment(*deployment, change.after == nullptr);
  }
  return {};
}

std::string RunObserver::take_deployment(const api::Deployment& deployment, bool gone) {
  std::string name = name_of(deployment.meta);
  DeploymentRecord& record = deployments_[name];
  if (gone) {
    record.spec.replicas = 0;
    return name;
  }
  if (!(record.spec.pod_template == deployment.spec.pod_template)) {
    for (auto& [uid, set_record] : sets_) {
      if (set_record.deployment != name) continue;
      set_record.current = same_template(set_record.pod_template, deployment.spec.pod_template);
    }
  }
  record.spec = deployment.spec;
  record.generation = deployment.meta.generation;
  record.status = deployment.status;
  return name;
}

std::string RunObserver::take_pod(const api::Pod* before, const api::Pod* after) {
  const api::Pod& any = after != nullptr ? *after : *before;
  std::string name = deployment_of(any);
  if (name.empty()) return name;
  DeploymentRecord& deployment = deployments_[name];
  if (after == nullptr) {
    deployment.pods.erase(any.meta.uid);
    return name;
  }
  PodRecord& pod = deployment.pods[any.meta.uid];
  pod.set_uid = api::controller_of(any.meta)->uid;
  pod.version = version_of(any.spec);
  pod.counted = api::is_active(any);
  pod.ready = pod.counted && api::is_ready(any);
  if (const api::Condition* ready = api::find_condition(any.status.conditions, "Ready")) {
    pod.ready_since = ready->last_transition;
  }
  return name;
}

void RunObserver::sample(Instant now, const std::string& name) {
  DeploymentRecord& deployment = deployments_[name];
  runner::DeploymentSample s;
  s.at = now;
  s.desired = deployment.spec.replicas;
  for (const auto& [uid, pod] : deployment.pods) {
    if (!pod.counted) continue;
    ++s.total;
    const auto set = sets_.find(pod.set_uid);
    if (set != sets_.end() && set->second.current) ++s.updated;
    if (!pod.ready) continue;
    ++s.ready;
    ++s.pods_by_version[pod.version];
    const Duration min_ready = deployment.spec.min_ready;
    if (min_ready == Duration{} || pod.ready_since + min_ready < now) ++s.available;
  }
  std::vector<runner::DeploymentSample>& samples = deployment.result.samples;
  if (!samples.empty()) {
    runner::DeploymentSample last = samples.back();
    last.at = s.at;
    const bool same = last.desired == s.desired && last.total == s.total &&
                      last.updated == s.updated && last.ready == s.ready &&
                      last.available == s.available && last.pods_by_version == s.pods_by_version;
    if (same) return;
  }
  samples.push_back(std::move(s));
  check_faults(now, name);
}

bool RunObserver::complete(const DeploymentRecord& deployment) {
  const std::int32_t wanted = deployment.spec.replicas;
  const api::DeploymentStatus& status = deployment.status;
  return status.observed_generation >= deployment.generation && status.updated_replicas == wanted &&
         status.replicas == wanted && status.available_replicas == wanted;
}

void RunObserver::rollout_started(Instant now, const std::string& id,
                                  const api::ObjectKey& deployment) {
  const std::string name = deployment.namespace_name + "/" + deployment.name;
  DeploymentRecord& record = deployments_[name];
  record.result.rollouts.push_back({id, now, std::nullopt});
  open_rollouts_.push_back({name, record.result.rollouts.size() - 1, record.generation});
}

void RunObserver::check_rollouts(Instant now, const std::string& name) {
  DeploymentRecord& record = deployments_[name];
  if (!complete(record)) return;
  std::erase_if(open_rollouts_, [&](const OpenRollout& rollout) {
    if (rollout.deployment != name ||
        record.status.observed_generation < std::max(rollout.generation, record.generation)) {
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
  OpenFault open{faults_.size() - 1, {}};
  for (const std::string& victim : victims) {
    // Some faults have taken their pods away by the time they are told.
    const auto& samples = deployments_[victim].result.samples;
    open.victims[victim] = !samples.empty() && samples.back().available < samples.back().desired;
  }
  if (!open.victims.empty()) open_faults_.push_back(std::move(open));
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
  const runner::DeploymentSample& last = deployments_[name].result.samples.back();
  const bool whole = last.available >= last.desired;
  for (OpenFault& fault : open_faults_) {
    const auto victim = fault.victims.find(name);
    if (victim == fault.victims.end()) continue;
    if (!whole) {
      victim->second = true;
    } else if (victim->second) {
      fault.victims.erase(victim);
      if (fault.victims.empty()) faults_[fault.index].recovered = now;
    }
  }
  std::erase_if(open_faults_, [](const OpenFault& fault) { return fault.victims.empty(); });
}

bool RunObserver::steady(std::string& why) const {
  for (const auto& [name, deployment] : deployments_) {
    const std::int32_t available =
        deployment.result.samples.empty() ? 0 : deployment.result.samples.back().available;
    if (available >= deployment.spec.replicas) continue;
    why = fmt::format("{} has {} of {} pods available", name, available, deployment.spec.replicas);
    return false;
  }
  return true;
}

void RunObserver::finish(runner::RunResult& result) {
  for (const OpenFault& fault : open_faults_) {
    const bool hurt = std::any_of(fault.victims.begin(), fault.victims.end(),
                                  [](const auto& victim) { return victim.second; });
    if (!hurt) faults_[fault.index].recovered = faults_[fault.index].at;
  }
  for (auto& [name, deployment] : deployments_) {
    result.deployments[name] = std::move(deployment.result);
  }
  result.faults = std::move(faults_);
}

}  // namespace orrery::session
