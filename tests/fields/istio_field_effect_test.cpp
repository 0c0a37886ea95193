// Every field of Istio's rules that is read and not named as without effect is honoured: changing
// it alone changes what happens in a run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "tests/support/temporary_folder.h"

namespace orrery::fields {
namespace {

/// Two fronts with a sidecar call three backs; one of these fails for a while, one hangs for a
/// while, and at the end a node is lost with what stands on it.
const char* const kManifests = R"(apiVersion: v1
kind: Service
metadata: {name: front}
spec: {selector: {app: front}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: back}
spec: {selector: {app: back}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front}
spec:
  replicas: 2
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front, sidecar.istio.io/inject: "true"}}
    spec: {nodeSelector: {kubernetes.io/hostname: node-1}, containers: [{name: main, image: "web:1"}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: back}
spec:
  replicas: 3
  selector: {matchLabels: {app: back}}
  template:
    metadata: {labels: {app: back, version: v1}}
    spec: {containers: [{name: main, image: "web:1"}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: back}
spec:
  host: back
  trafficPolicy:
    connectionPool: {tcp: {maxConnections: 4}}
    outlierDetection: {maxEjectionPercent: 100}
  subsets: [{name: v1, labels: {version: v1}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: back}
spec:
  hosts: [back]
  http:
  - route: [{destination: {host: back}}]
    timeout: 3s
    retries: {attempts: 2, perTryTimeout: 1s, retryOn: 5xx}
)";

const char* const kScenario = R"({"format": 1, "name": "field", "manifests": ["m.yaml"],
  "duration": "170s", "cluster": {"nodes": 3}, "images": {"web:1": {"start": "1s"}},
  "services": {"front": {"operations": {"get": {"cpu": "1ms", "calls": ["back:get"]}}},
               "back": {"concurrency": 2, "operations": {"get": {"cpu": {"exponential": "40ms"}, "errors": "1%"}}}},
  "journeys": {"visit": ["front"]}, "load": [{"poisson": "30/s", "from": "10s"}],
  "timeline": [{"id": "fails", "at": "20s", "fault": "unwell", "target": "Deployment/back", "for": "50s"},
               {"id": "hangs", "at": "90s", "fault": "unwell", "how": "hangs", "target": "Deployment/back",
                "for": "20s"},
               {"id": "lost", "at": "130s", "fault": "node-loss", "target": "Node/node-2"}],
  "patch": [)";

const std::string kRule = "DestinationRule/back";
const std::string kService = "VirtualService/back";

std::string policy(const std::string& part) {
  return R"({"spec": {"trafficPolicy": {)" + part + "}}}";
}
std::string outliers(const std::string& part) {
  return policy(R"("outlierDetection": {)" + part + "}");
}
std::string pool(const std::string& kind, const std::string& part) {
  return policy(R"("connectionPool": {")" + kind + R"(": {)" + part + "}}");
}
/// The route as it is, but for these.
std::string route(const std::string& more,
                  const std::string& to = R"({"destination": {"host": "back"}})") {
  return R"({"spec": {"http": [{"route": [)" + to + "]" + (more.empty() ? "" : ", " + more) +
         "}]}}";
}

struct IstioField {
  const char* name;
  std::string target;
  std::string merge;
  std::string given = {};  ///< Merged into both, where the field needs a neighbour.
};

std::string patch(const std::string& target, const std::string& merge) {
  return fmt::format(R"({{"target": "{}", "merge": {}}})", target, merge);
}

/// The run of seed 1 of what was read.
runner::RunResult played(const scenario::ScenarioReading& reading) {
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  if (!reading.scenario) return {};
  for (const api::NotModelled& one : reading.scenario->not_modelled) {
    ADD_FAILURE() << "not modelled: " << one.what;
  }
  for (const scenario::IdleObject& one : reading.scenario->idle) ADD_FAILURE() << to_string(one);
  auto results = session::simulate_all(*reading.scenario, 1, [](std::uint64_t) {});
  if (!results) ADD_FAILURE() << results.error().what;
  return results ? std::move(results->front()) : runner::RunResult{};
}

/// The fingerprint of the run of seed 1 with these patches.
std::string fingerprint_of(const std::string& patches) {
  const tests::TemporaryFolder folder;
  std::ofstream{folder.file("m.yaml")} << kManifests;
  return played(
             scenario::read_scenario_text(kScenario + patches + "]}", "field.json", folder.path()))
      .fingerprint;
}

class IstioFieldEffect : public testing::TestWithParam<IstioField> {};

TEST_P(IstioFieldEffect, ChangingItAloneChangesWhatHappens) {
  const IstioField& field = GetParam();
  const std::string given = field.given.empty() ? "" : patch(field.target, field.given);
  const std::string plain = fingerprint_of(given);
  ASSERT_FALSE(plain.empty());
  EXPECT_NE(fingerprint_of((given.empty() ? "" : given + ", ") + patch(field.target, field.merge)),
            plain);
}

const std::string kLocal = outliers(R"("splitExternalLocalOriginErrors": true)");
const std::string kSubset = R"({"destination": {"host": "back", "subset": "v1"}})";

INSTANTIATE_TEST_SUITE_P(
    Table, IstioFieldEffect,
    testing::Values(
        IstioField{"LoadBalancer", kRule, policy(R"("loadBalancer": {"simple": "ROUND_ROBIN"})")},
        IstioField{"LoadBalancerOfNodes", kRule,
                   policy(R"("loadBalancer": {"simple": "PASSTHROUGH"})"),
                   policy(R"("outlierDetection": null)")},
        IstioField{"MaxConnections", kRule, pool("tcp", R"("maxConnections": 2)")},
        IstioField{"ConnectTimeout", kRule, pool("tcp", R"("connectTimeout": "200ms")")},
        IstioField{"MaxPendingRequests", kRule, pool("http", R"("http1MaxPendingRequests": 1)")},
        IstioField{"MaxRequests", kRule, pool("http", R"("http2MaxRequests": 1)")},
        IstioField{"MaxRetries", kRule, pool("http", R"("maxRetries": 1)")},
        IstioField{"H2UpgradePolicy", kRule, pool("http", R"("h2UpgradePolicy": "UPGRADE")")},
        IstioField{"MaxConcurrentStreams", kRule, pool("http", R"("maxConcurrentStreams": 1)"),
                   pool("http", R"("h2UpgradePolicy": "UPGRADE")")},
        IstioField{"Consecutive5xxErrors", kRule, outliers(R"("consecutive5xxErrors": 2)")},
        IstioField{"Consecutive5xxErrorsOff", kRule, outliers(R"("consecutive5xxErrors": 0)")},
        IstioField{"ConsecutiveGatewayErrors", kRule, outliers(R"("consecutiveGatewayErrors": 1)"),
                   outliers(R"("consecutive5xxErrors": 0)")},
        IstioField{"SplitErrors", kRule, kLocal, outliers(R"("consecutive5xxErrors": 0)")},
        IstioField{"LocalOriginFailures", kRule, outliers(R"("consecutiveLocalOriginFailures": 1)"),
                   kLocal},
        IstioField{"Interval", kRule, outliers(R"("interval": "3s")")},
        IstioField{"BaseEjectionTime", kRule, outliers(R"("baseEjectionTime": "5s")")},
        IstioField{"MaxEjectionPercent", kRule, outliers(R"("maxEjectionPercent": 10)")},
        IstioField{"MinHealthPercent", kRule, outliers(R"("minHealthPercent": 100)")},
        IstioField{"RetryBudgetPercent", kRule, policy(R"("retryBudget": {"percent": 100})"),
                   policy(R"("retryBudget": {"percent": 0, "minRetryConcurrency": 0})")},
        IstioField{"RetryBudgetMinimum", kRule,
                   policy(R"("retryBudget": {"minRetryConcurrency": 9})"),
                   policy(R"("retryBudget": {"percent": 0, "minRetryConcurrency": 0})")},
        IstioField{"PortLevelSettings", kRule,
                   policy(R"("portLevelSettings": [{"port": {"number": 80}}])")},
        IstioField{"Timeout", kService,
                   route(R"("timeout": "50ms", "retries": {"attempts": 2, "perTryTimeout": "1s",
                            "retryOn": "5xx"})")},
        IstioField{"Attempts", kService,
                   route(R"("timeout": "3s", "retries": {"attempts": 1, "perTryTimeout": "1s",
                            "retryOn": "5xx"})")},
        IstioField{"PerTryTimeout", kService,
                   route(R"("timeout": "3s", "retries": {"attempts": 2, "perTryTimeout": "500ms",
                            "retryOn": "5xx"})")},
        IstioField{"RetryOn", kService,
                   route(R"("timeout": "3s", "retries": {"attempts": 2, "perTryTimeout": "1s",
                            "retryOn": "reset"})")},
        IstioField{"Backoff", kService,
                   route(R"("timeout": "3s", "retries": {"attempts": 2, "perTryTimeout": "1s",
                            "retryOn": "5xx", "backoff": "300ms"})")},
        IstioField{"RetryIgnorePreviousHosts", kService,
                   route(R"("timeout": "3s", "retries": {"attempts": 2, "perTryTimeout": "1s",
                            "retryOn": "5xx", "retryIgnorePreviousHosts": false})")},
        IstioField{
            "FaultDelay", kService,
            route(R"("fault": {"delay": {"fixedDelay": "1s", "percentage": {"value": 10}}})"),
            route(R"("fault": {"delay": {"fixedDelay": "2s", "percentage": {"value": 10}}})")},
        IstioField{
            "FaultDelayPercentage", kService,
            route(R"("fault": {"delay": {"fixedDelay": "1s", "percentage": {"value": 10}}})"),
            route(R"("fault": {"delay": {"fixedDelay": "1s"}})")},
        IstioField{
            "FaultAbortPercentage", kService,
            route(R"("fault": {"abort": {"httpStatus": 500, "percentage": {"value": 10}}})"),
            route(R"("fault": {"abort": {"httpStatus": 500, "percentage": {"value": 20}}})")},
        IstioField{
            "Match", kService,
            R"({"spec": {"http": [{"match": [{"port": 80}], "route": [{"destination": {"host":
                      "back"}}]}, {"route": [{"destination": {"host": "back"}}], "timeout": "50ms"}]}})",
            R"({"spec": {"http": [{"match": [{"port": 81}], "route": [{"destination": {"host":
                      "back"}}]}, {"route": [{"destination": {"host": "back"}}], "timeout": "50ms"}]}})"}),
    [](const auto& test) { return test.param.name; });

