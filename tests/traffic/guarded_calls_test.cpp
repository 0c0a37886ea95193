/// @file
/// Calls through a network with rules.
#include <gtest/gtest.h>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kSeed = 5;
constexpr double kRate = 100;
constexpr std::uint64_t kJourneys = 100;

/// A front (service 0) that calls a back (service 1); each has one pod, app: s0 and app: s1.
TrafficModel chain(Duration timeout = {}) {
  TrafficModel model;
  OperationModel page = works(1_ms);
  page.steps.push_back({{call(1)}});
  page.steps.back().calls.front().timeout = timeout;
  model.services.push_back(offers(page));
  model.services.push_back(offers(works(1_ms)));
  add_load(model, {{0, 0}}, kSeed, kRate, kJourneys);
  return model;
}

api::ObjectPtr stored(api::Object object) {
  return std::make_shared<const api::Object>(std::move(object));
}

api::NetworkPolicy policy_for(const std::string& app) {
  api::NetworkPolicy policy;
  policy.meta.name = "only-" + app;
  policy.meta.namespace_name = "default";
  policy.spec.pod_selector.match_labels["app"] = app;
  return policy;
}

/// The rules that these policies make for the two pods.
std::shared_ptr<const api::NetworkRules> rules(std::vector<api::NetworkPolicy> policies) {
  std::vector<api::ObjectPtr> objects;
  for (ServiceIndex service = 0; service < 2; ++service) {
    api::Pod pod;
    pod.meta.name = "pod-" + std::to_string(service);
    pod.meta.namespace_name = "default";
    pod.meta.labels["app"] = "s" + std::to_string(service);
    pod.status.pod_ip = TrafficWorld::endpoint(service, 0).address;
    objects.push_back(stored(std::move(pod)));
  }
  for (api::NetworkPolicy& policy : policies) objects.push_back(stored(std::move(policy)));
  return std::make_shared<const api::NetworkRules>(std::move(objects));
}

struct Chain : TrafficWorld {
  explicit Chain(Duration timeout = {}) : TrafficWorld{chain(timeout), kSeed} {
    (void)pod(0);
    (void)pod(1);
    publish_all();
    engine.explain_failures(ledger);
    engine.start();
  }
  recording::EventLog log;
  FailureLedger ledger{log, {"default/front", "default/back"}};
};

TEST(NetworkRulesOfCalls, WhoIsNotLetInWaitsAsForAnAddressWhereNobodyAnswers) {
  Chain world;
  world.engine.set_network_rules(rules({policy_for("s1")}));
  world.run();
  EXPECT_EQ(world.engine.service(1).totals().of(RequestOutcome::Timeout), kJourneys);
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Upstream), kJourneys);
  EXPECT_EQ(world.engine.live_calls(), 0U);
  // The connect timeout, 1 s, passes before each of them fails.
  EXPECT_GE(world.kernel.now(), arrival(kSeed, kRate, kJourneys - 1) + 1_s);
}

TEST(NetworkRulesOfCalls, AnOwnTimeoutThatIsShorterComesFirst) {
  Chain world{50_ms};
  world.engine.set_network_rules(rules({policy_for("s1")}));
  world.run();
  EXPECT_EQ(world.engine.service(1).totals().of(RequestOutcome::Timeout), kJourneys);
  EXPECT_LT(world.kernel.now(), arrival(kSeed, kRate, kJourneys - 1) + 100_ms);
}

TEST(NetworkRulesOfCalls, LetThroughWhatAPolicyAllows) {
  api::NetworkPolicy policy = policy_for("s1");
  policy.spec.ingress.emplace_back();
  policy.spec.ingress.back().peers.emplace_back();
  policy.spec.ingress.back().peers.back().pod_selector.emplace().match_labels["app"] = "s0";
  Chain world;
  world.engine.set_network_rules(rules({policy}));
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Ok), kJourneys);
}

TEST(NetworkRulesOfCalls, HoldForThePortOfTheInstance) {
  api::NetworkPolicy policy = policy_for("s1");
  policy.spec.ingress.emplace_back();
  policy.spec.ingress.back().ports.push_back({"TCP", 9090, std::nullopt});
  Chain world;
  world.engine.set_network_rules(rules({policy}));
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Ok), 0U);
}

