#include "models/resilience/envoy_thresholds.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

using Admission = PoolAdmission;

/// What the proxy has under way, the pool that the request comes to, and what becomes of it.
struct Case {
  const char* source;
  const char* rule;
  std::uint32_t requests, pending, connections;  ///< Under way before.
  PoolView pool;
  Admission expected;
  bool overflow;             ///< Counted in upstream_rq_pending_overflow.
  bool connection_overflow;  ///< Counted in upstream_cx_overflow.
};

EnvoyThresholdsConfig small() {
  EnvoyThresholdsConfig config;
  config.max_connections = 2;
  config.max_pending_requests = 3;
  config.max_requests = 4;
  return config;
}

void bring_to(EnvoyThresholds& thresholds, std::uint32_t requests, std::uint32_t pending,
              std::uint32_t connections) {
  for (std::uint32_t i = 0; i < requests; ++i)
    (void)thresholds.admit({.has_ready_connection = true});
  for (std::uint32_t i = 0; i < pending; ++i) (void)thresholds.admit({.connecting_streams = 99});
  for (std::uint32_t i = 0; i < connections; ++i) (void)thresholds.try_connect({.pending = 1});
}

TEST(EnvoyThresholds, AdmitAsInTheTable) {
  const PoolView ready{.has_ready_connection = true, .connections = 1};
  const PoolView busy{.connections = 1};
  const PoolView none{};
  const PoolView connecting{.connections = 1, .pending = 0, .connecting_streams = 1};
  const PoolView connecting_for_one{.connections = 1, .pending = 1, .connecting_streams = 1};
  const std::vector<Case> cases{
      {"3.1 (1)", "a ready connection: attach", 0, 0, 1, ready, Admission::Attach, false, false},
      {"3.1 (1)", "one below max_requests", 3, 0, 1, ready, Admission::Attach, false, false},
      {"3.1 (1)", "fails only on max_requests", 4, 0, 1, ready, Admission::Overflow, true, false},
      {"3.1 (1)", "and not on pending", 3, 3, 1, ready, Admission::Attach, false, false},
      {"3.1 (1)", "nor on connections", 3, 0, 2, ready, Admission::Attach, false, false},
      {"3.1 (2)", "the first request passes through pending", 0, 0, 0, none,
       Admission::QueueAndConnect, false, false},
      {"3.1 (2)", "max_requests is not asked here", 4, 0, 0, none, Admission::QueueAndConnect,
       false, false},
      {"3.1 (2)", "one below max_pending", 0, 2, 0, none, Admission::QueueAndConnect, false, false},
      {"3.1 (2)", "at max_pending: overflow", 0, 3, 0, none, Admission::Overflow, true, false},
      {"3.1 (2)", "no connection while one being set up promises enough", 0, 0, 1, connecting,
       Admission::Queue, false, false},
      {"3.1 (2)", "one more than promised: connect", 0, 1, 1, connecting_for_one,
       Admission::QueueAndConnect, false, false},
      {"3.1 (2)", "one below max_connections", 1, 0, 1, busy, Admission::QueueAndConnect, false,
       false},
      {"3.1 (2)", "at max_connections: queued without", 1, 0, 2, busy, Admission::Queue, false,
       true},
      {"3.1", "a host always gets one connection", 1, 0, 2, none, Admission::QueueAndConnect, false,
       true},
      {"3.1", "even far over max_connections", 1, 0, 5, none, Admission::QueueAndConnect, false,
       true},
  };
  conformance::table("connectionPool", cases);
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    const EnvoyThresholdsConfig config = small();
    EnvoyThresholds thresholds{config};
    bring_to(thresholds, c.requests, c.pending, c.connections);
    const ThresholdOverflows before = thresholds.overflows();
    EXPECT_EQ(thresholds.admit(c.pool), c.expected);
    EXPECT_EQ(thresholds.requests() - c.requests, c.expected == Admission::Attach);
    EXPECT_EQ(thresholds.pending() - c.pending,
              c.expected == Admission::Queue || c.expected == Admission::QueueAndConnect);
    EXPECT_EQ(thresholds.connections() - c.connections, c.expected == Admission::QueueAndConnect);
    EXPECT_EQ(thresholds.overflows().requests - before.requests, c.overflow);
    EXPECT_EQ(thresholds.overflows().connections - before.connections, c.connection_overflow);
  }
}

