/// @file
/// What every adapter of ports::ApiClient promises, as one suite.
///
/// Instantiate with a world type, one fresh API server per world, that has
///   ports::ApiClient& client();                       // of one client process
///   void attach(ports::OwnerId, ports::Component&);   // before run
///   bool run(std::function<bool()> done);             // lets time pass until done; false: gave up
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/ports/api_client.h"

namespace orrery::ports_suite {

struct ApiListener : ports::Component {
  std::vector<ports::Event> events;
  bool inside_call = false;

  void on_event(const ports::Event& event) override {
    EXPECT_FALSE(inside_call) << "answered from inside the call";
    events.push_back(event);
  }
};

template <class World>
class ApiClientSuite : public testing::Test {
 protected:
  static constexpr ports::OwnerId kOwner{40};
  ApiClientSuite() { world_.attach(kOwner, listener_); }

  void send(ports::CallId id, ports::ApiCall call) {
    listener_.inside_call = true;
    world_.client().call(kOwner, id, std::move(call));
    listener_.inside_call = false;
  }
  /// Waits for `count` events in all; fails the test if they do not come.
  void wait_for(std::size_t count) {
    ASSERT_TRUE(world_.run([&] { return listener_.events.size() >= count; }))
        << listener_.events.size() << " of " << count << " events came";
  }
  /// Sends a call and returns its reply, which must be the next event.
  ports::Event ask(ports::ApiCall call) {
    const ports::CallId id = next_id_++;
    const std::size_t before = listener_.events.size();
    send(id, std::move(call));
    wait_for(before + 1);
    if (listener_.events.size() <= before) return {};
    EXPECT_EQ(listener_.events[before].kind, ports::EventKind::ApiReply);
    EXPECT_EQ(listener_.events[before].id, id);
    return listener_.events[before];
  }

  static ports::ApiCall call(ports::Verb verb, const std::string& name = {}) {
    ports::ApiCall c;
    c.verb = verb;
    c.key = {api::Kind::ConfigMap, "default", name};
    return c;
  }
  static ports::ApiCall create(const std::string& name, const std::string& value = "1") {
    api::ConfigMap map;
    map.meta.name = name;
    map.meta.namespace_name = "default";
    map.data["key"] = value;
    ports::ApiCall c = call(ports::Verb::Create, name);
    c.object = std::make_shared<const api::Object>(std::move(map));
    return c;
  }
  static ports::ApiCall update(const api::ObjectPtr& from, const std::string& value) {
    api::ConfigMap map = std::get<api::ConfigMap>(*from);
    map.data["key"] = value;
    ports::ApiCall c = call(ports::Verb::Update, map.meta.name);
    c.resource_version = map.meta.resource_version;
    c.object = std::make_shared<const api::Object>(std::move(map));
    return c;
  }
  static api::ObjectPtr object_of(const ports::Event& event) {
    if (event.body == nullptr) return nullptr;
    if (const auto* delta = std::get_if<ports::WatchDelta>(event.body.get())) return delta->object;
    return std::get<ports::ApiObject>(*event.body).object;
  }
  static std::string value_of(const ports::Event& event) {
    return std::get<api::ConfigMap>(*object_of(event)).data.at("key");
  }

  World world_;
  ApiListener listener_;
  ports::CallId next_id_ = 1000;
};

TYPED_TEST_SUITE_P(ApiClientSuite);

TYPED_TEST_P(ApiClientSuite, ACreatedObjectComesBackWithWhatTheServerSets) {
  const ports::Event reply = this->ask(this->create("a"));
  ASSERT_EQ(reply.outcome, ports::Outcome::Ok);
  const api::ObjectMeta& meta = api::meta_of(*this->object_of(reply));
  EXPECT_EQ(meta.name, "a");
  EXPECT_FALSE(meta.uid.empty());
  EXPECT_GT(meta.resource_version, 0U);
  EXPECT_EQ(this->value_of(this->ask(this->call(ports::Verb::Get, "a"))), "1");
}

TYPED_TEST_P(ApiClientSuite, WhatCannotBeDoneIsAnOutcome) {
  using ports::Outcome;
  using ports::Verb;
  const ports::Event first = this->ask(this->create("a"));
  EXPECT_EQ(this->ask(this->create("a")).outcome, Outcome::AlreadyExists);
  EXPECT_EQ(this->ask(this->call(Verb::Get, "b")).outcome, Outcome::NotFound);
  EXPECT_EQ(this->ask(this->call(Verb::Delete, "b")).outcome, Outcome::NotFound);
  EXPECT_EQ(this->ask(this->call(Verb::Create, "c")).outcome, Outcome::Invalid);
  EXPECT_EQ(this->ask(this->update(this->object_of(first), "2")).outcome, Outcome::Ok);
  EXPECT_EQ(this->ask(this->update(this->object_of(first), "3")).outcome, Outcome::Conflict);
}

TYPED_TEST_P(ApiClientSuite, EveryCallGetsExactlyOneReplyInTheOrderOfTheCalls) {
  for (ports::CallId id = 1; id <= 100; ++id) {
    this->send(id, this->create("n" + std::to_string(id % 60)));
  }
  this->wait_for(100);
  ASSERT_EQ(this->ask(this->call(ports::Verb::Get, "n1")).outcome, ports::Outcome::Ok);
  ASSERT_EQ(this->listener_.events.size(), 101U);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(this->listener_.events[i].id, i + 1);
    EXPECT_EQ(this->listener_.events[i].outcome,
              i < 60 ? ports::Outcome::Ok : ports::Outcome::AlreadyExists);
  }
}