TEST(NetworkRulesOfCalls, WhoMayNotAskForNamesReachesNobody) {
  api::NetworkPolicy policy = policy_for("s0");
  policy.spec.isolates_ingress = false;
  policy.spec.isolates_egress = true;
  policy.spec.egress.emplace_back();
  policy.spec.egress.back().peers.emplace_back();
  policy.spec.egress.back().peers.back().pod_selector.emplace();  // Every pod of the namespace.
  Chain world;
  world.engine.set_network_rules(rules({policy}));
  world.run();
  EXPECT_EQ(world.engine.service(1).totals().of(RequestOutcome::Timeout), kJourneys);
  // Port 53 by UDP, and names are known again.
  policy.spec.egress.emplace_back();
  policy.spec.egress.back().ports.push_back({"UDP", 53, std::nullopt});
  Chain healed;
  healed.engine.set_network_rules(rules({policy}));
  healed.run();
  EXPECT_EQ(healed.engine.service(0).totals().of(RequestOutcome::Ok), kJourneys);
}

TEST(NetworkRulesOfCalls, ClientsOutsideAreNoPods) {
  api::NetworkPolicy policy = policy_for("s0");
  policy.spec.ingress.emplace_back();
  policy.spec.ingress.back().peers.emplace_back();
  policy.spec.ingress.back().peers.back().namespace_selector.emplace();  // Every namespace.
  Chain world;
  world.engine.set_network_rules(rules({policy}));
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Timeout), kJourneys);
}

TEST(NetworkRulesOfCalls, CallsUnderWayGoOnWhenTheRulesChange) {
  Chain world;
  // The first request works at the back.
  world.run(arrival(kSeed, kRate, 0) + 2_ms + 500_us);
  ASSERT_EQ(world.engine.gauge(1).busy, 1U);
  world.engine.set_network_rules(rules({policy_for("s1"), policy_for("s0")}));
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Ok), 1U);
}

TEST(NetworkRulesOfCalls, HealthChecksComeFromTheNode) {
  TrafficModel model;
  model.services.push_back(offers(works(1_ms)));
  model.services.push_back(offers(works(1_ms)));
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.engine.set_network_rules(rules({policy_for("s0")}));
  world.engine.serve_probe(pod, 7, Instant::at(1_s));
  world.run();
  const std::vector<ProbeAnswer> answers = world.engine.take_probe_answers();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers.front().outcome, RequestOutcome::Ok);
}

TEST(NetworkRulesOfCalls, TheCauseIsTheChangeOfThePoliciesOrElseThePolicies) {
  Chain from_the_start;
  from_the_start.engine.set_network_rules(rules({policy_for("s1")}));
  from_the_start.run();
  const auto origin_of = [](Chain& world) {
    const FailureTally& tally = world.ledger.tallies().front();
    return world.log.records().at(tally.kind.cause - 1);
  };
  const recording::LogRecord policies = origin_of(from_the_start);
  EXPECT_EQ(policies.what, "network-policy");
  EXPECT_EQ(policies.subject, "Service/default/back");
  EXPECT_EQ(policies.detail, "Pod/default/pod-1 lets nobody in but those allowed by only-s1");
  Chain later;
  const ports::CauseId change =
      later.log.append(Instant{}, 0, "apply", "NetworkPolicy/only-s1", "");
  later.engine.set_network_rules(rules({policy_for("s1")}),
                                 {change, {{"default/only-s1", change}}});
  later.run();
  EXPECT_EQ(origin_of(later).what, "apply");
}

TEST(NetworkRulesOfCalls, WhatWasRefusedBeforeKeepsItsCauseAndWhatHasPassedGetsTheChange) {
  Chain world;
  const auto change = [&](const std::string& what) {
    return world.log.append(world.kernel.now(), 0, what, "NetworkPolicy", "");
  };
  const auto origins = [&] {
    std::string text;
    for (const FailureTally& tally : world.ledger.tallies()) {
      const recording::LogRecord& cause = world.log.records().at(tally.kind.cause - 1);
      if (tally.kind.outcome == RequestOutcome::Timeout) text += cause.what + " ";
    }
    return text;
  };
  world.run(Instant::at(200_ms));
  const ports::CauseId first = change("first");
  world.engine.set_network_rules(rules({policy_for("s1")}), {first, {{"default/only-s1", first}}});
  world.run(Instant::at(400_ms));
  const ports::CauseId second = change("second");
  world.engine.set_network_rules(
      rules({policy_for("s0"), policy_for("s1")}),
      {second, {{"default/only-s0", second}, {"default/only-s1", second}}});
  world.run();
  EXPECT_EQ(origins(), "first second ") << "of the back, then of the front";
}

TEST(NetworkRulesOfCalls, RulesThatAreNoneChangeNothing) {
  Chain without;
  without.run();
  Chain with;
  with.engine.set_network_rules(rules({}));
  with.run();
  EXPECT_EQ(with.fingerprint.value(), without.fingerprint.value());
}

}  // namespace
}  // namespace orrery::sim
