/// @file
/// What Istio's rules become for the calls of a scenario: who has a sidecar, which rule holds for a
/// call, what it says with Istio's defaults, and what the scenario's own policies do to that.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <variant>
#include <vector>

#include "runner/scenario/check.h"
#include "runner/scenario/istio_rules.h"
#include "tests/scenario/scenario_text.h"
#include "tests/support/temporary_folder.h"

namespace orrery::scenario {
namespace {

using namespace resilience;
using namespace orrery::literals;

const std::string kSidecar = "sidecar.istio.io/inject: \"true\"";

std::string workload(const std::string& name, const std::string& labels, const std::string& port) {
  return fmt::format(R"(apiVersion: v1
kind: Service
metadata: {{name: {0}}}
spec: {{selector: {{app: {0}}}, ports: [{{name: "{2}", port: 80}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}}}
spec:
  selector: {{matchLabels: {{app: {0}}}}}
  template:
    metadata: {{labels: {{app: {0}, {1}}}}}
    spec: {{containers: [{{name: main, image: "web:1"}}]}}
---
)",
                     name, labels, port);
}

std::string rule(const std::string& kind, const std::string& name, const std::string& spec,
                 const std::string& space = "default") {
  return fmt::format(
      "apiVersion: networking.istio.io/v1\nkind: {}\nmetadata: {{name: {}, namespace: {}}}\n"
      "spec: {{{}}}\n---\n",
      kind, name, space, spec);
}

std::string destination(const std::string& policy) {
  return rule("DestinationRule", "back", "host: back, trafficPolicy: {" + policy + "}");
}

std::string service(const std::string& route) {
  return rule("VirtualService", "back",
              "hosts: [back], http: [{route: [{destination: {host: back}}], " + route + "}]");
}

/// What differs from clients that call a front with a sidecar, which calls a back.
struct World {
  std::string rules;
  std::string front_labels = kSidecar;
  std::string back_port = "http";
  std::string policies = "[]";
  std::vector<std::string> applied = {};  ///< The files later-0.yaml and so on.
  std::string timeline = {};              ///< Its entries; empty: the files in turn from 10 s on.
};

ScenarioReading read(const World& world) {
  const tests::TemporaryFolder folder;
  std::ofstream{folder.file("m.yaml")} << workload("front", world.front_labels, "http")
                                       << workload("back", "version: v1", world.back_port)
                                       << world.rules;
  std::string timeline;
  for (std::size_t i = 0; i < world.applied.size(); ++i) {
    const std::string file = fmt::format("later-{}.yaml", i);
    std::ofstream{folder.file(file)} << world.applied[i];
    timeline += fmt::format(R"({}{{"id": "a{}", "at": "{}s", "apply": ["{}"]}})",
                            i == 0 ? "" : ", ", i, 10 * (i + 1), file);
  }
  if (!world.timeline.empty()) timeline = world.timeline;
  return read_scenario_text(
      R"({"format": 1, "name": "istio", "duration": "60s", "manifests": ["m.yaml"], "cluster": {"nodes": 1},
          "services": {"front": {"operations": {"get": {"cpu": "1ms", "calls": ["back:get"]}}},
                       "back": {"operations": {"get": {"cpu": "1ms"}}}},
          "journeys": {"visit": ["front"]}, "load": [{"poisson": "1/s"}], "policies": )" +
          world.policies + R"(, "timeline": [)" + timeline + "]}",
      "istio.json", folder.path());
}

const Way kCall{"default/front", "default/back"};

RoutePolicy policy_of(const World& world) {
  const ScenarioReading reading = read(world);
  EXPECT_TRUE(reading.scenario) << text_of(reading.problems);
  if (!reading.scenario || !reading.scenario->policies.contains(kCall)) return {};
  return reading.scenario->policies.at(kCall);
}

std::vector<std::string> notes_of(const World& world) {
  const ScenarioReading reading = read(world);
  EXPECT_TRUE(reading.scenario) << text_of(reading.problems);
  std::vector<std::string> notes;
  if (!reading.scenario) return notes;
  for (const api::NotModelled& one : without_effect(*reading.scenario)) notes.push_back(one.what);
  return notes;
}

using Notes = std::vector<std::string>;

/// What is changed, in words.
Notes keys_of(const RuleChange& change) {
  Notes words;
  for (const ChangedKey& key : change.keys) words.push_back(key.words);
  return words;
}

TEST(IstioPolicies, OfACallerWithASidecarAreIstiosDefaultsWithoutAnyRule) {
  const RoutePolicy policy = policy_of({});
  EXPECT_EQ(policy.timeouts.overall, Duration{}) << "no route timeout";
  EXPECT_EQ(policy.timeouts.connect, 10_s);
  EXPECT_TRUE(std::holds_alternative<LeastRequestConfig>(*policy.balancer));
  EXPECT_EQ(policy.retry.retries, 2U);
  EXPECT_TRUE(policy.retry.on.has(RetryOn::ConnectFailure));
  EXPECT_FALSE(policy.retry.on.has(RetryOn::Status5xx));
  EXPECT_EQ(policy.retry.retriable_codes, StatusCodes{}) << "503 was in it before 1.24";
  EXPECT_TRUE(policy.retry.avoids_previous_hosts);
  EXPECT_EQ(policy.retry.host_reselection_max, 5U);
  EXPECT_EQ(std::get<EnvoyBackoff>(policy.backoff).base, 25_ms);
  EXPECT_FALSE(policy.retry_limit || policy.pool || policy.outliers) << "Istio lifts the limits";
}

TEST(IstioPolicies, AreOfNobodyWithoutASidecar) {
  World world;
  world.front_labels = "a: b";
  world.rules = destination("loadBalancer: {simple: RANDOM}") + service("timeout: 1s");
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_TRUE(reading.scenario->policies.empty());
  EXPECT_EQ(notes_of(world), (Notes{"DestinationRule/back: no caller of its host has a sidecar",
                                    "VirtualService/back: no caller of its host has a sidecar"}));
}

TEST(IstioPolicies, OfClientsOutsideAreThoseOfTheGatewayThatLeadsThemIn) {
  World world;
  world.rules = rule("VirtualService", "edge",
                     "hosts: [\"*\"], gateways: [edge], http: [{match: [{uri: {prefix: /shop}}], "
                     "route: [{destination: {host: front}}], timeout: 3s}]");
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(reading.scenario->policies.at({"", "default/front"}).timeouts.overall, 3_s);
  EXPECT_FALSE(read({}).scenario->policies.contains({"", "default/front"}));
}

struct Sidecar {
  const char* name;
  api::Labels labels;
  api::Labels annotations;
  api::Labels space;
  bool injected;
};

class SidecarRule : public testing::TestWithParam<Sidecar> {};

/// Source: Istio's injection rules: a "disabled" anywhere wins, then any "enabled"; the pod's
/// annotation is looked at where its namespace is labelled.
TEST_P(SidecarRule, DecidesByLabelsOfPodAndNamespace) {
  const Sidecar& c = GetParam();
  const api::PodSpec spec;
  EXPECT_EQ(has_sidecar({&spec, &c.labels, &c.annotations}, c.space), c.injected);
}

const api::Labels kOn{{"istio-injection", "enabled"}};
const api::Labels kOff{{"istio-injection", "disabled"}};
const char* const kInject = "sidecar.istio.io/inject";

INSTANTIATE_TEST_SUITE_P(
    Table, SidecarRule,
    testing::Values(
        Sidecar{"Nothing", {}, {}, {}, false}, Sidecar{"NamespaceEnabled", {}, {}, kOn, true},
        Sidecar{"NamespaceOfARevision", {}, {}, {{"istio.io/rev", "canary"}}, true},
        Sidecar{"NamespaceDisabledAgainstRevision",
                {},
                {},
                {{"istio-injection", "disabled"}, {"istio.io/rev", "canary"}},
                false},
        Sidecar{"PodAlone", {{kInject, "true"}}, {}, {}, true},
        Sidecar{"PodOfARevision", {{"istio.io/rev", "canary"}}, {}, {}, true},
        Sidecar{"PodAgainstNamespace", {{kInject, "false"}}, {}, kOn, false},
        Sidecar{"NamespaceAgainstPod", {{kInject, "true"}}, {}, kOff, false},
        Sidecar{"AnnotationAgainstNamespace", {}, {{kInject, "false"}}, kOn, false},
        Sidecar{"AnnotationAlone", {}, {{kInject, "true"}}, {}, false},
        Sidecar{"LabelBeforeAnnotation", {{kInject, "true"}}, {{kInject, "false"}}, kOn, true}),
    [](const auto& test) { return test.param.name; });

TEST(SidecarRule, SeesAProxyInTheTemplateAndNoneInPodsOfTheHostsNetwork) {
  const api::Labels none;
  api::PodSpec spec;
  spec.containers.emplace_back().name = "istio-proxy";
  EXPECT_TRUE(has_sidecar({&spec, &none, &none}, none));
  spec.containers.front().name = "main";
  spec.host_network = true;
  EXPECT_FALSE(has_sidecar({&spec, &none, &none}, kOn));
}

struct Host {
  const char* host;
  const char* space;
  std::optional<std::size_t> nearness;
};

TEST(IstioHost, IsFoundByShortNameInItsNamespaceByFullNameAndByWildcard) {
  constexpr std::size_t kExact = std::string::npos;
  const std::string name = full_name({"shop", "web", 80});
  const std::vector<Host> cases{{"web", "shop", kExact},
                                {"web", "other", {}},
                                {"web.shop.svc.cluster.local", "other", kExact},
                                {"web.shop", "shop", {}},  // A dot: as it stands.
                                {"*", "other", 0},
                                {"*.local", "other", 6},
                                {"*.shop.svc.cluster.local", "other", 23},
                                {"*.other.svc.cluster.local", "other", {}},
                                {"api", "shop", {}}};
  for (const Host& c : cases) {
    EXPECT_EQ(nearness(full_host(c.host, c.space), name), c.nearness) << c.host;
  }
}

TEST(IstioPolicies, OfTheNearestHostAreInForce) {
  World world;
  const auto of = [](const char* name, const char* host, const char* after) {
    return rule("VirtualService", name,
                fmt::format("hosts: [\"{}\"], http: [{{route: [{{destination: {{host: back}}}}], "
                            "timeout: {}}}]",
                            host, after));
  };
  world.rules =
      of("a", "*", "1s") + of("b", "*.default.svc.cluster.local", "2s") + of("z", "back", "3s");
  EXPECT_EQ(policy_of(world).timeouts.overall, 3_s);
  EXPECT_EQ(notes_of(world),
            (Notes{"VirtualService/a: another rule comes first for its host, or callers do not "
                   "see it",
                   "VirtualService/b: another rule comes first for its host, or callers do not "
                   "see it"}));
  world.rules = of("a", "*", "1s") + of("b", "*.default.svc.cluster.local", "2s");
  EXPECT_EQ(policy_of(world).timeouts.overall, 2_s);
}

TEST(IstioPolicies, StandInTheCallersNamespaceThenTheHostsThenTheRoot) {
  const auto of = [](const char* space, const char* balancer, const char* more = "") {
    return rule("DestinationRule", "back",
                fmt::format("host: back.default.svc.cluster.local{}, trafficPolicy: "
                            "{{loadBalancer: {{simple: {}}}}}",
                            more, balancer),
                space);
  };
  World world;
  world.rules = of("istio-system", "RANDOM");
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(*policy_of(world).balancer)) << "the root's";
  world.rules += of("default", "ROUND_ROBIN");
  EXPECT_TRUE(std::holds_alternative<RoundRobinConfig>(*policy_of(world).balancer)) << "its own";
  world.rules = of("elsewhere", "RANDOM");
  EXPECT_TRUE(std::holds_alternative<LeastRequestConfig>(*policy_of(world).balancer))
      << "a third namespace's rules are not looked at";
  world.rules = of("istio-system", "RANDOM", ", exportTo: [\".\"]");
  EXPECT_TRUE(std::holds_alternative<LeastRequestConfig>(*policy_of(world).balancer))
      << "not exported";
}

