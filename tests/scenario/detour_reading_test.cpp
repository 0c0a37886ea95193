/// @file
/// Policies that make calls of their own: another service as fallback, and limits that callers
/// share.
#include <gtest/gtest.h>

#include <string>

#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

using namespace orrery::literals;

/// Clients call web, which calls the catalog, which calls images; nobody calls the others.
ScenarioReading read(const std::string& policies, const std::string& limits = "{}") {
  return read_scenario_text(R"({
  "format": 1, "name": "detours", "duration": "60s",
  "manifests": ["scenarios/calls/manifests/shop.yaml"],
  "cluster": {"nodes": 1},
  "services": {
    "web": {"operations": {"page": {"cpu": "1ms", "calls": ["catalog"]}}},
    "catalog": {"operations": {"list": {"cpu": "1ms", "calls": ["images"]}}},
    "stock": {"operations": {"count": {"cpu": "1ms"}, "write": {"cpu": "1ms", "calls": ["audit"]}}}
  },
  "journeys": {"visit": ["web"]},
  "load": [{"poisson": "1/s"}],
  "rateLimits": )" + limits + R"(, "policies": )" +
                                policies + "}",
                            "detours.json", "");
}

TEST(Detours, HaveAnotherServiceAsFallbackWithPoliciesOfItsOwn) {
  const ScenarioReading reading = read(R"([
    {"to": "bestsellers", "timeout": "1s"},
    {"to": "catalog", "fallback": {"service": {"to": "bestsellers:top", "maxConcurrent": 3}}}])");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const auto& policies = reading.scenario->policies;
  const auto& policy = policies.at({"default/web", "default/catalog"});
  ASSERT_TRUE(policy.fallback && policy.fallback_call);
  EXPECT_EQ(policy.fallback->concurrent_max, 3U);
  EXPECT_EQ(policy.fallback_call->service, "default/bestsellers");
  EXPECT_EQ(policy.fallback_call->operation, "top");
  EXPECT_EQ(policies.at({"default/web", "default/bestsellers"}).timeouts.overall, 1_s)
      << "the front calls it, if only then";
  EXPECT_EQ(reading.scenario->services.at("default/bestsellers").operations.at(0).name, "top");
}

TEST(Detours, AskForALimitOfTheScenario) {
  const std::string limits =
      R"({"pages": {"service": "stock:count", "requests": 30, "per": "2s"}})";
  const ScenarioReading reading = read(
      R"([{"to": "web", "globalRateLimit": "pages"},
          {"to": "catalog", "globalRateLimit": {"limit": "pages", "timeout": "5ms",
                                                "failureModeDeny": true}}])",
      limits);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const SharedRateLimit& limit = reading.scenario->rate_limits.at("pages");
  EXPECT_EQ(limit.service, "default/stock");
  EXPECT_EQ(limit.operation, "count");
  EXPECT_EQ(limit.requests, 30U);
  EXPECT_EQ(limit.unit, 2_s);
  const auto& of_users = reading.scenario->policies.at({"", "default/web"}).shared_limit;
  ASSERT_TRUE(of_users);
  EXPECT_EQ(of_users->name, "pages");
  EXPECT_EQ(of_users->question.timeout, 20_ms);
  EXPECT_FALSE(of_users->question.failure_mode_deny);
  const auto& of_web =
      reading.scenario->policies.at({"default/web", "default/catalog"}).shared_limit;
  ASSERT_TRUE(of_web);
  EXPECT_EQ(of_web->question.timeout, 5_ms);
  EXPECT_TRUE(of_web->question.failure_mode_deny);
}

struct Wrong {
  const char* limits;
  const char* policies;
  const char* pointer;
  const char* expected;  ///< A part of it.
};

