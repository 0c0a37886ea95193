/// @file
/// Connections that have to be opened before a request goes out on them: round trips of the way,
/// and work of the server's processor.
///
/// A call whose caller has a pool goes out on one of the pool's, mostly; every other call opens one
/// of its own. Source: TCP's three-way handshake (RFC 9293, 3.5), TLS 1.3 (RFC 8446, 2) and 1.2
/// (RFC 5246, 7.3): the request follows the caller's last message of them.
#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {

bool RequestEngine::shakes_hands(std::uint32_t index) {
  Call& call = calls_[index];
  const Instance& instance = instances_[call.instance];
  const HandshakeModel& handshake = model_.services[instance.service].handshake;
  if (instance.state != InstanceState::Listening) return false;  // It is refused at once.
  const std::uint32_t route = program_.sites[call.site].route;
  if (route != kNone && model_.routes[route].policy.pool && !tries_[index].opens) return false;
  call.opens = handshake.cpu > Duration{};
  const Duration round_trip = latency_[call.distance] + latency_[call.distance];
  const Duration takes = Duration::nanoseconds(round_trip.count_ns() * handshake.round_trips);
  if (takes == Duration{}) return false;
  kernel_.schedule(now_ + takes, EventClass::Ordinary, {kSendAgain, index});
  return true;
}

}  // namespace orrery::sim