TEST(IstioPolicies, OfAVirtualServiceAreOfThoseItIsExportedTo) {
  const auto of = [](const char* to) {
    return rule(
        "VirtualService", "back",
        fmt::format("hosts: [back.default.svc.cluster.local], exportTo: [\"{}\"], http: "
                    "[{{route: [{{destination: {{host: back.default.svc.cluster.local}}}}], "
                    "timeout: 1s}}]",
                    to),
        "other");
  };
  World world;
  for (const auto& [to, after] : std::vector<std::pair<const char*, Duration>>{
           {"*", 1_s}, {"default", 1_s}, {".", {}}, {"~", {}}, {"third", {}}}) {
    world.rules = of(to);
    EXPECT_EQ(policy_of(world).timeouts.overall, after) << to;
  }
}

TEST(IstioPolicies, OfSeveralRulesForAHostAreTheFirstsByNameWithTheSubsetsOfAll) {
  World world;
  world.rules =
      rule("DestinationRule", "b", "host: back, trafficPolicy: {loadBalancer: {simple: RANDOM}}") +
      rule("DestinationRule", "a",
           "host: back, subsets: [{name: v1, labels: {version: v1}, trafficPolicy: "
           "{connectionPool: {tcp: {maxConnections: 3}}}}]") +
      rule("VirtualService", "back",
           "hosts: [back], http: [{route: [{destination: {host: back, subset: v1}}]}]");
  const RoutePolicy policy = policy_of(world);
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(*policy.balancer));
  EXPECT_EQ(policy.pool->thresholds.max_connections, 3U) << "the subset's, over the rule's";
  EXPECT_EQ(policy.pool->thresholds.max_pending_requests, UINT32_MAX) << "lifted, not Envoy's 1024";
  EXPECT_EQ(notes_of(world), Notes{}) << "all pods are in the subset";
}