TYPED_TEST_P(ApiClientSuite, AListShowsEverythingAndAWatchWhatComesAfterIt) {
  this->ask(this->create("a"));
  const ports::Event reply = this->ask(this->call(ports::Verb::List));
  ASSERT_EQ(reply.outcome, ports::Outcome::Ok);
  const auto list = std::get<ports::ApiList>(*reply.body);
  ASSERT_EQ(list.objects.size(), 1U);
  // Between list and watch: not lost.
  const ports::Event b = this->ask(this->create("b"));

  ports::ApiCall watch = this->call(ports::Verb::Watch);
  watch.resource_version = list.resource_version;
  const std::size_t before = this->listener_.events.size();
  this->send(1, std::move(watch));
  this->send(2, this->update(this->object_of(b), "2"));
  this->send(3, this->call(ports::Verb::Delete, "a"));
  this->wait_for(before + 5);
  std::vector<std::pair<ports::DeltaKind, std::string>> seen;
  for (std::size_t i = before; i < this->listener_.events.size(); ++i) {
    const ports::Event& event = this->listener_.events[i];
    if (event.kind != ports::EventKind::WatchEvent) continue;
    EXPECT_EQ(event.id, 1U);
    seen.emplace_back(std::get<ports::WatchDelta>(*event.body).kind,
                      api::meta_of(*this->object_of(event)).name);
  }
  EXPECT_EQ(seen, (std::vector<std::pair<ports::DeltaKind, std::string>>{
                      {ports::DeltaKind::Added, "b"},
                      {ports::DeltaKind::Modified, "b"},
                      {ports::DeltaKind::Deleted, "a"}}));
}

TYPED_TEST_P(ApiClientSuite, AnEndedWatchSaysNothingMore) {
  ports::ApiCall watch = this->call(ports::Verb::Watch);
  this->send(1, watch);
  this->send(2, this->create("a"));
  this->wait_for(2);
  this->send(1, this->call(ports::Verb::Unwatch));
  this->ask(this->create("b"));
  this->ask(this->create("c"));
  for (std::size_t i = 2; i < this->listener_.events.size(); ++i) {
    EXPECT_EQ(this->listener_.events[i].kind, ports::EventKind::ApiReply);
  }
}

TYPED_TEST_P(ApiClientSuite, AWatchFromAnImpossibleVersionIsClosedAsExpired) {
  ports::ApiCall watch = this->call(ports::Verb::Watch);
  watch.resource_version = 1'000'000;
  this->send(1, std::move(watch));
  this->wait_for(1);
  EXPECT_EQ(this->listener_.events[0].kind, ports::EventKind::WatchClosed);
  EXPECT_EQ(this->listener_.events[0].outcome, ports::Outcome::Expired);
  EXPECT_EQ(this->listener_.events[0].id, 1U);
}

