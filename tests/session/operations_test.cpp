// What operators do to nodes, in whole runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "runner/scenario/reading.h"
#include "runner/session/drain.h"
#include "runner/session/sim_session.h"

namespace orrery::session {
namespace {

using scenario::NodeAction;
using scenario::Scenario;

api::ObjectPtr pod_on(const std::string& node, const std::string& name,
                      api::Kind owner = api::Kind::ReplicaSet) {
  api::Pod pod;
  pod.meta.name = name;
  pod.meta.namespace_name = "default";
  pod.meta.uid = "uid-" + name;
  pod.meta.owners = {{owner, "o", "o", true}};
  pod.spec.node_name = node;
  return std::make_shared<const api::Object>(pod);
}

TEST(Drain, EvictsWhatIsOnTheNodeButPodsOfDaemonSets) {
  api::Pod going = std::get<api::Pod>(*pod_on("a", "going"));
  going.meta.deletion = Instant{};
  const auto calls = evictions_of(
      "a", {pod_on("a", "web"), pod_on("b", "other"), pod_on("a", "agent", api::Kind::DaemonSet),
            std::make_shared<const api::Object>(going)});
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].verb, ports::Verb::Evict);
  EXPECT_EQ(calls[0].key.name, "web");
  EXPECT_EQ(calls[0].uid, "uid-web");
}

TEST(Drain, TriesAgainWhatABudgetRefusesAndGivesUpOnTwoBudgets) {
  EXPECT_EQ(answer_of(ports::Outcome::Ok), EvictionAnswer::Done);
  EXPECT_EQ(answer_of(ports::Outcome::NotFound), EvictionAnswer::Done);
  EXPECT_EQ(answer_of(ports::Outcome::Refused), EvictionAnswer::Again);
  EXPECT_EQ(answer_of(ports::Outcome::Unreachable), EvictionAnswer::Again);
  EXPECT_EQ(answer_of(ports::Outcome::Invalid), EvictionAnswer::Failed);
}

TEST(Drain, CordonsOnlyWhatIsOpen) {
  api::Node node;
  node.meta.name = "a";
  ASSERT_TRUE(cordon_of(node, true).has_value());
  EXPECT_TRUE(std::get<api::Node>(*cordon_of(node, true)->object).spec.unschedulable);
  EXPECT_FALSE(cordon_of(node, false).has_value());
}

/// The two pods of the live scenario on h1 and h2 (h3 is smaller, so they score higher), a budget,
/// and two drains.
Scenario drained(std::int32_t max_unavailable, bool two_budgets = false) {
  scenario::ScenarioReading reading = scenario::read_scenario("scenarios/live/two-pods.json");
  EXPECT_TRUE(reading.scenario.has_value());
  Scenario s = std::move(*reading.scenario);
  s.expectations.clear();
  s.cluster.nodes.push_back(s.cluster.nodes.back());
  s.cluster.nodes.back().name = "h3";
  s.cluster.nodes.back().cpu_milli /= 4;
  s.cluster.nodes.back().memory_bytes /= 4;
  s.timeline = {{"drain", Instant::at(15_s), NodeAction{NodeAction::What::Drain, "h1"}, {}},
                {"and", Instant::at(15_s), NodeAction{NodeAction::What::Drain, "h2"}, {}}};
  for (const char* name : {"web", "twin"}) {
    api::PodDisruptionBudget budget;
    budget.meta.name = name;
    budget.meta.namespace_name = "default";
    budget.spec.max_unavailable = api::CountOrPercent{max_unavailable, false};
    budget.spec.selector = api::LabelSelector{{{"app", "web"}}, {}};
    s.objects.push_back({budget, {}});
    if (!two_budgets) break;
  }
  return s;
}

/// The answers to evictions, in order.
std::vector<std::string> answers_in(const runner::RunResult& run) {
  std::vector<std::string> answers;
  for (const auto& record : run.log) {
    if (record.what == "evict") answers.push_back(record.detail);
  }
  return answers;
}

std::size_t count_of(const std::vector<std::string>& texts, const std::string& end) {
  return static_cast<std::size_t>(std::count_if(
      texts.begin(), texts.end(), [&](const std::string& t) { return t.ends_with(end); }));
}

TEST(Drain, OfTwoNodesTakesOnePodAtATimeWhenTheBudgetSaysSo) {
  const auto answers = answers_in(simulate(drained(1), 1));
  EXPECT_EQ(count_of(answers, ": Ok"), 2U);
  EXPECT_GE(count_of(answers, ": Refused"), 1U) << "tried again every 5 s";
}

TEST(Drain, TakesBothAtOnceWithoutSuchABudget) {
  const auto answers = answers_in(simulate(drained(2), 1));
  EXPECT_EQ(count_of(answers, ": Ok"), 2U);
  EXPECT_EQ(count_of(answers, ": Refused"), 0U);
}

TEST(Drain, GivesUpOnPodsOfTwoBudgets) {
  const auto answers = answers_in(simulate(drained(1, true), 1));
  EXPECT_EQ(count_of(answers, ": Invalid"), 2U);
  EXPECT_EQ(answers.size(), 2U);
}

}  // namespace
}  // namespace orrery::session
