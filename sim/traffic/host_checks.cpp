/// @file
/// Active health checks: callers that ask the hosts of a route how they are. Their requests take
/// the way of calls, and wait for a server's threads where those of its own node do.
#include <algorithm>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

/// Tells the keys of these checks from those that a node makes.
constexpr std::uint64_t kHostCheckKeys = std::uint64_t{2} << 32;

resilience::CheckResult result_of(const resilience::ActiveHealthCheckConfig& config,
                                  RequestOutcome outcome) {
  switch (outcome) {
    case RequestOutcome::Ok:
      return resilience::check_result(config, 200);
    case RequestOutcome::Error:
    case RequestOutcome::Upstream:
      return resilience::check_result(config, 500);
    case RequestOutcome::RateLimited:
      return resilience::check_result(config, 429);
    default:
      return resilience::CheckResult::Network;
  }
}

}  // namespace

void RequestEngine::begin_checks_of(std::uint32_t caller) {
  for (const auto& [route, checked] : checked_routes_) {
    if (checked.caller == caller) take_checked_table(route);
  }
}

void RequestEngine::take_checked_table(std::uint32_t at) {
  const CheckedRoute& checked = checked_routes_.at(at);
  const ConsumerIndex consumer =
      checked.caller == kNone ? kOutsideClients : instances_[checked.caller].node + 1;
  const Table& table =
      tables_[std::size_t{consumer} * services_.size() + model_.routes[checked.model].to];
  if (!routes_[at].knows(table.version)) take_table(routes_[at], table);
  arm_checks(at);
}

bool RequestEngine::is_gone(std::uint32_t caller) const {
  return caller != kNone && (instances_[caller].state == InstanceState::Stopped ||
                             instances_[caller].state == InstanceState::Silent);
}

void RequestEngine::arm_checks(std::uint32_t at) {
  const CheckedRoute& checked = checked_routes_.at(at);
  const Instant next = routes_[at].next_check();
  if (next == Instant::never()) {
    kernel_.disarm(checked.timer);
  } else {
    kernel_.arm(checked.timer, std::max(next, now_), EventClass::Ordinary);
  }
}

void RequestEngine::check_hosts(std::uint32_t at) {
  if (is_gone(checked_routes_.at(at).caller)) return;
  for (const std::uint32_t address : routes_[at].take_due_checks(now_)) send_check(at, address);
  arm_checks(at);
}

void RequestEngine::send_check(std::uint32_t at, std::uint32_t address) {
  const CheckedRoute& checked = checked_routes_.at(at);
  const std::uint32_t index = allocate_call();
  Call& call = calls_[index];
  call.key = mix64(kHostCheckKeys + checks_sent_++);
  call.start_ns = now_.count_ns();
  call.site = program_.probe_site;
  call.probe = true;
  call.instance = addresses_[address];
  host_checks_[index] = {at, address};
  const Instant until = now_ + routes_[at].policy().health->check.timeout;
  tries_[index].deadline = until;
  arm_timer(index, until);
  if (call.instance == kNone || (guarded_ && !is_let_through(index))) {
    call.phase = CallPhase::Hanging;
    return;
  }
  call.distance = distance(checked.caller, instances_[call.instance]) & 3U;
  call.phase = CallPhase::Outbound;
  travel(index, false);
}

bool RequestEngine::answers_aside(std::uint32_t index) {
  Call& call = calls_[index];
  const Instance& instance = instances_[call.instance];
  if (is_replication(index)) {
    begin_replication(index);
    return true;
  }
  if (model_.services[instance.service].probes_share_threads) return false;
  if (call.abandoned) {
    discard(index);
  } else if (instance.hanging) {
    call.phase = CallPhase::Hanging;
  } else {
    answer(index, instance.failing ? RequestOutcome::Error : RequestOutcome::Ok);
  }
  return true;
}

bool RequestEngine::end_check(std::uint32_t index, RequestOutcome outcome) {
  if (end_replication(index, outcome)) return true;
  const auto found = host_checks_.find(index);
  if (found == host_checks_.end()) return false;
  const HostCheck check = found->second;
  host_checks_.erase(found);
  const CheckedRoute& checked = checked_routes_.at(check.route);
  if (is_gone(checked.caller)) return true;
  const auto& config = routes_[check.route].policy().health->check;
  routes_[check.route].checked(check.address, result_of(config, outcome), now_);
  note_changes(check.route, checked.model, checked.caller);
  arm_checks(check.route);
  return true;
}

std::uint32_t RequestEngine::caller_of(std::uint32_t index) const {
  const Call& call = calls_[index];
  if (!call.probe) return calls_[call.parent].instance;
  if (is_replication(index)) return replications_.at(index).leader;
  return checked_routes_.at(host_checks_.at(index).route).caller;
}

}  // namespace orrery::sim
