#include <gtest/gtest.h>

#include "tests/scheduler/scheduler_world.h"

namespace orrery::scheduler {
namespace {

using api::AccessMode;
using api::PersistentVolume;
using api::PersistentVolumeClaim;
using api::Pod;
using api::StorageClass;
using Operator = api::SelectorRequirement::Operator;
using Texts = std::vector<std::string>;

Pod with_claim(Pod p, const std::string& claim) {
  p.spec.volumes.push_back({"data", api::ClaimVolume{claim, false}});
  return p;
}

PersistentVolumeClaim claim(const std::string& name, const std::string& storage_class,
                            const std::string& bound_to = {}) {
  PersistentVolumeClaim c;
  c.meta.name = name;
  c.meta.namespace_name = "default";
  c.spec.storage_class = storage_class;
  c.spec.access_modes = {AccessMode::ReadWriteOnce};
  c.spec.request_bytes = 10;
  c.spec.volume_name = bound_to;
  if (!bound_to.empty()) c.phase = api::ClaimPhase::Bound;
  return c;
}

PersistentVolume volume(const std::string& name, const std::string& storage_class,
                        std::int64_t bytes, const std::string& node_name = {}) {
  PersistentVolume v;
  v.meta.name = name;
  v.storage_class = storage_class;
  v.capacity_bytes = bytes;
  v.access_modes = {AccessMode::ReadWriteOnce};
  v.phase = api::VolumePhase::Available;
  if (!node_name.empty()) {
    v.node_affinity = {{{{kHostnameLabel, Operator::In, {node_name}}}, {}}};
  }
  return v;
}

StorageClass storage(const std::string& name, bool waits, const std::string& provisioner = "disk") {
  StorageClass s;
  s.meta.name = name;
  s.wait_for_first_consumer = waits;
  s.provisioner = provisioner;
  return s;
}

struct Storage {
  Sight sight;
  Slot a = sight.add(node("a", 1000, 1000, "x"));
  Slot b = sight.add(node("b", 1000, 1000, "y"));
  void set(const std::vector<api::Object>& claims, const std::vector<api::Object>& volumes,
           const std::vector<api::Object>& classes) {
    sight.list(sight.claims, claims);
    sight.list(sight.volumes, volumes);
    sight.list(sight.classes, classes);
  }
};

TEST(VolumeFilters, ABoundVolumeKeepsItsPodOnNodesThatReachIt) {
  Storage s;
  s.set({claim("c", "local", "v")}, {volume("v", "local", 10, "a")}, {});
  const Pod p = with_claim(pod("p", 1, 1), "c");
  EXPECT_TRUE(s.sight.fits(p, s.a));
  bool resolvable = true;
  EXPECT_EQ(s.sight.obstacles(p, s.b, &resolvable),
            (Texts{"node(s) had volume node affinity conflict"}));
  EXPECT_FALSE(resolvable);
}

TEST(VolumeFilters, AMissingOrImmediateUnboundClaimRulesOutEveryNode) {
  Storage s;
  s.set({claim("c", "fast")}, {}, {storage("fast", /*waits=*/false)});
  EXPECT_EQ(s.sight.obstacles(with_claim(pod("p", 1, 1), "none"), s.a),
            (Texts{"persistentvolumeclaim \"none\" not found"}));
  EXPECT_EQ(s.sight.obstacles(with_claim(pod("p", 1, 1), "c"), s.a),
            (Texts{"pod has unbound immediate PersistentVolumeClaims"}));
}

TEST(VolumeFilters, AWaitingClaimNeedsAVolumeOrAProvisioner) {
  Storage s;
  s.set({claim("c", "local"), claim("d", "disk")},
        {volume("small", "local", 9, "b"), volume("right", "local", 10, "a")},
        {storage("local", true, "kubernetes.io/no-provisioner"), storage("disk", true)});
  const Pod local = with_claim(pod("p", 1, 1), "c");
  EXPECT_TRUE(s.sight.fits(local, s.a));
  EXPECT_EQ(s.sight.obstacles(local, s.b),
            (Texts{"node(s) didn't find available persistent volumes to bind"}));
  EXPECT_TRUE(s.sight.fits(with_claim(pod("p", 1, 1), "d"), s.b));
  // Another pod has reserved it.
  s.sight.assumptions.volumes = {"right"};
  EXPECT_FALSE(s.sight.fits(local, s.a));
}

TEST(VolumeFilters, AClaimThatIsBeingProvisionedKeepsItsNode) {
  Storage s;
  PersistentVolumeClaim selected = claim("c", "disk");
  selected.meta.annotations[kSelectedNodeAnnotation] = "a";
  s.set({selected}, {}, {storage("disk", true)});
  const Pod p = with_claim(pod("p", 1, 1), "c");
  EXPECT_TRUE(s.sight.fits(p, s.a));
  EXPECT_FALSE(s.sight.fits(p, s.b));
}

TEST(VolumeFilters, TheSmallestVolumeThatServesIsTaken) {
  Storage s;
  PersistentVolume reserved = volume("reserved", "local", 11);
  reserved.claim_name = "other";
  reserved.claim_namespace = "default";
  PersistentVolume shared = volume("shared", "local", 10);
  shared.access_modes = {AccessMode::ReadOnlyMany};
  s.set({claim("c", "local")},
        {volume("big", "local", 100), volume("fit", "local", 12), reserved, shared,
         volume("other-class", "fast", 10)},
        {storage("local", true, "kubernetes.io/no-provisioner")});
  const auto* wants = s.sight.claims.find<PersistentVolumeClaim>("default", "c");
  const api::Node& n = *s.sight.state.node(s.a).node;
  EXPECT_EQ(volume_for(*wants, n, {}, s.sight.caches)->meta.name, "fit");
  EXPECT_EQ(volume_for(*wants, n, {"fit"}, s.sight.caches)->meta.name, "big");
}

TEST(VolumeFilters, ZoneLabelsOfAVolumeNameTheNodesZone) {
  Storage s;
  PersistentVolume v = volume("v", "disk", 10);
  v.meta.labels[controllers::kZoneLabel] = "x__z";
  s.set({claim("c", "disk", "v")}, {v}, {});
  const Pod p = with_claim(pod("p", 1, 1), "c");
  EXPECT_TRUE(s.sight.fits(p, s.a));
  EXPECT_EQ(s.sight.obstacles(p, s.b), (Texts{"node(s) had no available volume zone"}));
}

TEST(VolumeFilters, AClaimForOnePodHasOnePod) {
  Storage s;
  PersistentVolumeClaim exclusive = claim("c", "disk", "v");
  exclusive.spec.access_modes = {AccessMode::ReadWriteOncePod};
  s.set({exclusive}, {volume("v", "disk", 10)}, {});
  const Pod p = with_claim(pod("p", 1, 1), "c");
  EXPECT_TRUE(s.sight.fits(p, s.a));
  s.sight.put(with_claim(pod("q", 1, 1), "c"), "a");
  bool resolvable = false;
  EXPECT_EQ(s.sight.obstacles(p, s.b, &resolvable),
            (Texts{"node has pod using PersistentVolumeClaim with the same name and "
                   "ReadWriteOncePod access mode"}));
  EXPECT_TRUE(resolvable);
}

TEST(VolumeFilters, ANodeTakesAsManyVolumesOfADriverAsItCanAttach) {
  Storage s;
  api::Node limited = node("c", 1000, 1000);
  limited.status.allocatable.extended["attachable-volumes-csi-disk"] = 1;
  const Slot c = s.sight.add(limited);
  s.set({claim("one", "fast", "v1"), claim("two", "fast", "v2")},
        {volume("v1", "fast", 10), volume("v2", "fast", 10)}, {storage("fast", false)});
  const Pod second = with_claim(pod("p", 1, 1), "two");
  EXPECT_TRUE(s.sight.fits(second, c));
  s.sight.put(with_claim(pod("q", 1, 1), "one"), "c");
  EXPECT_EQ(s.sight.obstacles(second, c), (Texts{"node(s) exceed max volume count"}));
  // The same volume again takes no further place.
  EXPECT_TRUE(s.sight.fits(with_claim(pod("r", 1, 1), "one"), c));
  EXPECT_TRUE(s.sight.fits(second, s.a));
}

/// Binds claims as the volume controllers do: a reserved volume at once, a selected node after a
/// while.
struct Provisioner {
  World& world;
  Duration delay;
  explicit Provisioner(World& w, Duration d) : world{w}, delay{d} {
    world.cluster.on_write = [this](const store::Write& write) {
      if (write.kind == ports::DeltaKind::Deleted) return;
      if (const auto* v = std::get_if<PersistentVolume>(write.after.get());
          v != nullptr && !v->claim_name.empty()) {
        bind(v->claim_name, v->meta.name);
      }
      if (const auto* c = std::get_if<PersistentVolumeClaim>(write.after.get());
          c != nullptr && c->meta.annotations.contains(kSelectedNodeAnnotation) &&
          c->spec.volume_name.empty()) {
        const std::string name = c->meta.name;
        world.cluster.at(world.cluster.now() + delay, [this, name] { bind(name, "made"); });
      }
    };
  }
  void bind(const std::string& claim_name, const std::string& volume_name) {
    world.cluster.change<PersistentVolumeClaim>("default", claim_name,
                                                [&](PersistentVolumeClaim& c) {
                                                  c.spec.volume_name = volume_name;
                                                  c.phase = api::ClaimPhase::Bound;
                                                });
  }
};

TEST(VolumeBinding, APodIsBoundOnlyAfterItsClaims) {
  World world;
  const Provisioner provisioner{world, 10_s};
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(storage("disk", true));
  world.cluster.create(claim("c", "disk"));
  world.cluster.create(with_claim(pod("p", 1, 1), "c"));
  world.cluster.run_for(5_s);
  EXPECT_EQ(world.node_of("p"), "");
  EXPECT_EQ(world.cluster.find<PersistentVolumeClaim>("default", "c")
                ->meta.annotations.at(kSelectedNodeAnnotation),
            "a");
  world.cluster.run_for(6_s);
  EXPECT_EQ(world.node_of("p"), "a");
}

TEST(VolumeBinding, AFreeVolumeIsReservedForTheClaim) {
  World world;
  const Provisioner provisioner{world, 10_s};
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(node("b", 1000, 1000));
  world.cluster.create(storage("local", true, "kubernetes.io/no-provisioner"));
  world.cluster.create(volume("v", "local", 10, "b"));
  world.cluster.create(claim("c", "local"));
  world.cluster.create(with_claim(pod("p", 1, 1), "c"));
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.cluster.find<PersistentVolume>("", "v")->claim_name, "c");
  EXPECT_EQ(world.node_of("p"), "b");
}

TEST(VolumeBinding, TwoPodsDoNotReserveOneVolume) {
  World world;
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(storage("local", true, "kubernetes.io/no-provisioner"));
  world.cluster.create(volume("v", "local", 10));
  for (const char* name : {"c", "d"}) world.cluster.create(claim(name, "local"));
  world.cluster.create(with_claim(pod("p", 1, 1), "c"));
  world.cluster.create(with_claim(pod("q", 1, 1), "d"));
  world.cluster.run_for(1_s);
  EXPECT_NE(
      world.message_of("q").find("1 node(s) didn't find available persistent volumes to bind"),
      std::string::npos);
}

TEST(VolumeBinding, APodIsGivenUpWhenItsClaimsTakeTooLong) {
  SchedulerConfig config;
  config.volume_bind_timeout = 60_s;
  World world{config};
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(storage("disk", true));
  world.cluster.create(claim("c", "disk"));
  world.cluster.create(with_claim(pod("p", 900, 1), "c"));
  world.cluster.run_for(59_s);
  world.cluster.create(pod("q", 900, 1));
  world.cluster.run_for(500_ms);
  EXPECT_EQ(world.node_of("q"), "");  // The room is assumed to be taken.
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.node_of("q"), "a");
}

}  // namespace
}  // namespace orrery::scheduler
