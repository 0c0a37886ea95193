/// @file
/// What one caller knows of one set of hosts that it sends tries to, as Envoy's clusters are: whom
/// it chooses, whom it leaves out, and how much there may be at a time.
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
#include "models/resilience/balancers/host_reselection.h"
#include "models/resilience/balancers/pick_first.h"
#include "models/resilience/balancers/random_choice.h"
#include "models/resilience/balancers/round_robin.h"
#include "models/resilience/route_policy.h"
#include "sim/traffic/call_slab.h"
#include "sim/traffic/localities.h"
#include "sim/traffic/request_outcome.h"

namespace orrery::sim {

/// The end of a try as its policies judge it.
struct TryEnd {
  RequestOutcome outcome = RequestOutcome::Ok;
  bool unconnected = false;  ///< Nobody answered at the address.
  Duration elapsed;          ///< Since the try began.

  /// Whether there is no connection to the host any more, or never was one.
  [[nodiscard]] bool breaks_connection() const {
    return unconnected || outcome == RequestOutcome::Refused || outcome == RequestOutcome::Reset;
  }
};
/// What HTTP would show of a failure.
[[nodiscard]] resilience::TryResult result_of_failure(const TryEnd& end);
/// What HTTP would show of it.
[[nodiscard]] inline resilience::TryResult result_of(const TryEnd& end) {
  if (end.outcome == RequestOutcome::Ok) return {.status = 200};
  return result_of_failure(end);
}

inline constexpr std::uint32_t kNoAddress = 0xffff'ffff;

/// One of a route's hosts: its address and its cluster stay, its index is a hint.
struct RouteHost {
  std::uint32_t address = kNoAddress;
  std::uint32_t index = 0;
  std::uint16_t cluster = 0;  ///< Number among the route's.
  std::uint16_t drains = 0;   ///< How often its pool had been drained when the try got its place.
};

inline constexpr std::uint32_t kNoZone = 0xffff'ffff;

/// Who stands at an address.
struct HostFacts {
  std::string text;   ///< "10.0.0.1:8080"
  std::string image;  ///< Empty: nobody stands there.
  std::uint32_t zone = kNoZone;
  std::map<std::string, std::string, std::less<>> labels = {};  ///< Only where they are split by.
};

/// What a try that is over leaves in the pool for a call that waits.
enum class FreedConnection : std::uint8_t { None, Ready, Opened };

/// What of its connection a try gives back when it is over.
enum class GivenBack : std::uint8_t {
  Place,    ///< Its own on it.
  Closing,  ///< Nothing until close() is told: it is being closed.
  Opening,  ///< It was being opened for the try, and never came.
  Opener,   ///< It is being opened all the same, until opened() is told.
};

/// `policy` must outlive it.
class UpstreamCluster {
 public:
  /// `key` makes its draws its own. `zone`: the caller's, or kNoZone.
  UpstreamCluster(const resilience::ClusterPolicy& policy, Draws draws, std::uint64_t key,
                  std::uint32_t zone, Instant now);

  /// Whether it chooses hosts itself. Otherwise the table's proxy does.
  [[nodiscard]] bool balances() const { return !std::holds_alternative<std::monostate>(balancer_); }
  [[nodiscard]] bool hashes() const { return std::holds_alternative<ConsistentHash>(balancer_); }
  /// Whether it must be told who stands at the addresses.
  [[nodiscard]] bool needs_facts() const { return needs_facts_; }
  /// The hosts from now on. Requires: as many facts as addresses, or none unless needs_facts().
  void take_table(std::span<const std::uint32_t> table, std::vector<HostFacts> facts, Instant now);
  /// Whether zones are looked at: the policy says so, and the caller has one.
  [[nodiscard]] bool has_localities() const { return localities_.has_value(); }
  /// Whether it must be told where the pods of the caller's service stand, of whose table it knows
  /// another version. Requires: has_localities(), as does the next.
  [[nodiscard]] bool misses_peers(std::uint64_t version) const {
    return version != peers_version_ && localities_->needs_peers();
  }
  void take_peers(std::uint64_t version, std::vector<std::uint32_t> zones);
  /// The host that the try with this key goes to; nothing if there is none. `hash`: of what its
  /// policy hashes. `before`: an address that up to so many further choices keep away from, or
  /// kNoAddress. Requires: balances().
  [[nodiscard]] resilience::HostChoice pick(std::uint64_t key, std::uint64_t hash,
                                            std::uint32_t before, std::uint32_t choices,
                                            Instant now) {
    tick(now);
    if (warming_ || now >= probe_at_) look_at_hosts(now);
    if (before == kNoAddress) return choose(key, 0, hash, now);
    return resilience::pick_unused(
        choices, [&](std::uint32_t attempt) { return choose(key, attempt, hash, now); },
        [&](std::uint32_t chosen) { return addresses_[chosen] == before; });
  }
  [[nodiscard]] std::uint32_t address(std::uint32_t host) const { return addresses_[host]; }
  [[nodiscard]] bool has_hosts() const { return table_size_ > 0; }
  /// The host at an address that another has chosen. One that is not in the table is known from
  /// then on, as one that has left it.
  [[nodiscard]] std::uint32_t host_at(std::uint32_t address, Instant now);

