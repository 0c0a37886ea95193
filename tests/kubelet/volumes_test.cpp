// What a pod is given on its node: variables, mounted configuration, folders, disks.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/kubelet/kubelet_world.h"

namespace orrery::testing {
namespace {

using ports::RuntimeVerb;
using ports::VolumeOrder;

api::ConfigMap config_map(const std::string& name, api::Labels data) {
  api::ConfigMap map;
  map.meta.name = name;
  map.meta.namespace_name = "default";
  map.data = std::move(data);
  return map;
}

api::Secret secret(const std::string& name, api::Labels data) {
  api::Secret made;
  made.meta.name = name;
  made.meta.namespace_name = "default";
  made.data = std::move(data);
  return made;
}

/// The pod "web" with one volume, mounted at /v.
api::Pod pod_with(api::VolumeSource source, const std::string& sub_path = {}) {
  api::Pod pod = make_pod();
  pod.spec.volumes.push_back({"v", std::move(source)});
  pod.spec.containers[0].volume_mounts.push_back({"v", "/v", sub_path, false});
  return pod;
}

api::Pod pod_with(api::EnvVar variable) {
  api::Pod pod = make_pod();
  pod.spec.containers[0].env.push_back(std::move(variable));
  return pod;
}

api::EnvVar from_map(const std::string& map, const std::string& key, bool optional = false) {
  api::EnvVar variable;
  variable.name = "A";
  variable.config_map = map;
  variable.config_map_key = key;
  variable.optional = optional;
  return variable;
}

void set_map(KubeletWorld& world, const std::string& name, api::Labels data) {
  api::ConfigMap next =
      std::get<api::ConfigMap>(*world.api.find({api::Kind::ConfigMap, "default", name}));
  next.data = std::move(data);
  world.api.update(next);
}

std::vector<FakeRuntime::Logged> prepared(const KubeletWorld& world) {
  return world.runtime.log_of(RuntimeVerb::PrepareVolume);
}

std::string content(const KubeletWorld& world, const std::string& path = "k") {
  const auto found = world.runtime.volumes.find({world.pod()->meta.uid, "v"});
  if (found == world.runtime.volumes.end()) return "(not mounted)";
  const auto file = found->second.files.find(path);
  return file == found->second.files.end() ? "(no file)" : file->second;
}

std::map<std::string, std::string> environment(const KubeletWorld& world) {
  std::map<std::string, std::string> all;
  const auto created = world.runtime.log_of(RuntimeVerb::CreateContainer);
  for (const api::EnvVar& e : created.back().call.env) all[e.name] = e.value;
  return all;
}

// --- variables -----------------------------------------------------------------------------------

TEST(Variables, OfMapsSecretsAndFieldsAreResolvedWhenTheContainerStarts) {
  KubeletWorld world;
  world.api.create(config_map("c", {{"X", "map x"}, {"Y", "map y"}, {"1st", "passed over"}}));
  world.api.create(secret("s", {{"pw", "hidden"}, {"Y", "secret y"}}));
  api::Pod pod = make_pod();
  pod.meta.labels["app"] = "web";
  api::Container& container = pod.spec.containers[0];
  container.env_from = {{"", "c", "", false}, {"P_", "", "s", false}, {"", "none", "", true}};
  api::EnvVar plain;
  plain.name = "Y";
  plain.value = "plain y";
  api::EnvVar from_secret;
  from_secret.name = "PW";
  from_secret.secret = "s";
  from_secret.secret_key = "pw";
  container.env = {plain, from_secret};
  for (const auto& [name, path] : {std::pair{"NAME", "metadata.name"},
                                   {"NODE", "spec.nodeName"},
                                   {"IP", "status.podIP"},
                                   {"HOST", "status.hostIP"},
                                   {"APP", "metadata.labels['app']"}}) {
    api::EnvVar field;
    field.name = name;
    field.field_path = path;
    container.env.push_back(field);
  }
  world.api.create(pod);
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_EQ(environment(world),
            (std::map<std::string, std::string>{{"X", "map x"},
                                                {"Y", "plain y"},
                                                {"P_pw", "hidden"},
                                                {"P_Y", "secret y"},
                                                {"PW", "hidden"},
                                                {"NAME", "web"},
                                                {"NODE", "node-1"},
                                                {"IP", world.pod()->status.pod_ip},
                                                {"HOST", "10.90.0.1"},
                                                {"APP", "web"}}));
  // What must never be shown can be told from the rest.
  const auto created = world.runtime.log_of(RuntimeVerb::CreateContainer);
  for (const api::EnvVar& e : created[0].call.env) {
    EXPECT_EQ(!e.secret.empty(), e.name.starts_with("P")) << e.name;
  }
}

TEST(Variables, WithAMissingReferenceKeepTheContainerWaitingAndStartWithinOneSyncOfItsAppearance) {
  KubeletWorld world;
  world.api.create(config_map("c", {{"other", "1"}}));
  world.api.create(pod_with(from_map("c", "k")));
  world.start_kubelet();
  world.run(100_s);
  EXPECT_EQ(world.status().reason, "CreateContainerConfigError");
  EXPECT_TRUE(world.runtime.log_of(RuntimeVerb::CreateContainer).empty());
  const Instant appeared = world.executor.now();
  set_map(world, "c", {{"k", "here"}});
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_LE(world.executor.now() - appeared, 15_s + 1_s);
  EXPECT_EQ(environment(world).at("A"), "here");
}

TEST(Variables, WithAMissingOptionalReferenceAreLeftOut) {
  KubeletWorld world;
  world.api.create(pod_with(from_map("none", "k", true)));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_TRUE(environment(world).empty());
}

TEST(Variables, NeverChangeWhileTheirContainerRunsAndAreNewWhenItStartsAgain) {
  KubeletWorld world;
  world.api.create(config_map("c", {{"k", "old"}}));
  world.api.create(pod_with(from_map("c", "k")));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  const std::uint64_t before = world.pod()->status.configs.at(0).resource_version;
  set_map(world, "c", {{"k", "new"}});
  world.run(5_min);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::CreateContainer).size(), 1U);
  EXPECT_EQ(world.pod()->status.configs.at(0).resource_version, before);
  world.crash();
  world.run(1_min);
  EXPECT_EQ(environment(world).at("A"), "new");
  EXPECT_GT(world.pod()->status.configs.at(0).resource_version, before);
  EXPECT_EQ(world.pod()->status.configs.at(0).where, "container app");
}

