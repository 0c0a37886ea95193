/// @file
/// Why calls fail: every kind of failure has one record in the log of the run, whose cause is the
/// record of what it came from.
///
/// A kind is who called whom, how it ended, and the cause. So the record of a user's failed request
/// leads to that of the service below which failed it, and so on down to a fault, a change, or the
/// load alone.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/recording/event_log.h"
#include "sim/traffic/request_outcome.h"
#include "sim/traffic/traffic_model.h"

namespace orrery::sim {

/// An id of the log, as small as a call can carry it; 0: none.
using RecordId = std::uint32_t;

/// Failed calls of one kind.
struct FailureKind {
  ServiceIndex from = kClients;
  ServiceIndex to = 0;
  RequestOutcome outcome = RequestOutcome::Ok;
  RecordId cause = 0;  ///< Of the log; an earlier one.

  friend auto operator<=>(const FailureKind&, const FailureKind&) = default;
};

struct FailureTally {
  FailureKind kind;
  RecordId record = 0;
  Instant first;
  Instant last;
  std::uint64_t count = 0;    ///< Calls that ended so for good; tries that were repeated are not.
  bool feeds_itself = false;  ///< Some of them failed because of what others of them led to.
};

class FailureLedger {
 public:
  /// `log` must outlive it. `services`: names by index.
  FailureLedger(recording::EventLog& log, std::vector<std::string> services)
      : log_{log}, services_{std::move(services)} {}

  /// The record of the kind. A failure that comes from an earlier one of the same callers, service
  /// and outcome is one of those: they feed themselves.
  [[nodiscard]] RecordId note(const FailureKind& kind, Instant now);
  /// One more call that ended so for good. Requires: `record` was returned by note().
  void count(RecordId record, Instant now);

  /// A change of the service that failures, or what is late, may come from.
  RecordId tell(ServiceIndex service, Instant now, RecordId cause, const char* what,
                const std::string& detail);

  /// What stands for the load when nothing else explains that a service has no room.
  [[nodiscard]] RecordId load(ServiceIndex service, Instant now);
  /// What stands for the errors that the model gives a service.
  [[nodiscard]] RecordId own_errors(ServiceIndex service, Instant now);
  /// What stands for the calls to a service that proxies are told to hold up or to abort.
  [[nodiscard]] RecordId injected(ServiceIndex service, Instant now);
  /// What stands for connections to a service that NetworkPolicies do not let through; `detail`:
  /// which. Of several, the first that was told.
  [[nodiscard]] RecordId not_let_through(ServiceIndex service, Instant now,
                                         const std::string& detail);
  /// What stands for a rate limit that callers of a service have reached.
  [[nodiscard]] RecordId limited(ServiceIndex service, Instant now);
  /// What stands for a table that has been empty from the start.
  [[nodiscard]] RecordId never_there(ServiceIndex service, Instant now);

  /// That the process of a pod, which counts as ready for want of a probe, does not listen yet.
  [[nodiscard]] RecordId not_listening(const std::string& pod, Instant now, RecordId cause);

  /// In the order in which they were first noted.
  [[nodiscard]] const std::vector<FailureTally>& tallies() const { return tallies_; }

 private:
  enum class Origin : std::uint8_t {
    Load,
    OwnErrors,
    Injected,
    NotLetThrough,
    Limited,
    NeverThere
  };
  [[nodiscard]] RecordId origin(Origin origin, ServiceIndex service, Instant now, const char* what,
                                const std::string& detail);

  recording::EventLog& log_;
  std::vector<std::string> services_;
  std::vector<FailureTally> tallies_;
  std::map<FailureKind, std::size_t> by_kind_;
  std::map<RecordId, std::size_t> by_record_;
  std::map<std::pair<Origin, ServiceIndex>, RecordId> origins_;
};

}  // namespace orrery::sim
