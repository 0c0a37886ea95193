#include "models/store/api_server.h"

#include <gtest/gtest.h>

namespace orrery::store {
namespace {

using api::Object;
using api::ObjectPtr;
using api::Pod;
using ports::ApiCall;
using ports::EventKind;
using ports::Outcome;
using ports::Verb;

constexpr ClientId kClient{1};
constexpr ports::OwnerId kOwner{7};
const Instant kNow = Instant::at(5_s);

ObjectPtr pod(const std::string& name, const std::string& node = "") {
  Pod p;
  p.meta.name = name;
  p.meta.namespace_name = "default";
  p.spec.node_name = node;
  p.spec.containers.push_back({});
  return std::make_shared<const Object>(p);
}

ApiCall create(const ObjectPtr& object) {
  ApiCall call;
  call.verb = Verb::Create;
  call.key = api::key_of(*object);
  call.object = object;
  return call;
}

ApiCall on(Verb verb, const std::string& name) {
  ApiCall call;
  call.verb = verb;
  call.key = {api::Kind::Pod, "default", name};
  return call;
}

class ApiServerTest : public testing::Test {
 protected:
  Handled handle(const ApiCall& call, ports::CallId id = 1, Instant now = kNow) {
    return server_.handle(kClient, kOwner, id, call, now, 0);
  }
  Outcome outcome(const ApiCall& call) { return handle(call).deliveries.front().event.outcome; }
  Pod stored(const std::string& name) {
    return std::get<Pod>(*server_.find({api::Kind::Pod, "default", name}));
  }

