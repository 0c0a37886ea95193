/// @file
/// Active health checks: callers that ask the hosts of a route how they are. Their requests take
/// the way of calls. Those that ask for an operation are served as any other request for it; others
/// wait for a server's threads where those of its own node do.
#include <algorithm>
#include <utility>
#include <vector>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

/// Tells the keys of these checks from those that a node makes.
constexpr std::uint64_t kHostCheckKeys = std::uint64_t{2} << 32;

/// `status`: the one that it was answered with; 0: what the outcome stands for.
resilience::CheckResult result_of(const resilience::ActiveHealthCheckConfig& config,
                                  RequestOutcome outcome, std::int32_t status) {
  if (status != 0) return resilience::check_result(config, static_cast<std::uint16_t>(status));
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
  if (!routes_[at].knows(table.version)) take_table(at, table);
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
  for (const RouteHost host : routes_[at].take_due_checks(now_)) send_check(at, host);
  arm_checks(at);
}

void RequestEngine::send_check(std::uint32_t at, RouteHost host) {
  const CheckedRoute& checked = checked_routes_.at(at);
  const std::uint32_t index = allocate_call();
  Call& call = calls_[index];
  call.key = mix64(kHostCheckKeys + checks_sent_++);
  call.start_ns = now_.count_ns();
  const resilience::HealthCheckPolicy& policy = *routes_[at].policy().health;
  const std::uint32_t site = program_.check_sites[checked.model];
  call.site = site == kNone ? program_.probe_site : site;
  call.probe = true;
  call.instance = addresses_[host.address];
  host_checks_[index] = {at, host};
  const Instant until = now_ + policy.check.timeout;
  tries_[index].deadline = until;
  arm_timer(index, until);
  if (call.instance == kNone || (guarded_ && !is_let_through(index))) {
    call.phase = CallPhase::Hanging;
    return;
  }
  call.distance = distance(checked.caller, instances_[call.instance]) & 3U;
  call.phase = CallPhase::Outbound;
  if (!policy.reuses_connection && has_handshakes_ && shakes_hands(index)) return;
  travel(index, false);
}

/// Rare, so the slab is searched, as for a process that ends.
void RequestEngine::close_connections(std::uint32_t at, RouteHost host) {
  const auto goes_there = [&](std::uint32_t index) {
    const Try& its = tries_[index];
    return calls_[index].phase != CallPhase::Free && !calls_[index].abandoned && its.sent &&
           its.route == at && its.host.address == host.address && its.host.cluster == host.cluster;
  };
  std::vector<std::pair<std::uint32_t, std::uint64_t>> under_way;  // With their keys.
  for (std::uint32_t i = 0; i < calls_.slot_count(); ++i) {
    if (goes_there(i)) under_way.emplace_back(i, calls_[i].key);
  }
  for (const auto& [index, key] : under_way) {
    // What came of the others before may have ended it.
    if (!goes_there(index) || calls_[index].key != key) continue;
    Call& call = calls_[index];
    disarm_timer(call);
    call.cause = cause_of_waiting(index);
    if (call.followed) report_try(index, RequestOutcome::Reset);
    end_routed(index, RequestOutcome::Reset, false);
  }
}

bool RequestEngine::answers_aside(std::uint32_t index) {
  Call& call = calls_[index];
  const Instance& instance = instances_[call.instance];
  if (is_replication(index)) {
    begin_replication(index);
    return true;
  }
  if (call.site != program_.probe_site) return false;  // A request, as far as the server knows.
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
  const resilience::HealthCheckPolicy& policy = *routes_[check.route].policy().health;
  const bool turned_unwell = routes_[check.route].checked(
      check.host, result_of(policy.check, outcome, check.status), now_);
  note_changes(check.route, checked.model, checked.caller);
  if (turned_unwell && policy.closes_connections) close_connections(check.route, check.host);
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
