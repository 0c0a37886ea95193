/// @file
/// Reading Istio's DestinationRules and VirtualServices: what each field becomes, every way to get
/// it wrong, and what is named because a run cannot follow it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/api/istio_parts.h"
#include "models/api/manifest_patch.h"

namespace orrery::api::istio {
namespace {

using namespace orrery::literals;

struct Read {
  Manifests manifests;
  Rules rules;
};

Read read(const std::string& text) {
  Read all;
  ManifestPatches none;
  all.manifests = read_manifests(text, "f", none, all.rules);
  return all;
}

std::string destination_rule(const std::string& spec) {
  return "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: d}\nspec: {" +
         spec + "}\n";
}

std::string virtual_service(const std::string& spec) {
  return "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v}\nspec: {" +
         spec + "}\n";
}

std::string route(const std::string& more) {
  return virtual_service("hosts: [web], http: [{route: [{destination: {host: web}}], " + more +
                         "}]");
}

std::string policy(const std::string& more) {
  return destination_rule("host: web, trafficPolicy: {" + more + "}");
}

TEST(IstioRules, OfADestinationAreReadInEveryVersionOfTheGroup) {
  for (const char* version : {"v1", "v1beta1", "v1alpha3"}) {
    const Read all = read(std::string{"apiVersion: networking.istio.io/"} + version + R"(
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec:
  host: web
  exportTo: ["."]
  trafficPolicy:
    loadBalancer: {simple: ROUND_ROBIN}
    connectionPool:
      tcp: {maxConnections: 7, connectTimeout: 30ms}
      http: {http1MaxPendingRequests: 8, http2MaxRequests: 9, maxRetries: 3}
    outlierDetection:
      consecutive5xxErrors: 7
      consecutiveGatewayErrors: 2
      interval: 5m
      baseEjectionTime: 15m
      maxEjectionPercent: 40
      minHealthPercent: 20
    portLevelSettings: [{port: {number: 81}, loadBalancer: {simple: RANDOM}}]
  subsets: [{name: v1, labels: {version: v1}, trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}}}]
)");
    EXPECT_TRUE(all.manifests.problems.empty()) << version;
    EXPECT_TRUE(all.manifests.not_modelled.empty()) << version;
    EXPECT_TRUE(all.manifests.objects.empty()) << "rules are no objects of the API server";
    ASSERT_EQ(all.rules.destination_rules.size(), 1U) << version;
    const DestinationRule& rule = all.rules.destination_rules.front();
    EXPECT_EQ(rule.meta.namespace_name + "/" + rule.meta.name, "shop/web");
    EXPECT_EQ(rule.meta.where.line, 1);
    EXPECT_EQ(rule.meta.export_to, std::vector<std::string>{"."});
    EXPECT_EQ(rule.policy->all.load_balancer->kind, Balancer::RoundRobin);
    EXPECT_EQ(rule.policy->all.connection_pool->max_connections, 7U);
    EXPECT_EQ(rule.policy->all.connection_pool->connect_timeout, 30_ms);
    EXPECT_EQ(rule.policy->all.connection_pool->http1_max_pending_requests, 8U);
    EXPECT_EQ(rule.policy->all.connection_pool->http2_max_requests, 9U);
    EXPECT_EQ(rule.policy->all.connection_pool->max_retries, 3U);
    const OutlierDetection& outliers = *rule.policy->all.outlier_detection;
    EXPECT_EQ(outliers.consecutive_5xx, 7U);
    EXPECT_EQ(outliers.consecutive_gateway_errors, 2U);
    EXPECT_EQ(outliers.interval, 300_s);
    EXPECT_EQ(outliers.base_ejection_time, 900_s);
    EXPECT_EQ(outliers.max_ejection_percent, 40U);
    EXPECT_EQ(outliers.min_health_percent, 20U);
    EXPECT_EQ(outliers.where.line, 13);
    EXPECT_EQ(rule.policy->by_port.at(81).load_balancer->kind, Balancer::Random);
    EXPECT_FALSE(rule.policy->by_port.at(81).outlier_detection) << "ports inherit nothing";
    EXPECT_EQ(rule.subsets.front().labels, (Labels{{"version", "v1"}}));
    EXPECT_EQ(rule.subsets.front().policy->all.load_balancer->kind, Balancer::Passthrough);
  }
}

