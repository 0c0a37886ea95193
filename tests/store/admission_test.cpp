#include "models/store/admission.h"

#include "tests/store/store_world.h"

namespace orrery::store {
namespace {

using api::LimitRange;
using api::Pod;
using api::PriorityClass;
using api::ResourceQuota;
using ports::Outcome;
using ports::Verb;

PriorityClass priority_class(const std::string& name, std::int32_t value, bool general = false) {
  PriorityClass made;
  made.meta.name = name;
  made.value = value;
  made.global_default = general;
  return made;
}

ResourceQuota quota(api::QuotaAmounts hard) {
  ResourceQuota made;
  made.meta.name = "q";
  made.meta.namespace_name = "default";
  made.hard = std::move(hard);
  return made;
}
const api::ObjectKey kQuota{api::Kind::ResourceQuota, "default", "q"};

Pod asking(const std::string& name, std::int64_t cpu_milli) {
  Pod pod = pod_named(name);
  pod.spec.containers[0].requests.cpu_milli = cpu_milli;
  return pod;
}

TEST(SchedulingGates, AreNamedByAConditionFromTheStart) {
  StoreWorld world;
  Pod gated = pod_named("gated");
  gated.spec.scheduling_gates = {"example.com/gate"};
  world.create(gated);
  world.create(pod_named("free"));
  const auto stored = world.stored<Pod>(pod_key("gated"));
  const api::Condition* condition = api::find_condition(stored.status.conditions, "PodScheduled");
  ASSERT_NE(condition, nullptr);
  EXPECT_EQ(condition->status, api::ConditionStatus::False);
  EXPECT_EQ(condition->reason, "SchedulingGated");
  EXPECT_TRUE(world.stored<Pod>(pod_key("free")).status.conditions.empty());
}

// --- priority ------------------------------------------------------------------------------------

TEST(Priority, OfAPodComesFromItsClass) {
  StoreWorld world;
  PriorityClass high = priority_class("high", 1000);
  high.preempts = false;
  world.create(high);
  Pod pod = pod_named("p");
  pod.spec.priority_class_name = "high";
  world.create(pod);
  EXPECT_EQ(world.stored<Pod>(pod_key("p")).spec.priority, 1000);
  EXPECT_FALSE(world.stored<Pod>(pod_key("p")).spec.preempts);
}

TEST(Priority, WithoutAClassIsThatOfTheGlobalDefaultOrZero) {
  StoreWorld world;
  world.create(pod_named("before"));
  world.create(priority_class("usual", 7, true));
  world.create(pod_named("after"));
  EXPECT_EQ(world.stored<Pod>(pod_key("before")).spec.priority, 0);
  EXPECT_EQ(world.stored<Pod>(pod_key("after")).spec.priority, 7);
  EXPECT_EQ(world.stored<Pod>(pod_key("after")).spec.priority_class_name, "usual");
}

TEST(Priority, SystemClassesExistWithoutObjects) {
  StoreWorld world;
  for (const auto& [name, value] : {std::pair{"system-cluster-critical", 2'000'000'000},
                                    {"system-node-critical", 2'000'001'000}}) {
    Pod pod = pod_named(name);
    pod.spec.priority_class_name = name;
    world.create(pod);
    EXPECT_EQ(world.stored<Pod>(pod_key(name)).spec.priority, value);
  }
}

TEST(Priority, OfAnUnknownClassRefusesThePod) {
  StoreWorld world;
  Pod pod = pod_named("p");
  pod.spec.priority_class_name = "none";
  const Came came = world.create(pod);
  EXPECT_EQ(came.outcome, Outcome::Refused);
  EXPECT_NE(came.message.find("no PriorityClass with name none was found"), std::string::npos);
  EXPECT_TRUE(came.handled.writes.empty());
}

TEST(Priority, IsNotForThePodToSay) {
  StoreWorld world;
  Pod pod = pod_named("p");
  pod.spec.priority = 5;
  EXPECT_EQ(world.create(pod).outcome, Outcome::Refused);
  pod.spec.priority = 0;
  EXPECT_EQ(world.create(pod).outcome, Outcome::Ok);
}

TEST(Priority, HasOneGlobalDefault) {
  StoreWorld world;
  EXPECT_EQ(world.create(priority_class("a", 1, true)).outcome, Outcome::Ok);
  EXPECT_EQ(world.create(priority_class("b", 2, true)).outcome, Outcome::Refused);
  EXPECT_EQ(world.create(priority_class("c", 2)).outcome, Outcome::Ok);
}

// --- limit ranges --------------------------------------------------------------------------------

LimitRange range(api::LimitRangeItem item) {
  LimitRange made;
  made.meta.name = "limits";
  made.meta.namespace_name = "default";
  made.limits.push_back(std::move(item));
  return made;
}

TEST(LimitRange, FillsInWhatAContainerDoesNotSay) {
  StoreWorld world;
  api::LimitRangeItem item;
  item.default_limit.cpu_milli = 500;
  item.default_request.cpu_milli = 100;
  item.default_limit.memory_bytes = 64;
  world.create(range(item));
  world.create(pod_named("p"));
  const api::Container filled = world.stored<Pod>(pod_key("p")).spec.containers[0];
  EXPECT_EQ(filled.limits.cpu_milli, 500);
  EXPECT_EQ(filled.requests.cpu_milli, 100);
  EXPECT_EQ(filled.requests.memory_bytes, 64) << "a default limit is the default request too";
  Pod stated = pod_named("stated");
  stated.spec.containers[0].limits.cpu_milli = 200;
  world.create(stated);
  const api::Container kept = world.stored<Pod>(pod_key("stated")).spec.containers[0];
  EXPECT_EQ(kept.limits.cpu_milli, 200);
  EXPECT_EQ(kept.requests.cpu_milli, 200) << "a stated limit is the request";
}

TEST(LimitRange, RefusesContainersOutsideItsBounds) {
  StoreWorld world;
  api::LimitRangeItem item;
  item.min.cpu_milli = 100;
  item.max.cpu_milli = 1000;
  world.create(range(item));
  const auto outcome = [&](const std::string& name, std::int64_t request, std::int64_t limit) {
    Pod pod = asking(name, request);
    pod.spec.containers[0].limits.cpu_milli = limit;
    return world.create(pod);
  };
  EXPECT_EQ(outcome("fits", 100, 1000).outcome, Outcome::Ok);
  const Came low = outcome("low", 99, 1000);
  EXPECT_EQ(low.outcome, Outcome::Refused);
  EXPECT_NE(low.message.find("minimum cpu usage per Container is 100m, but request is 99m"),
            std::string::npos)
      << low.message;
  const Came high = outcome("high", 100, 1001);
  EXPECT_EQ(high.outcome, Outcome::Refused);
  EXPECT_NE(high.message.find("maximum cpu usage per Container is 1, but limit is 1001m"),
            std::string::npos)
      << high.message;
  EXPECT_EQ(world.create(pod_named("filled")).outcome, Outcome::Ok)
      << "the largest is the default limit";
}

TEST(LimitRange, OfPodsBoundsTheSumOfTheirContainers) {
  StoreWorld world;
  api::LimitRangeItem item;
  item.pod = true;
  item.max.memory_bytes = 100;
  world.create(range(item));
  Pod pod = pod_named("p");
  pod.spec.containers[0].limits.memory_bytes = 60;
  pod.spec.containers.push_back(pod.spec.containers[0]);
  pod.spec.containers[1].name = "d";
  EXPECT_EQ(world.create(pod).outcome, Outcome::Refused);
  pod.spec.containers[1].limits.memory_bytes = 40;
  EXPECT_EQ(world.create(pod).outcome, Outcome::Ok);
}

// --- quotas --------------------------------------------------------------------------------------

TEST(ResourceQuota, CountsWhatIsMadeAndRefusesWhatIsTooMuch) {
  StoreWorld world;
  world.create(quota({{"pods", 2}}));
  EXPECT_EQ(world.create(pod_named("a")).outcome, Outcome::Ok);
  EXPECT_EQ(world.create(pod_named("b")).outcome, Outcome::Ok);
  EXPECT_EQ(world.stored<ResourceQuota>(kQuota).used.at("pods"), 2);
  const Came third = world.create(pod_named("c"));
  EXPECT_EQ(third.outcome, Outcome::Refused);
  EXPECT_EQ(third.message,
            "Pod/default/c is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, "
            "limited: pods=2");
  EXPECT_TRUE(third.handled.writes.empty());
}

TEST(ResourceQuota, OfComputeAddsUpRequestsAndWantsThemStated) {
  StoreWorld world;
  world.create(quota({{"requests.cpu", 1000}}));
  EXPECT_EQ(world.create(asking("a", 600)).outcome, Outcome::Ok);
  const Came over = world.create(asking("b", 500));
  EXPECT_EQ(over.outcome, Outcome::Refused);
  EXPECT_NE(over.message.find("exceeded quota: q, requested: requests.cpu=500m, used: "
                              "requests.cpu=600m, limited: requests.cpu=1"),
            std::string::npos)
      << over.message;
  const Came silent = world.create(pod_named("c"));
  EXPECT_EQ(silent.outcome, Outcome::Refused);
  EXPECT_NE(silent.message.find("failed quota: q: must specify requests.cpu for: c"),
            std::string::npos)
      << silent.message;
  EXPECT_EQ(world.create(asking("d", 400)).outcome, Outcome::Ok);
  EXPECT_EQ(world.stored<ResourceQuota>(kQuota).used.at("requests.cpu"), 1000);
}

TEST(ResourceQuota, OfOneNamespaceLeavesOthersAlone) {
  StoreWorld world;
  world.create(quota({{"pods", 0}}));
  EXPECT_EQ(world.create(pod_named("a", "other")).outcome, Outcome::Ok);
  EXPECT_EQ(world.create(pod_named("a")).outcome, Outcome::Refused);
}

TEST(ResourceQuota, CountsKindsByTheirFullNames) {
  StoreWorld world;
  world.create(quota({{"count/configmaps", 1}, {"configmaps", 5}}));
  api::ConfigMap map;
  map.meta.namespace_name = "default";
  map.meta.name = "a";
  EXPECT_EQ(world.create(map).outcome, Outcome::Ok);
  map.meta.name = "b";
  EXPECT_EQ(world.create(map).outcome, Outcome::Refused);
}

TEST(ResourceQuota, WithScopesLimitsPodsThatAreInThemAlone) {
  StoreWorld world;
  ResourceQuota of_best_effort = quota({{"pods", 1}});
  of_best_effort.scopes = {api::QuotaScope::BestEffort};
  world.create(of_best_effort);
  ResourceQuota of_others = quota({{"pods", 1}, {"requests.cpu", 1000}});
  of_others.meta.name = "others";
  of_others.scopes = {api::QuotaScope::NotBestEffort};
  world.create(of_others);
  // Of a quota that does not count the pod, nothing need be stated.
  EXPECT_EQ(world.create(pod_named("a")).outcome, Outcome::Ok);
  EXPECT_EQ(world.create(asking("b", 600)).outcome, Outcome::Ok);
  EXPECT_EQ(world.stored<ResourceQuota>(kQuota).used.at("pods"), 1);
  const auto others = world.stored<ResourceQuota>({api::Kind::ResourceQuota, "default", "others"});
  EXPECT_EQ(others.used.at("pods"), 1);
  EXPECT_EQ(others.used.at("requests.cpu"), 600);
  EXPECT_NE(world.create(pod_named("c")).message.find("exceeded quota: q, requested: pods=1"),
            std::string::npos);
  EXPECT_NE(world.create(asking("d", 100)).message.find("exceeded quota: others"),
            std::string::npos);
}

TEST(ResourceQuota, IsUsedThroughItsStatusAlone) {
  StoreWorld world;
  world.create(quota({{"pods", 1}}));
  ResourceQuota changed = world.stored<ResourceQuota>(kQuota);
  changed.hard["pods"] = 3;
  changed.used["pods"] = 2;
  world.write(Verb::Update, changed);
  EXPECT_EQ(world.stored<ResourceQuota>(kQuota).hard.at("pods"), 3);
  EXPECT_TRUE(world.stored<ResourceQuota>(kQuota).used.empty());
  world.write(Verb::UpdateStatus, changed);
  EXPECT_EQ(world.stored<ResourceQuota>(kQuota).used.at("pods"), 2);
}

// --- namespaces ----------------------------------------------------------------------------------

api::Namespace space(const std::string& name) {
  api::Namespace made;
  made.meta.name = name;
  return made;
}

TEST(Namespaces, NeedNoObjectAndTakeNothingWhileTheyEnd) {
  StoreWorld world;
  EXPECT_EQ(world.create(pod_named("a", "shop")).outcome, Outcome::Ok);
  world.create(space("shop"));
  EXPECT_EQ(world.create(pod_named("b", "shop")).outcome, Outcome::Ok);
  EXPECT_EQ(world.remove({api::Kind::Namespace, "", "shop"}).outcome, Outcome::Ok);
  const Came late = world.create(pod_named("c", "shop"));
  EXPECT_EQ(late.outcome, Outcome::Refused);
  EXPECT_NE(late.message.find("because it is being terminated"), std::string::npos);
  EXPECT_EQ(world.create(pod_named("c")).outcome, Outcome::Ok) << "another namespace";
}

TEST(Namespaces, StayUntilTheirFinalizerIsTakenOff) {
  StoreWorld world;
  world.create(space("shop"));
  const api::ObjectKey key{api::Kind::Namespace, "", "shop"};
  world.remove(key);
  auto ending = world.stored<api::Namespace>(key);
  ASSERT_TRUE(ending.meta.deletion);
  ending.meta.finalizers.clear();
  world.write(Verb::Update, ending);
  EXPECT_EQ(world.server.find(key), nullptr);
}

TEST(Namespaces, OfTheSystemAreNotDeleted) {
  StoreWorld world;
  world.create(space("kube-system"));
  EXPECT_EQ(world.remove({api::Kind::Namespace, "", "kube-system"}).outcome, Outcome::Refused);
}

}  // namespace
}  // namespace orrery::store
