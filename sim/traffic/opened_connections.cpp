/// @file
/// Connections that have to be opened before a request goes out on them: round trips of the way,
/// and work of the server's processor.
///
/// A call whose caller has a pool goes out on one of the pool's, mostly; every other call opens one
/// of its own. Source: TCP's three-way handshake (RFC 9293, 3.5), TLS 1.3 (RFC 8446, 2) and 1.2
/// (RFC 5246, 7.3): the request follows the caller's last message of them.
#include <algorithm>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

/// In the keys of messages, beside those of calls.
constexpr std::uint64_t kHandshakeKey = 0x68616e6473;
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
  const std::uint32_t route = program_.sites[call.site].route;
  if (route != kNone && model_.routes[route].policy.pool && !tries_[index].opens) return false;
  call.opens = handshake.cpu > Duration{};
  if (impaired_ && !call.probe && handshake.round_trips > 0) {
    passage_of(index).round_trips = handshake.round_trips;
    shake_hands(index);
    return true;
  }
  const Duration round_trip = latency_[call.distance] + latency_[call.distance];
  const Duration takes = Duration::nanoseconds(round_trip.count_ns() * handshake.round_trips);
  if (takes == Duration{}) return false;
  kernel_.schedule(now_ + takes, EventClass::Ordinary, {kSendAgain, index});
  return true;
}

void RequestEngine::shake_hands(std::uint32_t index) {
  Call& call = calls_[index];
  Passage& passage = passages_[index];
  EdgeMessage message{.caller = caller_of(index),
                      .callee = call.instance,
                      .resends = passage.resends,
                      .key = mix64(call.key ^ mix64(kHandshakeKey + passage.round_trips)),
                      .of_call = false};
  const MessageFate there = edge_faults_.meet(message, specs_, draws_, now_);
  message.answers = true;
  const MessageFate back =
      there.lost ? MessageFate{} : edge_faults_.meet(message, specs_, draws_, now_);
  if (const RecordId cause = there.cause != 0 ? there.cause : back.cause) {
    passage.cause = call.cause = cause;
  }
  const Instant no_connection = no_connection_at(index);
  if (there.lost || back.lost) {
    const bool is_first = passage.round_trips ==
                          model_.services[instances_[call.instance].service].handshake.round_trips;
    const Duration wait =
        is_first ? syn_timeout(passage.resends) : retransmission_timeout(passage.resends);
    if (now_ + wait >= no_connection) {
      await_connection(index);
      return;
    }
    ++passage.resends;
    kernel_.schedule(now_ + wait, EventClass::Ordinary, {kSendAgain, index});
    return;
  }
  const Duration takes =
      latency_[call.distance] + there.delay + latency_[call.distance] + back.delay;
  if (now_ + takes > no_connection) {
    await_connection(index);
    return;
  }
  passage.resends = 0;
  --passage.round_trips;
  kernel_.schedule(now_ + takes, EventClass::Ordinary, {kSendAgain, index});
}

}  // namespace orrery::sim
