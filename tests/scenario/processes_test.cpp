// What a scenario says of processes and nodes, and how it reaches the simulated world.
#include <gtest/gtest.h>

#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

using namespace orrery::literals;

/// The good scenario with this as the image that its rollout brings.
ScenarioReading with_image(const std::string& image) {
  return read_scenario_text(
      std::string{kGoodScenario}.replace(std::string{kGoodScenario}.find("\"services\""), 0,
                                         "\"images\": {\"web:2\": " + image + "}, "),
      "bent.json", "");
}

Image image_of(const std::string& text) {
  const ScenarioReading reading = with_image(text);
  EXPECT_TRUE(reading.scenario) << text_of(reading.problems);
  return reading.scenario ? reading.scenario->images.at("web:2") : Image{};
}

std::string problem_of(const std::string& text) { return text_of(with_image(text).problems); }

TEST(ReadProcesses, WhatAProcessDoesByItself) {
  const Image image = image_of(
      R"({"runsFor": "9s", "exitCode": 3, "ignoresTerm": true, "unwellAfter": "32s",
          "unwellFor": "1min", "memory": {"base": "60Mi", "perSecond": "1Mi", "perRequest": "2Mi",
                     "perServed": "3Ki"},
          "disk": "1Gi"})");
  ASSERT_TRUE(image.runs_for);
  EXPECT_EQ(image.runs_for->draw(Draws{1}, Purpose::AppStart, 1), 9_s);
  EXPECT_EQ(image.exit_code, 3);
  EXPECT_TRUE(image.ignores_term);
  EXPECT_EQ(image.unwell_after, 32_s);
  EXPECT_EQ(image.unwell_for, 60_s);
  EXPECT_EQ(image.memory.base, 60 << 20);
  EXPECT_EQ(image.memory.per_second, 1 << 20);
  EXPECT_EQ(image.memory.per_request, 2 << 20);
  EXPECT_EQ(image.memory.per_served, 3 << 10);
  EXPECT_EQ(image.disk.base, 1 << 30);
}

TEST(ReadProcesses, LayersByIdAndBySizeAlone) {
  const Image image = image_of(R"({"layers": ["6Mi", {"id": "debian", "size": "80Mi"}]})");
  ASSERT_EQ(image.layers.size(), 2U);
  EXPECT_EQ(image.layers[0].id, "");
  EXPECT_EQ(image.layers[1].id, "debian");
  EXPECT_EQ(image.layers[1].bytes, 80 << 20);
  EXPECT_FALSE(image.on_nodes);
}

TEST(ReadProcesses, AMissingImageIsOnNoNode) {
  const Image image = image_of(R"({"missing": true})");
  EXPECT_TRUE(image.missing);
  EXPECT_FALSE(image.on_nodes);
}

TEST(ReadProcesses, SaysWhatIsWrong) {
  struct Case {
    const char* image;
    const char* says;
  };
  for (const Case& c : {
           Case{R"({"exitCode": 1})", "\"runsFor\" beside it"},
           Case{R"({"runsFor": "1s", "exitCode": 256})", "/images/web:2/exitCode"},
           Case{R"({"unwellFor": "1s"})", "\"unwellAfter\" beside it"},
           Case{R"({"memory": {"perSecond": "much"}})", "a size"},
           Case{R"({"disk": {"perRequest": "1Mi"}})", "perRequest"},
           Case{R"({"layers": [{"id": "a", "size": "1Mi"}, {"id": "a", "size": "2Mi"}]})",
                "layer \"a\" of one size"},
           Case{R"({"layers": [{"size": "1Mi"}]})", "the layer's id"},
       }) {
    EXPECT_NE(problem_of(c.image).find(c.says), std::string::npos) << c.image << "\n"
                                                                   << problem_of(c.image);
  }
}

TEST(ReadNodes, WhatANodeKeepsAndWhenItEndsPods) {
  const ScenarioReading reading =
      read_scenario_text(std::string{kGoodScenario}.replace(
                             std::string{kGoodScenario}.find("\"cpu\": \"2\""), 0,
                             R"("diskSize": "100Gi", "reserved": {"cpu": "500m", "memory": "1Mi"},
             "evictionHard": {"memory.available": "50Mi", "imagefs.available": "20%"}, )"),
                         "bent.json", "");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const ClusterNode& node = reading.scenario->cluster.nodes[0];
  EXPECT_EQ(node.disk_bytes, std::int64_t{100} << 30);
  EXPECT_EQ(node.reserved_cpu_milli, 500);
  EXPECT_EQ(node.reserved_memory_bytes, 1 << 20);
  ASSERT_TRUE(node.eviction_hard);
  ASSERT_EQ(node.eviction_hard->size(), 2U) << "naming one drops the others";
  EXPECT_EQ((*node.eviction_hard)[0].amount, 50 << 20);
  EXPECT_EQ((*node.eviction_hard)[1].percent, 20);
}

TEST(ReadNodes, SaysWhichSignalsThereAre) {
  const ScenarioReading reading = read_scenario_text(
      std::string{kGoodScenario}.replace(std::string{kGoodScenario}.find("\"cpu\": \"2\""), 0,
                                         R"("evictionHard": {"memory.availble": "50Mi"}, )"),
      "bent.json", "");
  EXPECT_NE(text_of(reading.problems).find("memory.available"), std::string::npos)
      << text_of(reading.problems);
}

TEST(ReadFaults, UnwellLastsAndSaysHow) {
  const auto read_fault = [](const char* fault) {
    return read_scenario_text(
        std::string{kGoodScenario}.replace(std::string{kGoodScenario}.find("{\"id\": \"kill\""), 0,
                                           std::string{fault} + ", "),
        "bent.json", "");
  };
  const ScenarioReading good = read_fault(
      R"({"id": "sick", "at": "5s", "fault": "unwell", "target": "Deployment/web", "for": "1min",
          "how": "hangs"})");
  ASSERT_TRUE(good.scenario) << text_of(good.problems);
  const auto& fault = std::get<FaultAction>(good.scenario->timeline[0].action);
  EXPECT_EQ(fault.kind, FaultKind::Unwell);
  EXPECT_TRUE(fault.hangs);
  EXPECT_EQ(fault.lasts, 60_s);
  const ScenarioReading endless =
      read_fault(R"({"id": "sick", "at": "5s", "fault": "unwell", "target": "Deployment/web"})");
  EXPECT_NE(text_of(endless.problems).find("how long unwell lasts"), std::string::npos);
  const ScenarioReading stray = read_fault(
      R"({"id": "sick", "at": "5s", "fault": "pod-kill", "target": "Deployment/web",
          "how": "fails"})");
  EXPECT_NE(text_of(stray.problems).find("no \"how\" with pod-kill"), std::string::npos);
}

}  // namespace
}  // namespace orrery::scenario
