#include <gtest/gtest.h>

#include "runner/scenario/scalars.h"
#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

/// The only expectation of the good scenario with it in place of its own.
ScenarioReading read_expecting(const std::string& expectation) {
  return read_bent({{"/expect", "[" + expectation + "]", {}}});
}

template <class T>
T the(const std::string& expectation) {
  const ScenarioReading reading = read_expecting(expectation);
  EXPECT_TRUE(reading.scenario) << text_of(reading.problems);
  return std::get<T>(reading.scenario->expectations.at(0).what);
}

std::string problems_of(const std::string& expectation) {
  return text_of(read_expecting(expectation).problems);
}

TEST(CountReading, AQuantifierSaysWhenItHolds) {
  const auto always = the<CountExpectation>(
      R"({"id": "a", "target": "Deployment/web", "never": {"ready": "> 3"}})");
  EXPECT_EQ(always.quantifier, Quantifier::Never);
  EXPECT_EQ(std::get<TargetCount>(always.count).metric, "ready");
  EXPECT_EQ(always.during.from, Instant::at(5_s));
}

TEST(CountReading, ObjectsAreCountedByWhatTheyAre) {
  const auto count = the<CountExpectation>(R"({"id": "a", "count": "Pods", "where":
    {"owner": "Deployment/web", "phase": "Running", "ready": true, "labels": {"app": "web"}},
    "finally": "2..4"})");
  const auto& objects = std::get<ObjectCount>(count.count);
  EXPECT_EQ(objects.kind, api::Kind::Pod);
  EXPECT_EQ(objects.where.owner->name, "web");
  EXPECT_EQ(objects.where.ready, true);
  EXPECT_EQ(count.bound.relation, Bound::Relation::Between);
  EXPECT_EQ(count.bound.upper, 4);
}

