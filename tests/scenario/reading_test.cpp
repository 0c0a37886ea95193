#include "runner/scenario/reading.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "runner/scenario/live_limits.h"
#include "tests/scenario/golden_file.h"
#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

using namespace orrery::literals;

const api::ObjectKey kWeb{api::Kind::Deployment, "default", "web"};

TEST(ReadScenario, GivesEverythingThatWasSaid) {
  const ScenarioReading reading = read_bent({});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const Scenario& scenario = *reading.scenario;
  EXPECT_EQ(scenario.name, "good");
  EXPECT_EQ(scenario.duration, 60_s);
  EXPECT_EQ(scenario.warmup, 5_s);
  EXPECT_EQ(scenario.first_seed, 1U);
  EXPECT_EQ(scenario.last_seed, 3U);
  EXPECT_EQ(scenario.objects.size(), 2U);
  ASSERT_EQ(scenario.cluster.nodes.size(), 2U);
  EXPECT_EQ(scenario.cluster.nodes[1].name, "node-2");
  EXPECT_EQ(scenario.cluster.nodes[1].cpu_milli, 2000);
  ASSERT_TRUE(scenario.services.contains("default/web"));
  EXPECT_EQ(scenario.services.at("default/web").operations.size(), 2U);
  EXPECT_EQ(scenario.journeys.at("write").steps[0].operation, "put");
  EXPECT_DOUBLE_EQ(scenario.load[0].rate_per_second, 1.0);
  EXPECT_DOUBLE_EQ(scenario.load[0].mix.at("read"), 0.75);
  ASSERT_EQ(scenario.expectations.size(), 4U);
}

TEST(ReadScenario, ResolvesTimesFromTimelineIds) {
  const ScenarioReading reading = read_bent({});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const Scenario& scenario = *reading.scenario;
  EXPECT_EQ(scenario.timeline[1].id, "rollout");
  EXPECT_EQ(scenario.timeline[1].at, Instant::at(20_s));
  const auto& rollout = std::get<RolloutExpectation>(scenario.expectations[1].what);
  EXPECT_EQ(rollout.rollout, "rollout");
  EXPECT_EQ(rollout.deadline, Instant::at(40_s));
  EXPECT_EQ(rollout.target, kWeb);
  const auto& always = std::get<CountExpectation>(scenario.expectations[2].what);
  EXPECT_EQ(always.during.from, Instant::at(10_s));
  EXPECT_EQ(always.during.until, Instant::at(15_s));
}

TEST(ReadScenario, AcceptsTheManyWaysToWriteATime) {
  struct Case {
    const char* at;
    Duration expected;
  };
  for (const Case& example : {Case{"30s", 30_s}, Case{"kill", 10_s}, Case{"kill-5s", 5_s},
                              Case{"kill+0.5min", 40_s}, Case{"kill+10s", 20_s}}) {
    const ScenarioReading reading =
        read_bent({{"/timeline/1/at", example.at}, {"/expect/1/within", "rollout+1s"}});
    ASSERT_TRUE(reading.scenario) << example.at << "\n" << text_of(reading.problems);
    for (const TimelineEntry& entry : reading.scenario->timeline) {
      if (entry.id != "rollout") continue;
      EXPECT_EQ(entry.at, Instant::at(example.expected)) << example.at;
    }
  }
}

TEST(ReadScenario, SortsTheTimelineByTime) {
  const ScenarioReading reading = read_bent({{"/timeline/1/at", "kill-5s"}});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(reading.scenario->timeline.front().id, "rollout");
}

TEST(ReadScenario, NumbersNodesSoThatTheySortAsTheyCount) {
  const ScenarioReading reading =
      read_bent({{"/cluster", R"({"zones": {"b": {"nodes": 1}, "a": {"nodes": 11}}})"}});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const auto& nodes = reading.scenario->cluster.nodes;
  ASSERT_EQ(nodes.size(), 12U);
  EXPECT_EQ(nodes[1].name, "a-02");
  EXPECT_EQ(nodes[10].name, "a-11");
  EXPECT_EQ(nodes[11].name, "b-1");
  EXPECT_EQ(nodes[11].zone, "b");
}

