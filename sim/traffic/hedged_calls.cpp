/// @file
/// Calls of several tries at a time, as gRPC's hedgingPolicy has them: whichever is answered first
/// counts, and the others are cancelled.
///
/// Each try is a call record of its own, whose parent is the caller. A cancelled try is left as one
/// that has timed out: its server goes on with it, unless it is told where deadlines are passed on.
#include <algorithm>
#include <utility>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

using resilience::GrpcCode;
using resilience::GrpcHedge;

/// In the keys of tries, beside the numbers of retries.
constexpr std::uint64_t kHedgeKey = std::uint64_t{1} << 32;

/// What gRPC makes of the end: of a failing handler Unknown, of HTTP 429 and 503 Unavailable.
GrpcCode code_of(const TryEnd& end) {
  switch (end.outcome) {
    case RequestOutcome::Ok:
      return GrpcCode::Ok;
    case RequestOutcome::Error:
    case RequestOutcome::Upstream:
      return GrpcCode::Unknown;
    case RequestOutcome::Timeout:
      return end.unconnected ? GrpcCode::Unavailable : GrpcCode::DeadlineExceeded;
    case RequestOutcome::Refused:
    case RequestOutcome::Reset:
    case RequestOutcome::NoEndpoints:
    case RequestOutcome::CircuitOpen:
    case RequestOutcome::Overflow:
    case RequestOutcome::RateLimited:
    case RequestOutcome::NotAdmitted:
      return GrpcCode::Unavailable;
  }
  contract_violation("an outcome is one of those listed");
}

}  // namespace

void RequestEngine::begin_hedged(std::uint32_t index) {
  const GrpcHedge hedge{*routes_[tries_[index].route].policy().hedging, now_};
  auto at = static_cast<std::uint32_t>(hedged_.size());
  if (free_hedged_.empty()) {
    hedged_.push_back({hedge, kernel_.create_timer({kHedge, at})});
  } else {
    at = free_hedged_.back();
    free_hedged_.pop_back();
    hedged_[at] = {hedge, hedged_[at].timer};
  }
  hedged_[at].tries[0] = index;
  if (hedged_by_slot_.size() < calls_.slot_count()) {
    hedged_by_slot_.resize(calls_.slot_count(), kNone);
  }
  hedged_by_slot_[index] = at;
  begin_try(index);
  send_due_hedges(at);
}

void RequestEngine::send_due_hedges(std::uint32_t at) {
  const std::uint32_t beside = hedged_[at].tries[0];
  const Route& route = routes_[tries_[beside].route];
  while (hedged_[at].hedge.next_at() <= now_) {
    const bool allowed = route.allows_hedge();
    if (!allowed) refuse_hedge(beside);
    if (hedged_[at].hedge.on_time(now_, allowed) == GrpcHedge::Action::Send) {
      send_hedge(at, beside, 0);
    }
  }
  // At the deadline, and beyond, there is nothing left to win.
  const Instant next = hedged_[at].hedge.next_at();
  if (next < tries_[beside].deadline) {
    kernel_.arm(hedged_[at].timer, next, EventClass::Timeout);
  } else {
    kernel_.disarm(hedged_[at].timer);
  }
}

void RequestEngine::refuse_hedge(std::uint32_t index) {
  const std::uint32_t model = program_.sites[calls_[index].site].route;
  ++route_counts_[model].turned_away[static_cast<std::size_t>(TurnedAwayBy::RetryLimit)];
}

void RequestEngine::send_hedge(std::uint32_t at, std::uint32_t beside, RecordId cause) {
  const std::uint32_t index = allocate_call();  // Before any reference into the slab.
  if (hedged_by_slot_.size() < calls_.slot_count()) {
    hedged_by_slot_.resize(calls_.slot_count(), kNone);
  }
  HedgedCall& hedged = hedged_[at];
  Call& call = calls_[index];
  const Call& other = calls_[beside];
  const Call& parent = calls_[other.parent];
  const CallSite& site = program_.sites[other.site];
  call.key = mix64(call_key(parent.key, site.position, other.repetition) ^
                   mix64(kHedgeKey + hedged.begun));
  call.take_call_of(other);
  call.cause = cause;
  if (observer_ != nullptr) observer_->call_retried(site.edge);
  if (other.followed) follow(index, other.parent);
  Try& its = tries_[index];
  const Try& others = tries_[beside];
  its.deadline = others.deadline;
  its.passed = tries_[other.parent].passed;
  its.user = others.user;
  its.session = others.session;
  its.route = others.route;
  its.host.cluster = others.host.cluster;
  its.retries.count = hedged.begun;
  its.call_begun = true;
  routes_[its.route].begin_hedge(its.host);
  ++route_counts_[site.route].hedges;
  ++hedged.begun;
  hedged.tries[hedged.under_way++] = index;
  hedged_by_slot_[index] = at;
  begin_try(index);
}