TEST(IstioRules, OfAServiceAreReadRouteByRoute) {
  const Read all = read(R"(apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web, web.shop.svc.cluster.local]
  gateways: [mesh, edge]
  http:
  - match: [{port: 80, sourceLabels: {app: front}}, {uri: {prefix: /api}}, {uri: {prefix: /}}]
    route:
    - {destination: {host: web, subset: v1, port: {number: 80}}, weight: 80}
    - {destination: {host: web, subset: v2}, weight: 20}
    timeout: 1.5s
    retries: {attempts: 3, perTryTimeout: 500ms, retryOn: "5xx, 429,reset", backoff: 10ms}
)");
  EXPECT_TRUE(all.manifests.problems.empty());
  ASSERT_EQ(all.rules.virtual_services.size(), 1U);
  const VirtualService& service = all.rules.virtual_services.front();
  EXPECT_EQ(service.hosts.size(), 2U);
  EXPECT_EQ(service.gateways, (std::vector<std::string>{"mesh", "edge"}));
  const HttpRoute& http = service.http.front();
  ASSERT_EQ(http.match.size(), 3U);
  EXPECT_EQ(http.match[0].port, 80);
  EXPECT_FALSE(http.match[0].asks_for_content);
  EXPECT_TRUE(http.match[1].asks_for_content) << "requests have no path";
  EXPECT_FALSE(http.match[2].asks_for_content) << "every path begins so";
  EXPECT_EQ(http.destinations[0].weight, 80U);
  EXPECT_EQ(http.destinations[1].subset, "v2");
  EXPECT_EQ(http.timeout->after, 1500_ms);
  EXPECT_EQ(http.timeout->where.line, 12);
  EXPECT_EQ(http.retries->attempts, 3U);
  EXPECT_EQ(http.retries->per_try_timeout, 500_ms);
  EXPECT_EQ(http.retries->on, (std::vector<std::string>{"5xx", "429", "reset"}));
  EXPECT_EQ(http.retries->backoff, 10_ms);
}

TEST(IstioRules, TakeALimitOfZeroAsNone) {
  const Read all =
      read(policy("connectionPool: {tcp: {maxConnections: 0}, http: "
                  "{http1MaxPendingRequests: 0, http2MaxRequests: 0, maxRetries: 0}}"));
  EXPECT_TRUE(all.manifests.problems.empty());
  const ConnectionPool& pool = *all.rules.destination_rules.front().policy->all.connection_pool;
  EXPECT_FALSE(pool.max_connections || pool.http1_max_pending_requests || pool.http2_max_requests ||
               pool.max_retries);
}

TEST(IstioRules, TakeConsecutiveErrorsOfZeroAsOffAndAPercentageOfZeroAsTheDefault) {
  const Read all =
      read(policy("outlierDetection: {consecutive5xxErrors: 0, maxEjectionPercent: 0}"));
  const OutlierDetection& outliers =
      *all.rules.destination_rules.front().policy->all.outlier_detection;
  EXPECT_EQ(outliers.consecutive_5xx, 0U);
  EXPECT_EQ(outliers.max_ejection_percent, 10U);
}

