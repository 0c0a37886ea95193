#include "runner/report/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace orrery::report {
namespace {

/// One passed, one failed and one inconclusive expectation.
struct Finished {
  Finished() {
    scenario.name = "A <small> | run";
    scenario.file = "scenarios/shop/small.json";
    results.resize(2);
    results[0].seed = 1;
    results[0].fingerprint = "aa";
    results[1].seed = 2;
    results[1].fingerprint = "bb";
    judgement.expectations.resize(3);
    judgement.expectations[0].id = "front";
    judgement.expectations[0].verdict = verdict::Verdict::Pass;
    judgement.expectations[0].observed_text = "success 100 %";
    judgement.expectations[0].bound = ">= 99%";
    judgement.expectations[1].id = "tail";
    judgement.expectations[1].verdict = verdict::Verdict::Fail;
    judgement.expectations[1].why = "a < b & \"c\"";
    judgement.expectations[2].id = "rolled";
    judgement.expectations[2].verdict = verdict::Verdict::Inconclusive;
    judgement.verdict = verdict::Verdict::Fail;
  }
  [[nodiscard]] FinishedRun run() const { return {scenario, World::Sim, results, judgement}; }

  scenario::Scenario scenario;
  std::vector<runner::RunResult> results;
  verdict::Judgement judgement;
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Junit, NamesEveryExpectationByItsIdWhateverItFound) {
  const Finished finished;
  const std::string xml = junit_xml(finished.run());
  EXPECT_TRUE(holds(xml, "tests=\"3\" failures=\"1\" errors=\"1\"")) << xml;
  for (const char* id : {"front", "tail", "rolled"}) {
    EXPECT_TRUE(holds(xml, std::string{"classname=\"scenarios.shop.small\" name=\""} + id + "\""));
  }
}

TEST(Junit, InconclusiveIsAnErrorAndSeedsAreProperties) {
  const Finished finished;
  const std::string xml = junit_xml(finished.run());
  EXPECT_TRUE(holds(xml, "name=\"rolled\"><error message=\"inconclusive:")) << xml;
  EXPECT_TRUE(holds(xml, "<property name=\"seeds\" value=\"1..2\"/>"));
  EXPECT_TRUE(holds(xml, "<property name=\"seed.2\" value=\"bb\"/>"));
}

TEST(Junit, TextIsEscaped) {
  const Finished finished;
  const std::string xml = junit_xml(finished.run());
  EXPECT_TRUE(holds(xml, "A &lt;small&gt; | run"));
  EXPECT_TRUE(holds(xml, "a &lt; b &amp; &quot;c&quot;"));
}

TEST(Junit, ARunThatSaysNothingIsAnErrorOfItsOwn) {
  Finished finished;
  finished.judgement.notes = {"seed 1: kill hit nothing"};
  const std::string xml = junit_xml(finished.run());
  EXPECT_TRUE(holds(xml, "name=\"the run itself\"><error")) << xml;
  EXPECT_TRUE(holds(xml, "tests=\"4\" failures=\"1\" errors=\"2\""));
}

TEST(Policies, AreCountedOverAllRunsAndNamedWhereTheyDidSomething) {
  Finished finished;
  finished.scenario.policies[{"", "default/web"}];
  finished.scenario.policies[{"default/web", "shop/cart"}];
  for (runner::RunResult& result : finished.results) {
    result.policies = {{.from = "", .to = "default/web", .calls = 10, .tries = 10},
                       {.from = "default/web",
                        .to = "shop/cart",
                        .calls = 1000,
                        .tries = 1404,
                        .retries = 1,
                        .hedges = 3}};
  }
  const std::string text = terminal_text(finished.run(), false, false, "");
  EXPECT_TRUE(holds(text, "did web -> shop/cart: 2,000 calls, 2,808 tries, 2 retries, 6 hedges\n"))
      << text;
  EXPECT_FALSE(holds(text, "clients -> web")) << text;
  const std::string summary = summary_json(finished.run());
  EXPECT_TRUE(holds(summary, "\"hedges\": 3")) << summary;
  EXPECT_TRUE(holds(html_report(finished.run()),
                    "web -> shop/cart: 2,000 calls, 2,808 tries, 2 retries, 6 hedges"));
  finished.scenario.policies.clear();
  EXPECT_FALSE(holds(summary_json(finished.run()), "\"policies\"")) << "none, no word of any";
}

TEST(Policies, SayWhatTurnedAwayHowMuchWhereAnythingWas) {
  Finished finished;
  finished.scenario.policies[{"", "default/web"}];
  finished.scenario.policies[{"default/web", "shop/cart"}];
  for (runner::RunResult& result : finished.results) {
    result.policies = {{.from = "", .to = "default/web", .calls = 9, .tries = 9},
                       {.from = "default/web", .to = "shop/cart", .calls = 1000, .tries = 400}};
    result.policies[1].turned_away = {.breaker = 593, .rate_limit = 4, .retry_limit = 3};
    result.policy_samples = {{{}}, {{.turned_away = 600}}};
  }
  const std::string words =
      "web -> shop/cart: 2,000 calls, 800 tries, 1,186 turned away by breakers, 8 by rate limits, "
      "6 by limits of retries";
  const std::string text = terminal_text(finished.run(), false, false, "");
  EXPECT_TRUE(holds(text, "did " + words + "\n")) << text;
  EXPECT_TRUE(holds(html_report(finished.run()), words));
  const auto summary = nlohmann::ordered_json::parse(summary_json(finished.run()))["policies"];
  ASSERT_EQ(summary.size(), 4U) << "of each seed";
  EXPECT_FALSE(summary[0].contains("turnedAway")) << "nothing was";
  EXPECT_EQ(summary[1]["turnedAway"].dump(), R"({"breaker":593,"rateLimit":4,"retryLimit":3})");
}

TEST(Markdown, IsATableThatNoTextCanBreak) {
  const Finished finished;
  const std::string text = markdown_text(finished.run());
  EXPECT_TRUE(holds(text, "### A &lt;small> \\| run")) << text;
  EXPECT_TRUE(holds(text, "| **FAIL** | tail |"));
  EXPECT_TRUE(holds(text, "| pass | front | success 100 % | >= 99% | 0/0 |"));
}

}  // namespace
}  // namespace orrery::report
