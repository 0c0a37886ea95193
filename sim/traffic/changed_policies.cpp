/// @file
/// Policies that change while calls are made: whoever has begun a call ends it by the policy it
/// began with, as where Envoy drains a cluster that was replaced.
#include <algorithm>
#include <utility>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

using resilience::RoutePolicy;
using resilience::Timeouts;

/// Zero: there is none.
bool is_shorter(Duration after, Duration before) {
  return after > Duration{} && (before == Duration{} || after < before);
}

bool has_shorter_timeouts(const Timeouts& after, const Timeouts& before) {
  return is_shorter(after.overall, before.overall) || is_shorter(after.per_try, before.per_try) ||
         is_shorter(after.connect, before.connect);
}

bool limits_same_places(const RoutePolicy& a, const RoutePolicy& b) {
  return a.pool == b.pool && a.bulkhead == b.bulkhead && a.thread_pool == b.thread_pool;
}

bool limits_same_rates(const RoutePolicy& a, const RoutePolicy& b) {
  return a.rate_limit == b.rate_limit && a.admission == b.admission;
}

/// The part of the calls that a cluster gets.
struct Share {
  std::uint64_t weight = 0;
  std::uint64_t of = 1;

  friend bool operator>(const Share& a, const Share& b) {
    return a.weight * b.of > b.weight * a.of;
  }
};

Share share_of(const RoutePolicy& policy, std::uint32_t number) {
  if (policy.split.empty()) return {1, 1};
  Share share{policy.split[number].weight, 0};
  for (const resilience::SubsetShare& one : policy.split) share.of += one.weight;
  return share;
}

}  // namespace

void RequestEngine::set_policy(std::uint32_t route, RoutePolicy policy, PolicyCauses causes,
                               Keeps keeps) {
  const RouteModel& model = model_.routes.at(route);
  const RoutePolicy& before = *policies_[route];
  expects(policy.fallback_call.has_value() == before.fallback_call.has_value() &&
              policy.shared_limit.has_value() == before.shared_limit.has_value(),
          "a policy that changes makes the same calls as before");
  enter();
  policy_changes_.resize(model_.routes.size());
  PolicyChange& change = policy_changes_[route];
  // What is as it was when the run began is no change, whatever there was between.
  const auto note = [](RecordId& known, ports::CauseId cause, bool as_before, bool as_first) {
    if (!as_before) known = static_cast<RecordId>(cause);
    if (as_first) known = 0;
  };
  note(change.timeouts, causes.timeouts, policy.timeouts == before.timeouts,
       !has_shorter_timeouts(policy.timeouts, model.policy.timeouts));
  note(change.places, causes.places, limits_same_places(policy, before),
       limits_same_places(policy, model.policy));
  note(change.rates, causes.rates, limits_same_rates(policy, before),
       limits_same_rates(policy, model.policy));
  note(change.injected, causes.injected, policy.injection == before.injection,
       !policy.injection || policy.injection == model.policy.injection);
  // Without a split, the pods of a subset have had as much of the calls as there are of them.
  const auto by_pods = [&](std::uint32_t number) {
    if (!policy.cluster(number).balancer) return Share{1, 1};
    std::size_t consumer = 0;
    for (std::size_t i = 0; model.from != kClients && consumer == 0 && i < instances_.size(); ++i) {
      const bool calls =
          instances_[i].service == model.from && !is_gone(static_cast<std::uint32_t>(i));
      if (calls) consumer = std::size_t{instances_[i].node} + 1;
    }
    const Table& table = tables_[consumer * model_.services.size() + model.to];
    Share share{0, std::max<std::size_t>(table.endpoints->addresses.size(), 1)};
    for (const std::uint32_t address : table.endpoints->addresses) {
      const std::uint32_t pod = addresses_[address];
      share.weight += pod != kNone && has_labels(specs_[pod].labels, policy.split[number]);
    }
    return share;
  };
  // A share that has grown, step by step or at once, has the last step as its cause.
  std::vector<RecordId> shares(policy.cluster_count(), static_cast<RecordId>(causes.shares));
  for (std::uint32_t number = 0; number < shares.size(); ++number) {
    const Share now = share_of(policy, number);
    const auto last = policy.cluster_like(number, before);
    if (last && !(now > share_of(before, *last))) {
      shares[number] = *last < change.shares.size() ? change.shares[*last] : 0;
    }
    const bool is_first_split = before.split.empty() && !policy.split.empty();
    if (is_first_split && !last && !(now > by_pods(number))) shares[number] = 0;
    const auto first = policy.cluster_like(number, model.policy);
    if (!(now > (first ? share_of(model.policy, *first) : Share{}))) shares[number] = 0;
  }
  change.shares = std::move(shares);
  clusters_most_ = std::max(clusters_most_, policy.split.size());
  has_threads_ = has_threads_ || policy.thread_pool.has_value();
  has_rare_policies_ = has_rare_policies_ || has_rare(policy);
  note_features();
  policies_[route] = &changed_policies_.emplace_back(std::move(policy));

  const std::uint32_t from = model.from == kClients ? kNone : model.from;
  const auto& routes = program_.routes_from(from);
  const auto position =
      static_cast<std::uint32_t>(std::find(routes.begin(), routes.end(), route) - routes.begin());
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;  // With the caller.
  if (from == kNone) places.emplace_back(position, kNone);
  for (std::uint32_t i = 0; from != kNone && i < instances_.size(); ++i) {
    if (instances_[i].service == from && !is_gone(i)) {
      places.emplace_back(instances_[i].first_route + position, i);
    }
  }
  std::vector<std::uint32_t> moved(routes_.size(), kNone);
  for (const auto& [at, caller] : places) moved[at] = retire_route(at, route, caller);
  move_routes(moved);
  for (const auto& [at, caller] : places) {
    begin_route(at, route, caller, moved[at], keeps);
  }
}

