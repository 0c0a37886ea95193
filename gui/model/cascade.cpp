#include "gui/model/cascade.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "runner/why/chains.h"

namespace orrery::gui {
namespace {

constexpr std::size_t kGoingOnSeconds = 10;
/// What failed in these counts alone, if anything did: before it may stand what is over.
constexpr std::size_t kNowSeconds = 3;

/// So many seconds are "of late".
std::size_t window_of(const RecordedRun& run, std::size_t second) {
  const bool now = run.history().users_sum(second, kNowSeconds).failed > 0;
  return now ? kNowSeconds : kGoingOnSeconds;
}

/// Calls of the record's kind that failed of late.
std::uint64_t failed_of(const RecordedRun& run, const FailingRecord& record, std::size_t second) {
  const auto& edges = run.scene().edges;
  std::uint32_t outcome = 1;
  while (outcome < recording::kOutcomeCount && recording::outcome_name(outcome) != record.outcome) {
    ++outcome;
  }
  if (outcome == recording::kOutcomeCount) return 0;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    if (edges[e].to == record.to && edges[e].from == record.from.value_or(recording::kOutside)) {
      return run.history().edge_failures(e, second, window_of(run, second), outcome);
    }
  }
  return 0;
}

/// The log of the failures alone, numbered anew as a log is.
struct FailureLog {
  std::vector<recording::LogRecord> records;
  std::vector<std::uint64_t> ids;  ///< In the recording, by place.
};

FailureLog failure_log(const RecordedRun& run, const std::vector<const FailingRecord*>& failing) {
  const RunEvents& events = run.events();
  std::set<std::uint64_t> needed;
  for (const FailingRecord* record : failing) {
    for (const recording::RunEvent* at = events.find(record->id); at != nullptr;
         at = events.find(at->cause)) {
      if (!needed.insert(at->id).second) break;
    }
  }
  FailureLog log;
  log.ids.assign(needed.begin(), needed.end());
  const auto place = [&](std::uint64_t id) -> ports::CauseId {
    const auto found = std::lower_bound(log.ids.begin(), log.ids.end(), id);
    if (found == log.ids.end() || *found != id) return 0;
    return static_cast<ports::CauseId>(found - log.ids.begin()) + 1;
  };
  for (const std::uint64_t id : log.ids) {
    const recording::RunEvent& event = *events.find(id);
    recording::LogRecord record;
    record.id = place(id);
    record.cause = place(event.cause);
    record.at = event.at;
    record.what = run.text(event.what);
    record.subject = run.text(event.subject);
    record.detail = run.text(event.detail);
    log.records.push_back(std::move(record));
  }
  return log;
}

/// Whether what the record comes from is a fault that was over before the failures of late.
bool is_over(const RecordedRun& run, const FailingRecord& record, std::size_t second) {
  const auto& faults = run.events().faults();
  const auto fault = std::find_if(faults.begin(), faults.end(), [&](const FaultSpan& span) {
    return span.event == record.origin;
  });
  const auto first = static_cast<std::int64_t>(second) - static_cast<std::int64_t>(kGoingOnSeconds);
  return fault != faults.end() && fault->to != fault->from &&
         fault->to < Instant::at(Duration::seconds(std::max<std::int64_t>(0, first)));
}

/// Of the records of users whose calls, and whose calls below, fail in the same way, which a count
/// cannot tell apart: that of the last cause which is not over, or else of the last.
std::vector<const FailingRecord*> latest_of_users(const RecordedRun& run,
                                                  const std::vector<const FailingRecord*>& failing,
                                                  std::size_t second) {
  using Way = std::tuple<std::optional<std::uint32_t>, std::uint32_t, std::string>;
  std::map<std::pair<Way, Way>, const FailingRecord*> latest;
  for (const FailingRecord* record : failing) {
    if (record->from) continue;
    const FailingRecord* below = run.events().failing_record(record->cause);
    const Way own{record->from, record->to, record->outcome};
    const FailingRecord*& best =
        latest[{own, below == nullptr ? own : Way{below->from, below->to, below->outcome}}];
    if (best == nullptr || !is_over(run, *record, second) || is_over(run, *best, second)) {
      best = record;
    }
  }
  std::vector<const FailingRecord*> records;
  for (const auto& [ways, record] : latest) records.push_back(record);
  std::sort(records.begin(), records.end(),
            [](const FailingRecord* a, const FailingRecord* b) { return a->id < b->id; });
  return records;
}

/// How many requests of users failed of late by each record. Records of one kind, which differ in
/// their causes, share the failures of this kind by how many calls failed that caused them.
std::vector<runner::FailureKind> failures_of(const RecordedRun& run, std::size_t second,
                                             const std::vector<const FailingRecord*>& failing,
                                             const FailureLog& log) {
  struct Kind {
    std::uint64_t failed = 0;
    std::uint64_t weight = 0;  ///< Of all its records.
  };
  std::map<std::pair<std::uint32_t, std::string>, Kind> kinds;
  std::vector<std::pair<const FailingRecord*, std::uint64_t>> of_users;
  for (const FailingRecord* record : latest_of_users(run, failing, second)) {
    const FailingRecord* cause = run.events().failing_record(record->cause);
    const std::uint64_t weight = failed_of(run, cause == nullptr ? *record : *cause, second);
    of_users.emplace_back(record, weight);
    Kind& kind = kinds[{record->to, record->outcome}];
    kind.failed = failed_of(run, *record, second);
    kind.weight += weight;
  }
  std::vector<runner::FailureKind> failures;
  for (const auto& [record, weight] : of_users) {
    const Kind& kind = kinds[{record->to, record->outcome}];
    if (weight == 0 || kind.failed == 0) continue;
    runner::FailureKind failure;
    const auto place = std::lower_bound(log.ids.begin(), log.ids.end(), record->id);
    failure.record = static_cast<ports::CauseId>(place - log.ids.begin()) + 1;
    failure.to = run.scene().services[record->to];
    failure.outcome = record->outcome;
    failure.first = record->at;
    failure.last = record->at;
    failure.count = std::max<std::uint64_t>(1, kind.failed * weight / kind.weight);
    failures.push_back(std::move(failure));
  }
  return failures;
}

WhyStep step_of(const RecordedRun& run, const recording::LogRecord& record, std::uint64_t id,
                std::size_t second) {
  WhyStep step;
  step.event = id;
  step.what = record.what;
  step.subject = record.subject;
  step.detail = record.detail;
  step.at = record.at;
  if (record.what == "failing" || record.what == "load" || record.what == "errors" ||
      record.what == "no-endpoints") {
    step.service = run.names().of_object(record.subject);
  }
  step.state = step.service ? run.state_in(*step.service, second) : State::Lost;
  return step;
}

}  // namespace

