#include "models/controllers/hosted_cron_job.h"

#include <utility>

namespace orrery::controllers {

using api::CronJob;
using api::Job;
using api::Kind;
using api::ObjectKey;

void CronJobController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  switch (api::kind_of(change.latest())) {
    case Kind::CronJob:
      if (!change.after) {
        own_writes_.forget(api::key_of(change.latest()));
        unseen_.erase(api::key_of(change.latest()));
      }
      queue.add(api::key_of(change.latest()));
      return;
    case Kind::Job: {
      const api::ObjectMeta& meta = api::meta_of(change.latest());
      const api::OwnerReference* owner = api::controller_of(meta);
      if (owner == nullptr || owner->kind != Kind::CronJob) return;
      const ObjectKey key{Kind::CronJob, meta.namespace_name, owner->name};
      if (const auto unseen = unseen_.find(key); unseen != unseen_.end()) {
        unseen->second.erase(meta.name);
      }
      queue.add(key);
      return;
    }
    default:
      return;
  }
}

Plan CronJobController::reconcile(const ObjectKey& key,
                                  const std::optional<CallFailure>& /*last_failure*/, Instant now) {
  const auto* cron_job = caches_.cron_jobs.find<CronJob>(key.namespace_name, key.name);
  if (cron_job == nullptr || own_writes_.newer_than(key, cron_job->meta)) return {};
  CronJobView view;
  view.cron_job = cron_job;
  view.jobs = caches_.jobs.controlled_by<Job>(cron_job->meta.uid);
  if (const auto unseen = unseen_.find(key); unseen != unseen_.end()) view.unseen = unseen->second;
  return reconcile_cron_job(view, config_, now).plan;
}

void CronJobController::on_answer(const ObjectKey& key, const ports::ApiCall& call,
                                  const ports::Event& reply) {
  own_writes_.on_answer(key, call, reply);
  const bool created = call.verb == ports::Verb::Create && call.key.kind == Kind::Job &&
                       reply.outcome == ports::Outcome::Ok;
  if (!created) return;
  if (caches_.jobs.find<Job>(call.key.namespace_name, call.key.name) != nullptr) return;
  unseen_[key].insert(call.key.name);
}

}  // namespace orrery::controllers
