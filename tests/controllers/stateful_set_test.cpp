#include "models/controllers/stateful_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "models/controllers/controller_revisions.h"
#include "models/controllers/stateful_pods.h"
#include "tests/controllers/managed_cluster.h"

namespace orrery::controllers {
namespace {

using api::ControllerRevision;
using api::PersistentVolumeClaim;
using api::Pod;
using api::StatefulSet;
using orrery::testing::crash_after_each_call;
using orrery::testing::fail_each_call;
using orrery::testing::FaultTrial;
using orrery::testing::ManagedCluster;

StatefulSet stateful_set(std::int32_t replicas) {
  StatefulSet set;
  set.meta.name = "db";
  set.meta.namespace_name = "default";
  set.spec.replicas = replicas;
  set.spec.service_name = "db";
  set.spec.selector.match_labels = {{"app", "db"}};
  set.spec.pod_template.labels = {{"app", "db"}};
  api::Container container;
  container.name = "main";
  container.image = "db:1";
  set.spec.pod_template.spec.containers = {container};
  return set;
}

api::ClaimTemplate claim_template() {
  api::ClaimTemplate claim;
  claim.name = "data";
  claim.spec.access_modes = {api::AccessMode::ReadWriteOnce};
  claim.spec.request_bytes = 1 << 20;
  return claim;
}

/// A cluster with one StatefulSet "db", and what happened to its pods.
struct World : ManagedCluster {
  std::vector<std::string> made;   ///< Names, in order.
  std::vector<std::string> taken;  ///< Names whose deletion was asked for, in order.
  std::string broken;              ///< The first bound that a write broke.

  explicit World(const StatefulSet& set, std::uint64_t seed = 1) : ManagedCluster{seed} {
    cluster.pod_start = 8_s;
    cluster.on_write = [this](const store::Write& write) { note(write); };
    cluster.create(set);
  }

  void note(const store::Write& write) {
    const auto* pod = std::get_if<Pod>(write.after.get());
    if (pod == nullptr) return;
    if (write.kind == ports::DeltaKind::Added) {
      made.push_back(pod->meta.name);
    } else if (pod->meta.deletion && !api::meta_of(*write.before).deletion) {
      taken.push_back(pod->meta.name);
    } else if (write.kind == ports::DeltaKind::Deleted && !api::meta_of(*write.before).deletion) {
      taken.push_back(pod->meta.name);
    }
  }

  [[nodiscard]] StatefulSet set() const { return *cluster.find<StatefulSet>("default", "db"); }
  [[nodiscard]] std::optional<Pod> pod(int ordinal) const {
    return cluster.find<Pod>("default", "db-" + std::to_string(ordinal));
  }
  [[nodiscard]] std::string image(int ordinal) const {
    const auto found = pod(ordinal);
    return found ? found->spec.containers[0].image : "";
  }
  void change(const std::function<void(StatefulSet&)>& f) {
    cluster.change<StatefulSet>("default", "db", f);
  }
  void set_image(const std::string& name) {
    change([&](StatefulSet& s) { s.spec.pod_template.spec.containers[0].image = name; });
  }

