/// @file
/// Why calls of a live run failed: its event log, with a record of every kind of failure among what
/// the session saw, at the instant of its first call.
///
/// Load generators tell of requests later than the log tells of objects, so the log is written anew
/// behind them, in the order in which things happened.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/controllers/informer.h"
#include "models/recording/event_log.h"
#include "runner/run_result.h"
#include "runner/session/struck_pods.h"
#include "sim/traffic/failure_ledger.h"

namespace orrery::session {

class LiveCauses {
 public:
  /// `services`: names by index. `seen`, the log of the session, and `struck` must outlive it.
  LiveCauses(const recording::EventLog& seen, const StruckPods& struck,
             std::vector<std::string> services)
      : seen_{seen}, struck_{struck}, services_{std::move(services)}, ledger_{log_, services_} {}
  LiveCauses(const LiveCauses&) = delete;
  LiveCauses& operator=(const LiveCauses&) = delete;

  /// Pods have these addresses from now on, and slices are of these Services. Requires: no earlier
  /// change comes after a later one.
  void on_changes(Instant now, const std::vector<controllers::Change>& changes);

  /// Takes over what was seen until then.
  void advance(Instant until);
  /// A user's request to this service failed at the endpoint ("10.91.1.2:8080"; empty: there was
  /// none). Requires: no earlier one comes after a later one by more than it is late.
  void failed(sim::ServiceIndex service, sim::RequestOutcome outcome, const std::string& endpoint,
              Instant at);

  [[nodiscard]] const recording::EventLog& log() const { return log_; }
  /// Their records are of log().
  [[nodiscard]] std::vector<runner::FailureKind> failures() const;

 private:
  void note_state(const recording::LogRecord& record);
  [[nodiscard]] sim::RecordId cause_of(sim::ServiceIndex service, const std::string& endpoint,
                                       Instant at);

  const recording::EventLog& seen_;
  const StruckPods& struck_;
  std::vector<std::string> services_;
  recording::EventLog log_;
  sim::FailureLedger ledger_;
  std::vector<ports::CauseId> ids_;  ///< In log(), of what was seen.
  std::deque<std::pair<Instant, std::pair<std::string, api::ObjectKey>>> addresses_to_come_;
  std::map<std::string, api::ObjectKey> pods_;     ///< By address.
  std::map<std::string, std::string> service_of_;  ///< By slice, as its label has it.
  std::map<std::string, ports::CauseId> ill_;      ///< What made a pod not ready; by pod.
  std::map<std::string, ports::CauseId> emptied_;  ///< When its slice lost all; by Service.
};

}  // namespace orrery::session
