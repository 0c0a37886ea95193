#include <gtest/gtest.h>

#include <fstream>

#include "tests/scenario/scenario_text.h"
#include "tests/support/temporary_folder.h"

namespace orrery::scenario {
namespace {

using namespace orrery::literals;

/// The good scenario with these metrics, read as of a file in `folder`.
ScenarioReading with_metrics(const std::string& metrics, const std::string& autoscaler = {}) {
  std::string text = kGoodScenario;
  text.insert(text.find("\"services\""), "\"metrics\": " + metrics + ",\n  ");
  static const tests::TemporaryFolder folder;
  std::ofstream{folder.file("hpa.yaml")} << autoscaler;
  std::ofstream{folder.file("series.csv")} << "time,value\n0,1\n1.5min,2500m\r\n# later\n100, 4k\n";
  std::ofstream{folder.file("backwards.csv")} << "5,1\n5,2\n";
  std::ofstream{folder.file("words.csv")} << "time,value\n5,many\n";
  std::ofstream{folder.file("empty.csv")} << "time,value\n";
  const std::string manifests = std::filesystem::absolute("scenarios/live/manifests").string();
  const std::string list = "[\"scenarios/live/manifests\"]";
  text.replace(text.find(list), list.size(),
               "[\"" + manifests + "\"" + (autoscaler.empty() ? "" : ", \"hpa.yaml\"") + "]");
  return read_scenario_text(text, folder.file("metrics.json"), folder.path());
}

Metric metric_of(const std::string& metric) {
  const ScenarioReading reading = with_metrics("{\"m\": " + metric + "}");
  if (!reading.scenario) ADD_FAILURE() << text_of(reading.problems);
  return reading.scenario ? reading.scenario->metrics.at("m") : Metric{};
}

TEST(MetricSources, AreMeasuredOrExternal) {
  const Metric rate = metric_of(R"({"measures": "requestRate"})");
  EXPECT_EQ(rate.what, Metric::What::RequestRate);
  EXPECT_EQ(rate.every, 15_s);
  EXPECT_EQ(rate.over, 60_s);
  const Metric queued = metric_of(R"({"measures": "queued", "every": "5s"})");
  EXPECT_EQ(queued.what, Metric::What::Queued);
  EXPECT_EQ(queued.every, 5_s);
  EXPECT_EQ(metric_of(R"({"measures": "inFlight"})").what, Metric::What::InFlight);
  using Series = std::vector<std::pair<Instant, std::int64_t>>;
  EXPECT_EQ(metric_of(R"({"external": "500m"})").series, (Series{{Instant{}, 500}}));
  EXPECT_EQ(
      metric_of(R"({"external": [{"at": "0s", "value": 2}, {"at": "9s", "value": 0}]})").series,
      (Series{{Instant{}, 2000}, {Instant::at(9_s), 0}}));
  const Metric series = metric_of(R"({"external": "series.csv"})");
  EXPECT_EQ(series.what, Metric::What::External);
  EXPECT_EQ(
      series.series,
      (Series{{Instant{}, 1000}, {Instant::at(90_s), 2500}, {Instant::at(100_s), 4'000'000}}));
}

TEST(MetricSources, WhatIsWrongIsNamed) {
  struct Case {
    const char* metric;
    const char* problem;
  };
  for (const Case& c : std::vector<Case>{
           {"{}", "either \"measures\" or \"external\""},
           {R"({"measures": "queued", "external": 3})", "found both"},
           {R"({"measures": "queue"})", "did you mean \"queued\"?"},
           {R"({"measures": "queued", "over": "1min"})", "no window unless a rate is measured"},
           {R"({"measures": "requestRate", "over": "5s"})", "a window of 15s or more"},
           {R"({"measures": "requestRate", "every": "10ms"})", "a duration of 1s or more"},
           {R"({"external": 3, "every": "1s"})", "no \"every\" with \"external\""},
           {R"({"external": -3})", "a number of 0 or more"},
           {R"({"external": []})", "at least one point"},
           {R"({"external": [{"at": "5s"}]})", "\"value\""},
           {R"({"external": [{"at": "5s", "value": 1}, {"at": "5s", "value": 2}]})",
            "a time after the one before"},
           {R"({"external": "nothing.csv"})", "nothing.csv"},
           {R"({"external": "backwards.csv"})", "backwards.csv:2: "},
           {R"({"external": "words.csv"})", "words.csv:2: "},
           {R"({"external": "empty.csv"})", "a file with times and values"}}) {
    const ScenarioReading reading = with_metrics(std::string{"{\"m\": "} + c.metric + "}");
    ASSERT_EQ(reading.problems.size(), 1U) << c.metric << "\n" << text_of(reading.problems);
    EXPECT_NE(text_of(reading.problems).find(c.problem), std::string::npos)
        << text_of(reading.problems);
  }
}

TEST(MetricSources, EveryBadLineOfASeriesIsNamedTheFirstTenOneByOne) {
  const auto problems_with = [](const std::string& lines) {
    const tests::TemporaryFolder folder;
    std::ofstream{folder.file("series.csv")} << lines;
    const std::string file = folder.file("series.csv");
    return with_metrics(R"({"m": {"external": ")" + file + "\"}}").problems;
  };
  const auto few = problems_with("time,value\n0,1\n5,many\nsoon,3\n4,1\n\n7,1\n8,-1\n");
  ASSERT_EQ(few.size(), 4U) << text_of(few);
  const std::vector<int> lines{3, 4, 5, 8};
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i].where.line, lines[i]) << i;
  EXPECT_NE(text_of({few[2]}).find("a time after the one before"), std::string::npos);

  std::string many = "time,value\n";
  for (int i = 0; i < 25; ++i) many += std::to_string(i) + ",x\n";
  const auto counted = problems_with(many);
  ASSERT_EQ(counted.size(), 11U) << text_of(counted);
  EXPECT_EQ(counted[9].where.line, 11);
  EXPECT_EQ(counted[10].where.line, 12);
  EXPECT_NE(text_of({counted[10]}).find("15 bad lines from here on"), std::string::npos);
}

