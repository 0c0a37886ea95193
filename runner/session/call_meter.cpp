#include "runner/session/call_meter.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "models/base/latency_buckets.h"

namespace orrery::session {
namespace {

using recording::CallField;
using recording::RowKind;
using resilience::BreakerState;
using sim::RequestOutcome;

static_assert(sim::kRequestOutcomeCount == recording::kOutcomeCount);
static_assert(static_cast<int>(RequestOutcome::RateLimited) + 1 ==
              static_cast<int>(CallField::RateLimited));
static_assert(kLatencyBucketCount <= 0xffff);

constexpr std::array<double, 3> kQuantiles{0.5, 0.95, 0.99};

}  // namespace

CallMeter::CallMeter(const recording::Scene& scene, std::uint32_t traces_per_second)
    : scene_{scene},
      map_{scene},
      rows_(map_.rows()),
      follow_gap_ns_{traces_per_second == 0 ? 0 : 1'000'000'000 / traces_per_second} {}

// --- Numbers ------------------------------------------------------------------------------------

void CallMeter::call_began(std::uint32_t edge) {
  count(edge, CallField::Started);
  ++rows_[edge].in_flight;
}

void CallMeter::call_retried(std::uint32_t edge) { count(edge, CallField::Retries); }

void CallMeter::call_ended(std::uint32_t edge, Duration latency, RequestOutcome outcome) {
  end(rows_[edge], latency, outcome);
}

void CallMeter::call_forgotten(std::uint32_t edge) {
  count(edge, CallField::Forgotten);
  --rows_[edge].in_flight;
}

void CallMeter::end(Row& row, Duration latency, RequestOutcome outcome) {
  ++row.counts[static_cast<std::size_t>(CallField::Ok) + static_cast<std::size_t>(outcome)];
  --row.in_flight;
  row.latencies.push_back(static_cast<std::uint16_t>(latency_bucket(latency)));
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

void CallMeter::close_second(Row& row) {
  auto& seen = row.latencies;
  for (std::size_t i = 0; i < kQuantiles.size(); ++i) {
    row.percentiles[i] = 0;
    if (seen.empty()) continue;
    const double place = kQuantiles[i] * static_cast<double>(seen.size());
    auto rank = static_cast<std::size_t>(place);
    if (static_cast<double>(rank) == place && rank > 0) --rank;
    std::nth_element(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(rank), seen.end());
    row.percentiles[i] = recording::latency_value(seen[rank]);
  }
}

void CallMeter::sample(const sim::RequestEngine* engine, bool second,
                       std::vector<std::int64_t>& values) {
  const std::size_t edges = scene_.edges.size();
  const std::size_t services = scene_.services.size();
  for (std::size_t s = 0; s < services; ++s) {
    Row& row = rows_[edges + s];
    row.counts = {};
    row.in_flight = 0;
  }
  for (std::size_t e = 0; e < edges; ++e) {
    Row& row = rows_[edges + scene_.edges[e].to];
    for (std::size_t field = 0; field < kCounts; ++field) {
      row.counts[field] += rows_[e].counts[field];
    }
    row.in_flight += rows_[e].in_flight;
    if (!second) continue;
    const auto& of_edge = rows_[e].latencies;
    row.latencies.insert(row.latencies.end(), of_edge.begin(), of_edge.end());
  }
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    Row& row = rows_[r];
    if (second) {
      close_second(row);
      row.latencies.clear();
    }
    const auto put = [&](CallField field, std::int64_t value) {
      values[static_cast<std::size_t>(field) * rows_.size() + r] = value;
    };
    for (std::size_t field = 0; field < kCounts; ++field) {
      put(static_cast<CallField>(field), row.counts[field]);
    }
    row.counts = {};
    put(CallField::InFlight, row.in_flight);
    put(CallField::P50, row.percentiles[0]);
    put(CallField::P95, row.percentiles[1]);
    put(CallField::P99, row.percentiles[2]);
  }
  if (engine == nullptr) return;
  for (std::uint32_t s = 0; s < services; ++s) {
    const sim::ServiceGauge gauge = engine->gauge(s);
    values[map_.of(RowKind::Service, s, CallField::Busy)] = static_cast<std::int64_t>(gauge.busy);
    values[map_.of(RowKind::Service, s, CallField::Queued)] =
        static_cast<std::int64_t>(gauge.queued);
  }
  std::erase_if(breakers_, [&](const auto& breaker) {
    const std::uint32_t caller = breaker.first.second;
    if (caller == sim::kNone) return false;
    const sim::InstanceState state = engine->view(sim::InstanceId{caller}).state;
    return state == sim::InstanceState::Stopped || state == sim::InstanceState::Silent;
  });
  for (const auto& [place, state] : breakers_) {
    const CallField field =
        state == BreakerState::Open ? CallField::BreakersOpen : CallField::BreakersTrying;
    ++values[map_.of(RowKind::Edge, place.first, field)];
  }
}

// --- Followed journeys --------------------------------------------------------------------------

bool CallMeter::journey_began(std::uint32_t journey, std::uint64_t key, Instant at) {
  const auto row = static_cast<std::uint32_t>(scene_.edges.size() + scene_.services.size());
  count(row + journey, CallField::Started);
  ++rows_[row + journey].in_flight;
  if (follow_gap_ns_ == 0) return false;
  const std::int64_t window = at.count_ns() / follow_gap_ns_;
  if (window == last_window_) return false;
  last_window_ = window;
  journeys_[key] = {journey, {}};
  return true;
}

bool CallMeter::try_began(std::uint64_t key, std::uint64_t parent) {
  Try made;
  made.parent = parent;
  if (journeys_.contains(parent)) {
    made.journey = parent;
  } else {
    const auto above = tries_.find(parent);
    // Its user has left meanwhile: nobody asks about it any more.
    if (above == tries_.end()) return false;
    made.journey = above->second.journey;
    made.depth = above->second.depth + 1;
  }
  journeys_[made.journey].tries.push_back(key);
  tries_[key] = made;
  return true;
}

void CallMeter::work_began(std::uint64_t key, Instant at) {
  const auto found = tries_.find(key);
  if (found == tries_.end()) return;
  found->second.work = at;
  found->second.worked = true;
}

void CallMeter::try_ended(const sim::TryReport& report) {
  const auto found = tries_.find(report.key);
  if (found == tries_.end()) return;
  found->second.report = report;
  found->second.ended = true;
}

void CallMeter::journey_ended(std::uint32_t journey, std::uint64_t key, Instant start,
                              Instant end_at, RequestOutcome outcome) {
  end(rows_[scene_.edges.size() + scene_.services.size() + journey], end_at - start, outcome);
  const auto found = journeys_.find(key);
  if (found == journeys_.end()) return;
  FollowedJourney followed{key, journey, start, end_at, outcome, {}};
  std::vector<const Try*> order;
  for (const std::uint64_t at : found->second.tries) {
    const Try& made = tries_.at(at);
    if (made.ended) order.push_back(&made);
  }
  std::stable_sort(order.begin(), order.end(), [](const Try* a, const Try* b) {
    return std::tie(a->report.start, a->depth) < std::tie(b->report.start, b->depth);
  });
  std::map<std::uint64_t, std::uint32_t> places;
  for (const Try* made : order) {
    FollowedJourney::Call call;
    call.report = made->report;
    if (made->worked) call.wait = made->work - made->report.start;
    // What a caller did that is itself not over belongs to the next caller above it.
    for (std::uint64_t above = made->parent; above != key; above = tries_.at(above).parent) {
      const auto place = places.find(above);
      if (place == places.end()) continue;
      call.parent = place->second;
      break;
    }
    places[made->report.key] = static_cast<std::uint32_t>(followed.calls.size());
    followed.calls.push_back(call);
  }
  for (const std::uint64_t at : found->second.tries) tries_.erase(at);
  journeys_.erase(found);
  done_.push_back(std::move(followed));
}

}  // namespace orrery::session
