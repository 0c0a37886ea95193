/// @file
/// The CronJob controller as the loop runs it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"
#include "models/controllers/cron_job.h"
#include "models/controllers/own_writes.h"

namespace orrery::controllers {

/// Keys: CronJobs.
class CronJobController : public Controller {
 public:
  CronJobController(const Caches& caches, const CronJobConfig& config)
      : caches_{caches}, config_{config} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call,
                 const ports::Event& reply) override;

 private:
  const Caches& caches_;
  CronJobConfig config_;
  OwnWrites own_writes_;
  std::map<api::ObjectKey, std::set<std::string>> unseen_;  ///< Created Jobs, until they show.
};

}  // namespace orrery::controllers
