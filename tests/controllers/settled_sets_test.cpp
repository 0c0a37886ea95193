// A ReplicaSet that has what it wants is not gone through again for every change of its pods: but
// whatever it looks at makes it look again.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/controllers/hosted_replicas.h"

namespace orrery::controllers {
namespace {

class StoppedClock final : public ports::Executor {
 public:
  [[nodiscard]] Instant now() const override { return Instant::at(1_s); }
  ports::TimerId create_timer(ports::OwnerId /*owner*/, std::uint64_t /*id*/) override {
    return {};
  }
  void arm(ports::TimerId /*timer*/, Instant /*when*/) override {}
  void disarm(ports::TimerId /*timer*/) override {}
  void destroy_timer(ports::TimerId /*timer*/) override {}
};

class LastCall final : public ports::ApiClient {
 public:
  ports::CallId id = 0;
  void call(ports::OwnerId /*owner*/, ports::CallId call_id, ports::ApiCall /*call*/) override {
    id = call_id;
  }
};

/// A set with two pods, both Ready, whose status says so.
class SettledSet : public testing::Test {
 protected:
  void SetUp() override {
    set.meta.name = "web";
    set.meta.namespace_name = "default";
    set.meta.uid = "set-uid";
    set.spec.replicas = 2;
    set.spec.selector.match_labels = {{"app", "web"}};
    set.spec.pod_template.labels = {{"app", "web"}};
    set.status.replicas = set.status.fully_labeled_replicas = 2;
    set.status.ready_replicas = set.status.available_replicas = 2;
    fill(caches.replica_sets, {set});
    fill(caches.pods, {pod("web-a"), pod("web-b")});
    ASSERT_TRUE(look().batches.empty());
  }

  api::Pod pod(const std::string& name) const {
    api::Pod made;
    made.meta.name = name;
    made.meta.namespace_name = "default";
    made.meta.uid = name + "-uid";
    made.meta.labels = {{"app", "web"}};
    made.meta.owners = {controller_reference(api::Kind::ReplicaSet, set.meta)};
    made.status.phase = api::PodPhase::Running;
    made.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", {}, {}}};
    return made;
  }

  void fill(Informer& informer, std::vector<api::Object> objects) {
    informer.start();
    open_call[&informer] = api.id;
    ports::ApiList list;
    for (api::Object& object : objects) {
      list.objects.push_back(std::make_shared<const api::Object>(std::move(object)));
    }
    tell(informer, ports::EventKind::ApiReply, ports::EventBody{std::move(list)});
  }

  void tell(Informer& informer, ports::EventKind kind, ports::EventBody body) {
    const ports::Event event{.kind = kind,
                             .id = open_call[&informer],
                             .body = std::make_shared<const ports::EventBody>(std::move(body))};
    for (const Change& change : informer.on_event(event)) {
      controller.observe(change, queue, clock.now());
    }
    if (kind == ports::EventKind::ApiReply) open_call[&informer] = api.id;
  }

  void change(api::Object to) {
    Informer& informer = api::kind_of(to) == api::Kind::Pod ? caches.pods : caches.replica_sets;
    ports::WatchDelta delta{ports::DeltaKind::Modified,
                            std::make_shared<const api::Object>(std::move(to))};
    tell(informer, ports::EventKind::WatchEvent, ports::EventBody{std::move(delta)});
  }

  Plan look() {
    return controller.reconcile({api::Kind::ReplicaSet, "default", "web"}, std::nullopt,
                                clock.now());
  }

