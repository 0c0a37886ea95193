/// @file
/// What `why` names is what it was: take the named fault away and the failures are gone, take
/// another away and they stay.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "models/base/random.h"
#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "runner/why/chains.h"

namespace orrery::why {
namespace {

using scenario::Scenario;

/// Three services that call one another and one beside them that nobody calls.
class Shop {
 public:
  Shop() {
    std::filesystem::create_directories(folder_);
    std::ofstream file{folder_ / "shop.yaml"};
    for (const char* name : {"front", "mid", "back", "aside"}) {
      file << fmt::format(R"(---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {0}}}}}
  template:
    metadata: {{labels: {{app: {0}}}}}
    spec:
      containers:
        - name: {0}
          image: {0}:1
          ports: [{{containerPort: 8080}}]
          readinessProbe: {{httpGet: {{path: /, port: 8080}}, periodSeconds: 2}}
---
apiVersion: v1
kind: Service
metadata: {{name: {0}}}
spec:
  selector: {{app: {0}}}
  ports: [{{port: 80, targetPort: 8080}}]
)",
                          name);
    }
  }
  ~Shop() { std::filesystem::remove_all(folder_); }
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  [[nodiscard]] Scenario scenario(const std::string& timeline, int rate = 60) const {
    const auto reading = scenario::read_scenario_text(
        fmt::format(R"({{"format": 1, "name": "why", "duration": "70s", "warmup": "20s",
          "manifests": ["{}"], "cluster": {{"nodes": 3}},
          "images": {{"front:1": {{"onNodes": true, "start": "1s"}},
                      "mid:1": {{"onNodes": true, "start": "1s"}},
                      "back:1": {{"onNodes": true, "start": "1s"}},
                      "aside:1": {{"onNodes": true, "start": "1s"}}}},
          "services": {{
            "front": {{"concurrency": 4, "queueMax": 20, "operations": {{"get": {{"cpu": "5ms", "calls": ["mid:get"]}}}}}},
            "mid": {{"concurrency": 4, "queueMax": 20, "operations": {{"get": {{"cpu": "5ms", "calls": ["back:get"]}}}}}},
            "back": {{"concurrency": 4, "queueMax": 20, "operations": {{"get": {{"cpu": "5ms"}}}}}},
            "aside": {{"operations": {{"get": {{"cpu": "5ms"}}}}}}}},
          "journeys": {{"visit": {{"steps": ["front:get"], "timeout": "1s"}}}},
          "load": [{{"poisson": "{}/s", "from": "15s"}}], "timeline": [{}]}})",
                    (folder_ / "shop.yaml").string(), rate, timeline),
        "why.json", "");
    for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
    return reading.scenario.value_or(Scenario{});
  }

 private:
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                  ("orrery-counterfactual-" + std::to_string(::getpid()));
};

struct Answer {
  std::uint64_t failed = 0;
  std::uint64_t of_guilty = 0;
  std::uint64_t of_innocent = 0;
  std::string first;
};

Answer ask(const Scenario& scenario) {
  const runner::RunResult result = session::simulate(scenario, 1);
  Answer answer;
  for (const Chain& chain : chains_of(result.log, result.failures, {})) {
    answer.failed += chain.count;
    const std::string& said = chain.steps.front().detail;
    if (said.starts_with("guilty: ")) answer.of_guilty += chain.count;
    if (said.starts_with("innocent: ")) answer.of_innocent += chain.count;
    const bool is_named = said.starts_with("guilty: ") || said.starts_with("innocent: ");
    if (answer.first.empty() || !is_named) {
      answer.first += in_full({chain}, {});
    }
  }
  return answer;
}

/// One way in which a deployment stops answering.
std::string strike(const char* id, const std::string& target, std::uint64_t draw, int second) {
  const auto how = [&]() -> std::string {
    switch (draw % 4) {
      case 0:
        return fmt::format(R"("fault": "unwell", "how": "hangs", "count": 2, "for": "{}s")",
                           5 + draw / 4 % 5);
      case 1:
        return fmt::format(R"("fault": "unwell", "how": "fails", "count": 2, "for": "{}s")",
                           4 + draw / 4 % 5);
      case 2:
        return R"("fault": "container-kill", "count": 2)";
      default:
        return R"("fault": "pod-kill", "count": 2)";
    }
  };
  return fmt::format(R"({{"id": "{}", "at": "{}s", "target": "Deployment/{}", {}}})", id, second,
                     target, how());
}

TEST(Why, NamesTheOneOfTwoFaultsThatDidItInTwentyGeneratedCases) {
  const Shop shop;
  const Draws draws{2026};
  for (std::uint64_t number = 0; number < 20; ++number) {
    const auto draw = [&](std::uint64_t what) {
      return draws.bits(Purpose::Arrival, number, what);
    };
    const char* const called[] = {"front", "mid", "back"};
    const std::string target = called[draw(0) % 3];
    const std::string guilty = strike("guilty", target, draw(1), 30);
    const int second = 28 + static_cast<int>(draw(2) % 5);
    const std::string innocent = strike("innocent", "aside", draw(3), second);
    const std::string both = second < 30 ? innocent + ", " + guilty : guilty + ", " + innocent;
    SCOPED_TRACE(both);

    const Answer answer = ask(shop.scenario(both));
    EXPECT_GT(answer.failed, 0U);
    EXPECT_EQ(answer.of_guilty, answer.failed) << answer.first;
    EXPECT_EQ(ask(shop.scenario(innocent)).failed, 0U) << "without what it named";
    const Answer without_the_other = ask(shop.scenario(guilty));
    EXPECT_GT(without_the_other.failed, 0U);
    EXPECT_EQ(without_the_other.of_guilty, without_the_other.failed) << without_the_other.first;
  }
}

TEST(Why, NamesWhatTookThePodsThatAreTooFew) {
  const Shop shop;
  // A pod of the front carries 266 a second, both of them 533.
  const std::string guilty =
      R"({"id": "guilty", "at": "30s", "target": "Deployment/front", "fault": "pod-kill"})";
  const std::string innocent = strike("innocent", "aside", 3, 29);
  const Answer answer = ask(shop.scenario(innocent + ", " + guilty, 330));
  EXPECT_GT(answer.failed, 50U);
  EXPECT_EQ(answer.of_guilty, answer.failed) << answer.first;
  EXPECT_EQ(ask(shop.scenario(innocent, 330)).failed, 0U) << "without what it named";
}

TEST(Why, NamesTheLoadWhenNothingElseIsThere) {
  const Shop shop;
  // Two pods of four threads; a request holds one of the front's for 15 ms and more.
  const Answer answer = ask(shop.scenario(strike("innocent", "aside", 2, 30), 900));
  EXPECT_GT(answer.failed, 0U);
  EXPECT_EQ(answer.of_innocent, 0U);
  EXPECT_NE(answer.first.find("the load alone on "), std::string::npos) << answer.first;
}

TEST(Why, LeadsToTheProcessThatGrewTooLargeAndToNothingElse) {
  const auto reading = scenario::read_scenario("scenarios/aging/leak-and-warm-up.json");
  ASSERT_TRUE(reading.scenario.has_value()) << "run in the root of the repository";
  const runner::RunResult run = session::simulate(*reading.scenario, 1);
  const auto chains = chains_of(run.log, run.failures, {});
  ASSERT_FALSE(chains.empty());
  for (const Chain& chain : chains) {
    EXPECT_EQ(chain.steps.front().what, "ended") << in_one_line(chain, 100, false);
    EXPECT_EQ(chain.steps.front().detail, "container web: OOMKilled");
  }
}

}  // namespace
}  // namespace orrery::why
