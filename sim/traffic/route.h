/// @file
/// What one caller (a pod, or the clients outside) knows of one service it calls: the state of its
/// policies, and the clusters of hosts that its tries go to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "models/base/random.h"
#include "models/resilience/route_policy.h"
#include "sim/traffic/call_slab.h"
#include "sim/traffic/request_outcome.h"
#include "sim/traffic/subsets.h"
#include "sim/traffic/upstream_cluster.h"

namespace orrery::sim {

/// The retries of one call so far.
struct RetriesMade {
  std::uint32_t count = 0;
  Duration last_wait;
  std::uint32_t last_price = 0;  ///< In tokens, where retries are paid for; 0: none was.
};

struct Retry {
  Duration wait;
  std::uint32_t price = 0;
  bool counted = true;  ///< Not so if the try before never left the caller.
};

/// How a command has ended, as Hystrix sees it.
[[nodiscard]] constexpr resilience::HystrixOutcome command_outcome(RequestOutcome outcome) {
  switch (outcome) {
    case RequestOutcome::Ok:
      return resilience::HystrixOutcome::Success;
    case RequestOutcome::Timeout:
      return resilience::HystrixOutcome::Timeout;
    case RequestOutcome::Overflow:
      return resilience::HystrixOutcome::SemaphoreRejected;
    default:
      return resilience::HystrixOutcome::Failure;
  }
}

/// `policy` must outlive it.
class Route {
 public:
  /// `key` makes its draws its own. `zone`: the caller's, or kNoZone.
  Route(const resilience::RoutePolicy& policy, Draws draws, std::uint64_t key, std::uint32_t zone,
        Instant now);

  [[nodiscard]] const resilience::RoutePolicy& policy() const { return *policy_; }
  /// No call begins by it any more: it checks no hosts and tells of no changes. Those that have
  /// begun end by it.
  void retire() { retired_ = true; }
  /// It stands in the place of `before`, which has been retired. Clusters that are the same are
  /// one for both from now on; breakers, rate limits, admission control and budgets of retries with
  /// the same policy stand as they do there, but a breaker that tries calls begins closed.
  /// Requires: no call has begun by it.
  void take_over(Route& before);
  /// Whether one of its breakers is open, or half-open.
  [[nodiscard]] bool is_open() const;

  /// The call with this key begins; the outcome it ends with at once if it must not.
  [[nodiscard]] std::optional<RequestOutcome> begin_call(std::uint64_t key, Instant now) {
    if (command_) {
      note(command_->advance(now));
      const resilience::BreakerAdmission admission = command_->try_acquire(now);
      note(admission.change);
      if (!admission.permitted) return RequestOutcome::CircuitOpen;
    }
    if (admission_ && !admission_->admit(now, draws_.bits(Purpose::Admission, key))) {
      if (command_) note(command_->on_result(resilience::HystrixOutcome::Failure, now));
      return RequestOutcome::NotAdmitted;
    }
    return std::nullopt;
  }
  void end_call(RequestOutcome outcome, const RetriesMade& retries, Instant now) {
    if (command_) {
      note(command_->advance(now));
      note(command_->on_result(command_outcome(outcome), now));
    }
    if (admission_) {
      // 429 is no failure of the server's.
      admission_->record(outcome == RequestOutcome::Ok || outcome == RequestOutcome::RateLimited,
                         now);
    }
    if (outcome != RequestOutcome::Ok) return;
    if (counts_successes_) note_success(retries, now);
  }

