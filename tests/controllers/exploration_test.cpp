// Every interleaving, to a depth of three, of controller crashes, stale reads and missed watch
// events with the steps of a Deployment's rollout: it converges, and its bounds hold.
#include "tests/controllers/exploration.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace orrery::controllers {
namespace {

using api::Deployment;
using api::Pod;
using api::ReplicaSet;
using orrery::testing::Defects;
using orrery::testing::deployment;
using orrery::testing::Exploration;
using orrery::testing::exploration_depth;

/// Four pods, at most five while they are replaced, and never fewer than three available.
///
/// Lists are fresh: a ReplicaSet whose new controller lists an old state makes pods twice, in
/// Kubernetes as well, as their names are drawn and what the old controller awaited is forgotten.
class DeploymentRollout : public Exploration {
 public:
  explicit DeploymentRollout(const Defects& defects) : Exploration{defects, Lists::Fresh} {}

 private:
  void create() override { cluster().create(deployment("web", 4)); }
  void update() override {
    cluster().change<Deployment>("default", "web", [](Deployment& d) {
      d.spec.pod_template.spec.containers[0].image = "app:2";
    });
  }

  std::string broken_bound(const store::Write& /*write*/) override {
    std::int64_t sizes = 0;
    std::int64_t pods = 0;
    std::int64_t available = 0;
    cluster().each<ReplicaSet>([&](const ReplicaSet& set) { sizes += set.spec.replicas; });
    cluster().each<Pod>([&](const Pod& pod) {
      if (!api::is_active(pod)) return;
      ++pods;
      available += api::is_available(pod, Duration{}, cluster().now()) ? 1 : 0;
    });
    if (sizes <= 5 && pods <= 5 && available >= 3) return "";
    return "sizes " + std::to_string(sizes) + ", pods " + std::to_string(pods) + ", available " +
           std::to_string(available);
  }

  bool rolled_out(const std::string& image) override {
    bool done = false;
    cluster().each<Deployment>([&](const Deployment& d) {
      done = d.status.observed_generation == d.meta.generation && d.status.updated_replicas == 4 &&
             d.status.available_replicas == 4 && d.status.replicas == 4;
    });
    std::int64_t pods = 0;
    cluster().each<Pod>([&](const Pod& pod) {
      ++pods;
      done = done && pod.spec.containers[0].image == image && api::is_ready(pod);
    });
    return done && pods == 4;
  }
};

std::string first_failure(int depth, const Defects& defects) {
  return orrery::testing::first_failure(
      depth, [&] { return std::make_unique<DeploymentRollout>(defects); });
}

TEST(Exploration, ARolloutConvergesWithinItsBoundsWhateverThreeFaultsDo) {
  EXPECT_EQ(first_failure(exploration_depth(), {}), "");
}

TEST(Exploration, FindsAControllerThatTakesAnEmptyCacheForTheTruthAfterACrash) {
  const std::string found = first_failure(1, {.empty_after_crash = true});
  EXPECT_NE(found.find("crash"), std::string::npos) << found;
}

TEST(Exploration, FindsAControllerThatActsOnAStaleRead) {
  const std::string found = first_failure(1, {.forgets_expectations = true});
  EXPECT_NE(found.find("stale read"), std::string::npos) << found;
}

TEST(Exploration, FindsAControllerThatNeverHearsOfWhatItMissed) {
  const std::string found = first_failure(1, {.never_lists_again = true});
  EXPECT_NE(found.find("missed watch"), std::string::npos) << found;
}

}  // namespace
}  // namespace orrery::controllers
