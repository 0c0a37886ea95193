// Configuration and storage in the whole simulated world: what changes when, what survives what,
// and how long a disk takes to come back from a node that is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/controllers/volume_attachments.h"
#include "sim/world/sim_world.h"

namespace orrery::sim {
namespace {

constexpr std::int64_t kGi = std::int64_t{1} << 30;

api::Deployment deployment(const std::string& name, std::int32_t replicas) {
  api::Deployment made;
  made.meta.name = name;
  made.meta.namespace_name = "default";
  made.spec.replicas = replicas;
  made.spec.selector.match_labels = {{"app", name}};
  made.spec.pod_template.labels = {{"app", name}};
  api::Container container;
  container.name = "app";
  container.image = "app:1";
  made.spec.pod_template.spec.containers.push_back(container);
  return made;
}

api::ConfigMap config_map(api::Labels data) {
  api::ConfigMap made;
  made.meta.name = "settings";
  made.meta.namespace_name = "default";
  made.data = std::move(data);
  return made;
}

class VolumesWorld : public testing::Test {
 protected:
  VolumesWorld() {
    WorldConfig config;
    for (const char* name : {"n1", "n2", "n3"}) {
      WorldNode node;
      node.name = name;
      node.resources.cpu_milli = 8000;
      node.resources.memory_bytes = 16 * kGi;
      config.nodes.push_back(node);
    }
    ImageModel image;
    image.layers = {{.id = "app", .bytes = 1}};
    image.start = Distribution::constant(2_s);
    config.images["app:1"] = image;
    config.profile = *profile::profile_named("kubernetes-1.30");
    world_ = std::make_unique<SimWorld>(std::move(config), log_, nullptr);
    world_->start();
  }

  void create(api::Object object) {
    ports::ApiCall call;
    call.verb = ports::Verb::Create;
    call.key = api::key_of(object);
    call.object = std::make_shared<const api::Object>(std::move(object));
    ASSERT_EQ(world_->apply(call, 0), ports::Outcome::Ok);
  }
  template <class T>
  void change(const std::string& namespace_name, const std::string& name,
              const std::function<void(T&)>& f) {
    T next =
        std::get<T>(*world_->api().find({api::kind_of(api::Object{T{}}), namespace_name, name}));
    f(next);
    ports::ApiCall call;
    call.verb = ports::Verb::Update;
    call.key = api::key_of(api::Object{next});
    call.object = std::make_shared<const api::Object>(next);
    ASSERT_EQ(world_->apply(call, 0), ports::Outcome::Ok);
  }
  void remove(const api::ObjectMeta& pod, std::optional<Duration> grace = std::nullopt) {
    ports::ApiCall call;
    call.verb = ports::Verb::Delete;
    call.key = {api::Kind::Pod, pod.namespace_name, pod.name};
    call.grace = grace;
    world_->apply(call, 0);
  }
  void run(Duration time) { world_->run_until(world_->now() + time); }
  bool run_until(Duration limit, const std::function<bool()>& done) {
    const Instant end = world_->now() + limit;
    while (!done()) {
      if (world_->now() >= end) return false;
      run(100_ms);
    }
    return true;
  }

