// Claims and volumes, attaching and detaching: the decisions, each rule by itself, and all of them
// together in a small cluster.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "models/controllers/controller_manager.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::controllers {
namespace {

using api::AccessMode;
using api::ClaimPhase;
using api::PersistentVolume;
using api::PersistentVolumeClaim;
using api::StorageClass;
using api::VolumeAttachment;
using api::VolumePhase;
using orrery::testing::SmallCluster;

constexpr std::int64_t kGi = std::int64_t{1} << 30;

PersistentVolume volume(const std::string& name, std::int64_t gibibytes,
                        const std::string& storage_class = "") {
  PersistentVolume made;
  made.meta.name = name;
  made.capacity_bytes = gibibytes * kGi;
  made.access_modes = {AccessMode::ReadWriteOnce};
  made.storage_class = storage_class;
  made.phase = VolumePhase::Available;
  return made;
}

PersistentVolumeClaim claim(std::int64_t gibibytes, const std::string& storage_class = "") {
  PersistentVolumeClaim made;
  made.meta.name = "data";
  made.meta.namespace_name = "default";
  made.spec.access_modes = {AccessMode::ReadWriteOnce};
  made.spec.request_bytes = gibibytes * kGi;
  made.spec.storage_class = storage_class;
  return made;
}

StorageClass storage_class(const std::string& name, bool wait_for_first_consumer = false) {
  StorageClass made;
  made.meta.name = name;
  made.provisioner = "disk.example.com";
  made.wait_for_first_consumer = wait_for_first_consumer;
  return made;
}

api::Node node(const std::string& name, const std::string& zone = "") {
  api::Node made;
  made.meta.name = name;
  if (!zone.empty()) made.meta.labels[kZoneLabel] = zone;
  made.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", {}, {}}};
  return made;
}

// --- choosing a volume ---------------------------------------------------------------------------

std::string chosen(const PersistentVolumeClaim& wanted, const std::vector<PersistentVolume>& from,
                   const api::Node* on = nullptr, bool delayed = false) {
  std::vector<const PersistentVolume*> pointers;
  for (const PersistentVolume& v : from) pointers.push_back(&v);
  const PersistentVolume* found = find_volume_for(wanted, pointers, on, delayed);
  return found == nullptr ? "" : found->meta.name;
}

TEST(Binding, TakesTheSmallestVolumeThatIsLargeEnough) {
  const std::vector<PersistentVolume> volumes{volume("a", 20), volume("b", 10), volume("c", 5),
                                              volume("d", 10)};
  EXPECT_EQ(chosen(claim(8), volumes), "b");
  EXPECT_EQ(chosen(claim(10), volumes), "b");
  EXPECT_EQ(chosen(claim(11), volumes), "a");
  EXPECT_EQ(chosen(claim(21), volumes), "");
}

TEST(Binding, AsksForTheClassTheModesTheVolumeModeAndTheLabels) {
  std::vector<PersistentVolume> volumes{volume("v", 10, "fast")};
  EXPECT_EQ(chosen(claim(1, "fast"), volumes), "v");
  EXPECT_EQ(chosen(claim(1, ""), volumes), "");
  EXPECT_EQ(chosen(claim(1, "slow"), volumes), "");

  PersistentVolumeClaim many = claim(1, "fast");
  many.spec.access_modes = {AccessMode::ReadWriteOnce, AccessMode::ReadWriteMany};
  EXPECT_EQ(chosen(many, volumes), "");
  volumes[0].access_modes = {AccessMode::ReadWriteMany, AccessMode::ReadWriteOnce};
  EXPECT_EQ(chosen(many, volumes), "v");

  PersistentVolumeClaim block = claim(1, "fast");
  block.spec.block = true;
  EXPECT_EQ(chosen(block, volumes), "");
  volumes[0].block = true;
  EXPECT_EQ(chosen(block, volumes), "v");
  volumes[0].block = false;

  PersistentVolumeClaim labelled = claim(1, "fast");
  labelled.spec.selector.emplace().match_labels = {{"tier", "db"}};
  EXPECT_EQ(chosen(labelled, volumes), "");
  volumes[0].meta.labels = {{"tier", "db"}};
  EXPECT_EQ(chosen(labelled, volumes), "v");
}

TEST(Binding, IsOneToOneAndPrefersTheVolumeMadeForTheClaim) {
  std::vector<PersistentVolume> volumes{volume("a", 5), volume("b", 50)};
  volumes[1].claim_namespace = "default";
  volumes[1].claim_name = "data";
  EXPECT_EQ(chosen(claim(1), volumes), "b");
  volumes[1].claim_name = "other";
  EXPECT_EQ(chosen(claim(1), volumes), "a");
  volumes[0].phase = VolumePhase::Released;
  EXPECT_EQ(chosen(claim(1), volumes), "");
}

TEST(Binding, WaitsForTheFirstConsumerAndThenAsksWhatItsNodeReaches) {
  std::vector<PersistentVolume> volumes{volume("a", 5), volume("b", 5)};
  for (PersistentVolume& v : volumes) {
    api::NodeSelectorTerm term;
    term.match_expressions.push_back(
        {kZoneLabel, api::SelectorRequirement::Operator::In, {v.meta.name}});
    v.node_affinity.emplace().push_back(term);
  }
  const api::Node in_b = node("n", "b");
  EXPECT_EQ(chosen(claim(1), volumes, nullptr, true), "");
  EXPECT_EQ(chosen(claim(1), volumes, nullptr, false), "a");
  EXPECT_EQ(chosen(claim(1), volumes, &in_b, true), "b");
  const api::Node in_c = node("n", "c");
  EXPECT_EQ(chosen(claim(1), volumes, &in_c, true), "");
}

// --- the controllers in a cluster ----------------------------------------------------------------

struct World {
  explicit World(ControllerManagerConfig with = {}) : config{std::move(with)} {
    start();
    cluster.pods_start_by_themselves = false;
    cluster.run_for(1_s);
  }
  ~World() { stop(); }
  void start() {
    manager = std::make_unique<ControllerManager>(kOwner, cluster, cluster, config);
    cluster.attach(kOwner, *manager);
    manager->start();
  }
  void stop() {
    cluster.detach(kOwner);
    manager.reset();
  }

