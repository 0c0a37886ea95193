#include "runner/session/call_meter.h"

#include <algorithm>
#include <utility>

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

CallMeter::CallMeter(recording::RunWriter& writer, std::uint32_t traces_per_second,
                     std::vector<recording::TextId> operations,
                     std::function<recording::TextId(std::uint32_t)> pod_of)
    : writer_{writer},
      scene_{writer.scene()},
      map_{writer.columns()},
      values_(map_.count()),
      groups_(map_.groups()),
      routes_(map_.routes()),
      operations_{std::move(operations)},
      pod_of_{std::move(pod_of)},
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

bool CallMeter::journey_began(std::uint32_t journey, std::uint64_t key, std::uint32_t place,
                              Instant at) {
  writer_.calls().began(row_of_journey(journey));
  if (follow_gap_ns_ == 0) return false;
  const std::int64_t window = at.count_ns() / follow_gap_ns_;
  if (window == last_window_) return false;
  last_window_ = window;
  writer_.traces().journey_began(place, key);
  return true;
}

void CallMeter::journey_ended(std::uint32_t journey, std::uint32_t place, Instant start,
                              Instant end, RequestOutcome outcome) {
  writer_.calls().ended(row_of_journey(journey), code_of(outcome), end - start);
  if (place == kNotFollowed) return;
  writer_.traces().journey_ended(place, {journey, start, end, code_of(outcome)});
}

void CallMeter::try_began(std::uint32_t place, std::uint32_t above) {
  writer_.traces().try_began(place, above);
}
void CallMeter::stands_for(std::uint32_t place, std::uint32_t other) {
  writer_.traces().stands_for(place, other);
}
void CallMeter::work_began(std::uint32_t place, Instant at) {
  writer_.traces().work_began(place, at);
}

void CallMeter::try_ended(std::uint32_t place, const sim::TryReport& report) {
  recording::TryEnd end;
  end.edge = report.edge;
  end.operation = operations_[report.operation];
  end.pod = pod_of_(report.instance);
  end.start = report.start;
  end.end = report.end;
  end.outcome = code_of(report.outcome);
  end.attempt = static_cast<std::uint8_t>(std::min(report.attempt, 255U));
  writer_.traces().try_ended(place, end);
}

}  // namespace orrery::session