Cascade cascade_in(const RecordedRun& run, std::size_t second) {
  const Instant now = Instant::at(Duration::seconds(static_cast<std::int64_t>(second) + 1));
  std::vector<const FailingRecord*> failing;
  for (const FailingRecord& record : run.events().failing()) {
    if (record.at <= now) failing.push_back(&record);
  }
  Cascade cascade;
  if (failing.empty()) return cascade;
  const FailureLog log = failure_log(run, failing);
  const std::vector<why::Chain> chains =
      why::chains_of(log.records, failures_of(run, second, failing, log), {});
  if (chains.empty()) return cascade;
  const why::Chain& chain = chains.front();
  std::string last;
  for (const recording::LogRecord& record : chain.steps) {
    const bool is_origin = &record == &chain.steps.front();
    // Between the origin and the first failure stands how the cluster took it; that is in the log.
    if (!is_origin && (record.what != "failing" || record.subject == last)) continue;
    cascade.why.push_back(step_of(run, record, log.ids[record.id - 1], second));
    last = record.subject;
  }

  const std::uint64_t origin = log.ids[chain.steps.front().id - 1];
  std::uint32_t order = 0;
  for (const FailingRecord* record : failing) {
    if (record->origin != origin) continue;
    Arrival arrival;
    arrival.at = record->at;
    const recording::RunEvent* event = run.events().find(origin);
    arrival.after = record->at - (event == nullptr ? record->at : event->at);
    arrival.order = order + 1;
    if (cascade.arrivals.emplace(record->to, arrival).second) ++order;
  }
  return cascade;
}

}  // namespace orrery::gui