/// Calls that go to nobody, and the same that go to all pods.
TEST(IstioFieldEffect, LabelsOfASubsetAndWeightsDecideWhoIsCalled) {
  const std::string subsets = patch(
      kRule,
      R"({"spec": {"trafficPolicy": {"outlierDetection": null}, "subsets": [{"name": "v1", "labels": {"version": "v1"}},
                 {"name": "none", "labels": {"version": "none"}}]}})");
  const auto split = [&](int v1, int none) {
    return fingerprint_of(
        subsets + ", " +
        patch(kService, route("", fmt::format(R"({{"destination": {{"host": "back",
                              "subset": "v1"}}, "weight": {}}}, {{"destination": {{"host": "back",
                              "subset": "none"}}, "weight": {}}})",
                                              v1, none))));
  };
  EXPECT_NE(split(90, 10), split(50, 50));
  EXPECT_NE(split(90, 10), split(100, 0));
}

/// What is changed alone is the policy of a subset that the route names.
TEST(IstioFieldEffect, APolicyOfASubsetHoldsWhereARouteNamesIt) {
  const std::string routed = patch(kService, route("", kSubset));
  const std::string subset = patch(
      kRule, R"({"spec": {"subsets": [{"name": "v1", "labels": {"version": "v1"}, "trafficPolicy":
                 {"loadBalancer": {"simple": "RANDOM"}}}]}})");
  EXPECT_NE(fingerprint_of(routed + ", " + subset), fingerprint_of(routed));
  EXPECT_EQ(fingerprint_of(subset), fingerprint_of("")) << "no route names it";
}

