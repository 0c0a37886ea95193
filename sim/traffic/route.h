/// @file
/// What one caller (a pod, or the clients outside) knows of one service it calls: the hosts as its
/// table has them, and the state of its policies.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/base/random.h"
#include "models/resilience/balancers/bounded_load.h"
#include "models/resilience/balancers/pick_first.h"
#include "models/resilience/balancers/random_choice.h"
#include "models/resilience/balancers/round_robin.h"
#include "models/resilience/route_policy.h"
#include "sim/traffic/call_slab.h"
#include "sim/traffic/localities.h"
#include "sim/traffic/request_outcome.h"
#include "sim/traffic/subsets.h"

namespace orrery::sim {

/// The end of a try as its policies judge it.
struct TryEnd {
  RequestOutcome outcome = RequestOutcome::Ok;
  bool unconnected = false;  ///< Nobody answered at the address.
  Duration elapsed;          ///< Since the try began.
};

inline constexpr std::uint32_t kNoAddress = 0xffff'ffff;

/// One of a route's hosts: its address stays, its index is a hint.
struct RouteHost {
  std::uint32_t address = kNoAddress;
  std::uint32_t index = 0;
};

inline constexpr std::uint32_t kNoZone = 0xffff'ffff;

/// Who stands at an address.
struct HostFacts {
  std::string text;   ///< "10.0.0.1:8080"
  std::string image;  ///< Empty: nobody stands there.
  std::uint32_t zone = kNoZone;
  std::map<std::string, std::string, std::less<>> labels = {};  ///< Only where they are split by.
};

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

/// What a try that is over leaves in the pool for a call that waits.
enum class FreedConnection : std::uint8_t { None, Ready, Opened };

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
  /// Whether one of its breakers is open, or half-open.
  [[nodiscard]] bool is_open() const;

  /// The call with this key begins; the outcome it ends with at once if it must not.
  [[nodiscard]] std::optional<RequestOutcome> begin_call(std::uint64_t key, Instant now);
  void end_call(RequestOutcome outcome, const RetriesMade& retries, Instant now);

  /// A try begins; the outcome it ends with at once if it must not.
  [[nodiscard]] std::optional<RequestOutcome> begin_try(Instant now);
  void end_try(RequestOutcome outcome, Duration elapsed, Instant now);
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

  /// Whether it chooses hosts itself. Otherwise the table's proxy does.
  [[nodiscard]] bool balances() const { return !std::holds_alternative<std::monostate>(balancer_); }
  /// Whether the hosts are those of this version.
  [[nodiscard]] bool knows(std::uint64_t version) const { return version == table_version_; }
  /// Whether it must be told who stands at the addresses.
  [[nodiscard]] bool needs_facts() const { return needs_facts_; }
  /// Whether the labels are among what it must be told.
  [[nodiscard]] bool has_subsets() const { return subsets_.has_value(); }
  /// The hosts from now on. Requires: a version that differs where the addresses do; as many facts
  /// as addresses, or none unless needs_facts().
  void take_table(std::uint64_t version, std::span<const std::uint32_t> table,
                  std::vector<HostFacts> facts, Instant now);
  /// Whether zones are looked at: the policy says so, and the caller has one.
  [[nodiscard]] bool has_localities() const { return localities_.has_value(); }
  /// Whether it must be told where the pods of the caller's service stand, of whose table it knows
  /// another version. Requires: has_localities(), as does the next.
  [[nodiscard]] bool misses_peers(std::uint64_t version) const {
    return version != peers_version_ && localities_->needs_peers();
  }
  void take_peers(std::uint64_t version, std::vector<std::uint32_t> zones);
  /// The host that the try with this key goes to; nothing if there is none. `call`: the key that
  /// all tries of the call have. `hash`: of what its policy hashes. `before`: the address of the
  /// try before, or kNoAddress. Requires: balances().
  [[nodiscard]] std::optional<RouteHost> pick(std::uint64_t key, std::uint64_t call,
                                              std::uint64_t hash, std::uint32_t before,
                                              Instant now);
  /// The host at an address of the table, which the table's proxy chose.
  [[nodiscard]] RouteHost host_at(std::uint32_t address) const;

