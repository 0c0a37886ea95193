#include "models/discovery/policy_agent.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/controllers/small_cluster.h"

namespace orrery::discovery {
namespace {

using namespace orrery::literals;
using orrery::testing::SmallCluster;

constexpr ports::OwnerId kOwner{3};

struct Published {
  Instant at;
  std::shared_ptr<const api::NetworkRules> rules;
};

class RecordingFilter : public ports::NetworkFilter {
 public:
  explicit RecordingFilter(const ports::Executor& executor) : executor_{executor} {}
  void publish(ports::OwnerId /*owner*/, std::shared_ptr<const api::NetworkRules> rules) override {
    published.push_back({executor_.now(), std::move(rules)});
  }
  std::vector<Published> published;

 private:
  const ports::Executor& executor_;
};

struct AgentWorld {
  AgentWorld() {
    cluster.attach(kOwner, agent);
    cluster.pods_start_by_themselves = false;
  }

  void add_pod(const std::string& name, const std::string& address) {
    api::Pod pod;
    pod.meta.name = name;
    pod.meta.namespace_name = "default";
    pod.meta.labels["app"] = name;
    pod.status.pod_ip = address;
    cluster.create(pod);
    cluster.change<api::Pod>("default", name, [&](api::Pod& p) { p.status.pod_ip = address; });
  }

  /// Whether front, at 10.0.0.1, reaches back, at 10.0.0.2.
  [[nodiscard]] bool passes() const {
    return !filter.published.back().rules->refusal("10.0.0.1", "10.0.0.2", 80);
  }

  SmallCluster cluster;
  RecordingFilter filter{cluster};
  PolicyAgent agent{kOwner, cluster, cluster, filter};
};

api::NetworkPolicy deny_all() {
  api::NetworkPolicy policy;
  policy.meta.name = "deny";
  policy.meta.namespace_name = "default";
  return policy;
}

TEST(PolicyAgent, PublishesOnceItHasHeardOfEverything) {
  AgentWorld world;
  world.add_pod("front", "10.0.0.1");
  world.add_pod("back", "10.0.0.2");
  world.cluster.create(deny_all());
  world.agent.start();
  world.cluster.run_for(10_s);
  ASSERT_EQ(world.filter.published.size(), 1U);
  EXPECT_FALSE(world.passes());
}

TEST(PolicyAgent, FollowsPoliciesNamespacesAndPods) {
  AgentWorld world;
  world.add_pod("front", "10.0.0.1");
  world.agent.start();
  world.cluster.run_for(1_s);
  world.add_pod("back", "10.0.0.2");
  world.cluster.run_for(1_s);
  EXPECT_TRUE(world.passes());
  world.cluster.create(deny_all());
  world.cluster.run_for(1_s);
  EXPECT_FALSE(world.passes());
  world.cluster.change<api::NetworkPolicy>("default", "deny", [](api::NetworkPolicy& policy) {
    policy.spec.pod_selector.match_labels["app"] = "other";
  });
  world.cluster.run_for(1_s);
  EXPECT_TRUE(world.passes());
  world.cluster.change<api::Pod>("default", "back",
                                 [](api::Pod& pod) { pod.meta.labels["app"] = "other"; });
  world.cluster.run_for(1_s);
  EXPECT_FALSE(world.passes());
  world.cluster.remove<api::NetworkPolicy>("default", "deny");
  world.cluster.run_for(1_s);
  EXPECT_TRUE(world.passes());
}

TEST(PolicyAgent, PublishesAtMostTenTimesASecondAndOnlyWhatMayMatter) {
  AgentWorld world;
  world.agent.start();
  world.cluster.run_for(1_s);
  const std::size_t before = world.filter.published.size();
  for (int i = 0; i < 30; ++i) {
    world.add_pod("pod-" + std::to_string(i), "10.0.1." + std::to_string(i));
    world.cluster.run_for(10_ms);
  }
  world.cluster.run_for(1_s);
  const std::size_t after = world.filter.published.size();
  EXPECT_GE(after, before + 3);
  EXPECT_LE(after, before + 5) << "0.3 s of changes";
  for (std::size_t i = before + 1; i < after; ++i) {
    EXPECT_GE(world.filter.published[i].at - world.filter.published[i - 1].at, 100_ms);
  }
  world.cluster.change<api::Pod>("default", "pod-1", [](api::Pod& pod) {
    pod.status.conditions.push_back({"Ready", api::ConditionStatus::True, "", "", {}, {}});
  });
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.filter.published.size(), after);
}

}  // namespace
}  // namespace orrery::discovery