std::uint32_t RequestEngine::retire_route(std::uint32_t at, std::uint32_t route,
                                          std::uint32_t caller) {
  const RouteModel& model = model_.routes[route];
  if (routes_[at].is_open() && observer_ != nullptr) {
    observer_->breaker_changed({model.from, model.to}, caller, resilience::BreakerState::Closed);
  }
  const auto to = static_cast<std::uint32_t>(routes_.size());
  routes_.push_back(std::move(routes_[at]));
  routes_.back().retire();
  route_causes_.push_back(std::exchange(route_causes_[at], 0));
  for (std::uint32_t cluster = 0; cluster < clusters_most_; ++cluster) {
    auto causes = cluster_causes_.extract({at, cluster});
    if (causes.empty()) continue;
    causes.key() = {to, cluster};
    cluster_causes_.insert(std::move(causes));
  }
  retired_callers_[to] = caller;
  return to;
}

void RequestEngine::move_routes(const std::vector<std::uint32_t>& moved) {
  const auto move = [&](std::uint32_t& route) {
    if (route < moved.size() && moved[route] != kNone) route = moved[route];
  };
  for (std::uint32_t slot = 0; slot < calls_.slot_count(); ++slot) move(tries_[slot].route);
  for (Closing& closing : closing_) move(closing.route);
  for (auto& [call, failure] : first_failures_) move(failure.route);
  for (auto& [slot, check] : host_checks_) move(check.route);
  for (std::uint32_t at = 0; at < moved.size(); ++at) {
    const auto checked = moved[at] == kNone ? checked_routes_.end() : checked_routes_.find(at);
    if (checked == checked_routes_.end()) continue;
    kernel_.disarm(checked->second.timer);
    checked_routes_[moved[at]] = checked->second;
    checked_routes_.erase(checked);
  }
}

void RequestEngine::begin_route(std::uint32_t at, std::uint32_t route, std::uint32_t caller,
                                std::uint32_t before, Keeps keeps) {
  const std::uint32_t zone = caller == kNone ? kNoZone : zone_of(instances_[caller]);
  // Its draws are its own, whatever was changed before.
  const std::uint64_t key = mix64(mix64(at) + changed_policies_.size());
  routes_[at] = Route{*policies_[route], draws_, key, zone, now_};
  if (keeps == Keeps::Unchanged) {
    routes_[at].take_over(routes_[before]);
    route_causes_[at] = route_causes_[before];
    if (routes_[at].is_open() && observer_ != nullptr) {
      const RouteModel& model = model_.routes[route];
      observer_->breaker_changed({model.from, model.to}, caller, resilience::BreakerState::Open);
    }
  }
  take_causes(at, before, keeps);
  if (!policies_[route]->health) return;
  checked_routes_[at] = {kernel_.create_timer({kCheckHosts, at}), caller, route};
  take_checked_table(at);
}

void RequestEngine::take_causes(std::uint32_t at, std::uint32_t before, Keeps keeps) {
  const resilience::RoutePolicy& policy = routes_[at].policy();
  for (std::uint32_t number = 0; number < policy.split.size(); ++number) {
    const auto same = policy.cluster_like(number, routes_[before].policy());
    if (!same) continue;
    ClusterCauses& its = cluster_causes_[{at, number}];
    if (routes_[before].has_subsets()) its = cluster_causes_[{before, *same}];
    its.failed = keeps == Keeps::Unchanged ? last_failure(before, *same) : 0;
  }
}

RecordId RequestEngine::changed_policy_of(std::uint32_t index, RequestOutcome outcome) const {
  const std::uint32_t route = program_.sites[calls_[index].site].route;
  if (route == kNone || policy_changes_.empty()) return 0;
  // Calls that began before end as if nothing had changed.
  if (retired_callers_.contains(tries_[index].route)) return 0;
  const PolicyChange& change = policy_changes_[route];
  switch (outcome) {
    case RequestOutcome::Timeout:
      return change.timeouts != 0 ? change.timeouts : sent_there_by(index);
    case RequestOutcome::Overflow:
      return change.places;
    case RequestOutcome::RateLimited:
    case RequestOutcome::NotAdmitted:
      return change.rates;
    default:
      return 0;
  }
}

RecordId RequestEngine::sent_there_by(std::uint32_t index) const {
  const std::uint32_t route = program_.sites[calls_[index].site].route;
  if (policy_changes_.empty() || route == kNone) return 0;
  if (retired_callers_.contains(tries_[index].route)) return 0;
  const std::vector<RecordId>& shares = policy_changes_[route].shares;
  const std::uint32_t cluster = tries_[index].host.cluster;
  return cluster < shares.size() ? shares[cluster] : 0;
}

RecordId RequestEngine::cause_of_injection(std::uint32_t index) {
  const CallSite& site = program_.sites[calls_[index].site];
  const RecordId changed = policy_changes_.empty() ? 0 : policy_changes_[site.route].injected;
  return changed != 0 ? changed : ledger_->injected(site.service, now_);
}

}  // namespace orrery::sim