  /// When the next host is to be asked how it is; never() if none is.
  [[nodiscard]] Instant next_check() const;
  /// The addresses of those that are to be asked now, and have been with this.
  [[nodiscard]] std::vector<std::uint32_t> take_due_checks(Instant now);
  /// How a host that was asked is. Requires: a policy with checks.
  bool checked(std::uint32_t address, resilience::CheckResult result, Instant now);

  /// A try wants to go to the host. Queue: it waits there, until the caller takes it out again.
  /// QueueAndConnect: it waits for a new connection, which it opens by one of the next two.
  [[nodiscard]] resilience::PoolAdmission admit(RouteHost& host, Instant now) {
    using resilience::PoolAdmission;
    const std::uint32_t index = *index_of(host);
    if (!thresholds_) {
      enter(host, index, now);
      return PoolAdmission::Attach;
    }
    Pool& pool = pools_[index];
    const PoolAdmission admission = thresholds_->admit(pool_view(pool));
    if (admission == PoolAdmission::Attach) enter(host, index, now);
    if (admission == PoolAdmission::QueueAndConnect) ++pool.connections;
    if (admission == PoolAdmission::QueueAndConnect || admission == PoolAdmission::Queue) {
      ++pool.pending;
    }
    return admission;
  }
  /// One that waits is given a connection. Returns false if a limit of requests turns it away.
  [[nodiscard]] bool attach_waiting(RouteHost& host, Instant now);
  /// One that waits opens the new connection, which is there when opened() is told.
  void open_for_waiting(RouteHost& host, Instant now);
  /// It is there. `opener`: the try that opened it still wants it. Returns false if a limit of
  /// requests turns that one away; it has gone then.
  [[nodiscard]] bool opened(RouteHost& host, bool opener);
  /// The calls that wait at the caller for a connection to the host.
  [[nodiscard]] CallQueue& waiting_for(const RouteHost& host);
  /// What there is for the first of them, if there is one.
  [[nodiscard]] FreedConnection freed(const RouteHost& host);
  /// One that waited has gone.
  void stop_waiting(const RouteHost& host);
  /// One that waited has gone because the connection it waited for did not come.
  void stranded_at(const RouteHost& host, const TryEnd& end, Instant now);
  /// A try that went to the host is over. Returns what place of it a waiting one may have.
  [[nodiscard]] FreedConnection heard_from(const RouteHost& host, const TryEnd& end, Instant now,
                                           GivenBack given) {
    const std::uint32_t index = *index_of(host);
    --active_;
    --hosts_[index].active;
    if (learns_) tell_balancer(index, host, end, now);
    tick(now);
    judge(index, end, now);
    if (policy_->accrual) accrue(index, end, now);
    const bool left = end.outcome == RequestOutcome::Timeout && may_close();
    return leave_pool(index, host, end.breaks_connection() || left, given);
  }
  /// The same of one that was cancelled, which says nothing about the host.
  [[nodiscard]] FreedConnection cancelled_at(const RouteHost& host, Instant now, GivenBack given);
  /// Whether its connections carry a request at a time, so that they may be closed after one.
  [[nodiscard]] bool may_close() const {
    return policy_->pool && policy_->pool->streams_per_connection == 1;
  }
  /// The connection is closed by now; another may be opened.
  [[nodiscard]] FreedConnection close(const RouteHost& host);

  /// Whether the try that has just ended did not reach its host, and another is free.
  [[nodiscard]] bool take_moves_on();
  /// A call is in a retry, or waits for one.
  void begin_retry() { ++retries_; }
  void end_retry() { --retries_; }
  /// Whether the limit lets one more begin.
  [[nodiscard]] bool has_room(const resilience::EnvoyRetryLimit& limit) const {
    return limit.has_room(retries_, active_, 0);
  }

