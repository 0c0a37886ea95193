// No output of a run shows the value of a Secret.
#include <gtest/gtest.h>

#include <algorithm>

#include "models/api/base64.h"
#include "runner/report/report.h"
#include "runner/run_result_json.h"
#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/verdict.h"

namespace orrery::session {
namespace {

TEST(Secrets, AreInNoOutputOfARunThatUsesThem) {
  const std::string plain = "hunter2-in-plain-text";
  scenario::ScenarioReading reading = scenario::read_scenario("scenarios/live/two-pods.json");
  ASSERT_TRUE(reading.scenario.has_value());
  scenario::Scenario& scenario = *reading.scenario;
  api::Secret secret;
  secret.meta.name = "database";
  secret.meta.namespace_name = "default";
  secret.data = {{"password", plain}};
  for (api::ManifestObject& entry : scenario.objects) {
    auto* deployment = std::get_if<api::Deployment>(&entry.object);
    if (deployment == nullptr) continue;
    api::PodSpec& pod = deployment->spec.pod_template.spec;
    api::EnvVar variable;
    variable.name = "PASSWORD";
    variable.secret = "database";
    variable.secret_key = "password";
    pod.containers[0].env.push_back(variable);
    pod.volumes.push_back({"credentials", api::SecretVolume{"database", {}, false}});
    pod.containers[0].volume_mounts.push_back({"credentials", "/credentials", "", true});
  }
  scenario.objects.insert(scenario.objects.begin(), {secret, {}});

  const std::vector<runner::RunResult> results{simulate(scenario, 1)};
  const auto judgement = verdict::judge(scenario, results);
  const report::FinishedRun run{scenario, report::World::Sim, results, judgement};
  const std::string outputs = report::summary_json(run) + report::events_jsonl(run) +
                              report::html_report(run) + report::timing_json(run) +
                              report::terminal_text(run, false, false, "out") +
                              runner::to_json_text(results.front());
  EXPECT_EQ(outputs.find(plain), std::string::npos);
  EXPECT_EQ(outputs.find(api::base64_of(plain)), std::string::npos);
  // The pods do run with it, and say with which version.
  const auto& log = results.front().log;
  EXPECT_GE(std::count_if(log.begin(), log.end(),
                          [](const recording::LogRecord& record) {
                            return record.what == "configured" &&
                                   record.detail.starts_with("Secret/database version ");
                          }),
            4);
  EXPECT_TRUE(std::any_of(log.begin(), log.end(), [](const recording::LogRecord& record) {
    return record.what == "ready" && record.subject.starts_with("Pod/");
  }));
}

}  // namespace
}  // namespace orrery::session