TEST(Variables, NeedNoApiServerWhenAContainerStartsAgain) {
  KubeletWorld world;
  world.api.create(config_map("c", {{"k", "old"}}));
  world.api.create(pod_with(from_map("c", "k")));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.api.set_reachable(false);
  world.crash();
  world.run(1_min);
  EXPECT_EQ(world.running_count(), 1U);
  EXPECT_EQ(environment(world).at("A"), "old");
}

TEST(Variables, OfResourcesAreAmountsOverTheDivisorRoundedUpAndTheNodesWhereThereIsNoLimit) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  api::Container& container = pod.spec.containers[0];
  container.requests.cpu_milli = 1500;
  container.limits.memory_bytes = (64LL << 20) + 1;
  const auto told = [&](const char* name, const char* resource, std::int64_t divisor_milli) {
    api::EnvVar variable;
    variable.name = name;
    variable.resource = api::ResourceFieldRef{resource, {}, divisor_milli};
    container.env.push_back(std::move(variable));
  };
  told("CPU", "requests.cpu", 1000);
  told("MILLI", "requests.cpu", 1);
  told("MEMORY", "limits.memory", 1000);
  told("MEBI", "limits.memory", 1000LL << 20);
  told("NONE", "requests.memory", 1000);
  told("NODE", "limits.cpu", 1000);
  world.api.create(pod);
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_EQ(environment(world), (std::map<std::string, std::string>{{"CPU", "2"},
                                                                    {"MILLI", "1500"},
                                                                    {"MEMORY", "67108865"},
                                                                    {"MEBI", "65"},
                                                                    {"NONE", "0"},
                                                                    {"NODE", "8"}}));
}

// --- mounted configuration -----------------------------------------------------------------------

