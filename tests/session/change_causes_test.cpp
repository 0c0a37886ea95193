#include "runner/session/change_causes.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "models/api/objects.h"

namespace orrery::session {
namespace {

using Chain = std::vector<std::string>;

const api::ObjectKey kWeb{api::Kind::Deployment, "shop", "web"};

/// A cluster as a live session sees it: objects change one after the other.
class ChangeCausesTest : public testing::Test {
 protected:
  template <class T>
  void put(T object) {
    object.meta.namespace_name = std::is_same_v<T, api::Node> ? "" : "shop";
    object.meta.resource_version = ++version_;
    auto after = std::make_shared<const api::Object>(std::move(object));
    const api::ObjectKey key = api::key_of(*after);
    causes_.log(now_, {objects_[key], after});
    objects_[key] = std::move(after);
  }
  template <class T>
  T at(const char* name) {
    T wanted;
    wanted.meta.namespace_name = std::is_same_v<T, api::Node> ? "" : "shop";
    wanted.meta.name = name;
    const auto known = objects_.find(api::key_of(api::Object{wanted}));
    return known == objects_.end() ? wanted : std::get<T>(*known->second);
  }
  void remove(const api::ObjectKey& key) {
    causes_.log(now_, {objects_.at(key), nullptr});
    objects_.erase(key);
  }

  /// The timeline sets something of the Deployment, of which the session knows.
  void set(api::Deployment web) {
    const ports::CauseId asked = log_.append(now_, 0, "set", to_string(kWeb), "more");
    ++web.meta.generation;
    ports::ApiCall call;
    call.verb = ports::Verb::Update;
    call.key = kWeb;
    api::Deployment written = web;
    written.meta.namespace_name = "shop";
    written.meta.resource_version = version_ + 1;
    ports::Event answer;
    answer.kind = ports::EventKind::ApiReply;
    answer.body = std::make_shared<const ports::EventBody>(
        ports::ApiObject{std::make_shared<const api::Object>(std::move(written))});
    causes_.done(call, answer, asked);
    put(std::move(web));
  }
  void set_replicas(int replicas) {
    auto web = at<api::Deployment>("web");
    web.spec.replicas = replicas;
    set(std::move(web));
  }
  void set_template() {
    auto web = at<api::Deployment>("web");
    web.spec.pod_template.labels["version"] = "2";
    set(std::move(web));
  }
  void deployment() { put(at<api::Deployment>("web")); }
  void scale(const char* set_name, int replicas) {
    auto set = at<api::ReplicaSet>(set_name);
    set.meta.owners = {{api::Kind::Deployment, "web", "", true}};
    set.spec.replicas = replicas;
    ++set.meta.generation;
    put(std::move(set));
  }
  void set_status(const char* set_name, int ready) {
    auto set = at<api::ReplicaSet>(set_name);
    set.status.ready_replicas = ready;
    put(std::move(set));
  }
  void condition(const char* type, api::ConditionStatus status, const char* reason) {
    auto web = at<api::Deployment>("web");
    api::set_condition(web.status.conditions, type, status, reason, "", now_);
    put(std::move(web));
  }
  void create_pod(const char* name, const char* set_name) {
    auto pod = at<api::Pod>(name);
    pod.meta.owners = {{api::Kind::ReplicaSet, set_name, "", true}};
    put(std::move(pod));
  }
  void schedule(const char* name) {
    auto pod = at<api::Pod>(name);
    pod.spec.node_name = "h1";
    put(std::move(pod));
  }
  void set_ready(const char* name, bool ready) {
    auto pod = at<api::Pod>(name);
    const auto status = ready ? api::ConditionStatus::True : api::ConditionStatus::False;
    api::set_condition(pod.status.conditions, "Ready", status, "", "", now_);
    put(std::move(pod));
  }
  void end_pod(const char* name) {
    auto pod = at<api::Pod>(name);
    pod.meta.deletion = now_;
    pod.meta.deletion_grace = Duration::seconds(10);
    put(std::move(pod));
  }
  void node(bool ready) {
    auto h1 = at<api::Node>("h1");
    const auto status = ready ? api::ConditionStatus::True : api::ConditionStatus::Unknown;
    api::set_condition(h1.status.conditions, "Ready", status, "", "", now_);
    put(std::move(h1));
  }
  /// A Deployment of one pod, which is ready.
  void one_pod() {
    deployment();
    scale("web-1", 1);
    create_pod("web-1-a", "web-1");
    schedule("web-1-a");
    set_ready("web-1-a", true);
    set_status("web-1", 1);
  }