TEST(IstioPolicies, OfAPortReplaceTheRulesAsAWhole) {
  World world;
  world.rules = destination(
      "loadBalancer: {simple: RANDOM}, outlierDetection: {}, "
      "portLevelSettings: [{port: {number: 80}, connectionPool: {tcp: "
      "{maxConnections: 2}}}]");
  const RoutePolicy policy = policy_of(world);
  EXPECT_TRUE(std::holds_alternative<LeastRequestConfig>(*policy.balancer)) << "not inherited";
  EXPECT_FALSE(policy.outliers);
  EXPECT_EQ(policy.pool->thresholds.max_connections, 2U);
}

TEST(IstioPolicies, OfOutliersHaveIstiosDefaults) {
  World world;
  world.rules = destination("outlierDetection: {}");
  const OutlierPolicy outliers = *policy_of(world).outliers;
  EXPECT_EQ(outliers.detection.consecutive_5xx, 5U);
  EXPECT_EQ(outliers.detection.max_ejection_percent, 10U);
  EXPECT_EQ(outliers.panic_threshold, 0U) << "minHealthPercent 0 beside a block";
  const auto enforced = [&](const OutlierPolicy& of, OutlierKind kind) {
    return of.detection.enforcing[static_cast<std::size_t>(kind)];
  };
  EXPECT_EQ(enforced(outliers, OutlierKind::ConsecutiveGatewayFailure), 0U);
  EXPECT_EQ(enforced(outliers, OutlierKind::SuccessRate), 0U);
  world.rules = destination(
      "outlierDetection: {consecutive5xxErrors: 0, consecutiveGatewayErrors: 3, "
      "baseEjectionTime: 400s, maxEjectionPercent: 50, minHealthPercent: 30, interval: 1s}");
  const OutlierPolicy other = *policy_of(world).outliers;
  EXPECT_EQ(other.detection.consecutive_5xx, 0U) << "off";
  EXPECT_EQ(other.detection.consecutive_gateway_failure, 3U);
  EXPECT_EQ(enforced(other, OutlierKind::ConsecutiveGatewayFailure), 100U);
  EXPECT_EQ(other.detection.max_ejection_time, 400_s) << "no less than the base";
  EXPECT_EQ(other.panic_threshold, 30U);
  EXPECT_EQ(other.detection.interval, 1_s);
}

TEST(IstioPolicies, OfConnectionsLimitStreamsByTheProtocolOfThePort) {
  World world;
  world.rules = destination(
      "connectionPool: {tcp: {maxConnections: 1, connectTimeout: 2s}, http: "
      "{http1MaxPendingRequests: 4, http2MaxRequests: 5}}");
  const RoutePolicy policy = policy_of(world);
  EXPECT_EQ(policy.timeouts.connect, 2_s);
  EXPECT_EQ(policy.pool->thresholds.max_pending_requests, 4U);
  EXPECT_EQ(policy.pool->thresholds.max_requests, 5U);
  EXPECT_EQ(policy.pool->streams_per_connection, 1U);
  world.back_port = "grpc-api";
  EXPECT_EQ(policy_of(world).pool->streams_per_connection, 1024U);
  world.back_port = "http";
  world.rules = destination(
      "connectionPool: {tcp: {maxConnections: 1}, http: {h2UpgradePolicy: "
      "UPGRADE, maxConcurrentStreams: 9}}");
  EXPECT_EQ(policy_of(world).pool->streams_per_connection, 9U);
}

TEST(IstioPolicies, OfRetriesHaveALimitWhereOneIsSet) {
  World world;
  world.rules = destination("connectionPool: {http: {maxRetries: 7}}");
  EXPECT_EQ(std::get<EnvoyRetryLimit>(*policy_of(world).retry_limit).max_retries, 7U);
  EXPECT_FALSE(policy_of(world).pool) << "no limit of requests";
  world.rules = destination("retryBudget: {percent: 25, minRetryConcurrency: 9}");
  const auto budget = std::get<EnvoyRetryLimit>(*policy_of(world).retry_limit).budget;
  EXPECT_EQ(budget->percent, 25.0);
  EXPECT_EQ(budget->min_retry_concurrency, 9U);
}

TEST(IstioPolicies, OfARouteStartFromIstiosRetries) {
  World world;
  world.rules = service("timeout: 4s, retries: {attempts: 5, perTryTimeout: 1s}");
  RoutePolicy policy = policy_of(world);
  EXPECT_EQ(policy.timeouts.overall, 4_s);
  EXPECT_EQ(policy.timeouts.per_try, 1_s);
  EXPECT_EQ(policy.retry.retries, 5U);
  EXPECT_TRUE(policy.retry.on.has(RetryOn::ConnectFailure)) << "the default's conditions";
  world.rules = service(
      "retries: {attempts: 1, retryOn: \"gateway-error,429\", backoff: 10ms, "
      "retryIgnorePreviousHosts: false}");
  policy = policy_of(world);
  EXPECT_EQ(policy.retry.on,
            (RetryConditions{RetryOn::GatewayError, RetryOn::RetriableStatusCodes}));
  EXPECT_TRUE(policy.retry.retriable_codes.has(429));
  EXPECT_EQ(std::get<EnvoyBackoff>(policy.backoff).base, 10_ms);
  EXPECT_EQ(std::get<EnvoyBackoff>(policy.backoff).max, 100_ms);
  EXPECT_FALSE(policy.retry.avoids_previous_hosts);
  world.rules = service("retries: {attempts: 0}");
  EXPECT_TRUE(policy_of(world).retry.on.empty()) << "0 switches the default off";
}

