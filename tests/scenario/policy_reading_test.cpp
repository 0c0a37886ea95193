/// @file
/// Reading `policies`: what each key becomes, and every way to get it wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>

#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

using namespace resilience;
using namespace orrery::literals;

/// A scenario in which clients call web, and nothing else calls anything.
std::string scenario_with(const std::string& policies) {
  return R"({
  "format": 1, "name": "policies", "duration": "60s",
  "manifests": ["scenarios/live/manifests/web.yaml"],
  "cluster": {"nodes": 1},
  "journeys": {"visit": ["web"]},
  "load": [{"poisson": "1/s"}],
  "policies": )" +
         policies + "}";
}

ScenarioReading read(const std::string& policies) {
  return read_scenario_text(scenario_with(policies), "policies.json", "");
}

RoutePolicy policy_of(const std::string& settings) {
  const ScenarioReading reading =
      read("[{\"to\": \"web\"" + (settings.empty() ? "" : ", " + settings) + "}]");
  EXPECT_TRUE(reading.scenario) << text_of(reading.problems);
  if (!reading.scenario) return {};
  EXPECT_EQ(reading.scenario->policies.size(), 1U);
  return reading.scenario->policies.begin()->second;
}

TEST(Policies, OfNobodyInParticularAreOfEverybodyWhoCalls) {
  const ScenarioReading reading = read(R"([{"to": "web", "timeout": "2s"}])");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  ASSERT_EQ(reading.scenario->policies.size(), 1U);
  const auto& [way, policy] = *reading.scenario->policies.begin();
  EXPECT_EQ(way.first, "") << "the clients outside";
  EXPECT_EQ(way.second, "default/web");
  EXPECT_EQ(policy.timeouts.overall, 2_s);
}

TEST(Policies, WithoutSettingsLeaveCallsAsTheyAre) {
  const RoutePolicy policy = policy_of("");
  EXPECT_TRUE(policy.retry.on.empty());
  EXPECT_FALSE(policy.command || policy.breaker || policy.rate_limit || policy.bulkhead ||
               policy.balancer || policy.pool || policy.fallback || policy.hedging ||
               policy.thread_pool || policy.admission || policy.shared_limit);
}

TEST(Policies, OfHedgingAreGrpcs) {
  const RoutePolicy plain = policy_of(R"("hedging": {"maxAttempts": 3})");
  ASSERT_TRUE(plain.hedging);
  EXPECT_EQ(plain.hedging->max_attempts, 3U);
  EXPECT_EQ(plain.hedging->hedging_delay, 0_ms);
  EXPECT_FALSE(plain.hedging->non_fatal.has(GrpcCode::Unavailable));
  EXPECT_FALSE(plain.retry_limit);
  const RoutePolicy whole = policy_of(
      R"("hedging": {"maxAttempts": 3, "hedgingDelay": "50ms", "nonFatalStatusCodes": ["UNKNOWN"],
                     "throttle": {"maxTokens": 7}})");
  ASSERT_TRUE(whole.hedging);
  EXPECT_EQ(whole.hedging->hedging_delay, 50_ms);
  EXPECT_TRUE(whole.hedging->non_fatal.has(GrpcCode::Unknown));
  EXPECT_FALSE(whole.hedging->non_fatal.has(GrpcCode::Unavailable));
  ASSERT_TRUE(whole.retry_limit);
  EXPECT_EQ(std::get<GrpcRetryThrottleConfig>(*whole.retry_limit).max_tokens, 7U);
}

TEST(Policies, OfRetriesAreEnvoysUnlessTheySayOtherwise) {
  const RoutePolicy policy = policy_of(R"("retries": {})");
  EXPECT_EQ(policy.retry.retries, 1U);
  EXPECT_TRUE(policy.retry.on.has(RetryOn::Status5xx));
  EXPECT_EQ(std::get<EnvoyBackoff>(policy.backoff).base, 25_ms);
  const RoutePolicy fixed = policy_of(
      R"("retries": {"attempts": 3, "on": ["reset", "connect-failure"], "backoff": "1s"})");
  EXPECT_EQ(fixed.retry.retries, 3U);
  EXPECT_EQ(fixed.retry.on, (RetryConditions{RetryOn::Reset, RetryOn::ConnectFailure}));
  EXPECT_EQ(std::get<FixedBackoff>(fixed.backoff).wait, 1_s);
}

TEST(Policies, OfABackoffTakeItsBaseTenfoldWhereNoMaximumStands) {
  const RoutePolicy policy = policy_of(R"("retries": {"backoff": {"envoy": {"base": "100ms"}}})");
  EXPECT_EQ(std::get<EnvoyBackoff>(policy.backoff).max, 1_s);
}

TEST(Policies, OfABreakerHaveTheProductsDefaults) {
  EXPECT_EQ(policy_of(R"("breaker": "hystrix")").command->request_volume_threshold, 20U);
  const RoutePolicy policy =
      policy_of(R"("breaker": {"resilience4j": {"failureRate": "25%", "window": "time"}})");
  EXPECT_EQ(policy.breaker->failure_rate_threshold, 25.0F);
  EXPECT_EQ(policy.breaker->window, Resilience4jBreakerConfig::Window::Time);
  EXPECT_EQ(policy.breaker->wait_in_open, 60_s);
}

TEST(Policies, OfConnectionsHaveEnvoysLimits) {
  const RoutePolicy policy =
      policy_of(R"("connectionPool": {"maxConnections": 1, "maxConnectionsPerHost": 2})");
  EXPECT_EQ(policy.pool->thresholds.max_connections, 1U);
  EXPECT_EQ(policy.pool->thresholds.max_connections_per_host, 2U);
  EXPECT_EQ(policy.pool->thresholds.max_pending_requests, 1024U);
  EXPECT_EQ(policy.pool->streams_per_connection, 1U);
}