/// The pods of the two subsets are the same; what is changed alone is a part of the lesser's
/// policy.
TEST(IstioFieldEffect, APolicyOfALesserSubsetHoldsForItsCallsAlone) {
  const std::string routed =
      patch(kService, route(R"("timeout": "3s", "retries": {"attempts": 2, "perTryTimeout": "1s",
                         "retryOn": "5xx"})",
                            R"({"destination": {"host": "back", "subset": "v1"}, "weight": 60},
                         {"destination": {"host": "back", "subset": "all"}, "weight": 40})"));
  const auto lesser = [&](const std::string& its) {
    return fingerprint_of(
        routed + ", " +
        patch(kRule, R"({"spec": {"subsets": [{"name": "v1", "labels": {"version": "v1"}},
                         {"name": "all", "labels": {"app": "back"}, "trafficPolicy": {)" +
                         its + "}}]}}"));
  };
  const std::string plain = lesser("");
  for (
      const char* its :
      {R"("loadBalancer": {"simple": "RANDOM"})",
       R"("connectionPool": {"tcp": {"maxConnections": 1}})",
       R"("connectionPool": {"tcp": {"maxConnections": 4, "connectTimeout": "200ms"}})",
       R"("connectionPool": {"tcp": {"maxConnections": 4}, "http": {"maxRetries": 1}})",
       R"("connectionPool": {"tcp": {"maxConnections": 4}, "http": {"http1MaxPendingRequests": 1}})",
       R"("retryBudget": {"percent": 0, "minRetryConcurrency": 1})",
       R"("outlierDetection": {"maxEjectionPercent": 100, "consecutive5xxErrors": 2})",
       R"("outlierDetection": {"maxEjectionPercent": 10})",
       R"("outlierDetection": {"maxEjectionPercent": 100, "minHealthPercent": 100})"}) {
    EXPECT_NE(lesser(its), plain) << its;
  }
  EXPECT_EQ(lesser(R"("connectionPool": {"tcp": {"maxConnections": 4}})"), plain)
      << "as the rule has it";
}