  [[nodiscard]] PersistentVolumeClaim claim_now() const {
    return *cluster.find<PersistentVolumeClaim>("default", "data");
  }
  /// A running pod on the node that uses the claim.
  void create_pod(const std::string& name, const std::string& on) {
    api::Pod pod;
    pod.meta.name = name;
    pod.meta.namespace_name = "default";
    pod.spec.node_name = on;
    pod.spec.volumes.push_back({"v", api::ClaimVolume{"data", false}});
    cluster.create(pod);
    cluster.change<api::Pod>("default", name, [](api::Pod& p) {
      p.status.phase = api::PodPhase::Running;
      p.status.container_statuses.emplace_back().phase = api::ContainerPhase::Running;
    });
  }
  void set_in_use(const std::string& on, bool in_use) {
    cluster.change<api::Node>("", on, [&](api::Node& n) {
      n.status.volumes_in_use = in_use ? std::vector<std::string>{"v"} : std::vector<std::string>{};
    });
  }
  void set_ready(const std::string& on, bool ready) {
    cluster.change<api::Node>("", on, [&](api::Node& n) {
      n.status.conditions[0].status =
          ready ? api::ConditionStatus::True : api::ConditionStatus::Unknown;
    });
  }
  [[nodiscard]] std::optional<VolumeAttachment> attachment(const std::string& to) const {
    return cluster.find<VolumeAttachment>("", api::attachment_name("v", to));
  }
  [[nodiscard]] bool attached(const std::string& to) const {
    const auto found = attachment(to);
    return found && found->attached && !found->meta.deletion;
  }