  /// A try begins; the outcome it ends with at once if it must not.
  [[nodiscard]] std::optional<RequestOutcome> begin_try(Instant now) {
    if (breaker_) {
      if (breaker_->next_timer() <= now) note(breaker_->on_timer(breaker_->next_timer()));
      const resilience::BreakerAdmission admission = breaker_->try_acquire(now);
      note(admission.change);
      if (!admission.permitted) return RequestOutcome::CircuitOpen;
    }
    std::optional<RequestOutcome> rejected;
    if (rate_limit_ && !rate_limit_->try_acquire(now)) {
      rejected = RequestOutcome::RateLimited;
    } else if (policy_->bulkhead && in_bulkhead_ >= *policy_->bulkhead) {
      rejected = RequestOutcome::Overflow;
    }
    if (!rejected) {
      ++in_bulkhead_;
    } else if (breaker_) {  // They stand within it, so it sees them fail.
      note(breaker_->on_result(true, Duration{}, now));
    }
    return rejected;
  }
  void end_try(RequestOutcome outcome, Duration elapsed, Instant now) {
    --in_bulkhead_;
    if (breaker_) note(breaker_->on_result(outcome != RequestOutcome::Ok, elapsed, now));
  }
  /// It was cancelled: neither a success nor a failure.
  void drop_try();

  /// Whether tries need a thread. What follows holds only then.
  [[nodiscard]] bool has_threads() const { return threads_.has_value(); }
  /// A try that has begun wants one. Wait: at the end of waiting_for_thread().
  [[nodiscard]] resilience::BulkheadAnswer take_thread(Instant now) {
    return threads_->submit(now);
  }
  [[nodiscard]] CallQueue& waiting_for_thread() { return thread_queue_; }
  /// One that waited for a thread has gone.
  void stop_waiting_for_thread() { threads_->give_up(); }
  /// The work on a thread is over. Returns whether the first that waits has it now.
  [[nodiscard]] bool return_thread(Instant now) { return threads_->finish(now); }
  /// The process is gone, and its threads with it: tries need none any more.
  void forget_threads() {
    threads_.reset();
    thread_queue_ = {};
  }

  /// Whether its calls are split over clusters. Otherwise there is one, whose number is 0.
  [[nodiscard]] bool has_subsets() const { return subsets_.has_value(); }
  /// The cluster that the call with this key goes to with all its tries. Requires: has_subsets().
  [[nodiscard]] std::uint16_t cluster_of(std::uint64_t call) const {
    const std::uint64_t draw = draws_.bits(Purpose::HostSample, mix64(call), 0);
    return static_cast<std::uint16_t>(subsets_->pick(draw));
  }
  [[nodiscard]] bool has_hosts(std::uint32_t number) const { return at(number).has_hosts(); }
  /// Whether the cluster chooses hosts itself. Otherwise the table's proxy does.
  [[nodiscard]] bool balances(std::uint32_t number) const { return at(number).balances(); }
  /// Whether that looks at what its policy hashes.
  [[nodiscard]] bool hashes(std::uint32_t number) const { return at(number).hashes(); }
  /// Whether the hosts are those of this version.
  [[nodiscard]] bool knows(std::uint64_t version) const { return version == table_version_; }
  /// Whether it must be told who stands at the addresses; with subsets, their labels, too.
  [[nodiscard]] bool needs_facts() const { return has_subsets() || at(0).needs_facts(); }
  /// The hosts from now on. Requires: a version that differs where the addresses do; as many facts
  /// as addresses, or none unless needs_facts().
  void take_table(std::uint64_t version, std::span<const std::uint32_t> table,
                  std::vector<HostFacts> facts, Instant now);
  /// See UpstreamCluster; nobody looks at zones where calls are split.
  [[nodiscard]] bool has_localities() const { return at(0).has_localities(); }
  [[nodiscard]] bool misses_peers(std::uint64_t version) const {
    return at(0).misses_peers(version);
  }
  void take_peers(std::uint64_t version, std::vector<std::uint32_t> zones) {
    at(0).take_peers(version, std::move(zones));
  }
  /// The host that the try with this key goes to; no address if the cluster has none. `hash`: of
  /// what its policy hashes. `before`: the call's cluster, and the host of the try before, if there
  /// was one. Requires: balances().
  [[nodiscard]] RouteHost pick(std::uint64_t key, std::uint64_t hash, const RouteHost& before,
                               Instant now) {
    const std::uint32_t choices =
        policy_->retry.avoids_previous_hosts ? policy_->retry.host_reselection_max : 0;
    UpstreamCluster& cluster = at(before.cluster);
    const auto host = cluster.pick(key, hash, before.address, choices, now);
    if (!host) return {.cluster = before.cluster};
    return {cluster.address(*host), *host, before.cluster};
  }
  /// The cluster's host at an address that the table's proxy chose, or that leads.
  [[nodiscard]] RouteHost host_at(std::uint32_t address, std::uint16_t number, Instant now) {
    return {address, at(number).host_at(address, now), number};
  }