TEST(MountedFiles, AreThereBeforeTheSandbox) {
  KubeletWorld world;
  world.api.create(config_map("c", {{"k", "1"}, {"other", "2"}}));
  world.api.create(pod_with(api::ConfigMapVolume{"c", {{"k", "dir/file"}}, false}));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  std::vector<RuntimeVerb> order;
  for (const auto& logged : world.runtime.log()) {
    const RuntimeVerb verb = logged.call.verb;
    if (verb == RuntimeVerb::PrepareVolume || verb == RuntimeVerb::RunSandbox) {
      order.push_back(verb);
    }
  }
  EXPECT_EQ(order[0], RuntimeVerb::PrepareVolume);
  EXPECT_EQ(order[1], RuntimeVerb::RunSandbox);
  EXPECT_EQ(prepared(world)[0].call.volume->files, (api::Labels{{"dir/file", "1"}}));
  const std::vector<ports::Mount> mounts =
      world.runtime.log_of(RuntimeVerb::CreateContainer)[0].call.mounts;
  ASSERT_EQ(mounts.size(), 1U);
  EXPECT_EQ(mounts[0].volume, "v");
  EXPECT_EQ(mounts[0].mount_path, "/v");
  EXPECT_TRUE(mounts[0].read_only);
}

TEST(MountedFiles, ChangeWithinTheSyncPeriodWhichIsDrawnBetween60And90Seconds) {
  Duration least = 60_min;
  Duration most;
  Duration sum;
  for (int i = 0; i < 40; ++i) {
    KubeletWorld world;
    world.api.create(config_map("c", {{"k", "old"}}));
    api::Pod pod = pod_with(api::ConfigMapVolume{"c", {}, false});
    world.start_kubelet();
    world.run(Duration::milliseconds(731 * i));
    world.api.create(pod);
    ASSERT_TRUE(world.run_until_ready());
    world.run(100_s);
    const Instant edited = world.executor.now();
    set_map(world, "c", {{"k", "new"}});
    ASSERT_TRUE(world.run_while_not([&] { return content(world) == "new"; }, 91_s));
    const Duration delay = world.executor.now() - edited;
    least = std::min(least, delay);
    most = std::max(most, delay);
    sum = sum + delay;
    EXPECT_EQ(world.runtime.log_of(RuntimeVerb::CreateContainer).size(), 1U);
  }
  // The uid, and with it the jitter, is the same in every world: one fixed row of periods.
  EXPECT_LE(most, 90_s + 10_ms);
  EXPECT_LT(least, most + 1_ms);
}

TEST(MountedFiles, AreNotTouchedWhileTheirSourceDoesNotChange) {
  KubeletWorld world;
  world.api.create(config_map("c", {{"k", "1"}}));
  world.api.create(pod_with(api::ConfigMapVolume{"c", {}, false}));
  world.start_kubelet();
  world.run(10_min);
  EXPECT_EQ(prepared(world).size(), 1U);
}

TEST(MountedFiles, OfAnImmutableSourceAreNeverRefreshedNorWatched) {
  KubeletWorld world;
  api::ConfigMap map = config_map("c", {{"k", "old"}});
  map.immutable = true;
  world.api.create(map);
  world.api.create(pod_with(api::ConfigMapVolume{"c", {}, false}));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  const bool unwatched =
      std::any_of(world.api.log().begin(), world.api.log().end(), [](const auto& logged) {
        return logged.call.verb == ports::Verb::Unwatch &&
               logged.call.key.kind == api::Kind::ConfigMap;
      });
  EXPECT_TRUE(unwatched);
  set_map(world, "c", {{"k", "new"}});
  world.run(5_min);
  EXPECT_EQ(content(world), "old");
}

