// Services of which one pod leads, and faults of leaders.
#include <gtest/gtest.h>

#include <algorithm>

#include "runner/scenario/live_limits.h"
#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

using namespace orrery::literals;

constexpr const char* kDatabase = R"({"leader": {"election": "12s", "acks": 2, "replicate": "1ms"},
  "operations": {"get": {"cpu": "1ms"}, "put": {"cpu": "1ms", "writes": true}}})";

TEST(ReadLeader, OfAServiceAndWhatItAloneDoes) {
  const ScenarioReading reading = read_bent({{"/services/web", kDatabase, {}}});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const ServiceBehaviour& web = reading.scenario->services.at("default/web");
  ASSERT_TRUE(web.leader);
  EXPECT_EQ(web.leader->election, Distribution::constant(12_s));
  EXPECT_EQ(web.leader->acks, 2U);
  EXPECT_EQ(web.leader->replicate, Distribution::constant(1_ms));
  EXPECT_FALSE(web.operations[0].writes);
  EXPECT_TRUE(web.operations[1].writes);
  const auto problems = simulated_alone(*reading.scenario);
  EXPECT_TRUE(std::any_of(problems.begin(), problems.end(), [](const auto& one) {
    return one.where.pointer.find("leader") != std::string::npos;
  }));
}

TEST(ReadLeader, SaysWhatIsWrongAndWhere) {
  struct Case {
    const char* service;
    const char* pointer;
    const char* says;
  };
  for (const Case& c :
       std::vector<Case>{{R"({"leader": {}, "operations": {"get": {"writes": true}, "put": {}}})",
                          "/services/web/leader", "how long there is no leader"},
                         {R"({"leader": {"election": "1s"}, "operations": {"get": {}, "put": {}}})",
                          "/services/web", "an operation with \"writes\""},
                         {R"({"leader": {"election": "1s", "acks": 0},
               "operations": {"get": {"writes": true}, "put": {}}})",
                          "/services/web/leader/acks", "1"},
                         {R"({"leader": {"election": "1s", "replicate": "1s"},
               "operations": {"get": {"writes": true}, "put": {}}})",
                          "/services/web/leader/replicate", "\"acks\" of 2"}}) {
    const std::string problems = text_of(read_bent({{"/services/web", c.service, {}}}).problems);
    EXPECT_NE(problems.find(c.pointer), std::string::npos) << c.service << "\n" << problems;
    EXPECT_NE(problems.find(c.says), std::string::npos) << c.service << "\n" << problems;
  }
}

TEST(ReadLeader, IsWhatFaultsOfLeadersHit) {
  const auto read = [](const char* fault, bool leads) {
    std::vector<Override> bends{{"/timeline/0", fault, {}}};
    if (leads) bends.push_back({"/services/web", kDatabase, {}});
    bends.push_back({"/expect", "[]", {}});
    return read_bent(bends);
  };
  const char* slow = R"({"id": "kill", "at": "10s", "fault": "slow-leader",
    "target": "Service/web", "delay": "200ms", "for": "5s"})";
  const ScenarioReading reading = read(slow, true);
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const auto& fault = std::get<FaultAction>(reading.scenario->timeline[0].action);
  EXPECT_EQ(fault.kind, FaultKind::SlowLeader);
  EXPECT_EQ(fault.delay, 200_ms);
  EXPECT_EQ(to_string(*fault.target), "Service/default/web");
  const std::string none = text_of(read(slow, false).problems);
  EXPECT_NE(none.find("a service with a leader for slow-leader"), std::string::npos) << none;
  EXPECT_NE(none.find("/timeline/0"), std::string::npos) << none;
  const std::string pods = text_of(read(R"({"id": "kill", "at": "10s", "fault": "leader-kill",
    "target": "Deployment/web"})",
                                        true)
                                       .problems);
  EXPECT_NE(pods.find("/timeline/0/target"), std::string::npos) << pods;
  EXPECT_TRUE(read(R"({"id": "kill", "at": "10s", "fault": "leader-kill",
    "target": "Service/web"})",
                   true)
                  .scenario);
}

}  // namespace
}  // namespace orrery::scenario
