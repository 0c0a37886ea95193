// The scheduler of a scenario, from its text to where the pods go.
#include <gtest/gtest.h>

#include "runner/scenario/reading.h"
#include "runner/session/world_config.h"

namespace orrery::session {
namespace {

using scheduler::PluginSet;

PluginSet plugins_of(const std::string& settings) {
  const auto reading = scenario::read_scenario_text(
      R"({"format": 1, "name": "n", "duration": "60s", "manifests": ["scenarios/live/manifests"],
          "cluster": {"nodes": 2, "node": {"extended": {"a.b/c": 3}}},
          "journeys": {"a": ["web"]}, "load": [{"poisson": "1/s"}],
          "schedulers": {"mine": )" +
          settings + "}}",
      "f.json", "");
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  if (!reading.scenario) return {};
  const sim::WorldConfig config = world_config(*reading.scenario, 1);
  EXPECT_EQ(config.nodes.front().resources.extended.at("a.b/c"), 3);
  EXPECT_EQ(config.profile.scheduler.profiles.at(scheduler::kDefaultScheduler), PluginSet{});
  return config.profile.scheduler.profiles.at("mine");
}

TEST(SchedulerSettings, EachChangesWhatItSays) {
  EXPECT_EQ(plugins_of("{}"), PluginSet{});
  PluginSet expected;
  expected.filters.reset(static_cast<std::size_t>(scheduler::FilterPlugin::NodePorts));
  EXPECT_EQ(plugins_of(R"({"filtersOff": ["NodePorts"]})"), expected);
  expected = {};
  expected.weights = {};
  expected.weights[static_cast<std::size_t>(scheduler::ScorePlugin::ImageLocality)] = 7;
  EXPECT_EQ(plugins_of(R"({"scores": {"ImageLocality": 7}})"), expected);
  expected = {};
  expected.scoring = {
      scheduler::ScoringType::RequestedToCapacityRatio, {{"a.b/c", 2}}, {{0, 10}, {100, 0}}};
  EXPECT_EQ(plugins_of(R"({"scoring": {"type": "RequestedToCapacityRatio",
                           "resources": {"a.b/c": 2},
                           "shape": [{"utilization": 0, "score": 10},
                                     {"utilization": 100, "score": 0}]}})"),
            expected);
  expected = {};
  expected.tie_break = scheduler::TieBreak::First;
  EXPECT_EQ(plugins_of(R"({"tieBreak": "first"})"), expected);
  expected = {};
  expected.percentage_of_nodes_to_score = 30;
  EXPECT_EQ(plugins_of(R"({"percentageOfNodesToScore": 30})"), expected);
  expected = {};
  expected.preempts = false;
  EXPECT_EQ(plugins_of(R"({"preemption": false})"), expected);
}

TEST(SchedulerSettings, EveryPluginOfTheSchedulerCanBeNamed) {
  for (const char* name : scheduler::kFilterNames) {
    EXPECT_EQ(plugins_of(std::string{R"({"filtersOff": [")"} + name + "\"]}").filters.count(),
              scheduler::kFilterCount - 1);
  }
  for (std::size_t i = 0; i < scheduler::kScoreCount; ++i) {
    EXPECT_EQ(plugins_of(std::string{R"({"scores": {")"} + scheduler::kScoreNames[i] + "\": 5}}")
                  .weights[i],
              5);
  }
}

TEST(SchedulerSettings, WhatIsWrongIsNamed) {
  struct Case {
    const char* settings;
    const char* expected;
  };
  for (const Case& c :
       {Case{R"({"filtersOff": ["NodePort"]})", "did you mean \"NodePorts\"?"},
        Case{R"({"scores": {"FirstFits": 1}})", "did you mean \"FirstFit\"?"},
        Case{R"({"scoring": {"type": "RequestedToCapacityRatio"}})",
             "a \"shape\" for RequestedToCapacityRatio"},
        Case{R"({"scoring": {"type": "MostAllocated", "shape": []}})", "no shape unless"},
        Case{R"({"tieBreak": "last"})", "random or first"}, Case{R"({"nodes": 3})", "nodes"}}) {
    const auto reading =
        scenario::read_scenario_text(std::string{R"({"format": 1, "name": "n", "duration": "60s",
            "manifests": ["scenarios/live/manifests"], "cluster": {"nodes": 2},
            "journeys": {"a": ["web"]}, "load": [{"poisson": "1/s"}], "schedulers": {"mine": )"} +
                                         c.settings + "}}",
                                     "f.json", "");
    ASSERT_EQ(reading.problems.size(), 1U) << c.settings;
    EXPECT_NE(to_string(reading.problems[0]).find(c.expected), std::string::npos)
        << to_string(reading.problems[0]);
  }
}

}  // namespace
}  // namespace orrery::session