TEST(IstioPolicies, OfFaultsHoldCallsUpAndAbortThem) {
  World world;
  world.rules = service(
      "fault: {delay: {fixedDelay: 2s, percentage: {value: 10}}, "
      "abort: {grpcStatus: UNAVAILABLE, percentage: {value: 25}}}");
  const RoutePolicy policy = policy_of(world);
  ASSERT_TRUE(policy.injection);
  EXPECT_EQ(policy.injection->delay, 2_s);
  EXPECT_DOUBLE_EQ(policy.injection->delay_probability, 0.1);
  EXPECT_DOUBLE_EQ(policy.injection->abort_probability, 0.25);
  EXPECT_EQ(policy.injection->abort_status, 503);
  world.rules = service("timeout: 1s");
  EXPECT_FALSE(policy_of(world).injection);
}

TEST(IstioPolicies, OfHashedCallersChooseAtRandomAndMayRetryTheSameHost) {
  World world;
  const std::string hash = "loadBalancer: {consistentHash: {httpHeaderName: x-user}}";
  world.rules = destination(hash) + service("timeout: 1s");
  RoutePolicy policy = policy_of(world);
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(*policy.balancer)) << "requests have no header";
  EXPECT_FALSE(policy.retry.avoids_previous_hosts);
  world.rules = destination(hash) + service("retries: {attempts: 3}");
  EXPECT_FALSE(policy_of(world).retry.avoids_previous_hosts);
  world.rules = destination(hash);
  policy = policy_of(world);
  EXPECT_TRUE(policy.retry.avoids_previous_hosts) << "a default route is made without a look at it";
}

TEST(IstioPolicies, OfARouteThatWeighsDestinationsAvoidHostsWhateverTheyHash) {
  const std::string hash = "trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true}}}";
  const auto avoids = [&](const std::string& destinations) {
    World world;
    world.rules =
        rule("DestinationRule", "back",
             "host: back, subsets: [{name: v1, labels: {version: v1}, " + hash +
                 "}, {name: v2, labels: {version: v2}}]") +
        rule("VirtualService", "back", "hosts: [back], http: [{route: [" + destinations + "]}]");
    return policy_of(world).retry.avoids_previous_hosts;
  };
  const std::string v1 = "{destination: {host: back, subset: v1}, weight: 50}";
  const std::string v2 = "{destination: {host: back, subset: v2}, weight: 50}";
  EXPECT_FALSE(avoids(v1));
  EXPECT_TRUE(avoids(v2));
  EXPECT_TRUE(avoids(v1 + ", " + v2));
}

TEST(IstioPolicies, OfPassthroughLeaveTheChoiceToTheNode) {
  World world;
  world.rules = destination("loadBalancer: {simple: PASSTHROUGH}, outlierDetection: {}");
  EXPECT_FALSE(policy_of(world).balancer);
  EXPECT_EQ(notes_of(world), (Notes{"field outlierDetection beside simple: PASSTHROUGH"}));
}

TEST(IstioPolicies, OfAPortThatIsNotHttpHaveNoRetriesAndNoTimeouts) {
  World world;
  world.back_port = "tcp-db";
  world.rules =
      destination("outlierDetection: {}, loadBalancer: {simple: RANDOM}") + service("timeout: 1s");
  const RoutePolicy policy = policy_of(world);
  EXPECT_TRUE(policy.retry.on.empty());
  EXPECT_EQ(policy.timeouts.overall, Duration{});
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(*policy.balancer));
  EXPECT_EQ(notes_of(world),
            (Notes{"VirtualService/back: http routes to a port that is not HTTP by its name",
                   "field outlierDetection of a port that is not HTTP"}));
}

TEST(IstioPolicies, OfARouteAreThoseOfTheFirstThatSurelyFits) {
  const auto routes = [](const std::string& first_match) {
    return rule("VirtualService", "back",
                "hosts: [back], http: [{match: [" + first_match +
                    "], route: [{destination: {host: back}}], timeout: 1s}, {route: "
                    "[{destination: {host: back}}], timeout: 2s}]");
  };
  struct Case {
    const char* match;
    Duration after;
    Notes notes;
  };
  const Notes noted{"a match by what requests carry, in VirtualService/back"};
  const std::vector<Case> cases{{"{port: 80}", 1_s, {}},
                                {"{port: 81}", 2_s, {}},
                                {"{sourceLabels: {app: front}}", 1_s, {}},
                                {"{sourceLabels: {app: other}}", 2_s, {}},
                                {"{sourceNamespace: default}", 1_s, {}},
                                {"{sourceNamespace: other}", 2_s, {}},
                                {"{gateways: [mesh]}", 1_s, {}},
                                {"{gateways: [edge]}", 2_s, {}},
                                {"{uri: {prefix: /}}", 1_s, {}},
                                {"{uri: {exact: /a}}", 2_s, noted},
                                {"{method: {exact: GET}}", 2_s, noted},
                                {"{headers: {end-user: {exact: jason}}}", 2_s, noted},
                                {"{headers: {}}, {port: 80}", 1_s, {}}};
  for (const Case& c : cases) {
    World world;
    world.rules = routes(c.match);
    EXPECT_EQ(policy_of(world).timeouts.overall, c.after) << c.match;
    EXPECT_EQ(notes_of(world), c.notes) << c.match;
  }
}

TEST(IstioPolicies, NameWhatARouteAsksForBeyondTheModel) {
  struct Case {
    const char* route;
    Notes notes;
  };
  const std::string rules =
      rule("DestinationRule", "back",
           "host: back, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: "
           "v2}}]");
  const std::vector<Case> cases{
      {"{destination: {host: back, subset: v1}}", {}},
      {"{destination: {host: back, subset: v2}}", {}},
      {"{destination: {host: back, subset: v1}, weight: 90}, {destination: {host: back, subset: "
       "v2}, weight: 10}",
       {}},
      {"{destination: {host: back, subset: v1}, weight: 1}, {destination: {host: back}, weight: "
       "1}, "
       "{destination: {host: back, subset: v2}, weight: 1}",
       {}},
      {"{destination: {host: other}}", {"a route to another host, other, in VirtualService/back"}},
      {"{destination: {host: back, port: {number: 81}}}",
       {"a route to another port, 81, in VirtualService/back"}}};
  for (const Case& c : cases) {
    World world;
    world.rules = rules + rule("VirtualService", "back",
                               std::string{"hosts: [back], http: [{route: ["} + c.route + "]}]");
    EXPECT_EQ(notes_of(world), c.notes) << c.route;
  }
}