  /// All wanted pods are ready, and have the image where they are to have it.
  [[nodiscard]] bool settled(const std::string& wanted_image) const {
    const StatefulSet now = set();
    const auto count = static_cast<std::size_t>(now.spec.replicas);
    bool holds = now.status.observed_generation == now.meta.generation &&
                 now.status.available_replicas == now.spec.replicas;
    std::size_t pods = 0;
    cluster.each<Pod>([&](const Pod& p) {
      ++pods;
      const bool updated = p.spec.containers[0].image == wanted_image;
      const bool below = *ordinal_of(now, p) < now.spec.ordinals_start + now.spec.partition;
      holds = holds && api::is_ready(p) && !p.meta.deletion && (below || updated);
    });
    return holds && pods == count;
  }
  bool settle(const std::string& wanted_image, Duration limit = 20_min) {
    return cluster.run_for(limit, [&] { return settled(wanted_image); });
  }
};

// --- identity ------------------------------------------------------------------------------------

TEST(StatefulPods, AreNamedAndLabelledByTheirOrdinal) {
  const StatefulSet set = stateful_set(3);
  const Pod pod = stateful_pod(set, set.spec.pod_template, "db-abc", 2);
  EXPECT_EQ(pod.meta.name, "db-2");
  EXPECT_EQ(pod.meta.labels.at("statefulset.kubernetes.io/pod-name"), "db-2");
  EXPECT_EQ(pod.meta.labels.at("apps.kubernetes.io/pod-index"), "2");
  EXPECT_EQ(pod.meta.labels.at("controller-revision-hash"), "db-abc");
  EXPECT_EQ(pod.spec.hostname, "db-2");
  EXPECT_EQ(pod.spec.subdomain, "db");
}

TEST(StatefulPods, AreToldByNamesOfTheSetAlone) {
  const StatefulSet set = stateful_set(3);
  struct Case {
    const char* name;
    std::optional<std::int64_t> ordinal;
  };
  for (const Case& c : std::vector<Case>{{"db-0", 0},
                                         {"db-12", 12},
                                         {"db-01", {}},
                                         {"db-", {}},
                                         {"db", {}},
                                         {"db-x", {}},
                                         {"db-1-2", {}},
                                         {"web-1", {}},
                                         {"db--1", {}}}) {
    Pod pod;
    pod.meta.name = c.name;
    EXPECT_EQ(ordinal_of(set, pod), c.ordinal) << c.name;
  }
}

TEST(StatefulPods, MountTheirClaimsInPlaceOfVolumesOfThatName) {
  StatefulSet set = stateful_set(1);
  set.spec.claim_templates = {claim_template()};
  set.spec.pod_template.spec.volumes = {{"data", api::EmptyDirVolume{}},
                                        {"scratch", api::EmptyDirVolume{}}};
  const Pod pod = stateful_pod(set, set.spec.pod_template, "r", 0);
  ASSERT_EQ(pod.spec.volumes.size(), 2U);
  EXPECT_EQ(pod.spec.volumes[0].name, "data");
  EXPECT_EQ(std::get<api::ClaimVolume>(pod.spec.volumes[0].source).claim_name, "data-db-0");
  EXPECT_EQ(pod.spec.volumes[1].name, "scratch");
}

TEST(StatefulPods, ClaimsBelongToSetOrPodAsTheRetentionPolicySays) {
  struct Case {
    bool when_deleted, when_scaled, wanted;
    std::set<std::string> owners;
  };
  const std::vector<Case> cases{
      {false, false, true, {}},      {false, false, false, {}},    {true, false, true, {"set"}},
      {true, false, false, {"set"}}, {false, true, true, {}},      {false, true, false, {"pod"}},
      {true, true, true, {"set"}},   {true, true, false, {"pod"}},
  };
  for (const Case& c : cases) {
    StatefulSet set = stateful_set(1);
    set.meta.uid = "set";
    set.spec.delete_claims_when_deleted = c.when_deleted;
    set.spec.delete_claims_when_scaled = c.when_scaled;
    Pod pod;
    pod.meta.uid = "pod";
    const api::OwnerReference other{api::Kind::ConfigMap, "other", "other", false};
    const api::OwnerReference of_set{api::Kind::StatefulSet, "db", "set", true};
    const api::OwnerReference of_pod{api::Kind::Pod, "db-0", "pod", true};
    // Whatever stood there before, the policy decides; strangers stay.
    for (const auto& before : std::vector<std::vector<api::OwnerReference>>{
             {other}, {other, of_set}, {other, of_pod}, {other, of_set, of_pod}}) {
      std::set<std::string> owners;
      for (const auto& owner : claim_owners(before, set, c.wanted ? 0 : 1, &pod)) {
        owners.insert(owner.uid);
      }
      EXPECT_EQ(owners.erase("other"), 1U);
      EXPECT_EQ(owners, c.owners) << c.when_deleted << c.when_scaled << c.wanted;
    }
  }
}

// --- scaling -------------------------------------------------------------------------------------

TEST(StatefulSet, FivePodsThatTakeEightSecondsTakeFortyInOrder) {
  World world{stateful_set(5)};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  EXPECT_GE(world.cluster.now(), Instant::at(40_s));
  EXPECT_LT(world.cluster.now(), Instant::at(40_s + 200_ms));
  EXPECT_EQ(world.made, (std::vector<std::string>{"db-0", "db-1", "db-2", "db-3", "db-4"}));
}

TEST(StatefulSet, FivePodsThatTakeEightSecondsTakeEightInParallel) {
  StatefulSet set = stateful_set(5);
  set.spec.parallel = true;
  World world{set};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  EXPECT_GE(world.cluster.now(), Instant::at(8_s));
  EXPECT_LT(world.cluster.now(), Instant::at(8_s + 200_ms));
}

TEST(StatefulSet, TheNextPodWaitsUntilTheOneBeforeIsAvailableForMinReadySeconds) {
  StatefulSet set = stateful_set(3);
  set.spec.min_ready = 10_s;
  World world{set};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  // 3 times 8 s to start and 10 s to be available, which is looked at a second later.
  EXPECT_GE(world.cluster.now(), Instant::at(57_s));
  EXPECT_LT(world.cluster.now(), Instant::at(57_s + 200_ms));
}

TEST(StatefulSet, ScalesDownFromTheHighestOrdinalAfterEachHasGone) {
  World world{stateful_set(5)};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  world.cluster.pod_stop = 3_s;
  const Instant begin = world.cluster.now();
  world.change([](StatefulSet& s) { s.spec.replicas = 0; });
  ASSERT_TRUE(world.settle("db:1"));
  EXPECT_EQ(world.taken, (std::vector<std::string>{"db-4", "db-3", "db-2", "db-1", "db-0"}));
  EXPECT_GE(world.cluster.now() - begin, 15_s);
}

TEST(StatefulSet, ScalesDownAllAtOnceInParallel) {
  StatefulSet set = stateful_set(5);
  set.spec.parallel = true;
  World world{set};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  world.cluster.pod_stop = 3_s;
  const Instant begin = world.cluster.now();
  world.change([](StatefulSet& s) { s.spec.replicas = 0; });
  ASSERT_TRUE(world.settle("db:1"));
  EXPECT_LT(world.cluster.now() - begin, 3_s + 100_ms);
}

TEST(StatefulSet, ScalesDownOnlyWhileTheOthersAreHealthy) {
  for (const bool parallel : {false, true}) {
    StatefulSet set = stateful_set(3);
    set.spec.parallel = parallel;
    World world{set};
    world.restart();
    ASSERT_TRUE(world.settle("db:1"));
    const auto ready = [&](api::ConditionStatus status) {
      world.cluster.change<Pod>("default", "db-0", [&](Pod& p) {
        api::set_condition(p.status.conditions, "Ready", status, "", "", world.cluster.now());
      });
    };
    ready(api::ConditionStatus::False);
    world.cluster.run_for(1_s);
    world.change([](StatefulSet& s) { s.spec.replicas = 2; });
    world.cluster.run_for(1_min);
    EXPECT_EQ(world.taken.empty(), !parallel);
    ready(api::ConditionStatus::True);
    EXPECT_TRUE(world.settle("db:1"));
    EXPECT_EQ(world.taken, (std::vector<std::string>{"db-2"}));
  }
}

TEST(StatefulSet, AnUnhealthyPodThatIsToGoGoesIfItIsTheLowestOfThem) {
  World world{stateful_set(3)};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  const auto unready = [&](const char* name) {
    world.cluster.change<Pod>("default", name, [&](Pod& p) {
      api::set_condition(p.status.conditions, "Ready", api::ConditionStatus::False, "", "",
                         world.cluster.now());
    });
  };
  unready("db-2");
  world.cluster.run_for(1_s);
  world.change([](StatefulSet& s) { s.spec.replicas = 1; });
  ASSERT_TRUE(world.settle("db:1"));
  EXPECT_EQ(world.taken, (std::vector<std::string>{"db-2", "db-1"}));
}

TEST(StatefulSet, OrdinalsBeginWhereTheSpecSays) {
  StatefulSet set = stateful_set(2);
  set.spec.ordinals_start = 5;
  World world{set};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  EXPECT_EQ(world.made, (std::vector<std::string>{"db-5", "db-6"}));
  world.change([](StatefulSet& s) { s.spec.ordinals_start = 6; });
  ASSERT_TRUE(world.settle("db:1"));
  EXPECT_EQ(world.made.back(), "db-7");
  EXPECT_EQ(world.taken, (std::vector<std::string>{"db-5"}));
}

// --- updates -------------------------------------------------------------------------------------

TEST(StatefulSet, UpdatesFromTheHighestOrdinalEachAfterTheOneAboveIsAvailable) {
  for (const bool parallel : {false, true}) {
    StatefulSet set = stateful_set(3);
    set.spec.parallel = parallel;
    set.spec.min_ready = 5_s;
    World world{set};
    world.restart();
    ASSERT_TRUE(world.settle("db:1"));
    const Instant begin = world.cluster.now();
    world.set_image("db:2");
    ASSERT_TRUE(world.settle("db:2")) << parallel;
    EXPECT_EQ(world.taken, (std::vector<std::string>{"db-2", "db-1", "db-0"})) << parallel;
    // Each: a second to stop, 8 s to start, 5 s to be available and a second's slack.
    EXPECT_GE(world.cluster.now() - begin, 15_s * 3) << parallel;
    EXPECT_LT(world.cluster.now() - begin, 15_s * 3 + 500_ms) << parallel;
  }
}

TEST(StatefulSet, UpdatesStopAtThePartition) {
  World world{stateful_set(4)};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  world.change([](StatefulSet& s) {
    s.spec.partition = 2;
    s.spec.pod_template.spec.containers[0].image = "db:2";
  });
  ASSERT_TRUE(world.settle("db:2"));
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.taken, (std::vector<std::string>{"db-3", "db-2"}));
  EXPECT_EQ(world.set().status.current_replicas, 2);
  EXPECT_EQ(world.set().status.updated_replicas, 2);
  EXPECT_NE(world.set().status.current_revision, world.set().status.update_revision);
}

TEST(StatefulSet, BelowThePartitionARecreatedPodKeepsTheOldRevision) {
  StatefulSet set = stateful_set(3);
  set.spec.ordinals_start = 3;
  set.spec.partition = 2;
  World world{set};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  world.set_image("db:2");
  ASSERT_TRUE(world.settle("db:2"));
  world.cluster.remove<Pod>("default", "db-4");
  world.cluster.remove<Pod>("default", "db-5");
  world.cluster.run_for(2_s);
  ASSERT_TRUE(world.settle("db:2"));
  EXPECT_EQ(world.image(3), "db:1");
  EXPECT_EQ(world.image(4), "db:1");
  EXPECT_EQ(world.image(5), "db:2");
}

TEST(StatefulSet, OnDeleteUpdatesAPodWhenTheUserDeletesIt) {
  StatefulSet set = stateful_set(2);
  set.spec.on_delete = true;
  World world{set};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  world.set_image("db:2");
  world.cluster.run_for(5_min);
  EXPECT_TRUE(world.taken.empty());
  world.cluster.remove<Pod>("default", "db-0");
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.image(0), "db:2");
  EXPECT_EQ(world.image(1), "db:1");
}