  ApiServer server_{1};
};

TEST_F(ApiServerTest, CreateSetsIdentityAndVersion) {
  EXPECT_EQ(outcome(create(pod("a"))), Outcome::Ok);
  const Pod a = stored("a");
  EXPECT_FALSE(a.meta.uid.empty());
  EXPECT_EQ(a.meta.resource_version, 1U);
  EXPECT_EQ(a.meta.creation, kNow);
  EXPECT_EQ(outcome(create(pod("a"))), Outcome::AlreadyExists);
}

TEST_F(ApiServerTest, CreateAddsTheDefaultTolerations) {
  (void)handle(create(pod("a")));
  ASSERT_EQ(stored("a").spec.tolerations.size(), 2U);
  EXPECT_EQ(stored("a").spec.tolerations[1].key, "node.kubernetes.io/unreachable");
  EXPECT_EQ(stored("a").spec.tolerations[1].seconds, 300_s);
}

TEST_F(ApiServerTest, GeneratedNamesAreDistinctAndTheSameForTheSameSeed) {
  const auto names = [](std::uint64_t seed) {
    ApiServer server{seed};
    std::vector<std::string> made;
    for (int i = 0; i < 100; ++i) {
      Pod p = std::get<Pod>(*pod(""));
      p.meta.generate_name = "web-";
      ApiCall call = create(std::make_shared<const Object>(p));
      const Handled handled = server.handle(kClient, kOwner, 1, call, kNow, 0);
      made.push_back(api::meta_of(*handled.writes.front().after).name);
    }
    return made;
  };
  std::vector<std::string> once = names(3);
  EXPECT_EQ(once, names(3));
  EXPECT_NE(once, names(4));
  std::sort(once.begin(), once.end());
  EXPECT_EQ(std::unique(once.begin(), once.end()), once.end());
  EXPECT_EQ(once.front().size(), std::string{"web-"}.size() + 5);
}

TEST_F(ApiServerTest, UpdateOfAStaleVersionConflicts) {
  (void)handle(create(pod("a")));
  Pod changed = stored("a");
  changed.meta.labels["x"] = "1";
  ApiCall call = on(Verb::Update, "a");
  call.object = std::make_shared<const Object>(changed);
  call.resource_version = changed.meta.resource_version;
  EXPECT_EQ(outcome(call), Outcome::Ok);
  changed.meta.labels["x"] = "2";
  call.object = std::make_shared<const Object>(changed);
  EXPECT_EQ(outcome(call), Outcome::Conflict);
  EXPECT_EQ(stored("a").meta.labels.at("x"), "1");
}

TEST_F(ApiServerTest, UpdateLeavesTheStatusAndStatusUpdateLeavesTheSpec) {
  (void)handle(create(pod("a")));
  Pod changed = stored("a");
  changed.status.pod_ip = "10.0.0.1";
  changed.spec.node_name = "h1";
  ApiCall call = on(Verb::UpdateStatus, "a");
  call.object = std::make_shared<const Object>(changed);
  EXPECT_EQ(outcome(call), Outcome::Ok);
  EXPECT_EQ(stored("a").status.pod_ip, "10.0.0.1");
  EXPECT_EQ(stored("a").spec.node_name, "");
  changed.status.pod_ip = "10.9.9.9";
  call.verb = Verb::Update;
  call.object = std::make_shared<const Object>(changed);
  EXPECT_EQ(outcome(call), Outcome::Ok);
  EXPECT_EQ(stored("a").status.pod_ip, "10.0.0.1");
  EXPECT_EQ(stored("a").spec.node_name, "h1");
}

TEST_F(ApiServerTest, StatusUpdateOfAnotherObjectOfThatNameConflicts) {
  (void)handle(create(pod("a")));
  ApiCall call = on(Verb::UpdateStatus, "a");
  call.object = pod("a");
  call.uid = "someone else";
  EXPECT_EQ(outcome(call), Outcome::Conflict);
}

TEST_F(ApiServerTest, AnUpdateThatChangesNothingIsNoWrite) {
  (void)handle(create(pod("a")));
  ApiCall call = on(Verb::Update, "a");
  call.object = std::make_shared<const Object>(stored("a"));
  const Handled handled = handle(call);
  EXPECT_TRUE(handled.writes.empty());
  EXPECT_EQ(server_.resource_version(), 1U);
}

TEST_F(ApiServerTest, GenerationGrowsWithTheSpecAlone) {
  api::Deployment deployment;
  deployment.meta.name = "web";
  deployment.meta.namespace_name = "default";
  const api::ObjectKey key{api::Kind::Deployment, "default", "web"};
  (void)handle(create(std::make_shared<const Object>(deployment)));
  const auto generation = [&] { return api::meta_of(*server_.find(key)).generation; };
  EXPECT_EQ(generation(), 1);
  ApiCall call;
  call.verb = Verb::Update;
  call.key = key;
  deployment.meta.labels["x"] = "1";
  call.object = std::make_shared<const Object>(deployment);
  EXPECT_EQ(outcome(call), Outcome::Ok);
  EXPECT_EQ(generation(), 1);
  deployment.spec.replicas = 5;
  call.object = std::make_shared<const Object>(deployment);
  EXPECT_EQ(outcome(call), Outcome::Ok);
  EXPECT_EQ(generation(), 2);
}

TEST_F(ApiServerTest, DeletingAPodOnANodeWaitsForItsKubelet) {
  (void)handle(create(pod("a", "h1")));
  EXPECT_EQ(outcome(on(Verb::Delete, "a")), Outcome::Ok);
  EXPECT_EQ(stored("a").meta.deletion, kNow + 30_s);
  EXPECT_EQ(stored("a").meta.deletion_grace, 30_s);
  ApiCall now = on(Verb::Delete, "a");
  now.grace = Duration{};
  EXPECT_EQ(outcome(now), Outcome::Ok);
  EXPECT_EQ(server_.find({api::Kind::Pod, "default", "a"}), nullptr);
}

TEST_F(ApiServerTest, ASecondDeleteShortensTheGraceAndNeverLengthensIt) {
  (void)handle(create(pod("a", "h1")));
  ApiCall call = on(Verb::Delete, "a");
  call.grace = 10_s;
  (void)handle(call);
  call.grace = 60_s;
  EXPECT_TRUE(handle(call).writes.empty());
  EXPECT_EQ(stored("a").meta.deletion_grace, 10_s);
  call.grace = 3_s;
  (void)handle(call);
  EXPECT_EQ(stored("a").meta.deletion_grace, 3_s);
}

TEST_F(ApiServerTest, DeletingAnUnscheduledPodRemovesItAtOnce) {
  (void)handle(create(pod("a")));
  EXPECT_EQ(outcome(on(Verb::Delete, "a")), Outcome::Ok);
  EXPECT_EQ(server_.find({api::Kind::Pod, "default", "a"}), nullptr);
  EXPECT_EQ(outcome(on(Verb::Delete, "a")), Outcome::NotFound);
}

TEST_F(ApiServerTest, DeleteWithAnotherUidConflicts) {
  (void)handle(create(pod("a")));
  ApiCall call = on(Verb::Delete, "a");
  call.uid = "an earlier pod of that name";
  EXPECT_EQ(outcome(call), Outcome::Conflict);
  EXPECT_NE(server_.find(call.key), nullptr);
}

TEST_F(ApiServerTest, BindIsDoneOnceAndOnlyOnPodsThatStay) {
  (void)handle(create(pod("a")));
  ApiCall bind = on(Verb::Bind, "a");
  bind.node_name = "h1";
  EXPECT_EQ(outcome(bind), Outcome::Ok);
  EXPECT_EQ(stored("a").spec.node_name, "h1");
  EXPECT_NE(api::find_condition(stored("a").status.conditions, "PodScheduled"), nullptr);
  bind.node_name = "h2";
  EXPECT_EQ(outcome(bind), Outcome::Conflict);
  EXPECT_EQ(stored("a").spec.node_name, "h1");
}

TEST_F(ApiServerTest, AWatchSeesWritesAfterItsVersionInOrder) {
  (void)handle(create(pod("a")));
  ApiCall watch = on(Verb::Watch, "");
  watch.resource_version = 0;
  const Handled begun = handle(watch, 9);
  ASSERT_EQ(begun.deliveries.size(), 1U);  // what happened since version 0
  EXPECT_EQ(begun.deliveries[0].event.kind, EventKind::WatchEvent);
  EXPECT_EQ(begun.deliveries[0].event.id, 9U);
  const Handled next = handle(create(pod("b")));
  ASSERT_EQ(next.deliveries.size(), 2U);
  EXPECT_EQ(next.deliveries[0].event.kind, EventKind::ApiReply);
  EXPECT_EQ(next.deliveries[1].event.kind, EventKind::WatchEvent);
}

TEST_F(ApiServerTest, AWatchFromBeforeTheHistoryIsExpired) {
  for (std::size_t i = 0; i < StoreConfig{}.watch_history + 10; ++i) {
    (void)handle(create(pod("p" + std::to_string(i))));
  }
  ApiCall watch = on(Verb::Watch, "");
  watch.resource_version = 3;
  const Handled refused = handle(watch);
  ASSERT_EQ(refused.deliveries.size(), 1U);
  EXPECT_EQ(refused.deliveries[0].event.kind, EventKind::WatchClosed);
  EXPECT_EQ(refused.deliveries[0].event.outcome, Outcome::Expired);
}

TEST_F(ApiServerTest, ANodesWatchSeesAPodAppearWhenItIsBound) {
  ApiCall watch = on(Verb::Watch, "");
  watch.node_name = "h1";
  (void)handle(watch, 4);
  EXPECT_EQ(handle(create(pod("a"))).deliveries.size(), 1U);  // the reply alone
  ApiCall bind = on(Verb::Bind, "a");
  bind.node_name = "h1";
  const Handled bound = handle(bind);
  ASSERT_EQ(bound.deliveries.size(), 2U);
  const auto& delta = std::get<ports::WatchDelta>(*bound.deliveries[1].event.body);
  EXPECT_EQ(delta.kind, ports::DeltaKind::Added);
  ApiCall other = on(Verb::List, "");
  other.node_name = "h2";
  EXPECT_TRUE(std::get<ports::ApiList>(*handle(other).deliveries[0].event.body).objects.empty());
}

TEST_F(ApiServerTest, NobodyIsToldAfterUnwatchOrDisconnect) {
  (void)handle(on(Verb::Watch, ""), 4);
  (void)handle(on(Verb::Unwatch, ""), 4);
  EXPECT_EQ(handle(create(pod("a"))).deliveries.size(), 1U);
  (void)handle(on(Verb::Watch, ""), 5);
  server_.disconnect(kClient);
  EXPECT_EQ(handle(create(pod("b"))).deliveries.size(), 1U);
}

TEST_F(ApiServerTest, RestoresWhatItHeld) {
  (void)handle(create(pod("a", "h1")));
  (void)handle(create(pod("b")));
  ApiServer again{1};
  again.restore(server_.objects(), server_.resource_version());
  EXPECT_EQ(again.resource_version(), 2U);
  EXPECT_EQ(*again.find({api::Kind::Pod, "default", "a"}), *server_.objects().front());
  ApiCall watch = on(Verb::Watch, "");
  watch.resource_version = 1;  // The history is gone with the process.
  EXPECT_EQ(again.handle(kClient, kOwner, 1, watch, kNow, 0).deliveries[0].event.outcome,
            Outcome::Expired);
  watch.resource_version = 2;
  EXPECT_TRUE(again.handle(kClient, kOwner, 1, watch, kNow, 0).deliveries.empty());
}

}  // namespace
}  // namespace orrery::store
