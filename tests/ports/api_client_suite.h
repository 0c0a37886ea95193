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

REGISTER_TYPED_TEST_SUITE_P(ApiClientSuite, ACreatedObjectComesBackWithWhatTheServerSets,
                            WhatCannotBeDoneIsAnOutcome,
                            EveryCallGetsExactlyOneReplyInTheOrderOfTheCalls,
                            AListShowsEverythingAndAWatchWhatComesAfterIt,
                            AnEndedWatchSaysNothingMore,
                            AWatchFromAnImpossibleVersionIsClosedAsExpired,
                            APodIsBoundOnceAndOnlyItsOwnVersionIsDeleted);

}  // namespace orrery::ports_suite