TEST(StatefulSet, MaxUnavailableCountsOnlyWithItsGateAndRoundsUp) {
  struct Case {
    bool gate;
    api::CountOrPercent max_unavailable;
    std::size_t at_once;
  };
  for (const Case& c : std::vector<Case>{{false, {3, false}, 1},
                                         {true, {1, false}, 1},
                                         {true, {3, false}, 3},
                                         {true, {50, true}, 3},
                                         {true, {20, true}, 1},
                                         {true, {21, true}, 2}}) {
    StatefulSet set = stateful_set(5);
    set.spec.parallel = true;
    set.spec.max_unavailable = c.max_unavailable;
    World world{set};
    world.config.stateful_set.honours_max_unavailable = c.gate;
    world.restart();
    ASSERT_TRUE(world.settle("db:1"));
    world.set_image("db:2");
    world.cluster.run_for(500_ms);
    EXPECT_EQ(world.taken.size(), c.at_once) << c.gate << " " << c.max_unavailable.value;
    std::size_t down_max = 0;
    EXPECT_TRUE(world.cluster.run_for(5_min, [&] {
      std::size_t down = 5;
      world.cluster.each<Pod>(
          [&](const Pod& p) { down -= api::is_ready(p) && !p.meta.deletion ? 1U : 0U; });
      down_max = std::max(down_max, down);
      return world.settled("db:2");
    }));
    EXPECT_LE(down_max, c.at_once);
  }
}