  static constexpr ports::OwnerId kOwner{1};
  ControllerManagerConfig config;
  SmallCluster cluster;
  std::unique_ptr<ControllerManager> manager;
};

TEST(Claims, AreBoundToAVolumeMadeByHandAndProtectedWhileAPodUsesThem) {
  World world;
  world.cluster.create(volume("v", 10));
  world.cluster.create(claim(5));
  world.cluster.run_for(5_s);
  EXPECT_EQ(world.claim_now().phase, ClaimPhase::Bound);
  EXPECT_EQ(world.claim_now().spec.volume_name, "v");
  EXPECT_EQ(world.claim_now().capacity_bytes, 10 * kGi);
  EXPECT_EQ(world.cluster.find<PersistentVolume>("", "v")->phase, VolumePhase::Bound);
  EXPECT_EQ(world.cluster.find<PersistentVolume>("", "v")->claim_uid, world.claim_now().meta.uid);

  world.cluster.create(node("n1"));
  world.create_pod("p", "n1");
  world.cluster.run_for(1_s);
  world.cluster.remove<PersistentVolumeClaim>("default", "data");
  world.cluster.run_for(1_min);
  EXPECT_TRUE(world.cluster.find<PersistentVolumeClaim>("default", "data").has_value());
  world.cluster.remove<api::Pod>("default", "p", Duration{});
  world.cluster.run_for(1_s);
  EXPECT_FALSE(world.cluster.find<PersistentVolumeClaim>("default", "data").has_value());
}

TEST(Claims, WithoutAVolumeStayPendingUntilOneAppears) {
  World world;
  world.cluster.create(claim(5));
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.claim_now().phase, ClaimPhase::Pending);
  PersistentVolume fresh = volume("v", 5);
  fresh.phase = VolumePhase::Pending;
  world.cluster.create(fresh);
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.claim_now().phase, ClaimPhase::Bound);
}

TEST(Claims, OfAClassGetAVolumeAfterTheProvisioningTime) {
  ControllerManagerConfig config;
  config.storage.provision = 7_s;
  World world{config};
  world.cluster.create(storage_class("fast"));
  world.cluster.create(claim(5, "fast"));
  world.cluster.run_for(6900_ms);
  EXPECT_EQ(world.claim_now().phase, ClaimPhase::Pending);
  EXPECT_TRUE(world.cluster.all<PersistentVolume>().empty());
  world.cluster.run_for(200_ms);
  EXPECT_EQ(world.claim_now().phase, ClaimPhase::Bound);
  const auto made = world.cluster.all<PersistentVolume>().at(0);
  EXPECT_EQ(made.meta.name, "pvc-" + world.claim_now().meta.uid);
  EXPECT_EQ(made.capacity_bytes, 5 * kGi);
  EXPECT_EQ(made.reclaim, api::ReclaimPolicy::Delete);
  EXPECT_TRUE(made.attachable);
}

TEST(Claims, WithoutAClassGetTheDefaultOneAndWithAnEmptyOneNone) {
  World world;
  StorageClass by_default = storage_class("standard");
  by_default.is_default = true;
  world.cluster.create(by_default);
  PersistentVolumeClaim absent = claim(1);
  absent.spec.storage_class.reset();
  world.cluster.create(absent);
  PersistentVolumeClaim none = claim(1, "");
  none.meta.name = "none";
  world.cluster.create(none);
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.claim_now().spec.storage_class, "standard");
  EXPECT_EQ(world.claim_now().phase, ClaimPhase::Bound);
  EXPECT_EQ(world.cluster.find<PersistentVolumeClaim>("default", "none")->phase,
            ClaimPhase::Pending);
}

TEST(Claims, ThatWaitForTheirFirstConsumerAreMadeInItsZone) {
  World world;
  world.cluster.create(storage_class("late", true));
  world.cluster.create(node("n1", "zone-b"));
  world.cluster.create(claim(1, "late"));
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.claim_now().phase, ClaimPhase::Pending);
  world.cluster.change<PersistentVolumeClaim>("default", "data", [](PersistentVolumeClaim& c) {
    c.meta.annotations[api::kSelectedNodeAnnotation] = "n1";
  });
  world.cluster.run_for(6_s);
  EXPECT_EQ(world.claim_now().phase, ClaimPhase::Bound);
  const auto made = world.cluster.all<PersistentVolume>().at(0);
  EXPECT_TRUE(reaches(made, node("other", "zone-b")));
  EXPECT_FALSE(reaches(made, node("other", "zone-a")));
}