TEST(MountedFiles, OfASubPathKeepTheVersionTheContainerStartedWith) {
  KubeletWorld world;
  world.api.create(config_map("c", {{"k", "old"}}));
  world.api.create(pod_with(api::ConfigMapVolume{"c", {}, false}, "k"));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  const auto version_in = [&](const std::string& where) {
    for (const api::ConfigInUse& use : world.pod()->status.configs) {
      if (use.where == where) return use.resource_version;
    }
    return std::uint64_t{0};
  };
  const std::uint64_t before = version_in("container app");
  EXPECT_EQ(version_in("volume v"), before);
  set_map(world, "c", {{"k", "new"}});
  world.run(2_min);
  EXPECT_GT(version_in("volume v"), before);
  EXPECT_EQ(version_in("container app"), before);
  world.crash();
  world.run(1_min);
  EXPECT_GT(version_in("container app"), before);
}

TEST(MountedFiles, WhoseSourceIsMissingKeepTheirVolumeUnmountedAndThePodWaiting) {
  KubeletWorld world;
  world.api.create(pod_with(api::ConfigMapVolume{"c", {}, false}));
  world.start_kubelet();
  world.run(5_min);
  EXPECT_EQ(world.status().reason, "ContainerCreating");
  EXPECT_TRUE(world.runtime.log_of(RuntimeVerb::RunSandbox).empty());
  const Instant appeared = world.executor.now();
  world.api.create(config_map("c", {{"k", "1"}}));
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_LE(world.executor.now() - appeared, 30_s + 1_s);
}

TEST(MountedFiles, OfAMissingOptionalSourceAreAnEmptyFolderUntilItAppears) {
  KubeletWorld world;
  world.api.create(pod_with(api::SecretVolume{"s", {}, true}));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_EQ(content(world), "(no file)");
  world.api.create(secret("s", {{"k", "1"}}));
  world.run(91_s);
  EXPECT_EQ(content(world), "1");
  EXPECT_TRUE(prepared(world).back().call.volume->secret);
}

TEST(MountedFiles, StayAsTheyAreWhenTheirSourceGoes) {
  KubeletWorld world;
  world.api.create(config_map("c", {{"k", "1"}}));
  world.api.create(pod_with(api::ConfigMapVolume{"c", {}, false}));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.api.remove({api::Kind::ConfigMap, "default", "c"});
  world.run(5_min);
  EXPECT_EQ(content(world), "1");
  EXPECT_EQ(world.running_count(), 1U);
}

// --- folders -------------------------------------------------------------------------------------

TEST(MountedFiles, OfSeveralSourcesStandInOneFolderAndFollowEachOfThem) {
  KubeletWorld world;
  world.api.create(config_map("c", {{"k", "1"}, {"other", "2"}}));
  world.api.create(secret("s", {{"pw", "hidden"}}));
  api::ProjectedVolume volume;
  volume.sources.emplace_back(api::ConfigMapVolume{"c", {{"k", "k"}}, false});
  volume.sources.emplace_back(api::SecretVolume{"s", {}, false});
  api::DownwardFiles downward;
  downward.items.push_back({"name", "metadata.name", {}});
  downward.items.push_back({"labels", "metadata.labels", {}});
  downward.items.push_back({"cpu", {}, api::ResourceFieldRef{"limits.cpu", "app", 1}});
  volume.sources.emplace_back(downward);
  api::Pod pod = pod_with(volume);
  pod.meta.labels = {{"app", "web"}, {"tier", "a\"b"}};
  pod.spec.containers[0].limits.cpu_milli = 250;
  world.api.create(pod);
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_EQ(prepared(world)[0].call.volume->files,
            (api::Labels{{"k", "1"},
                         {"pw", "hidden"},
                         {"name", "web"},
                         {"labels", "app=\"web\"\ntier=\"a\\\"b\""},
                         {"cpu", "250"}}));
  EXPECT_TRUE(prepared(world)[0].call.volume->secret);
  set_map(world, "c", {{"k", "new"}});
  world.run(91_s);
  EXPECT_EQ(content(world), "new");
  ASSERT_EQ(world.pod()->status.configs.size(), 2U);
  EXPECT_EQ(world.pod()->status.configs[0].source, "ConfigMap/c");
  EXPECT_EQ(world.pod()->status.configs[1].source, "Secret/s");
}

