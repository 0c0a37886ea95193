#include "runner/session/live_causes.h"

#include <algorithm>

#include "models/controllers/endpoint_slices.h"

namespace orrery::session {

void LiveCauses::on_changes(Instant now, const std::vector<controllers::Change>& changes) {
  for (const controllers::Change& change : changes) {
    if (change.after == nullptr) continue;
    const api::ObjectKey key = api::key_of(*change.after);
    if (key.kind == api::Kind::EndpointSlice) {
      const api::Labels& labels = api::meta_of(*change.after).labels;
      if (const auto service = labels.find(controllers::kServiceNameLabel);
          service != labels.end()) {
        service_of_[to_string(key)] = key.namespace_name + "/" + service->second;
      }
    } else if (const auto* pod = std::get_if<api::Pod>(change.after.get());
               pod != nullptr && !pod->status.pod_ip.empty()) {
      addresses_to_come_.push_back({now, {pod->status.pod_ip, key}});
    }
  }
}

void LiveCauses::advance(Instant until) {
  while (!addresses_to_come_.empty() && addresses_to_come_.front().first <= until) {
    auto [address, pod] = std::move(addresses_to_come_.front().second);
    pods_[std::move(address)] = std::move(pod);
    addresses_to_come_.pop_front();
  }
  const std::vector<recording::LogRecord>& records = seen_.records();
  while (ids_.size() < records.size() && records[ids_.size()].at <= until) {
    const recording::LogRecord& record = records[ids_.size()];
    const ports::CauseId cause = record.cause == 0 ? 0 : ids_[record.cause - 1];
    const Instant last = log_.records().empty() ? Instant{} : log_.records().back().at;
    ids_.push_back(
        log_.append(std::max(record.at, last), cause, record.what, record.subject, record.detail));
    note_state(log_.records().back());
  }
}

void LiveCauses::note_state(const recording::LogRecord& record) {
  if (record.subject.starts_with("Pod/")) {
    if (record.what == "ready") {
      ill_.erase(record.subject);
    } else if (record.what == "not-ready" || record.what == "terminating" ||
               record.what == "deleted" || record.what == "exited" || record.what == "ended") {
      ill_.emplace(record.subject, record.id);
    }
  } else if (record.what == "endpoints" && record.detail.ends_with("-> 0 ready")) {
    // Who sends to them knows later when they are filled again.
    const auto service = service_of_.find(record.subject);
    if (service != service_of_.end()) emptied_[service->second] = record.id;
  }
}

sim::RecordId LiveCauses::cause_of(sim::ServiceIndex service, const std::string& endpoint,
                                   Instant at) {
  if (endpoint.empty()) {
    const auto emptied = emptied_.find(services_[service]);
    if (emptied != emptied_.end()) return static_cast<sim::RecordId>(emptied->second);
    return ledger_.never_there(service, at);
  }
  const auto pod = pods_.find(endpoint.substr(0, endpoint.rfind(':')));
  if (pod == pods_.end()) return 0;
  if (const ports::CauseId fault = struck_.fault_of(pod->second, ids_.size()); fault != 0) {
    return static_cast<sim::RecordId>(ids_[fault - 1]);
  }
  const auto ill = ill_.find(to_string(pod->second));
  return ill == ill_.end() ? 0 : static_cast<sim::RecordId>(ill->second);
}

void LiveCauses::failed(sim::ServiceIndex service, sim::RequestOutcome outcome,
                        const std::string& endpoint, Instant at) {
  advance(at);
  if (!log_.records().empty()) at = std::max(at, log_.records().back().at);
  const sim::RecordId cause = cause_of(service, endpoint, at);
  ledger_.count(ledger_.note({sim::kClients, service, outcome, cause}, at), at);
}

std::vector<runner::FailureKind> LiveCauses::failures() const {
  std::vector<runner::FailureKind> failures;
  for (const sim::FailureTally& tally : ledger_.tallies()) {
    failures.push_back({tally.record, "", services_.at(tally.kind.to),
                        sim::to_string(tally.kind.outcome), tally.first, tally.last, tally.count,
                        tally.feeds_itself});
  }
  return failures;
}

}  // namespace orrery::session