  /// Whether the next two would return anything.
  [[nodiscard]] bool has_changes() const {
    return !ejections_.empty() || own_share_ != told_share_;
  }
  /// Ejections and returns of hosts since the last call of this, with their addresses.
  struct Ejection {
    std::uint32_t address = kNoAddress;
    resilience::OutlierEvent event;
  };
  /// Appends the addresses of hosts in the table that are ejected, by failure accrual too, or that
  /// fail checks they have passed before.
  void add_kept_out(std::vector<std::uint32_t>& addresses, Instant now) const;
  [[nodiscard]] std::vector<Ejection> take_ejections() { return std::exchange(ejections_, {}); }
  /// Of 10,000 calls, those that stay in the caller's zone, if that is another number than at the
  /// last call of this; kNoZone: zones are not looked at.
  [[nodiscard]] std::optional<std::uint32_t> take_own_share() {
    const std::uint32_t told = std::exchange(told_share_, own_share_);
    // The first one is no change.
    return told == own_share_ || told == kUntold ? std::nullopt : std::optional{own_share_};
  }

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
    std::uint32_t opening = 0;           ///< Of the connections.
    std::uint32_t openers = 0;           ///< Of the streams: one on each of these, at most.
    std::uint32_t draining = 0;          ///< Of the connections: they close with their last stream.
    std::uint32_t draining_streams = 0;  ///< Of the streams: those on these.
    std::uint16_t drains = 0;
    CallQueue waiting;
  };

  /// Takes the ticks of outlier detection that are due: hardly ever one is.
  void tick(Instant now) {
    if (outliers_ && outliers_->next_tick() <= now) take_ticks(now);
  }
  void take_ticks(Instant now);
  /// Some start slowly, or may be probed by now.
  void look_at_hosts(Instant now);
  /// What it learns from an answer. Requires: learns_.
  void tell_balancer(std::uint32_t index, const RouteHost& host, const TryEnd& end, Instant now);
  /// Whoever was ejected or is back; the balancer hears of it.
  void take_outlier_events(Instant now);
  void judge(std::uint32_t index, const TryEnd& end, Instant now) {
    if (!outliers_ || index >= table_size_) return;
    if (end.outcome != RequestOutcome::Ok) {
      judge_failure(index, end, now);
      return;
    }
    outliers_->on_connected(outlier_at_[index]);
    (void)outliers_->on_response(outlier_at_[index], result_of(end).status);
  }
  void judge_failure(std::uint32_t index, const TryEnd& end, Instant now);
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
  /// In order of localities, if there are any.
  void sort(std::vector<std::uint32_t>& addresses);
  /// The weights in effect, while hosts start slowly.
  void weigh(Instant now);
  [[nodiscard]] resilience::Hosts choosable() const {
    return resilience::Hosts{std::span{hosts_.data(), table_size_}, panic_};
  }
  [[nodiscard]] resilience::Hosts hosts_of(const HostPart& part) const;
  [[nodiscard]] bool is_panic() const;  ///< Of all hosts, whatever their zones.
  /// Where the host stands by now; nothing if it has left the table.
  [[nodiscard]] resilience::HostChoice index_of(const RouteHost& host) const {
    const bool is_there = host.index < addresses_.size() && addresses_[host.index] == host.address;
    return is_there ? resilience::HostChoice{host.index} : search(host.address);
  }
  [[nodiscard]] resilience::HostChoice search(std::uint32_t address) const;
  [[nodiscard]] resilience::HostChoice choose(std::uint64_t key, std::uint32_t attempt,
                                              std::uint64_t hash, Instant now) {
    if (localities_) return choose_by_zone(key, attempt, hash, now);
    const std::uint64_t draw = draws_.bits(Purpose::HostSample, key, attempt);
    // The two that are used most, without a table of functions.
    if (auto* least = std::get_if<resilience::LeastRequest>(&balancer_)) {
      return least->pick(choosable(), draw);
    }
    if (auto* turns = std::get_if<resilience::RoundRobin>(&balancer_)) {
      return turns->pick(choosable());
    }
    return choose(balancer_, choosable(), draw, attempt, hash, now);
  }
  [[nodiscard]] resilience::HostChoice choose_by_zone(std::uint64_t key, std::uint32_t attempt,
                                                      std::uint64_t hash, Instant now);
  void refresh_parts(std::span<const HostPart> parts);
  [[nodiscard]] resilience::HostChoice choose(Balancer& balancer, const resilience::Hosts& hosts,
                                              std::uint64_t draw, std::uint32_t attempt,
                                              std::uint64_t hash, Instant now);
  /// Texts of the addresses for a ring or table of the hosts in the table.
  void rebuild(ConsistentHash& balancer);
  [[nodiscard]] resilience::HostChoice pick_first(Channel& channel, Instant now);
  void take_addresses(Channel& channel, Instant now);
  void heard_from(Channel& channel, std::uint32_t address, const TryEnd& end, Instant now);
  [[nodiscard]] resilience::PoolView pool_view(const Pool& pool) const {
    const std::uint64_t each = policy_->pool->streams_per_connection;
    const std::uint32_t ready = pool.connections - pool.opening - pool.draining;
    const std::uint32_t streams = pool.streams - pool.openers - pool.draining_streams;
    return {.has_ready_connection = streams < ready * each,
            .connections = pool.connections,
            .pending = pool.pending,
            .connecting_streams = pool.opening * each - pool.openers};
  }
  void close_connections(const Pool& pool);
  /// The host is not to be trusted any more: those that carry nothing are closed, the others carry
  /// nothing new.
  void drain(std::uint32_t index);
  /// Of those that are there and not draining, how many carry something.
  [[nodiscard]] std::uint32_t in_use(const Pool& pool) const;
  [[nodiscard]] std::uint32_t connections_for(std::uint32_t streams) const;
  void enter(RouteHost& host, std::uint32_t index, Instant now) {  ///< A try goes to the host.
    if (policy_->accrual) note_request(index, now);
    had_traffic_ = true;
    ++active_;
    ++hosts_[index].active;
    if (!thresholds_) return;
    ++pools_[index].streams;
    host.drains = pools_[index].drains;
  }
  void note_request(std::uint32_t index, Instant now);  ///< Of failure accrual.
  /// A try leaves its place in the pool, if there is one.
  [[nodiscard]] FreedConnection leave_pool(std::uint32_t index, const RouteHost& host, bool broken,
                                           GivenBack given) {
    if (!thresholds_) return FreedConnection::None;
    Pool& pool = pools_[index];
    if (given != GivenBack::Place || broken || host.drains != pool.drains) {
      return leave_pool_for_good(pool, host, broken, given);
    }
    thresholds_->release_request();
    --pool.streams;
    return freed(pool);
  }
  /// The connection goes, or may go, with the try, or never came.
  [[nodiscard]] FreedConnection leave_pool_for_good(Pool& pool, const RouteHost& host, bool broken,
                                                    GivenBack given);
  [[nodiscard]] FreedConnection freed(Pool& pool) {
    return pool.waiting.empty() ? FreedConnection::None : freed_for_waiting(pool);
  }
  [[nodiscard]] FreedConnection freed_for_waiting(Pool& pool);

