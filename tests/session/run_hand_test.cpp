// A run in somebody's hand: what was done to it, written as a scenario, plays the same again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "runner/control/ordered_scenario.h"
#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "tests/support/temporary_folder.h"

namespace orrery::control {
namespace {

constexpr const char* kScenario = "scenarios/live/two-pods.json";
constexpr const char* kCanary = "scenarios/istio/bad-canary.json";

scenario::Scenario two_pods() {
  scenario::ScenarioReading reading = scenario::read_scenario(kScenario);
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  return *std::move(reading.scenario);
}

OrderReading read(const OrderedScenario& ordered, const std::string& order, Instant now) {
  const auto document = scenario::read_document(order, "order", scenario::Syntax::Json);
  EXPECT_TRUE(document.root) << order;
  return ordered.read(*document.root, now);
}

/// Gives each order at its sample, and says "pause" and "run" before it.
class Script final : public session::RunHand {
 public:
  Script(const scenario::Scenario& scenario, std::multimap<std::int64_t, std::string> orders,
         const char* path = kScenario)
      : ordered{path, scenario}, orders_{std::move(orders)} {}

  std::optional<session::Order> next(session::RunView& view) override {
    const auto due = orders_.find(view.now().count_ns() / 1'000'000);
    if (due == orders_.end()) return std::nullopt;
    if (!said_) {
      said_ = true;
      return session::Order{R"({"do":"pause"})", {}};
    }
    said_ = false;
    OrderReading order = read(ordered, due->second, view.now());
    for (const api::Problem& problem : order.problems) ADD_FAILURE() << to_string(problem);
    orders_.erase(due);
    if (!order.problems.empty()) return std::nullopt;
    hits.push_back(view.would_hit(order.entries.front()));
    ordered.accept(order);
    return session::Order{order.text, std::move(order.entries), std::move(order.later)};
  }

  OrderedScenario ordered;
  std::vector<std::vector<std::string>> hits;

 private:
  std::multimap<std::int64_t, std::string> orders_;
  bool said_ = false;
};

/// The log without the commands, and without its numbers.
std::vector<std::string> log_of(const runner::RunResult& run) {
  std::vector<std::string> lines;
  for (const recording::LogRecord& record : run.log) {
    if (record.what == "command") continue;
    lines.push_back(to_string(record.at) + " " + record.what + " " + record.subject + " " +
                    record.detail);
  }
  return lines;
}

const std::multimap<std::int64_t, std::string> kOrders{
    {0, R"({"fault": "api-slow", "delay": "10ms", "for": "4s"})"},
    // At the instant of an entry of the scenario: behind it.
    {6000, R"({"fault": "pod-kill", "target": "Deployment/web"})"},
    {9300, R"({"id": "twice", "fault": "container-kill", "target": "Deployment/web",
               "every": "700ms", "times": 3})"},
    // The scenario did not say that its nodes would need another image.
    {13000, R"({"fault": "pod-failure", "target": "Deployment/web", "for": "1500ms"})"},
    {20100, R"({"set": {"target": "Deployment/web", "replicas": 3}})"},
    {24000, R"({"fault": "network-delay", "to": "Service/web", "delay": "40ms", "for": "3s"})"},
    {24000, R"({"drain": "Node/h2"})"},
    {26000, R"({"patch": {"target": "Deployment/web", "merge": {"spec": {"template": {"spec":
               {"terminationGracePeriodSeconds": 7}}}}}})"},
    {31400, R"({"uncordon": "Node/h2"})"},
    {32000, R"({"fault": "node-loss", "target": "Node/h1", "for": "2s"})"}};

