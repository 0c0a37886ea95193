/// @file
/// Messages from those who publish them to those who consume them: theory, failures, brokers.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kSeed = 5;
constexpr ServiceIndex kBroker = 0;
constexpr ServiceIndex kMailer = 1;

/// Clients publish at a broker; what a mailer does about a message takes this long.
TrafficModel mails(OperationModel work, double rate, std::uint64_t count,
                   std::uint32_t partitions = 0) {
  TrafficModel model;
  model.services.push_back(offers(works({}), 1'000'000));
  model.services.push_back(offers(std::move(work), 1'000));
  model.latency_same_node = model.latency_in_zone = model.latency_between_zones = Duration{};
  TopicModel topic;
  topic.name = "mails";
  topic.broker = kBroker;
  topic.operation = 0;
  topic.partitions = partitions;
  GroupModel group;
  group.service = kMailer;
  group.session_timeout = 10_s;
  group.rebalance = 1_s;
  topic.groups.push_back(group);
  model.topics.push_back(topic);
  add_load(model, {{kBroker, 0}}, kSeed, rate, count);
  return model;
}

struct Mails {
  explicit Mails(const TrafficModel& model, std::uint32_t count = 1)
      : world{model, kSeed}, ledger{log, {"broker", "mailer"}} {
    world.engine.explain_failures(ledger);
    brokers.push_back(world.pod(kBroker));
    for (std::uint32_t i = 0; i < count; ++i) mailers.push_back(world.pod(kMailer, 1));
    world.publish_all();
    world.engine.start();
  }
  [[nodiscard]] const GroupCounts& counts() const { return world.engine.group(0).counts(); }
  [[nodiscard]] std::uint64_t lag() const { return world.engine.group(0).lag(); }
  [[nodiscard]] std::uint64_t ended(RequestOutcome outcome) const {
    return world.engine.service(kMailer).totals().of(outcome);
  }
  ports::CauseId fault() { return log.append(world.kernel.now(), 0, "fault", "x"); }

  recording::EventLog log;
  TrafficWorld world;
  FailureLedger ledger;
  std::vector<InstanceId> brokers;
  std::vector<InstanceId> mailers;
};

TEST(Topics, EveryGroupDoesEveryMessage) {
  TrafficModel model = mails(works(1_ms), 100, 500);
  model.services.push_back(offers(works(2_ms), 1'000));
  GroupModel other;
  other.service = 2;
  model.topics[0].groups.push_back(other);
  TrafficWorld world{model, kSeed};
  for (ServiceIndex service = 0; service < 3; ++service) (void)world.pod(service);
  world.publish_all();
  world.engine.start();
  world.run();
  ASSERT_EQ(world.engine.group_count(), 2U);
  for (std::uint32_t i = 0; i < 2; ++i) {
    EXPECT_EQ(world.engine.group(i).counts().published, 500U);
    EXPECT_EQ(world.engine.group(i).lag(), 0U);
    EXPECT_EQ(world.engine.service(1 + i).totals().of(RequestOutcome::Ok), 500U);
  }
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

/// Consumers that take one message at a time from one queue are the servers of M/M/c. Each run's
/// mean is that of a million messages; its standard error is below 1 % (batch means of such runs).
TEST(Topics, ConsumersOfAQueueAreTheServersOfAQueueingSystem) {
  constexpr double kRate = 700;
  constexpr std::uint32_t kConsumers = 10;
  Mails run{mails(works_about(10_ms), kRate, 1'000'000), kConsumers};
  run.world.run();
  ASSERT_EQ(run.counts().finished, 1'000'000U);
  const double mean = static_cast<double>(run.counts().delay_ns) * 1e-9 / 1e6;
  // Erlang C of 10 servers at 70 %: 0.2217; so 10 ms + 0.2217 / (1000/s - 700/s).
  EXPECT_NEAR(mean, 0.010739, 0.0003);
}

TEST(Topics, PartitionsAreQueuesOfTheirOwn) {
  // Four of M/M/1 at 60 %: 10 ms / 0.4, where a queue for all would take 12.9 ms.
  TrafficModel model = mails(works_about(10_ms), 240, 400'000, 4);
  model.topics[0].groups[0].rebalance = {};
  Mails run{model, 4};
  run.world.run();
  const double mean = static_cast<double>(run.counts().delay_ns) * 1e-9 / 4e5;
  EXPECT_NEAR(mean, 0.025, 0.001);
  EXPECT_EQ(run.counts().redelivered, 0U);
}

TEST(Topics, LagGrowsByWhatTooFewConsumersCannotDo) {
  // 100/s; four do 40/s each, two 80/s.
  Mails run{mails(works(25_ms), 100, 20'000), 4};
  run.world.run(Instant::at(20_s));
  EXPECT_LT(run.lag(), 20U);
  run.world.engine.terminate(run.mailers[0], run.fault());
  run.world.engine.terminate(run.mailers[1], run.fault());
  run.world.run(Instant::at(120_s));
  // Poisson arrivals of 100 s: their number is 10,000 give or take 100.
  EXPECT_NEAR(static_cast<double>(run.lag()), 2'000, 400);
  EXPECT_EQ(run.counts().redelivered, 0U) << "whoever is told to go does not drop a message";
  (void)run.world.pod(kMailer, 1);
  (void)run.world.pod(kMailer, 1);
  run.world.run(Instant::at(180_s));
  EXPECT_LT(run.lag(), 50U);
  const std::vector<GroupSample> samples = run.world.engine.group_samples(0);
  EXPECT_GE(samples.size(), 180U);
  EXPECT_EQ(samples[100].at, Instant::at(101_s));
  EXPECT_GT(samples[100].age, 10_s);
  EXPECT_LT(samples[10].age, 1_s);
}

TEST(Topics, WhatAKilledConsumerWasAtComesAgain) {
  Mails run{mails(works(40_ms), 10, 100), 2};
  run.world.run(Instant::at(5_s));
  // Whenever one of them is at a message.
  while (run.world.engine.view(run.mailers[0]).busy == 0) {
    KernelEvent event;
    ASSERT_TRUE(run.world.kernel.pop(Instant::never(), event));
    run.world.engine.dispatch(event);
  }
  run.world.engine.kill(run.mailers[0], run.fault());
  run.world.run();
  EXPECT_EQ(run.counts().finished, 100U);
  EXPECT_EQ(run.counts().redelivered, 1U);
  EXPECT_EQ(run.ended(RequestOutcome::Reset), 1U);
  EXPECT_EQ(run.ended(RequestOutcome::Ok), 100U);
  EXPECT_EQ(run.world.engine.live_calls(), 0U);
}

TEST(Topics, PartitionsOfAKilledConsumerWaitForItsSession) {
  Mails run{mails(works(1_ms), 50, 3'000, 2), 2};
  run.world.run(Instant::at(20_s));
  EXPECT_LT(run.lag(), 5U);
  const ports::CauseId fault = run.fault();
  run.world.engine.kill(run.mailers[0], fault);
  // Half of the messages of 10 s of session, then all of those of 1 s of rebalance.
  run.world.run(Instant::at(30_s));
  EXPECT_NEAR(static_cast<double>(run.lag()), 250, 60);
  run.world.run(Instant::at(31_s));
  EXPECT_NEAR(static_cast<double>(run.lag()), 300, 65);
  run.world.run(Instant::at(33_s));
  EXPECT_LT(run.lag(), 5U);
  std::string changes;
  bool blamed = false;
  for (const recording::LogRecord& record : run.log.records()) {
    if (record.at < Instant::at(20_s) || record.what == "fault") continue;
    changes += record.what + " " + record.detail + "; ";
    blamed = blamed || record.cause == fault;
  }
  EXPECT_EQ(changes,
            "consumers-leave topic mails: 1 consumer; rebalanced topic mails: 1 consumer; ");
  EXPECT_TRUE(blamed);
}

TEST(Topics, ConsumersOfALostNodeAreMissedAndTheirMessagesComeAgain) {
  for (const std::uint32_t partitions : {0U, 2U}) {
    Mails run{mails(works(5_s), 100, 10, partitions), 1};
    run.world.run(Instant::at(3_s));
    ASSERT_EQ(run.world.engine.view(run.mailers[0]).busy, 1U);
    run.world.engine.lose(run.mailers[0], run.fault());
    (void)run.world.pod(kMailer);
    run.world.run();
    EXPECT_EQ(run.counts().finished, 10U) << partitions;
    EXPECT_EQ(run.counts().redelivered, 1U) << partitions;
    EXPECT_EQ(run.ended(RequestOutcome::Ok), 10U) << partitions;
    EXPECT_EQ(run.world.engine.live_calls(), 0U) << partitions;
  }
}

TEST(Topics, WhatABrokerThatEndsHasHandedOverComesAgain) {
  Mails run{mails(works(100_ms), 5, 50), 1};
  const InstanceId other = run.world.pod(kBroker, 1);
  run.world.publish_all();
  run.world.run(Instant::at(5_s));
  while (run.world.engine.view(run.mailers[0]).busy == 0) {
    KernelEvent event;
    ASSERT_TRUE(run.world.kernel.pop(Instant::never(), event));
    run.world.engine.dispatch(event);
  }
  run.world.engine.kill(run.brokers[0], run.fault());
  run.world.run(Instant::at(7_s));
  EXPECT_EQ(run.counts().redelivered, 1U);
  const std::uint64_t done = run.counts().finished;
  run.world.engine.kill(other, run.fault());
  run.world.run(Instant::at(12_s));
  EXPECT_EQ(run.counts().finished, done) << "nobody hands anything over";
  (void)run.world.pod(kBroker);
  run.world.run();
  EXPECT_EQ(run.lag(), 0U);
  EXPECT_EQ(run.world.engine.live_calls(), 0U);
}

TEST(Topics, MessagesThatFailAreTriedAgainAndThenDeadLetters) {
  OperationModel work = works(1_ms);
  work.error_probability = 0.5;
  TrafficModel model = mails(std::move(work), 100, 2'000);
  model.topics[0].groups[0].retries = 2;
  model.topics[0].groups[0].backoff = 100_ms;
  model.topics[0].groups[0].dead_letters = 1;
  TopicModel dead;
  dead.name = "dead";
  dead.broker = kBroker;
  GroupModel clerk;
  clerk.service = 2;
  dead.groups.push_back(clerk);
  model.topics.push_back(dead);
  model.services.push_back(offers(works(1_ms), 1'000));
  TrafficWorld world{model, kSeed};
  for (ServiceIndex service = 0; service < 3; ++service) (void)world.pod(service);
  world.publish_all();
  world.engine.start();
  world.run();
  const GroupCounts& counts = world.engine.group(0).counts();
  EXPECT_EQ(counts.finished, 2'000U);
  // An eighth fails three times; of 2,000 give or take 15. On average 1.75 deliveries each.
  EXPECT_NEAR(static_cast<double>(counts.dead), 250, 60);
  EXPECT_NEAR(static_cast<double>(counts.redelivered), 1'500, 160);
  EXPECT_EQ(world.engine.group(1).counts().published, counts.dead);
  EXPECT_EQ(world.engine.service(2).totals().of(RequestOutcome::Ok), counts.dead);
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Topics, AMessageThatIsAtWorkForTooLongHasFailed) {
  TrafficModel model = mails(works(2_s), 10, 1);
  model.topics[0].groups[0].timeout = 500_ms;
  model.topics[0].groups[0].retries = 1;
  Mails run{model, 1};
  run.world.run();
  EXPECT_EQ(run.ended(RequestOutcome::Timeout), 2U);
  EXPECT_EQ(run.counts().dead, 1U);
  EXPECT_EQ(run.world.engine.live_calls(), 0U);
}

TEST(Topics, WhatFailsAtThePublisherIsPublishedAllTheSame) {
  TrafficModel model = mails(works(1_ms), 10, 20);
  model.services[kBroker].operations[0] = works(100_ms);
  model.journeys[0].timeout = 50_ms;
  Mails run{model, 1};
  run.world.run();
  EXPECT_EQ(run.world.engine.service(kBroker).totals().of(RequestOutcome::Timeout), 20U);
  EXPECT_EQ(run.counts().finished, 20U);
}

TEST(Topics, OfAnotherOperationOrOfOneThatFailsNothingIsPublished) {
  TrafficModel model = mails(works(1_ms), 10, 20);
  model.services[kBroker].operations.push_back(works(1_ms));
  model.services[kBroker].operations[0].error_probability = 1;
  model.journeys[0].steps = {{kBroker, 1}, {kBroker, 0}};
  Mails run{model, 1};
  run.world.run();
  EXPECT_EQ(run.world.engine.service(kBroker).totals().of(RequestOutcome::Ok), 20U);
  EXPECT_EQ(run.counts().published, 0U);
}

}  // namespace
}  // namespace orrery::sim