TEST(Policies, OfOutliersAreEnvoysUnlessTheySayOtherwise) {
  const RoutePolicy policy = policy_of(
      R"("balancer": "round-robin", "outlierDetection": {"maxEjectionPercent": "50%",
         "consecutiveGatewayErrors": 3, "baseEjectionTime": "400s"})");
  ASSERT_TRUE(policy.outliers);
  EXPECT_EQ(policy.outliers->panic_threshold, 50U);
  const OutlierDetectionConfig& detection = policy.outliers->detection;
  EXPECT_EQ(detection.consecutive_5xx, 5U);
  EXPECT_EQ(detection.max_ejection_percent, 50U);
  EXPECT_EQ(detection.max_ejection_time, 400_s) << "no less than the base";
  EXPECT_EQ(detection.enforcing[1], 100U) << "gateway errors, because they are asked for";
}

TEST(Policies, OfHealthChecksAreEnvoysUnlessTheySayOtherwise) {
  const RoutePolicy plain = policy_of(
      R"("balancer": "random", "healthCheck": {"interval": "5s", "timeout": "1s",
         "unhealthyThreshold": 3, "healthyThreshold": 2})");
  ASSERT_TRUE(plain.health);
  EXPECT_EQ(plain.health->check.interval, 5_s);
  EXPECT_EQ(plain.health->check.timeout, 1_s);
  EXPECT_EQ(plain.health->check.unhealthy_threshold, 3U);
  EXPECT_EQ(plain.health->check.healthy_threshold, 2U);
  EXPECT_EQ(plain.health->check.no_traffic_interval, 60_s);
  EXPECT_FALSE(plain.health->check.unhealthy_interval);
  EXPECT_EQ(plain.panic_threshold(), 50U);
  const RoutePolicy policy = policy_of(
      R"("balancer": "random", "healthCheck": {"interval": "5s", "timeout": "1s",
         "unhealthyThreshold": 1, "healthyThreshold": 1, "unhealthyInterval": "2s",
         "noTrafficInterval": "9s", "jitter": "100ms", "panicThreshold": "30%"})");
  EXPECT_EQ(policy.health->check.unhealthy_interval, 2_s);
  EXPECT_EQ(policy.health->check.no_traffic_interval, 9_s);
  EXPECT_EQ(policy.health->check.interval_jitter, 100_ms);
  EXPECT_EQ(policy.panic_threshold(), 30U);
}

TEST(Policies, OfHealthChecksHaveAllIntervalsAndStatusesOfEnvoy) {
  const auto check_of = [](const std::string& settings) {
    return policy_of(R"("balancer": "random", "healthCheck": {"interval": "5s", "timeout": "1s",
                        "unhealthyThreshold": 3, "healthyThreshold": 2)" +
                     settings + "}")
        .health->check;
  };
  const ActiveHealthCheckConfig plain = check_of("");
  EXPECT_FALSE(plain.unhealthy_edge_interval || plain.healthy_edge_interval ||
               plain.no_traffic_healthy_interval);
  EXPECT_EQ(plain.initial_jitter, 0_s);
  EXPECT_EQ(plain.interval_jitter_percent, 0U);
  EXPECT_TRUE(plain.expected_statuses.empty() && plain.retriable_statuses.empty());
  const ActiveHealthCheckConfig check =
      check_of(R"(, "unhealthyEdgeInterval": "1s", "healthyEdgeInterval": "3s",
                   "noTrafficHealthyInterval": "8s", "initialJitter": "2s", "jitterPercent": "5%",
                   "expectedStatuses": [{"start": 200, "end": 300}, {"start": 404, "end": 405}],
                   "retriableStatuses": [{"start": 100, "end": 101}, {"start": 599, "end": 600}])");
  EXPECT_EQ(check.unhealthy_edge_interval, 1_s);
  EXPECT_EQ(check.healthy_edge_interval, 3_s);
  EXPECT_EQ(check.no_traffic_healthy_interval, 8_s);
  EXPECT_EQ(check.initial_jitter, 2_s);
  EXPECT_EQ(check.interval_jitter_percent, 5U);
  for (const auto& [status, result] : {std::pair{199, CheckResult::Failed},
                                       {200, CheckResult::Passed},
                                       {299, CheckResult::Passed},
                                       {300, CheckResult::Failed},
                                       {403, CheckResult::Failed},
                                       {404, CheckResult::Passed},
                                       {405, CheckResult::Failed},
                                       {100, CheckResult::Retriable},
                                       {101, CheckResult::Failed},
                                       {598, CheckResult::Failed},
                                       {599, CheckResult::Retriable}}) {
    EXPECT_EQ(check_result(check, static_cast<std::uint16_t>(status)), result) << status;
  }
}

TEST(Policies, OfHealthChecksKeepConnectionsUnlessTheySayOtherwise) {
  const auto health_of = [](const std::string& settings) {
    return *policy_of(R"("balancer": "random", "healthCheck": {"interval": "5s", "timeout": "1s",
                         "unhealthyThreshold": 3, "healthyThreshold": 2)" +
                      settings + "}")
                .health;
  };
  EXPECT_FALSE(health_of("").closes_connections);
  EXPECT_TRUE(health_of("").reuses_connection);
  EXPECT_TRUE(health_of(R"(, "closeConnectionsOnFailure": true)").closes_connections);
  EXPECT_FALSE(health_of(R"(, "reuseConnection": false)").reuses_connection);
}