  /// Whether it asks its hosts how they are.
  [[nodiscard]] bool checks_hosts() const { return policy_->health.has_value(); }
  /// When the next host is to be asked; never() if none is.
  [[nodiscard]] Instant next_check() const;
  /// The addresses of those that are to be asked now, and have been with this.
  [[nodiscard]] std::vector<std::uint32_t> take_due_checks(Instant now);
  /// How a host that was asked is. Requires: checks_hosts().
  void checked(std::uint32_t address, resilience::CheckResult result, Instant now);

  /// A try wants to go to the host. Queue: it waits there, until the caller takes it out again.
  /// QueueAndConnect: it goes out, on a new connection.
  [[nodiscard]] resilience::PoolAdmission admit(RouteHost host, Instant now);
  /// The calls that wait at the caller for a connection to the host.
  [[nodiscard]] CallQueue& waiting_for(RouteHost host);
  /// One that waited is given a connection. Returns false if a limit of requests turns it away.
  [[nodiscard]] bool attach_waiting(RouteHost host, Instant now);
  /// One that waited has gone.
  void stop_waiting(RouteHost host);
  /// A try that went to the host is over. Returns what place of it a waiting one may have.
  /// `closes`: its connection is being closed, until close() is told.
  [[nodiscard]] FreedConnection heard_from(RouteHost host, const TryEnd& end, Instant now,
                                           bool closes = false);
  /// The same of one that was cancelled, which says nothing about the host.
  [[nodiscard]] FreedConnection cancelled_at(RouteHost host, Instant now);
  /// Whether its connections carry a request at a time, so that they may be closed after one.
  [[nodiscard]] bool may_close() const {
    return policy_->pool && policy_->pool->streams_per_connection == 1;
  }
  /// The connection is closed by now; another may be opened.
  [[nodiscard]] FreedConnection close(RouteHost host);

  /// What the caller has instead of a call that failed.
  [[nodiscard]] resilience::FallbackDecision fall_back(RequestOutcome outcome, Instant now);
  /// The call to another service in its place is over. Requires: fall_back() wanted it.
  void fallback_over() { fallback_->finished(); }
  /// Whether the next two would return anything.
  [[nodiscard]] bool has_changes() const {
    return !retired_ && (!changes_.empty() || !ejections_.empty() || own_share_ != told_share_);
  }
  /// Ejections and returns of hosts since the last call of this, with their addresses.
  struct Ejection {
    std::uint32_t address = kNoAddress;
    resilience::OutlierEvent event;
  };
  [[nodiscard]] std::vector<Ejection> take_ejections() { return std::exchange(ejections_, {}); }
  /// Of 10,000 calls, those that stay in the caller's zone, if that is another number than at the
  /// last call of this; kNoZone: zones are not looked at.
  [[nodiscard]] std::optional<std::uint32_t> take_own_share() {
    const std::uint32_t told = std::exchange(told_share_, own_share_);
    // The first one is no change.
    return told == own_share_ || told == kUntold ? std::nullopt : std::optional{own_share_};
  }
  /// Changes of its breakers since the last call of this.
  [[nodiscard]] std::vector<resilience::BreakerChange> take_changes() {
    return std::exchange(changes_, {});
  }

  /// The retry that follows a try which failed; nothing if none follows. `made`: those before.
  [[nodiscard]] std::optional<Retry> retry_after(const TryEnd& end, const RetriesMade& made,
                                                 std::uint64_t key, Instant deadline, Instant now);
  /// A retry is over, whether it was made or its call ended while it was waited for.
  void retry_over() { --retries_; }
  /// A try has failed in a way after which others may be made.
  void note_failure();
  /// Whether its limit lets a hedge go out. One that goes out is a retry, which ends like one.
  [[nodiscard]] bool allows_hedge() const;
  void begin_hedge() { ++retries_; }