  StoppedClock clock;
  LastCall api;
  std::map<const Informer*, ports::CallId> open_call;
  Caches caches{{clock, api, ports::OwnerId{1}}, {}};
  ReplicaSetController controller{caches, {}};
  WorkQueue queue{{}};
  api::ReplicaSet set;
};

TEST_F(SettledSet, FollowsAPodThatIsNoLongerReady) {
  api::Pod sick = pod("web-a");
  sick.status.conditions[0].status = api::ConditionStatus::False;
  change(sick);
  ASSERT_EQ(look().batches.size(), 1U);
}

TEST_F(SettledSet, CountsPodsThatBecomeReadyOrCeaseToBe) {
  const auto told = [&] {
    const Plan plan = look();
    return std::get<api::ReplicaSet>(*plan.batches.at(0).at(0).object).status;
  };
  for (const char* name : {"web-a", "web-b"}) {
    api::Pod sick = pod(name);
    sick.status.conditions[0].status = api::ConditionStatus::False;
    change(sick);
  }
  EXPECT_EQ(told().ready_replicas, 0);
  change(pod("web-b"));
  EXPECT_EQ(told().ready_replicas, 1);
  EXPECT_EQ(told().available_replicas, 1);
  EXPECT_EQ(told().replicas, 2);
  change(pod("web-a"));
  EXPECT_TRUE(look().batches.empty());
}

TEST_F(SettledSet, DoesNotCountAReadyPodThatIsToEnd) {
  api::Pod going = pod("web-a");
  going.meta.deletion = Instant::at(31_s);
  change(going);
  change(pod("web-c"));
  EXPECT_TRUE(look().batches.empty());
  going.status.conditions[0].status = api::ConditionStatus::False;
  change(going);
  EXPECT_TRUE(look().batches.empty());
}

TEST_F(SettledSet, CountsAgainWhenItsStatusWasTold) {
  api::ReplicaSet told = set;
  told.status.ready_replicas = told.status.available_replicas = 1;
  told.meta.resource_version = 7;
  change(told);
  const Plan plan = look();
  const auto& status = std::get<api::ReplicaSet>(*plan.batches.at(0).at(0).object).status;
  EXPECT_EQ(status.ready_replicas, 2);
}

TEST_F(SettledSet, LooksAtEveryPodWhenItWaitsForThemToStayReady) {
  api::ReplicaSet slow = set;
  slow.spec.min_ready = 500_ms;
  slow.meta.generation = 2;
  change(slow);
  EXPECT_FALSE(look().look_again_after.has_value());
  api::Pod late = pod("web-a");
  late.status.conditions[0].last_transition = clock.now();
  change(late);
  EXPECT_TRUE(look().look_again_after.has_value());
}

TEST_F(SettledSet, ReplacesAPodThatEndsOrIsToEnd) {
  api::Pod over = pod("web-a");
  over.status.phase = api::PodPhase::Failed;
  change(over);
  EXPECT_EQ(look().batches.at(0).at(0).verb, ports::Verb::Create);
  api::Pod going = pod("web-a");
  going.meta.deletion = Instant::at(31_s);
  change(going);
  EXPECT_EQ(look().batches.at(0).at(0).verb, ports::Verb::Create);
}

TEST_F(SettledSet, ReleasesAPodWhoseLabelsChange) {
  api::Pod other = pod("web-b");
  other.meta.labels = {{"app", "debug"}};
  change(other);
  EXPECT_EQ(look().batches.at(0).at(0).verb, ports::Verb::Update);
}

TEST_F(SettledSet, AdoptsAnOrphanThatMatches) {
  api::Pod orphan = pod("stray");
  orphan.meta.owners.clear();
  change(orphan);
  EXPECT_EQ(look().batches.at(0).at(0).verb, ports::Verb::Update);
}

TEST_F(SettledSet, FollowsItsOwnSize) {
  api::ReplicaSet more = set;
  more.spec.replicas = 3;
  fill(caches.replica_sets, {});
  fill(caches.replica_sets, {more});
  EXPECT_EQ(look().batches.at(0).at(0).verb, ports::Verb::Create);
}

TEST_F(SettledSet, HasNothingToDoWhenAPodIsOnlyTouched) {
  api::Pod touched = pod("web-a");
  touched.meta.annotations = {{"note", "seen"}};
  touched.meta.resource_version = 9;
  change(touched);
  EXPECT_TRUE(look().batches.empty());
}

using PodCache = SettledSet;

TEST_F(PodCache, KnowsThePodsOfANamespaceThatHaveAnAddress) {
  const auto at = [&](const std::string& name, const std::string& address) {
    api::Pod made = pod(name);
    made.status.pod_ip = address;
    change(made);
  };
  const auto names = [&] {
    std::vector<std::string> found;
    for (const api::Pod* one : caches.pods.addressed_in("default")) found.push_back(one->meta.name);
    return found;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(), Names{});
  at("web-b", "10.0.0.2");
  at("web-c", "");
  at("web-a", "10.0.0.1");
  EXPECT_EQ(names(), (Names{"web-a", "web-b"})) << "by name";
  EXPECT_TRUE(caches.pods.addressed_in("other").empty());
  at("web-b", "10.0.0.9");
  EXPECT_EQ(caches.pods.addressed_in("default").at(1)->status.pod_ip, "10.0.0.9");
  at("web-a", "");
  EXPECT_EQ(names(), Names{"web-b"});
  ports::WatchDelta gone{ports::DeltaKind::Deleted,
                         std::make_shared<const api::Object>(pod("web-b"))};
  tell(caches.pods, ports::EventKind::WatchEvent, ports::EventBody{std::move(gone)});
  EXPECT_EQ(names(), Names{});
}

}  // namespace
}  // namespace orrery::controllers
