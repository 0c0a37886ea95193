/// @file
/// What few calls with policies do on their way (that of the others is routed_hop.h): they are
/// turned away before they leave, wait for a connection, are tried again, or are answered by a
/// fallback.
#include <algorithm>
#include <string>
#include <utility>

#include "sim/traffic/http_status.h"
#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

/// Of Purpose::CallError, beside the failures that a service has by itself.
constexpr std::uint64_t kHoldUpDraw = 1;
constexpr std::uint64_t kAbortDraw = 2;

/// What a route turns away before the host is known.
TurnedAwayBy turned_away_by(RequestOutcome outcome) {
  switch (outcome) {
    case RequestOutcome::CircuitOpen:
      return TurnedAwayBy::Breaker;
    case RequestOutcome::RateLimited:
      return TurnedAwayBy::RateLimit;
    case RequestOutcome::NotAdmitted:
      return TurnedAwayBy::Admission;
    case RequestOutcome::Overflow:
      return TurnedAwayBy::Bulkhead;
    default:
      break;
  }
  contract_violation("a route turns away by its breaker, its limits or its admission");
}

}  // namespace

std::uint32_t RequestEngine::add_routes(ServiceIndex caller, std::uint32_t zone) {
  const auto first = static_cast<std::uint32_t>(routes_.size());
  for (const std::uint32_t route : program_.routes_from(caller)) {
    const std::uint64_t key = mix64(routes_.size() - retired_callers_.size());
    routes_.emplace_back(*policies_[route], draws_, key, zone, now_);
    route_causes_.push_back(0);
    if (!policies_[route]->health) continue;
    const auto at = static_cast<std::uint32_t>(routes_.size() - 1);
    checked_routes_[at] = {kernel_.create_timer({kCheckHosts, at}),
                           caller == kNone ? kNone : static_cast<std::uint32_t>(instances_.size()),
                           route};
  }
  return first;
}

std::uint64_t RequestEngine::user_of(std::uint32_t load, std::uint64_t ordinal) const {
  const std::uint64_t journey = journey_key(load, ordinal);
  const std::vector<double>& users = loads_[load].population;
  if (users.empty()) return journey;
  const double draw = draws_.uniform(Purpose::JourneyChoice, journey);
  const auto user = std::upper_bound(users.begin(), users.end() - 1, draw);
  return static_cast<std::uint64_t>(user - users.begin());
}

std::uint64_t RequestEngine::hash_of(const Try& its, const CallSite& site) const {
  switch (routes_[its.route].policy().cluster(its.host.cluster).hash.key) {
    case resilience::HashKey::User:
      return mix64(its.user);
    case resilience::HashKey::Session:
      return mix64(its.session);
    case resilience::HashKey::Path:
      return mix64(site.operation);
  }
  contract_violation("what is hashed is one of those listed");
}

[[gnu::noinline]] void RequestEngine::take_table(std::uint32_t at, const Table& table) {
  Route& route = routes_[at];
  std::vector<HostFacts> facts;
  if (route.needs_facts()) {
    for (const std::uint32_t address : table.endpoints->addresses) {
      const auto& [host, port] = place_of(address);
      const std::uint32_t instance = addresses_[address];
      facts.push_back({host + ":" + std::to_string(port),
                       instance == kNone ? std::string{} : specs_[instance].version,
                       zone_at(address)});
      if (route.has_subsets() && instance != kNone) facts.back().labels = specs_[instance].labels;
    }
  }
  route.take_table(table.version, table.endpoints->addresses, std::move(facts), now_);
  for (std::uint32_t cluster = 0; cluster < route.policy().split.size(); ++cluster) {
    ClusterCauses& causes = cluster_causes_[{at, cluster}];
    const bool had = std::exchange(causes.has_hosts, route.has_hosts(cluster));
    if (causes.has_hosts) causes.emptied = 0;
    if (had && !causes.has_hosts) causes.emptied = table.cause;
  }
}

std::uint32_t RequestEngine::zone_at(std::uint32_t address) const {
  return addresses_[address] == kNone ? kNoZone : zone_of(instances_[addresses_[address]]);
}

