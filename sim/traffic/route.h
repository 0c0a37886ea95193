/// @file
/// What one caller (a pod, or the clients outside) knows of one service it calls: the hosts as its
/// table has them, and the state of its policies.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "models/base/random.h"
#include "models/resilience/balancers/random_choice.h"
#include "models/resilience/balancers/round_robin.h"
#include "models/resilience/route_policy.h"
#include "sim/traffic/call_slab.h"
#include "sim/traffic/request_outcome.h"

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

/// The retries of one call so far.
struct RetriesMade {
  std::uint32_t count = 0;
  Duration last_wait;
  std::uint32_t last_price = 0;  ///< In tokens, where retries are paid for; 0: none was.
};

struct Retry {
  Duration wait;
  std::uint32_t price = 0;
};

/// `policy` must outlive it.
class Route {
 public:
  /// `key` makes its draws its own.
  Route(const resilience::RoutePolicy& policy, Draws draws, std::uint64_t key, Instant now);

  /// A call begins; the outcome it ends with at once if it must not.
  [[nodiscard]] std::optional<RequestOutcome> begin_call(Instant now);
  void end_call(RequestOutcome outcome, const RetriesMade& retries, Instant now);

  /// A try begins; the outcome it ends with at once if it must not.
  [[nodiscard]] std::optional<RequestOutcome> begin_try(Instant now);
  void end_try(RequestOutcome outcome, Duration elapsed, Instant now);

  /// Whether it chooses hosts itself. Otherwise the table's proxy does.
  [[nodiscard]] bool balances() const { return !std::holds_alternative<std::monostate>(balancer_); }
  /// The hosts from now on. Requires: a version that differs where the addresses do.
  void take_table(std::uint64_t version, std::span<const std::uint32_t> addresses, Instant now);
  /// The host that the call with this key goes to; nothing if there is none. `before`: the address
  /// of the try before, or kNoAddress. Requires: balances().
  [[nodiscard]] std::optional<RouteHost> pick(std::uint64_t key, std::uint32_t before, Instant now);
  /// The host at an address of the table, which the table's proxy chose.
  [[nodiscard]] RouteHost host_at(std::uint32_t address) const;

  /// A try wants to go to the host. Queue: it waits there, until the caller takes it out again.
  [[nodiscard]] resilience::PoolAdmission admit(RouteHost host);
  /// The calls that wait at the caller for a connection to the host.
  [[nodiscard]] CallQueue& waiting_for(RouteHost host);
  /// One that waited is given a connection. Returns false if a limit of requests turns it away.
  [[nodiscard]] bool attach_waiting(RouteHost host);
  /// One that waited has gone.
  void stop_waiting(RouteHost host);
  /// A try that went to the host is over. Returns whether a waiting one may have its place.
  [[nodiscard]] bool heard_from(RouteHost host, const TryEnd& end, Instant now);

  /// What the caller has instead of a call that failed.
  [[nodiscard]] bool falls_back(RequestOutcome outcome, Instant now);
  /// Whether the next two would return anything.
  [[nodiscard]] bool has_changes() const { return !changes_.empty() || !ejections_.empty(); }
  /// Ejections and returns of hosts since the last call of this, with their addresses.
  struct Ejection {
    std::uint32_t address = kNoAddress;
    resilience::OutlierEvent event;
  };
  [[nodiscard]] std::vector<Ejection> take_ejections() { return std::exchange(ejections_, {}); }
  /// Changes of its breakers since the last call of this.
  [[nodiscard]] std::vector<resilience::BreakerChange> take_changes() {
    return std::exchange(changes_, {});
  }

  /// The retry that follows a try which failed; nothing if none follows. `made`: those before.
  [[nodiscard]] std::optional<Retry> retry_after(const TryEnd& end, const RetriesMade& made,
                                                 std::uint64_t key, Instant deadline, Instant now);
  /// A retry is over, whether it was made or its call ended while it was waited for.
  void retry_over() { --retries_; }

 private:
  using Balancer = std::variant<std::monostate, resilience::RandomConfig, resilience::RoundRobin,
                                resilience::LeastRequest, resilience::PeakEwma>;
  using RetryLimit =
      std::variant<std::monostate, resilience::EnvoyRetryLimit, resilience::TpsBudget,
                   resilience::GrpcRetryThrottle, resilience::AwsRetryQuota>;

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
  void take_outlier_events();
  void judge(std::uint32_t index, const TryEnd& end, Instant now);
  void refresh_balancer();
  [[nodiscard]] resilience::Hosts choosable() const;
  /// Where the host stands by now; nothing if it has left the table.
  [[nodiscard]] std::optional<std::uint32_t> index_of(RouteHost host) const;
  [[nodiscard]] std::optional<std::uint32_t> choose(std::uint64_t draw);
  [[nodiscard]] resilience::PoolView pool_view(const Pool& pool) const;
  void close_connections(const Pool& pool);
  void enter(std::uint32_t index);  ///< A try goes to the host.
  void note(const std::optional<resilience::BreakerChange>& change) {
    if (change) changes_.push_back(*change);
  }
  void note_failure();  ///< One that the retry conditions name.
  /// The price of a retry, 0 if it is free; nothing if there is no room for one.
  [[nodiscard]] std::optional<std::uint32_t> pay_retry(const TryEnd& end, Instant now);

  const resilience::RoutePolicy* policy_;
  Draws draws_;
  std::uint64_t key_;
  Balancer balancer_;
  RetryLimit retry_limit_;
  std::optional<resilience::HystrixBreaker> command_;
  std::optional<resilience::Resilience4jBreaker> breaker_;
  std::optional<resilience::LocalRateLimit> rate_limit_;
  std::optional<resilience::EnvoyThresholds> thresholds_;
  std::optional<resilience::Fallback> fallback_;
  std::optional<resilience::OutlierDetector> outliers_;
  std::vector<std::uint32_t> outlier_order_;  ///< The detector's hosts, by address.
  std::vector<resilience::OutlierEvent> outlier_events_;
  std::vector<Ejection> ejections_;
  std::uint64_t outlier_draws_ = 0;
  std::uint32_t in_bulkhead_ = 0;
  std::vector<resilience::BreakerChange> changes_;
  std::uint64_t table_version_ = ~std::uint64_t{0};
  std::uint32_t table_size_ = 0;          ///< Hosts beyond are no longer in the table.
  std::vector<std::uint32_t> addresses_;  ///< By host.
  std::vector<resilience::HostView> hosts_;
  std::vector<Pool> pools_;    ///< By host; empty without a pool.
  std::uint32_t active_ = 0;   ///< Tries under way.
  std::uint32_t retries_ = 0;  ///< Calls that are in a retry or wait for one.
};

}  // namespace orrery::sim