TEST(ReadScenario, NamesEveryImageOfManifestsAndTimeline) {
  const ScenarioReading reading = read_bent({});
  ASSERT_TRUE(reading.scenario);
  EXPECT_TRUE(reading.scenario->images.contains("localhost/orrery-workload:1"));
  EXPECT_TRUE(reading.scenario->images.at("web:2").on_nodes);
}

TEST(ReadScenario, PullsAnImageWithLayersUnlessItIsSaidToBeOnNodes) {
  for (const auto& [image, on_nodes] : {std::pair{R"({"layers": ["1Mi"]})", false},
                                        {R"({"layers": ["1Mi"], "onNodes": true})", true},
                                        {R"({"start": "1s"})", true},
                                        {R"({"onNodes": false})", false}}) {
    const ScenarioReading reading =
        read_bent({{"/images", std::string{R"({"web:2": )"} + image + "}"}});
    ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
    EXPECT_EQ(reading.scenario->images.at("web:2").on_nodes, on_nodes) << image;
  }
}

TEST(ReadScenario, AssumesABehaviourForWhatIsCalledButNotDescribed) {
  const ScenarioReading reading = read_bent({{"/services", "{}"}});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const ServiceBehaviour& web = reading.scenario->services.at("default/web");
  ASSERT_EQ(web.operations.size(), 2U);
  EXPECT_EQ(web.operations[0].name, "get");
  EXPECT_EQ(web.operations[0].cpu.mean(), 1_ms);
  bool listed = false;
  for (const Input& input : reading.scenario->inputs) {
    listed = listed || (input.pointer == "/services/web" &&
                        input.provenance == Provenance::Assumed && !input.note.empty());
  }
  EXPECT_TRUE(listed);
}

TEST(ReadScenario, TakesTheProvenanceOfTheLongestPointer) {
  const ScenarioReading reading = read_bent(
      {{"/provenance",
        R"({"/services": "measured: somewhere", "/services/web/operations/put": "assumed: a guess"})"}});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  std::map<std::string, Input> inputs;
  for (const Input& input : reading.scenario->inputs) inputs[input.pointer] = input;
  EXPECT_EQ(inputs.at("/services/web/operations/get/cpu").provenance, Provenance::Measured);
  EXPECT_EQ(inputs.at("/services/web/operations/get/cpu").note, "somewhere");
  EXPECT_EQ(inputs.at("/services/web/operations/put/cpu").provenance, Provenance::Assumed);
  EXPECT_EQ(inputs.at("/load/0/poisson").provenance, Provenance::Given);
  EXPECT_EQ(inputs.at("/cluster/network/inZone/latency").provenance, Provenance::Assumed);
}

TEST(ReadScenario, ReadsSeriesAndParallelCalls) {
  const ScenarioReading reading = read_bent(
      {{"/services/web/operations/put",
        R"({"calls": ["web:get", [{"to": "web", "operation": "get", "times": 2}, "web:get"]]})"}});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const Operation& put = reading.scenario->services.at("default/web").operations[1];
  ASSERT_EQ(put.steps.size(), 2U);
  EXPECT_EQ(put.steps[1].size(), 2U);
  EXPECT_EQ(put.steps[1][0].times, 2U);
  EXPECT_EQ(put.steps[0][0].to, "default/web");
}

std::vector<std::vector<Call>> calls_of_put(const std::string& calls) {
  const ScenarioReading reading =
      read_bent({{"/services/web/operations/put", R"({"calls": )" + calls + "}"}});
  EXPECT_TRUE(reading.scenario) << text_of(reading.problems);
  if (!reading.scenario) return {};
  return reading.scenario->services.at("default/web").operations[1].steps;
}

TEST(ReadScenario, ReadsCallsOnConditionsWithoutWaitingAndUndone) {
  const auto steps = calls_of_put(R"([
    {"to": "web:get", "optional": true, "times": "2..5"},
    [{"to": "web:get", "when": "failed"}, {"to": "web:get", "when": "ok"}],
    {"to": "web:get", "waits": false}, {"to": "web:get", "undo": "web:get"}])");
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_TRUE(steps[0][0].optional);
  EXPECT_EQ(steps[0][0].times_least, 2U);
  EXPECT_EQ(steps[0][0].times, 5U);
  EXPECT_EQ(steps[0][0].when, Call::When::Always);
  EXPECT_EQ(steps[1][0].when, Call::When::Failed);
  EXPECT_EQ(steps[1][1].when, Call::When::Succeeded);
  EXPECT_TRUE(steps[1][0].waits);
  EXPECT_FALSE(steps[2][0].waits);
  ASSERT_TRUE(steps[3][0].undo);
  EXPECT_EQ(steps[3][0].undo->to, "default/web");
  EXPECT_EQ(steps[3][0].undo->operation, "get");
}

