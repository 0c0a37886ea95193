// Topics, their consumers and what is expected of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "runner/scenario/live_limits.h"
#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

using namespace orrery::literals;

ScenarioReading with_topics(const std::string& topics, const std::string& expected = "[]") {
  return read_bent({{"/expect", expected, {}}, {"/topics", topics, {}}});
}

std::string problems_of(const std::string& topics, const std::string& expected = "[]") {
  return text_of(with_topics(topics, expected).problems);
}

constexpr const char* kMails =
    R"({"mails": {"broker": "web", "publish": "put", "groups": {"web": {"operation": "get"}}}})";

TEST(ReadTopics, APartitionedOneWithAllThatItsConsumersMayBeTold) {
  const ScenarioReading reading = with_topics(R"({
    "mails": {"broker": "web", "publish": "put", "partitions": 12, "groups": {"default/web": {
      "operation": "get", "consumers": 2, "batch": 10, "retries": 0, "backoff": "5s",
      "deadLetters": "dead", "timeout": "9s", "sessionTimeout": "10s", "rebalance": "0s"}}},
    "dead": {"broker": "web"}})");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const Topic& topic = reading.scenario->topics.at("mails");
  EXPECT_EQ(topic.broker, "default/web");
  EXPECT_EQ(topic.publish, "put");
  EXPECT_EQ(topic.partitions, 12U);
  const ConsumerGroup& group = topic.groups.at("default/web");
  EXPECT_EQ(group.operation, "get");
  EXPECT_EQ(group.consumers, 2U);
  EXPECT_EQ(group.taken, 10U);
  EXPECT_EQ(group.retries, 0U);
  EXPECT_EQ(group.backoff, 5_s);
  EXPECT_EQ(group.dead_letters, "dead");
  EXPECT_EQ(group.timeout, 9_s);
  EXPECT_EQ(group.session_timeout, 10_s);
  EXPECT_EQ(group.rebalance, 0_s);
}

TEST(ReadTopics, HaveTheDefaultsOfKafkaOrOfRabbitMq) {
  const ScenarioReading queue = with_topics(kMails);
  ASSERT_TRUE(queue.scenario) << text_of(queue.problems);
  const ConsumerGroup& waits = queue.scenario->topics.at("mails").groups.at("default/web");
  EXPECT_EQ(waits.taken, 250U);
  EXPECT_EQ(waits.session_timeout, 60_s);
  EXPECT_EQ(waits.rebalance, 0_s);
  EXPECT_EQ(waits.retries, std::nullopt);
  EXPECT_EQ(waits.backoff, 1_s);
  const ScenarioReading log = with_topics(
      R"({"mails": {"broker": "web", "publish": "put", "partitions": 3, "groups": {"web": {}}}})");
  ASSERT_TRUE(log.scenario) << text_of(log.problems);
  const ConsumerGroup& polls = log.scenario->topics.at("mails").groups.at("default/web");
  EXPECT_EQ(polls.taken, 500U);
  EXPECT_EQ(polls.session_timeout, 45_s);
  EXPECT_EQ(polls.rebalance, 3_s);
}