TEST(StatefulSet, ABrokenUpdateStallsUntilTheStuckPodIsDeleted) {
  World world{stateful_set(2)};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  world.cluster.pods_start_by_themselves = false;
  world.set_image("db:broken");
  world.cluster.run_for(1_s);
  world.cluster.remove<Pod>("default", "db-1", Duration{});  // Its node has stopped it.
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.image(1), "db:broken");
  EXPECT_EQ(world.image(0), "db:1") << "waits for the one above";
  world.cluster.pods_start_by_themselves = true;
  world.set_image("db:3");
  world.cluster.run_for(5_min);
  EXPECT_EQ(world.image(1), "db:broken") << "a better template does not help";
  world.cluster.remove<Pod>("default", "db-1", Duration{});
  EXPECT_TRUE(world.settle("db:3"));
}

// --- pods that end -------------------------------------------------------------------------------

TEST(StatefulSet, FailedAndSucceededPodsAreMadeAgainWithTheirIdentity) {
  for (const auto phase : {api::PodPhase::Failed, api::PodPhase::Succeeded}) {
    World world{stateful_set(2)};
    world.restart();
    ASSERT_TRUE(world.settle("db:1"));
    const std::string uid = world.pod(1)->meta.uid;
    world.cluster.change<Pod>("default", "db-1", [&](Pod& p) {
      p.status.phase = phase;
      api::set_condition(p.status.conditions, "Ready", api::ConditionStatus::False, "", "",
                         world.cluster.now());
    });
    world.cluster.run_for(1_s);
    ASSERT_TRUE(world.settle("db:1"));
    EXPECT_EQ(world.taken, (std::vector<std::string>{"db-1"}));
    EXPECT_NE(world.pod(1)->meta.uid, uid);
  }
}

