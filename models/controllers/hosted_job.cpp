#include "models/controllers/hosted_job.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace orrery::controllers {
namespace {

using api::Job;
using api::Kind;
using api::ObjectKey;
using api::Pod;

bool has_finalizer(const Pod& pod) {
  const auto& all = pod.meta.finalizers;
  return std::find(all.begin(), all.end(), kJobTrackingFinalizer) != all.end();
}

const api::OwnerReference* job_of(const Pod& pod) {
  const api::OwnerReference* owner = api::controller_of(pod.meta);
  return owner != nullptr && owner->kind == Kind::Job ? owner : nullptr;
}

}  // namespace

void JobController::observe(const Change& change, WorkQueue& queue, Instant now) {
  switch (api::kind_of(change.latest())) {
    case Kind::Job: {
      const ObjectKey key = api::key_of(change.latest());
      if (!change.after) {
        expectations_.forget(key);
        own_writes_.forget(key);
        memory_.erase(key);
      }
      queue.add(key);
      return;
    }
    case Kind::Pod:
      observe_pod(change, queue, now);
      return;
    default:
      return;
  }
}

void JobController::observe_pod(const Change& change, WorkQueue& queue, Instant now) {
  const Pod& pod = std::get<Pod>(change.latest());
  const api::OwnerReference* owner = job_of(pod);
  if (owner == nullptr && change.before) owner = job_of(std::get<Pod>(*change.before));
  if (owner != nullptr) {
    const ObjectKey key{Kind::Job, pod.meta.namespace_name, owner->name};
    if (!change.before) expectations_.create_settled(key);
    if (!change.after || pod.meta.deletion) expectations_.delete_settled(key, pod.meta.uid);
    if (!change.after || !has_finalizer(pod)) {
      if (const auto memory = memory_.find(key); memory != memory_.end()) {
        memory->second.released.erase(pod.meta.uid);
        if (!change.after) memory->second.backoff_pods.erase(pod.meta.uid);
      }
    }
    queue.add_at(key, now + config_.batch_period);
    return;
  }
  for (const Job* job : caches_.jobs.in_namespace<Job>(pod.meta.namespace_name)) {
    if (!api::matches(job_selector(*job), pod.meta.labels)) continue;
    queue.add_at({Kind::Job, pod.meta.namespace_name, job->meta.name}, now + config_.batch_period);
  }
}

void JobController::follow_failures(const Job& job, const std::vector<const Pod*>& pods,
                                    Memory& memory) {
  std::vector<const Pod*> succeeded;
  std::vector<const Pod*> failed;
  for (const Pod* pod : pods) {
    if (!has_finalizer(*pod)) continue;
    const bool success = pod->status.phase == api::PodPhase::Succeeded;
    if (!success && !counts_as_failed(job, *pod)) continue;
    if (!memory.backoff_pods.insert(pod->meta.uid).second) continue;
    (success ? succeeded : failed).push_back(pod);
  }
  memory.backoff = counted_on(memory.backoff, succeeded, failed);
}

Plan JobController::reconcile(const ObjectKey& key,
                              const std::optional<CallFailure>& /*last_failure*/, Instant now) {
  const auto* job = caches_.jobs.find<Job>(key.namespace_name, key.name);
  if (job == nullptr) {
    std::vector<const Pod*> left;
    for (const Pod* pod : caches_.pods.in_namespace<Pod>(key.namespace_name)) {
      const api::OwnerReference* owner = job_of(*pod);
      if (owner != nullptr && owner->name == key.name) left.push_back(pod);
    }
    return release_job_pods(left);
  }
  // The change that brings the own write brings this key back.
  if (own_writes_.newer_than(key, job->meta)) return {};

  JobView view;
  view.job = job;
  view.pods = caches_.pods.controlled_by<Pod>(job->meta.uid);
  Memory& memory = memory_[key];
  follow_failures(*job, view.pods, memory);
  const auto orphans = caches_.pods.orphans_in<Pod>(key.namespace_name);
  view.pods.insert(view.pods.end(), orphans.begin(), orphans.end());
  view.may_change_pods = expectations_.satisfied(key, now);
  view.backoff = memory.backoff;
  view.released = memory.released;
  Plan plan = reconcile_job(view, config_, now);
  if (!view.may_change_pods) {
    plan.look_again(*expectations_.expiry(key) - now + Duration::nanoseconds(1));
  }
  return plan;
}

void JobController::on_sent(const ObjectKey& key, const ports::ApiCall& call, Instant now) {
  if (call.key.kind != Kind::Pod) return;
  if (call.verb == ports::Verb::Create) expectations_.expect_create(key, now);
  if (call.verb == ports::Verb::Delete) expectations_.expect_delete(key, call.uid, now);
}

void JobController::on_answer(const ObjectKey& key, const ports::ApiCall& call,
                              const ports::Event& reply) {
  own_writes_.on_answer(key, call, reply);
  if (call.key.kind != Kind::Pod) return;
  const bool done = reply.outcome == ports::Outcome::Ok;
  if (call.verb == ports::Verb::Create && !done) expectations_.create_settled(key);
  if (call.verb == ports::Verb::Delete && !done) expectations_.delete_settled(key, call.uid);
  if (call.verb != ports::Verb::Update || !done) return;
  // The watch may have been faster than the answer.
  const Pod* seen = caches_.pods.find<Pod>(call.key.namespace_name, call.key.name);
  const bool shows = seen == nullptr || !has_finalizer(*seen);
  if (!shows) memory_[key].released.insert(seen->meta.uid);
}

}  // namespace orrery::controllers