TEST(IstioFieldEffect, ASidecarIsWhatRulesNeed) {
  const std::string without = patch(
      "Deployment/front",
      R"({"spec": {"template": {"metadata": {"labels": {"sidecar.istio.io/inject": "false"}}}}})");
  const tests::TemporaryFolder folder;
  std::ofstream{folder.file("m.yaml")} << kManifests;
  const auto reading =
      scenario::read_scenario_text(kScenario + without + "]}", "field.json", folder.path());
  ASSERT_TRUE(reading.scenario);
  EXPECT_TRUE(reading.scenario->policies.empty());
  EXPECT_EQ(reading.scenario->idle.size(), 2U) << "both rules are named";
}

// --- Rules that are applied while the run goes on

/// A DestinationRule of back, and a VirtualService.
std::string rule_of(const std::string& policy, const std::string& subsets = "") {
  return "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: back}\n"
         "spec: {host: back, trafficPolicy: {" +
         policy + "}" + (subsets.empty() ? "" : ", subsets: [" + subsets + "]") + "}\n---\n";
}
std::string service_of(const std::string& more,
                       const std::string& to = "{destination: {host: back}}") {
  return "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: back}\n"
         "spec: {hosts: [back], http: [{route: [" +
         to + "]" + (more.empty() ? "" : ", " + more) + "}]}\n---\n";
}

