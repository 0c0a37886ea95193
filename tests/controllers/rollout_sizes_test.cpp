#include "models/controllers/rollout_sizes.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace orrery::controllers {
namespace {

using Sizes = std::pair<std::int64_t, std::int64_t>;  // old, new

TEST(Fenceposts, RoundSurgeUpAndUnavailableDown) {
  const api::CountOrPercent quarter{25, true};
  const std::vector<std::pair<std::int64_t, Fenceposts>> cases{
      {1, {1, 0}}, {2, {1, 0}}, {3, {1, 0}}, {4, {1, 1}}, {5, {2, 1}}, {8, {2, 2}}, {10, {3, 2}}};
  for (const auto& [replicas, posts] : cases) {
    EXPECT_EQ(resolve_fenceposts(quarter, quarter, replicas), posts) << replicas;
  }
}

TEST(Fenceposts, EveryPercentageIsAsExactAsTheQuotient) {
  for (std::int64_t replicas = 0; replicas <= 20; ++replicas) {
    for (std::int32_t percent = 0; percent <= 100; ++percent) {
      const Fenceposts posts = resolve_fenceposts({percent, true}, {percent, true}, replicas);
      EXPECT_GE(posts.surge * 100, percent * replicas);
      EXPECT_LT((posts.surge - 1) * 100, percent * replicas);
      if (posts.surge == 0) continue;  // Then unavailable became 1.
      EXPECT_LE(posts.unavailable * 100, percent * replicas);
      EXPECT_GT((posts.unavailable + 1) * 100, percent * replicas);
    }
  }
}

TEST(Fenceposts, NeverBothZero) {
  EXPECT_EQ(resolve_fenceposts({0, false}, {0, false}, 10), (Fenceposts{0, 1}));
  EXPECT_EQ(resolve_fenceposts({0, true}, {5, true}, 10), (Fenceposts{0, 1}));
}

TEST(Fenceposts, OfADeploymentAreCappedAndZeroForRecreate) {
  api::DeploymentSpec spec;
  spec.replicas = 2;
  spec.strategy.max_unavailable = {5, false};
  EXPECT_EQ(fenceposts_of(spec), (Fenceposts{1, 2}));
  spec.replicas = 0;
  EXPECT_EQ(fenceposts_of(spec).unavailable, 0);
  spec.replicas = 2;
  spec.strategy.recreate = true;
  EXPECT_EQ(fenceposts_of(spec), (Fenceposts{0, 0}));
}

TEST(RolloutSizes, OfTenWithAQuarterEachGoInFiveSteps) {
  const Fenceposts posts = resolve_fenceposts({25, true}, {25, true}, 10);
  Sizes sizes{10, 0};
  std::vector<Sizes> path{sizes};
  for (int step = 0; step < 20 && sizes != Sizes{0, 10}; ++step) {
    // All pods become available between two steps.
    auto& [old_size, new_size] = sizes;
    const std::int64_t grown = next_new_size(10, posts.surge, old_size + new_size, new_size);
    if (grown != new_size) {
      new_size = grown;
    } else {
      const std::array<SetSize, 1> old_sets{{{old_size, old_size}}};
      old_size = next_old_sizes(10, posts.unavailable, {new_size, new_size}, old_sets)[0];
    }
    path.push_back(sizes);
  }
  EXPECT_EQ(path, (std::vector<Sizes>{{10, 0}, {10, 3}, {5, 3}, {5, 8}, {0, 8}, {0, 10}}));
}

TEST(RolloutSizes, UnavailableOldPodsGoFirstAndOldestSetsBeforeYounger) {
  // 10 wanted, 2 may be missing; 4 of the old pods are broken, 3 of the new ones not ready yet.
  const std::array<SetSize, 2> old_sets{{{4, 2}, {6, 4}}};
  // 13 - 8 - 3 = 2 may go: the two broken ones of the oldest set. Available: 6 < 8, so no more.
  EXPECT_EQ(next_old_sizes(10, 2, {3, 0}, old_sets), (std::vector<std::int64_t>{2, 6}));
}

TEST(RolloutSizes, PodsThatAStatusStillReportsButASizeNoLongerWantsDoNotCount) {
  // 5 wanted, 2 may be missing; the old set went from 5 to 4 and has not said so yet.
  const std::array<SetSize, 1> old_sets{{{4, 5}}};
  EXPECT_EQ(next_old_sizes(5, 2, {3, 0}, old_sets), (std::vector<std::int64_t>{3}));
}

TEST(RolloutSizes, AStatusThatLagsGivesTheSizesItWillGiveWhenItHasCaughtUp) {
  // Every world in which an old set was just shrunk and still reports the pods it had.
  for (std::int64_t replicas = 1; replicas <= 5; ++replicas) {
    for (std::int64_t unavailable = 0; unavailable <= replicas; ++unavailable) {
      for (std::int64_t size = 0; size <= 5; ++size) {
        for (std::int64_t fresh = 0; fresh <= 5; ++fresh) {
          const std::array<SetSize, 1> lagging{{{size, size + 2}}};
          const std::array<SetSize, 1> caught_up{{{size, size}}};
          EXPECT_EQ(next_old_sizes(replicas, unavailable, {fresh, fresh}, lagging),
                    next_old_sizes(replicas, unavailable, {fresh, fresh}, caught_up));
        }
      }
    }
  }
}

TEST(RolloutSizes, ADeploymentMadeSmallerShrinksTheNewSetAtOnce) {
  EXPECT_EQ(next_new_size(3, 1, 20, 10), 3);
}

TEST(ProportionalSizes, ShareTheRoomByOldSize) {
  const auto at = [](int second) { return Instant::at(Duration::seconds(second)); };
  struct Case {
    const char* name;
    std::int64_t replicas, surge;
    std::vector<ScaledSet> sets;
    std::vector<std::int64_t> sizes;
  };
  const std::vector<Case> cases{
      {"doubled", 20, 6, {{5, 13, at(1)}, {8, 13, at(2)}}, {10, 16}},
      {"halved", 5, 2, {{5, 13, at(1)}, {8, 13, at(2)}}, {3, 4}},
      {"to nothing", 0, 0, {{5, 13, at(1)}, {8, 13, at(2)}}, {0, 0}},
      {"leftover to the larger", 12, 3, {{5, 13, at(1)}, {8, 13, at(2)}}, {6, 9}},
      {"ties: the newer grows first", 5, 0, {{2, 4, at(1)}, {2, 4, at(2)}}, {2, 3}},
      {"no annotation: status.replicas", 8, 0, {{2, {}, at(1)}, {2, {}, at(2)}}, {4, 4}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(proportional_sizes(c.replicas, c.surge, 4, c.sets), c.sizes) << c.name;
  }
}

TEST(ProportionalSizes, AddUpToTheRoomForEverySmallWorld) {
  for (std::int64_t a = 1; a <= 8; ++a) {
    for (std::int64_t b = 1; b <= 8; ++b) {
      for (std::int64_t replicas = 0; replicas <= 16; ++replicas) {
        const std::vector<ScaledSet> sets{{a, a + b, Instant{}}, {b, a + b, Instant{}}};
        const auto sizes = proportional_sizes(replicas, 1, a + b, sets);
        EXPECT_GE(sizes[0], 0);
        EXPECT_GE(sizes[1], 0);
        EXPECT_EQ(sizes[0] + sizes[1], replicas > 0 ? replicas + 1 : 0);
      }
    }
  }
}

}  // namespace
}  // namespace orrery::controllers