  /// When the next host is to be asked how it is; never() if none is.
  [[nodiscard]] Instant next_check() const;
  /// Those that are to be asked now, and have been with this.
  [[nodiscard]] std::vector<RouteHost> take_due_checks(Instant now);
  /// How a host that was asked is. Returns whether it is unwell from now on.
  bool checked(RouteHost host, resilience::CheckResult result, Instant now) {
    return at(host.cluster).checked(host.address, result, now);
  }

  /// See UpstreamCluster.
  [[nodiscard]] resilience::PoolAdmission admit(RouteHost& host, Instant now) {
    return at(host.cluster).admit(host, now);
  }
  [[nodiscard]] bool attach_waiting(RouteHost& host, Instant now) {
    return at(host.cluster).attach_waiting(host, now);
  }
  void open_for_waiting(RouteHost& host, Instant now) {
    at(host.cluster).open_for_waiting(host, now);
  }
  [[nodiscard]] bool opened(RouteHost& host, bool opener) {
    return at(host.cluster).opened(host, opener);
  }
  [[nodiscard]] CallQueue& waiting_for(const RouteHost& host) {
    return at(host.cluster).waiting_for(host);
  }
  [[nodiscard]] FreedConnection freed(const RouteHost& host) {
    return at(host.cluster).freed(host);
  }
  void stop_waiting(const RouteHost& host) { at(host.cluster).stop_waiting(host); }
  void stranded_at(const RouteHost& host, const TryEnd& end, Instant now) {
    at(host.cluster).stranded_at(host, end, now);
  }
  [[nodiscard]] FreedConnection heard_from(const RouteHost& host, const TryEnd& end, Instant now,
                                           GivenBack given = GivenBack::Place) {
    return at(host.cluster).heard_from(host, end, now, given);
  }
  [[nodiscard]] FreedConnection cancelled_at(const RouteHost& host, Instant now,
                                             GivenBack given = GivenBack::Place) {
    return at(host.cluster).cancelled_at(host, now, given);
  }
  [[nodiscard]] bool may_close(const RouteHost& host) const { return at(host.cluster).may_close(); }
  [[nodiscard]] FreedConnection close(const RouteHost& host) {
    return at(host.cluster).close(host);
  }

  /// What the caller has instead of a call that failed.
  [[nodiscard]] resilience::FallbackDecision fall_back(RequestOutcome outcome, Instant now);
  /// The call to another service in its place is over. Requires: fall_back() wanted it.
  void fallback_over() { fallback_->finished(); }
  /// Whether the next three would return anything.
  [[nodiscard]] bool has_changes() const {
    return !retired_ &&
           (!changes_.empty() || at(0).has_changes() || (has_subsets() && others_have_changes()));
  }
  /// Ejections and returns of hosts since the last call of this.
  struct Ejection {
    std::uint32_t cluster = 0;
    UpstreamCluster::Ejection its;
  };
  [[nodiscard]] std::vector<Ejection> take_ejections();
  /// Addresses of the hosts that some of its clusters keep out, by rising number.
  [[nodiscard]] std::vector<std::uint32_t> kept_out(Instant now) const;
  [[nodiscard]] std::optional<std::uint32_t> take_own_share() { return at(0).take_own_share(); }
  /// Changes of its breakers since the last call of this.
  [[nodiscard]] std::vector<resilience::BreakerChange> take_changes() {
    return std::exchange(changes_, {});
  }