TEST(StatefulSet, AnUnreachablePodIsNotReplacedUntilItIsGone) {
  for (const bool parallel : {false, true}) {
    StatefulSet set = stateful_set(3);
    set.spec.parallel = parallel;
    World world{set};
    world.restart();
    ASSERT_TRUE(world.settle("db:1"));
    world.cluster.pods_start_by_themselves = false;  // Nobody stops the pod either.
    const std::string uid = world.pod(1)->meta.uid;
    world.cluster.remove<Pod>("default", "db-1");
    world.cluster.run_for(60_min);
    ASSERT_TRUE(world.pod(1));
    EXPECT_EQ(world.pod(1)->meta.uid, uid);
    EXPECT_EQ(world.cluster.all<Pod>().size(), 3U);
    world.cluster.remove<Pod>("default", "db-1", Duration{});
    world.cluster.run_for(1_s);
    ASSERT_TRUE(world.pod(1));
    EXPECT_NE(world.pod(1)->meta.uid, uid);
  }
}

// --- claims --------------------------------------------------------------------------------------

TEST(StatefulSet, AClaimIsMadeBeforeItsPodAndSurvivesIt) {
  for (const bool parallel : {false, true}) {
    StatefulSet set = stateful_set(2);
    set.spec.parallel = parallel;
    set.spec.claim_templates = {claim_template()};
    World world{set};
    std::vector<std::string> order;
    world.cluster.on_write = [&](const store::Write& write) {
      world.note(write);
      const api::ObjectKey key = api::key_of(*write.after);
      const bool counts =
          key.kind == api::Kind::Pod || key.kind == api::Kind::PersistentVolumeClaim;
      if (counts && write.kind == ports::DeltaKind::Added) order.push_back(key.name);
    };
    world.restart();
    ASSERT_TRUE(world.settle("db:1"));
    for (const std::string ordinal : {"0", "1"}) {
      const auto claim = std::find(order.begin(), order.end(), "data-db-" + ordinal);
      EXPECT_LT(claim, std::find(order.begin(), order.end(), "db-" + ordinal));
      ASSERT_NE(claim, order.end());
    }
    const auto claim = world.cluster.find<PersistentVolumeClaim>("default", "data-db-1");
    EXPECT_EQ(claim->spec, claim_template().spec);
    EXPECT_EQ(claim->meta.labels, (api::Labels{{"app", "db"}}));
    EXPECT_TRUE(claim->meta.owners.empty());
    const std::string uid = claim->meta.uid;
    world.change([](StatefulSet& s) { s.spec.replicas = 1; });
    ASSERT_TRUE(world.settle("db:1"));
    world.change([](StatefulSet& s) { s.spec.replicas = 2; });
    ASSERT_TRUE(world.settle("db:1"));
    EXPECT_EQ(world.cluster.find<PersistentVolumeClaim>("default", "data-db-1")->meta.uid, uid);
  }
}