/// Calls go to these destinations; the rule and the second subset have policies, all pods are v1.
World routed_to(const std::string& route) {
  World world;
  world.rules =
      rule("DestinationRule", "back",
           "host: back, trafficPolicy: {loadBalancer: {simple: RANDOM}, connectionPool: {tcp: "
           "{maxConnections: 8, connectTimeout: 3s}}, outlierDetection: {}}, subsets: [{name: v1, "
           "labels: {version: v1}}, {name: v2, labels: {version: v2}, trafficPolicy: "
           "{connectionPool: {http: {maxRetries: 9, http1MaxPendingRequests: 5}}, "
           "outlierDetection: {consecutive5xxErrors: 2, minHealthPercent: 40}}}]") +
      rule("VirtualService", "back", "hosts: [back], http: [{route: [" + route + "]}]");
  return world;
}
std::string to_subset(const std::string& name, int weight) {
  return fmt::format("{{destination: {{host: back{}}}, weight: {}}}",
                     name.empty() ? "" : ", subset: " + name, weight);
}

TEST(IstioPolicies, OfEachSubsetAreThoseOfItsOwnCluster) {
  const World world = routed_to(to_subset("v1", 90) + ", " + to_subset("v2", 10));
  EXPECT_EQ(notes_of(world), Notes{}) << "nothing of it is left out";
  const RoutePolicy policy = policy_of(world);
  ASSERT_EQ(policy.split.size(), 2U);
  const SubsetShare& v1 = policy.split[0];
  const SubsetShare& v2 = policy.split[1];
  EXPECT_EQ(v1.name, "v1");
  EXPECT_EQ(v1.labels, (api::Labels{{"version", "v1"}}));
  EXPECT_EQ(v1.weight, 90U);
  EXPECT_EQ(v2.name, "v2");
  EXPECT_EQ(v2.labels, (api::Labels{{"version", "v2"}}));
  EXPECT_EQ(v2.weight, 10U);
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(*v1.policy.balancer)) << "the rule's";
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(*v2.policy.balancer)) << "the rule's, too";
  EXPECT_EQ(v1.policy.pool->thresholds.max_connections, 8U);
  EXPECT_EQ(v2.policy.pool->thresholds.max_connections, UINT32_MAX)
      << "a part of the subset's replaces the rule's as a whole";
  EXPECT_EQ(v2.policy.pool->thresholds.max_pending_requests, 5U);
  EXPECT_EQ(v1.policy.outliers->detection.consecutive_5xx, 5U);
  EXPECT_EQ(v2.policy.outliers->detection.consecutive_5xx, 2U);
  EXPECT_EQ(v2.policy.outliers->panic_threshold, 40U);
  EXPECT_EQ(policy.connect_timeout(0), 3_s);
  EXPECT_EQ(policy.connect_timeout(1), 10_s) << "Istio's, as the subset's part says nothing";
  EXPECT_FALSE(v1.retry_limit);
  ASSERT_TRUE(v2.retry_limit);
  EXPECT_EQ(v2.retry_limit->max_retries, 9U);
}

TEST(IstioPolicies, OfARouteSplitCallsOverSubsetsByTheLabelsOfPods) {
  const auto split_of = [](const std::string& route) { return policy_of(routed_to(route)).split; };
  EXPECT_TRUE(split_of(to_subset("v1", 1)).empty()) << "all pods are of v1";
  std::vector<SubsetShare> split = split_of(to_subset("v2", 7));
  ASSERT_EQ(split.size(), 1U) << "to nobody";
  EXPECT_EQ(split[0].weight, 1U);
  split = split_of(to_subset("v1", 1) + ", " + to_subset("", 2) + ", " + to_subset("v2", 3));
  ASSERT_EQ(split.size(), 3U) << "the pods of v1 stand in two clusters";
  EXPECT_EQ(split[1].name, "");
  EXPECT_EQ(split[1].labels, api::Labels{});
  EXPECT_EQ(split[1].weight, 2U);
  split = split_of(to_subset("v1", 1) + ", " + to_subset("v2", 3) + ", " + to_subset("v1", 4));
  ASSERT_EQ(split.size(), 2U) << "one cluster, named twice";
  EXPECT_EQ(split[0].weight, 5U);
  EXPECT_TRUE(split_of(to_subset("v1", 1) + ", " + to_subset("v2", 0)).empty()) << "never drawn";
}

TEST(IstioPolicies, OfTheOnlySubsetAreThoseOfTheCalls) {
  World world = routed_to(to_subset("v1", 1));
  EXPECT_EQ(policy_of(world).pool->thresholds.max_connections, 8U);
  EXPECT_EQ(policy_of(world).timeouts.connect, 3_s);
  world = routed_to(to_subset("v2", 1));
  EXPECT_EQ(policy_of(world).split.at(0).policy.outliers->detection.consecutive_5xx, 2U);
}

TEST(IstioPolicies, OfASubsetWithPassthroughLeaveTheChoiceToTheNode) {
  World world;
  world.rules =
      rule("DestinationRule", "back",
           "host: back, trafficPolicy: {outlierDetection: {}}, subsets: [{name: v1, labels: "
           "{version: v1}}, {name: v2, labels: {version: v2}, trafficPolicy: {loadBalancer: "
           "{simple: PASSTHROUGH}}}]") +
      rule("VirtualService", "back",
           "hosts: [back], http: [{route: [" + to_subset("v1", 1) + ", " + to_subset("v2", 1) +
               "]}]");
  const RoutePolicy policy = policy_of(world);
  ASSERT_EQ(policy.split.size(), 2U);
  EXPECT_TRUE(policy.split[0].policy.balancer && policy.split[0].policy.outliers);
  EXPECT_FALSE(policy.split[1].policy.balancer || policy.split[1].policy.outliers);
  EXPECT_EQ(notes_of(world), (Notes{"field outlierDetection beside simple: PASSTHROUGH"}));
}

TEST(IstioPolicies, OfSubsetsGiveWayToTheScenariosKeyByKey) {
  World world = routed_to(to_subset("v1", 1) + ", " + to_subset("v2", 1));
  world.policies = R"([{"from": "front", "to": "back", "balancer": "peak-ewma",
      "outlierDetection": {"consecutive5xx": 3}, "connectTimeout": "1s",
      "retries": {"attempts": 1}}])";
  const RoutePolicy policy = policy_of(world);
  ASSERT_EQ(policy.split.size(), 2U);
  for (const std::uint32_t number : {0U, 1U}) {
    const SubsetShare& share = policy.split[number];
    EXPECT_TRUE(std::holds_alternative<PeakEwmaConfig>(*share.policy.balancer)) << number;
    EXPECT_EQ(share.policy.outliers->detection.consecutive_5xx, 3U) << number;
    EXPECT_EQ(policy.connect_timeout(number), 1_s) << number;
    EXPECT_FALSE(share.retry_limit) << "the scenario's retries have none";
    EXPECT_TRUE(share.policy.pool) << "Istio's, as the scenario says nothing";
  }
  const ScenarioReading reading = read(world);
  for (const auto& [key, origin] : reading.policies.at(kCall)) {
    EXPECT_FALSE(key.starts_with("outlierDetection of") || key.starts_with("retries.limit")) << key;
  }
}