TEST(Detours, ThatAreWrongAreNamedAtTheirPlace) {
  for (const Wrong& wrong : {
           Wrong{"{}", R"([{"to": "catalog", "fallback": {"service": {"to": "web"}}}])",
                 "/policies/0/fallback", "no call comes back"},
           Wrong{"{}", R"([{"to": "images", "fallback": {"service": {"to": "web"}}}])",
                 "/policies/0/fallback", "no call comes back"},
           Wrong{"{}",
                 R"([{"to": "catalog", "fallback": {"service": {"to": "stock"}}},
                     {"to": "stock", "fallback": {"service": {"to": "audit"}}}])",
                 "/policies/0/fallback", "as its own fallback"},
           Wrong{"{}", R"([{"to": "catalog", "fallback": {"service": {"to": "stock:take"}}}])",
                 "/policies/0/fallback/service/to", "count"},
           Wrong{"{}",
                 R"([{"to": "catalog", "fallback": {"service": {"to": "stock:count",
                                                                "operation": "count"}}}])",
                 "/policies/0/fallback/service/operation", "named once"},
           Wrong{"3", "[]", "/rateLimits", "an object of rate limits"},
           Wrong{R"({"a": {"requests": 1}})", "[]", "/rateLimits/a", "keeps the limit"},
           Wrong{R"({"a": {"service": "stock"}})", "[]", "/rateLimits/a", "how many requests"},
           Wrong{R"({"a": {"service": "stok", "requests": 1}})", "[]", "/rateLimits/a/service",
                 "stock"},
           Wrong{R"({"a": {"service": "stock:take", "requests": 1}})", "[]",
                 "/rateLimits/a/service", "count"},
           Wrong{R"({"a": {"service": "stock:write", "requests": 1}})", "[]",
                 "/rateLimits/a/service", "calls nobody"},
           Wrong{R"({"a": {"service": "stock", "requests": 0}})", "[]", "/rateLimits/a/requests",
                 "a whole number from 1"},
           Wrong{R"({"a": {"service": "stock", "requests": 1, "per": "0s"}})", "[]",
                 "/rateLimits/a/per", "above 0"},
           Wrong{R"({"a": {"service": "stock", "requests": 1}})", "[]", "/rateLimits/a",
                 "no policy does"},
           Wrong{R"({"a": {"service": "stock", "requests": 1, "burst": 2}})", "[]", "/rateLimits/a",
                 "burst"},
           Wrong{R"({"pages": {"service": "stock", "requests": 1}})",
                 R"([{"to": "web", "globalRateLimit": "page"}])", "/policies/0/globalRateLimit",
                 "did you mean \"pages\"?"},
       }) {
    SCOPED_TRACE(wrong.pointer);
    const ScenarioReading reading = read(wrong.policies, wrong.limits);
    ASSERT_FALSE(reading.scenario);
    const std::string text = text_of(reading.problems);
    EXPECT_NE(text.find(wrong.pointer), std::string::npos) << text;
    EXPECT_NE(text.find(wrong.expected), std::string::npos) << text;
  }
}

TEST(Detours, OfNodesAreThoseOfKubeProxysMode) {
  const auto with_mode = [](const std::string& mode) {
    return read_scenario_text(R"({
      "format": 1, "name": "modes", "duration": "60s",
      "manifests": ["scenarios/live/manifests/web.yaml"],
      "cluster": {"nodes": 1, "kubeProxyMode": )" +
                                  mode + R"(},
      "journeys": {"visit": ["web"]}, "load": [{"poisson": "1/s"}]})",
                              "modes.json", "");
  };
  EXPECT_TRUE(with_mode(R"("ipvs")").scenario->cluster.ipvs);
  EXPECT_FALSE(with_mode(R"("iptables")").scenario->cluster.ipvs);
  const ScenarioReading wrong = with_mode(R"("ipvz")");
  ASSERT_FALSE(wrong.scenario);
  const std::string text = text_of(wrong.problems);
  EXPECT_NE(text.find("/cluster/kubeProxyMode"), std::string::npos) << text;
  EXPECT_NE(text.find("iptables or ipvs"), std::string::npos) << text;
}

}  // namespace
}  // namespace orrery::scenario
