/// @file
/// Requests that are refused as pods without a readiness probe are called before their processes
/// listen: what made such a pod is why, and that nothing waited for it is said.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "runner/why/chains.h"
#include "tests/support/temporary_folder.h"

namespace orrery::why {
namespace {

constexpr const char* kProbe = "readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}";

/// The chains of a service of three pods, whose process listens four seconds after its start.
std::vector<Chain> chains(const std::string& timeline, const std::string& probe,
                          const std::string& loaded_from = "15s") {
  const tests::TemporaryFolder folder;
  std::ofstream{folder.file("web.yaml")} << fmt::format(R"(apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
        - name: web
          image: web:1
          ports: [{{containerPort: 8080}}]
          {}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec:
  selector: {{app: web}}
  ports: [{{port: 80, targetPort: 8080}}]
)",
                                                        probe);
  const bool has_second = timeline.find("web:2") != std::string::npos;
  const char* second = has_second ? R"(, "web:2": {"onNodes": true, "start": "4s"})" : "";
  const auto reading = scenario::read_scenario_text(
      fmt::format(R"({{"format": 1, "name": "early", "duration": "60s", "warmup": "0s",
        "manifests": ["web.yaml"], "cluster": {{"nodes": 3}},
        "images": {{"web:1": {{"onNodes": true, "start": "4s"}}{}}},
        "services": {{"web": {{"concurrency": 1, "queueMax": 40,
                               "operations": {{"get": {{"cpu": "10ms"}}}}}}}},
        "journeys": {{"visit": ["web"]}},
        "load": [{{"poisson": "60/s", "from": "{}"}}], "timeline": [{}]}})",
                  second, loaded_from, timeline),
      "early.json", folder.path());
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  if (!reading.scenario) return {};
  const runner::RunResult result = session::simulate(*reading.scenario, 1);
  return chains_of(result.log, result.failures, {});
}

/// What `why` says in one line of each origin, without shares and times.
std::string origins(const std::vector<Chain>& chains) {
  std::string text;
  for (const Chain& chain : chains) {
    const std::string line = in_one_line(chain, failures_in(chains), false);
    const std::size_t from = line.find(": ", line.find(" to ")) + 2;
    text += (text.empty() ? "" : "; ") + line.substr(from, line.rfind(" > ") - from);
  }
  return text;
}

constexpr const char* kRollout =
    R"({"id": "new", "at": "30s", "set": {"target": "Deployment/web", "image": "web:2"}})";
constexpr const char* kScaleUp =
    R"({"id": "more", "at": "30s", "set": {"target": "Deployment/web", "replicas": 6}})";
constexpr const char* kRestart =
    R"({"id": "ends", "at": "30s", "target": "Deployment/web", "fault": "container-kill"})";

TEST(EarlyPods, LeadToWhatMadeThemAndToTheProbeThatIsNotThere) {
  EXPECT_EQ(origins(chains(kRollout, "")),
            "set Deployment/default/web (new), and no readiness probe");
  EXPECT_EQ(origins(chains(kScaleUp, "")),
            "set Deployment/default/web (more), and no readiness probe");
  EXPECT_EQ(origins(chains(kRestart, "")),
            "container-kill of Deployment/default/web (ends), and no readiness probe");
}

TEST(EarlyPods, OfTheFirstMomentAreTheStartOfTheirReplicaSet) {
  const std::string said = origins(chains("", "", "2s"));
  EXPECT_TRUE(said.starts_with("the start of ReplicaSet/default/web-")) << said;
  EXPECT_TRUE(said.ends_with(", and no readiness probe")) << said;
  EXPECT_EQ(said.find(';'), std::string::npos) << said;
}

TEST(EarlyPods, AreNoneWhereAProbeWaitsForTheProcess) {
  EXPECT_EQ(origins(chains(kRollout, kProbe)), "set Deployment/default/web (new)")
      << "the old ones are called after their end";
  EXPECT_EQ(origins(chains(kScaleUp, kProbe)), "");
  EXPECT_EQ(origins(chains(kRestart, kProbe)), "");
}

TEST(EarlyPods, StandInTheChainWithTheirName) {
  const auto all = chains(kScaleUp, "");
  ASSERT_EQ(all.size(), 1U);
  const auto& steps = all[0].steps;
  ASSERT_GE(steps.size(), 3U);
  const recording::LogRecord& start = steps[steps.size() - 2];
  EXPECT_EQ(start.what, "not-listening");
  EXPECT_EQ(start.detail, "no readiness probe: it counts as ready before its process listens");
  EXPECT_TRUE(start.subject.starts_with("Pod/default/web-")) << start.subject;
  EXPECT_EQ(steps[steps.size() - 3].subject, start.subject) << "what became of it before";
}

}  // namespace
}  // namespace orrery::why
