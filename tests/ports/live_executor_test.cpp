#include "tests/ports/executor_suite.h"
#include "tests/ports/live_worlds.h"

namespace orrery::ports_suite {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Live, ExecutorSuite, LiveExecutorWorld);

TEST(EventLoop, WorkOfATurnIsFollowedByItsEndOfTurnSteps) {
  LiveExecutorWorld world;
  Listener listener;
  world.attach(ports::OwnerId{1}, listener);
  std::vector<std::size_t> heard_at_end;
  world.loop.at_end_of_turn([&] { heard_at_end.push_back(listener.ids.size()); });
  // A burst of three events costs one end of turn.
  for (std::uint64_t id = 1; id <= 3; ++id)
    world.loop.deliver({.owner = ports::OwnerId{1}, .id = id, .body = nullptr});
  ASSERT_TRUE(world.run([&] { return !heard_at_end.empty(); }));
  EXPECT_EQ(heard_at_end.front(), 3U);
}

TEST(EventLoop, WhatAnEventCausesIsHandledInALaterTurn) {
  LiveExecutorWorld world;
  Listener listener;
  world.attach(ports::OwnerId{1}, listener);
  std::vector<std::size_t> heard_at_end;
  world.loop.at_end_of_turn([&] { heard_at_end.push_back(listener.ids.size()); });
  listener.react = [&](const ports::Event& event) {
    if (event.id == 1) world.loop.deliver({.owner = ports::OwnerId{1}, .id = 2, .body = nullptr});
  };
  world.loop.deliver({.owner = ports::OwnerId{1}, .id = 1, .body = nullptr});
  ASSERT_TRUE(world.run([&] { return listener.ids.size() == 2; }));
  EXPECT_EQ(heard_at_end.front(), 1U);
}

}  // namespace
}  // namespace orrery::ports_suite
