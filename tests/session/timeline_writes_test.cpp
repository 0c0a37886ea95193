// What the timeline writes to the API server, in whole runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/verdict.h"

namespace orrery::session {
namespace {

/// A run of the two pods of the live scenario with a timeline and expectations of its own.
struct Played {
  runner::RunResult run;
  verdict::Judgement judgement;
};

Played play(const std::string& timeline, const std::string& expect) {
  const scenario::ScenarioReading reading = scenario::read_scenario_text(
      R"({"format": 1, "name": "writes", "duration": "40s",
          "manifests": ["scenarios/live/manifests", "tests/session/manifests/settings.yaml"],
          "cluster": {"nodes": 2, "node": {"cpu": "4", "memory": "4Gi"}},
          "timeline": )" +
          timeline + R"(, "expect": )" + expect + "}",
      "writes.json", "");
  std::string problems;
  for (const api::Problem& problem : reading.problems) problems += to_string(problem) + "\n";
  EXPECT_TRUE(reading.scenario.has_value()) << problems;
  if (!reading.scenario) return {};
  Played played;
  played.run = simulate(*reading.scenario, 1);
  played.judgement = verdict::judge(*reading.scenario, {played.run});
  return played;
}

/// The effect of the entry with this id.
std::string effect_of(const std::string& id, const runner::RunResult& run) {
  for (const runner::FaultResult& fault : run.faults) {
    if (fault.id == id) return fault.effect;
  }
  return "none";
}

std::string verdicts_of(const verdict::Judgement& judgement) {
  std::string text;
  for (const auto& e : judgement.expectations) {
    text += e.id + ": " + to_string(e.verdict) + ", " + e.observed_text + "\n";
  }
  for (const std::string& note : judgement.notes) text += note + "\n";
  return text;
}

TEST(Apply, CreatesWhatIsMissingAndReplacesWhatIsThere) {
  const Played played = play(
      R"([{"id": "more", "at": "20s", "apply": ["tests/session/manifests/more-settings.yaml"]}])",
      R"([{"id": "one", "count": "ConfigMap", "finally": "== 1"},
          {"id": "labelled", "count": "ConfigMap", "where": {"labels": {"tier": "back"}},
           "finally": "== 1"},
          {"id": "runs", "count": "Pod", "where": {"name": "extra", "ready": true},
           "finally": "== 1"},
          {"id": "not-before", "count": "Pod", "where": {"name": "extra"}, "always": "== 0",
           "during": "..more"}])");
  EXPECT_EQ(effect_of("more", played.run),
            "changed ConfigMap/default/settings, created Pod/default/extra");
  EXPECT_EQ(played.judgement.verdict, verdict::Verdict::Pass) << verdicts_of(played.judgement);
}

TEST(Apply, IsSaidToBeRefusedWhereItIs) {
  const Played played =
      play(R"([{"id": "quota", "at": "20s", "apply": ["tests/session/manifests/no-pods.yaml"]},
              {"id": "pod", "at": "quota+1s",
               "apply": ["tests/session/manifests/more-settings.yaml"]}])",
           R"([{"id": "two", "count": "Pod", "always": "<= 2"}])");
  EXPECT_EQ(effect_of("pod", played.run),
            "changed ConfigMap/default/settings, Pod/default/extra: Refused");
}

TEST(Patch, ChangesTheTarget) {
  const Played played =
      play(R"([{"id": "grow", "at": "20s",
                "patch": {"target": "Deployment/web", "merge": {"spec": {"replicas": 3}}}}])",
           R"([{"id": "grown", "target": "Deployment/web", "finally": {"available": "== 3"}}])");
  EXPECT_EQ(effect_of("grow", played.run), "changed Deployment/default/web");
  EXPECT_EQ(played.judgement.verdict, verdict::Verdict::Pass) << verdicts_of(played.judgement);
}

TEST(Patch, OfATemplateIsARolloutThatCanBeExpectedToComplete) {
  const Played played = play(
      R"([{"id": "new", "at": "10s", "patch": {"target": "Deployment/web", "merge":
           {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}}}}])",
      R"([{"id": "rolled", "target": "Deployment/web", "rollout": "complete", "within": "29s"}])");
  EXPECT_EQ(played.judgement.verdict, verdict::Verdict::Pass) << verdicts_of(played.judgement);
}

TEST(Patch, OfSomePodsLeavesTheOthers) {
  const Played played =
      play(R"([{"id": "orphan", "at": "20s", "patch": {"target": "Deployment/web", "pods": 1,
                "merge": {"metadata": {"labels": {"app": null, "lost": "yes"}}}}}])",
           R"([{"id": "one", "count": "Pod", "where": {"labels": {"lost": "yes"}, "owner": "none"},
                "finally": "== 1"},
               {"id": "three", "count": "Pod", "finally": "== 3"}])");
  EXPECT_EQ(played.judgement.verdict, verdict::Verdict::Pass) << verdicts_of(played.judgement);
}

TEST(Patch, OfWhatIsGoneHitsNothing) {
  const Played played =
      play(R"([{"id": "kill", "at": "20s", "fault": "pod-kill", "target": "Deployment/web",
                "count": 2},
               {"id": "late", "at": "20s", "patch": {"target": "Deployment/web", "pods": 1,
                "merge": {"metadata": {"labels": {"lost": "yes"}}}}}])",
           "[]");
  EXPECT_EQ(effect_of("late", played.run), "nothing matched Deployment/default/web");
  EXPECT_EQ(played.judgement.verdict, verdict::Verdict::Inconclusive);
}

}  // namespace
}  // namespace orrery::session