TEST(ReadScenario, ReadsPayloadsAndTheBandwidthTheyNeed) {
  const auto steps = calls_of_put(R"([{"to": "web:get", "sends": "20Ki", "receives": 300}])");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0][0].request_bytes, 20480U);
  EXPECT_EQ(steps[0][0].answer_bytes, 300U);
  const auto assumes_bandwidth = [](const char* call) {
    const ScenarioReading reading =
        read_bent({{"/services/web/operations/put", std::string{R"({"calls": [)"} + call + "]}"}});
    if (!reading.scenario) return false;
    return std::any_of(reading.scenario->inputs.begin(), reading.scenario->inputs.end(),
                       [](const Input& input) { return input.pointer == "/cluster/node/network"; });
  };
  EXPECT_TRUE(assumes_bandwidth(R"({"to": "web:get", "receives": 1})"));
  EXPECT_FALSE(assumes_bandwidth(R"({"to": "web:get"})"));
}

TEST(ReadScenario, ReadsHowProcessesWarmUpAndPause) {
  const auto behaviour = [](const char* text) {
    const ScenarioReading reading =
        read_bent({{"/services", std::string{R"({"web": {"operations": {"get": {}, "put": {}}, )"} +
                                     text + "}}"}});
    EXPECT_TRUE(reading.scenario) << text_of(reading.problems);
    return reading.scenario ? reading.scenario->services.at("default/web") : ServiceBehaviour{};
  };
  const ServiceBehaviour timed = behaviour(
      R"("warmUp": {"factor": 5, "for": "30s"}, "pauses": {"for": "80ms", "every": "10s"})");
  EXPECT_DOUBLE_EQ(timed.warm_up.factor, 5);
  EXPECT_EQ(timed.warm_up.lasts, 30_s);
  EXPECT_EQ(timed.warm_up.requests, 0U);
  EXPECT_EQ(timed.pauses.length, 80_ms);
  EXPECT_EQ(timed.pauses.every, 10_s);
  EXPECT_EQ(timed.pauses.requests, 0U);
  const ServiceBehaviour counted = behaviour(
      R"("warmUp": {"factor": 1.5, "requests": 7}, "pauses": {"for": "1s", "requests": 9})");
  EXPECT_EQ(counted.warm_up.requests, 7U);
  EXPECT_EQ(counted.warm_up.lasts, Duration{});
  EXPECT_EQ(counted.pauses.requests, 9U);
  EXPECT_EQ(counted.pauses.every, Duration{});
}

TEST(ReadScenario, SaysWhatIsWrongWithHowProcessesWarmUpAndPause) {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const Case& c : {
           Case{R"("warmUp": {"for": "1s"})", "\"factor\": how many times the core time at first"},
           Case{R"("warmUp": {"factor": 0.5, "for": "1s"})", "a number from 1 to 1000"},
           Case{R"("warmUp": {"factor": 2})", "\"for\" or \"requests\"; found neither"},
           Case{R"("warmUp": {"factor": 2, "for": "1s", "requests": 1})", "found both"},
           Case{R"("warmUp": {"factor": 2, "for": "0s"})", "a duration above 0"},
           Case{R"("warmUp": {"factor": 2, "requests": 0})", "a whole number from 1"},
           Case{R"("pauses": {"every": "1s"})", "\"for\": how long a pause lasts"},
           Case{R"("pauses": {"for": "1s"})", "\"every\" or \"requests\"; found neither"},
           Case{R"("pauses": {"for": "1s", "every": "1s"})", "a pause shorter than"},
           Case{R"("pauses": {"for": "1s", "often": "1s"})", "a known key"},
       }) {
    const ScenarioReading reading =
        read_bent({{"/services", std::string{R"({"web": {"operations": {"get": {}, "put": {}}, )"} +
                                     c.text + "}}"}});
    EXPECT_NE(text_of(reading.problems).find(c.says), std::string::npos)
        << c.text << "\n"
        << text_of(reading.problems);
  }
}

