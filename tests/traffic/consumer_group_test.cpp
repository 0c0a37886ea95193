/// @file
/// Who gets which message of a topic, what comes again, and what holds a group up.
#include "sim/traffic/consumer_group.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace orrery::sim {
namespace {

using namespace orrery::literals;

constexpr std::uint32_t kQueue = 0;

GroupModel model_of(std::uint32_t taken) {
  GroupModel model;
  model.taken = taken;
  model.backoff = 2_s;
  model.session_timeout = 45_s;
  model.rebalance = 3_s;
  return model;
}

Instant at(Duration time) { return Instant::at(time); }

void publish(ConsumerGroup& group, std::uint32_t partition, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) group.publish(partition, {.published = at(1_s)});
}

/// "0:0@1 0:1@1": all that can be taken, by partition, offset and consumer.
std::string taken(ConsumerGroup& group, Instant now, std::vector<Delivery>& at_work) {
  std::string text;
  while (const auto delivery = group.take(now)) {
    at_work.push_back(*delivery);
    text += (text.empty() ? "" : " ") + std::to_string(delivery->partition) + ":" +
            std::to_string(delivery->offset) + "@" + std::to_string(delivery->consumer);
  }
  return text;
}
std::string taken(ConsumerGroup& group, Instant now) {
  std::vector<Delivery> unused;
  return taken(group, now, unused);
}

TEST(ConsumersOfAQueue, AreHandedMessagesInTurnUpToTheirPrefetch) {
  ConsumerGroup group{model_of(2), kQueue};
  group.join(7, at(0_s));
  group.join(8, at(0_s));
  publish(group, 0, 5);
  std::vector<Delivery> at_work;
  EXPECT_EQ(taken(group, at(1_s), at_work), "0:0@0 0:1@1");
  EXPECT_EQ(group.lag(), 5U);
  group.done(at_work[1], at(3_s));
  // The other one has 0 and 2, so the fifth is for who has room.
  EXPECT_EQ(taken(group, at(3_s), at_work), "0:3@1");
  group.done(at_work[2], at(4_s));
  EXPECT_EQ(taken(group, at(4_s), at_work), "0:4@1");
  EXPECT_EQ(group.lag(), 3U);
  EXPECT_EQ(group.counts().delay_ns, (5_s).count_ns());
  EXPECT_EQ(group.counts().redelivered, 0U);
}

TEST(ConsumersOfAQueue, LeaveTheirMessagesToTheOthers) {
  for (const Departure how : {Departure::Told, Departure::Ended}) {
    ConsumerGroup group{model_of(3), kQueue};
    group.join(7, at(0_s));
    publish(group, 0, 3);
    std::vector<Delivery> at_work;
    EXPECT_EQ(taken(group, at(1_s), at_work), "0:0@0");
    group.join(8, at(1_s));
    EXPECT_TRUE(group.leave(7, how, at(2_s)));
    EXPECT_EQ(taken(group, at(2_s), at_work), "0:1@1") << "at once";
    group.give_back(at_work[0]);
    group.done(at_work[1], at(3_s));
    EXPECT_EQ(taken(group, at(3_s), at_work), "0:2@1") << "what it was handed before";
    group.done(at_work[2], at(3_s));
    EXPECT_EQ(taken(group, at(3_s), at_work), "0:0@1");
    EXPECT_EQ(group.counts().redelivered, 1U);
    group.done(at_work[3], at(4_s));
    EXPECT_EQ(group.lag(), 0U);
    EXPECT_FALSE(group.oldest());
  }
}

TEST(ConsumersOfAQueue, OfWhichNothingIsHeardAreMissedWhenTheirSessionExpires) {
  ConsumerGroup group{model_of(2), kQueue};
  group.join(7, at(0_s));
  publish(group, 0, 2);
  std::vector<Delivery> at_work;
  EXPECT_EQ(taken(group, at(1_s), at_work), "0:0@0");
  group.join(8, at(1_s));
  group.leave(7, Departure::Silent, at(10_s));
  EXPECT_EQ(taken(group, at(10_s)), "");
  EXPECT_EQ(group.next_due(), at(55_s));
  EXPECT_FALSE(group.advance(at(55_s)));
  EXPECT_EQ(group.take_lost(), std::vector<Delivery>{at_work[0]});
  group.give_back(at_work[0]);
  EXPECT_EQ(taken(group, at(55_s)), "0:0@1");
}