TEST(StatefulSet, WhenScaledDeleteHandsAClaimToItsPodBeforeThatGoes) {
  StatefulSet set = stateful_set(2);
  set.spec.claim_templates = {claim_template()};
  set.spec.delete_claims_when_scaled = true;
  World world{set};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  const std::string pod_uid = world.pod(1)->meta.uid;
  world.change([](StatefulSet& s) { s.spec.replicas = 1; });
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return !world.taken.empty(); }));
  const auto claim = world.cluster.find<PersistentVolumeClaim>("default", "data-db-1");
  ASSERT_TRUE(claim);
  ASSERT_EQ(claim->meta.owners.size(), 1U);
  EXPECT_EQ(claim->meta.owners[0].uid, pod_uid);
}

TEST(StatefulSet, WhenDeletedDeleteHandsItsClaimsToTheSet) {
  StatefulSet set = stateful_set(1);
  set.spec.claim_templates = {claim_template()};
  World world{set};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  const auto owners = [&] {
    return world.cluster.find<PersistentVolumeClaim>("default", "data-db-0")->meta.owners;
  };
  EXPECT_TRUE(owners().empty());
  world.change([](StatefulSet& s) { s.spec.delete_claims_when_deleted = true; });
  world.cluster.run_for(1_s);
  ASSERT_EQ(owners().size(), 1U);
  EXPECT_EQ(owners()[0].uid, world.set().meta.uid);
  world.change([](StatefulSet& s) { s.spec.delete_claims_when_deleted = false; });
  world.cluster.run_for(1_s);
  EXPECT_TRUE(owners().empty());
}

TEST(StatefulSet, WaitsForTheClaimOfAnEarlierPodToGo) {
  StatefulSet set = stateful_set(1);
  set.spec.claim_templates = {claim_template()};
  World world{set};
  PersistentVolumeClaim stale = stateful_claim(set, claim_template(), 0);
  stale.meta.finalizers = {"test/hold"};
  stale.meta.owners = {{api::Kind::Pod, "db-0", "an earlier one", true}};
  world.cluster.create(stale);
  world.restart();
  world.cluster.run_for(1_min);
  EXPECT_TRUE(world.made.empty());
  world.cluster.remove<PersistentVolumeClaim>("default", "data-db-0");
  world.cluster.change<PersistentVolumeClaim>(
      "default", "data-db-0", [](PersistentVolumeClaim& c) { c.meta.finalizers.clear(); });
  EXPECT_TRUE(world.settle("db:1"));
}

TEST(StatefulSet, AMissingClaimOfAPendingPodIsMadeAgain) {
  StatefulSet set = stateful_set(1);
  set.spec.claim_templates = {claim_template()};
  World world{set};
  world.cluster.pods_start_by_themselves = false;
  world.restart();
  world.cluster.run_for(1_s);
  world.cluster.remove<PersistentVolumeClaim>("default", "data-db-0");
  world.cluster.run_for(1_s);
  EXPECT_TRUE(world.cluster.find<PersistentVolumeClaim>("default", "data-db-0"));
}