 private:
  /// A ring or a Maglev table, made anew whenever the hosts or their health change.
  struct ConsistentHash {
    std::variant<std::monostate, resilience::RingHash, resilience::Maglev> table;
    std::optional<resilience::BoundedLoad> bound;
  };
  /// gRPC's channel. That an address does not answer is learnt from the try that goes there, which
  /// then goes to the next one.
  struct Channel {
    resilience::PickFirst first;
    std::uint32_t address = kNoAddress;  ///< It is or wants to be connected to this one.
    Instant connects_again;              ///< After all have failed.
    std::uint32_t failures = 0;          ///< Rounds over all addresses without a connection.
    bool moves_on = false;  ///< The try that has just ended did not reach it; another may.
  };
  using Balancer =
      std::variant<std::monostate, resilience::RandomConfig, resilience::RoundRobin,
                   resilience::LeastRequest, resilience::PeakEwma, Channel, ConsistentHash>;
  static constexpr std::uint32_t kUntold = 0xffff'fffe;
  using RetryLimit =
      std::variant<std::monostate, resilience::EnvoyRetryLimit, resilience::TpsBudget,
                   resilience::GrpcRetryThrottle, resilience::AwsRetryQuota>;

  /// What its checks say of one host.
  struct CheckedHost {
    resilience::ActiveHealthCheck state;
    Instant due;
    bool asked = false;     ///< It has not answered yet.
    bool was_well = false;  ///< At some time.
  };
  /// The pool of one host.
  struct Pool {
    std::uint32_t connections = 0;
    std::uint32_t streams = 0;  ///< Tries on them.
    std::uint32_t pending = 0;
    CallQueue waiting;
  };

  /// Takes the ticks of outlier detection that are due.
  void tick(Instant now);
  /// Whoever was ejected or is back; the balancer hears of it.
  void take_outlier_events(Instant now);
  void judge(std::uint32_t index, const TryEnd& end, Instant now);
  /// The same by failure accrual.
  void accrue(std::uint32_t index, const TryEnd& end, Instant now);
  /// Whether nothing that is known of the host speaks against it.
  [[nodiscard]] bool is_well(std::uint32_t index, Instant now) const;
  [[nodiscard]] bool is_ejected(std::uint32_t index) const;  ///< By its outlier detection.
  /// Hosts that may be probed by now, or have just been, are chosen or not.
  void look_at_accruals(Instant now);
  void refresh_balancer();
  [[nodiscard]] Balancer make_balancer() const;
  void refresh(Balancer& balancer, const resilience::Hosts& hosts);
  /// In order of subsets or localities, if there are any.
  void sort(std::vector<std::uint32_t>& addresses);
  /// The weights in effect, while hosts start slowly.
  void weigh(Instant now);
  [[nodiscard]] resilience::Hosts choosable() const;
  [[nodiscard]] resilience::Hosts hosts_of(const HostPart& part) const;
  [[nodiscard]] bool in_panic() const;  ///< Of all hosts, whatever their zones.
  /// Where the host stands by now; nothing if it has left the table.
  [[nodiscard]] std::optional<std::uint32_t> index_of(RouteHost host) const;
  [[nodiscard]] std::optional<std::uint32_t> choose(std::uint64_t key, std::uint64_t call,
                                                    std::uint32_t attempt, std::uint64_t hash,
                                                    Instant now);
  void refresh_parts(std::span<const HostPart> parts);
  [[nodiscard]] std::optional<std::uint32_t> choose(Balancer& balancer,
                                                    const resilience::Hosts& hosts,
                                                    std::uint64_t draw, std::uint32_t attempt,
                                                    std::uint64_t hash, Instant now);
  /// Texts of the addresses for a ring or table of the hosts in the table.
  void rebuild(ConsistentHash& balancer);
  [[nodiscard]] std::optional<std::uint32_t> pick_first(Channel& channel, Instant now);
  void take_addresses(Channel& channel, Instant now);
  void heard_from(Channel& channel, std::uint32_t address, const TryEnd& end, Instant now);
  [[nodiscard]] resilience::PoolView pool_view(const Pool& pool) const;
  void close_connections(const Pool& pool);
  void enter(std::uint32_t index, Instant now);  ///< A try goes to the host.
  /// A try leaves its place in the pool, if there is one.
  [[nodiscard]] FreedConnection leave_pool(std::uint32_t index, bool broken);
  [[nodiscard]] FreedConnection freed(Pool& pool);
  void note(const std::optional<resilience::BreakerChange>& change) {
    if (change) changes_.push_back(*change);
  }
  /// The price of a retry, 0 if it is free; nothing if there is no room for one.
  [[nodiscard]] std::optional<std::uint32_t> pay_retry(const TryEnd& end, Instant now);