TEST(IstioPolicies, OfSubsetsAreExplainedWhereTheyDiffer) {
  const ScenarioReading reading =
      read(routed_to(to_subset("v1", 1) + ", " + to_subset("v2", 1) + ", " + to_subset("", 1)));
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const PolicyOrigins& origins = reading.policies.at(kCall);
  EXPECT_EQ(origins.at("balancer").where.pointer, "/spec/trafficPolicy/loadBalancer");
  EXPECT_EQ(origins.at("outlierDetection of subset v2").where.pointer,
            "/spec/subsets/1/trafficPolicy/outlierDetection");
  EXPECT_EQ(origins.at("outlierDetection of subset v1").where.pointer,
            "/spec/trafficPolicy/outlierDetection");
  EXPECT_EQ(origins.at("outlierDetection of no subset"),
            origins.at("outlierDetection of subset v1"));
  EXPECT_FALSE(origins.contains("outlierDetection"));
  EXPECT_TRUE(origins.contains("retries.limit of subset v2"));
  EXPECT_FALSE(origins.contains("retries.limit of subset v1"));
  EXPECT_EQ(origins.at("route").rule, "VirtualService/back");
}

TEST(IstioPolicies, OfASplitNeedBalancersForWhatIsSaidBesideThemAndNoLocality) {
  World world = routed_to(to_subset("v1", 1) + ", " + to_subset("v2", 1));
  const auto expected = [&](const std::string& policy) {
    world.policies = R"([{"from": "front", "to": "back", )" + policy + "}]";
    std::vector<std::string> problems;
    for (const api::Problem& problem : read(world).problems) problems.push_back(problem.expected);
    return problems;
  };
  EXPECT_EQ(expected(R"("locality": {"failover": {}})"),
            (Notes{"no VirtualService that splits the calls beside it"}));
  const std::string weighing =
      "a \"balancer\" beside it that weighs pods: round-robin, least-request, ring-hash or maglev";
  EXPECT_EQ(expected(R"("weights": {"web:1": 2})"), (Notes{weighing})) << "both are RANDOM";
  EXPECT_EQ(expected(R"("weights": {"web:1": 2}, "balancer": "maglev")"), Notes{});
}

TEST(IstioPolicies, OfASubsetThatNoRuleHasAreAProblem) {
  World world;
  world.rules = rule("DestinationRule", "back", "host: back, subsets: [{name: stable}]") +
                rule("VirtualService", "back",
                     "hosts: [back], http: [{route: [{destination: {host: back, subset: "
                     "stabel}}]}]");
  const ScenarioReading reading = read(world);
  EXPECT_FALSE(reading.scenario);
  ASSERT_EQ(reading.problems.size(), 1U);
  EXPECT_EQ(reading.problems.front().expected,
            "a subset of a DestinationRule for back.default.svc.cluster.local");
  EXPECT_EQ(reading.problems.front().hint, "did you mean \"stable\"?");
  EXPECT_EQ(reading.problems.front().where.pointer, "/spec/http/0/route/0");
}

TEST(IstioPolicies, GiveWayToTheScenariosKeyByKey) {
  World world;
  world.rules = destination("outlierDetection: {consecutive5xxErrors: 7}") +
                service("timeout: 4s, retries: {attempts: 5, perTryTimeout: 1s}");
  world.policies = R"([{"from": "front", "to": "back", "timeout": "9s",
                        "outlierDetection": {"consecutive5xx": 3}}])";
  const RoutePolicy policy = policy_of(world);
  EXPECT_EQ(policy.timeouts.overall, 9_s) << "the scenario's";
  EXPECT_EQ(policy.outliers->detection.consecutive_5xx, 3U) << "the balancer is Istio's";
  EXPECT_EQ(policy.timeouts.per_try, 1_s) << "Istio's, as the scenario says nothing";
  EXPECT_EQ(policy.retry.retries, 5U);
}

TEST(IstioPolicies, OfRetriesGiveWayToHedging) {
  World world;
  world.policies = R"([{"from": "front", "to": "back", "hedging": {"maxAttempts": 2}}])";
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const RoutePolicy& policy = reading.scenario->policies.at(kCall);
  EXPECT_TRUE(policy.hedging);
  EXPECT_TRUE(policy.retry.on.empty());
  EXPECT_FALSE(reading.policies.at(kCall).contains("retries"));
  EXPECT_TRUE(reading.policies.at(kCall).contains("hedging"));
}

TEST(IstioPolicies, AreExplainedByCheckWithFileAndLine) {
  const tests::TemporaryFolder folder;
  World world;
  world.rules = destination("outlierDetection: {}") + service("timeout: 4s");
  world.policies = R"([{"from": "front", "to": "back", "connectTimeout": "1s"}])";
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const PolicyOrigins& origins = reading.policies.at(kCall);
  EXPECT_EQ(origins.at("connectTimeout").rule, "policies");
  EXPECT_EQ(origins.at("connectTimeout").where.file, "istio.json");
  EXPECT_EQ(origins.at("timeout").rule, "VirtualService/back");
  EXPECT_EQ(origins.at("timeout").where.pointer, "/spec/http/0/timeout");
  EXPECT_EQ(origins.at("outlierDetection").rule, "DestinationRule/back");
  EXPECT_EQ(origins.at("retries").rule, "Istio's default");
  const std::string text = policies_text(reading.policies);
  const api::Place& where = origins.at("timeout").where;
  EXPECT_NE(text.find("    front -> back\n"), std::string::npos) << text;
  EXPECT_NE(text.find("      balancer, retries: Istio's default\n"), std::string::npos) << text;
  EXPECT_NE(
      text.find(fmt::format("      timeout: VirtualService/back  {}:{}\n", where.file, where.line)),
      std::string::npos)
      << text;
}

// --- Rules that change while the run goes on

std::string routed(const std::string& route, const std::string& more = "") {
  return rule("VirtualService", "back",
              "hosts: [back], http: [{route: [" + route + "]" + more + "}]");
}
std::string versions(const std::string& policy = "") {
  return rule("DestinationRule", "back",
              "host: back, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: "
              "{version: v2}}]" +
                  (policy.empty() ? "" : ", trafficPolicy: {" + policy + "}"));
}