TYPED_TEST_P(ApiClientSuite, APodIsBoundOnceAndOnlyItsOwnVersionIsDeleted) {
  api::Pod pod;
  pod.meta.name = "p";
  pod.meta.namespace_name = "default";
  pod.spec.containers.emplace_back().name = "c";
  pod.spec.containers.back().image = "i";
  ports::ApiCall create;
  create.verb = ports::Verb::Create;
  create.key = {api::Kind::Pod, "default", "p"};
  create.object = std::make_shared<const api::Object>(pod);
  const std::string uid = api::meta_of(*this->object_of(this->ask(create))).uid;

  ports::ApiCall bind;
  bind.verb = ports::Verb::Bind;
  bind.key = create.key;
  bind.node_name = "h1";
  const ports::Event bound = this->ask(bind);
  ASSERT_EQ(bound.outcome, ports::Outcome::Ok);
  EXPECT_EQ(std::get<api::Pod>(*this->object_of(bound)).spec.node_name, "h1");
  EXPECT_EQ(this->ask(bind).outcome, ports::Outcome::Conflict);

  ports::ApiCall remove;
  remove.verb = ports::Verb::Delete;
  remove.key = create.key;
  remove.grace = Duration{};
  remove.uid = "another";
  EXPECT_EQ(this->ask(remove).outcome, ports::Outcome::Conflict);
  remove.uid = uid;
  EXPECT_EQ(this->ask(remove).outcome, ports::Outcome::Ok);
  EXPECT_EQ(this->ask(remove).outcome, ports::Outcome::NotFound);
}

TYPED_TEST_P(ApiClientSuite, LabelAndFieldSelectorsNarrowListsAndWatches) {
  const auto labelled = [&](const std::string& name, const std::string& tier) {
    ports::ApiCall c = this->create(name);
    auto map = std::get<api::ConfigMap>(*c.object);
    if (!tier.empty()) map.meta.labels["tier"] = tier;
    c.object = std::make_shared<const api::Object>(std::move(map));
    return c;
  };
  for (const auto& [name, tier] : {std::pair{"a", "web"}, {"b", "db"}, {"c", ""}}) {
    ASSERT_EQ(this->ask(labelled(name, tier)).outcome, ports::Outcome::Ok);
  }
  const auto names = [&](const ports::ApiCall& list) {
    std::string all;
    const ports::Event reply = this->ask(list);
    if (reply.body == nullptr) return std::string{"none"};
    for (const auto& object : std::get<ports::ApiList>(*reply.body).objects) {
      all += api::meta_of(*object).name;
    }
    return all;
  };
  using Operator = api::SelectorRequirement::Operator;
  ports::ApiCall list = this->call(ports::Verb::List);
  list.label_selector.match_labels["tier"] = "db";
  EXPECT_EQ(names(list), "b");
  list.label_selector = {{}, {{"tier", Operator::NotIn, {"db"}}}};
  EXPECT_EQ(names(list), "ac");
  list.label_selector = {};
  list.field_selector = {{"metadata.name", "a", false}};
  EXPECT_EQ(names(list), "bc");
  list.field_selector = {{"metadata.name", "c", true}};
  EXPECT_EQ(names(list), "c");
  list.field_selector = {{"spec.paused", "true", true}};
  EXPECT_EQ(this->ask(list).outcome, ports::Outcome::Invalid);

  ports::ApiCall watch = this->call(ports::Verb::Watch);
  watch.label_selector.match_labels["tier"] = "web";
  watch.resource_version =
      api::meta_of(*this->object_of(this->ask(this->call(ports::Verb::Get, "c")))).resource_version;
  const std::size_t before = this->listener_.events.size();
  this->send(1, std::move(watch));
  const auto relabel = [&](ports::CallId id, const std::string& name, const std::string& tier) {
    ports::ApiCall c = labelled(name, tier);
    c.verb = ports::Verb::Update;
    this->send(id, std::move(c));
  };
  relabel(2, "a", "db");   // Leaves what is watched.
  relabel(3, "c", "web");  // Enters it.
  relabel(4, "b", "");     // Was never in it.
  this->wait_for(before + 5);
  std::vector<std::pair<ports::DeltaKind, std::string>> seen;
  for (std::size_t i = before; i < this->listener_.events.size(); ++i) {
    const ports::Event& event = this->listener_.events[i];
    if (event.kind != ports::EventKind::WatchEvent) continue;
    seen.emplace_back(std::get<ports::WatchDelta>(*event.body).kind,
                      api::meta_of(*this->object_of(event)).name);
  }
  EXPECT_EQ(seen, (std::vector<std::pair<ports::DeltaKind, std::string>>{
                      {ports::DeltaKind::Deleted, "a"}, {ports::DeltaKind::Added, "c"}}));
}