void RequestEngine::take_peers(Route& route, const Instance& caller) {
  const std::size_t own = (std::size_t{caller.node} + 1) * model_.services.size() + caller.service;
  if (!route.misses_peers(tables_[own].version)) return;
  std::vector<std::uint32_t> zones;
  for (const std::uint32_t address : tables_[own].endpoints->addresses)
    zones.push_back(zone_at(address));
  route.take_peers(tables_[own].version, std::move(zones));
}

bool RequestEngine::is_delayed(std::uint32_t index) {
  const auto& injection = routes_[tries_[index].route].policy().injection;
  const std::uint64_t key = calls_[index].key;
  const bool holds_up =
      injection && injection->holds_up(draws_.uniform(Purpose::CallError, key, kHoldUpDraw));
  if (holds_up) hold_up(index, injection->delay);
  return holds_up;
}

void RequestEngine::hold_up(std::uint32_t index, Duration delay) {
  Call& call = calls_[index];
  call.phase = CallPhase::Backoff;
  if (ledger_ != nullptr) call.cause = cause_of_injection(index);
  kernel_.schedule(now_ + delay, EventClass::Ordinary, {kTryAgain, index});
  if (tries_[index].deadline != Instant::never()) arm_timer(index, tries_[index].deadline);
}

bool RequestEngine::is_aborted(std::uint32_t index) {
  const auto& injection = routes_[tries_[index].route].policy().injection;
  Call& call = calls_[index];
  if (!injection || !injection->aborts(draws_.uniform(Purpose::CallError, call.key, kAbortDraw)))
    return false;
  if (ledger_ != nullptr) call.cause = cause_of_injection(index);
  reject(index, outcome_of_status(injection->abort_status));
  return true;
}

[[gnu::noinline]] void RequestEngine::turn_away_by_route(std::uint32_t index,
                                                         RequestOutcome outcome) {
  turn_away(index, turned_away_by(outcome), outcome);
}

[[gnu::noinline]] void RequestEngine::await_connection_of_pool(
    std::uint32_t index, resilience::PoolAdmission admission) {
  if (admission == resilience::PoolAdmission::QueueAndConnect) {
    open_connection(index);
  } else if (admission == resilience::PoolAdmission::Queue) {
    calls_[index].phase = CallPhase::Pending;
    calls_.append(routes_[tries_[index].route].waiting_for(tries_[index].host), index);
  } else {
    turn_away(index, TurnedAwayBy::Pool, RequestOutcome::Overflow);
  }
}

[[gnu::noinline]] void RequestEngine::serve_waiting(std::uint32_t at, RouteHost host,
                                                    FreedConnection freed) {
  for (; freed != FreedConnection::None; freed = routes_[at].freed(host)) {
    const std::uint32_t next = calls_.take_first(routes_[at].waiting_for(host));
    tries_[next].opens = freed == FreedConnection::Opened;
    if (tries_[next].opens) {
      open_connection(next);
    } else if (routes_[at].attach_waiting(tries_[next].host, now_)) {
      send_try(next);
    } else {
      turn_away(next, TurnedAwayBy::Pool, RequestOutcome::Overflow);
    }
  }
}

void RequestEngine::turn_away(std::uint32_t index, TurnedAwayBy by, RequestOutcome outcome) {
  const std::uint32_t model = program_.sites[calls_[index].site].route;
  ++route_counts_[model].turned_away[static_cast<std::size_t>(by)];
  reject(index, outcome);
}

void RequestEngine::stop_waiting(std::uint32_t index) {
  const Try& its = tries_[index];
  Route& route = routes_[its.route];
  calls_.remove(route.waiting_for(its.host), index);
  route.stop_waiting(its.host);
}