  /// The retry that follows a try which failed; nothing if none follows. `host`: its cluster
  /// matters. `made`: those before.
  [[nodiscard]] std::optional<Retry> retry_after(const TryEnd& end, RouteHost host,
                                                 const RetriesMade& made, std::uint64_t key,
                                                 Instant deadline, Instant now);
  /// Whether the one that has just been asked for would have followed, had there been room for it.
  [[nodiscard]] bool take_refused_retry() { return std::exchange(refused_retry_, false); }
  /// A retry is over, whether it was made or its call ended while it was waited for.
  void retry_over(const RouteHost& host) { at(host.cluster).end_retry(); }
  /// A try has failed in a way after which others may be made.
  void note_failure();
  /// Whether its limit lets a hedge go out. One that goes out is a retry, which ends like one.
  [[nodiscard]] bool allows_hedge() const;
  void begin_hedge(const RouteHost& host) { at(host.cluster).begin_retry(); }

 private:
  using RetryLimit =
      std::variant<std::monostate, resilience::EnvoyRetryLimit, resilience::TpsBudget,
                   resilience::GrpcRetryThrottle, resilience::AwsRetryQuota>;

  [[nodiscard]] const UpstreamCluster& at(std::uint32_t number) const {
    if (shares_ && shared_[number] != nullptr) [[unlikely]]
      return *shared_[number];
    return number == 0 ? first_ : others_[number - 1];
  }
  [[nodiscard]] UpstreamCluster& at(std::uint32_t number) {
    if (shares_ && shared_[number] != nullptr) [[unlikely]]
      return *shared_[number];
    return number == 0 ? first_ : others_[number - 1];
  }
  /// The cluster, which from now on others may have as well.
  [[nodiscard]] const std::shared_ptr<UpstreamCluster>& share(std::uint32_t number);
  [[nodiscard]] bool others_have_changes() const;
  void note(const std::optional<resilience::BreakerChange>& change) {
    if (change) [[unlikely]]
      add_change(*change);
  }
  void add_change(const resilience::BreakerChange& change);
  /// Fallbacks and budgets learn that a call has ended well.
  void note_success(const RetriesMade& retries, Instant now);
  /// The price of a retry, 0 if it is free; nothing if there is no room for one.
  [[nodiscard]] std::optional<std::uint32_t> pay_retry(const TryEnd& end, std::uint32_t number,
                                                       Instant now);

  const resilience::RoutePolicy* policy_;
  bool retired_ = false;
  bool shares_ = false;  ///< Some of its clusters.
  bool refused_retry_ = false;
  bool counts_successes_ = false;  ///< A fallback or a budget does.
  Draws draws_;
  UpstreamCluster first_;
  std::vector<UpstreamCluster> others_;  ///< Those of the further subsets.
  /// By number: those that it has together with a route whose place it took, or that took its own.
  /// They stand in place of the ones above, for as long as one of the two has calls.
  std::vector<std::shared_ptr<UpstreamCluster>> shared_;
  std::optional<Subsets> subsets_;
  RetryLimit retry_limit_;
  std::optional<resilience::HystrixBreaker> command_;
  std::optional<resilience::Resilience4jBreaker> breaker_;
  std::optional<resilience::LocalRateLimit> rate_limit_;
  std::optional<resilience::AdmissionControl> admission_;
  std::optional<resilience::ThreadPoolBulkhead> threads_;
  CallQueue thread_queue_;
  std::optional<resilience::Fallback> fallback_;
  std::uint32_t in_bulkhead_ = 0;
  std::vector<resilience::BreakerChange> changes_;
  std::uint64_t table_version_ = ~std::uint64_t{0};
};

}  // namespace orrery::sim