TEST(RunHand, WhatWasDoneByHandPlaysTheSameFromTheScenarioThatIsKept) {
  const tests::TemporaryFolder folder;
  const scenario::Scenario scenario = two_pods();
  std::multimap<std::int64_t, std::string> orders = kOrders;
  std::ofstream{folder.file("map.yaml")}
      << "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: later}\ndata: {a: b}\n";
  orders.emplace(27'000, R"({"apply": [")" + folder.file("map.yaml") + R"("]})");
  Script script{scenario, orders};
  const session::RecordOrder record{folder.file("run.orrery"), {}, "test", 0};
  const auto played = session::try_simulate(scenario, 3, &record, &script);
  ASSERT_TRUE(played);

  const auto kept = scenario::read_scenario_text(script.ordered.text_for("", 3), "kept.json", "");
  for (const api::Problem& problem : kept.problems) ADD_FAILURE() << to_string(problem);
  ASSERT_TRUE(kept.scenario);
  EXPECT_EQ(kept.scenario->timeline.size(), scenario.timeline.size() + orders.size() + 2);
  EXPECT_EQ(kept.scenario->first_seed, 3U);
  EXPECT_EQ(kept.scenario->last_seed, 3U);
  const runner::RunResult again = session::simulate(*kept.scenario, 3);
  EXPECT_EQ(again.fingerprint, played->fingerprint);
  EXPECT_EQ(again.events, played->events);
  EXPECT_EQ(log_of(again), log_of(*played));
  EXPECT_NE(session::simulate(scenario, 3).fingerprint, played->fingerprint)
      << "what was done by hand did something";
}

TEST(RunHand, RulesOfIstioThatAreAppliedByHandPlayTheSameToo) {
  const tests::TemporaryFolder folder;
  scenario::ScenarioReading reading = scenario::read_scenario(kCanary);
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  ASSERT_TRUE(reading.scenario);
  const auto apply = [](const std::string& name) {
    return R"({"apply": ["bad-canary/)" + name + R"(.yaml"]})";
  };
  // Some at the very instant at which the one before reaches the proxies.
  Script script{
      *reading.scenario,
      {{25'000, apply("half")},
       {25'100, apply("tenth")},
       {30'000, R"({"policy": {"from": "shop/front", "to": "shop/back", "timeout": "2s"}})"},
       {40'000, apply("half")},
       {45'000, R"({"delete": ["VirtualService/shop/back"]})"},
       {45'100, apply("half")}},
      kCanary};
  const session::RecordOrder record{folder.file("run.orrery"), {}, "test", 0};
  const auto played = session::try_simulate(*reading.scenario, 3, &record, &script);
  ASSERT_TRUE(played);
  EXPECT_EQ(script.hits.at(0), std::vector<std::string>{"VirtualService/shop/back"});
  const auto kept = scenario::read_scenario_text(script.ordered.text_for("", 3), "kept.json", "");
  for (const api::Problem& problem : kept.problems) ADD_FAILURE() << to_string(problem);
  ASSERT_TRUE(kept.scenario);
  const runner::RunResult again = session::simulate(*kept.scenario, 3);
  EXPECT_EQ(again.fingerprint, played->fingerprint);
  EXPECT_EQ(log_of(again), log_of(*played));
  EXPECT_NE(session::simulate(*reading.scenario, 3).fingerprint, played->fingerprint);
  std::vector<std::string> pushed;
  for (const recording::LogRecord& log : again.log) {
    if (log.what != "policy") continue;
    pushed.push_back(fmt::format("{} {}", log.at.count_ns() / 1'000'000, log.detail));
    if (pushed.size() == 6) break;
  }
  EXPECT_EQ(pushed, (std::vector<std::string>{
                        "25100 hand-1: route (v1 50, v2 50) from shop/front",
                        "25200 hand-2: route (v1 90, v2 10) from shop/front",
                        "30000 hand-3: timeout from shop/front",
                        "40100 hand-4: route (v1 50, v2 50) from shop/front",
                        "45100 hand-5: route (v1 0, v2 0, no subset 1) from shop/front",
                        "45200 hand-6: route (v1 50, v2 50, no subset 0) from shop/front"}));
}

// Its key wins over the order's, and what the order alone says stays.
TEST(RunHand, APolicyOfTheTimelineStandsAboveWhatWasOrderedBefore) {
  const tests::TemporaryFolder folder;
  constexpr const char* kPath = "scenarios/metastable/answer-by-hand.json";
  scenario::ScenarioReading reading = scenario::read_scenario(kPath);
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  ASSERT_TRUE(reading.scenario);
  reading.scenario->duration = Duration::seconds(110);
  const std::string order = R"({"policy": {"from": "front", "to": "back", "perTryTimeout": "2s",
                                           "retries": {"attempts": 1}}})";
  const OrderedScenario ordered{kPath, *reading.scenario};
  const OrderReading before = read(ordered, order, Instant::at(Duration::seconds(40)));
  ASSERT_EQ(before.later.size(), 1U);
  EXPECT_EQ(before.later[0].id, "calm");
  const auto& calm = std::get<scenario::PolicyAction>(before.later[0].action);
  ASSERT_EQ(calm.policies.size(), 1U);
  EXPECT_EQ(calm.policies.begin()->second.timeouts.per_try, Duration::seconds(2));
  EXPECT_EQ(calm.policies.begin()->second.retry.retries, 0U);
  const OrderReading after = read(ordered, order, Instant::at(Duration::seconds(90)));
  EXPECT_TRUE(after.later.empty()) << "it was carried out";

  Script script{*reading.scenario, {{40'000, order}}, kPath};
  const session::RecordOrder record{folder.file("run.orrery"), {}, "test", 0};
  const auto played = session::try_simulate(*reading.scenario, 3, &record, &script);
  ASSERT_TRUE(played);
  auto kept = scenario::read_scenario_text(script.ordered.text_for("", 3), "kept.json", "");
  for (const api::Problem& problem : kept.problems) ADD_FAILURE() << to_string(problem);
  ASSERT_TRUE(kept.scenario);
  kept.scenario->duration = Duration::seconds(110);
  const runner::RunResult again = session::simulate(*kept.scenario, 3);
  EXPECT_EQ(again.fingerprint, played->fingerprint);
  EXPECT_EQ(log_of(again), log_of(*played));
}

TEST(RunHand, WhoDoesNothingChangesNothing) {
  const tests::TemporaryFolder folder;
  const scenario::Scenario scenario = two_pods();
  Script script{scenario, {}};
  const session::RecordOrder record{folder.file("run.orrery"), {}, "test", 0};
  const auto played = session::try_simulate(scenario, 3, &record, &script);
  ASSERT_TRUE(played);
  EXPECT_EQ(played->fingerprint, session::simulate(scenario, 3).fingerprint);
}

TEST(RunHand, APreviewNamesWhatIsHitThen) {
  const tests::TemporaryFolder folder;
  const scenario::Scenario scenario = two_pods();
  Script script{scenario, {{8000, R"({"id": "one", "fault": "pod-kill",
                                      "target": "Deployment/web"})"}}};
  const session::RecordOrder record{folder.file("run.orrery"), {}, "test", 0};
  const auto played = session::try_simulate(scenario, 3, &record, &script);
  ASSERT_TRUE(played);
  ASSERT_EQ(script.hits.size(), 1U);
  const auto fault = std::find_if(played->faults.begin(), played->faults.end(),
                                  [](const runner::FaultResult& f) { return f.id == "one"; });
  ASSERT_NE(fault, played->faults.end());
  EXPECT_EQ(script.hits[0], fault->targets);
}

TEST(Orders, AreReadAsEntriesOfATimelineWithTheSameProblems) {
  const scenario::Scenario scenario = two_pods();
  const OrderedScenario ordered{kScenario, scenario};
  const Instant now = Instant::at(Duration::seconds(12));
  const auto wrong = read(ordered, R"({"fault": "pod-kil", "target": "Deployment/web"})", now);
  ASSERT_EQ(wrong.problems.size(), 1U);
  EXPECT_EQ(wrong.problems[0].where.pointer, "/fault");
  EXPECT_EQ(wrong.problems[0].expected, "the name of a fault, such as pod-kill or node-loss");
  const auto two = read(
      ordered, R"({"fault": "node-loss", "target": "Node/h9", "for": "soon", "share": "5%"})", now);
  EXPECT_EQ(two.problems.size(), 3U);
}

TEST(Orders, SayNoTimeAndNeedNoId) {
  const scenario::Scenario scenario = two_pods();
  OrderedScenario ordered{kScenario, scenario};
  const Instant now = Instant::at(Duration::milliseconds(12'300));
  const auto timed = read(ordered, R"({"at": "3s", "cordon": "Node/h1"})", now);
  ASSERT_EQ(timed.problems.size(), 1U);
  EXPECT_EQ(timed.problems[0].where.pointer, "/at");
  const auto order = read(ordered, R"({"cordon": "Node/h1"})", now);
  ASSERT_EQ(order.entries.size(), 1U);
  EXPECT_EQ(order.entries[0].id, "hand-1");
  EXPECT_EQ(order.entries[0].at, now);
  ordered.accept(order);
  EXPECT_EQ(read(ordered, R"({"cordon": "Node/h1"})", now).entries[0].id, "hand-2");
}

TEST(Orders, NameOnlyImagesThatTheRunKnows) {
  const scenario::Scenario scenario = two_pods();
  const OrderedScenario ordered{kScenario, scenario};
  const auto order =
      read(ordered, R"({"set": {"target": "Deployment/web", "image": "elsewhere/web:3"}})",
           Instant::at(Duration::seconds(12)));
  ASSERT_EQ(order.problems.size(), 1U);
  EXPECT_EQ(order.problems[0].where.pointer, "/set/image");
}

TEST(Orders, ChangePoliciesOfCallsThatHadOneWhenTheRunBegan) {
  scenario::Scenario scenario = two_pods();
  const char* order = R"({"policy": {"to": "web", "timeout": "1s"}})";
  const Instant now = Instant::at(Duration::seconds(12));
  const auto refused = read(OrderedScenario{kScenario, scenario}, order, now);
  ASSERT_EQ(refused.problems.size(), 1U);
  EXPECT_EQ(refused.problems[0].where.pointer, "/policy");
  EXPECT_EQ(refused.problems[0].found, "those from clients to default/web");
  EXPECT_TRUE(refused.entries.empty());
  scenario.policies[{"", "default/web"}];
  const auto taken = read(OrderedScenario{kScenario, scenario}, order, now);
  EXPECT_TRUE(taken.problems.empty());
  EXPECT_EQ(taken.entries.size(), 1U);
}

TEST(Orders, ThatTheExpectationsDoNotAllowForLeaveNone) {
  const scenario::Scenario scenario = two_pods();
  OrderedScenario ordered{kScenario, scenario};
  // A second rollout: which one "complete" means is not said.
  const auto order = read(ordered,
                          R"({"set": {"target": "Deployment/web",
                                      "image": "localhost/orrery-workload:1"}})",
                          Instant::at(Duration::seconds(25)));
  EXPECT_TRUE(order.problems.empty());
  EXPECT_EQ(order.entries.size(), 1U);
  EXPECT_EQ(ordered.text_for("", 1).find("expect"), std::string::npos);
  ordered.accept(order);
  const auto kept = scenario::read_scenario_text(ordered.text_for("", 1), "kept.json", "");
  for (const api::Problem& problem : kept.problems) ADD_FAILURE() << to_string(problem);
  ASSERT_TRUE(kept.scenario);
  EXPECT_TRUE(kept.scenario->expectations.empty());
}

TEST(Orders, NameAPodByTheNameThatItGot) {
  const scenario::Scenario scenario = two_pods();
  const OrderedScenario ordered{kScenario, scenario};
  const Instant now = Instant::at(Duration::seconds(12));
  EXPECT_EQ(read(ordered, R"({"fault": "pod-kill", "target": "Pod/default/web-1-abcde"})", now)
                .entries.size(),
            1U);
  EXPECT_EQ(read(ordered, R"({"fault": "pod-kill", "target": "Pod/default/wen-1-abcde"})", now)
                .problems.size(),
            1U);
}

TEST(Orders, WriteOnlyWhatTheRunNeedNotKnowBefore) {
  const tests::TemporaryFolder folder;
  const auto file = [&](const char* name, const std::string& text) {
    std::ofstream{folder.file(name)} << text;
    return R"({"apply": [")" + folder.file(name) + R"("]})";
  };
  const scenario::Scenario scenario = two_pods();
  const OrderedScenario ordered{kScenario, scenario};
  const Instant now = Instant::at(Duration::seconds(12));
  const auto refused = [&](const std::string& order) {
    const OrderReading reading = read(ordered, order, now);
    EXPECT_EQ(reading.entries.empty(), !reading.problems.empty());
    return reading.problems.empty() ? std::string{} : reading.problems[0].where.pointer;
  };
  EXPECT_EQ(refused(file("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n")),
            "");
  EXPECT_EQ(refused(file("policy.yaml",
                         "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
                         "metadata: {name: p}\nspec: {podSelector: {}}\n")),
            "/apply")
      << "the run has no agent for it";
  EXPECT_EQ(refused(R"({"patch": {"target": "Service/web", "merge": {"spec": {"selector":
                        {"app": "other"}}}}})"),
            "/patch/target");
  EXPECT_EQ(
      refused(R"({"patch": {"target": "Deployment/web", "merge": {"spec": {"template": {"spec":
                        {"containers": [{"name": "web", "image": "new:1"}]}}}}}})"),
      "/patch/merge")
      << "an image that no node could pull";
  EXPECT_EQ(
      refused(R"({"patch": {"target": "Deployment/web", "merge": {"spec": {"replicas": 3}}}})"),
      "");
  EXPECT_EQ(refused(R"({"apply": ["nowhere.yaml"]})"), "/apply/0");
}

