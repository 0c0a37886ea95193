// Steps of journeys that are addresses, and the Services that Ingresses lead them to.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/scenario/scenario_text.h"
#include "tests/support/temporary_folder.h"

namespace orrery::scenario {
namespace {

constexpr const char* kShop = R"(
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {selector: {app: p}, ports: [{name: http, port: 80}, {name: admin, port: 81}]}
---
apiVersion: v1
kind: Pod
metadata: {name: p, labels: {app: p}}
spec: {containers: [{name: c, image: i}]}
)";

std::string ingress(const std::string& spec) {
  return "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: shop}\nspec:\n" +
         spec;
}
std::string to(const std::string& service, const std::string& port) {
  return "  rules:\n  - host: shop.example.com\n    http:\n      paths:\n"
         "      - {path: /, pathType: Prefix, backend: {service: {name: " +
         service + ", port: {" + port + "}}}}\n";
}

ScenarioReading read(const std::string& manifests, const std::string& step) {
  const tests::TemporaryFolder folder;
  std::ofstream{folder.file("m.yaml")} << kShop << manifests;
  return read_scenario_text(
      R"({"format": 1, "name": "s", "duration": "60s", "manifests": ["m.yaml"],
          "cluster": {"nodes": 1}, "images": {"i": {}},
          "services": {"front": {"operations": {"get": {}, "list": {}}}},
          "journeys": {"visit": [)" +
          step + R"(]}, "load": [{"poisson": "1/s"}]})",
      "s.json", folder.path(), {});
}

/// "service:operation" of the step, or what is wrong with it.
std::string reached(const std::string& manifests, const std::string& step) {
  const ScenarioReading reading = read(manifests, step);
  if (!reading.scenario) {
    const api::Problem& problem = reading.problems.front();
    return problem.found + "; " + problem.hint;
  }
  const JourneyStep& first = reading.scenario->journeys.at("visit").steps.front();
  return first.service + ":" + first.operation;
}

TEST(IngressAddresses, LeadToTheServiceOfTheRule) {
  const std::string shop = ingress(to("front", "number: 80"));
  EXPECT_EQ(reached(shop, R"("http://shop.example.com/any")"), "default/front:");
  EXPECT_EQ(reached(shop, R"({"to": "http://shop.example.com/any", "operation": "list"})"),
            "default/front:list");
}

TEST(IngressAddresses, LeadToThePortsOfServices) {
  const auto by = [](const std::string& port) {
    return reached(ingress(to("front", port)), R"("http://shop.example.com/")");
  };
  EXPECT_EQ(by("number: 80"), "default/front:");
  EXPECT_EQ(by("name: http"), "default/front:");
  EXPECT_EQ(by("number: 81"),
            "port 81 in Ingress/default/shop; a run calls the first port of a Service");
  EXPECT_EQ(by("name: web"),
            "port \"web\" in Ingress/default/shop; its controller would answer 503");
}

TEST(IngressAddresses, OfHttpsNeedACertificateForTheHost) {
  const std::string rule = to("front", "number: 80");
  const std::string step = R"("https://shop.example.com/")";
  EXPECT_EQ(reached(ingress(rule), step),
            "\"https://shop.example.com/\"; no \"tls\" names shop.example.com");
  EXPECT_EQ(reached(ingress("  tls: [{hosts: [shop.example.com]}]\n" + rule), step),
            "default/front:");
  EXPECT_EQ(reached(ingress("  tls: [{hosts: [other.example.com]}]\n" + rule), step),
            "\"https://shop.example.com/\"; no \"tls\" names shop.example.com");
}

TEST(IngressAddresses, ThatLeadNowhereAreProblems) {
  const std::string step = R"("http://shop.example.com/")";
  EXPECT_EQ(reached("", step), "\"http://shop.example.com/\"; the manifests hold no Ingress");
  EXPECT_EQ(reached(ingress(to("front", "number: 80")), R"("http://other.example.com/")"),
            "\"http://other.example.com/\"; no rule is for it, so users would see 404");
  EXPECT_EQ(reached(ingress(to("cart", "number: 80")), step),
            "Ingress/default/shop leads to Service default/cart, which is not there; its "
            "controller would answer 503");
  const std::string of_class =
      "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\n"
      "metadata: {name: nginx}\nspec: {controller: k8s.io/x}\n";
  EXPECT_EQ(
      reached(of_class + ingress("  ingressClassName: edge\n" + to("front", "number: 80")), step),
      "\"http://shop.example.com/\"; Ingress/default/shop is of a class that is not there");
  EXPECT_EQ(reached("", R"("http:///cart")").substr(0, 14), "\"http:///cart\"");
}

TEST(IngressAddresses, AreForUsersAlone) {
  ScenarioReading reading = read(ingress(to("front", "number: 80")), R"("front")");
  ASSERT_TRUE(reading.scenario.has_value());
  EXPECT_EQ(ever_has(*reading.scenario, api::Kind::Ingress), true);
  EXPECT_EQ(ever_has(*reading.scenario, api::Kind::NetworkPolicy), false);
  // A call of a service has no address: the name is looked for among the Services.
  const auto bent = read_scenario_text(
      R"({"format": 1, "name": "s", "duration": "60s", "manifests": ["scenarios/live/manifests"],
          "cluster": {"nodes": 1},
          "services": {"web": {"operations": {"get": {"calls": ["http://shop.example.com/"]}}}},
          "journeys": {"visit": ["web"]}, "load": [{"poisson": "1/s"}]})",
      "s.json", "", {});
  EXPECT_FALSE(bent.scenario.has_value());
}

}  // namespace
}  // namespace orrery::scenario