/// What is wrong about a health check, at which of its keys.
struct WrongCheck {
  const char* settings;
  const char* at;  ///< Below /policies/0/healthCheck.
  const char* expected;
};
TEST(Policies, OfHealthChecksAreToldWhatIsWrongAndWhere) {
  for (const WrongCheck& wrong : std::vector<WrongCheck>{
           {R"("unhealthyInterval": "0s")", "/unhealthyInterval", "above 0s"},
           {R"("unhealthyEdgeInterval": "0s")", "/unhealthyEdgeInterval", "above 0s"},
           {R"("healthyEdgeInterval": "0s")", "/healthyEdgeInterval", "above 0s"},
           {R"("healthyEdgeInterval": 3)", "/healthyEdgeInterval", "duration"},
           {R"("noTrafficInterval": "0s")", "/noTrafficInterval", "above 0s"},
           {R"("noTrafficHealthyInterval": "0s")", "/noTrafficHealthyInterval", "above 0s"},
           {R"("initialJitter": "soon")", "/initialJitter", "duration"},
           {R"("jitterPercent": 5)", "/jitterPercent", "percentage"},
           {R"("jitterPercent": "101%")", "/jitterPercent", "percentage"},
           {R"("closeConnectionsOnFailure": "yes")", "/closeConnectionsOnFailure", "true or false"},
           {R"("reuseConnection": 1)", "/reuseConnection", "true or false"},
           {R"("expectedStatuses": 200)", "/expectedStatuses", "a list of ranges"},
           {R"("expectedStatuses": [])", "/expectedStatuses", "a list of ranges"},
           {R"("expectedStatuses": [200])", "/expectedStatuses/0", "a range such as"},
           {R"("expectedStatuses": [{"start": 200}])", "/expectedStatuses/0", "behind the last"},
           {R"("expectedStatuses": [{"end": 200}])", "/expectedStatuses/0", "the first status"},
           {R"("expectedStatuses": [{"start": 99, "end": 200}])", "/expectedStatuses/0/start",
            "100 to 599"},
           {R"("expectedStatuses": [{"start": 200, "end": 601}])", "/expectedStatuses/0/end",
            "101 to 600"},
           {R"("expectedStatuses": [{"start": 200, "end": 200}])", "/expectedStatuses/0",
            "start < end"},
           {R"("retriableStatuses": [{"start": 500, "end": 503, "to": 1}])", "/retriableStatuses/0",
            "start"}}) {
    const ScenarioReading reading =
        read(std::string{R"([{"to": "web", "balancer": "random", "healthCheck": {"interval": "5s",
                "timeout": "1s", "unhealthyThreshold": 3, "healthyThreshold": 2, )"} +
             wrong.settings + "}}]");
    EXPECT_FALSE(reading.scenario) << wrong.settings;
    ASSERT_EQ(reading.problems.size(), 1U) << wrong.settings << text_of(reading.problems);
    const std::string text = text_of(reading.problems);
    EXPECT_NE(text.find(std::string{"/policies/0/healthCheck"} + wrong.at), std::string::npos)
        << text;
    EXPECT_NE(text.find(wrong.expected), std::string::npos) << text;
  }
}

/// The same as scenario_with(), of a web with two operations and a leader.
ScenarioReading read_checks_of(const std::string& path) {
  std::string text = scenario_with(
      R"([{"to": "web", "balancer": "random", "healthCheck": {"interval": "5s", "timeout": "1s",
           "unhealthyThreshold": 3, "healthyThreshold": 2, "path": )" +
      path + "}}]");
  text.replace(text.find("\"journeys\""), 0,
               R"("services": {"web": {"leader": {"election": "1s"}, "operations": {
                    "get": {"cpu": "1ms"}, "put": {"cpu": "1ms", "writes": true}}}},)");
  return read_scenario_text(text, "policies.json", "");
}

TEST(Policies, OfHealthChecksAskForAnOperationThatThereIs) {
  const ScenarioReading asked = read_checks_of(R"("get")");
  ASSERT_TRUE(asked.scenario) << text_of(asked.problems);
  EXPECT_EQ(asked.scenario->policies.begin()->second.health->path, "get");
  struct Case {
    const char* path;
    const char* told;
  };
  for (const Case& wrong : {Case{R"("gett")", "did you mean \"get\"?"},
                            {R"("gett")", "an operation of web: get or put"},
                            {R"("put")", "which the leader of web alone does"},
                            {"5", "the name of an operation"},
                            {R"("")", "the name of an operation"}}) {
    const ScenarioReading reading = read_checks_of(wrong.path);
    ASSERT_EQ(reading.problems.size(), 1U) << wrong.path << text_of(reading.problems);
    const std::string text = text_of(reading.problems);
    EXPECT_NE(text.find("/policies/0/healthCheck/path"), std::string::npos) << text;
    EXPECT_NE(text.find(wrong.told), std::string::npos) << text;
  }
  const std::string undescribed =
      text_of(read(R"([{"to": "web", "balancer": "random", "healthCheck": {"interval": "5s",
               "timeout": "1s", "unhealthyThreshold": 3, "healthyThreshold": 2, "path": "get"}}])")
                  .problems);
  EXPECT_NE(undescribed.find("\"services\" says no operations of web"), std::string::npos)
      << undescribed;
}

TEST(Policies, OfAHashAreEnvoysUnlessTheySayOtherwise) {
  const RoutePolicy plain = policy_of(R"("balancer": "ring-hash")");
  EXPECT_EQ(std::get<RingHashConfig>(*plain.balancer).ring_size_min, 1024U);
  EXPECT_EQ(plain.hash.key, HashKey::User);
  EXPECT_EQ(plain.hash.balance_factor, 0U) << "no bound";
  const RoutePolicy policy = policy_of(
      R"("balancer": {"maglev": {"tableSize": 251, "key": "path", "boundedLoad": 125}},
         "weights": {"localhost/orrery-workload:1": 2.5})");
  EXPECT_EQ(std::get<MaglevConfig>(*policy.balancer).table_size, 251U);
  EXPECT_EQ(policy.hash.key, HashKey::Path);
  EXPECT_EQ(policy.hash.balance_factor, 125U);
  EXPECT_EQ(policy.weights.at("localhost/orrery-workload:1"), 2.5);
}