// --- history -------------------------------------------------------------------------------------

TEST(StatefulSet, KeepsRevisionsUpToItsLimitAndComesBackToAnOldOne) {
  StatefulSet set = stateful_set(1);
  set.spec.revision_history_limit = 1;
  World world{set};
  world.restart();
  ASSERT_TRUE(world.settle("db:1"));
  for (const char* image : {"db:2", "db:3", "db:2"}) {
    world.set_image(image);
    ASSERT_TRUE(world.settle(image));
    world.cluster.run_for(1_min);
  }
  std::map<std::string, std::int64_t> revisions;
  for (const auto& revision : world.cluster.all<ControllerRevision>()) {
    revisions[revision.pod_template.spec.containers[0].image] = revision.revision;
  }
  EXPECT_EQ(revisions, (std::map<std::string, std::int64_t>{{"db:2", 4}, {"db:3", 3}}));
  EXPECT_EQ(world.set().status.current_revision, world.set().status.update_revision);
}

TEST(StatefulSet, TakesAnotherRevisionNameIfItsOwnIsTaken) {
  World world{stateful_set(1)};
  ControllerRevision squatter;
  squatter.meta.name = "db-" + [] {
    World other{stateful_set(1)};
    other.restart();
    other.cluster.run_for(1_s);
    return other.cluster.all<ControllerRevision>().at(0).meta.name.substr(3);
  }();
  squatter.meta.namespace_name = "default";
  world.cluster.create(squatter);
  world.restart();
  EXPECT_TRUE(world.settle("db:1"));
  EXPECT_EQ(world.set().status.collision_count, 1);
}

TEST(StatefulSet, AdoptsOrphansOfItsNamesAndReleasesWhatNoLongerMatches) {
  World world{stateful_set(2)};
  Pod orphan = stateful_pod(stateful_set(2), stateful_set(2).spec.pod_template, "?", 0);
  orphan.meta.owners.clear();
  orphan.meta.labels = {{"app", "db"}};
  world.cluster.create(orphan);
  Pod stranger = orphan;
  stranger.meta.name = "other-0";
  world.cluster.create(stranger);
  world.restart();
  world.cluster.run_for(1_min);
  ASSERT_TRUE(world.pod(1));
  const auto other = world.cluster.find<Pod>("default", "other-0");
  EXPECT_EQ(api::controller_of(other->meta), nullptr) << "not a name of the set";
  world.cluster.change<Pod>("default", "db-1", [](Pod& p) { p.meta.labels["app"] = "x"; });
  world.cluster.run_for(1_s);
  EXPECT_EQ(api::controller_of(world.pod(1)->meta), nullptr);
}

TEST(StatefulSet, WhatCannotBeMadeDoesNotKeepTheStatusFromBeingTold) {
  World world{stateful_set(2)};
  world.cluster.interfere = [](const ports::ApiCall& call) {
    const bool refused = call.verb == ports::Verb::Create && call.key.kind == api::Kind::Pod;
    return refused ? std::optional{ports::Outcome::Refused} : std::nullopt;
  };
  world.restart();
  world.cluster.run_for(10_s);
  EXPECT_EQ(world.set().status.observed_generation, 1);
  EXPECT_FALSE(world.set().status.update_revision.empty());
}

// --- every small world ---------------------------------------------------------------------------