/// The run whose rules are `before` at first; at 15 s and, if it is given, 50 ms later the others
/// are applied.
runner::RunResult applied(const std::string& before, const std::string& after,
                          const std::string& later = "") {
  const tests::TemporaryFolder folder;
  const std::string all = kManifests;
  std::ofstream{folder.file("m.yaml")}
      << all.substr(0, all.find("apiVersion: networking")) + before;
  std::ofstream{folder.file("a.yaml")} << after;
  std::ofstream{folder.file("b.yaml")} << later;
  std::vector<scenario::Override> entries;
  if (!after.empty()) {
    entries.push_back({"/timeline/-", R"({"id": "a", "at": "15s", "apply": ["a.yaml"]})"});
  }
  if (!later.empty()) {
    entries.push_back({"/timeline/-", R"({"id": "b", "at": "15050ms", "apply": ["b.yaml"]})"});
  }
  return played(scenario::read_scenario_text(std::string{kScenario} + "]}", "field.json",
                                             folder.path(), entries));
}

const std::string kOutliers = "outlierDetection: {maxEjectionPercent: 100}";
const std::string kRetries = "retries: {attempts: 2, perTryTimeout: 1s, retryOn: 5xx}";
const std::string kV1 = "{name: v1, labels: {version: v1}}";
const std::string kNone = "{name: none, labels: {version: none}}";

std::string weighted(int v1, int none) {
  return fmt::format(
      "{{destination: {{host: back, subset: v1}}, weight: {}}}, "
      "{{destination: {{host: back, subset: none}}, weight: {}}}",
      v1, none);
}

struct AppliedField {
  const char* name;
  std::string before;
  std::string after;
};

class AppliedFieldEffect : public testing::TestWithParam<AppliedField> {};

TEST_P(AppliedFieldEffect, ChangesWhatHappensFromItsApplyOn) {
  const AppliedField& field = GetParam();
  const std::string plain = applied(field.before, "").fingerprint;
  ASSERT_FALSE(plain.empty());
  EXPECT_EQ(applied(field.before, field.before).fingerprint, plain) << "nothing is reset";
  EXPECT_NE(applied(field.before, field.after).fingerprint, plain);
}