TEST(Policies, OfPickFirstKeepTheOrderOfTheListUnlessItIsShuffled) {
  const auto shuffles = [](const std::string& balancer) {
    return std::get<PickFirstConfig>(*policy_of("\"balancer\": " + balancer).balancer).shuffles;
  };
  EXPECT_FALSE(shuffles(R"("pick-first")"));
  EXPECT_TRUE(shuffles(R"({"pick-first": {"shuffle": true}})"));
}

TEST(Policies, OfZonesAndOfNewPodsAreEnvoysUnlessTheySayOtherwise) {
  const RoutePolicy plain = policy_of(R"("balancer": "round-robin", "slowStart": {"window": "30s"},
                   "locality": "zone-aware")");
  EXPECT_EQ(plain.slow_start->window, 30_s);
  EXPECT_EQ(plain.slow_start->min_weight, 0.1);
  EXPECT_EQ(std::get<ZoneAwareConfig>(*plain.locality).min_cluster_size, 6U);
  EXPECT_EQ(std::get<ZoneAwareConfig>(*plain.locality).routing_enabled, 100U);
  const RoutePolicy policy = policy_of(
      R"("balancer": "least-request",
         "slowStart": {"window": "1min", "aggression": 2, "minWeight": "5%"},
         "locality": {"zone-aware": {"minPods": 3, "enabled": "50%", "ownZoneAlone": true}})");
  EXPECT_EQ(policy.slow_start->aggression, 2.0);
  EXPECT_EQ(policy.slow_start->min_weight, 0.05);
  const auto& zones = std::get<ZoneAwareConfig>(*policy.locality);
  EXPECT_EQ(zones.min_cluster_size, 3U);
  EXPECT_EQ(zones.routing_enabled, 50U);
  EXPECT_TRUE(zones.force_locality_direct_routing);
  const auto factor = [](const std::string& locality) {
    const RoutePolicy read = policy_of("\"balancer\": \"random\", \"locality\": " + locality);
    return std::get<PriorityLoadConfig>(*read.locality).overprovisioning_factor;
  };
  EXPECT_EQ(factor(R"("failover")"), 140U);
  EXPECT_EQ(factor(R"({"failover": {"overprovisioning": 200}})"), 200U);
}

TEST(Policies, OfFailureAccrualAreLinkerdsUnlessTheySayOtherwise) {
  const RoutePolicy plain = policy_of(R"("balancer": "peak-ewma", "failureAccrual": {})");
  EXPECT_EQ(plain.accrual->max_failures, 7U);
  EXPECT_EQ(plain.accrual->backoff.min, 1_s);
  EXPECT_EQ(plain.accrual->backoff.max, 60_s);
  const RoutePolicy policy = policy_of(
      R"("balancer": "peak-ewma", "failureAccrual": {"maxFailures": 3, "minPenalty": "2s",
         "maxPenalty": "20s", "jitter": 0.1})");
  EXPECT_EQ(policy.accrual->max_failures, 3U);
  EXPECT_EQ(policy.accrual->backoff.min, 2_s);
  EXPECT_EQ(policy.accrual->backoff.max, 20_s);
  EXPECT_EQ(policy.accrual->backoff.jitter, 0.1);
}

TEST(Policies, OfABulkheadAreANumberOrAPoolOfThreads) {
  EXPECT_EQ(policy_of(R"("bulkhead": 7)").bulkhead, 7U);
  EXPECT_EQ(policy_of(R"("bulkhead": "semaphore")").bulkhead, 25U);
  const RoutePolicy plain = policy_of(R"("bulkhead": "hystrixThreadPool")");
  EXPECT_FALSE(plain.bulkhead);
  ASSERT_TRUE(plain.thread_pool);
  EXPECT_EQ(plain.thread_pool->core_size, 10U);
  EXPECT_EQ(plain.thread_pool->max_size, 10U);
  EXPECT_FALSE(plain.thread_pool->queue_capacity) << "nobody waits";
  const RoutePolicy queue =
      policy_of(R"("bulkhead": {"hystrixThreadPool": {"coreSize": 4, "maxQueueSize": 20}})");
  EXPECT_EQ(queue.thread_pool->max_size, 4U);
  EXPECT_EQ(queue.thread_pool->queue_capacity, 20U);
  EXPECT_EQ(queue.thread_pool->queue_rejection_threshold, 5U);
  const RoutePolicy four =
      policy_of(R"("bulkhead": {"resilience4jThreadPool": {"maxSize": 4, "queueCapacity": 0}})");
  EXPECT_EQ(four.thread_pool->core_size, 3U);
  EXPECT_EQ(four.thread_pool->queue_capacity, 0U);
  EXPECT_EQ(four.thread_pool->keep_alive, 20_ms);
}

TEST(Policies, OfAdmissionControlAreEnvoysUnlessTheySayOtherwise) {
  const RoutePolicy plain = policy_of(R"("admissionControl": {})");
  ASSERT_TRUE(plain.admission);
  EXPECT_EQ(plain.admission->sampling_window, 30_s);
  EXPECT_EQ(plain.admission->success_rate_threshold, 95);
  EXPECT_EQ(plain.admission->max_rejection_probability, 80);
  const RoutePolicy policy = policy_of(
      R"("admissionControl": {"samplingWindow": "5s", "successRateThreshold": "50%",
         "aggression": 2, "rpsThreshold": 10, "maxRejectionProbability": "100%"})");
  EXPECT_EQ(policy.admission->sampling_window, 5_s);
  EXPECT_EQ(policy.admission->success_rate_threshold, 50);
  EXPECT_EQ(policy.admission->aggression, 2);
  EXPECT_EQ(policy.admission->rps_threshold, 10U);
  EXPECT_EQ(policy.admission->max_rejection_probability, 100);
}