TEST(CountReading, TheSubjectSaysWhatIsCounted) {
  struct Case {
    const char* count;
    const char* subject;
  };
  for (const Case& c : std::vector<Case>{
           {R"("count": "Pods")", "Pods"},
           {R"("count": "Pods", "where": {"owner": "Deployment/web", "phase": "Failed",
               "ready": false, "labels": {"app": "web"}})",
            "Pods (app=web, of Deployment/default/web, phase Failed, not ready)"},
           {R"("count": "Pods", "where": {"owner": "none", "name": "a-*"}, "sum": "restarts")",
            "restarts of Pods (name a-*, without owner)"},
           {R"("count": "Pod", "where": {"reason": "Evicted"}, "ever": true)",
            "Pods (reason Evicted) ever"},
           {R"("count": "Node", "where": {"condition": "Ready=Unknown", "unschedulable": true})",
            "Nodes (condition Ready=Unknown, unschedulable)"},
           {R"("count": "events", "where": {"what": "refused", "subject": "Pod/*",
               "detail": "quota"})",
            "refused events (Pod/*, \"quota\")"},
           {R"("count": "events")", "events"}}) {
    const auto count =
        the<CountExpectation>(std::string{R"({"id": "a", )"} + c.count + R"(, "finally": "== 1"})");
    EXPECT_EQ(count.subject, c.subject);
  }
}

TEST(CountReading, AConditionMayHaveAStatus) {
  const auto count = the<CountExpectation>(
      R"({"id": "a", "count": "Node", "where": {"condition": "Ready=Unknown"}, "always": "== 0"})");
  EXPECT_EQ(std::get<ObjectCount>(count.count).where.condition_status,
            api::ConditionStatus::Unknown);
}

TEST(CountReading, WhatAKindHasNotIsAProblem) {
  EXPECT_NE(problems_of(R"({"id": "a", "count": "Node", "where": {"phase": "Running"},
                            "always": "> 0"})")
                .find("a key that fits Node"),
            std::string::npos);
  EXPECT_NE(problems_of(R"({"id": "a", "count": "Pod", "sum": "restart", "always": "> 0"})")
                .find("did you mean \"restarts\"?"),
            std::string::npos);
  EXPECT_NE(
      problems_of(R"({"id": "a", "count": "Pos", "always": "> 0"})").find("did you mean \"Pod\"?"),
      std::string::npos);
  EXPECT_NE(problems_of(R"({"id": "a", "count": "Pod"})").find("when it must hold"),
            std::string::npos);
  EXPECT_NE(problems_of(R"({"id": "a", "target": "Deployment/web", "always": {"avilable": "> 0"}})")
                .find("did you mean \"available\"?"),
            std::string::npos);
}

TEST(CountReading, AnUnknownMetricIsAProblemWithAHint) {
  EXPECT_NE(problems_of(R"({"id": "a", "service": "web", "p98": "< 1s"})").find("did you mean \"p"),
            std::string::npos);
}

TEST(SloReading, AWindowLongerThanTheRunIsRefused) {
  const std::string slo = R"({"id": "a", "service": "web", "budgetUsed": "<= 100%",
                              "slo": {"objective": "99.9%", "window": "30d"}})";
  EXPECT_NE(problems_of(slo).find("/expect/0/slo/window"), std::string::npos);
  const std::string longer = R"({"id": "a", "service": "web", "budgetUsed": "<= 100%",
                                 "slo": {"objective": "99.9%", "window": "56s"}})";
  EXPECT_NE(problems_of(longer).find("a window from 1s to the 55s that are watched"),
            std::string::npos)
      << problems_of(longer);
  const auto fits = the<RequestExpectation>(R"({"id": "a", "service": "web", "burnRate": "< 14.4",
    "slo": {"objective": "99.9%", "window": "55s"}, "over": ["30s", "5s"]})");
  EXPECT_EQ(fits.over.size(), 2U);
  EXPECT_EQ(fits.bound.value, 14.4);
}

TEST(SloReading, ABurnRateNeedsItsWindow) {
  EXPECT_NE(problems_of(R"({"id": "a", "service": "web", "burnRate": "< 2",
                            "slo": {"objective": "99%", "window": "20s"}})")
                .find("\"over\""),
            std::string::npos);
  EXPECT_NE(problems_of(R"({"id": "a", "service": "web", "success": ">= 9%",
                            "slo": {"objective": "99%", "window": "20s"}})")
                .find("\"slo\" only beside"),
            std::string::npos);
}

TEST(Bounds, AreComparisonsOrRangesInTheUnitOfTheMetric) {
  EXPECT_EQ(parse_bound("== 3", Measure::Count)->relation, Bound::Relation::Equal);
  EXPECT_EQ(parse_bound("!= 3", Measure::Count)->relation, Bound::Relation::Unequal);
  EXPECT_EQ(parse_bound("1s..2s", Measure::Time)->upper, 2);
  EXPECT_EQ(parse_bound("<= 150%", Measure::Share)->value, 1.5);
  EXPECT_EQ(parse_bound(">= 120/min", Measure::Rate)->value, 2);
  EXPECT_EQ(parse_bound("< 0/s", Measure::Rate)->value, 0);
  EXPECT_FALSE(parse_bound("<= 150%", Measure::Ratio));
  EXPECT_FALSE(parse_bound("4..2", Measure::Count));
  EXPECT_FALSE(parse_bound("1.5", Measure::Count));
}

TEST(Users, MayBeLeftOutTogetherButNotAlone) {
  const std::string control_plane_only = R"({"format": 1, "name": "no users", "duration": "60s",
    "manifests": ["scenarios/live/manifests"], "cluster": {"nodes": 2}})";
  EXPECT_TRUE(read_scenario_text(control_plane_only, "bent.json", "").scenario);
  const std::string half = R"({"format": 1, "name": "half", "duration": "60s",
    "manifests": ["scenarios/live/manifests"], "cluster": {"nodes": 2}, "journeys": {"a": ["web"]}})";
  EXPECT_NE(text_of(read_scenario_text(half, "bent.json", "").problems).find("\"load\""),
            std::string::npos);
}

}  // namespace
}  // namespace orrery::scenario
