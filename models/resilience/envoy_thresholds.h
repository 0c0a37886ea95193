/// @file
/// Envoy's circuit-breaking thresholds: how many connections, pending requests, requests and
/// retries one proxy may have under way towards one cluster, and what a request finds at them.
///
/// These are counters of the moment, not rates, and unlike a circuit breaker they have no memory.
/// The limits are shared by all hosts of the cluster; connections belong to the pool of one host.
///
/// Source: Envoy circuit_breaker.proto, resource_manager_impl, conn_pool_base.
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/contract.h"
#include "models/resilience/retry_budget.h"

namespace orrery::resilience {

struct EnvoyThresholdsConfig {
  std::uint32_t max_connections = 1024;
  std::uint32_t max_pending_requests = 1024;
  std::uint32_t max_requests = 1024;
  EnvoyRetryLimit retries{};  ///< max_retries, retry_budget
  /// Of one host alone; per_host_thresholds.
  std::optional<std::uint32_t> max_connections_per_host{};

  friend bool operator==(const EnvoyThresholdsConfig&, const EnvoyThresholdsConfig&) = default;
};

/// Istio lifts the limits of every cluster, with or without a DestinationRule: 2^32 - 1.
[[nodiscard]] constexpr EnvoyThresholdsConfig istio_default_thresholds() {
  EnvoyThresholdsConfig config;
  config.max_connections = config.max_pending_requests = config.max_requests = UINT32_MAX;
  config.retries.max_retries = UINT32_MAX;
  return config;
}

/// The connections of one proxy to one host, as a request finds them.
struct PoolView {
  bool has_ready_connection = false;     ///< One with room for a stream.
  std::uint32_t connections = 0;         ///< Ready, busy and being set up.
  std::uint32_t pending = 0;             ///< Requests that wait in this pool.
  std::uint64_t connecting_streams = 0;  ///< What connections being set up promise to carry.
};

/// What becomes of a request.
enum class PoolAdmission : std::uint8_t {
  Attach,           ///< Goes out on the ready connection.
  Queue,            ///< Waits for a connection that is busy or being set up.
  QueueAndConnect,  ///< Waits, and a connection is opened.
  Overflow,         ///< 503 with flag UO and x-envoy-overloaded.
};

/// How often each limit was hit.
struct ThresholdOverflows {
  std::uint64_t requests = 0;     ///< upstream_rq_pending_overflow, at pending or at requests
  std::uint64_t connections = 0;  ///< upstream_cx_overflow: no request is refused by that alone
  std::uint64_t retries = 0;      ///< upstream_rq_retry_overflow
};

/// What one proxy has under way towards one cluster, at one priority.
class EnvoyThresholds {
 public:
  /// `config` must outlive this.
  explicit EnvoyThresholds(const EnvoyThresholdsConfig& config) : config_{&config} {}

  /// Takes in one request. What the answer says is counted as under way: a request, or a pending
  /// one and perhaps a connection.
  [[nodiscard]] PoolAdmission admit(const PoolView& pool) {
    if (pool.has_ready_connection) {
      return attach() ? PoolAdmission::Attach : PoolAdmission::Overflow;
    }
    if (pending_ >= config_->max_pending_requests) {
      ++overflows_.requests;
      return PoolAdmission::Overflow;
    }
    ++pending_;
    PoolView with_it = pool;
    ++with_it.pending;
    return try_connect(with_it) ? PoolAdmission::QueueAndConnect : PoolAdmission::Queue;
  }

  /// Whether the pool opens a connection now: its requests wait for more streams than are promised,
  /// and the limits allow one or the host has none at all. To be asked again when connections end.
  [[nodiscard]] bool try_connect(const PoolView& pool) {
    if (pool.pending <= pool.connecting_streams) return false;
    const bool room = connections_ < config_->max_connections &&
                      (!config_->max_connections_per_host ||
                       pool.connections < *config_->max_connections_per_host);
    overflows_.connections += !room;
    if (!room && pool.connections > 0) return false;
    ++connections_;
    return true;
  }

  /// A pending request has got a connection. Returns false if it overflows at max_requests.
  [[nodiscard]] bool attach_pending() {
    release_pending();
    return attach();
  }

  /// Whether a retry may be scheduled; it counts until `release_retry`.
  [[nodiscard]] bool try_acquire_retry() {
    if (config_->retries.has_room(retries_, requests_, pending_)) {
      ++retries_;
      return true;
    }
    ++overflows_.retries;
    return false;
  }

  void release_request() { release(requests_); }
  void release_pending() { release(pending_); }
  void release_connection() { release(connections_); }
  void release_retry() { release(retries_); }

  [[nodiscard]] std::uint32_t requests() const { return requests_; }
  [[nodiscard]] std::uint32_t pending() const { return pending_; }
  [[nodiscard]] std::uint32_t connections() const { return connections_; }
  [[nodiscard]] std::uint32_t retries() const { return retries_; }
  [[nodiscard]] const ThresholdOverflows& overflows() const { return overflows_; }

 private:
  [[nodiscard]] bool attach() {
    if (requests_ >= config_->max_requests) {
      ++overflows_.requests;
      return false;
    }
    ++requests_;
    return true;
  }
  static void release(std::uint32_t& counter) {
    expects(counter > 0, "what is released has been acquired");
    --counter;
  }

  const EnvoyThresholdsConfig* config_;
  std::uint32_t requests_ = 0;
  std::uint32_t pending_ = 0;
  std::uint32_t connections_ = 0;
  std::uint32_t retries_ = 0;
  ThresholdOverflows overflows_;
};

}  // namespace orrery::resilience
