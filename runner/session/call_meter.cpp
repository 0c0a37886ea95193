#include "runner/session/call_meter.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "models/base/latency_buckets.h"
#include "sim/traffic/request_engine.h"

namespace orrery::session {
namespace {

using recording::CallField;
using recording::GroupField;
using recording::PolicyField;
using recording::RowKind;
using resilience::BreakerState;
using sim::RequestOutcome;

static_assert(sim::kRequestOutcomeCount == recording::kOutcomeCount);
static_assert(static_cast<int>(RequestOutcome::NotAdmitted) + 1 ==
              static_cast<int>(CallField::NotAdmitted));
static_assert(kLatencyBucketCount <= 0xffff);

constexpr auto kCounts = static_cast<std::size_t>(CallField::InFlight);

}  // namespace

CallMeter::CallMeter(const recording::Scene& scene, std::uint32_t traces_per_second)
    : scene_{scene},
      map_{scene},
      values_(map_.count()),
      seconds_(map_.rows()),
      groups_(map_.groups()),
      routes_(map_.routes()),
      follow_gap_ns_{traces_per_second == 0 ? 0 : 1'000'000'000 / traces_per_second} {}

// --- Numbers ------------------------------------------------------------------------------------

void CallMeter::call_began(std::uint32_t edge) {
  ++value(CallField::Started, edge);
  ++value(CallField::InFlight, edge);
}

void CallMeter::call_retried(std::uint32_t edge) { ++value(CallField::Retries, edge); }

void CallMeter::call_ended(std::uint32_t edge, Duration latency, RequestOutcome outcome) {
  end(edge, latency, outcome);
}

void CallMeter::call_forgotten(std::uint32_t edge) {
  ++value(CallField::Forgotten, edge);
  --value(CallField::InFlight, edge);
}

void CallMeter::end(std::size_t row, Duration latency, RequestOutcome outcome) {
  const auto field = static_cast<std::size_t>(CallField::Ok) + static_cast<std::size_t>(outcome);
  ++values_[field * map_.rows() + row];
  --value(CallField::InFlight, row);
  seconds_[row].add(latency);
}

void CallMeter::breaker_changed(sim::CallEdge edge, std::uint32_t caller, BreakerState state) {
  for (std::uint32_t i = 0; i < scene_.edges.size(); ++i) {
    if (scene_.edges[i].from != edge.from || scene_.edges[i].to != edge.to) continue;
    if (state == BreakerState::Open || state == BreakerState::HalfOpen) {
      breakers_[{i, caller}] = state;
    } else {
      breakers_.erase({i, caller});
    }
  }
}

void CallMeter::close_second() {
  const std::size_t edges = scene_.edges.size();
  for (std::size_t e = 0; e < edges; ++e) seconds_[edges + scene_.edges[e].to].add(seconds_[e]);
  for (std::size_t row = 0; row < map_.rows(); ++row) {
    SecondLatencies& seen = seconds_[row];
    const bool any = seen.count() > 0;
    const auto buckets = any ? seen.percentiles() : std::array<std::uint32_t, 3>{};
    value(CallField::P50, row) = any ? recording::latency_value(buckets[0]) : 0;
    value(CallField::P95, row) = any ? recording::latency_value(buckets[1]) : 0;
    value(CallField::P99, row) = any ? recording::latency_value(buckets[2]) : 0;
    seen.clear();
  }
}

std::vector<std::int64_t>& CallMeter::sample(const sim::RequestEngine* engine, Instant now) {
  const std::size_t edges = scene_.edges.size();
  const std::size_t services = scene_.services.size();
  for (std::size_t field = 0; field <= kCounts; ++field) {  // With those in flight.
    std::int64_t* of_edges = values_.data() + field * map_.rows();
    std::int64_t* of_services = of_edges + edges;
    std::fill_n(of_services, services, 0);
    for (std::size_t e = 0; e < edges; ++e) of_services[scene_.edges[e].to] += of_edges[e];
  }
  if (now.count_ns() % 1'000'000'000 == 0) close_second();
  if (engine == nullptr) return values_;
  for (std::uint32_t s = 0; s < services; ++s) {
    const sim::ServiceGauge gauge = engine->gauge(s);
    values_[map_.of(RowKind::Service, s, CallField::Busy)] = static_cast<std::int64_t>(gauge.busy);
    values_[map_.of(RowKind::Service, s, CallField::Queued)] =
        static_cast<std::int64_t>(gauge.queued);
  }
  std::erase_if(breakers_, [&](const auto& breaker) {
    const std::uint32_t caller = breaker.first.second;
    if (caller == sim::kNone) return false;
    const sim::InstanceState state = engine->view(sim::InstanceId{caller}).state;
    return state == sim::InstanceState::Stopped || state == sim::InstanceState::Silent;
  });
  std::fill_n(&value(CallField::BreakersOpen, 0), 2 * map_.rows(), 0);
  for (const auto& [place, state] : breakers_) {
    const CallField field =
        state == BreakerState::Open ? CallField::BreakersOpen : CallField::BreakersTrying;
    ++value(field, place.first);
  }
  sample_groups(*engine, now);
  sample_routes(*engine, now);
  return values_;
}

void CallMeter::sample_groups(const sim::RequestEngine& engine, Instant now) {
  for (std::uint32_t g = 0; g < groups_.size(); ++g) {
    const sim::ConsumerGroup& group = engine.group(g);
    const sim::GroupCounts& counts = group.counts();
    sim::GroupCounts& before = groups_[g];
    const auto put = [&](GroupField field, std::uint64_t value) {
      values_[map_.of(g, field)] = static_cast<std::int64_t>(value);
    };
    put(GroupField::Published, counts.published - before.published);
    put(GroupField::Finished, counts.finished - before.finished);
    put(GroupField::Dead, counts.dead - before.dead);
    put(GroupField::Redelivered, counts.redelivered - before.redelivered);
    put(GroupField::Lag, group.lag());
    const Duration age = now - group.oldest().value_or(now);
    put(GroupField::OldestAge, static_cast<std::uint64_t>(age.count_ns() / 1000));
    before = counts;
  }
}

void CallMeter::sample_routes(const sim::RequestEngine& engine, Instant now) {
  for (std::uint32_t r = 0; r < routes_.size(); ++r) {
    const sim::RouteCounts& did = engine.route(r);
    sim::RouteCounts& before = routes_[r];
    const auto put = [&](PolicyField field, std::uint64_t value) {
      values_[map_.of(r, field)] = static_cast<std::int64_t>(value);
    };
    put(PolicyField::Calls, did.calls - before.calls);
    put(PolicyField::Tries, did.tries - before.tries);
    put(PolicyField::Retries, did.retries - before.retries);
    put(PolicyField::Hedges, did.hedges - before.hedges);
    put(PolicyField::Fallbacks, did.fallbacks - before.fallbacks);
    put(PolicyField::Openings, did.openings - before.openings);
    put(PolicyField::Ejections, did.ejections - before.ejections);
    const auto put_turned_away = [&](PolicyField field, sim::TurnedAwayBy by) {
      const auto at = static_cast<std::size_t>(by);
      put(field, did.turned_away[at] - before.turned_away[at]);
    };
    put_turned_away(PolicyField::ByBreaker, sim::TurnedAwayBy::Breaker);
    put_turned_away(PolicyField::ByRateLimit, sim::TurnedAwayBy::RateLimit);
    put_turned_away(PolicyField::ByAdmission, sim::TurnedAwayBy::Admission);
    put_turned_away(PolicyField::ByBulkhead, sim::TurnedAwayBy::Bulkhead);
    put_turned_away(PolicyField::ByPool, sim::TurnedAwayBy::Pool);
    put_turned_away(PolicyField::ByRetryLimit, sim::TurnedAwayBy::RetryLimit);
    put(PolicyField::KeptOut, 0);
    before = did;
  }
  kept_out_ = engine.kept_out(now);
  for (const sim::HostKeptOut& host : kept_out_) {
    ++values_[map_.of(host.route, PolicyField::KeptOut)];
  }
}

void CallMeter::begin_period() {
  std::fill_n(values_.begin(), static_cast<std::ptrdiff_t>(kCounts * map_.rows()), 0);
}

// --- Followed journeys --------------------------------------------------------------------------

bool CallMeter::journey_began(std::uint32_t journey, std::uint64_t key, Instant at) {
  const std::size_t row = scene_.edges.size() + scene_.services.size() + journey;
  ++value(CallField::Started, row);
  ++value(CallField::InFlight, row);
  if (follow_gap_ns_ == 0) return false;
  const std::int64_t window = at.count_ns() / follow_gap_ns_;
  if (window == last_window_) return false;
  last_window_ = window;
  if (free_journeys_.empty()) {
    free_journeys_.push_back(static_cast<std::uint32_t>(journeys_.size()));
    journeys_.emplace_back();
  }
  const std::uint32_t slot = free_journeys_.back();
  free_journeys_.pop_back();
  journeys_[slot].index = journey;
  followed_.add(key, {slot, 0});
  return true;
}

bool CallMeter::try_began(std::uint64_t key, std::uint64_t parent) {
  const KeyTable::Place* above = followed_.find(parent);
  // Its user has left meanwhile: nobody asks about it any more.
  if (above == nullptr) return false;
  const auto [slot, caller] = *above;
  Journey& journey = journeys_[slot];
  Try made;
  made.journey = slot;
  if (caller > 0) {
    made.parent = caller - 1;
    made.depth = journey.tries[made.parent].depth + 1;
  }
  journey.keys.push_back(key);
  journey.tries.push_back(made);
  followed_.add(key, {slot, static_cast<std::uint32_t>(journey.tries.size())});
  return true;
}

CallMeter::Try* CallMeter::find(std::uint64_t key) {
  const KeyTable::Place* place = followed_.find(key);
  if (place == nullptr || place->second == 0) return nullptr;
  return &journeys_[place->first].tries[place->second - 1];
}

void CallMeter::work_began(std::uint64_t key, Instant at) {
  Try* found = find(key);
  if (found == nullptr) return;
  found->work = at;
  found->worked = true;
}

void CallMeter::try_ended(const sim::TryReport& report) {
  Try* found = find(report.key);
  if (found == nullptr) return;
  found->report = report;
  found->ended = true;
}

void CallMeter::journey_ended(std::uint32_t journey, std::uint64_t key, Instant start,
                              Instant end_at, RequestOutcome outcome) {
  end(scene_.edges.size() + scene_.services.size() + journey, end_at - start, outcome);
  const KeyTable::Place* found = followed_.find(key);
  if (found == nullptr) return;
  const std::uint32_t slot = found->first;
  std::vector<Try>& tries = journeys_[slot].tries;
  order_.clear();
  for (std::uint32_t i = 0; i < tries.size(); ++i) {
    if (tries[i].ended) order_.push_back(i);
  }
  std::stable_sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tie(tries[a].report.start, tries[a].depth) <
           std::tie(tries[b].report.start, tries[b].depth);
  });
  if (done_count_ == done_.size()) done_.emplace_back();
  FollowedJourney& followed = done_[done_count_++];
  followed.key = key;
  followed.journey = journey;
  followed.start = start;
  followed.end = end_at;
  followed.outcome = outcome;
  followed.calls.clear();
  for (const std::uint32_t i : order_) {
    Try& made = tries[i];
    FollowedJourney::Call& call = followed.calls.emplace_back();
    call.report = made.report;
    if (made.worked) call.wait = made.work - made.report.start;
    // What a caller did that is itself not over belongs to the next caller above it.
    for (std::uint32_t above = made.parent; above != sim::kNone; above = tries[above].parent) {
      if (tries[above].place == sim::kNone) continue;
      call.parent = tries[above].place;
      break;
    }
    made.place = static_cast<std::uint32_t>(followed.calls.size() - 1);
  }
  for (const std::uint64_t at : journeys_[slot].keys) followed_.remove(at);
  followed_.remove(key);
  journeys_[slot].keys.clear();
  tries.clear();
  free_journeys_.push_back(slot);
}

}  // namespace orrery::session