TEST(MetricSources, AutoscalersThatGetNoValueAreNoted) {
  const std::string autoscaler = R"(
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
    - {type: Pods, pods: {metric: {name: known}, target: {type: AverageValue, averageValue: "5"}}}
    - {type: Pods, pods: {metric: {name: unknown}, target: {type: AverageValue, averageValue: "5"}}}
    - {type: Pods, pods: {metric: {name: outside}, target: {type: AverageValue, averageValue: "5"}}}
    - {type: External, external: {metric: {name: inside}, target: {type: Value, value: "5"}}}
    - type: Object
      object:
        metric: {name: known-too}
        describedObject: {kind: Service, name: web}
        target: {type: Value, value: "5"}
    - type: Object
      object:
        metric: {name: of-a-deployment}
        describedObject: {kind: Deployment, name: web}
        target: {type: Value, value: "5"}
)";
  const ScenarioReading reading = with_metrics(
      R"({"known": {"measures": "queued"}, "known-too": {"measures": "queued"},
          "inside": {"measures": "queued"}, "of-a-deployment": {"measures": "queued"},
          "outside": {"external": 3}})",
      autoscaler);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  std::vector<std::string> noted;
  for (const Input& input : reading.scenario->inputs) {
    if (input.pointer.starts_with("/metrics")) noted.push_back(input.pointer + " " + input.note);
  }
  const std::string who = " HorizontalPodAutoscaler/default/web gets no value: ";
  EXPECT_EQ(noted,
            (std::vector<std::string>{
                "/metrics/unknown" + who + "it stands nowhere",
                "/metrics/outside" + who + "it is external, not measured",
                "/metrics/inside" + who + "it is measured, not external",
                "/metrics/of-a-deployment" + who + "of objects, Services alone are measured"}));
}

}  // namespace
}  // namespace orrery::scenario