TEST(ConsumersOfAQueue, GetWhatFailedAgainAfterTheBackOffUntilItsRetriesAreUsedUp) {
  GroupModel model = model_of(1);
  model.retries = 1;
  ConsumerGroup group{model, kQueue};
  group.join(7, at(0_s));
  publish(group, 0, 2);
  std::vector<Delivery> at_work;
  EXPECT_EQ(taken(group, at(1_s), at_work), "0:0@0");
  EXPECT_FALSE(group.failed(at_work[0], at(1_s)));
  EXPECT_EQ(taken(group, at(1_s), at_work), "0:1@0") << "nobody waits for it";
  group.done(at_work[1], at(2_s));
  EXPECT_EQ(group.next_due(), at(3_s));
  EXPECT_EQ(taken(group, at(2_s), at_work), "");
  group.advance(at(3_s));
  EXPECT_EQ(taken(group, at(3_s), at_work), "0:0@0");
  const auto given_up = group.failed(at_work[2], at(3_s));
  ASSERT_TRUE(given_up);
  EXPECT_EQ(given_up->failures, 2U);
  EXPECT_EQ(group.counts().dead, 1U);
  EXPECT_EQ(group.lag(), 0U);
}

/// Two consumers of four partitions, after their rebalance.
ConsumerGroup two_of_four(std::uint32_t batch) {
  ConsumerGroup group{model_of(batch), 4};
  group.join(7, at(0_s));
  group.join(8, at(1_s));
  EXPECT_EQ(group.next_due(), at(4_s));
  EXPECT_TRUE(group.advance(at(4_s)));
  return group;
}

TEST(ConsumersOfPartitions, EachHaveTheirsAndDoThemInOrder) {
  ConsumerGroup group = two_of_four(10);
  publish(group, 0, 2);
  publish(group, 2, 1);
  publish(group, 3, 1);
  std::vector<Delivery> at_work;
  EXPECT_EQ(taken(group, at(4_s), at_work), "0:0@0 3:0@1");
  group.done(at_work[0], at(5_s));
  EXPECT_EQ(group.lag(), 4U) << "the batch is committed as a whole";
  EXPECT_EQ(taken(group, at(5_s), at_work), "0:1@0");
  group.done(at_work[2], at(6_s));
  EXPECT_EQ(group.lag(), 2U);
  EXPECT_EQ(taken(group, at(6_s), at_work), "2:0@0") << "its next partition";
}

TEST(ConsumersOfPartitions, StandStillWhileTheyAreRebalanced) {
  ConsumerGroup group = two_of_four(10);
  publish(group, 1, 3);
  std::vector<Delivery> at_work;
  EXPECT_EQ(taken(group, at(5_s), at_work), "1:0@1");
  group.join(9, at(6_s));
  group.done(at_work[0], at(7_s));
  EXPECT_EQ(group.lag(), 2U) << "what is done of the batch is committed";
  EXPECT_EQ(taken(group, at(8_s), at_work), "");
  EXPECT_FALSE(group.advance(at(8_s)));
  EXPECT_TRUE(group.advance(at(9_s)));
  EXPECT_EQ(taken(group, at(9_s), at_work), "1:1@1");
  EXPECT_EQ(group.counts().redelivered, 0U);
}