TEST(ReadScenario, ReadsWhatAConnectionTakes) {
  const auto read = [](const std::string& handshake) {
    return read_bent({{"/services", R"({"web": {"operations": {"get": {}, "put": {}},
                                                "handshake": )" +
                                        handshake + "}}"}});
  };
  for (const auto& [text, round_trips, cpu] :
       {std::tuple{R"({"tls": "none"})", 1U, 0_ms}, std::tuple{R"({"tls": "1.3"})", 2U, 0_ms},
        std::tuple{R"({"tls": "1.2", "cpu": "2ms"})", 3U, 2_ms}}) {
    const ScenarioReading reading = read(text);
    ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
    const ServiceBehaviour& web = reading.scenario->services.at("default/web");
    EXPECT_EQ(web.handshake.round_trips, round_trips);
    EXPECT_EQ(web.handshake.cpu, cpu);
    EXPECT_FALSE(simulated_alone(*reading.scenario).empty()) << "live hosts cannot";
  }
  for (const auto& [text, says] : {std::pair{R"({})", "\"tls\": \"none\", \"1.2\" or \"1.3\""},
                                   std::pair{R"({"tls": "1.1"})", "\"none\", \"1.2\" or \"1.3\""},
                                   std::pair{R"({"tls": "1.3", "cpu": 5})", "a duration"},
                                   std::pair{R"({"tls": "1.3", "rtt": 5})", "a known key"}}) {
    EXPECT_NE(text_of(read(text).problems).find(says), std::string::npos)
        << text << "\n"
        << text_of(read(text).problems);
  }
}

TEST(ReadScenario, ReadsWhichOperationsWrite) {
  const ScenarioReading reading = read_bent(
      {{"/services", R"({"web": {"operations": {"get": {}, "put": {"writes": true}}}})"}});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const auto& operations = reading.scenario->services.at("default/web").operations;
  EXPECT_FALSE(operations[0].writes);
  EXPECT_TRUE(operations[1].writes);
  EXPECT_FALSE(simulated_alone(*reading.scenario).empty()) << "live hosts cannot";
}

TEST(ReadScenario, ReadsWhomAServiceTurnsAway) {
  const auto server = [](const char* text) {
    const ScenarioReading reading =
        read_bent({{"/services", std::string{R"({"web": {"operations": {"get": {}, "put": {}}, )"} +
                                     text + "}}"}});
    EXPECT_TRUE(reading.scenario) << text_of(reading.problems);
    return reading.scenario ? reading.scenario->services.at("default/web").server
                            : resilience::ServerPolicy{};
  };
  EXPECT_TRUE(server(R"("concurrency": 1)").is_plain());
  const auto queue =
      server(R"("queue": {"order": "adaptive-lifo", "lifoAbove": "70%", "ageMax": "1s",
                                         "codel": {"target": "9ms", "interval": "2s"}})");
  EXPECT_EQ(queue.queue.order, resilience::QueueOrder::AdaptiveLifo);
  EXPECT_EQ(queue.queue.lifo_above_percent, 70U);
  EXPECT_EQ(queue.queue.age_max, 1_s);
  ASSERT_TRUE(queue.codel);
  EXPECT_EQ(queue.codel->target, 9_ms);
  EXPECT_EQ(queue.codel->interval, 2_s);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(queue.limit));
  EXPECT_TRUE(
      std::holds_alternative<resilience::VegasLimitConfig>(server(R"("limit": "vegas")").limit));
  const auto aimd = server(R"("limit": {"aimd": {"initial": 5, "min": 2, "max": 9, "backoff": 0.5,
                                                 "timeout": "1s"}})");
  const auto* config = std::get_if<resilience::AimdLimitConfig>(&aimd.limit);
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->initial_limit, 5U);
  EXPECT_EQ(config->min_limit, 2U);
  EXPECT_EQ(config->max_limit, 9U);
  EXPECT_DOUBLE_EQ(config->backoff_ratio, 0.5);
  EXPECT_EQ(config->timeout, 1_s);
  const auto gradient = server(R"("limit": {"gradient": {"minRttInterval": "9s",
      "updateInterval": "50ms", "minRttRequests": 7, "jitter": "5%", "min": 4, "max": 44,
      "buffer": "10%", "percentile": "90%"}})");
  const auto* slope = std::get_if<resilience::GradientLimitConfig>(&gradient.limit);
  ASSERT_NE(slope, nullptr);
  EXPECT_EQ(slope->min_rtt_interval, 9_s);
  EXPECT_EQ(slope->concurrency_update_interval, 50_ms);
  EXPECT_EQ(slope->min_rtt_request_count, 7U);
  EXPECT_DOUBLE_EQ(slope->min_rtt_jitter, 5);
  EXPECT_EQ(slope->min_concurrency, 4U);
  EXPECT_EQ(slope->max_concurrency_limit, 44U);
  EXPECT_DOUBLE_EQ(slope->min_rtt_buffer, 10);
  EXPECT_DOUBLE_EQ(slope->sample_aggregate_percentile, 90);
}