struct Wrong {
  const char* policies;
  const char* pointer;
  const char* expected;  ///< A part of it.
};

class WrongPolicy : public testing::TestWithParam<Wrong> {};

TEST_P(WrongPolicy, IsNamedAtItsPlace) {
  const ScenarioReading reading = read(GetParam().policies);
  ASSERT_FALSE(reading.scenario);
  const std::string text = text_of(reading.problems);
  EXPECT_NE(text.find(GetParam().pointer), std::string::npos) << text;
  EXPECT_NE(text.find(GetParam().expected), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongPolicy,
    testing::Values(
        Wrong{"{}", "/policies", "a list of policies"},
        Wrong{"[{}]", "/policies/0", "the service that is called"},
        Wrong{R"([{"to": "webb"}])", "/policies/0/to", "web"},
        Wrong{R"([{"to": []}])", "/policies/0/to", "at least one service"},
        Wrong{R"([{"to": "web", "from": "web"}])", "/policies/0/from", "never calls it"},
        Wrong{R"([{"to": "web"}, {"to": "web", "from": "clients"}])", "/policies/1/to",
              "one policy for the calls"},
        Wrong{R"([{"to": "web", "timeouts": "1s"}])", "/policies/0", "timeout"},
        Wrong{R"([{"to": "web", "timeout": 1}])", "/policies/0/timeout", "a duration"},
        Wrong{R"([{"to": "web", "retries": {"attempts": -1}}])", "/policies/0/retries/attempts",
              "a whole number from 0"},
        Wrong{R"([{"to": "web", "retries": {"on": ["500"]}}])", "/policies/0/retries/on/0",
              "a condition"},
        Wrong{R"([{"to": "web", "retries": {"backoff": "envoi"}}])", "/policies/0/retries/backoff",
              "envoy"},
        Wrong{R"([{"to": "web", "retries": {"backoff": {"envoy": {"base": "1s", "max": "1ms"}}}}])",
              "/policies/0/retries/backoff", "base <= max"},
        Wrong{R"([{"to": "web", "retries": {"backoff": {"aws": {"jitter": "some"}}}}])",
              "/policies/0/retries/backoff/aws/jitter", "decorrelated"},
        Wrong{R"([{"to": "web", "retries": {"limit": {"linkerd": {"ttl": "100ms"}}}}])",
              "/policies/0/retries/limit", "a ttl from 1 s to 60 s"},
        Wrong{R"([{"to": "web", "retries": {"limit": {"envoy": {"minConcurrency": 1}}}}])",
              "/policies/0/retries/limit/envoy/minConcurrency", "budgetPercent"},
        Wrong{R"([{"to": "web", "hedging": {}}])", "/policies/0/hedging", "how many tries"},
        Wrong{R"([{"to": "web", "hedging": {"maxAttempts": 1}}])",
              "/policies/0/hedging/maxAttempts", "a whole number from 2"},
        Wrong{R"([{"to": "web", "hedging": {"maxAttempts": 2, "nonFatalStatusCodes": ["503"]}}])",
              "/policies/0/hedging/nonFatalStatusCodes/0", "UNAVAILABLE"},
        Wrong{R"([{"to": "web", "hedging": {"maxAttempts": 2, "throttle": {"maxTokens": 0}}}])",
              "/policies/0/hedging/throttle/maxTokens", "a whole number from 1"},
        Wrong{R"([{"to": "web", "hedging": {"maxAttempts": 2}, "retries": {}}])",
              "/policies/0/hedging", "or \"retries\""},
        Wrong{R"([{"to": "web", "hedging": {"maxAttempts": 2}, "perTryTimeout": "1s"}])",
              "/policies/0/hedging", "or \"perTryTimeout\""},
        Wrong{R"([{"to": "web", "breaker": {"hystrix": {}, "resilience4j": {}}}])",
              "/policies/0/breaker", "hystrix or resilience4j"},
        Wrong{R"([{"to": "web", "breaker": {"hystrix": {"healthInterval": "3s"}}}])",
              "/policies/0/breaker/hystrix", "whole healthIntervals"},
        Wrong{R"([{"to": "web", "breaker": {"resilience4j": {"failureRate": "0%"}}}])",
              "/policies/0/breaker/resilience4j/failureRate", "above 0%"},
        Wrong{R"([{"to": "web", "rateLimit": {"fillInterval": "1ms"}}])",
              "/policies/0/rateLimit/fillInterval", "50ms or more"},
        Wrong{R"([{"to": "web", "bulkhead": 0}])", "/policies/0/bulkhead", "a whole number from 1"},
        Wrong{R"([{"to": "web", "balancer": {"random": {"seed": 1}}}])",
              "/policies/0/balancer/random", "seed"},
        Wrong{R"([{"to": "web", "balancer": {"peak-ewma": {"decay": "0s"}}}])",
              "/policies/0/balancer", "a decay above 0s"},
        Wrong{R"([{"to": "web", "balancer": {"pick-first": {"shuffle": 1}}}])",
              "/policies/0/balancer/pick-first/shuffle", "true or false"},
        Wrong{R"([{"to": "web", "balancer": {"ring-hash": {"minRingSize": 9, "maxRingSize": 8}}}])",
              "/policies/0/balancer/ring-hash", "minRingSize <= maxRingSize"},
        Wrong{R"([{"to": "web", "balancer": {"ring-hash": {"minRingSize": 0}}}])",
              "/policies/0/balancer/ring-hash/minRingSize", "a whole number from 1"},
        Wrong{R"([{"to": "web", "balancer": {"ring-hash": {"key": "header"}}}])",
              "/policies/0/balancer/ring-hash/key", "user, session or path"},
        Wrong{R"([{"to": "web", "balancer": {"maglev": {"tableSize": 1000}}}])",
              "/policies/0/balancer/maglev/tableSize", "a prime number"},
        Wrong{R"([{"to": "web", "balancer": {"maglev": {"boundedLoad": 99}}}])",
              "/policies/0/balancer/maglev/boundedLoad", "a whole number from 100"},
        Wrong{R"([{"to": "web", "balancer": "maglev", "weights": {"web:1": 0}}])",
              "/policies/0/weights/web:1", "a number from 0.001"},
        Wrong{R"([{"to": "web", "balancer": "maglev", "weights": 3}])", "/policies/0/weights",
              "an object of weights"},
        Wrong{R"([{"to": "web", "balancer": "round-robin", "slowStart": {}}])",
              "/policies/0/slowStart", "how long a new pod"},
        Wrong{R"([{"to": "web", "balancer": "round-robin", "slowStart": {"window": "0s"}}])",
              "/policies/0/slowStart", "a window above 0s"},
        Wrong{R"([{"to": "web", "balancer": "round-robin", "slowStart": {"window": "1s",
               "minWeight": "0%"}}])",
              "/policies/0/slowStart/minWeight", "above 0%"},
        Wrong{R"([{"to": "web", "balancer": "round-robin", "slowStart": {"window": "1s",
               "aggression": 0}}])",
              "/policies/0/slowStart/aggression", "a number from 0.001"},
        Wrong{R"([{"to": "web", "balancer": "random", "slowStart": {"window": "1s"}}])",
              "/policies/0/slowStart", "round-robin or least-request"},
        Wrong{R"([{"to": "web", "balancer": "random", "locality": "near"}])",
              "/policies/0/locality", "zone-aware or failover"},
        Wrong{
            R"([{"to": "web", "balancer": "random", "locality": {"zone-aware": {"minPods": -1}}}])",
            "/policies/0/locality/zone-aware/minPods", "a whole number from 0"},
        Wrong{R"([{"to": "web", "balancer": "random",
               "locality": {"failover": {"overprovisioning": 99}}}])",
              "/policies/0/locality/failover/overprovisioning", "a whole number from 100"},
        Wrong{R"([{"to": "web", "balancer": "maglev", "locality": "failover"}])",
              "/policies/0/locality", "random, round-robin or least-request"},
        Wrong{R"([{"to": "web", "failureAccrual": {}}])", "/policies/0/failureAccrual",
              "\"balancer\" beside it"},
        Wrong{R"([{"to": "web", "balancer": "pick-first", "failureAccrual": {}}])",
              "/policies/0/failureAccrual", "not pick-first"},
        Wrong{R"([{"to": "web", "balancer": "random", "failureAccrual": {"maxFailures": 0}}])",
              "/policies/0/failureAccrual/maxFailures", "a whole number from 1"},
        Wrong{R"([{"to": "web", "balancer": "random", "failureAccrual": {"minPenalty": "0s"}}])",
              "/policies/0/failureAccrual", "0s < minPenalty <= maxPenalty"},
        Wrong{R"([{"to": "web", "balancer": "random", "failureAccrual": {"maxPenalty": "1ms"}}])",
              "/policies/0/failureAccrual", "0s < minPenalty <= maxPenalty"},
        Wrong{R"([{"to": "web", "locality": "failover"}])", "/policies/0/locality",
              "random, round-robin or least-request"},
        Wrong{R"([{"to": "web", "balancer": "random", "weights": {"web:1": 2}}])",
              "/policies/0/weights", "that weighs pods"},
        Wrong{R"([{"to": "web", "outlierDetection": {}}])", "/policies/0/outlierDetection",
              "\"balancer\" beside it"},
        Wrong{R"([{"to": "web", "balancer": "random", "outlierDetection": {"interval": "0s"}}])",
              "/policies/0/outlierDetection", "an interval above 0s"},
        Wrong{
            R"([{"to": "web", "balancer": "random", "outlierDetection": {"ejectionLimit": "x"}}])",
            "/policies/0/outlierDetection/ejectionLimit", "after-or-first"},
        Wrong{R"([{"to": "web", "balancer": "random", "healthCheck": {"interval": "1s"}}])",
              "/policies/0/healthCheck", "timeout"},
        Wrong{R"([{"to": "web", "balancer": "random", "healthCheck": {"interval": "0s",
                  "timeout": "1s", "unhealthyThreshold": 1, "healthyThreshold": 1}}])",
              "/policies/0/healthCheck/interval", "above 0s"},
        Wrong{R"([{"to": "web", "healthCheck": {"interval": "1s",
                  "timeout": "1s", "unhealthyThreshold": 1, "healthyThreshold": 1}}])",
              "/policies/0/healthCheck", "\"balancer\" beside it"},
        Wrong{R"([{"to": "web", "fallback": "other"}])", "/policies/0/fallback",
              "static, cached or service"},
        Wrong{R"([{"to": "web", "fallback": "service"}])", "/policies/0/fallback",
              "called instead"},
        Wrong{R"([{"to": "web", "fallback": {"service": {}}}])", "/policies/0/fallback/service",
              "called instead"},
        Wrong{R"([{"to": "web", "fallback": {"service": {"to": "webb"}}}])",
              "/policies/0/fallback/service/to", "web"},
        Wrong{R"([{"to": "web", "fallback": {"service": {"to": "web"}}}])", "/policies/0/fallback",
              "another service than"},
        Wrong{R"([{"to": "web", "fallback": {"service": {"to": "web", "maxConcurrent": 0}}}])",
              "/policies/0/fallback/service/maxConcurrent", "a whole number from 1"},
        Wrong{R"([{"to": "web", "bulkhead": "threads"}])", "/policies/0/bulkhead",
              "hystrixThreadPool"},
        Wrong{R"([{"to": "web", "bulkhead": {"semaphore": {"maxConcurrentCalls": 0}}}])",
              "/policies/0/bulkhead/semaphore/maxConcurrentCalls", "a whole number from 1"},
        Wrong{R"([{"to": "web", "bulkhead": {"hystrixThreadPool": {"coreSize": 0}}}])",
              "/policies/0/bulkhead/hystrixThreadPool/coreSize", "a whole number from 1"},
        Wrong{R"([{"to": "web", "bulkhead": {"hystrixThreadPool": {"maxQueueSize": -2}}}])",
              "/policies/0/bulkhead/hystrixThreadPool/maxQueueSize", "a whole number from -1"},
        Wrong{R"([{"to": "web", "bulkhead": {"hystrixThreadPool":
                  {"queueSizeRejectionThreshold": 3}}}])",
              "/policies/0/bulkhead/hystrixThreadPool/queueSizeRejectionThreshold", "maxQueueSize"},
        Wrong{R"([{"to": "web", "bulkhead": "resilience4jThreadPool"}])", "/policies/0/bulkhead",
              "maxSize"},
        Wrong{R"([{"to": "web", "bulkhead": {"resilience4jThreadPool": {"queueCapacity": 1}}}])",
              "/policies/0/bulkhead/resilience4jThreadPool", "threads at most"},
        Wrong{R"([{"to": "web", "bulkhead": {"resilience4jThreadPool":
                  {"maxSize": 2, "coreSize": 3}}}])",
              "/policies/0/bulkhead/resilience4jThreadPool/coreSize", "no more than"},
        Wrong{R"([{"to": "web", "admissionControl": {"samplingWindow": "999ms"}}])",
              "/policies/0/admissionControl/samplingWindow", "1s or more"},
        Wrong{R"([{"to": "web", "admissionControl": {"successRateThreshold": "0%"}}])",
              "/policies/0/admissionControl/successRateThreshold", "above 0%"},
        Wrong{R"([{"to": "web", "admissionControl": {"maxRejectionProbability": "101%"}}])",
              "/policies/0/admissionControl/maxRejectionProbability", "percent"},
        Wrong{R"([{"to": "web", "admissionControl": {"aggression": 0.5}}])",
              "/policies/0/admissionControl/aggression", "a number from 1"},
        Wrong{R"([{"to": "web", "admissionControl": {"rpsThreshold": -1}}])",
              "/policies/0/admissionControl/rpsThreshold", "a whole number from 0"},
        Wrong{R"([{"to": "web", "globalRateLimit": "visits"}])", "/policies/0/globalRateLimit",
              "rateLimits"},
        Wrong{R"([{"to": "web", "globalRateLimit": {"timeout": "1s"}}])",
              "/policies/0/globalRateLimit", "the name of one"},
        Wrong{R"([{"to": "web", "globalRateLimit": {"limit": "visits", "timeout": "0s"}}])",
              "/policies/0/globalRateLimit/timeout", "above 0"},
        Wrong{R"([{"to": "web", "globalRateLimit": {"limit": "visits", "failureModeDeny": 1}}])",
              "/policies/0/globalRateLimit/failureModeDeny", "true or false"},
        Wrong{R"([{"to": "web", "connectionPool": {"maxConnections": 0}}])",
              "/policies/0/connectionPool/maxConnections", "a whole number from 1"}));

