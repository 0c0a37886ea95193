#include "runner/session/call_meter.h"

#include <algorithm>
#include <tuple>

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

std::uint8_t code_of(RequestOutcome outcome) { return static_cast<std::uint8_t>(outcome); }

}  // namespace

CallMeter::CallMeter(recording::RunWriter& writer, std::uint32_t traces_per_second)
    : writer_{writer},
      scene_{writer.scene()},
      map_{writer.columns()},
      values_(map_.count()),
      groups_(map_.groups()),
      routes_(map_.routes()),
      follow_gap_ns_{traces_per_second == 0 ? 0 : 1'000'000'000 / traces_per_second} {}

// --- Numbers ------------------------------------------------------------------------------------

void CallMeter::call_began(std::uint32_t edge) { writer_.calls().began(edge); }
void CallMeter::call_retried(std::uint32_t edge) { writer_.calls().retried(edge); }
void CallMeter::call_ended(std::uint32_t edge, Duration latency, RequestOutcome outcome) {
  writer_.calls().ended(edge, code_of(outcome), latency);
}
void CallMeter::call_forgotten(std::uint32_t edge) { writer_.calls().forgotten(edge); }

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

recording::SampleValues& CallMeter::sample(const sim::RequestEngine* engine, Instant now) {
  if (engine == nullptr) return values_;
  for (std::uint32_t s = 0; s < scene_.services.size(); ++s) {
    const sim::ServiceGauge gauge = engine->gauge(s);
    const auto put = [&](CallField field, std::uint64_t value) {
      values_.set(map_.of(RowKind::Service, s, field), static_cast<std::int64_t>(value));
    };
    put(CallField::Busy, gauge.busy);
    put(CallField::Queued, gauge.queued);
  }
  sample_breakers(*engine);
  sample_groups(*engine, now);
  sample_routes(*engine, now);
  return values_;
}

void CallMeter::sample_breakers(const sim::RequestEngine& engine) {
  for (const std::size_t at : breaker_columns_) values_.set(at, 0);
  breaker_columns_.clear();
  std::erase_if(breakers_, [&](const auto& breaker) {
    const std::uint32_t caller = breaker.first.second;
    if (caller == sim::kNone) return false;
    const sim::InstanceState state = engine.view(sim::InstanceId{caller}).state;
    return state == sim::InstanceState::Stopped || state == sim::InstanceState::Silent;
  });
  for (const auto& [place, state] : breakers_) {
    const CallField field =
        state == BreakerState::Open ? CallField::BreakersOpen : CallField::BreakersTrying;
    breaker_columns_.push_back(map_.of(place.first, field));
    values_.add(breaker_columns_.back(), 1);
  }
}

void CallMeter::sample_groups(const sim::RequestEngine& engine, Instant now) {
  for (std::uint32_t g = 0; g < groups_.size(); ++g) {
    const sim::ConsumerGroup& group = engine.group(g);
    const sim::GroupCounts& counts = group.counts();
    sim::GroupCounts& before = groups_[g];
    const auto put = [&](GroupField field, std::uint64_t value) {
      values_.set(map_.of(g, field), static_cast<std::int64_t>(value));
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
      values_.set(map_.of(r, field), static_cast<std::int64_t>(value));
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
    values_.add(map_.of(host.route, PolicyField::KeptOut), 1);
  }
}

void CallMeter::begin_period() {
  values_.begin_period([this](std::size_t column) { return map_.is_count(column); });
}

// --- Followed journeys --------------------------------------------------------------------------

std::uint32_t CallMeter::add_call(std::uint64_t key, std::uint32_t journey) {
  if (free_calls_.empty()) {
    free_calls_.push_back(static_cast<std::uint32_t>(calls_.size()));
    calls_.emplace_back();
  }
  const std::uint32_t place = free_calls_.back();
  free_calls_.pop_back();
  // What it is told later is of use only once it has been told.
  FollowedCall& call = calls_[place];
  call.key = key;
  call.journey = journey;
  call.above = sim::kNone;
  call.depth = 0;
  call.worked = call.ended = false;
  call.number = recording::Span::kJourney;
  journeys_[journey].places.push_back(place);
  return place;
}

std::uint32_t CallMeter::journey_began(std::uint32_t journey, std::uint64_t key, Instant at) {
  writer_.calls().began(row_of_journey(journey));
  if (follow_gap_ns_ == 0) return sim::Followed::kNot;
  const std::int64_t window = at.count_ns() / follow_gap_ns_;
  if (window == last_window_) return sim::Followed::kNot;
  last_window_ = window;
  if (free_journeys_.empty()) {
    free_journeys_.push_back(static_cast<std::uint32_t>(journeys_.size()));
    journeys_.emplace_back();
  }
  const std::uint32_t slot = free_journeys_.back();
  free_journeys_.pop_back();
  journeys_[slot].key = key;
  journeys_[slot].journey = journey;
  return add_call(key, slot);
}

FollowedCall* CallMeter::find(sim::Followed which) {
  FollowedCall& call = calls_[which.place];
  return call.key == which.key ? &call : nullptr;
}

std::uint32_t CallMeter::try_began(std::uint64_t key, sim::Followed above) {
  const FollowedCall* caller = find(above);
  // Its user has left meanwhile: nobody asks about it any more.
  if (caller == nullptr) return sim::Followed::kNot;
  const std::uint32_t depth = caller->depth + 1;
  const std::uint32_t place = add_call(key, caller->journey);
  calls_[place].above = above.place;
  calls_[place].depth = depth;
  return place;
}

void CallMeter::work_began(sim::Followed which, Instant at) {
  FollowedCall* found = find(which);
  if (found == nullptr) return;
  found->work = at;
  found->worked = true;
}

void CallMeter::try_ended(std::uint32_t place, const sim::TryReport& report) {
  FollowedCall* found = find({report.key, place});
  if (found == nullptr) return;
  found->start = report.start;
  found->end = report.end;
  found->edge = report.edge;
  found->operation = report.operation;
  found->instance = report.instance;
  found->attempt = static_cast<std::uint8_t>(std::min(report.attempt, 255U));
  found->outcome = code_of(report.outcome);
  found->ended = true;
}

void CallMeter::journey_ended(std::uint32_t journey, sim::Followed which, Instant start,
                              Instant end_at, RequestOutcome outcome) {
  writer_.calls().ended(row_of_journey(journey), code_of(outcome), end_at - start);
  if (which.place == sim::Followed::kNot) return;
  const std::uint32_t slot = calls_[which.place].journey;
  over_.push_back(slot);
  FollowedJourney& followed = journeys_[slot];
  followed.start = start;
  followed.end = end_at;
  followed.outcome = outcome;
  for (const std::uint32_t place : followed.places) {
    FollowedCall& call = calls_[place];
    call.key = 0;  // What becomes of it from now on is not told any more.
    if (!call.ended) continue;
    call.number = static_cast<std::uint32_t>(followed.calls.size());
    followed.calls.push_back(place);
  }
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    const FollowedCall& one = calls_[a];
    const FollowedCall& other = calls_[b];
    return std::tie(one.start, one.depth, one.number) <
           std::tie(other.start, other.depth, other.number);
  };
  // Tries begin in the order in which they are made, but for those that had to wait.
  if (std::is_sorted(followed.calls.begin(), followed.calls.end(), before)) return;
  std::sort(followed.calls.begin(), followed.calls.end(), before);
  for (std::uint32_t i = 0; i < followed.calls.size(); ++i) calls_[followed.calls[i]].number = i;
}

std::uint32_t CallMeter::parent_of(const FollowedCall& call) const {
  // What a caller did that is itself not over belongs to the next caller above it.
  std::uint32_t above = call.above;
  while (calls_[above].above != sim::kNone && !calls_[above].ended) above = calls_[above].above;
  return calls_[above].number;
}

void CallMeter::forget(std::uint32_t slot) {
  FollowedJourney& journey = journeys_[slot];
  free_calls_.insert(free_calls_.end(), journey.places.begin(), journey.places.end());
  free_journeys_.push_back(slot);
  journey.places.clear();
  journey.calls.clear();
}

}  // namespace orrery::session