  /// From the origin to the record that came last: "created Pod/shop/web-1-a".
  [[nodiscard]] Chain last_chain() const {
    Chain chain;
    const auto& records = log_.records();
    for (ports::CauseId id = records.size(); id != 0; id = records[id - 1].cause) {
      const std::string& subject = records[id - 1].subject;
      chain.insert(chain.begin(),
                   records[id - 1].what + " " + subject.substr(subject.rfind('/') + 1));
    }
    return chain;
  }

  Instant now_;
  std::uint64_t version_ = 0;
  std::map<api::ObjectKey, api::ObjectPtr> objects_;
  recording::EventLog log_;
  StruckPods struck_;
  ChangeCauses causes_{log_, struck_};
};

TEST_F(ChangeCausesTest, PodsOfAScalingLeadBackToWhoeverAskedForIt) {
  one_pod();
  set_replicas(2);
  scale("web-1", 2);
  create_pod("web-1-b", "web-1");
  EXPECT_EQ(last_chain(),
            (Chain{"set web", "spec-changed web", "scaled web-1", "created web-1-b"}));
  schedule("web-1-b");
  set_ready("web-1-b", true);
  EXPECT_EQ(last_chain(), (Chain{"set web", "spec-changed web", "scaled web-1", "created web-1-b",
                                 "scheduled web-1-b", "ready web-1-b"}));
  set_replicas(1);
  scale("web-1", 1);
  end_pod("web-1-b");
  remove({api::Kind::Pod, "shop", "web-1-b"});
  EXPECT_EQ(last_chain(), (Chain{"set web", "spec-changed web", "scaled web-1",
                                 "terminating web-1-b", "deleted web-1-b"}));
}

TEST_F(ChangeCausesTest, AllPodsOfOneScalingComeOfItNotOfEachOther) {
  deployment();
  scale("web-1", 2);
  create_pod("web-1-a", "web-1");
  schedule("web-1-a");
  create_pod("web-1-b", "web-1");
  EXPECT_EQ(last_chain(), (Chain{"created web", "created web-1", "created web-1-b"}));
}

TEST_F(ChangeCausesTest, ARolloutGoesOnBecauseItsPodIsReady) {
  one_pod();
  set_template();
  scale("web-2", 1);
  create_pod("web-2-a", "web-2");
  schedule("web-2-a");
  set_ready("web-2-a", true);
  set_status("web-2", 1);
  scale("web-1", 0);
  end_pod("web-1-a");
  EXPECT_EQ(last_chain(),
            (Chain{"set web", "spec-changed web", "created web-2", "created web-2-a",
                   "scheduled web-2-a", "ready web-2-a", "scaled web-1", "terminating web-1-a"}));
}

TEST_F(ChangeCausesTest, ConditionsOfADeploymentComeOfItsPods) {
  one_pod();
  condition("Available", api::ConditionStatus::True, "MinimumReplicasAvailable");
  EXPECT_EQ(last_chain(), (Chain{"created web", "created web-1", "created web-1-a",
                                 "scheduled web-1-a", "ready web-1-a", "condition web"}));
  set_ready("web-1-a", false);
  set_status("web-1", 0);
  condition("Available", api::ConditionStatus::False, "MinimumReplicasUnavailable");
  EXPECT_EQ(last_chain(), (Chain{"not-ready web-1-a", "condition web"}))
      << "nothing is known of why it is not ready";
}

TEST_F(ChangeCausesTest, APodThatReplacesAnotherComesBecauseThatWent) {
  one_pod();
  const ports::CauseId fault = log_.append(now_, 0, "fault", "Pod/shop/web-1-a", "it: pod-kill");
  struck_.hit({api::Kind::Pod, "shop", "web-1-a"}, fault);
  end_pod("web-1-a");
  create_pod("web-1-b", "web-1");
  EXPECT_EQ(last_chain(), (Chain{"fault web-1-a", "terminating web-1-a", "created web-1-b"}));
}

TEST_F(ChangeCausesTest, AFaultLastsUntilThePodIsReady) {
  one_pod();
  const ports::CauseId fault = log_.append(now_, 0, "fault", "Pod/shop/web-1-a", "it: kill");
  struck_.hit({api::Kind::Pod, "shop", "web-1-a"}, fault);
  set_ready("web-1-a", false);
  EXPECT_EQ(last_chain(), (Chain{"fault web-1-a", "not-ready web-1-a"}));
  set_ready("web-1-a", true);
  EXPECT_EQ(last_chain(), (Chain{"fault web-1-a", "ready web-1-a"}));
  set_ready("web-1-a", false);
  EXPECT_EQ(last_chain(), (Chain{"not-ready web-1-a"}));
}

TEST_F(ChangeCausesTest, WhoeverIsMadeToGoByOthersDoesNotGoBecauseOfItsController) {
  one_pod();
  auto pod = at<api::Pod>("web-1-a");
  api::set_condition(pod.status.conditions, "DisruptionTarget", api::ConditionStatus::True,
                     "PreemptionByScheduler", "", now_);
  put(std::move(pod));
  end_pod("web-1-a");
  EXPECT_EQ(last_chain(), (Chain{"terminating web-1-a"}));
}

TEST_F(ChangeCausesTest, APodThatGoesBeforeItsScalingIsSeenHasNoCauseYet) {
  one_pod();
  end_pod("web-1-a");
  EXPECT_EQ(last_chain(), (Chain{"terminating web-1-a"})) << "not because it was ready";
}

TEST_F(ChangeCausesTest, OnALostNodePodsFailBecauseOfIt) {
  node(true);
  one_pod();
  node(false);
  EXPECT_EQ(last_chain(), (Chain{"not-ready h1"})) << "nothing it did before led to it";
  set_ready("web-1-a", false);
  EXPECT_EQ(last_chain(), (Chain{"not-ready h1", "not-ready web-1-a"}));
}

TEST_F(ChangeCausesTest, AnAutoscalerLeadsToWhatItScales) {
  one_pod();
  auto scaler = at<api::HorizontalPodAutoscaler>("scaler");
  scaler.spec.target_name = "web";
  put(std::move(scaler));
  auto web = at<api::Deployment>("web");
  web.spec.replicas = 2;
  ++web.meta.generation;
  put(std::move(web));
  scale("web-1", 2);
  EXPECT_EQ(last_chain(), (Chain{"created scaler", "spec-changed web", "scaled web-1"}));
}

TEST_F(ChangeCausesTest, EndpointsMoveWithTheirPod) {
  one_pod();
  api::EndpointSlice slice;
  slice.meta.name = "web-x";
  put(slice);
  slice.endpoints.emplace_back();
  slice.endpoints.back().address = "10.91.1.2";
  slice.endpoints.back().pod_name = "web-1-a";
  slice.endpoints.back().ready = true;
  put(slice);
  const Chain chain = last_chain();
  ASSERT_GE(chain.size(), 2U);
  EXPECT_EQ(chain[chain.size() - 2], "ready web-1-a");
  EXPECT_EQ(chain.back(), "endpoints web-x");
}

}  // namespace
}  // namespace orrery::session