[[gnu::noinline]] bool RequestEngine::try_again(std::uint32_t index, const TryEnd& end,
                                                bool answered) {
  const Try its = tries_[index];
  const Call before = calls_[index];
  const CallSite& site = program_.sites[before.site];
  const std::optional<Retry> retry =
      routes_[its.route].retry_after(end, its.host, its.retries, before.key, its.deadline, now_);
  if (!retry) {
    route_counts_[site.route].turned_away[static_cast<std::size_t>(TurnedAwayBy::RetryLimit)] +=
        routes_[its.route].take_refused_retry();
    return false;
  }
  route_counts_[site.route].retries += retry->counted;
  // A record that an event still refers to cannot be used again.
  const bool is_free = answered && !before.ghost;
  const std::uint32_t again = is_free ? index : allocate_call();
  Call& call = calls_[again];
  disarm_timer(call);
  call = {.generation = call.generation, .timer = call.timer};
  call.key = mix64(call_key(calls_[before.parent].key, site.position, before.repetition) ^
                   mix64(its.retries.count + std::uint64_t{1}));
  call.take_call_of(before);
  call.cause = before.cause;
  call.phase = CallPhase::Backoff;
  if (observer_ != nullptr) observer_->call_retried(site.edge);
  if (before.followed) follow(again, before.parent);
  if (hedged_of(index) != kNone) move_hedged(index, again);
  if (is_free && its.on_thread) return_thread(index);
  Try& next = tries_[again];
  next = its;
  next.on_thread = false;
  next.opening = Opening::No;
  if (retry->counted) next.retries = {its.retries.count + 1, retry->wait, retry->price};
  next.unconnected = false;
  next.passed = tries_[before.parent].passed;
  if (!answered) {
    leave(index);  // The server, if there is one, goes on.
  } else if (!is_free) {
    discard(index);
  }
  if (retry->wait == Duration{}) {
    begin_try(again);
    return true;
  }
  kernel_.schedule(now_ + retry->wait, EventClass::Ordinary, {kTryAgain, again});
  if (its.deadline != Instant::never()) arm_timer(again, its.deadline);
  return true;
}

void RequestEngine::end_routed(std::uint32_t index, RequestOutcome outcome, bool answered) {
  if (tries_[index].unheard) [[unlikely]] {
    end_unheard(index, outcome, answered);
    return;
  }
  if (calls_[index].phase == CallPhase::Unthreaded &&
      routes_[tries_[index].route].policy().thread_pool->runs_timed_out) {
    index = leave_behind(index);
  }
  const std::uint32_t hedged = hedged_of(index);
  if (hedged != kNone && outcome == RequestOutcome::Ok) {
    // First, so that none of them gets the place of the try that was answered.
    (void)leave_hedged(index);
    end_hedged(hedged);
  }
  const TryEnd end = end_try<Features::All>(index, calls_[index], outcome);
  RecordId failure = 0;
  if (outcome != RequestOutcome::Ok && ledger_ != nullptr) {
    // What follows from it, a further try first of all, has it as its cause.
    const RecordId from = calls_[index].cause;
    failure = calls_[index].cause = note_failure(calls_[index], outcome);
    const auto note = [&](RecordId& last) {
      const bool follows = outcome == RequestOutcome::NoEndpoints && from == last;
      if (!follows) last = failure;
    };
    const RouteHost at = tries_[index].host;
    const std::uint32_t by = tries_[index].route;
    if (outcome != RequestOutcome::CircuitOpen && outcome != RequestOutcome::NotAdmitted) {
      note(route_causes_[by]);
      if (routes_[by].has_subsets() && routes_[by].has_hosts(at.cluster)) {
        note(cluster_causes_[{by, at.cluster}].failed);
      }
    }
  }
  // Who was held up or turned away before the call could be tried is not tried again.
  const bool began = tries_[index].call_begun && !tries_[index].turned_away &&
                     calls_[index].phase != CallPhase::Asking;
  if (outcome != RequestOutcome::Ok && began && try_again(index, end, answered)) return;
  if (hedged_of(index) != kNone && hedges_on(index, end, answered)) return;
  const Call& call = calls_[index];
  const Try& its = tries_[index];
  Route& route = routes_[its.route];
  if (its.call_begun) route.end_call(outcome, its.retries, now_);
  note_changes(its.route, program_.sites[call.site].route, calls_[call.parent].instance);
  const CallSite& site = program_.sites[call.site];
  using resilience::FallbackDecision;
  const FallbackDecision decision =
      outcome == RequestOutcome::Ok ? FallbackDecision::NoFallback : route.fall_back(outcome, now_);
  const bool falls_back = decision == FallbackDecision::Answer;
  if (decision == FallbackDecision::CallOther) {
    ++route_counts_[site.route].fallbacks;
    const FailedCall failed{call.parent, call.site, call.repetition};
    const FirstFailure first{call.start_ns, outcome, failure, its.route};
    count_service_end(site, {call.start_ns, now_.count_ns()}, outcome);
    if (answered) {
      discard(index);
    } else {
      leave(index);
    }
    call_in_place_of(failed, first);
    return;
  }
  if (falls_back) ++route_counts_[site.route].fallbacks;
  // The service is charged with how it answered, the user gets what the caller makes of it.
  const RequestOutcome heard = falls_back ? RequestOutcome::Ok : outcome;
  count_end(site, call.start_ns, outcome, heard);
  const bool is_counted = site.journey != kNone || calls_[call.parent].instance != kNone;
  if (failure != 0 && !falls_back && is_counted) count_failure(call.start_ns, failure);
  const Return result = return_of(call, heard, failure);
  if (answered) {
    discard(index);
  } else {
    leave(index);
  }
  tell_caller(result);
}