/// Checks at every write: no two pods of one identity, a pod is made in order only when all below
/// it are ready, and no more than one of those that were there is missing.
void guard(World& world, bool in_order, std::size_t down_max) {
  world.cluster.on_write = [&world, in_order, down_max](const store::Write& write) {
    world.note(write);
    const StatefulSet set = world.set();
    std::map<std::int64_t, const Pod*> pods;
    std::vector<Pod> all = world.cluster.all<Pod>();
    for (const Pod& pod : all) {
      const bool is_first = pods.emplace(ordinal_of(set, pod).value_or(-1), &pod).second;
      if (!is_first && world.broken.empty()) world.broken = "two of " + pod.meta.name;
    }
    const auto healthy = [&](std::int64_t ordinal) {
      const auto found = pods.find(ordinal);
      return found != pods.end() && api::is_ready(*found->second) && !found->second->meta.deletion;
    };
    std::size_t down = 0;
    for (std::int64_t i = 0; i < set.spec.replicas; ++i) down += healthy(i) ? 0U : 1U;
    const auto* pod = std::get_if<Pod>(write.after.get());
    if (pod == nullptr || !world.broken.empty()) return;
    if (down > down_max) world.broken = "down " + std::to_string(down);
    if (in_order && write.kind == ports::DeltaKind::Added) {
      for (std::int64_t i = 0; i < *ordinal_of(set, *pod); ++i) {
        if (!healthy(i)) world.broken = pod->meta.name + " before " + std::to_string(i);
      }
    }
  };
}

TEST(StatefulSet, KeepsItsOrderAndEndsInEverySmallWorld) {
  std::uint64_t worlds = 0;
  for (int replicas = 0; replicas <= 4; ++replicas) {
    for (int next_replicas = 0; next_replicas <= 4; ++next_replicas) {
      for (int partition = 0; partition <= replicas; ++partition) {
        for (const bool parallel : {false, true}) {
          StatefulSet set = stateful_set(replicas);
          set.spec.parallel = parallel;
          set.spec.partition = partition;
          set.spec.claim_templates = {claim_template()};
          World world{set, ++worlds};
          world.cluster.pod_start_varies = true;
          const auto what = [&] {
            return std::to_string(replicas) + " to " + std::to_string(next_replicas) +
                   ", partition " + std::to_string(partition) + (parallel ? ", parallel" : "");
          };
          guard(world, !parallel, 4);
          world.restart();
          ASSERT_TRUE(world.settle("db:1")) << what();
          guard(world, !parallel, 1);
          world.set_image("db:2");
          ASSERT_TRUE(world.settle("db:2")) << what();
          // What is new may all be down; what was there stays.
          guard(world, !parallel, static_cast<std::size_t>(std::max(0, next_replicas - replicas)));
          world.change([&](StatefulSet& s) { s.spec.replicas = next_replicas; });
          ASSERT_TRUE(world.settle("db:2")) << what();
          EXPECT_EQ(world.broken, "") << what();
        }
      }
    }
  }
  std::printf("%llu worlds\n", static_cast<unsigned long long>(worlds));
}

FaultTrial update_trial(bool parallel) {
  StatefulSet set = stateful_set(3);
  set.spec.parallel = parallel;
  set.spec.claim_templates = {claim_template()};
  auto world = std::make_unique<World>(set);
  World* w = world.get();
  w->restart();
  w->settle("db:1");
  guard(*w, !parallel, 1);
  FaultTrial trial;
  trial.begin = [w] {
    w->change([](StatefulSet& s) {
      s.spec.replicas = 2;
      s.spec.pod_template.spec.containers[0].image = "db:2";
    });
  };
  trial.is_done = [w] { return w->settled("db:2"); };
  trial.broken = [w] { return w->broken; };
  trial.world = std::move(world);
  return trial;
}

TEST(StatefulSet, ConvergesWhenAnySingleCallFails) {
  for (const bool parallel : {false, true}) {
    for (const auto outcome : {ports::Outcome::Unreachable, ports::Outcome::Conflict}) {
      std::string failure;
      EXPECT_GT(fail_each_call([&] { return update_trial(parallel); }, outcome, failure), 8U);
      EXPECT_EQ(failure, "") << parallel;
    }
  }
}

TEST(StatefulSet, ConvergesWhenTheControllersCrashAfterAnyCall) {
  for (const bool parallel : {false, true}) {
    std::string failure;
    EXPECT_GT(crash_after_each_call([&] { return update_trial(parallel); }, failure), 8U);
    EXPECT_EQ(failure, "") << parallel;
  }
}

}  // namespace
}  // namespace orrery::controllers