/// What the entry changes of the front's calls; nullptr: nothing.
const RuleChange* change_in(const ScenarioReading& reading, std::size_t entry) {
  const auto& changes = std::get<ApplyAction>(reading.scenario->timeline.at(entry).action).changes;
  const auto change = changes.find(kCall);
  return change == changes.end() ? nullptr : &change->second;
}
/// "v1 90, v2 10"
std::string weights_of(const RoutePolicy& policy) {
  std::string text;
  for (const SubsetShare& share : policy.split) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", share.name, share.weight);
  }
  return text;
}

TEST(AppliedRules, MoveWeightsFromApplyToApply) {
  World world;
  world.rules = versions() + routed(to_subset("v1", 90) + ", " + to_subset("v2", 10));
  world.applied = {routed(to_subset("v1", 50) + ", " + to_subset("v2", 50)),
                   routed(to_subset("v2", 100)), routed(to_subset("v1", 100))};
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_TRUE(without_effect(*reading.scenario).empty());
  EXPECT_EQ(weights_of(reading.scenario->policies.at(kCall)), "v1 90, v2 10");
  const std::vector<std::string> expected{"v1 50, v2 50", "v1 0, v2 1", "v1 1, v2 0"};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NE(change_in(reading, i), nullptr) << i;
    EXPECT_EQ(weights_of(change_in(reading, i)->policy), expected[i]);
    EXPECT_EQ(keys_of(*change_in(reading, i)), Notes{"route (" + expected[i] + ")"});
  }
  const auto& action = std::get<ApplyAction>(reading.scenario->timeline[0].action);
  EXPECT_EQ(action.rules, Notes{"VirtualService/default/back"});
  EXPECT_TRUE(action.objects.empty());
}

TEST(AppliedRules, ThatSayWhatWasSaidChangeNothing) {
  World world;
  world.rules = versions() + routed(to_subset("v1", 9) + ", " + to_subset("v2", 1));
  world.applied = {world.rules};
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(change_in(reading, 0), nullptr);
  EXPECT_EQ(std::get<ApplyAction>(reading.scenario->timeline[0].action).rules.size(), 2U);
  EXPECT_TRUE(reading.changed_policies.empty());
}

/// Each as it would be if the rules had held from the start.
TEST(AppliedRules, HaveTheEffectTheyHaveAtTheStart) {
  const struct {
    const char* rules;
    const char* key;
  } cases[] = {{"loadBalancer: {simple: ROUND_ROBIN}", "balancer"},
               {"connectionPool: {tcp: {maxConnections: 3}}", "connectionPool"},
               {"connectionPool: {tcp: {connectTimeout: 2s}}", "connectTimeout"},
               {"connectionPool: {http: {maxRetries: 2}}", "retries.limit"},
               {"retryBudget: {percent: 30}", "retries.limit"},
               {"outlierDetection: {consecutive5xxErrors: 3}", "outlierDetection"}};
  for (const auto& c : cases) {
    World world;
    world.applied = {destination(c.rules), destination("")};
    const ScenarioReading reading = read(world);
    ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
    World at_first;
    at_first.rules = destination(c.rules);
    ASSERT_NE(change_in(reading, 0), nullptr) << c.rules;
    EXPECT_EQ(change_in(reading, 0)->policy, policy_of(at_first)) << c.rules;
    EXPECT_EQ(keys_of(*change_in(reading, 0)), Notes{c.key});
    EXPECT_EQ(change_in(reading, 1)->policy, policy_of({})) << "back to Istio's defaults";
  }
  for (const auto& c : {std::pair{"timeout: 3s", "timeout"},
                        {"retries: {attempts: 5, retryOn: 5xx}", "retries"},
                        {"retries: {attempts: 2, perTryTimeout: 1s}", "perTryTimeout"},
                        {"fault: {abort: {httpStatus: 500, percentage: {value: 5}}}", "fault"}}) {
    World world;
    world.applied = {service(c.first)};
    const ScenarioReading reading = read(world);
    ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
    World at_first;
    at_first.rules = service(c.first);
    EXPECT_EQ(change_in(reading, 0)->policy, policy_of(at_first)) << c.first;
    EXPECT_EQ(keys_of(*change_in(reading, 0)), Notes{c.second});
  }
}

TEST(AppliedRules, StandBelowWhatTheScenarioSays) {
  World world;
  world.policies = R"([{"from": "front", "to": "back", "timeout": "9s"}])";
  world.applied = {service("timeout: 3s"), service("timeout: 3s, retries: {attempts: 7}")};
  world.timeline = R"({"id": "first", "at": "5s", "policy": {"to": "back", "bulkhead": 4}},
                      {"id": "a0", "at": "10s", "apply": ["later-0.yaml"]},
                      {"id": "a1", "at": "20s", "apply": ["later-1.yaml"]},
                      {"id": "last", "at": "30s", "policy": {"to": "back", "timeout": "1s"}})";
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(change_in(reading, 1), nullptr) << "the scenario's timeout wins";
  ASSERT_NE(change_in(reading, 2), nullptr);
  const RoutePolicy& policy = change_in(reading, 2)->policy;
  EXPECT_EQ(policy.timeouts.overall, 9_s);
  EXPECT_EQ(policy.retry.retries, 7U);
  EXPECT_EQ(policy.bulkhead, 4U) << "an entry before it";
  const auto& last = std::get<PolicyAction>(reading.scenario->timeline[3].action);
  EXPECT_EQ(last.policies.at(kCall).timeouts.overall, 1_s);
  EXPECT_EQ(last.policies.at(kCall).retry.retries, 7U) << "of the rules by then";
  const auto& [id, origins] = reading.changed_policies.at(0);
  EXPECT_EQ(id, "a1");
  EXPECT_EQ(origins.at(kCall).at("timeout").rule, "policies");
  EXPECT_EQ(origins.at(kCall).at("retries").rule, "VirtualService/back");
}

TEST(AppliedRules, LeaveASubsetThatCallsWereSentToAsLongAsARuleHasIt) {
  World world;
  world.applied = {
      versions() + routed(to_subset("v1", 3) + ", " + to_subset("v2", 1)),
      rule("DestinationRule", "back", "host: back, subsets: [{name: v1, labels: {version: v1}}]") +
          routed(to_subset("v1", 1)),
      routed(to_subset("", 1))};
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(weights_of(reading.scenario->policies.at(kCall)), "");
  EXPECT_EQ(weights_of(change_in(reading, 0)->policy), " 0, v1 3, v2 1") << "all pods first";
  EXPECT_EQ(weights_of(change_in(reading, 1)->policy), " 0, v1 1");
  EXPECT_EQ(weights_of(change_in(reading, 2)->policy), " 1, v1 0");
}

