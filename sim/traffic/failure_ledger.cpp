#include "sim/traffic/failure_ledger.h"

#include <utility>

#include "models/base/contract.h"

namespace orrery::sim {
namespace {

RecordId small(ports::CauseId id) {
  expects(id <= 0xffff'ffffU, "a run has less than four thousand million records");
  return static_cast<RecordId>(id);
}

}  // namespace

RecordId FailureLedger::note(const FailureKind& kind, Instant now) {
  if (const auto known = by_kind_.find(kind); known != by_kind_.end()) {
    FailureTally& tally = tallies_[known->second];
    tally.last = now;
    return tally.record;
  }
  // Down the chain: each cause is an earlier record, so this ends.
  std::vector<std::size_t> way;
  for (auto at = by_record_.find(kind.cause); at != by_record_.end();
       at = by_record_.find(tallies_[at->second].kind.cause)) {
    way.push_back(at->second);
    const FailureKind& earlier = tallies_[at->second].kind;
    if (earlier.from != kind.from || earlier.to != kind.to || earlier.outcome != kind.outcome) {
      continue;
    }
    for (const std::size_t link : way) tallies_[link].feeds_itself = true;
    tallies_[at->second].last = now;
    by_kind_[kind] = at->second;
    return tallies_[at->second].record;
  }
  const std::string caller = kind.from == kClients ? "users" : services_.at(kind.from);
  const RecordId record =
      small(log_.append(now, kind.cause, "failing", "Service/" + services_.at(kind.to),
                        "calls from " + caller + ": " + to_string(kind.outcome)));
  by_kind_[kind] = tallies_.size();
  by_record_[record] = tallies_.size();
  tallies_.push_back({kind, record, now, now, 0, false});
  return record;
}

void FailureLedger::count(RecordId record, Instant now) {
  const auto found = by_record_.find(record);
  expects(found != by_record_.end(), "a failure that is counted was noted");
  FailureTally& tally = tallies_[found->second];
  ++tally.count;
  tally.last = now;
}

RecordId FailureLedger::tell(ServiceIndex service, Instant now, RecordId cause, const char* what,
                             const std::string& detail) {
  return small(log_.append(now, cause, what, "Service/" + services_.at(service), detail));
}

RecordId FailureLedger::load(ServiceIndex service, Instant now) {
  return origin(Origin::Load, service, now, "load",
                "no fault and no change: there is more to do than it has room for in time");
}

RecordId FailureLedger::own_errors(ServiceIndex service, Instant now) {
  return origin(Origin::OwnErrors, service, now, "errors",
                "some of its requests fail by themselves, as the scenario says");
}

RecordId FailureLedger::injected(ServiceIndex service, Instant now) {
  return origin(Origin::Injected, service, now, "injected",
                "the proxies of its callers hold calls up or abort them, as a VirtualService says");
}

RecordId FailureLedger::not_let_through(ServiceIndex service, Instant now,
                                        const std::string& detail) {
  return origin(Origin::NotLetThrough, service, now, "network-policy", detail);
}

RecordId FailureLedger::limited(ServiceIndex service, Instant now) {
  return origin(Origin::Limited, service, now, "rate-limit",
                "more is asked for than it lets through");
}

RecordId FailureLedger::never_there(ServiceIndex service, Instant now) {
  return origin(Origin::NeverThere, service, now, "no-endpoints",
                "it has had no ready pod since the start");
}

RecordId FailureLedger::not_listening(const std::string& pod, Instant now, RecordId cause) {
  return small(log_.append(now, cause, "not-listening", pod,
                           "no readiness probe: it counts as ready before its process listens"));
}

RecordId FailureLedger::origin(Origin origin, ServiceIndex service, Instant now, const char* what,
                               const std::string& detail) {
  RecordId& record = origins_[{origin, service}];
  if (record == 0) {
    record = small(log_.append(now, 0, what, "Service/" + services_.at(service), detail));
  }
  return record;
}

}  // namespace orrery::sim
