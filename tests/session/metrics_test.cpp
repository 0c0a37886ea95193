// Autoscaling by other metrics than CPU and memory, in whole runs whose sizes can be worked out.
#include <gtest/gtest.h>

#include <fstream>

#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"

namespace orrery::session {
namespace {

using namespace orrery::literals;

struct Setting {
  std::string autoscaler;  ///< The metrics of its spec.
  std::string metrics;     ///< Of the scenario.
  std::string service = R"({"cpu": "1ms"})";
  std::string load = R"([{"poisson": "60/s"}])";
};

/// Eight minutes of the autoscaled web service, which has 2 to 12 pods.
std::vector<runner::WorkloadSample> sizes(const Setting& setting) {
  const auto reading = scenario::read_scenario(
      "scenarios/external-autoscaler/load-step.json",
      {{"/autoscalers", "{}"},
       {"/expect", "[]"},
       {"/load", setting.load},
       {"/metrics", setting.metrics},
       {"/services/web/concurrency", "64"},
       {"/services/web/operations/get", setting.service},
       {"/journeys/visit/timeout", "\"1min\""},
       {"/spec/metrics", setting.autoscaler, "HorizontalPodAutoscaler/web"}});
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  if (!reading.scenario) return {};
  return simulate(*reading.scenario, 1).workloads.at("default/web").samples;
}

std::int32_t size_at(const std::vector<runner::WorkloadSample>& samples, Instant when) {
  std::int32_t size = 0;
  for (const auto& sample : samples) {
    if (sample.at <= when) size = sample.desired;
  }
  return size;
}

std::string pods_metric(const std::string& average) {
  return R"([{"type": "Pods", "pods": {"metric": {"name": "m"},
              "target": {"type": "AverageValue", "averageValue": ")" +
         average + "\"}}}]";
}

TEST(Metrics, ARateOfRequestsPerPod) {
  // 60 requests per second, 10 for each pod: 6, and one more if it is a little above.
  const auto samples = sizes({pods_metric("10"), R"({"m": {"measures": "requestRate"}})"});
  EXPECT_EQ(size_at(samples, Instant::at(14_s)), 2);
  EXPECT_GE(size_at(samples, Instant::at(480_s)), 6);
  EXPECT_LE(size_at(samples, Instant::at(480_s)), 7);
}

TEST(Metrics, WithoutASourceTheSizeStays) {
  EXPECT_EQ(size_at(sizes({pods_metric("10"), "{}"}), Instant::at(480_s)), 2);
  EXPECT_EQ(size_at(sizes({pods_metric("10"), R"({"m": {"external": 1000}})"}), Instant::at(480_s)),
            2);
}

TEST(Metrics, RequestsInFlightPerPod) {
  // By Little's law 60/s for 500 ms are 30 at a time: 6 pods of 5 each, or a few more.
  const auto samples = sizes({pods_metric("5"), R"({"m": {"measures": "inFlight"}})",
                              R"({"cpu": "1ms", "wait": "500ms"})"});
  EXPECT_GE(size_at(samples, Instant::at(480_s)), 5);
  EXPECT_LE(size_at(samples, Instant::at(480_s)), 9);
}

TEST(Metrics, RequestsThatWaitInPods) {
  // Two pods have 128 slots for 180 requests at a time; the rest waits in them.
  const Setting waiting{pods_metric("1"), R"({"m": {"measures": "queued", "every": "5s"}})",
                        R"({"cpu": "1ms", "wait": "3s"})"};
  EXPECT_GE(size_at(sizes(waiting), Instant::at(120_s)), 3);
  Setting none = waiting;
  none.service = R"({"cpu": "1ms", "wait": "1s"})";
  EXPECT_EQ(size_at(sizes(none), Instant::at(480_s)), 2) << "60 at a time do not wait";
}

TEST(Metrics, OfAServiceItsPodsTogether) {
  // 60 per second are twice the target, whatever the number of pods: the bound is what holds.
  const auto samples = sizes({R"([{"type": "Object", "object": {"metric": {"name": "m"},
          "describedObject": {"kind": "Service", "name": "web"},
          "target": {"type": "Value", "value": "30"}}}])",
                              R"({"m": {"measures": "requestRate"}})"});
  EXPECT_EQ(size_at(samples, Instant::at(480_s)), 12);
}

TEST(Metrics, ASeriesFromOutside) {
  const std::string external = R"([{"type": "External", "external": {"metric": {"name": "m"},
          "target": {"type": "AverageValue", "averageValue": "10"}}}])";
  const auto samples =
      sizes({external,
             R"({"m": {"external": [{"at": "0s", "value": 10}, {"at": "3min", "value": 45}]}})"});
  EXPECT_EQ(size_at(samples, Instant::at(179_s)), 2);
  EXPECT_EQ(size_at(samples, Instant::at(197_s)), 5) << "at the first look after the change";
  EXPECT_EQ(size_at(samples, Instant::at(480_s)), 5);
}

TEST(Metrics, LookingAddsNothingToARun) {
  const auto run_with = [](const std::string& metrics) {
    const auto reading = scenario::read_scenario("scenarios/external-autoscaler/load-step.json",
                                                 {{"/autoscalers", "{}"},
                                                  {"/duration", "\"100s\""},
                                                  {"/load", R"([{"poisson": "20/s"}])"},
                                                  {"/expect", "[]"},
                                                  {"/metrics", metrics}});
    return simulate(*reading.scenario, 1).fingerprint;
  };
  EXPECT_EQ(run_with("{}"), run_with(R"({"m": {"measures": "requestRate", "every": "1s"}})"));
}

}  // namespace
}  // namespace orrery::session