TEST(IstioDuration, IsReadAsGoWritesIt) {
  const std::map<std::string, std::optional<Duration>> cases{{"7s", 7_s},
                                                             {"1.5s", 1500_ms},
                                                             {"250ms", 250_ms},
                                                             {"1h30m", 5400_s},
                                                             {"0s", Duration{}},
                                                             {"0", Duration{}},
                                                             {"10us", Duration::microseconds(10)},
                                                             {"", {}},
                                                             {"7", {}},
                                                             {"s", {}},
                                                             {"-1s", {}},
                                                             {"1 s", {}},
                                                             {"1sx", {}},
                                                             {"1e3s", {}},
                                                             {"1d", {}},
                                                             {"99999999999h", {}},
                                                             {"nan", {}}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(parse_duration(text), expected) << text;
}

struct Wrong {
  const char* name;
  std::string text;
  std::string problem;
};

class WrongIstioRule : public testing::TestWithParam<Wrong> {};

TEST_P(WrongIstioRule, IsNamedAtItsPlace) {
  const Read all = read(GetParam().text);
  ASSERT_EQ(all.manifests.problems.size(), 1U);
  EXPECT_EQ(to_string(all.manifests.problems.front()), GetParam().problem);
}

const std::string kApi = "apiVersion: networking.istio.io/v1\n";

INSTANTIATE_TEST_SUITE_P(
    Table, WrongIstioRule,
    testing::Values(
        Wrong{"VersionUnknown",
              "apiVersion: networking.istio.io/v2\nkind: DestinationRule\nmetadata: {name: d}\n"
              "spec: {host: web}\n",
              "f:1: /apiVersion: expected apiVersion networking.istio.io/v1, "
              "networking.istio.io/v1beta1 or networking.istio.io/v1alpha3; found "
              "\"networking.istio.io/v2\""},
        Wrong{"KindMisspelt", kApi + "kind: VirtualServices\nmetadata: {name: d}\n",
              "f:2: /kind: expected a kind of networking.istio.io/v1; found \"VirtualServices\" "
              "(did you mean \"VirtualService\"?)"},
        Wrong{"NoMetadata", kApi + "kind: DestinationRule\nspec: {host: web}\n",
              "f:1: expected metadata with a name; found no field \"metadata\""},
        Wrong{"NameInvalid",
              kApi + "kind: DestinationRule\nmetadata: {name: Web}\nspec: {host: web}\n",
              "f:3: /metadata/name: expected a name of at most 253 of a-z 0-9 - . (a DNS name); "
              "found \"Web\""},
        Wrong{"NoSpec", kApi + "kind: DestinationRule\nmetadata: {name: d}\n",
              "f:1: expected a spec with a host; found no field \"spec\""},
        Wrong{"NoHost", destination_rule("trafficPolicy: {}"),
              "f:4: /spec: expected the host that is called, such as \"web\"; found no field "
              "\"host\""},
        Wrong{"FieldMisspelt", policy("outlierDetections: {}"),
              "f:4: /spec/trafficPolicy/outlierDetections: expected a field of TrafficPolicy; "
              "found \"outlierDetections\" (did you mean \"outlierDetection\"?)"},
        Wrong{"BalancerUnknown", policy("loadBalancer: {simple: ROUNDROBIN}"),
              "f:4: /spec/trafficPolicy/loadBalancer/simple: expected UNSPECIFIED, LEAST_CONN, "
              "LEAST_REQUEST, ROUND_ROBIN, RANDOM or PASSTHROUGH; found \"ROUNDROBIN\" (did you "
              "mean \"ROUND_ROBIN\"?)"},
        Wrong{"TwoBalancers", policy("loadBalancer: {simple: RANDOM, consistentHash: {}}"),
              "f:4: /spec/trafficPolicy/loadBalancer: expected one of simple and consistentHash; "
              "found both"},
        Wrong{"ErrorsNegative", policy("outlierDetection: {consecutive5xxErrors: -1}"),
              "f:4: /spec/trafficPolicy/outlierDetection/consecutive5xxErrors: expected a whole "
              "number from 0 to 65534; found -1"},
        Wrong{"ErrorsAsText", policy("outlierDetection: {consecutive5xxErrors: \"5\"}"),
              "f:4: /spec/trafficPolicy/outlierDetection/consecutive5xxErrors: expected a whole "
              "number from 0 to 65534; found \"5\" (remove the quotes)"},
        Wrong{"ErrorsOfOldReleases", policy("outlierDetection: {consecutiveErrors: 5}"),
              "f:4: /spec/trafficPolicy/outlierDetection/consecutiveErrors: expected "
              "consecutive5xxErrors or consecutiveGatewayErrors; found \"consecutiveErrors\", "
              "which Istio has taken away"},
        Wrong{"IntervalWithoutUnit", policy("outlierDetection: {interval: 10}"),
              "f:4: /spec/trafficPolicy/outlierDetection/interval: expected a duration of at "
              "least 1ms, such as \"1.5s\"; found 10"},
        Wrong{"IntervalTooShort", policy("outlierDetection: {interval: 10us}"),
              "f:4: /spec/trafficPolicy/outlierDetection/interval: expected a duration of at "
              "least 1ms, such as \"1.5s\"; found \"10us\""},
        Wrong{"EjectionAboveAll", policy("outlierDetection: {maxEjectionPercent: 101}"),
              "f:4: /spec/trafficPolicy/outlierDetection/maxEjectionPercent: expected a whole "
              "number from 0 to 100; found 101"},
        Wrong{"ConnectionsNegative", policy("connectionPool: {tcp: {maxConnections: -1}}"),
              "f:4: /spec/trafficPolicy/connectionPool/tcp/maxConnections: expected a whole "
              "number, at least 0; found -1"},
        Wrong{"UpgradeUnknown", policy("connectionPool: {http: {h2UpgradePolicy: ALWAYS}}"),
              "f:4: /spec/trafficPolicy/connectionPool/http/h2UpgradePolicy: expected DEFAULT, "
              "UPGRADE or DO_NOT_UPGRADE; found \"ALWAYS\""},
        Wrong{"PortWithoutNumber", policy("portLevelSettings: [{loadBalancer: {}}]"),
              "f:4: /spec/trafficPolicy/portLevelSettings/0: expected the port, as {number: 80}; "
              "found no field \"port\""},
        Wrong{"PortTwice",
              policy("portLevelSettings: [{port: {number: 80}}, {port: {number: 80}}]"),
              "f:4: /spec/trafficPolicy/portLevelSettings/1: expected every port once; found port "
              "80 again"},
        Wrong{"SubsetTwice", destination_rule("host: web, subsets: [{name: a}, {name: a}]"),
              "f:4: /spec/subsets/1: expected every subset once; found \"a\" again"},
        Wrong{"SubsetWithoutName", destination_rule("host: web, subsets: [{labels: {a: b}}]"),
              "f:4: /spec/subsets/0: expected the name of the subset; found no field \"name\""},
        Wrong{"BudgetAboveAll", policy("retryBudget: {percent: 120}"),
              "f:4: /spec/trafficPolicy/retryBudget/percent: expected a number from 0 to 100; "
              "found 120"},
        Wrong{"NoHosts", virtual_service("http: [{route: [{destination: {host: web}}]}]"),
              "f:4: /spec: expected the hosts that are called, such as [web]; found no field "
              "\"hosts\""},
        Wrong{"NoRoutes", virtual_service("hosts: [web]"),
              "f:4: /spec: expected routes under http, tcp or tls; found none"},
        Wrong{"RouteToNowhere", virtual_service("hosts: [web], http: [{timeout: 1s}]"),
              "f:4: /spec/http/0: expected a route, a redirect, a directResponse or a delegate; "
              "found none"},
        Wrong{"WeightsOfNothing",
              virtual_service("hosts: [web], http: [{route: [{destination: {host: a}}, "
                              "{destination: {host: b}}]}]"),
              "f:4: /spec/http/0/route: expected weights above 0 in sum; found 0"},
        Wrong{"DestinationWithoutHost",
              virtual_service("hosts: [web], http: [{route: [{destination: {subset: v1}}]}]"),
              "f:4: /spec/http/0/route/0/destination: expected the host that is called, such as "
              "\"web\"; found no field \"host\""},
        Wrong{"TimeoutAsNumber", route("timeout: 5"),
              "f:4: /spec/http/0/timeout: expected a duration, such as \"1.5s\" or \"250ms\"; "
              "found 5"},
        Wrong{"ConditionMisspelt", route("retries: {attempts: 1, retryOn: \"5xx,gateway-eror\"}"),
              "f:4: /spec/http/0/retries/retryOn: expected conditions of Envoy, and status codes "
              "from 100 to 599; found \"gateway-eror\" (did you mean \"gateway-error\"?)"},
        Wrong{"StatusOutOfRange", route("retries: {attempts: 1, retryOn: \"700\"}"),
              "f:4: /spec/http/0/retries/retryOn: expected conditions of Envoy, and status codes "
              "from 100 to 599; found \"700\""},
        Wrong{"SettingsOfNoRetries", route("retries: {perTryTimeout: 1s}"),
              "f:4: /spec/http/0/retries: expected attempts above 0 beside other settings; found "
              "no field \"attempts\" (without attempts there are no retries)"},
        Wrong{"DelayOfNothing", route("fault: {delay: {percentage: {value: 5}}}"),
              "f:4: /spec/http/0/fault/delay: expected a fixedDelay, such as \"5s\"; found no "
              "field \"fixedDelay\""},
        Wrong{"AbortOfNothing", route("fault: {abort: {percentage: {value: 5}}}"),
              "f:4: /spec/http/0/fault/abort: expected a httpStatus or grpcStatus; found neither"},
        Wrong{"FaultOfMoreThanAll",
              route("fault: {abort: {httpStatus: 500, percentage: {value: 100.5}}}"),
              "f:4: /spec/http/0/fault/abort/percentage/value: expected a number from 0 to 100; "
              "found 100.5"},
        Wrong{"UriOfTwoKinds", route("match: [{uri: {exact: /a, prefix: /b}}]"),
              "f:4: /spec/http/0/match/0/uri: expected one of exact, prefix and regex; found two"}),
    [](const auto& test) { return test.param.name; });

struct Ignored {
  const char* name;
  std::string text;
  std::vector<std::string> notes;
};

class IgnoredByIstioRules : public testing::TestWithParam<Ignored> {};

TEST_P(IgnoredByIstioRules, IsNamed) {
  const Read all = read(GetParam().text);
  EXPECT_TRUE(all.manifests.problems.empty());
  std::vector<std::string> notes;
  for (const NotModelled& one : all.manifests.not_modelled) notes.push_back(one.what);
  EXPECT_EQ(notes, GetParam().notes);
}

INSTANTIATE_TEST_SUITE_P(
    Table, IgnoredByIstioRules,
    testing::Values(
        Ignored{"OtherKinds",
                kApi + "kind: Gateway\nmetadata: {name: g}\nspec: {}\n",
                {"kind Gateway"}},
        Ignored{"Tls", policy("tls: {mode: ISTIO_MUTUAL}"), {"field spec.trafficPolicy.tls"}},
        Ignored{"TlsOfAPort",
                policy("portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE}}]"),
                {"field spec.trafficPolicy.portLevelSettings[].tls"}},
        Ignored{"ConsistentHash",
                policy("loadBalancer: {consistentHash: {useSourceIp: true}}"),
                {"field spec.trafficPolicy.loadBalancer.consistentHash"}},
        Ignored{"WarmupAndLocality",
                policy("loadBalancer: {warmup: {duration: 30s}, localityLbSetting: {}}"),
                {"field spec.trafficPolicy.loadBalancer.warmup",
                 "field spec.trafficPolicy.loadBalancer.localityLbSetting"}},
        Ignored{"ConnectionsThatEnd",
                policy("connectionPool: {tcp: {idleTimeout: 1h, tcpKeepalive: {}}, http: "
                       "{maxRequestsPerConnection: 1}}"),
                {"field spec.trafficPolicy.connectionPool.tcp.idleTimeout",
                 "field spec.trafficPolicy.connectionPool.tcp.tcpKeepalive",
                 "field spec.trafficPolicy.connectionPool.http.maxRequestsPerConnection"}},
        Ignored{"AbortsByHttp2",
                route("fault: {abort: {http2Error: x, percentage: {value: 10.5}}}"),
                {"field spec.http[].fault.abort.http2Error"}},
        Ignored{"Mirrors",
                route("mirror: {host: b}, mirrorPercentage: {value: 10}"),
                {"field spec.http[].mirror", "field spec.http[].mirrorPercentage"}},
        Ignored{"RemoteLocalities",
                route("retries: {attempts: 1, retryRemoteLocalities: true}"),
                {"field spec.http[].retries.retryRemoteLocalities"}},
        Ignored{"Redirects",
                virtual_service("hosts: [web], http: [{redirect: {authority: other}}]"),
                {"field spec.http[].redirect"}},
        Ignored{"TcpAndTls",
                virtual_service("hosts: [web], tcp: [{route: []}], tls: [{match: []}]"),
                {"field spec.tcp", "field spec.tls"}}),
    [](const auto& test) { return test.param.name; });

FaultInjection fault_of(const std::string& fault) {
  return read(route("fault: " + fault)).rules.virtual_services.at(0).http.at(0).fault.value();
}

TEST(IstioRules, OfFaultsHaveSharesOfCallsAndNoneWhereNothingIsSaid) {
  const FaultInjection both = fault_of(
      "{delay: {fixedDelay: 7s, percentage: {value: 12.5}}, abort: {httpStatus: 555, percent: "
      "100}}");
  EXPECT_EQ(both.delay, Duration::seconds(7));
  EXPECT_EQ(both.delay_percent, 12.5);
  EXPECT_EQ(both.abort_status, 555);
  EXPECT_EQ(both.abort_percent, 100);
  EXPECT_EQ(fault_of("{delay: {fixedDelay: 1s}}").delay_percent, 0);
  EXPECT_EQ(fault_of("{delay: {fixedDelay: 1s, percent: 7, percentage: {value: 3}}}").delay_percent,
            3);
  EXPECT_EQ(fault_of("{abort: {grpcStatus: UNAVAILABLE, percentage: {value: 1}}}").abort_status, 0);
}

namespace fs = std::filesystem;

fs::path manifests_folder() {
  const char* data = std::getenv("ORRERY_TEST_DATA");
  return fs::path{data != nullptr ? data : "../shared/data"} / "manifests";
}

/// Each note is one of these: what the projects' rules ask for that a run cannot do.
TEST(RealIstioRules, OfTwoProjectsAreReadWithoutProblemsAndUnexplainedNotes) {
  if (!fs::exists(manifests_folder())) {
    GTEST_SKIP() << manifests_folder() << " is missing: set ORRERY_TEST_DATA";
  }
  const std::set<std::string> explained{"kind Gateway",
                                        "kind ServiceEntry",
                                        "kind EnvoyFilter",
                                        "field spec.trafficPolicy.tls",
                                        "field spec.trafficPolicy.portLevelSettings[].tls",
                                        "field spec.tcp",
                                        "field spec.tls"};
  std::size_t destinations = 0;
  std::size_t services = 0;
  std::vector<fs::path> files;
  for (const char* folder : {"bookinfo/networking", "online-boutique/istio-manifests"}) {
    for (const auto& entry : fs::recursive_directory_iterator{manifests_folder() / folder}) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    std::ifstream stream{file, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{stream},
                           std::istreambuf_iterator<char>{}};
    const Read all = read(text);
    for (const Problem& problem : all.manifests.problems) {
      ADD_FAILURE() << file << ": " << to_string(problem);
    }
    for (const NotModelled& one : all.manifests.not_modelled) {
      EXPECT_TRUE(explained.contains(one.what)) << file << ": " << one.what;
    }
    destinations += all.rules.destination_rules.size();
    services += all.rules.virtual_services.size();
  }
  EXPECT_EQ(destinations, 11U);
  EXPECT_EQ(services, 26U);
}

}  // namespace
}  // namespace orrery::api::istio