TEST(ConsumersOfPartitions, ThatAreKilledAreMissedLateAndTheirBatchComesAgain) {
  ConsumerGroup group = two_of_four(10);
  publish(group, 1, 3);
  std::vector<Delivery> at_work;
  EXPECT_EQ(taken(group, at(5_s), at_work), "1:0@1");
  group.done(at_work[0], at(6_s));
  EXPECT_EQ(taken(group, at(6_s), at_work), "1:1@1");
  group.leave(8, Departure::Ended, at(7_s));
  group.give_back(at_work[1]);
  EXPECT_EQ(group.lag(), 3U);
  EXPECT_EQ(taken(group, at(8_s), at_work), "");
  EXPECT_EQ(group.next_due(), at(52_s));
  EXPECT_FALSE(group.advance(at(52_s)));
  EXPECT_EQ(group.next_due(), at(55_s));
  EXPECT_TRUE(group.advance(at(55_s)));
  EXPECT_EQ(taken(group, at(55_s), at_work), "1:0@0") << "from behind the last commit";
  EXPECT_EQ(group.counts().redelivered, 1U);
}

TEST(ConsumersOfPartitions, WaitInARebalanceForWhomeverTheCoordinatorStillCountsOn) {
  ConsumerGroup group = two_of_four(10);
  publish(group, 0, 1);
  group.leave(8, Departure::Ended, at(7_s));
  group.join(9, at(9_s));  // It is back, as another.
  EXPECT_EQ(taken(group, at(20_s)), "");
  EXPECT_EQ(group.next_due(), at(52_s));
  EXPECT_TRUE(group.advance(at(52_s)));
  EXPECT_EQ(taken(group, at(52_s)), "0:0@0");
}

TEST(ConsumersOfPartitions, AreHeldUpByAMessageThatFails) {
  ConsumerGroup group = two_of_four(10);
  publish(group, 0, 3);
  publish(group, 2, 1);
  std::vector<Delivery> at_work;
  EXPECT_EQ(taken(group, at(5_s), at_work), "0:0@0");
  group.done(at_work[0], at(5_s));
  EXPECT_EQ(taken(group, at(5_s), at_work), "0:1@0");
  EXPECT_FALSE(group.failed(at_work[1], at(6_s)));
  EXPECT_EQ(group.lag(), 3U) << "what stood before it is committed";
  EXPECT_EQ(taken(group, at(6_s), at_work), "2:0@0") << "other partitions are not held up";
  group.done(at_work[2], at(7_s));
  EXPECT_EQ(taken(group, at(7_s), at_work), "");
  EXPECT_EQ(group.next_due(), at(8_s));
  group.advance(at(8_s));
  EXPECT_EQ(taken(group, at(8_s), at_work), "0:1@0");
}

TEST(ConsumersOfPartitions, SayGoodbyeAndTheirPartitionsAreOthersAfterOneRebalance) {
  ConsumerGroup group = two_of_four(10);
  publish(group, 1, 2);
  std::vector<Delivery> at_work;
  EXPECT_EQ(taken(group, at(5_s), at_work), "1:0@1");
  group.leave(8, Departure::Told, at(6_s));
  EXPECT_EQ(group.consumer_count(), 1U);
  group.done(at_work[0], at(7_s));
  EXPECT_TRUE(group.advance(at(9_s)));
  EXPECT_EQ(taken(group, at(9_s), at_work), "1:1@0");
  EXPECT_EQ(group.counts().redelivered, 0U);
}

TEST(ConsumersOfPartitions, BeyondTheNumberOfPartitionsAreIdle) {
  ConsumerGroup group{model_of(1), 1};
  group.join(7, at(0_s));
  group.join(8, at(0_s));
  group.advance(at(3_s));
  publish(group, 0, 5);
  EXPECT_EQ(taken(group, at(3_s)), "0:0@0");
}

TEST(ConsumersOfPartitions, AreAsManyInAPodAsItIsTold) {
  GroupModel model = model_of(1);
  model.consumers = 3;
  ConsumerGroup group{model, 2};
  group.join(7, at(0_s));
  group.advance(at(3_s));
  publish(group, 0, 1);
  publish(group, 1, 1);
  EXPECT_EQ(taken(group, at(3_s)), "0:0@0 1:0@1");
  EXPECT_EQ(group.consumer_count(), 3U);
  EXPECT_EQ(group.oldest(), at(1_s));
}

}  // namespace
}  // namespace orrery::sim
