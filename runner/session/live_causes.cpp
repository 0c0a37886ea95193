#include "runner/session/live_causes.h"

#include <algorithm>
#include <string_view>

namespace orrery::session {
namespace {

/// Whether a slice of this name is one of the Service's: "web-x7k2p" of "web".
bool is_slice_of(std::string_view slice, const std::string& service) {
  const std::string start = "EndpointSlice/" + service + "-";
  return slice.starts_with(start) && slice.find('-', start.size()) == std::string_view::npos;
}

}  // namespace

void LiveCauses::on_changes(Instant now, const std::vector<controllers::Change>& changes) {
  for (const controllers::Change& change : changes) {
    const auto* pod = std::get_if<api::Pod>(change.after.get());
    if (pod == nullptr || pod->status.pod_ip.empty()) continue;
    addresses_to_come_.push_back(
        {now, {pod->status.pod_ip, to_string(api::key_of(*change.after))}});
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
      well_[record.subject] = record.id;
    } else if (record.what == "not-ready" || record.what == "terminating" ||
               record.what == "deleted" || record.what == "exited" || record.what == "ended") {
      ill_.emplace(record.subject, record.id);
    }
  } else if (record.subject.starts_with("EndpointSlice/") && record.what == "endpoints" &&
             record.detail.ends_with("-> 0 ready")) {
    // Who sends to them knows later when they are filled again.
    emptied_[record.subject] = record.id;
  }
}

sim::RecordId LiveCauses::cause_of(sim::ServiceIndex service, const std::string& endpoint,
                                   Instant at) {
  if (endpoint.empty()) {
    for (const auto& [slice, record] : emptied_) {
      if (is_slice_of(slice, services_[service])) return static_cast<sim::RecordId>(record);
    }
    return ledger_.never_there(service, at);
  }
  const auto pod = pods_.find(endpoint.substr(0, endpoint.rfind(':')));
  if (pod == pods_.end()) return 0;
  const auto fault = struck_.find(pod->second);
  if (fault != struck_.end() && fault->second <= ids_.size()) {
    const ports::CauseId told = ids_[fault->second - 1];
    const auto well = well_.find(pod->second);
    // It has come back since.
    if (well == well_.end() || well->second < told) return static_cast<sim::RecordId>(told);
  }
  const auto ill = ill_.find(pod->second);
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