void RequestEngine::cancel(std::uint32_t index) {
  Call& call = calls_[index];
  const std::uint32_t at = call.instance;
  if (call.phase == CallPhase::Queued) {
    if (has_gates_) {
      take_out(instances_[at], index);
      leave_gate(index, false);
    } else {
      Instance& instance = instances_[at];
      calls_.remove(instance.queue, index);
      --instance.queued;
      --service_loads_[instance.service].queued;
    }
    discard(index);
  } else if (call.phase == CallPhase::InService) {
    if (call.on_cpu) {
      const std::uint32_t group = instances_[at].cpu_group;
      cpu_groups_[group].group.remove(index, now_);
      call.on_cpu = false;
      work(group);
    } else if (call.held) {
      call.held = false;
    } else {
      call.ghost = true;
      const Duration whole = cpu_of(index);
      const Duration done = now_ - tries_[index].served_at;
      if (whole > done) instances_[at].cpu_ns -= (whole - done).count_ns();
    }
    if (has_gates_) leave_gate(index, false);
    release_slot(at, call.cause);
    discard(index);
  }
}

[[gnu::noinline]] void RequestEngine::note_changes(std::uint32_t at, std::uint32_t model,
                                                   std::uint32_t caller) {
  if (!routes_[at].has_changes()) return;
  const RouteModel& route = model_.routes[model];
  for (const resilience::BreakerChange& change : routes_[at].take_changes()) {
    const bool opens = change.to == resilience::BreakerState::Open;
    breaker_changes_.push_back(
        {route.from, route.to, caller, change, opens ? route_causes_[at] : 0});
    if (observer_ != nullptr) {
      observer_->breaker_changed({route.from, route.to}, caller, change.to);
    }
    if (opens) ++route_counts_[model].openings;
  }
  if (const auto share = routes_[at].take_own_share()) {
    own_shares_.push_back({route.from, route.to, caller, *share});
  }
  for (const Route::Ejection& ejection : routes_[at].take_ejections()) {
    const auto& [address, port] = place_of(ejection.its.address);
    using What = resilience::OutlierEvent::What;
    const resilience::OutlierEvent& event = ejection.its.event;
    const bool returns = event.what == What::Returned;
    ejections_.push_back({route.from, route.to, caller, address + ":" + std::to_string(port), event,
                          returns ? 0 : last_failure(at, ejection.cluster)});
    if (routes_[at].has_subsets()) {
      ejections_.back().subset = routes_[at].policy().split[ejection.cluster].name;
    }
    if (event.what != What::Ejected) continue;
    ++route_counts_[model].ejections;
    ejecting_routes_.insert_or_assign(at, std::pair{model, caller});
  }
}

std::vector<HostKeptOut> RequestEngine::kept_out(Instant now) const {
  std::vector<HostKeptOut> all;
  for (const auto& [at, way] : ejecting_routes_) {
    const auto& [model, caller] = way;
    if (is_gone(caller)) continue;
    for (const std::uint32_t address : routes_[at].kept_out(now)) {
      all.push_back({model, addresses_[address]});
    }
  }
  return all;
}

}  // namespace orrery::sim