bool RequestEngine::hedges_on(std::uint32_t index, const TryEnd& end, bool answered) {
  const std::uint32_t at = hedged_by_slot_[index];
  Route& route = routes_[tries_[index].route];
  GrpcHedge& hedge = hedged_[at].hedge;
  GrpcHedge::Action action = GrpcHedge::Action::Deliver;
  // The caller's own deadline ends the call whatever codes are not fatal.
  if (now_ < tries_[index].deadline || end.outcome != RequestOutcome::Timeout) {
    const GrpcCode code = code_of(end);
    const bool goes_on = route.policy().hedging->non_fatal.has(code);
    if (goes_on) route.note_failure();
    const bool allowed = route.allows_hedge();
    if (goes_on && !allowed && hedge.next_at() != Instant::never()) refuse_hedge(index);
    action = hedge.on_failure(code, {}, now_, allowed);
  }
  (void)leave_hedged(index);
  if (action == GrpcHedge::Action::Deliver) {
    end_hedged(at);
    return false;
  }
  if (action == GrpcHedge::Action::Send) send_hedge(at, index, calls_[index].cause);
  send_due_hedges(at);
  if (answered) {
    discard(index);
  } else {
    leave(index);
  }
  return true;
}

void RequestEngine::move_hedged(std::uint32_t from, std::uint32_t to) {
  if (hedged_by_slot_.size() < calls_.slot_count()) {
    hedged_by_slot_.resize(calls_.slot_count(), kNone);
  }
  const std::uint32_t at = std::exchange(hedged_by_slot_[from], kNone);
  hedged_by_slot_[to] = at;
  std::replace(hedged_[at].tries.begin(), hedged_[at].tries.end(), from, to);
}

bool RequestEngine::leave_hedged(std::uint32_t index) {
  HedgedCall& hedged = hedged_[std::exchange(hedged_by_slot_[index], kNone)];
  const auto end = hedged.tries.begin() + hedged.under_way;
  (void)std::remove(hedged.tries.begin(), end, index);
  return --hedged.under_way == 0;
}

bool RequestEngine::forget_hedge(std::uint32_t index) {
  const std::uint32_t at = hedged_of(index);
  if (at == kNone) return true;
  if (!leave_hedged(index)) return false;
  end_hedged(at);
  return true;
}

void RequestEngine::end_hedged(std::uint32_t at) {
  HedgedCall& hedged = hedged_[at];
  kernel_.disarm(hedged.timer);
  // Those that wait for a connection first, so that none of them gets the place of another.
  const auto end = hedged.tries.begin() + hedged.under_way;
  std::sort(hedged.tries.begin(), end, [&](std::uint32_t a, std::uint32_t b) {
    const auto waits = [&](std::uint32_t i) {
      return calls_[i].phase == CallPhase::Pending || calls_[i].phase == CallPhase::Unthreaded;
    };
    const bool a_waits = waits(a);
    const bool b_waits = waits(b);
    return a_waits != b_waits ? a_waits : tries_[a].retries.count < tries_[b].retries.count;
  });
  for (std::uint32_t i = 0; i < hedged.under_way; ++i) {
    hedged_by_slot_[hedged.tries[i]] = kNone;
    cancel_try(hedged.tries[i]);
  }
  free_hedged_.push_back(at);
}

void RequestEngine::cancel_try(std::uint32_t index) {
  Call& call = calls_[index];
  Try& its = tries_[index];
  Route& route = routes_[its.route];
  if (call.followed) report_try(index, RequestOutcome::Timeout);
  disarm_timer(call);
  if (call.phase == CallPhase::Pending) stop_waiting(index);
  if (call.phase == CallPhase::Unthreaded) stop_waiting_for_thread(index);
  if (its.sent) {
    const GivenBack given = give_back(index, {RequestOutcome::Timeout, false, Duration{}});
    serve_waiting(its.route, its.host, route.cancelled_at(its.host, now_, given));
  }
  if (its.try_begun) route.drop_try();
  if (its.retries.count > 0) route.retry_over(its.host);
  its.sent = its.try_begun = false;
  if (route.policy().timeouts.passes_deadline_on) {
    its.passed = std::min(its.passed, now_);
  }
  leave(index);
}

}  // namespace orrery::sim