TEST(ReadTopics, SayWhatIsWrongAndWhere) {
  struct Case {
    const char* topic;
    const char* pointer;
    const char* says;
  };
  for (const Case& c : std::vector<Case>{
           {R"({})", "/topics/mails", "the service that has the topic"},
           {R"({"broker": "wbe", "publish": "put"})", "/topics/mails/broker", "did you mean"},
           {R"({"broker": "web", "publish": "putt"})", "/topics/mails/publish", "put"},
           {R"({"broker": "web"})", "/topics/mails", "\"publish\""},
           {R"({"broker": "web", "publish": "put", "partitions": 0})", "/topics/mails/partitions",
            "1"},
           {R"({"broker": "web", "publish": "put", "groups": {"wbe": {}}})",
            "/topics/mails/groups/wbe", "did you mean"},
           {R"({"broker": "web", "publish": "put", "groups": {"web": {"operation": "gte"}}})",
            "/topics/mails/groups/web", "get"},
           {R"({"broker": "web", "publish": "put", "groups": {"web": {}, "default/web": {}}})",
            "/topics/mails/groups/default~1web", "every service once"},
           {R"({"broker": "web", "publish": "put", "groups": {"web": {"batch": 3}}})",
            "/topics/mails/groups/web/batch", "\"prefetch\""},
           {R"({"broker": "web", "publish": "put", "groups": {"web": {"rebalance": "1s"}}})",
            "/topics/mails/groups/web/rebalance", "no \"rebalance\""},
           {R"({"broker": "web", "publish": "put", "partitions": 2,
               "groups": {"web": {"prefetch": 3}}})",
            "/topics/mails/groups/web/prefetch", "\"batch\""},
           {R"({"broker": "web", "publish": "put", "groups": {"web": {"prefetch": 0}}})",
            "/topics/mails/groups/web/prefetch", "1"},
           {R"({"broker": "web", "publish": "put", "groups": {"web": {"backoff": "0s"}}})",
            "/topics/mails/groups/web/backoff", "1ms"},
           {R"({"broker": "web", "publish": "put",
               "groups": {"web": {"deadLetters": "mails", "retries": 1}}})",
            "/topics/mails/groups/web/deadLetters", "another topic"},
           {R"({"broker": "web", "publish": "put",
               "groups": {"web": {"deadLetters": "maisl", "retries": 1}}})",
            "/topics/mails/groups/web/deadLetters", "did you mean \"mails\""},
           {R"({"broker": "web", "publish": "put", "groups": {"web": {"deadLetters": "mails"}}})",
            "/topics/mails/groups/web/deadLetters", "\"retries\" beside"},
           {R"({"broker": "web", "publish": "put", "groups": {"web": {"consumer": 2}}})",
            "/topics/mails/groups/web/consumer", "consumers"},
           {R"({"broker": "web", "publish": "put", "groups": {"web": {"operation": "put"}}})", "",
            "an acyclic call graph"},
       }) {
    const std::string problems = problems_of(std::string{R"({"mails": )"} + c.topic + "}");
    EXPECT_NE(problems.find(c.pointer), std::string::npos) << c.topic << "\n" << problems;
    EXPECT_NE(problems.find(c.says), std::string::npos) << c.topic << "\n" << problems;
  }
}

TEST(ReadTopics, GroupsAreExpectedToKeepUp) {
  const ScenarioReading reading = with_topics(kMails, R"([
    {"id": "a", "topic": "mails", "group": "web", "count": "lag", "always": "< 1000"},
    {"id": "b", "topic": "mails", "group": "web", "count": "age", "never": ">= 30s",
     "during": "10s..20s"}])");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const auto& lag = std::get<CountExpectation>(reading.scenario->expectations[0].what);
  EXPECT_EQ(std::get<GroupCount>(lag.count).group, "default/web");
  EXPECT_EQ(std::get<GroupCount>(lag.count).figure, "lag");
  EXPECT_EQ(lag.bound.value, 1000);
  const auto& age = std::get<CountExpectation>(reading.scenario->expectations[1].what);
  EXPECT_EQ(age.quantifier, Quantifier::Never);
  EXPECT_EQ(age.bound.value, 30);
}

TEST(ReadTopics, SayWhatIsWrongWithAnExpectation) {
  struct Case {
    const char* expectation;
    const char* says;
  };
  for (const Case& c : std::vector<Case>{
           {R"("topic": "mials", "group": "web", "count": "lag", "always": "< 1")",
            "did you mean \"mails\""},
           {R"("topic": "mails", "count": "lag", "always": "< 1")", "a group of the topic"},
           {R"("topic": "mails", "group": "web", "always": "< 1")", "lag, age, published"},
           {R"("topic": "mails", "group": "web", "count": "lags", "always": "< 1")",
            "did you mean \"lag\""},
           {R"("topic": "mails", "group": "web", "count": "lag", "always": "< 1s")", "\"< 1s\""},
           {R"("topic": "mails", "group": "web", "count": "age", "always": "< 1")", "\"< 1\""},
           {R"("topic": "mails", "group": "web", "count": "lag")", "when it must hold"},
           {R"("topic": "mails", "group": "web", "count": "lag", "ever": true, "always": "< 1")",
            "no \"ever\" beside \"topic\""},
           {R"("topic": "mails", "group": "web", "target": "Deployment/web", "count": "lag",
               "always": "< 1")",
            "no \"target\" beside \"topic\""}}) {
    const std::string problems =
        problems_of(kMails, std::string{R"([{"id": "a", )"} + c.expectation + "}]");
    EXPECT_NE(problems.find(c.says), std::string::npos) << c.expectation << "\n" << problems;
  }
}

TEST(ReadTopics, AreForTheSimulatedWorldAlone) {
  const ScenarioReading reading = with_topics(kMails);
  ASSERT_TRUE(reading.scenario);
  const auto problems = simulated_alone(*reading.scenario);
  EXPECT_TRUE(std::any_of(problems.begin(), problems.end(),
                          [](const auto& one) { return one.where.pointer == "/topics"; }));
}

}  // namespace
}  // namespace orrery::scenario
