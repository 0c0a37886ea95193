#include "models/recording/trace_builder.h"

#include <algorithm>
#include <tuple>

namespace orrery::recording {
namespace {

Duration whole_us(Duration d) { return Duration::microseconds(d.count_ns() / 1000); }

}  // namespace

TraceBuilder::Journey* TraceBuilder::journey_of(const Holder& holder) {
  const bool goes_on = holder.use != 0 && journeys_[holder.journey].use == holder.use;
  return goes_on ? &journeys_[holder.journey] : nullptr;
}

TraceBuilder::Holder& TraceBuilder::holder_at(std::uint32_t place) {
  if (place >= holders_.size()) holders_.resize(std::size_t{place} + 1);
  return holders_[place];
}

TraceBuilder::Call* TraceBuilder::call_at(std::uint32_t place) {
  const Holder& holder = holder_at(place);
  Journey* journey = journey_of(holder);
  return journey == nullptr ? nullptr : &journey->calls[holder.call];
}

void TraceBuilder::journey_began(std::uint32_t place, std::uint64_t key) {
  if (free_journeys_.empty()) {
    free_journeys_.push_back(static_cast<std::uint32_t>(journeys_.size()));
    journeys_.emplace_back();
  }
  const std::uint32_t at = free_journeys_.back();
  free_journeys_.pop_back();
  Journey& journey = journeys_[at];
  journey.key = key;
  journey.calls.assign(1, {});
  holder_at(place) = {at, 0, journey.use};
}

void TraceBuilder::try_began(std::uint32_t place, std::uint32_t above) {
  Holder holder = holder_at(above);
  // Once its user has left nobody asks about it any more.
  if (Journey* journey = journey_of(holder); journey != nullptr) {
    Call call;
    call.above = holder.call;
    call.depth = journey->calls[holder.call].depth + 1;
    holder.call = static_cast<std::uint32_t>(journey->calls.size());
    journey->calls.push_back(call);
  }
  holder_at(place) = holder;
}

void TraceBuilder::stands_for(std::uint32_t place, std::uint32_t other) {
  const Holder holder = holder_at(other);
  holder_at(place) = holder;
}

void TraceBuilder::work_began(std::uint32_t place, Instant at) {
  Call* call = call_at(place);
  if (call == nullptr) return;
  call->work = at;
  call->worked = true;
}

void TraceBuilder::try_ended(std::uint32_t place, const TryEnd& end) {
  Call* call = call_at(place);
  if (call == nullptr) return;
  call->end = end;
  call->ended = true;
}

/// By start, then parents first, then as they began.
void TraceBuilder::order(std::vector<Call>& calls) {
  order_.clear();
  for (std::uint32_t i = 1; i < calls.size(); ++i) {
    if (calls[i].ended) order_.push_back(i);
  }
  const auto place = [&](std::uint32_t i) {
    return std::tuple{calls[i].end.start, calls[i].depth, i};
  };
  std::sort(order_.begin(), order_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return place(a) < place(b); });
  for (std::uint32_t span = 0; span < order_.size(); ++span) calls[order_[span]].span = span;
}

Trace& TraceBuilder::next_over() {
  if (over_count_ == over_.size()) over_.emplace_back();
  Trace& trace = over_[over_count_++];
  trace.spans.clear();
  return trace;
}

void TraceBuilder::journey_ended(std::uint32_t place, const JourneyEnd& end) {
  const Holder holder = holder_at(place);
  Journey* journey = journey_of(holder);
  if (journey == nullptr) return;
  std::vector<Call>& calls = journey->calls;
  order(calls);
  Trace& trace = next_over();
  trace.key = journey->key;
  trace.journey = end.journey;
  trace.start = Instant::at(whole_us(end.start.since_start()));
  trace.length = whole_us(end.end - end.start);
  trace.outcome = end.outcome;
  for (const std::uint32_t i : order_) {
    const Call& call = calls[i];
    // What a caller did that is itself not over belongs to the next caller above it.
    std::uint32_t above = call.above;
    while (above != 0 && !calls[above].ended) above = calls[above].above;
    Span& span = trace.spans.emplace_back();
    span.parent = calls[above].span;
    span.edge = call.end.edge;
    span.operation = call.end.operation;
    span.pod = call.end.pod;
    span.start = whole_us(call.end.start - end.start);
    if (call.worked) span.wait = whole_us(call.work - call.end.start);
    span.length = whole_us(call.end.end - call.end.start);
    span.outcome = call.end.outcome;
    span.attempt = call.end.attempt;
  }
  ++journey->use;  // What is noted of it from now on is of nobody.
  free_journeys_.push_back(holder.journey);
}

}  // namespace orrery::recording
