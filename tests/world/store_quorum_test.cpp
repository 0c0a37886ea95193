#include "sim/world/store_quorum.h"

#include <gtest/gtest.h>

namespace orrery::sim {
namespace {

const Instant kStart = Instant::at(100_s);

StoreQuorum three(Duration fsync = Duration{}) {
  StoreQuorumConfig config;
  config.members = 3;
  config.fsync = fsync;
  return {config, Draws{1}};
}

TEST(StoreQuorum, WithoutFaultsAWriteIsDurableAfterItsFsync) {
  StoreQuorum store = three(2_ms);
  EXPECT_EQ(store.durable_at(kStart), kStart + 2_ms);
}

TEST(StoreQuorum, OfThreeOneDownPausesWritesForAnElection) {
  StoreQuorum store = three();
  EXPECT_EQ(store.kill(1, kStart), 1U);
  ASSERT_TRUE(store.has_quorum());
  const Instant first = *store.durable_at(kStart);
  EXPECT_GE(first - kStart, 1_s) << "one to two election timeouts";
  EXPECT_LT(first - kStart, 2_s);
  EXPECT_EQ(*store.durable_at(kStart + 10_s), kStart + 10_s) << "then they go on";
}

TEST(StoreQuorum, OfThreeTwoDownTakeNoWrites) {
  StoreQuorum store = three();
  EXPECT_EQ(store.kill(2, kStart), 2U);
  EXPECT_FALSE(store.has_quorum());
  EXPECT_EQ(store.durable_at(kStart), std::nullopt);
  EXPECT_EQ(store.start(2, kStart + 60_s), 2U);
  const Instant again = *store.durable_at(kStart + 60_s);
  EXPECT_GE(again - kStart, 61_s) << "a new leader is elected first";
  EXPECT_LT(again - kStart, 62_s);
}

TEST(StoreQuorum, AWriteWaitsForTheFastestMajorityOfDisks) {
  StoreQuorum store = three();
  EXPECT_EQ(store.slow_down(1, 500_ms), 1U);
  EXPECT_EQ(*store.durable_at(kStart), kStart) << "two are fast";
  EXPECT_EQ(store.slow_down(2, 500_ms), 2U);
  EXPECT_EQ(*store.durable_at(kStart), kStart + 500_ms);
  store.slow_down(3, Duration{});
  EXPECT_EQ(*store.durable_at(kStart + 1_s), kStart + 1_s);
}

TEST(StoreQuorum, WritesBecomeDurableInTheirOrder) {
  StoreQuorum store = three();
  store.slow_down(3, 500_ms);
  const Instant first = *store.durable_at(kStart);
  store.slow_down(3, Duration{});
  EXPECT_GE(*store.durable_at(kStart + 1_ms), first);
}

TEST(StoreQuorum, WhoIsNotThereIsNotKilledTwice) {
  StoreQuorum store = three();
  EXPECT_EQ(store.kill(5, kStart), 3U);
  EXPECT_EQ(store.kill(1, kStart), 0U);
  EXPECT_EQ(store.start(1, kStart), 1U);
}

}  // namespace
}  // namespace orrery::sim
