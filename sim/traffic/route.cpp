#include "sim/traffic/route.h"

#include <algorithm>
#include <utility>

#include "models/base/overloaded.h"

namespace orrery::sim {
namespace {

resilience::CallFailure call_failure(RequestOutcome outcome) {
  switch (outcome) {
    case RequestOutcome::Timeout:
      return resilience::CallFailure::Timeout;
    case RequestOutcome::CircuitOpen:
      return resilience::CallFailure::ShortCircuited;
    case RequestOutcome::Overflow:
    case RequestOutcome::RateLimited:
    case RequestOutcome::NotAdmitted:
      return resilience::CallFailure::Rejected;
    default:
      return resilience::CallFailure::Error;
  }
}

}  // namespace

Route::Route(const resilience::RoutePolicy& policy, Draws draws, std::uint64_t key,
             std::uint32_t zone, Instant now)
    : policy_{&policy},
      draws_{draws},
      first_{policy.cluster(0), draws, key, policy.split.empty() ? zone : kNoZone, now} {
  using namespace resilience;
  if (!policy.split.empty()) subsets_.emplace(policy.split);
  for (std::uint32_t number = 1; number < policy.split.size(); ++number) {
    others_.emplace_back(policy.cluster(number), draws, mix64(key + number), kNoZone, now);
  }
  if (policy.retry_limit) {
    std::visit(Overloaded{[&](const EnvoyRetryLimit& config) { retry_limit_ = config; },
                          [&](const TpsBudgetConfig& config) {
                            retry_limit_ = TpsBudget{config, now};
                          },
                          [&](const GrpcRetryThrottleConfig& config) {
                            retry_limit_ = GrpcRetryThrottle{config.max_tokens, config.token_ratio};
                          },
                          [&](const AwsRetryQuotaConfig& config) {
                            retry_limit_ = AwsRetryQuota{config};
                          }},
               *policy.retry_limit);
  }
  if (policy.command) command_.emplace(*policy.command, now);
  if (policy.breaker) breaker_.emplace(*policy.breaker, now);
  if (policy.rate_limit) rate_limit_.emplace(*policy.rate_limit, now);
  if (policy.admission) admission_.emplace(*policy.admission);
  if (policy.thread_pool) threads_.emplace(*policy.thread_pool);
  if (policy.fallback) fallback_.emplace(*policy.fallback);
  counts_successes_ =
      fallback_.has_value() || !(std::holds_alternative<std::monostate>(retry_limit_) ||
                                 std::holds_alternative<EnvoyRetryLimit>(retry_limit_));
}

void Route::take_over(Route& before) {
  for (std::uint32_t number = 0; number < policy_->cluster_count(); ++number) {
    const auto same = policy_->cluster_like(number, *before.policy_);
    if (!same || !policy_->has_same_cluster(number, *before.policy_, *same)) continue;
    shared_.resize(policy_->cluster_count());
    shared_[number] = before.share(*same);
    shares_ = true;
  }
  using resilience::BreakerState;
  const resilience::RoutePolicy& its = *before.policy_;
  const auto take = [](auto& own, const auto& known) {
    if (own && known->state() != BreakerState::HalfOpen) own.emplace(*known);
  };
  if (policy_->command == its.command) take(command_, before.command_);
  if (policy_->breaker == its.breaker) take(breaker_, before.breaker_);
  if (policy_->rate_limit == its.rate_limit) rate_limit_ = before.rate_limit_;
  if (policy_->admission == its.admission) admission_ = before.admission_;
  if (policy_->retry_limit == its.retry_limit) retry_limit_ = before.retry_limit_;
}

const std::shared_ptr<UpstreamCluster>& Route::share(std::uint32_t number) {
  UpstreamCluster& own = at(number);
  shared_.resize(policy_->cluster_count());
  shares_ = true;
  if (shared_[number] == nullptr) {
    shared_[number] = std::make_shared<UpstreamCluster>(std::move(own));
  }
  return shared_[number];
}

void Route::add_change(const resilience::BreakerChange& change) { changes_.push_back(change); }

void Route::note_success(const RetriesMade& retries, Instant now) {
  if (fallback_) fallback_->on_success(now);
  if (auto* budget = std::get_if<resilience::TpsBudget>(&retry_limit_)) {
    if (retries.count == 0) budget->deposit(now);
  } else if (auto* throttle = std::get_if<resilience::GrpcRetryThrottle>(&retry_limit_)) {
    throttle->succeeded();
  } else if (auto* quota = std::get_if<resilience::AwsRetryQuota>(&retry_limit_)) {
    quota->succeeded(retries.count == 0 ? std::nullopt : std::optional{retries.last_price});
  }
}

void Route::drop_try() {
  --in_bulkhead_;
  if (breaker_) breaker_->on_ignored();
}

resilience::FallbackDecision Route::fall_back(RequestOutcome outcome, Instant now) {
  if (!fallback_) return resilience::FallbackDecision::NoFallback;
  return fallback_->on_failure(call_failure(outcome), now);
}

void Route::take_table(std::uint64_t version, std::span<const std::uint32_t> table,
                       std::vector<HostFacts> facts, Instant now) {
  table_version_ = version;
  if (!subsets_) {
    at(0).take_table(table, std::move(facts), now);
    return;
  }
  for (std::uint32_t number = 0; number <= others_.size(); ++number) {
    UpstreamCluster& cluster = at(number);
    std::vector<std::uint32_t> own;
    std::vector<HostFacts> own_facts;
    for (std::size_t host = 0; host < table.size(); ++host) {
      if (cluster.balances() && !has_labels(facts[host].labels, policy_->split[number])) continue;
      own.push_back(table[host]);
      if (cluster.needs_facts()) own_facts.push_back(facts[host]);
    }
    cluster.take_table(own, std::move(own_facts), now);
  }
}

bool Route::is_open() const {
  using resilience::BreakerState;
  const auto opens = [](const auto& breaker) {
    return breaker &&
           (breaker->state() == BreakerState::Open || breaker->state() == BreakerState::HalfOpen);
  };
  return opens(command_) || opens(breaker_);
}

Instant Route::next_check() const {
  if (retired_) return Instant::never();
  Instant next = at(0).next_check();
  for (std::uint32_t number = 1; number <= others_.size(); ++number) {
    next = std::min(next, at(number).next_check());
  }
  return next;
}

std::vector<RouteHost> Route::take_due_checks(Instant now) {
  std::vector<RouteHost> due;
  for (std::uint16_t number = 0; number <= others_.size(); ++number) {
    for (const std::uint32_t address : at(number).take_due_checks(now)) {
      due.push_back({.address = address, .cluster = number});
    }
  }
  return due;
}

bool Route::others_have_changes() const {
  for (std::uint32_t number = 1; number <= others_.size(); ++number) {
    if (at(number).has_changes()) return true;
  }
  return false;
}

std::vector<Route::Ejection> Route::take_ejections() {
  std::vector<Ejection> all;
  for (std::uint32_t number = 0; number <= others_.size(); ++number) {
    for (const auto& one : at(number).take_ejections()) all.push_back({number, one});
  }
  return all;
}

std::vector<std::uint32_t> Route::kept_out(Instant now) const {
  std::vector<std::uint32_t> all;
  for (std::uint32_t number = 0; number <= others_.size(); ++number) {
    at(number).add_kept_out(all, now);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::optional<Retry> Route::retry_after(const TryEnd& end, RouteHost host, const RetriesMade& made,
                                        std::uint64_t key, Instant deadline, Instant now) {
  UpstreamCluster& cluster = at(host.cluster);
  if (cluster.take_moves_on()) {
    if (made.count > 0) cluster.begin_retry();
    return Retry{.wait = Duration{}, .counted = false};
  }
  if (policy_->hedging) return std::nullopt;
  const resilience::TryResult result = result_of(end);
  const std::optional<Duration> last =
      made.count == 0 ? std::nullopt : std::optional{made.last_wait};
  const Duration wait = resilience::backoff_delay(policy_->backoff, made.count + 1,
                                                  draws_.uniform(Purpose::RetryBackoff, key), last);
  if (is_retriable(policy_->retry, result)) note_failure();
  const resilience::RetrySituation situation{
      .retries_made = made.count, .retry_at = now + wait, .deadline = deadline};
  // Whether there is room is asked last, for asking may pay for it.
  if (decide_retry(policy_->retry, result, situation) != resilience::RetryDecision::Retry) {
    return std::nullopt;
  }
  const std::optional<std::uint32_t> price = pay_retry(end, host.cluster, now);
  refused_retry_ = !price;
  if (!price) return std::nullopt;
  cluster.begin_retry();
  return Retry{wait, *price};
}

void Route::note_failure() {
  if (auto* throttle = std::get_if<resilience::GrpcRetryThrottle>(&retry_limit_)) {
    throttle->failed();
  }
}

bool Route::allows_hedge() const {
  const auto* throttle = std::get_if<resilience::GrpcRetryThrottle>(&retry_limit_);
  return throttle == nullptr || throttle->allows_retry();
}

std::optional<std::uint32_t> Route::pay_retry(const TryEnd& end, std::uint32_t number,
                                              Instant now) {
  using namespace resilience;
  const auto free_if = [](bool room) {
    return room ? std::optional<std::uint32_t>{0} : std::nullopt;
  };
  if (subsets_ && policy_->split[number].retry_limit) {
    return free_if(at(number).has_room(*policy_->split[number].retry_limit));
  }
  return std::visit(
      Overloaded{
          [&](std::monostate) { return free_if(true); },
          [&](const EnvoyRetryLimit& limit) { return free_if(at(number).has_room(limit)); },
          [&](TpsBudget& budget) { return free_if(budget.withdraw(now)); },
          [&](const GrpcRetryThrottle& throttle) { return free_if(throttle.allows_retry()); },
          [&](AwsRetryQuota& quota) {
            return quota.try_acquire(end.outcome == RequestOutcome::Timeout
                                         ? AwsRetryQuota::Cause::Timeout
                                         : AwsRetryQuota::Cause::Error);
          }},
      retry_limit_);
}

}  // namespace orrery::sim