TEST(ReadScenario, SaysWhatIsWrongWithWhomAServiceTurnsAway) {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const Case& c : {
           Case{R"("queue": {"order": "filo"})", "an order: fifo, lifo or adaptive-lifo"},
           Case{R"("queue": {"lifoAbove": "50%"})", "\"order\": \"adaptive-lifo\" beside it"},
           Case{R"("queue": {"ageMax": "long"})", "/services/web/queue/ageMax"},
           Case{R"("queue": {"codel": {"targets": "1s"}})", "a known key"},
           Case{R"("limit": "bbr")", "a limit: aimd, vegas or gradient"},
           Case{R"("limit": {"aimd": {"min": 9, "max": 5}})", "a \"max\" of no less than \"min\""},
           Case{R"("limit": {"aimd": {"initial": 0}})", "a whole number from 1"},
           Case{R"("limit": {"vegas": {"smoothing": 2}})", "/services/web/limit/vegas/smoothing"},
           Case{R"("limit": {"gradient": {"updateInterval": "1us"}})", "a duration of 1ms or more"},
       }) {
    const ScenarioReading reading =
        read_bent({{"/services", std::string{R"({"web": {"operations": {"get": {}, "put": {}}, )"} +
                                     c.text + "}}"}});
    EXPECT_NE(text_of(reading.problems).find(c.says), std::string::npos)
        << c.text << "\n"
        << text_of(reading.problems);
  }
}

TEST(ReadScenario, ReadsCaches) {
  const auto steps = calls_of_put(R"([{"to": "web:get", "cache": "90%"},
    {"to": "web:get", "cache": {"keys": 9}},
    {"to": "web:get", "cache": {"keys": 9, "exponent": 0.5, "capacity": 3, "ttl": "2s",
                                "singleFlight": true}}])");
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_DOUBLE_EQ(steps[0][0].cache.value_or(CallCache{}).hit_probability, 0.9);
  EXPECT_EQ(steps[0][0].cache.value_or(CallCache{}).keys, 0U);
  const CallCache plain = steps[1][0].cache.value_or(CallCache{});
  EXPECT_EQ(plain.keys, 9U);
  EXPECT_DOUBLE_EQ(plain.exponent, 1);
  EXPECT_EQ(plain.capacity, 0U);
  EXPECT_FALSE(plain.single_flight);
  const CallCache full = steps[2][0].cache.value_or(CallCache{});
  EXPECT_DOUBLE_EQ(full.exponent, 0.5);
  EXPECT_EQ(full.capacity, 3U);
  EXPECT_EQ(full.time_to_live, 2_s);
  EXPECT_TRUE(full.single_flight);
}

