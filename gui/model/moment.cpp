#include "gui/model/moment.h"

#include <algorithm>

#include "gui/model/cascade.h"
#include "gui/model/cluster_tracker.h"

namespace orrery::gui {
namespace {

constexpr std::size_t kOpenSecondsMost = 600;

}  // namespace

Moments::Moments(RecordedRun& run) : run_{run} {
  moment_.services.resize(run.scene().services.size());
  moment_.edges.resize(run.scene().edges.size());
  cluster_ = std::make_unique<ClusterTracker>(run, moment_);
}

Moments::~Moments() = default;

Result<void> Moments::show(Instant t) {
  auto frame = run_.frame(t);
  if (!frame) return tl::unexpected{frame.error()};
  moment_.at = t;
  cluster_changed_ = cluster_->show(*std::move(frame), t);
  const auto second = second_at(run_, t);
  calls_changed_ = !second_known_ || second != second_;
  second_ = second;
  second_known_ = true;
  if (calls_changed_) take_calls();
  return {};
}

void Moments::take_calls() {
  if (!second_) {
    // What is over says nothing yet.
    for (ServiceNow& service : moment_.services) {
      const auto pods = std::move(service.pods);
      const std::size_t ready = service.ready;
      service = {};
      service.pods = pods;
      service.ready = ready;
    }
    std::fill(moment_.edges.begin(), moment_.edges.end(), EdgeNow{});
    moment_.users_error_share = 0;
    moment_.why.clear();
    return;
  }
  for (std::uint32_t s = 0; s < moment_.services.size(); ++s) take_service(s);
  for (std::size_t e = 0; e < moment_.edges.size(); ++e) take_edge(e);
  moment_.users_error_share = run_.history().users_sum(*second_, 1).error_share();
  take_cascade();
}

void Moments::take_service(std::uint32_t s) {
  ServiceNow& now = moment_.services[s];
  const CallSecond& last = run_.history().service(s, *second_);
  now.state = run_.state_in(s, *second_);
  now.calls = run_.judged_calls(s, *second_);
  now.per_second = last.started;
  now.p50 = recording::latency_of(last.p50);
  now.p95 = recording::latency_of(last.p95);
  now.p99 = recording::latency_of(last.p99);
}

void Moments::take_edge(std::size_t e) {
  EdgeNow& now = moment_.edges[e];
  now = {};
  const History& history = run_.history();
  const CallSecond& last = history.edge(e, *second_);
  CallSum calls;
  for (std::size_t length = 1; length <= 5; ++length) {
    calls = history.edge_sum(e, *second_, length);
    if (calls.ended >= 10) break;
  }
  now.state = state_of_errors(calls);
  now.per_second = last.started;
  now.error_share = calls.error_share();
  now.p50 = recording::latency_of(last.p50);
  now.open = last.open;
  now.trying = last.trying;
  if (now.open == 0) return;
  std::size_t since = *second_;
  while (since > 0 && *second_ - since < kOpenSecondsMost && history.edge(e, since - 1).open > 0) {
    --since;
  }
  now.open_since = since;
}

void Moments::take_cascade() {
  Cascade cascade = cascade_in(run_, *second_);
  moment_.why = std::move(cascade.why);
  for (ServiceNow& service : moment_.services) service.arrival.reset();
  for (const auto& [service, arrival] : cascade.arrivals) {
    ServiceNow& now = moment_.services[service];
    if (is_bad(now.state) || now.state == State::Recovering) now.arrival = arrival;
  }
}

std::optional<std::size_t> second_at(const RecordedRun& run, Instant t) {
  const auto over = static_cast<std::size_t>(to_seconds(t.since_start()));
  const std::size_t known = std::min(over, run.history().seconds());
  if (known == 0) return std::nullopt;
  return known - 1;
}

}  // namespace orrery::gui