// --- Policies that change
// -------------------------------------------------------------------------

ScenarioReading read_changes(const std::string& entries, const std::string& policies = "[]") {
  return read_scenario_text(scenario_with(policies), "policies.json", "",
                            {{"/timeline", "[" + entries + "]"}});
}

const PolicyAction& change(const ScenarioReading& reading, std::size_t entry) {
  return std::get<PolicyAction>(reading.scenario->timeline.at(entry).action);
}

TEST(ChangedPolicies, AreLaidOverWhatIsInForceInTheOrderOfTime) {
  const ScenarioReading reading = read_changes(
      R"({"id": "later", "at": "20s", "policy": {"to": "web", "timeout": "3s"}},
         {"id": "first", "at": "10s", "policy": {"to": "web", "perTryTimeout": "1s"}})",
      R"([{"to": "web", "timeout": "2s", "retries": {"attempts": 4}}])");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const Way way{"", "default/web"};
  EXPECT_EQ(reading.scenario->policies.at(way).timeouts.overall, 2_s);
  const RoutePolicy& first = change(reading, 0).policies.at(way);
  EXPECT_EQ(first.timeouts.overall, 2_s);
  EXPECT_EQ(first.timeouts.per_try, 1_s);
  EXPECT_EQ(first.retry.retries, 4U);
  EXPECT_EQ(change(reading, 0).keys, std::vector<std::string>{"perTryTimeout"});
  const RoutePolicy& later = change(reading, 1).policies.at(way);
  EXPECT_EQ(later.timeouts.overall, 3_s);
  EXPECT_EQ(later.timeouts.per_try, 1_s) << "it stays";
}