TEST(Claims, GrowWhereTheirClassLetsThem) {
  World world;
  StorageClass growing = storage_class("grows");
  growing.allow_expansion = true;
  world.cluster.create(growing);
  world.cluster.create(storage_class("fixed"));
  world.cluster.create(claim(1, "grows"));
  PersistentVolumeClaim fixed = claim(1, "fixed");
  fixed.meta.name = "fixed";
  world.cluster.create(fixed);
  world.cluster.run_for(10_s);
  for (const char* name : {"data", "fixed"}) {
    world.cluster.change<PersistentVolumeClaim>(
        "default", name, [](PersistentVolumeClaim& c) { c.spec.request_bytes = 3 * kGi; });
  }
  world.cluster.run_for(4_s);
  EXPECT_EQ(world.claim_now().capacity_bytes, 1 * kGi);
  world.cluster.run_for(2_s);
  EXPECT_EQ(world.claim_now().capacity_bytes, 3 * kGi);
  EXPECT_EQ(world.cluster.find<PersistentVolumeClaim>("default", "fixed")->capacity_bytes, 1 * kGi);
}

TEST(Claims, WhoseVolumeIsGoneAreLost) {
  World world;
  world.cluster.create(volume("v", 10));
  world.cluster.create(claim(5));
  world.cluster.run_for(1_s);
  world.cluster.change<PersistentVolume>("", "v",
                                         [](PersistentVolume& v) { v.meta.finalizers.clear(); });
  world.cluster.remove<PersistentVolume>("", "v");
  world.cluster.change<PersistentVolume>("", "v",
                                         [](PersistentVolume& v) { v.meta.finalizers.clear(); });
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.claim_now().phase, ClaimPhase::Lost);
}

TEST(Volumes, AreKeptOrDeletedWithTheirClaimAsTheirReclaimPolicySays) {
  World world;
  StorageClass keeps = storage_class("keeps");
  keeps.reclaim = api::ReclaimPolicy::Retain;
  world.cluster.create(keeps);
  world.cluster.create(storage_class("deletes"));
  world.cluster.create(claim(1, "keeps"));
  PersistentVolumeClaim other = claim(1, "deletes");
  other.meta.name = "other";
  world.cluster.create(other);
  world.cluster.run_for(10_s);
  ASSERT_EQ(world.cluster.all<PersistentVolume>().size(), 2U);
  world.cluster.remove<PersistentVolumeClaim>("default", "data");
  world.cluster.remove<PersistentVolumeClaim>("default", "other");
  world.cluster.run_for(4_s);
  for (const auto& v : world.cluster.all<PersistentVolume>()) {
    EXPECT_EQ(v.phase, VolumePhase::Released);
  }
  world.cluster.run_for(2_s);
  ASSERT_EQ(world.cluster.all<PersistentVolume>().size(), 1U);
  EXPECT_EQ(world.cluster.all<PersistentVolume>()[0].storage_class, "keeps");
  // A released volume is nobody's: another claim does not get it.
  world.cluster.create(claim(1, "none"));
  world.cluster.run_for(10_s);
  EXPECT_EQ(world.claim_now().phase, ClaimPhase::Pending);
}

TEST(Volumes, ThatAreBoundAreProtected) {
  World world;
  world.cluster.create(volume("v", 10));
  world.cluster.create(claim(5));
  world.cluster.run_for(1_s);
  world.cluster.remove<PersistentVolume>("", "v");
  world.cluster.run_for(1_min);
  EXPECT_TRUE(world.cluster.find<PersistentVolume>("", "v").has_value());
  world.cluster.remove<PersistentVolumeClaim>("default", "data");
  world.cluster.run_for(1_s);
  EXPECT_FALSE(world.cluster.find<PersistentVolume>("", "v").has_value());
}

TEST(Storage, ConvergesWhenTheControllersCrashAfterAnyCall) {
  for (std::uint64_t crash = 1; crash < 40; ++crash) {
    World world;
    world.cluster.create(storage_class("fast"));
    world.cluster.create(node("n1"));
    std::uint64_t calls = 0;
    bool crashed = false;
    world.cluster.after_call = [&](std::uint64_t) {
      if (++calls != crash || crashed) return;
      crashed = true;
      world.cluster.at(world.cluster.now(), [&] {
        world.stop();
        world.start();
      });
    };
    world.cluster.create(claim(5, "fast"));
    world.create_pod("p", "n1");
    world.cluster.run_for(5_min);
    EXPECT_EQ(world.claim_now().phase, ClaimPhase::Bound) << crash;
    EXPECT_EQ(world.cluster.all<PersistentVolume>().size(), 1U) << crash;
    ASSERT_EQ(world.cluster.all<VolumeAttachment>().size(), 1U) << crash;
    EXPECT_TRUE(world.cluster.all<VolumeAttachment>()[0].attached) << crash;
  }
}