INSTANTIATE_TEST_SUITE_P(
    Table, AppliedFieldEffect,
    testing::Values(
        AppliedField{"LoadBalancer", rule_of(""), rule_of("loadBalancer: {simple: ROUND_ROBIN}")},
        AppliedField{"Passthrough", rule_of(""), rule_of("loadBalancer: {simple: PASSTHROUGH}")},
        AppliedField{"MaxConnections", rule_of("connectionPool: {tcp: {maxConnections: 4}}"),
                     rule_of("connectionPool: {tcp: {maxConnections: 2}}")},
        AppliedField{"ConnectTimeout", rule_of(""),
                     rule_of("connectionPool: {tcp: {connectTimeout: 200ms}}")},
        AppliedField{"MaxPendingRequests", rule_of("connectionPool: {tcp: {maxConnections: 4}}"),
                     rule_of("connectionPool: {tcp: {maxConnections: 4}, http: "
                             "{http1MaxPendingRequests: 1}}")},
        AppliedField{"MaxRequests", rule_of(""),
                     rule_of("connectionPool: {http: {http2MaxRequests: 1}}")},
        AppliedField{"MaxRetries", rule_of("") + service_of(kRetries),
                     rule_of("connectionPool: {http: {maxRetries: 1}}")},
        AppliedField{"RetryBudget", rule_of("") + service_of(kRetries),
                     rule_of("retryBudget: {percent: 0, minRetryConcurrency: 1}")},
        AppliedField{"OutlierDetection", rule_of(""), rule_of(kOutliers)},
        AppliedField{"OutlierDetectionAway", rule_of(kOutliers), rule_of("")},
        AppliedField{"Consecutive5xxErrors", rule_of(kOutliers),
                     rule_of("outlierDetection: {maxEjectionPercent: 100, consecutive5xxErrors: "
                             "2}")},
        AppliedField{"MaxEjectionPercent", rule_of(kOutliers),
                     rule_of("outlierDetection: {maxEjectionPercent: 10}")},
        AppliedField{"Timeout", service_of(""), service_of("timeout: 50ms")},
        AppliedField{"TimeoutAway", service_of("timeout: 50ms"), service_of("")},
        AppliedField{"Attempts", service_of(kRetries),
                     service_of("retries: {attempts: 1, perTryTimeout: 1s, retryOn: 5xx}")},
        AppliedField{"PerTryTimeout", service_of(kRetries),
                     service_of("retries: {attempts: 2, perTryTimeout: 100ms, retryOn: 5xx}")},
        AppliedField{"RetryOn", service_of(kRetries),
                     service_of("retries: {attempts: 2, perTryTimeout: 1s, retryOn: reset}")},
        AppliedField{"FaultDelay", service_of(""),
                     service_of("fault: {delay: {fixedDelay: 1s, percentage: {value: 10}}}")},
        AppliedField{"FaultAbort", service_of(""),
                     service_of("fault: {abort: {httpStatus: 500, percentage: {value: 10}}}")},
        AppliedField{
            "Match",
            service_of(
                "match: [{port: 81}], timeout: 50ms}, {route: [{destination: {host: back}}]"),
            service_of(
                "match: [{port: 80}], timeout: 50ms}, {route: [{destination: {host: back}}]")},
        AppliedField{"Weights", rule_of("", kV1 + ", " + kNone) + service_of("", weighted(90, 10)),
                     service_of("", weighted(50, 50))},
        AppliedField{"WeightToNobody",
                     rule_of("", kV1 + ", " + kNone) + service_of("", weighted(90, 10)),
                     service_of("", weighted(0, 100))},
        AppliedField{"LabelsOfASubset",
                     rule_of("", kV1 + ", " + kNone) + service_of("", weighted(50, 50)),
                     rule_of("", kV1 + ", {name: none, labels: {version: v1}}")}),
    [](const auto& test) { return test.param.name; });

std::vector<std::string> lines_of(const runner::RunResult& run, const std::string& what) {
  std::vector<std::string> lines;
  for (const recording::LogRecord& log : run.log) {
    if (log.what != what) continue;
    lines.push_back(
        fmt::format("{}ms {}: {}", log.at.count_ns() / 1'000'000, log.subject, log.detail));
  }
  return lines;
}

TEST(AppliedRules, ReachTheProxiesAHundredMillisecondsAfterTheLast) {
  const runner::RunResult run =
      applied(rule_of("", kV1 + ", " + kNone) + service_of("", weighted(90, 10)),
              service_of("", weighted(50, 50)), service_of("timeout: 1s", weighted(60, 40)));
  EXPECT_EQ(lines_of(run, "apply"),
            (std::vector<std::string>{"15000ms VirtualService/default/back: a",
                                      "15050ms VirtualService/default/back: b"}));
  // By way of route (v1 50, none 50), which no proxy hears of.
  EXPECT_EQ(lines_of(run, "policy"),
            std::vector<std::string>{
                "15150ms Service/default/back: b: route (v1 60, none 40), timeout from front"});
}