TEST(ChangedPolicies, OfRetriesTakeThePlaceOfHedging) {
  const char* hedged = R"([{"to": "web", "hedging": {"maxAttempts": 3}}])";
  const ScenarioReading reading = read_changes(
      R"({"id": "now", "at": "10s", "policy": {"to": "web", "retries": {"attempts": 1}}})", hedged);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const RoutePolicy& policy = change(reading, 0).policies.begin()->second;
  EXPECT_FALSE(policy.hedging);
  EXPECT_EQ(policy.retry.retries, 1U);
  const ScenarioReading wrong = read_changes(
      R"({"id": "now", "at": "10s", "policy": {"to": "web", "perTryTimeout": "1s"}})", hedged);
  ASSERT_EQ(wrong.problems.size(), 1U);
  EXPECT_EQ(wrong.problems[0].where.pointer, "/timeline/0/policy/perTryTimeout");
  EXPECT_EQ(wrong.problems[0].found, "calls that are hedged");
}

TEST(ChangedPolicies, OfABalancerGoWithWhatIsInForce) {
  const auto problems = [](const char* balancer, const char* in_force) {
    return read_changes(
               R"({"id": "now", "at": "10s", "policy": {"to": "web", "balancer": ")" +
                   std::string{balancer} + "\"}}",
               R"([{"to": "web", "balancer": "round-robin", )" + std::string{in_force} + "}]")
        .problems;
  };
  const char* starts = R"("slowStart": {"window": "5s"})";
  const char* checks = R"("healthCheck": {"interval": "5s", "timeout": "1s",
                          "unhealthyThreshold": 3, "healthyThreshold": 2})";
  EXPECT_TRUE(problems("least-request", starts).empty());
  EXPECT_TRUE(problems("random", checks).empty());
  for (const auto& wrong : {problems("random", starts), problems("pick-first", checks)}) {
    ASSERT_EQ(wrong.size(), 1U) << text_of(wrong);
    EXPECT_EQ(wrong[0].where.pointer, "/timeline/0/policy/balancer");
    EXPECT_TRUE(wrong[0].expected.starts_with("one that goes with the")) << wrong[0].expected;
  }
}