// --- attaching and detaching ---------------------------------------------------------------------

/// A bound disk "v" and two nodes.
struct DiskWorld : World {
  explicit DiskWorld(AccessMode mode = AccessMode::ReadWriteOnce,
                     ControllerManagerConfig with = quiet())
      : World{std::move(with)} {
    cluster.create(node("n1"));
    cluster.create(node("n2"));
    PersistentVolume disk = volume("v", 10);
    disk.access_modes = {mode};
    cluster.create(disk);
    PersistentVolumeClaim wanted = claim(10);
    wanted.spec.access_modes = {mode};
    cluster.create(wanted);
    cluster.run_for(1_s);
  }
  /// Nodes here have no kubelet: nobody minds their silence.
  static ControllerManagerConfig quiet() {
    ControllerManagerConfig config;
    config.node_lifecycle.monitor_grace = 60_min * 24;
    config.storage.detach = 5_s;
    return config;
  }
  void use_on_first_node() {
    create_pod("p1", "n1");
    cluster.run_for(11_s);
    set_in_use("n1", true);
    cluster.run_for(1_s);
  }
};

TEST(Attaching, BeginsWithinATenthOfASecondAndTakesItsTime) {
  DiskWorld world;
  const Instant before = world.cluster.now();
  world.create_pod("p1", "n1");
  ASSERT_TRUE(world.cluster.run_for(1_s, [&] { return world.attachment("n1").has_value(); }));
  EXPECT_LE(world.cluster.now() - before, 100_ms + 10_ms);
  ASSERT_TRUE(world.cluster.run_for(11_s, [&] { return world.attached("n1"); }));
  EXPECT_GE(world.cluster.now() - before, 10_s);
  EXPECT_LE(world.cluster.now() - before, 10_s + 120_ms);
}

TEST(Attaching, OfAnExclusiveDiskToASecondNodeIsRefusedAsMultiAttach) {
  DiskWorld world;
  world.use_on_first_node();
  world.create_pod("p2", "n2");
  world.cluster.run_for(1_min);
  ASSERT_TRUE(world.attachment("n2").has_value());
  EXPECT_TRUE(world.attachment("n2")->attach_error.starts_with("Multi-Attach error"));
  EXPECT_FALSE(world.attached("n2"));
  EXPECT_TRUE(world.attached("n1"));
}

TEST(Attaching, OfASharedDiskGoesToEveryNode) {
  DiskWorld world{AccessMode::ReadWriteMany};
  world.use_on_first_node();
  world.create_pod("p2", "n2");
  world.cluster.run_for(11_s);
  EXPECT_TRUE(world.attached("n1"));
  EXPECT_TRUE(world.attached("n2"));
}

TEST(Detaching, ComesBeforeAttachingToTheNextNode) {
  DiskWorld world;
  world.use_on_first_node();
  world.create_pod("p2", "n2");
  world.cluster.run_for(1_s);
  world.cluster.remove<api::Pod>("default", "p1", Duration{});
  world.set_in_use("n1", false);
  const Instant released = world.cluster.now();
  bool both = false;
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] {
    const auto second = world.attachment("n2");
    both = both || (world.attachment("n1") && second && second->attach_error.empty());
    return world.attached("n2");
  }));
  EXPECT_FALSE(both);
  // Detach 5 s, attach 10 s.
  EXPECT_GE(world.cluster.now() - released, 15_s);
  EXPECT_LE(world.cluster.now() - released, 15_s + 500_ms);
}

TEST(Detaching, WaitsWhileTheNodeReportsTheVolumeInUse) {
  DiskWorld world;
  world.use_on_first_node();
  world.cluster.remove<api::Pod>("default", "p1", Duration{});
  world.cluster.run_for(60_min);  // The node is Ready: it is never forced.
  EXPECT_TRUE(world.attached("n1"));
  world.set_in_use("n1", false);
  world.cluster.run_for(6_s);
  EXPECT_FALSE(world.attachment("n1").has_value());
}

