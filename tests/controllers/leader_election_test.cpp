#include "models/controllers/leader_election.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/controllers/small_cluster.h"

namespace orrery::controllers {
namespace {

using orrery::testing::SmallCluster;

/// Two candidates for one lease.
struct Race {
  SmallCluster cluster;
  std::unique_ptr<LeaderElector> candidates[2];
  bool gave_up[2] = {false, false};

  Race() {
    for (std::uint32_t i = 0; i < 2; ++i) {
      const ports::OwnerId owner{10 + i};
      candidates[i] = std::make_unique<LeaderElector>(
          LeaderElector::Candidate{owner, "kube-scheduler", "candidate-" + std::to_string(i)},
          cluster, cluster, LeaderElectionConfig{}, [this, i](bool leads) {
            if (!leads) gave_up[i] = true;
          });
      cluster.attach(owner, *candidates[i]);
      cluster.at(cluster.now() + Duration::milliseconds(i), [this, i] { candidates[i]->start(); });
    }
    cluster.run_for(1_min);
  }
  [[nodiscard]] bool leads(int i) const {
    return candidates[i] != nullptr && candidates[i]->leads();
  }
  void kill(int i) {
    cluster.detach(ports::OwnerId{10 + static_cast<std::uint32_t>(i)});
    candidates[i].reset();
  }
};

TEST(LeaderElection, OneLeadsAndTheOtherWaits) {
  Race race;
  EXPECT_TRUE(race.leads(0));
  EXPECT_FALSE(race.leads(1));
  race.cluster.run_for(10_min);
  EXPECT_TRUE(race.leads(0));
  EXPECT_FALSE(race.leads(1));
}

TEST(LeaderElection, ALeaderThatIsGoneIsFollowedAfterItsLeaseAndARetryAtMost) {
  Race race;
  race.kill(0);
  const Instant gone = race.cluster.now();
  ASSERT_TRUE(race.cluster.run_for(1_min, [&] { return race.leads(1); }));
  // The lease was renewed up to 2 s before, runs for 15 s and is looked at every 2 s.
  EXPECT_GE(race.cluster.now() - gone, 13_s);
  EXPECT_LE(race.cluster.now() - gone, Duration::milliseconds(17'010));
}

TEST(LeaderElection, ALeaderThatCannotRenewFor10SecondsGivesUpBeforeAnotherLeads) {
  Race race;
  bool two = false;
  race.cluster.interfere = [&](const ports::ApiCall& call) -> std::optional<ports::Outcome> {
    two = two || (race.leads(0) && race.leads(1));
    if (call.verb != ports::Verb::Update) return std::nullopt;
    const bool first = std::get<api::Lease>(*call.object).holder == "candidate-0";
    return first ? std::optional{ports::Outcome::Unreachable} : std::nullopt;
  };
  const Instant cut = race.cluster.now();
  ASSERT_TRUE(race.cluster.run_for(1_min, [&] { return race.gave_up[0]; }));
  EXPECT_LE(race.cluster.now() - cut, Duration::milliseconds(10'010));
  EXPECT_GE(race.cluster.now() - cut, 8_s);
  EXPECT_FALSE(race.leads(1));
  ASSERT_TRUE(race.cluster.run_for(1_min, [&] { return race.leads(1); }));
  EXPECT_FALSE(two);
}

}  // namespace
}  // namespace orrery::controllers