/// "apply VirtualService/default/back": where most failures of calls to back of that kind come
/// from, and the step behind it.
std::pair<std::string, std::string> origin_of(const runner::RunResult& run,
                                              const std::string& outcome) {
  const runner::FailureKind* most = nullptr;
  for (const runner::FailureKind& failure : run.failures) {
    if (failure.to != "default/back" || failure.outcome != outcome) continue;
    if (most == nullptr || failure.count > most->count) most = &failure;
  }
  if (most == nullptr) return {};
  std::pair<std::string, std::string> steps;
  for (ports::CauseId at = most->record; at != 0; at = run.log[at - 1].cause) {
    steps.second = steps.first;
    steps.first = run.log[at - 1].what + " " + run.log[at - 1].subject;
    if (run.log[at - 1].what == "policy") steps.first = run.log[at - 1].detail;
  }
  return steps;
}

TEST(AppliedRules, OfSeveralInOneEntryTheOneThatSaysItIsTheOrigin) {
  const std::string before = rule_of("") + service_of("");
  // What is applied last, after what has made calls fail.
  const std::string after =
      service_of("timeout: 20ms") + rule_of(
                                        "connectionPool: {tcp: {maxConnections: 1}, http: "
                                        "{http1MaxPendingRequests: 1}}");
  const runner::RunResult run = applied(before, after);
  EXPECT_EQ(lines_of(run, "policy"),
            (std::vector<std::string>{"15100ms Service/default/back: a: connectionPool from front",
                                      "15100ms Service/default/back: a: timeout from front"}));
  using Steps = std::pair<std::string, std::string>;
  EXPECT_EQ(origin_of(run, "timeout"),
            (Steps{"apply VirtualService/default/back", "a: timeout from front"}));
  EXPECT_EQ(origin_of(run, "overflow"),
            (Steps{"apply DestinationRule/default/back", "a: connectionPool from front"}));
}

TEST(AppliedRules, OfSeveralEntriesInOnePushTheOneThatSaysItIsTheOrigin) {
  const runner::RunResult run = applied(rule_of("") + service_of(""), service_of("timeout: 20ms"),
                                        rule_of("outlierDetection: {consecutive5xxErrors: 9}"));
  EXPECT_EQ(
      lines_of(run, "policy"),
      (std::vector<std::string>{"15150ms Service/default/back: a: timeout from front",
                                "15150ms Service/default/back: b: outlierDetection from front"}));
  EXPECT_EQ(origin_of(run, "timeout").first, "apply VirtualService/default/back");
}

TEST(AppliedRules, ThatSayWhichPodsASubsetHasAreTheOriginOfWhatFindsNone) {
  const std::string service = service_of("", weighted(90, 10));
  const std::string before = rule_of("", kV1 + ", {name: none, labels: {version: v1}}") + service;
  const std::string moved = rule_of("", kV1 + ", " + kNone);
  const runner::RunResult run = applied(before, service + moved);
  EXPECT_EQ(origin_of(run, "no-endpoints").first, "apply DestinationRule/default/back")
      << "the VirtualService beside it is as it was";
  const std::string other =
      "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: other}\n"
      "spec: {host: back, subsets: [{name: v9, labels: {version: v9}}]}\n";
  EXPECT_EQ(origin_of(applied(before, moved + other), "no-endpoints").first,
            "apply DestinationRule/default/back, DestinationRule/default/other")
      << "nothing says which of them it was";
}

TEST(AppliedRules, AreTheOriginOfWhatFailsWhereTheySendCalls) {
  const runner::RunResult run =
      applied(rule_of("", kV1 + ", " + kNone) + service_of("", weighted(100, 0)),
              service_of("", weighted(0, 100)));
  std::string origins;
  for (const runner::FailureKind& failure : run.failures) {
    if (failure.to != "default/back" || failure.outcome != "no-endpoints") continue;
    ports::CauseId at = failure.record;
    while (run.log[at - 1].cause != 0) at = run.log[at - 1].cause;
    origins += run.log[at - 1].what + " " + run.log[at - 1].subject;
  }
  EXPECT_EQ(origins, "apply VirtualService/default/back");
}

}  // namespace
}  // namespace orrery::fields