TEST(AppliedRules, OfAGatewayAreOfClientsFromThenOn) {
  World world;
  world.applied = {rule("VirtualService", "edge",
                        "hosts: [\"*\"], gateways: [edge], http: [{route: [{destination: "
                        "{host: front}}], timeout: 3s}]")};
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const Way clients{"", "default/front"};
  EXPECT_EQ(reading.scenario->policies.at(clients), RoutePolicy{}) << "no policy at first";
  const auto& action = std::get<ApplyAction>(reading.scenario->timeline[0].action);
  EXPECT_EQ(action.changes.at(clients).policy.timeouts.overall, 3_s);
}

TEST(AppliedRules, AreNamedIfTheyHoldForNoCall) {
  World world;
  world.rules = destination("loadBalancer: {simple: RANDOM}");
  world.applied = {rule("DestinationRule", "other", "host: nobody"),
                   destination("loadBalancer: {simple: ROUND_ROBIN}"),
                   service("mirror: {host: back}")};
  Notes notes = notes_of(world);
  std::sort(notes.begin(), notes.end());
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0], "DestinationRule/other: nobody calls its host");
  EXPECT_NE(notes[1].find("mirror"), std::string::npos) << notes[1];
}

TEST(AppliedRules, ThatRouteToASubsetThatIsGoneAreAProblem) {
  World world;
  world.rules = versions() + routed(to_subset("v1", 1) + ", " + to_subset("v2", 1));
  world.applied = {
      rule("DestinationRule", "back", "host: back, subsets: [{name: v1, labels: {version: v1}}]")};
  const ScenarioReading reading = read(world);
  ASSERT_EQ(reading.problems.size(), 1U) << text_of(reading.problems);
  EXPECT_EQ(reading.problems[0].found, "\"v2\"");
  EXPECT_EQ(reading.problems[0].hint, "did you mean \"v1\"?");
}

TEST(AppliedRules, MustGoWithWhatTheScenarioSays) {
  World world;
  world.policies =
      R"([{"from": "front", "to": "back", "outlierDetection": {"consecutive5xx": 3}}])";
  world.applied = {destination("loadBalancer: {simple: PASSTHROUGH}")};
  ScenarioReading reading = read(world);
  ASSERT_EQ(reading.problems.size(), 1U) << text_of(reading.problems);
  EXPECT_EQ(reading.problems[0].where.pointer, "/policies/0/outlierDetection");
  EXPECT_EQ(reading.problems[0].found,
            "it beside what the timeline's \"a0\" applies for calls from front to back");
  world.policies = R"([{"from": "front", "to": "back", "locality": {"failover": {}}}])";
  world.applied = {versions() + routed(to_subset("v1", 1) + ", " + to_subset("v2", 1))};
  reading = read(world);
  ASSERT_EQ(reading.problems.size(), 1U) << text_of(reading.problems);
  EXPECT_EQ(reading.problems[0].expected, "no VirtualService that splits the calls beside it");
}

TEST(DeletedRules, LeaveWhatHoldsWithoutThem) {
  World world;
  world.rules = destination("loadBalancer: {simple: RANDOM}") + service("timeout: 2s");
  world.timeline =
      R"({"id": "one", "at": "10s", "delete": ["VirtualService/back"]},
         {"id": "two", "at": "20s", "delete": ["DestinationRule/default/back"]})";
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(change_in(reading, 0)->policy.timeouts.overall, Duration{});
  EXPECT_EQ(change_in(reading, 0)->policy.retry.retries, 2U);
  EXPECT_TRUE(std::holds_alternative<RandomConfig>(*change_in(reading, 0)->policy.balancer));
  EXPECT_EQ(change_in(reading, 1)->policy, policy_of({})) << "Istio's defaults";
}

TEST(DeletedRules, OfARolloutSendCallsToAllPods) {
  World world;
  world.rules = versions() + routed(to_subset("v1", 90) + ", " + to_subset("v2", 10));
  world.timeline = R"({"id": "gone", "at": "10s", "delete": ["VirtualService/back"]})";
  const ScenarioReading reading = read(world);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(weights_of(change_in(reading, 0)->policy), "v1 0, v2 0,  1");
  EXPECT_EQ(keys_of(*change_in(reading, 0)), Notes{"route (v1 0, v2 0, no subset 1)"});
}

TEST(DeletedRules, AreRulesOfIstioThatThereAre) {
  const auto problem = [](const std::string& names) {
    World world;
    world.rules = service("timeout: 2s");
    world.timeline = R"({"id": "gone", "at": "10s", "delete": )" + names + "}";
    const ScenarioReading reading = read(world);
    return reading.problems.size() == 1
               ? reading.problems[0].where.pointer + ": " + reading.problems[0].expected + "; " +
                     reading.problems[0].found
               : text_of(reading.problems);
  };
  const std::string kinds =
      ": a rule of Istio: \"VirtualService/name\" or \"DestinationRule/name\"; ";
  EXPECT_EQ(problem(R"(["Deployment/back"])"),
            "/timeline/0/delete/0" + kinds + "\"Deployment/back\"");
  EXPECT_EQ(problem(R"(["VirtualService"])"),
            "/timeline/0/delete/0" + kinds + "\"VirtualService\"");
  EXPECT_EQ(problem(R"(["VirtualService/"])"),
            "/timeline/0/delete/0" + kinds + "\"VirtualService/\"");
  EXPECT_EQ(problem("[7]"), "/timeline/0/delete/0" + kinds + "7");
  EXPECT_EQ(problem(R"("VirtualService/back")"),
            "/timeline/0/delete: a list of rules; \"VirtualService/back\"");
  EXPECT_EQ(problem("[]"), "/timeline/0/delete: at least one rule; none");
  const std::string missing = ": a rule that there is by then; \"VirtualService/default/";
  EXPECT_EQ(problem(R"(["VirtualService/bakc"])"), "/timeline/0/delete/0" + missing + "bakc\"");
  EXPECT_EQ(problem(R"(["VirtualService/back", "VirtualService/back"])"),
            "/timeline/0/delete/1" + missing + "back\"")
      << "it is gone already";
}

TEST(AppliedRules, AreExplainedByCheck) {
  const tests::TemporaryFolder folder;
  World world;
  world.applied = {service("timeout: 4s")};
  const ScenarioReading reading = read(world);
  ASSERT_EQ(reading.changed_policies.size(), 1U);
  EXPECT_EQ(reading.changed_policies[0].first, "a0");
  const std::string text = policies_text(reading.changed_policies[0].second);
  EXPECT_NE(text.find("      timeout: VirtualService/back  "), std::string::npos) << text;
}

}  // namespace
}  // namespace orrery::scenario
