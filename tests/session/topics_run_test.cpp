// Consumers of topics, in whole runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "runner/run_result_json.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/verdict.h"
#include "tests/session/read_scenario.h"

namespace orrery::session {
namespace {

using scenario::Scenario;

TEST(TopicInARun, NamesTheChangeThatItsGroupFellBehindFor) {
  Scenario s = scenario_of("scenarios/topics/half-the-mailers.json");
  s.duration = Duration::minutes(3);
  auto kept_up = std::find_if(s.expectations.begin(), s.expectations.end(),
                              [](const auto& one) { return one.id == "kept-up"; });
  ASSERT_NE(kept_up, s.expectations.end());
  auto& lag = std::get<scenario::CountExpectation>(kept_up->what);
  lag.during.until = Instant::never();
  s.expectations = {*kept_up};
  const runner::RunResult run = simulate(s, 1);
  const verdict::Judgement judgement = verdict::judge(s, {run});
  EXPECT_EQ(judgement.verdict, verdict::Verdict::Fail);
  const std::string& why = judgement.expectations[0].why;
  EXPECT_NE(why.find("consumers left at 60"), std::string::npos) << why;
  EXPECT_NE(why.find("set Deployment/default/mailer (fewer)"), std::string::npos) << why;
  const auto again = runner::run_result_from_json_text(runner::to_json_text(run));
  ASSERT_TRUE(again);
  ASSERT_EQ(run.groups.size(), 1U);
  EXPECT_EQ(again->groups, run.groups);
  EXPECT_EQ(run.groups.begin()->first, "orders/default/mailer");
  EXPECT_EQ(run.groups.begin()->second.back().at, Instant::at(s.duration));
  EXPECT_TRUE(run.policy_samples.empty()) << "there are no policies";
}

}  // namespace
}  // namespace orrery::session