TYPED_TEST_P(ApiClientSuite, AQuietWatchIsToldTheVersionToResumeFrom) {
  ports::ApiCall watch = this->call(ports::Verb::Watch, "quiet");
  watch.bookmarks = true;
  this->send(1, watch);
  std::uint64_t told = 0;
  std::uint64_t written = 0;
  for (int i = 0; i < 10'000 && told == 0; ++i) {
    const std::size_t from = this->listener_.events.size();
    this->send(10 + static_cast<ports::CallId>(i), this->create("n" + std::to_string(i)));
    this->wait_for(from + 1);
    for (std::size_t k = from; k < this->listener_.events.size(); ++k) {
      const ports::Event& event = this->listener_.events[k];
      if (event.kind == ports::EventKind::ApiReply) {
        written = api::meta_of(*this->object_of(event)).resource_version;
        continue;
      }
      const auto& delta = std::get<ports::WatchDelta>(*event.body);
      EXPECT_EQ(event.id, 1U);
      EXPECT_EQ(delta.kind, ports::DeltaKind::Bookmark);
      EXPECT_EQ(delta.object, nullptr);
      told = delta.resource_version;
    }
  }
  EXPECT_GT(told, 0U);
  EXPECT_LE(told, written);
}

TYPED_TEST_P(ApiClientSuite, AnEvictedPodIsDeletedUnlessItIsAnother) {
  api::Pod pod;
  pod.meta.name = "p";
  pod.meta.namespace_name = "default";
  pod.spec.containers.emplace_back().name = "c";
  pod.spec.containers.back().image = "i";
  ports::ApiCall create;
  create.verb = ports::Verb::Create;
  create.key = {api::Kind::Pod, "default", "p"};
  create.object = std::make_shared<const api::Object>(pod);
  const std::string uid = api::meta_of(*this->object_of(this->ask(create))).uid;
  ports::ApiCall evict;
  evict.verb = ports::Verb::Evict;
  evict.key = create.key;
  evict.uid = "another";
  EXPECT_EQ(this->ask(evict).outcome, ports::Outcome::Conflict);
  evict.uid = uid;
  EXPECT_EQ(this->ask(evict).outcome, ports::Outcome::Ok);
  EXPECT_EQ(this->ask(evict).outcome, ports::Outcome::NotFound);
}

TYPED_TEST_P(ApiClientSuite, ADeletionSaysWhatBecomesOfDependents) {
  this->ask(this->create("background"));
  this->ask(this->create("foreground"));
  this->ask(this->create("orphan"));
  const auto remove = [&](const std::string& name, ports::Propagation propagation) {
    ports::ApiCall c = this->call(ports::Verb::Delete, name);
    c.propagation = propagation;
    EXPECT_EQ(this->ask(c).outcome, ports::Outcome::Ok);
    const ports::Event found = this->ask(this->call(ports::Verb::Get, name));
    if (found.outcome != ports::Outcome::Ok) return std::string{"gone"};
    const api::ObjectMeta& meta = api::meta_of(*this->object_of(found));
    return meta.deletion && !meta.finalizers.empty() ? meta.finalizers.front() : "kept";
  };
  EXPECT_EQ(remove("background", ports::Propagation::Background), "gone");
  EXPECT_EQ(remove("foreground", ports::Propagation::Foreground), "foregroundDeletion");
  EXPECT_EQ(remove("orphan", ports::Propagation::Orphan), "orphan");
}

TYPED_TEST_P(ApiClientSuite, ARefusalSaysWhy) {
  api::Pod pod;
  pod.meta.name = "p";
  pod.meta.namespace_name = "default";
  pod.spec.priority_class_name = "nobody-made-it";
  pod.spec.containers.emplace_back().name = "c";
  pod.spec.containers.back().image = "i";
  ports::ApiCall create;
  create.verb = ports::Verb::Create;
  create.key = {api::Kind::Pod, "default", "p"};
  create.object = std::make_shared<const api::Object>(pod);
  const ports::Event reply = this->ask(create);
  ASSERT_EQ(reply.outcome, ports::Outcome::Refused);
  ASSERT_NE(reply.body, nullptr);
  EXPECT_NE(std::get<ports::ApiObject>(*reply.body).message.find("nobody-made-it"),
            std::string::npos);
}

REGISTER_TYPED_TEST_SUITE_P(
    ApiClientSuite, ACreatedObjectComesBackWithWhatTheServerSets, WhatCannotBeDoneIsAnOutcome,
    EveryCallGetsExactlyOneReplyInTheOrderOfTheCalls, AListShowsEverythingAndAWatchWhatComesAfterIt,
    AnEndedWatchSaysNothingMore, AWatchFromAnImpossibleVersionIsClosedAsExpired,
    APodIsBoundOnceAndOnlyItsOwnVersionIsDeleted, LabelAndFieldSelectorsNarrowListsAndWatches,
    AQuietWatchIsToldTheVersionToResumeFrom, AnEvictedPodIsDeletedUnlessItIsAnother,
    ADeletionSaysWhatBecomesOfDependents, ARefusalSaysWhy);

}  // namespace orrery::ports_suite
