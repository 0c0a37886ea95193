/// @file
/// Connections that have to be opened before a request goes out on them: round trips of the way,
/// and work of the server's processor.
///
/// A call whose caller has a pool goes out on one of the pool's, mostly; every other call opens one
/// of its own. Until one of the pool's is open, or is known not to come, others may wait for it.
/// Source: TCP's three-way handshake (RFC 9293, 3.5), TLS 1.3 (RFC 8446, 2) and 1.2
/// (RFC 5246, 7.3): the request follows the caller's last message of them.
#include <algorithm>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

constexpr Duration kFirstSynTimeout = Duration::seconds(1);
constexpr std::uint32_t kSynResendsMax = 6;

/// How long TCP waits for the answer to its first message: before there was a round trip it does
/// not know better (RFC 6298, 2.1; tcp_syn_retries of Linux).
Duration syn_timeout(std::uint32_t resends) {
  return Duration::nanoseconds(kFirstSynTimeout.count_ns() << std::min(resends, kSynResendsMax));
}

}  // namespace

bool RequestEngine::shakes_hands(std::uint32_t index) {
  Call& call = calls_[index];
  const Instance& instance = instances_[call.instance];
  const HandshakeModel& handshake = model_.services[instance.service].handshake;
  if (instance.state != InstanceState::Listening) return false;  // It is refused at once.
  Try* its = program_.sites[call.site].route == kNone ? nullptr : &tries_[index];
  if (its != nullptr && !its->opens && routes_[its->route].policy().cluster(its->host.cluster).pool)
    return false;
  call.opens = handshake.cpu > Duration{};
  const Duration round_trip = latency_[call.distance] + latency_[call.distance];
  const Duration takes = Duration::nanoseconds(round_trip.count_ns() * handshake.round_trips);
  if (takes == Duration{}) return false;
  if (impaired_) [[unlikely]] {
    passage_of(index).legs = 2 * handshake.round_trips + 1;
    arm_connect_timeout(index);
    return goes_on_shaking(index);
  }
  if (its != nullptr && its->opening != Opening::No) its->opening = Opening::Handshake;
  kernel_.schedule(now_ + takes, EventClass::Ordinary, {kSendAgain, index});
  return true;
}

bool RequestEngine::opens_later(std::uint32_t index) {
  Call& call = calls_[index];
  const std::uint32_t to = addresses_[tries_[index].host.address];
  if (to == kNone || instances_[to].state != InstanceState::Listening) return true;
  call.instance = to;
  if (guarded_ && !is_let_through(index)) return true;
  const HandshakeModel& handshake = model_.services[instances_[to].service].handshake;
  const std::uint8_t way = distance(calls_[call.parent].instance, instances_[to]);
  return handshake.round_trips > 0 && latency_[way] > Duration{};
}

/// Source: Envoy conn_pool_base.cc: a stream is pending until a connection is there, which need not
/// be the one that was opened for it. Here whoever has one opened goes out on that.
void RequestEngine::open_connection(std::uint32_t index) {
  Try& its = tries_[index];
  Route& route = routes_[its.route];
  if (opens_later(index)) {
    route.open_for_waiting(its.host, now_);
    its.opening = Opening::Trying;
    ++opening_;
    send_try(index);
  } else if (route.attach_waiting(its.host, now_)) {
    send_try(index);
  } else {
    turn_away(index, TurnedAwayBy::Pool, RequestOutcome::Overflow);
  }
}

bool RequestEngine::connection_opened(std::uint32_t index) {
  Try& its = tries_[index];
  its.opening = Opening::No;
  --opening_;
  const auto left = left_openings_.find(index);
  const bool is_left = left != left_openings_.end();
  if (is_left) {
    const std::uint32_t caller = left->second;
    left_openings_.erase(left);
    if (is_gone(caller)) return false;
  }
  Route& route = routes_[its.route];
  const bool attached = route.opened(its.host, !is_left);
  if (!attached) {
    its.sent = false;
    turn_away(index, TurnedAwayBy::Pool, RequestOutcome::Overflow);
  }
  serve_waiting(its.route, its.host, route.freed(its.host));
  return attached && !is_left;
}

void RequestEngine::forget_opening(std::uint32_t index) {
  if (tries_[index].opening == Opening::No) return;
  tries_[index].opening = Opening::No;
  --opening_;
}

GivenBack RequestEngine::give_back(std::uint32_t index, const TryEnd& end) {
  Try& its = tries_[index];
  if (its.opening == Opening::No) [[likely]] {
    return impaired_ && closes_slowly(index, end.outcome) ? GivenBack::Closing : GivenBack::Place;
  }
  const bool failed = end.breaks_connection();
  if (!failed && its.opening == Opening::Handshake && calls_[index].phase == CallPhase::Outbound) {
    left_openings_[index] = caller_of(index);
    return GivenBack::Opener;
  }
  forget_opening(index);
  CallQueue& waiting = routes_[its.route].waiting_for(its.host);
  while (failed && !waiting.empty()) {
    const std::uint32_t next = calls_.take_first(waiting);
    routes_[its.route].stop_waiting(its.host);
    tries_[next].stranded = true;
    tries_[next].unconnected = end.unconnected;
    if (calls_[index].cause != 0) calls_[next].cause = calls_[index].cause;
    reject(next, end.outcome);
  }
  return GivenBack::Opening;
}

/// Caller and called take turns, the caller first: while an odd number is left, it is the caller's
/// turn, and when one is left nobody's.
bool RequestEngine::goes_on_shaking(std::uint32_t index) {
  if (index >= passages_.size() || passages_[index].key != calls_[index].key) return false;
  Passage& passage = passages_[index];
  if (passage.legs == 0) return false;
  Call& call = calls_[index];
  if (passage.legs == 1 || instances_[call.instance].state != InstanceState::Listening) {
    passage.legs = passage.resends = 0;
    passage.cause = 0;
    disarm_timer(call);
    if (program_.sites[call.site].route != kNone) tries_[index].unconnected = false;
    arm_give_up(index);
    return false;
  }
  const MessageFate fate = edge_faults_.meet({.caller = caller_of(index),
                                              .callee = call.instance,
                                              .answers = passage.legs % 2 == 0,
                                              .resends = passage.resends,
                                              .key = mix64(call.key + passage.legs),
                                              .packet = true},
                                             specs_, draws_, now_);
  if (fate.cause != 0) passage.cause = call.cause = fate.cause;
  if (fate.lost) {
    if (passage.resends == kResendsMax) {
      call.phase = CallPhase::Hanging;
      return true;
    }
    const HandshakeModel& handshake = model_.services[instances_[call.instance].service].handshake;
    const bool is_first = passage.legs >= 2 * handshake.round_trips;
    const Duration wait =
        is_first ? syn_timeout(passage.resends) : retransmission_timeout(passage.resends);
    ++passage.resends;
    kernel_.schedule(now_ + wait, EventClass::Ordinary, {kSendAgain, index});
    return true;
  }
  passage.resends = 0;
  --passage.legs;
  kernel_.schedule(now_ + latency_[call.distance] + fate.delay, EventClass::Ordinary,
                   {kSendAgain, index});
  return true;
}

}  // namespace orrery::sim