TEST(ChangedPolicies, OfSeveralWaysAreToldOnceWhatIsWrong) {
  const std::string text = R"({
  "format": 1, "name": "two callers", "duration": "60s",
  "manifests": ["tests/fuzz/beside/web.yaml", "tests/fuzz/beside/traffic.yaml"],
  "cluster": {"nodes": 1},
  "services": {"web": {"operations": {"get": {"calls": ["db"]}}}},
  "journeys": {"visit": ["web"], "look": ["db"]},
  "load": [{"poisson": "1/s"}],
  "timeline": [{"id": "now", "at": "10s", "policy": {"to": "db", "globalRateLimit": "visits"}}]})";
  const ScenarioReading reading = read_scenario_text(text, "two.json", "");
  const auto told = std::count_if(
      reading.problems.begin(), reading.problems.end(), [](const api::Problem& problem) {
        return problem.expected.find("while the run goes on") != std::string::npos;
      });
  EXPECT_EQ(told, 1) << text_of(reading.problems);
}

TEST(ChangedPolicies, OfCallsWithoutOneChangeAnEmptyOne) {
  const ScenarioReading reading =
      read_changes(R"({"id": "now", "at": "10s", "policy": {"to": "web", "timeout": "3s"}})");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  ASSERT_EQ(reading.scenario->policies.size(), 1U);
  EXPECT_EQ(reading.scenario->policies.begin()->second.timeouts.overall, Duration{});
  EXPECT_EQ(change(reading, 0).policies.begin()->second.timeouts.overall, 3_s);
}

class ChangesThatAreWrong : public testing::TestWithParam<Wrong> {};

TEST_P(ChangesThatAreWrong, AreNamedWithTheirPlace) {
  const ScenarioReading reading =
      read_changes(std::string{R"({"id": "now", "at": "10s", )"} + GetParam().policies + "}");
  EXPECT_FALSE(reading.scenario);
  EXPECT_TRUE(std::any_of(reading.problems.begin(), reading.problems.end(),
                          [](const api::Problem& problem) {
                            return problem.where.pointer == GetParam().pointer &&
                                   problem.expected.find(GetParam().expected) != std::string::npos;
                          }))
      << text_of(reading.problems);
}

INSTANTIATE_TEST_SUITE_P(
    Policies, ChangesThatAreWrong,
    testing::Values(
        Wrong{R"("policy": {"to": "web"})", "/timeline/0/policy", "something that changes"},
        Wrong{R"("policy": [])", "/timeline/0/policy", "object"},
        Wrong{R"("policy": {"timeout": "1s"})", "/timeline/0/policy", "\"to\""},
        Wrong{R"("policy": {"to": "wab", "timeout": "1s"})", "/timeline/0/policy/to", "Service"},
        Wrong{R"("policy": {"to": "web", "timeout": 1})", "/timeline/0/policy/timeout", "duration"},
        Wrong{R"("policy": {"to": "web", "timeout": "1s"}, "for": "3s")", "/timeline/0/for",
              "only beside"},
        Wrong{R"("policy": {"to": "web", "timeout": "1s"}, "cordon": "Node/node-1")", "/timeline/0",
              "one of"},
        Wrong{R"("policy": {"to": "web", "globalRateLimit": "visits"})",
              "/timeline/0/policy/globalRateLimit", "while the run goes on"},
        Wrong{R"("policy": {"to": "web", "balancer": "random", "healthCheck":
                 {"interval": "5s", "timeout": "1s", "unhealthyThreshold": 3, "healthyThreshold": 2,
                  "path": "get"}})",
              "/timeline/0/policy/healthCheck", "while the run goes on"},
        Wrong{R"("policy": {"to": "web", "fallback": {"service": {"to": "web"}}})",
              "/timeline/0/policy/fallback", "while the run goes on"},
        Wrong{R"("policy": {"to": "web", "slowStart": {"window": "5s"}})",
              "/timeline/0/policy/slowStart", "balancer"}));

}  // namespace
}  // namespace orrery::scenario
