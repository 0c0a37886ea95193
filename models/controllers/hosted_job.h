/// @file
/// The Job controller as the loop runs it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"
#include "models/controllers/expectations.h"
#include "models/controllers/job.h"
#include "models/controllers/own_writes.h"

namespace orrery::controllers {

/// Keys: Jobs, also those that are gone and have left pods with their finalizer.
class JobController : public Controller {
 public:
  JobController(const Caches& caches, const JobConfig& config)
      : caches_{caches}, config_{config}, expectations_{config.expectations_timeout} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_sent(const api::ObjectKey& key, const ports::ApiCall& call, Instant now) override;
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call,
                 const ports::Event& reply) override;

 private:
  struct Memory {
    JobBackoff backoff;
    std::set<std::string> backoff_pods;  ///< Uids of those the back-off has counted.
    std::set<std::string> released;      ///< Uids whose finalizer was taken off, not yet seen.
  };

  void observe_pod(const Change& change, WorkQueue& queue, Instant now);
  void follow_failures(const api::Job& job, const std::vector<const api::Pod*>& pods,
                       Memory& memory);

  const Caches& caches_;
  JobConfig config_;
  Expectations expectations_;
  OwnWrites own_writes_;
  std::map<api::ObjectKey, Memory> memory_;
};

}  // namespace orrery::controllers