  const resilience::RoutePolicy* policy_;
  bool retired_ = false;
  Draws draws_;
  std::uint64_t key_;
  Balancer balancer_;
  std::optional<Localities> localities_;
  std::optional<Subsets> subsets_;
  std::vector<Balancer> by_part_;  ///< By part of the localities or subsets.
  std::uint64_t peers_version_ = ~std::uint64_t{0};
  std::uint32_t own_share_ = kNoZone;
  std::uint32_t told_share_ = kNoZone;  ///< kUntold: none yet.
  RetryLimit retry_limit_;
  std::optional<resilience::HystrixBreaker> command_;
  std::optional<resilience::Resilience4jBreaker> breaker_;
  std::optional<resilience::LocalRateLimit> rate_limit_;
  std::optional<resilience::AdmissionControl> admission_;
  std::optional<resilience::ThreadPoolBulkhead> threads_;
  CallQueue thread_queue_;
  std::optional<resilience::EnvoyThresholds> thresholds_;
  std::optional<resilience::Fallback> fallback_;
  std::optional<resilience::OutlierDetector> outliers_;
  std::vector<std::uint32_t> outlier_order_;  ///< The detector's hosts, by address.
  std::vector<resilience::OutlierEvent> outlier_events_;
  std::vector<Ejection> ejections_;
  std::uint64_t outlier_draws_ = 0;
  std::vector<resilience::FailureAccrual> accruals_;  ///< By host, if the policy has them.
  Instant probe_at_ = Instant::never();               ///< When the next host may be probed.
  std::uint64_t accrual_draws_ = 0;
  std::vector<CheckedHost> checks_;  ///< By host, if the policy has checks.
  std::uint64_t check_draws_ = 0;
  bool had_traffic_ = false;
  std::uint32_t well_ = 0;  ///< Of those in the table, by checks and outlier detection.
  std::uint32_t in_bulkhead_ = 0;
  std::vector<resilience::BreakerChange> changes_;
  std::uint64_t table_version_ = ~std::uint64_t{0};
  std::uint32_t table_size_ = 0;          ///< Hosts beyond are no longer in the table.
  std::vector<std::uint32_t> addresses_;  ///< By host.
  std::vector<HostFacts> facts_;          ///< Of those in the table; empty unless needed.
  bool needs_facts_ = false;
  std::vector<Instant> joined_;  ///< By host, with slow start.
  std::vector<double> weights_;  ///< Of those in the table, likewise: without it.
  Instant warm_at_;              ///< When all hosts have their whole weight.
  bool warming_ = false;         ///< They do not have it yet.
  std::vector<resilience::HostView> hosts_;
  std::vector<Pool> pools_;    ///< By host; empty without a pool.
  std::uint32_t active_ = 0;   ///< Tries under way.
  std::uint32_t retries_ = 0;  ///< Calls that are in a retry or wait for one.
};

}  // namespace orrery::sim