TEST(ReadScenario, SaysWhatIsWrong) {
  struct Case {
    const char* what;
    const char* pointer;
    const char* value;
    const char* message;
  };
  const Case cases[] = {
      {"another format", "/format", "2", "1, the only format"},
      {"an unknown key", "/duraton", "5s", "did you mean \"duration\"?"},
      {"an unknown profile", "/profile", "kubernetes-1.31",
       "kubernetes-1.30, kubernetes-1.30-hpa-1.15 or kubernetes-1.32"},
      {"a number without unit", "/duration", "60", "write \"60s\""},
      {"a run of no length", "/duration", "0s", "above 0"},
      {"a warm-up as long as the run", "/warmup", "60s", "shorter than the run"},
      {"seeds that count down", "/runs/seeds", "9..2", "a seed"},
      {"too many seeds", "/runs/seeds", "1..100001", "100,000"},
      {"manifests that are not there", "/manifests/0", "scenarios/live/manifest", "did you mean"},
      {"no manifests", "/manifests", "[]", "at least one"},
      {"no nodes", "/cluster/nodes", "0", "from 1"},
      {"both nodes and zones", "/cluster/zones", "{\"a\": {\"nodes\": 1}}", "both"},
      {"a node twice", "/cluster/nodes", "[\"a\", \"a\"]", "every node's name once"},
      {"CPU that is no quantity", "/cluster/node/cpu", "many", "CPUs"},
      {"a disk", "/cluster/node/disk", "1Gbps", "known key"},
      {"an image nobody uses", "/images", "{\"web:3\": {}}", "did you mean \"web:2\"?"},
      {"a Service that is not there", "/services/wbe", "{}", "did you mean \"web\"?"},
      {"an operation that is not there", "/journeys/read/0", "web:gte", "did you mean \"get\"?"},
      {"a call to nobody", "/services/web/operations/get/calls", "[\"wbe\"]", "a Service"},
      {"a call in a circle", "/services/web/operations/get/calls", "[\"web:get\"]",
       "web:get -> web:get"},
      {"more calls than can be meant", "/services/web/operations/put/calls",
       "[{\"to\": \"web:get\", \"times\": 10000}, {\"to\": \"web:get\", \"times\": 10001}]",
       "from 1 to 10000"},
      {"a lognormal wider than any", "/services/web/operations/get/cpu",
       "{\"lognormal\": {\"mean\": \"1ms\", \"p99\": \"15ms\"}}", "14.9"},
      {"a lognormal upside down", "/services/web/operations/get/cpu",
       "{\"lognormal\": {\"median\": \"2ms\", \"p99\": \"1ms\"}}", "median <= p99"},
      {"two distributions", "/services/web/operations/get/cpu",
       "{\"exponential\": \"1ms\", \"uniform\": [\"1ms\", \"2ms\"]}", "one distribution"},
      {"a journey without steps", "/journeys/read", "[]", "at least one step"},
      {"a journey that is not there", "/load/0/mix", "{\"raed\": \"100%\"}",
       "did you mean \"read\"?"},
      {"shares that do not sum", "/load/0/mix/read", "80%", "105%"},
      {"shares and weights", "/load/0/mix/read", "1", "either percentages or weights"},
      {"a population of none", "/load/0/population", "0", "a whole number from 1"},
      {"a population without a number", "/load/0/population", "{\"zipf\": 1}",
       "how many users there are"},
      {"users of a wild popularity", "/load/0/population", "{\"count\": 5, \"zipf\": 11}",
       "from 0 to 10"},
      {"a rate without time", "/load/0/poisson", "200", "\"200/s\""},
      {"a load that starts after the run", "/load/0/from", "2min", "within the run"},
      {"an id twice", "/timeline/1/id", "kill", "every id once"},
      {"an id that reads as a time", "/timeline/0/id", "5s", "starts with a letter"},
      {"a time from nowhere", "/timeline/1/at", "kil+1s", "did you mean \"kill\"?"},
      {"a time from itself", "/timeline/1/at", "rollout+1s", "depend on itself"},
      {"a time before the run", "/timeline/1/at", "kill-11s",
       "/timeline/1/at: expected a time within"},
      {"a time after the run", "/timeline/1/at", "60s", "/timeline/1/at: expected a time within"},
      {"an unknown fault", "/timeline/0/fault", "pod-kil", "did you mean \"pod-kill\"?"},
      {"a target that is not there", "/timeline/0/target", "Deployment/wbe",
       "did you mean \"Deployment/web\"?"},
      {"a target of the wrong kind", "/timeline/0/target", "Service/web",
       "the name of a Deployment, Pod"},
      {"a pod kill that lasts", "/timeline/0/for", "5s", "over at once"},
      {"a container of a pod kill", "/timeline/0/container", "web",
       "no \"container\" with pod-kill"},
      {"set and fault", "/timeline/0/set", "{\"target\": \"Deployment/web\", \"replicas\": 1}",
       "several"},
      {"a set of nothing", "/timeline/1/set", "{\"target\": \"Deployment/web\"}",
       "something to set"},
      {"the image it has", "/timeline/1/set/image", "localhost/orrery-workload:1", "a change"},
      {"a container that is not there", "/timeline/1/set/container", "wbe",
       "did you mean \"web\"?"},
      {"an expectation twice", "/expect/1/id", "a", "every id once"},
      {"no metric", "/expect/0", "{\"id\": \"a\", \"service\": \"web\"}", "one metric"},
      {"two metrics", "/expect/0/p99", "< 1s", "one expectation for each"},
      {"an unknown metric", "/expect/0/p98", "< 1s", "known key"},
      {"a ratio without sign", "/expect/0/success", "99%", ">= 99.5%"},
      {"a window that ends first", "/expect/2/during", "20s..10s", "ends after it starts"},
      {"a window beyond the run", "/expect/2/during", "kill..kill+1h", "within the run"},
      {"half a window", "/expect/2/during", "kill", "a window"},
      {"a rollout of nothing", "/expect/1/of", "kill", "the id of an entry"},
      {"a deadline after the run", "/expect/1/within", "41s", "within the run"},
      {"a deadline before the rollout", "/expect/1/within", "rollout-1s", "after the rollout"},
      {"a recovery from a rollout", "/expect/3/recovers", "rollout", "the id of a fault"},
      {"a recovery after the run", "/expect/3/within", "51s", "at most the 50s"},
      {"two counts", "/expect/2/always", "{\"ready\": \">= 1\", \"total\": \">= 1\"}", "one of"},
      {"a provenance of nothing", "/provenance", "{\"/servces\": \"given\"}", "JSON Pointer"},
      {"a measurement without source", "/provenance", "{\"/services\": \"measured\"}", "where"},
  };
  for (const Case& example : cases) {
    const ScenarioReading reading = read_bent({{example.pointer, example.value}});
    EXPECT_FALSE(reading.scenario) << example.what;
    EXPECT_NE(text_of(reading.problems).find(example.message), std::string::npos)
        << example.what << ":\n"
        << text_of(reading.problems);
  }
}

