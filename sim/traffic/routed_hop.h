/// @file
/// What a route with policies adds to a hop, compiled as hop.cpp is.
#pragma once

#include <algorithm>

#include "sim/traffic/request_engine.h"

namespace orrery::sim {

template <Features kHas>
void RequestEngine::begin_call(std::uint32_t index, Call& call) {
  const CallSite& site = program_.sites[call.site];
  const Call& parent = calls_[call.parent];
  Try& its = tries_[index];
  its.route = route_of(site, parent.instance);
  if (site.timeout > Duration{}) its.deadline = std::min(its.deadline, now_ + site.timeout);
  ++route_counts_[site.route].calls;
  if (kHas == Features::All) {
    if (routes_[its.route].has_subsets()) [[unlikely]] {
      its.host.cluster =
          routes_[its.route].cluster_of(call_key(parent.key, site.position, call.repetition));
    }
    if (is_delayed(index)) return;
  }
  let_go<kHas>(index);
}

template <Features kHas>
void RequestEngine::let_go(std::uint32_t index) {
  Call& call = calls_[index];
  Try& its = tries_[index];
  Route& route = routes_[its.route];
  call.cause = 0;
  if (kHas == Features::All && is_aborted(index)) return;
  its.deadline = overall_deadline(route.policy().timeouts, now_, its.deadline);
  if (const auto rejected = route.begin_call(call.key, now_)) [[unlikely]] {
    if (kHas == Features::Routes) count_start(program_.sites[calls_[index].site], now_.count_ns());
    turn_away_by_route(index, *rejected);
    return;
  }
  its.call_begun = true;
  if (kHas == Features::All && route.policy().shared_limit) [[unlikely]] {
    ask_limit(index);
  } else {
    begin_tries<kHas>(index);
  }
}

template <Features kHas>
void RequestEngine::begin_tries(std::uint32_t index) {
  if (kHas == Features::All && routes_[tries_[index].route].policy().hedging) [[unlikely]] {
    begin_hedged(index);
  } else {
    begin_try<kHas>(index);
  }
}

template <Features kHas>
void RequestEngine::begin_try(std::uint32_t index) {
  Try& its = tries_[index];
  Route& route = routes_[its.route];
  its.sent_at = now_;
  disarm_timer(calls_[index]);
  if (const auto rejected = route.begin_try(now_)) [[unlikely]] {
    if (kHas == Features::Routes) count_start(program_.sites[calls_[index].site], now_.count_ns());
    turn_away_by_route(index, *rejected);
    return;
  }
  its.try_begun = true;
  if (kHas != Features::All || !route.has_threads() || takes_thread(index)) run_try<kHas>(index);
}

template <Features kHas>
void RequestEngine::run_try(std::uint32_t index) {
  Call& call = calls_[index];
  const CallSite& site = program_.sites[call.site];
  const Call& parent = calls_[call.parent];
  Try& its = tries_[index];
  Route& route = routes_[its.route];
  const std::size_t at = table_of(parent, site);
  const Table& table = tables_[at];
  if (!route.knows(table.version)) [[unlikely]]
    take_table(its.route, table);
  if (kHas == Features::All && route.has_localities())
    take_peers(route, instances_[parent.instance]);
  RouteHost host;
  if (kHas == Features::All && has_leaders_ && is_write(site)) [[unlikely]] {
    if (const auto leader = leader_in(*table.endpoints, site.service))
      host = route.host_at(*leader, its.host.cluster, now_);
  } else if (route.balances(its.host.cluster)) {
    host = route.pick(call.key, route.hashes(its.host.cluster) ? hash_of(its, site) : 0, its.host,
                      now_);
  } else if (!table.endpoints->addresses.empty()) {
    host = route.host_at(choose(parent, site, call.key), its.host.cluster, now_);
  }
  if (host.address == kNoAddress) [[unlikely]] {
    if (kHas == Features::Routes) count_start(site, now_.count_ns());
    reject(index, RequestOutcome::NoEndpoints);
    return;
  }
  its.host = host;
  const Instant until = kHas == Features::Routes ? arm_try(index, its, route) : arm_give_up(index);
  const Instant told = deadline_passed_on(route.policy().timeouts, until);
  its.passed = std::min(its.passed, told);
  const resilience::PoolAdmission admission = route.admit(its.host, now_);
  its.opens = admission == resilience::PoolAdmission::QueueAndConnect;
  if (admission == resilience::PoolAdmission::Attach) [[likely]] {
    send_try<kHas>(index);
  } else {
    if (kHas == Features::Routes) count_start(site, now_.count_ns());
    await_connection_of_pool(index, admission);
  }
}

template <Features kHas>
void RequestEngine::send_try(std::uint32_t index) {
  Call& call = calls_[index];
  const CallSite& site = program_.sites[call.site];
  Try& its = tries_[index];
  if (kHas == Features::Routes) {
    count_first_try(site);
  } else {
    count_try(site);
  }
  ++route_counts_[site.route].tries;
  its.sent = true;
  connect<kHas>(index, call, its.host.address);
}

template <Features kHas>
TryEnd RequestEngine::end_try(std::uint32_t index, Call& call, RequestOutcome outcome) {
  Try& its = tries_[index];
  Route& route = routes_[its.route];
  const TryEnd end{outcome, its.unconnected, now_ - its.sent_at};
  if (kHas == Features::All) {
    if (call.phase == CallPhase::Pending) stop_waiting(index);
    if (call.phase == CallPhase::Unthreaded) stop_waiting_for_thread(index);
  }
  if (its.sent) {
    const GivenBack given = its.opening == Opening::No && (kHas == Features::Routes || !impaired_)
                                ? GivenBack::Place
                                : give_back(index, end);
    if (const FreedConnection freed = route.heard_from(its.host, end, now_, given);
        freed != FreedConnection::None) [[unlikely]]
      serve_waiting(its.route, its.host, freed);
  } else if (its.stranded) [[unlikely]] {
    its.stranded = false;
    route.stranded_at(its.host, end, now_);
  }
  if (its.try_begun) route.end_try(outcome, end.elapsed, now_);
  if (its.retries.count > 0) route.retry_over(its.host);
  its.sent = its.try_begun = false;
  return end;
}

inline Instant RequestEngine::arm_try(std::uint32_t index, const Try& its, const Route& route) {
  const Instant at = try_deadline(route.policy().timeouts, its.sent_at, its.deadline).at;
  if (at != Instant::never()) arm_timer(index, std::max(at, now_));
  return at;
}

inline void RequestEngine::end_answered(std::uint32_t index, Call& call) {
  (void)end_try<Features::Routes>(index, call, RequestOutcome::Ok);
  const Try& its = tries_[index];
  Route& route = routes_[its.route];
  if (its.call_begun) route.end_call(RequestOutcome::Ok, its.retries, now_);
  const CallSite& site = program_.sites[call.site];
  if (route.has_changes()) [[unlikely]]
    note_changes(its.route, site.route, calls_[call.parent].instance);
  count_end(site, call.start_ns, RequestOutcome::Ok, RequestOutcome::Ok);
  const Return result = return_of(call, RequestOutcome::Ok, 0);
  discard<Features::Routes>(index, call);
  tell_caller<Features::Routes>(result);
}

}  // namespace orrery::sim