  [[nodiscard]] std::vector<api::Pod> pods(const std::string& app) const {
    std::vector<api::Pod> found;
    for (const api::ObjectPtr& object : world_->api().objects_of(api::Kind::Pod)) {
      const auto& pod = std::get<api::Pod>(*object);
      const auto label = pod.meta.labels.find("app");
      if (label != pod.meta.labels.end() && label->second == app) found.push_back(pod);
    }
    return found;
  }
  /// The one pod of the application that runs and is not on its way out.
  [[nodiscard]] std::optional<api::Pod> the_pod(const std::string& app) const {
    for (const api::Pod& pod : pods(app)) {
      if (!pod.meta.deletion && api::is_ready(pod)) return pod;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::size_t records(const std::string& what, const std::string& part) const {
    return static_cast<std::size_t>(std::count_if(
        log_.records().begin(), log_.records().end(), [&](const recording::LogRecord& record) {
          return record.what == what &&
                 (record.detail + record.subject).find(part) != std::string::npos;
        }));
  }

  recording::EventLog log_;
  std::unique_ptr<SimWorld> world_;
};

// --- configuration -------------------------------------------------------------------------------

class Configuration : public VolumesWorld {
 protected:
  /// Three pods that read a variable, three that read a file; both from the same ConfigMap.
  void start() {
    create(config_map({{"colour", "red"}}));
    api::Deployment by_variable = deployment("variable", 3);
    api::EnvVar variable;
    variable.name = "COLOUR";
    variable.config_map = "settings";
    variable.config_map_key = "colour";
    by_variable.spec.pod_template.spec.containers[0].env.push_back(variable);
    create(by_variable);
    api::Deployment by_file = deployment("file", 3);
    by_file.spec.pod_template.spec.volumes.push_back(
        {"settings", api::ConfigMapVolume{"settings", {}, false}});
    by_file.spec.pod_template.spec.containers[0].volume_mounts.push_back(
        {"settings", "/etc/settings", "", true});
    create(by_file);
    world_->run_until(Instant::at(100_s));
    ASSERT_EQ(versions("variable"), std::vector<std::uint64_t>(3, version()));
    ASSERT_EQ(versions("file"), std::vector<std::uint64_t>(3, version()));
  }
  void edit() {
    change<api::ConfigMap>("default", "settings",
                           [](api::ConfigMap& map) { map.data["colour"] = "blue"; });
  }
  [[nodiscard]] std::uint64_t version() const {
    return api::meta_of(*world_->api().find({api::Kind::ConfigMap, "default", "settings"}))
        .resource_version;
  }
  /// Which version each pod that is not on its way out runs with.
  [[nodiscard]] std::vector<std::uint64_t> versions(const std::string& app) const {
    std::vector<std::uint64_t> all;
    for (const api::Pod& pod : pods(app)) {
      if (pod.meta.deletion || !api::is_ready(pod)) continue;
      all.push_back(pod.status.configs.empty() ? 0 : pod.status.configs[0].resource_version);
    }
    return all;
  }
};

TEST_F(Configuration, PodsWithAVariableNeverChangeAndPodsWithAFileEachWithinOneSync) {
  start();
  const std::uint64_t old = version();
  edit();
  const Instant edited = world_->now();
  run(91_s + 1_s);
  EXPECT_EQ(versions("file"), std::vector<std::uint64_t>(3, version()));
  run(20_min);
  EXPECT_EQ(versions("variable"), std::vector<std::uint64_t>(3, old));
  // Each at a time of its own, said in the log.
  std::vector<Instant> changes;
  for (const recording::LogRecord& record : log_.records()) {
    if (record.what == "configured" && record.at > edited) changes.push_back(record.at);
  }
  ASSERT_EQ(changes.size(), 3U);
  for (const Instant at : changes) EXPECT_LE(at - edited, 90_s + 1_s);
  EXPECT_GT(changes[2] - changes[0], 1_s);
}

TEST_F(Configuration, ARolloutByTheHashInTheTemplateChangesAllWithin45Seconds) {
  start();
  edit();
  for (const char* name : {"variable", "file"}) {
    change<api::Deployment>("default", name, [](api::Deployment& d) {
      d.spec.pod_template.annotations["checksum/config"] = "2";
    });
  }
  run(45_s);
  EXPECT_EQ(versions("variable"), std::vector<std::uint64_t>(3, version()));
  EXPECT_EQ(versions("file"), std::vector<std::uint64_t>(3, version()));
}

TEST_F(Configuration, APodWhoseKeyIsMissingWaitsAndStartsByItselfWithinOneSyncOfItsAppearance) {
  create(config_map({}));
  api::Deployment waits = deployment("waits", 1);
  api::EnvVar variable;
  variable.name = "COLOUR";
  variable.config_map = "settings";
  variable.config_map_key = "colour";
  waits.spec.pod_template.spec.containers[0].env.push_back(variable);
  create(waits);
  run(5_min);
  ASSERT_EQ(pods("waits").size(), 1U);
  EXPECT_EQ(pods("waits")[0].status.container_statuses.at(0).reason, "CreateContainerConfigError");
  EXPECT_GE(records("waiting", "CreateContainerConfigError"), 1U);
  edit();
  const Instant appeared = world_->now();
  ASSERT_TRUE(run_until(1_min, [&] { return the_pod("waits").has_value(); }));
  EXPECT_LE(world_->now() - appeared, 15_s + 3_s);
}

// --- storage -------------------------------------------------------------------------------------

class Storage : public VolumesWorld {
 protected:
  /// A volume of the class "" and the claim for it.
  void create_claim(const std::string& name, bool disk) {
    const auto mode = disk ? api::AccessMode::ReadWriteOnce : api::AccessMode::ReadWriteMany;
    api::PersistentVolume volume;
    volume.meta.name = name;
    volume.capacity_bytes = kGi;
    volume.access_modes = {mode};
    volume.attachable = disk;
    create(volume);
    api::PersistentVolumeClaim claim;
    claim.meta.name = name;
    claim.meta.namespace_name = "default";
    claim.spec.access_modes = {mode};
    claim.spec.request_bytes = kGi;
    claim.spec.storage_class = "";
    create(claim);
  }
  static void mount(api::Deployment& on, const std::string& name, api::VolumeSource source) {
    api::PodSpec& spec = on.spec.pod_template.spec;
    spec.volumes.push_back({name, std::move(source)});
    spec.containers[0].volume_mounts.push_back({name, "/" + name, "", false});
  }
  static void pin(api::Deployment& to, const std::string& node) {
    to.spec.pod_template.spec.node_selector = {{"kubernetes.io/hostname", node}};
  }
  /// Crashes the node of the only pod of "db" and waits until another is ready. Returns how long.
  Duration recover_from_node_loss(const std::function<void(const std::string& node)>& help) {
    create_claim("disk", true);
    api::Deployment db = deployment("db", 1);
    mount(db, "disk", api::ClaimVolume{"disk", false});
    if (tolerates_) {
      for (const char* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
        api::Toleration toleration;
        toleration.key = key;
        toleration.exists = true;
        toleration.effect = "NoExecute";
        toleration.seconds = *tolerates_;
        db.spec.pod_template.spec.tolerations.push_back(toleration);
      }
    }
    create(db);
    // Just before the next sign of life of its node: the silence begins with the crash.
    run(19_s);
    EXPECT_TRUE(the_pod("db").has_value());
    const api::Pod first = *the_pod("db");
    data_before_ = world_->data_at(first, "app", "/disk");
    EXPECT_TRUE(world_->crash_node(first.spec.node_name, 0));
    const Instant lost = world_->now();
    bool back = false;
    for (int second = 0; second < 1500 && !back; ++second) {
      run(1_s);
      help(first.spec.node_name);
      const auto now = the_pod("db");
      back = now && now->meta.uid != first.meta.uid;
    }
    EXPECT_TRUE(back);
    if (back) data_after_ = world_->data_at(*the_pod("db"), "app", "/disk");
    return world_->now() - lost;
  }
  /// As the person who is told that the node will not come back.
  void force_away_terminating_pods() {
    for (const api::Pod& pod : pods("db")) {
      if (pod.meta.deletion) remove(pod.meta, Duration{});
    }
  }

  std::optional<Duration> tolerates_;
  std::optional<DataId> data_before_;
  std::optional<DataId> data_after_;
};

TEST_F(Storage, SurvivesAsTheTableSays) {
  create_claim("disk", true);
  create_claim("share", false);
  api::Deployment app = deployment("app", 1);
  app.spec.strategy.recreate = true;
  mount(app, "scratch", api::EmptyDirVolume{});
  mount(app, "host", api::HostPathVolume{"/data/app", "DirectoryOrCreate"});
  mount(app, "disk", api::ClaimVolume{"disk", false});
  mount(app, "share", api::ClaimVolume{"share", false});
  pin(app, "n1");
  create(app);

  using Row = std::array<std::optional<DataId>, 4>;
  const auto look = [&] {
    Row row;
    const auto pod = the_pod("app");
    if (!pod) return row;
    const std::array<const char*, 4> paths{"/scratch", "/host", "/disk", "/share"};
    for (std::size_t i = 0; i < 4; ++i) row[i] = world_->data_at(*pod, "app", paths[i]);
    return row;
  };
  const auto settle = [&] {
    run(1_s);
    EXPECT_TRUE(run_until(20_min, [&] { return the_pod("app").has_value(); }));
    return look();
  };
  const auto same = [](const Row& a, const Row& b) {
    std::array<bool, 4> kept{};
    for (std::size_t i = 0; i < 4; ++i) kept[i] = a[i].has_value() && a[i] == b[i];
    return kept;
  };
  using Kept = std::array<bool, 4>;  // emptyDir, hostPath, disk, share

  Row before = settle();
  for (const auto& data : before) EXPECT_TRUE(data.has_value());
  // A container starts again.
  ASSERT_TRUE(world_->kill_container(*the_pod("app"), "app", 0));
  run(30_s);
  Row after = settle();
  EXPECT_EQ(same(before, after), (Kept{true, true, true, true}));
  // The pod is made anew on the same node.
  before = after;
  remove(the_pod("app")->meta);
  after = settle();
  EXPECT_EQ(same(before, after), (Kept{false, true, true, true}));
  // On another node.
  before = after;
  change<api::Deployment>("default", "app", [](api::Deployment& d) { pin(d, "n2"); });
  after = settle();
  EXPECT_EQ(same(before, after), (Kept{false, false, true, true}));
  // The node is lost; after the forced detach.
  before = after;
  ASSERT_TRUE(world_->crash_node("n2", 0));
  change<api::Deployment>("default", "app", [](api::Deployment& d) { pin(d, "n3"); });
  run(1_s);
  for (const api::Pod& pod : pods("app")) {
    if (pod.spec.node_name == "n2") remove(pod.meta, Duration{});
  }
  after = settle();
  EXPECT_EQ(same(before, after), (Kept{false, false, true, true}));
}

TEST_F(Storage, TwoContainersOfAPodShareOneEmptyDir) {
  api::Deployment app = deployment("app", 1);
  mount(app, "scratch", api::EmptyDirVolume{});
  api::Container second = app.spec.pod_template.spec.containers[0];
  second.name = "second";
  second.volume_mounts[0].mount_path = "/elsewhere";
  app.spec.pod_template.spec.containers.push_back(second);
  create(app);
  ASSERT_TRUE(run_until(1_min, [&] { return the_pod("app").has_value(); }));
  const auto data = world_->data_at(*the_pod("app"), "app", "/scratch/file");
  EXPECT_TRUE(data.has_value());
  EXPECT_EQ(world_->data_at(*the_pod("app"), "second", "/elsewhere"), data);
  EXPECT_FALSE(world_->data_at(*the_pod("app"), "app", "/elsewhere").has_value());
}

TEST_F(Storage, InMemoryIsGoneAfterItsNodeWasOffAndOnDiskIsNot) {
  for (const bool memory : {false, true}) {
    const std::string name = memory ? "memory" : "disk";
    api::Deployment app = deployment(name, 1);
    mount(app, "scratch", api::EmptyDirVolume{memory});
    pin(app, "n1");
    create(app);
  }
  ASSERT_TRUE(run_until(1_min, [&] { return the_pod("memory") && the_pod("disk"); }));
  const auto on_disk = world_->data_at(*the_pod("disk"), "app", "/scratch");
  const auto in_memory = world_->data_at(*the_pod("memory"), "app", "/scratch");
  ASSERT_TRUE(world_->crash_node("n1", 0));
  run(10_s);
  ASSERT_TRUE(world_->restore_node("n1", 0));
  run(1_min);
  ASSERT_TRUE(the_pod("memory") && the_pod("disk"));
  EXPECT_EQ(world_->data_at(*the_pod("disk"), "app", "/scratch"), on_disk);
  EXPECT_NE(world_->data_at(*the_pod("memory"), "app", "/scratch"), in_memory);
}

TEST_F(Storage, OfAHostPathOfTheWrongTypeKeepsThePodWaiting) {
  api::Deployment app = deployment("app", 1);
  mount(app, "host", api::HostPathVolume{"/data/app", "Directory"});
  create(app);
  api::Deployment logs = deployment("logs", 1);
  mount(logs, "host", api::HostPathVolume{"/var/log", "Directory"});
  create(logs);
  run(5_min);
  EXPECT_FALSE(the_pod("app").has_value());
  EXPECT_TRUE(the_pod("logs").has_value());
}

TEST_F(Storage, OfANodeThatIsLostIsBackAfter40And300And360SecondsAndTheAttach) {
  const Duration took = recover_from_node_loss([&](const auto&) { force_away_terminating_pods(); });
  EXPECT_GE(took, 690_s);
  EXPECT_LE(took, 730_s);
  EXPECT_TRUE(data_before_.has_value());
  EXPECT_EQ(data_before_, data_after_);
  EXPECT_GE(records("refused", "Multi-Attach"), 1U);
  RecordProperty("recovery", to_string(took));
}

TEST_F(Storage, OfANodeThatIsLostIsBackSoonerWithATolerationOf30Seconds) {
  tolerates_ = 30_s;
  const Duration took = recover_from_node_loss([&](const auto&) { force_away_terminating_pods(); });
  EXPECT_LE(took, 450_s);
  EXPECT_GE(took, 420_s);
  RecordProperty("recovery", to_string(took));
}

TEST_F(Storage, OfANodeThatIsLostIsBackSoonestWithTheOutOfServiceTaint) {
  const Instant begin = world_->now();
  bool tainted = false;
  const Duration took = recover_from_node_loss([&](const std::string& node) {
    if (tainted || world_->now() - begin < 2_min) return;
    tainted = true;
    change<api::Node>("", node, [](api::Node& n) {
      n.spec.taints.push_back({controllers::kOutOfServiceTaint, "nodeshutdown", "NoExecute", {}});
    });
  });
  EXPECT_LE(took, 180_s);
  EXPECT_EQ(data_before_, data_after_);
  RecordProperty("recovery", to_string(took));
}

TEST_F(Storage, OfANodeThatIsLostStaysThereWhileNobodyRemovesThePod) {
  create_claim("disk", true);
  api::Deployment db = deployment("db", 1);
  mount(db, "disk", api::ClaimVolume{"disk", false});
  create(db);
  ASSERT_TRUE(run_until(1_min, [&] { return the_pod("db").has_value(); }));
  const std::string node = the_pod("db")->spec.node_name;
  ASSERT_TRUE(world_->crash_node(node, 0));
  run(60_min);
  EXPECT_FALSE(the_pod("db").has_value());
  // The node comes back: the old pod ends, the disk is detached without force.
  ASSERT_TRUE(world_->restore_node(node, 0));
  ASSERT_TRUE(run_until(5_min, [&] { return the_pod("db").has_value(); }));
}

}  // namespace
}  // namespace orrery::sim