  const resilience::ClusterPolicy* policy_;
  Draws draws_;
  std::uint64_t key_;
  Balancer balancer_;
  std::optional<Localities> localities_;
  std::vector<Balancer> by_part_;  ///< By part of the localities.
  std::uint64_t peers_version_ = ~std::uint64_t{0};
  std::uint32_t own_share_ = kNoZone;
  std::uint32_t told_share_ = kNoZone;  ///< kUntold: none yet.
  std::optional<resilience::EnvoyThresholds> thresholds_;
  std::optional<resilience::OutlierDetector> outliers_;
  std::vector<std::uint32_t> outlier_order_;  ///< The detector's hosts, by address.
  std::vector<std::uint32_t> outlier_at_;     ///< By host of the table: its place in that order.
  std::vector<resilience::OutlierEvent> outlier_events_;
  std::vector<Ejection> ejections_;
  std::uint64_t outlier_draws_ = 0;
  std::vector<resilience::FailureAccrual> accruals_;  ///< By host, if the policy has them.
  Instant probe_at_ = Instant::never();               ///< When the next host may be probed.
  std::uint64_t accrual_draws_ = 0;
  std::vector<CheckedHost> checks_;  ///< By host, if the policy has checks.
  std::uint64_t check_draws_ = 0;
  bool learns_ = false;  ///< The balancer does, from answers.
  bool panic_ = false;   ///< All hosts may be chosen, for too few are well.
  bool had_traffic_ = false;
  std::uint32_t well_ = 0;        ///< Of those in the table, by checks and outlier detection.
  std::uint32_t table_size_ = 0;  ///< Hosts beyond are no longer in the table.
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
