// Services of which one pod leads, in whole runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "runner/session/sim_session.h"
#include "runner/why/chains.h"
#include "tests/session/read_scenario.h"

namespace orrery::session {
namespace {

using scenario::Scenario;

/// What failed requests of users came from, most of them first.
std::vector<std::string> origins(const runner::RunResult& run) {
  std::vector<std::string> all;
  for (const why::Chain& chain : why::chains_of(run.log, run.failures, {})) {
    all.push_back(chain.steps[0].detail);
  }
  return all;
}

TEST(LeaderInARun, IsWhomTheFaultHitsAndTheReasonOfWhatFailsWithoutIt) {
  Scenario s = scenario_of("scenarios/leaders/leader-loss.json");
  s.journeys.at("pay").timeout = Duration::milliseconds(100);
  const runner::RunResult run = simulate(s, 1);
  ASSERT_EQ(run.faults.size(), 2U);
  EXPECT_EQ(run.faults[0].targets, std::vector<std::string>{"Service/default/db"});
  EXPECT_EQ(run.faults[0].recovered, Instant::at(Duration::seconds(120)));
  ASSERT_EQ(run.faults[1].targets.size(), 1U);
  EXPECT_TRUE(run.faults[1].targets[0].starts_with("Pod/default/db-"));
  EXPECT_TRUE(run.faults[1].recovered);
  const std::vector<std::string> why = origins(run);
  ASSERT_GE(why.size(), 2U);
  EXPECT_EQ(why[0], "slow: slow-leader");
  EXPECT_EQ(why[1], "loss: leader-kill");
  // At the pod that leads next the log says so.
  const auto leads = std::count_if(run.log.begin(), run.log.end(),
                                   [](const auto& record) { return record.what == "leader"; });
  EXPECT_EQ(leads, 2);
}

}  // namespace
}  // namespace orrery::session