TEST(MountedFiles, OfSeveralSourcesWaitForTheLastOfThem) {
  KubeletWorld world;
  world.api.create(config_map("c", {{"k", "1"}}));
  api::ProjectedVolume volume;
  volume.sources.emplace_back(api::ConfigMapVolume{"c", {}, false});
  volume.sources.emplace_back(api::SecretVolume{"s", {}, false});
  world.api.create(pod_with(volume));
  world.start_kubelet();
  world.run(30_s);
  EXPECT_TRUE(prepared(world).empty());
  world.api.create(secret("s", {{"pw", "x"}}));
  EXPECT_TRUE(world.run_until_ready());
}

TEST(EmptyDirs, LiveAsLongAsThePodAndThePodAsLongAsThey) {
  KubeletWorld world;
  world.api.create(pod_with(api::EmptyDirVolume{}));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.crash();
  world.run(30_s);
  EXPECT_EQ(prepared(world).size(), 1U);
  EXPECT_EQ(world.runtime.volumes.size(), 1U);
  world.runtime.delays.volume = 5_s;
  world.remove();
  ASSERT_TRUE(world.run_while_not([&] { return world.runtime.volumes.empty(); }, 1_min));
  EXPECT_NE(world.pod(), nullptr);
  world.run(1_s);
  EXPECT_EQ(world.pod(), nullptr);
  EXPECT_TRUE(world.runtime.empty());
}

TEST(EmptyDirs, InMemoryAreAskedForAsSuch) {
  KubeletWorld world;
  world.api.create(pod_with(api::EmptyDirVolume{true}));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_EQ(prepared(world)[0].call.volume->kind, VolumeOrder::Kind::Memory);
}

TEST(EmptyDirs, OfAPodThatOnlyTheRuntimeHasAreRemoved) {
  KubeletWorld world;
  world.api.create(pod_with(api::EmptyDirVolume{}));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.stop_kubelet();
  world.remove("web", Duration{});
  world.start_kubelet();
  world.run(1_min);
  EXPECT_TRUE(world.runtime.volumes.empty());
  EXPECT_TRUE(world.runtime.empty());
}

TEST(EmptyDirs, AreRemovedAgainWhenTheRuntimeRefuses) {
  KubeletWorld world;
  world.api.create(pod_with(api::EmptyDirVolume{}));
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  int refusals = 3;
  world.runtime.set_interposer(
      [&](std::uint64_t, const ports::RuntimeCall& call) -> std::optional<FakeRuntime::Verdict> {
        if (call.verb != RuntimeVerb::RemoveVolumes || refusals-- <= 0) return std::nullopt;
        return FakeRuntime::Verdict{};
      });
  world.remove();
  world.run(1_min);
  EXPECT_EQ(world.pod(), nullptr);
  EXPECT_TRUE(world.runtime.volumes.empty());
}

TEST(HostPaths, ThatFailTheirCheckKeepThePodWaiting) {
  KubeletWorld world;
  world.runtime.missing_paths.insert("/data");
  world.api.create(pod_with(api::HostPathVolume{"/data", "Directory"}));
  world.start_kubelet();
  world.run(1_min);
  EXPECT_EQ(prepared(world)[0].call.volume->type, "Directory");
  EXPECT_TRUE(world.runtime.log_of(RuntimeVerb::RunSandbox).empty());
  world.runtime.missing_paths.clear();
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::CreateContainer)[0].call.mounts[0].host_path,
            "/data");
}

// --- disks ---------------------------------------------------------------------------------------

struct DiskWorld : KubeletWorld {
  explicit DiskWorld(bool attachable = true) {
    api::PersistentVolume volume;
    volume.meta.name = "pv-1";
    volume.access_modes = {api::AccessMode::ReadWriteOnce};
    volume.attachable = attachable;
    volume.phase = api::VolumePhase::Bound;
    api.create(volume);
    api::PersistentVolumeClaim claim;
    claim.meta.name = "data";
    claim.meta.namespace_name = "default";
    api.create(claim);
    api.create(pod_with(api::ClaimVolume{"data", false}));
  }
  void bind() {
    auto claim = std::get<api::PersistentVolumeClaim>(
        *api.find({api::Kind::PersistentVolumeClaim, "default", "data"}));
    claim.spec.volume_name = "pv-1";
    claim.phase = api::ClaimPhase::Bound;
    api.update(claim);
  }
  void attach() {
    api::VolumeAttachment attachment;
    attachment.meta.name = api::attachment_name("pv-1", "node-1");
    attachment.node_name = "node-1";
    attachment.volume_name = "pv-1";
    attachment.attached = true;
    api.create(attachment);
  }
  [[nodiscard]] std::vector<std::string> in_use() const {
    const auto node = api.find({api::Kind::Node, {}, "node-1"});
    return std::get<api::Node>(*node).status.volumes_in_use;
  }
};