TEST(EnvoyThresholds, APendingRequestMayStillOverflowWhenItsConnectionIsReady) {
  const EnvoyThresholdsConfig config = small();
  EnvoyThresholds thresholds{config};
  bring_to(thresholds, 3, 2, 0);
  EXPECT_TRUE(thresholds.attach_pending());
  EXPECT_FALSE(thresholds.attach_pending());
  EXPECT_EQ(thresholds.requests(), 4U);
  EXPECT_EQ(thresholds.pending(), 0U);
  EXPECT_EQ(thresholds.overflows().requests, 1U);
}

TEST(EnvoyThresholds, LimitConnectionsOfOneHostAlone) {
  EnvoyThresholdsConfig config;
  config.max_connections_per_host = 2;
  EnvoyThresholds thresholds{config};
  EXPECT_TRUE(thresholds.try_connect({.connections = 1, .pending = 1}));
  EXPECT_FALSE(thresholds.try_connect({.connections = 2, .pending = 1}));
  EXPECT_TRUE(thresholds.try_connect({.connections = 0, .pending = 1}));  // another host
  EXPECT_EQ(thresholds.overflows().connections, 1U);
}

TEST(EnvoyThresholds, LimitRetriesAsInTheTable) {
  struct RetryCase {
    const char* source;
    const char* rule;
    std::optional<EnvoyRetryLimit::Budget> budget;
    std::uint32_t requests, pending;
    int granted;  ///< Of forty.
  };
  using Budget = EnvoyRetryLimit::Budget;
  const std::vector<RetryCase> cases{
      {"3.1", "max_retries 3", {}, 100, 0, 3},
      {"3.1", "a budget overrides it, never below the minimum of 3", Budget{}, 0, 0, 3},
      {"3.1", "20 % of 19 is 3", Budget{}, 19, 0, 3},
      {"3.1", "20 % of 20 is 4", Budget{}, 20, 0, 4},
      {"3.1", "pending ones count", Budget{}, 10, 10, 4},
      {"3.1", "100 requests: 20", Budget{}, 100, 0, 20},
  };
  for (const RetryCase& c : cases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    EnvoyThresholdsConfig config;
    config.retries.budget = c.budget;
    EnvoyThresholds thresholds{config};
    bring_to(thresholds, c.requests, c.pending, 0);
    int granted = 0;
    for (int i = 0; i < 40; ++i) granted += thresholds.try_acquire_retry();
    EXPECT_EQ(granted, c.granted);
    EXPECT_EQ(thresholds.overflows().retries, 40U - static_cast<unsigned>(c.granted));
    thresholds.release_retry();
    EXPECT_TRUE(thresholds.try_acquire_retry());
  }
}

TEST(EnvoyThresholds, DefaultsAreEnvoysAndIstiosAreLifted) {
  const EnvoyThresholdsConfig envoy;
  EXPECT_EQ(envoy.max_connections, 1024U);
  EXPECT_EQ(envoy.max_pending_requests, 1024U);
  EXPECT_EQ(envoy.max_requests, 1024U);
  EXPECT_EQ(envoy.retries.max_retries, 3U);
  const EnvoyThresholdsConfig istio = istio_default_thresholds();
  EXPECT_EQ(istio.max_connections, 4294967295U);
  EXPECT_EQ(istio.max_pending_requests, 4294967295U);
  EXPECT_EQ(istio.max_requests, 4294967295U);
  EXPECT_EQ(istio.retries.max_retries, 4294967295U);
}

TEST(EnvoyThresholds, NeverExceedWhatTheyLimit) {
  const EnvoyThresholdsConfig config = small();
  EnvoyThresholds thresholds{config};
  std::uint32_t requests = 0;
  std::uint32_t pending = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const std::uint64_t draw = mix64(i);
    switch (draw % 4) {
      case 0:
        requests += thresholds.admit({.has_ready_connection = true}) == Admission::Attach;
        break;
      case 1:
        pending += thresholds.admit({.connections = 1}) != Admission::Overflow;
        break;
      case 2:
        if (pending > 0) {
          --pending;
          requests += thresholds.attach_pending();
        }
        break;
      default:
        if (requests > 0) {
          --requests;
          thresholds.release_request();
        }
    }
    ASSERT_EQ(thresholds.requests(), requests);
    ASSERT_EQ(thresholds.pending(), pending);
    ASSERT_LE(requests, config.max_requests);
    ASSERT_LE(pending, config.max_pending_requests);
    ASSERT_LE(thresholds.connections(), config.max_connections);
  }
}

}  // namespace
}  // namespace orrery::resilience