TEST(Orders, FindTheManifestsOfAScenarioThatIsElsewhere) {
  const scenario::Scenario scenario = two_pods();
  const tests::TemporaryFolder folder;
  const std::string elsewhere = folder.file("edited.json");
  std::filesystem::copy_file(kScenario, elsewhere);
  const OrderedScenario lost{elsewhere, scenario};
  const Instant now = Instant::at(Duration::seconds(12));
  EXPECT_FALSE(read(lost, R"({"cordon": "Node/h1"})", now).problems.empty());
  const OrderedScenario found{elsewhere, scenario, "scenarios/live"};
  EXPECT_TRUE(read(found, R"({"cordon": "Node/h1"})", now).problems.empty());
}

TEST(Orders, AreKeptBesideTheScenarioThatIsPlayed) {
  const scenario::Scenario scenario = two_pods();
  const OrderedScenario ordered{kScenario, scenario};
  EXPECT_EQ(ordered.text_for("out/run", 7),
            "{\n  \"include\": [\"../../scenarios/live/two-pods.json\"],\n"
            "  \"runs\": {\"seeds\": \"7\"},\n  \"timeline\": []\n}\n");
}

TEST(Orders, AreFoundAgainWhereverTheScenarioAndItsFolderAre) {
  namespace fs = std::filesystem;
  const tests::TemporaryFolder folder;
  const std::string elsewhere = folder.file("edited.json");
  fs::copy_file(kScenario, elsewhere);
  const scenario::Scenario scenario = two_pods();
  const OrderedScenario ordered{elsewhere, scenario, "scenarios/live"};
  // ".." of a link leads out of the folder that it stands for.
  fs::create_directories(folder.file("deep/below/out"));
  fs::create_directory_symlink(folder.file("deep/below/out"), folder.file("out"));
  std::ofstream{folder.file("out/session.json")} << ordered.text_for(folder.file("out"), 3);
  for (const char* kept : {"out/session.json", "deep/below/out/session.json"}) {
    const auto reading = scenario::read_scenario(folder.file(kept));
    for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
    ASSERT_TRUE(reading.scenario);
    EXPECT_EQ(reading.scenario->objects.size(), scenario.objects.size());
  }
}

}  // namespace
}  // namespace orrery::control