TEST(Disks, AreBoundReportedInUseAndAttachedBeforeTheyAreMounted) {
  DiskWorld world;
  world.start_kubelet();
  world.run(10_s);
  EXPECT_TRUE(world.in_use().empty());
  world.bind();
  world.run(10_s);
  EXPECT_EQ(world.in_use(), std::vector<std::string>{"pv-1"});
  EXPECT_TRUE(prepared(world).empty());
  world.attach();
  ASSERT_TRUE(world.run_until_ready(1_s));
  ASSERT_EQ(prepared(world).size(), 1U);
  EXPECT_EQ(prepared(world)[0].call.volume->kind, VolumeOrder::Kind::Disk);
  EXPECT_EQ(prepared(world)[0].call.volume->disk, "pv-1");
}

TEST(Disks, StayInUseUntilTheyAreUnmounted) {
  DiskWorld world;
  world.bind();
  world.attach();
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.runtime.delays.volume = 5_s;
  world.remove();
  ASSERT_TRUE(world.run_while_not(
      [&] { return !world.runtime.log_of(RuntimeVerb::RemoveVolumes).empty(); }, 1_min));
  world.run(4_s);
  EXPECT_EQ(world.in_use(), std::vector<std::string>{"pv-1"});
  world.run(2_s);
  EXPECT_TRUE(world.in_use().empty());
}

TEST(Disks, StayInUseWhenTheKubeletStartsAgain) {
  DiskWorld world;
  world.bind();
  world.attach();
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.stop_kubelet();
  bool ever_unused = false;
  world.start_kubelet();
  for (int i = 0; i < 5000; ++i) {
    world.run(1_ms);
    ever_unused = ever_unused || world.in_use().empty();
  }
  EXPECT_FALSE(ever_unused);
  world.remove();
  world.run(1_min);
  EXPECT_TRUE(world.in_use().empty());
}

TEST(Disks, ThatAreSharesNeedNoAttachment) {
  DiskWorld world{false};
  world.bind();
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_TRUE(world.in_use().empty());
}

TEST(Disks, ThatComeAfterTheWaitOfAnAttemptAreUsedFromTheNextAttemptOn) {
  DiskWorld world;
  world.bind();
  world.start_kubelet();
  world.run(2_min + 3_s + 1_s);  // The attempt of 2 min 3 s is over.
  world.attach();
  world.run(5_s);
  EXPECT_EQ(prepared(world).size(), 1U);
  EXPECT_TRUE(world.runtime.log_of(RuntimeVerb::RunSandbox).empty());
  ASSERT_TRUE(world.run_until_ready(11_s));
}

TEST(Disks, ForOnePodAreNotMountedForASecondOneUntilTheFirstIsGone) {
  DiskWorld world{false};
  auto claim = std::get<api::PersistentVolumeClaim>(
      *world.api.find({api::Kind::PersistentVolumeClaim, "default", "data"}));
  claim.spec.access_modes = {api::AccessMode::ReadWriteOncePod};
  world.api.update(claim);
  world.bind();
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  api::Pod second = pod_with(api::ClaimVolume{"data", false});
  second.meta.name = "second";
  world.api.create(second);
  world.run(1_min);
  EXPECT_FALSE(world.ready("second"));
  EXPECT_EQ(prepared(world).size(), 1U);
  world.remove();
  EXPECT_TRUE(world.run_while_not([&] { return world.ready("second"); }, 1_min));
}

}  // namespace
}  // namespace orrery::testing