TEST(ReadScenario, SaysOneThingOnceAndEverythingAtOnce) {
  EXPECT_EQ(read_bent({{"/format", "2"}}).problems.size(), 1U);
  EXPECT_EQ(read_bent({{"/timeline/0/at", "soon"}}).problems.size(), 1U);
  EXPECT_EQ(
      read_bent({{"/format", "2"}, {"/warmup", "1"}, {"/expect/3/within", "no"}}).problems.size(),
      3U);
}

TEST(ReadScenario, NamesACycleOverSeveralServices) {
  const ScenarioReading reading =
      read_bent({{"/services/web/operations/get/calls", "[\"web:put\"]"},
                 {"/services/web/operations/put/calls", "[\"web:get\"]"}});
  EXPECT_NE(text_of(reading.problems).find("web:put -> web:get -> web:put"), std::string::npos)
      << text_of(reading.problems);
}

TEST(ReadScenario, RefusesAnOverrideOfNothing) {
  EXPECT_NE(text_of(read_bent({{"/runs/seeds/deep", "1"}}).problems).find("a path to a value"),
            std::string::npos);
}

TEST(ReadScenario, ReadsTheScenariosThatComeWithOrrery) {
  std::size_t read = 0;
  for (const std::string& file : shipped_files()) {
    // A part that others include has no name.
    if (text_of_file(file).find("\n  \"name\":") == std::string::npos) continue;
    ++read;
    const ScenarioReading reading = read_scenario(file);
    ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
    EXPECT_TRUE(without_effect(*reading.scenario).empty()) << file;
  }
  EXPECT_GE(read, 3U);
}

}  // namespace
}  // namespace orrery::scenario