TEST(Detaching, IsForcedSixMinutesAfterTheRequestIfTheNodeIsNotReadyThen) {
  DiskWorld world;
  world.use_on_first_node();
  world.cluster.remove<api::Pod>("default", "p1", Duration{});
  const Instant requested = world.cluster.now();
  world.cluster.run_for(5_min);
  world.set_ready("n1", false);
  ASSERT_TRUE(world.cluster.run_for(10_min, [&] { return !world.attachment("n1"); }));
  EXPECT_GE(world.cluster.now() - requested, 6_min + 5_s);
  EXPECT_LE(world.cluster.now() - requested, 6_min + 5_s + 300_ms);
}

TEST(Detaching, IsNotForcedWhereThatIsSwitchedOff) {
  ControllerManagerConfig config = DiskWorld::quiet();
  config.attach_detach.force_detach = false;
  DiskWorld world{AccessMode::ReadWriteOnce, config};
  world.use_on_first_node();
  world.cluster.remove<api::Pod>("default", "p1", Duration{});
  world.set_ready("n1", false);
  world.cluster.run_for(60_min);
  EXPECT_TRUE(world.attached("n1"));
}

TEST(Detaching, IsNotAskedForWhileATerminatingPodIsReportedRunning) {
  DiskWorld world;
  world.use_on_first_node();
  world.set_ready("n1", false);
  world.cluster.remove<api::Pod>("default", "p1");  // Nobody stops it: it stays Terminating.
  world.cluster.run_for(60_min);
  EXPECT_TRUE(world.attached("n1"));
  const Instant removed = world.cluster.now();
  world.cluster.remove<api::Pod>("default", "p1", Duration{});
  ASSERT_TRUE(world.cluster.run_for(10_min, [&] { return !world.attachment("n1"); }));
  EXPECT_GE(world.cluster.now() - removed, 6_min);
}

TEST(Detaching, IsAskedForWhenADeletedPodReportsNothingRunning) {
  DiskWorld world;
  world.use_on_first_node();
  world.cluster.remove<api::Pod>("default", "p1");
  world.set_in_use("n1", false);
  world.cluster.run_for(1_s);
  EXPECT_TRUE(world.attached("n1"));
  world.cluster.change<api::Pod>("default", "p1", [](api::Pod& p) {
    p.status.container_statuses[0].phase = api::ContainerPhase::Terminated;
  });
  world.cluster.run_for(6_s);
  EXPECT_FALSE(world.attachment("n1").has_value());
}

TEST(Detaching, HappensAtOnceFromANodeOutOfServiceWhoseTerminatingPodsGoWithin20Seconds) {
  DiskWorld world;
  world.use_on_first_node();
  world.set_ready("n1", false);
  world.cluster.remove<api::Pod>("default", "p1");
  world.cluster.run_for(1_min);
  const Instant tainted = world.cluster.now();
  world.cluster.change<api::Node>("", "n1", [](api::Node& n) {
    n.spec.taints.push_back({kOutOfServiceTaint, "nodeshutdown", "NoExecute", std::nullopt});
  });
  ASSERT_TRUE(world.cluster.run_for(
      1_min, [&] { return !world.cluster.find<api::Pod>("default", "p1").has_value(); }));
  EXPECT_LE(world.cluster.now() - tainted, 20_s + 100_ms);
  const Instant gone = world.cluster.now();
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return !world.attachment("n1"); }));
  EXPECT_LE(world.cluster.now() - gone, 5_s + 300_ms);
}

TEST(Detaching, FromANodeThatIsGoneTakesSixMinutes) {
  DiskWorld world;
  world.use_on_first_node();
  world.cluster.remove<api::Pod>("default", "p1", Duration{});
  world.cluster.remove<api::Node>("", "n1");
  const Instant requested = world.cluster.now();
  ASSERT_TRUE(world.cluster.run_for(10_min, [&] { return !world.attachment("n1"); }));
  EXPECT_GE(world.cluster.now() - requested, 6_min);
}

}  // namespace
}  // namespace orrery::controllers
