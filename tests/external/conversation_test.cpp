#include "runner/external/conversation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "runner/external/questions.h"
#include "runner/external/run_programs.h"
#include "tests/external/programs.h"

namespace orrery::external {
namespace {

using namespace orrery::literals;

constexpr const char* kHello = R"({"type":"hello","protocol":1})";
/// Greets with $0, and answers with $1, $2 and so on.
constexpr const char* kSaysItsArguments =
    "read -r l; echo \"$0\"; for a; do read -r l; echo \"$a\"; done; read -r l";

scenario::Program saying(std::vector<std::string> lines, const char* hello = kHello) {
  lines.insert(lines.begin(), hello);
  return script(kSaysItsArguments, std::move(lines));
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// An autoscaler with two pods, of which one has metrics.
struct Scaled {
  Scaled() {
    autoscaler.meta.namespace_name = "shop";
    autoscaler.meta.name = "web";
    autoscaler.spec.max_replicas = 9;
    api::MetricSpec cpu;
    cpu.name = "cpu";
    api::MetricSpec queue;
    queue.source = api::MetricSource::External;
    queue.name = "queue";
    queue.target = api::MetricTarget::Value;
    queue.value = 5'000;
    autoscaler.spec.metrics = {cpu, queue};
    api::Deployment deployment;
    deployment.meta.name = "web";
    deployment.spec.replicas = 2;
    for (int i = 0; i < 2; ++i) {
      pods[i].meta.name = "p" + std::to_string(i);
      pods[i].spec.containers.emplace_back().name = "main";
      pods[i].spec.containers.front().requests.cpu_milli = 100;
      api::EnvVar& secret = pods[i].spec.containers.front().env.emplace_back();
      secret.name = "TOKEN";
      secret.value = "secret";
      view.pods.pods.push_back(&pods[i]);
    }
    api::set_condition(pods[0].status.conditions, "Ready", api::ConditionStatus::True, "", "",
                       Instant::at(1500_ms));
    metrics.timestamp = Instant::at(14_s);
    metrics.window = 15_s;
    metrics.containers = {{"main", 70, 1 << 20}};
    metrics.custom["requests"] = 2'500;
    view.pods.metrics["p0"] = &metrics;
    view.autoscaler = &autoscaler;
    view.target = controllers::scale_of(std::make_shared<const api::Object>(std::move(deployment)));
    view.values[1] = 7'000;
  }
  api::HorizontalPodAutoscaler autoscaler;
  api::Pod pods[2];
  api::PodMetrics metrics;
  controllers::AutoscalerView view;
};

scenario::Scenario with_autoscaler(scenario::Program program) {
  scenario::Scenario scenario;
  scenario.autoscalers["shop/web"] = std::move(program);
  return scenario;
}

/// What comes of asking the program of the autoscaler shop/web once.
struct Asked {
  std::optional<Result<std::int32_t>> answer;
  std::optional<Failure> broken;
};
Asked asked(const scenario::Program& program) {
  Scaled scaled;
  const auto programs = RunPrograms::start(with_autoscaler(program), 1);
  if (!programs) return {failure(programs.error().what), programs.error()};
  Asked asked;
  asked.answer = (*programs)->advisor()->replicas(scaled.view, 2, {}, Instant::at(15_s));
  asked.broken = (*programs)->broken();
  return asked;
}

TEST(Conversation, TheQuestionAboutAnAutoscalerHoldsWhatIsKnown) {
  Scaled scaled;
  const Json question = autoscaler_question(scaled.view, 2, {0.2, 0.1});
  EXPECT_EQ(question.dump(),
            R"({"autoscaler":{"namespace":"shop","name":"web","minReplicas":1,"maxReplicas":9,)"
            R"("toleranceUp":0.2,"toleranceDown":0.1,"metrics":[)"
            R"({"source":"Resource","name":"cpu","target":"Utilization","percent":80},)"
            R"({"source":"External","name":"queue","target":"Value","milli":5000,)"
            R"("currentMilli":7000}]},)"
            R"("target":{"kind":"Deployment","name":"web","replicas":2,"statusReplicas":0},)"
            R"("pods":[{"name":"p0","phase":"Pending","terminating":false,"ready":true,)"
            R"("readyChanged":1.5,"started":null,"requests":[{"name":"main","cpuMilli":100}],)"
            R"("metrics":{"time":14.0,"window":15.0,"containers":[)"
            R"({"name":"main","cpuMilli":70,"memoryBytes":1048576}],)"
            R"("customMilli":{"requests":2500}}},)"
            R"({"name":"p1","phase":"Pending","terminating":false,"ready":false,)"
            R"("readyChanged":null,"started":null,"requests":[{"name":"main","cpuMilli":100}],)"
            R"("metrics":null}]})");
}

TEST(Conversation, AnAnswerIsTaken) {
  const Asked asked_once = asked(saying({R"({"type":"answer","id":1,"replicas":7})"}));
  ASSERT_TRUE(asked_once.answer && asked_once.answer->has_value());
  EXPECT_EQ(**asked_once.answer, 7);
  EXPECT_FALSE(asked_once.broken.has_value());
}

TEST(Conversation, AnErrorIsAnAnswerToo) {
  const Asked no = asked(saying({R"({"type":"answer","id":1,"error":"no data"})"}));
  ASSERT_FALSE(no.answer->has_value());
  EXPECT_TRUE(no.answer->error().what.ends_with("says: no data")) << no.answer->error().what;
  EXPECT_FALSE(no.broken.has_value()) << "the run goes on";
}

TEST(Conversation, WhatIsNoAnswerBreaksTheRunAndIsNamed) {
  struct Case {
    const char* line;
    const char* problem;
  };
  for (const Case& c : std::vector<Case>{
           {"Traceback", "answered with no JSON"},
           {"[1]", "no JSON object"},
           {"{}", "no \"type\": \"answer\""},
           {R"({"type":"hello","id":1,"replicas":7})", "no \"type\": \"answer\""},
           {R"({"type":"answer","replicas":7})", "no \"id\": 1"},
           {R"({"type":"answer","id":2,"replicas":7})", "no \"id\": 1"},
           {R"({"type":"answer","id":1})", "no \"replicas\""},
           {R"({"type":"answer","id":1,"replicas":"7"})", "\"replicas\" that is no whole number"},
           {R"({"type":"answer","id":1,"replicas":7.5})", "\"replicas\" that is no whole number"},
           {R"({"type":"answer","id":1,"replicas":-1})", "\"replicas\" that is no whole number"},
           {R"({"type":"answer","id":1,"replicas":2147483648})", "from 0 to 2147483647"},
           {R"({"type":"answer","id":1,"replicas":18446744073709551615})", "from 0 to 2147483647"},
           {R"({"type":"answer","id":1,"replicas":7,"why":"x"})", "the unknown field \"why\""},
           {R"({"type":"answer","id":1,"error":7})", "no \"replicas\""}}) {
    const Asked wrong = asked(saying({c.line}));
    ASSERT_TRUE(wrong.broken.has_value()) << c.line;
    const std::string& what = wrong.broken->what;
    EXPECT_TRUE(has(what, c.problem)) << what;
    EXPECT_TRUE(has(what, "HorizontalPodAutoscaler/shop/web at 15s: sh -c")) << what;
    EXPECT_TRUE(has(what, R"(expected {"type": "answer", "id": 1, "replicas": 3})")) << what;
    EXPECT_TRUE(has(what, std::string{"received "} + c.line)) << what;
  }
}

TEST(Conversation, ACrashShowsWhatTheProgramSaidLast) {
  const Asked crash = asked(
      script("read -r l; echo \"$0\"; read -r l; echo 'ValueError: x' >&2; exit 1", {kHello}));
  ASSERT_TRUE(crash.broken.has_value());
  const std::string& what = crash.broken->what;
  EXPECT_TRUE(has(what, "ended with exit status 1")) << what;
  EXPECT_TRUE(has(what, "received nothing")) << what;
  EXPECT_TRUE(has(what, "on its standard error:\n    ValueError: x")) << what;
}

TEST(Conversation, ControlCharactersAreNotPassedOnToTheTerminal) {
  const Asked wrong = asked(saying({"\x1b[2J"}));
  ASSERT_TRUE(wrong.broken.has_value());
  EXPECT_TRUE(has(wrong.broken->what, "received ?[2J")) << wrong.broken->what;
}

TEST(Conversation, AWrongGreetingIsAsClear) {
  struct Case {
    const char* hello;
    const char* problem;
  };
  for (const Case& c : std::vector<Case>{{"hi", "no JSON"},
                                         {"{}", "no \"type\": \"hello\""},
                                         {R"({"type":"hello"})", "no \"protocol\": 1"},
                                         {R"({"type":"hello","protocol":2})", "no \"protocol\": 1"},
                                         {R"({"type":"hello","protocol":1,"x":1})", "too many"}}) {
    const auto programs = RunPrograms::start(with_autoscaler(saying({}, c.hello)), 1);
    ASSERT_FALSE(programs.has_value()) << c.hello;
    EXPECT_TRUE(has(programs.error().what, c.problem)) << programs.error().what;
    EXPECT_TRUE(has(programs.error().what, "autoscaler shop/web at the start")) << c.hello;
  }
}

TEST(Conversation, TheGreetingSaysWhatItIsFor) {
  // The question itself is put into the answer, as its error.
  const auto programs = RunPrograms::start(
      with_autoscaler(script("read -r l; echo \"$0\"; read -r m; "
                             "printf '{\"type\":\"answer\",\"id\":1,\"error\":\"%s\"}\\n' "
                             "\"$(printf %s \"$l\" | tr -d '\"')\"",
                             {kHello})),
      42);
  ASSERT_TRUE(programs.has_value());
  Scaled scaled;
  const auto answer = (*programs)->advisor()->replicas(scaled.view, 2, {}, Instant::at(15_s));
  EXPECT_TRUE(
      has(answer->error().what, "{type:hello,protocol:1,role:autoscaler,name:shop/web,seed:42}"))
      << answer->error().what;
}

TEST(Conversation, IsAboutTheAutoscalersThatAreNamedAlone) {
  const auto programs = RunPrograms::start(with_autoscaler(saying({})), 1);
  ASSERT_TRUE(programs.has_value());
  Scaled scaled;
  scaled.autoscaler.meta.name = "other";
  EXPECT_FALSE((*programs)->advisor()->replicas(scaled.view, 2, {}, Instant::at(15_s)));
  EXPECT_EQ((*programs)->plugin("default-scheduler"), nullptr);
}

// --- schedulers ----------------------------------------------------------------------------------

struct Nodes {
  Nodes() {
    for (const char* name : {"a", "b"}) {
      api::Node node;
      node.meta.name = name;
      node.meta.labels["disk"] = "ssd";
      node.status.allocatable = {4000, 1 << 30, 110, {{"gpu", 2}}};
      state.set_node(std::make_shared<const api::Object>(node));
    }
    pod.meta.namespace_name = "shop";
    pod.meta.name = "p";
  }
  scheduler::ClusterState state;
  api::Pod pod;
};

Result<std::vector<scheduler::ExternalVerdict>> judged(const std::string& answer,
                                                       std::optional<Failure>& broken) {
  scenario::Scenario scenario;
  scenario.schedulers["mine"].program = saying({answer});
  const auto programs = RunPrograms::start(scenario, 1);
  if (!programs) return tl::unexpected{programs.error()};
  EXPECT_EQ((*programs)->advisor(), nullptr);
  EXPECT_EQ((*programs)->plugin("default-scheduler"), nullptr);
  Nodes nodes;
  auto verdicts =
      (*programs)->plugin("mine")->judge(nodes.pod, nodes.state, nodes.state.order(), Instant{});
  broken = (*programs)->broken();
  return verdicts;
}

TEST(Conversation, TheQuestionAboutAPodHoldsItsNodes) {
  Nodes nodes;
  const Json question = scheduler_question(nodes.pod, nodes.state, nodes.state.order());
  EXPECT_EQ(question["pod"].dump(), R"({"namespace":"shop","name":"p","labels":{},"priority":0,)"
                                    R"("requests":{"cpuMilli":0,"memoryBytes":0,"extended":{}}})");
  EXPECT_EQ(question["nodes"].size(), 2U);
  EXPECT_EQ(question["nodes"][0].dump(),
            R"({"name":"a","labels":{"disk":"ssd"},"taints":[],"allocatable":{"cpuMilli":4000,)"
            R"("memoryBytes":1073741824,"extended":{"gpu":2},"pods":110},)"
            R"("requested":{"cpuMilli":0,"memoryBytes":0,"extended":{}},"pods":[]})");
}

TEST(Conversation, NodesGetAScoreOrAReason) {
  std::optional<Failure> broken;
  const auto verdicts = judged(
      R"({"type":"answer","id":1,"nodes":{"b":{"reason":"too hot"},"a":{"score":9}}})", broken);
  ASSERT_TRUE(verdicts.has_value());
  ASSERT_EQ(verdicts->size(), 2U);
  EXPECT_TRUE((*verdicts)[0].fits());
  EXPECT_EQ((*verdicts)[0].score, 9);
  EXPECT_EQ((*verdicts)[1].reason, "too hot");
  EXPECT_FALSE(broken.has_value());
}

TEST(Conversation, WhatIsNoJudgementIsNamed) {
  struct Case {
    const char* nodes;
    const char* problem;
  };
  for (const Case& c : std::vector<Case>{
           {R"({"a":{"score":1}})", "nothing about the node \"b\""},
           {R"({"a":{"score":1},"b":{"score":1},"c":{"score":1}})", "not asked about"},
           {R"({"a":{"score":1},"b":{}})", "no \"score\", of the node \"b\""},
           {R"({"a":{"score":1},"b":{"score":101}})", "no whole number from 0 to 100"},
           {R"({"a":{"score":1},"b":{"score":1,"fits":true}})", "the unknown field \"fits\""},
           {R"({"a":{"score":1},"b":{"score":1,"reason":"x"}})", "the unknown field \"score\""},
           {R"({"a":{"score":1},"b":{"reason":""}})", "\"reason\" that is no text"},
           {R"({"a":{"score":1},"b":5})", "no object, of the node \"b\""},
           {R"([])", "no object \"nodes\""}}) {
    std::optional<Failure> broken;
    const auto verdicts =
        judged(fmt::format(R"({{"type":"answer","id":1,"nodes":{}}})", c.nodes), broken);
    EXPECT_FALSE(verdicts.has_value()) << c.nodes;
    ASSERT_TRUE(broken.has_value()) << c.nodes;
    EXPECT_TRUE(has(broken->what, c.problem)) << broken->what;
    EXPECT_TRUE(has(broken->what, "Pod/shop/p at 0s")) << broken->what;
  }
}

}  // namespace
}  // namespace orrery::external
