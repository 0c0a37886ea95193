#include "runner/session/own_writes.h"

#include <gtest/gtest.h>

#include "models/api/objects.h"

namespace orrery::session {
namespace {

const api::ObjectKey kWeb{api::Kind::Deployment, "shop", "web"};

api::ObjectPtr deployment(std::uint64_t version, bool goes = false) {
  api::Deployment made;
  made.meta.namespace_name = "shop";
  made.meta.name = "web";
  made.meta.resource_version = version;
  if (goes) made.meta.deletion.emplace();
  return std::make_shared<const api::Object>(std::move(made));
}

ports::ApiCall call(ports::Verb verb) {
  ports::ApiCall made;
  made.verb = verb;
  made.key = kWeb;
  return made;
}

ports::Event answer(ports::Outcome outcome, const api::ObjectPtr& object) {
  ports::Event made;
  made.kind = ports::EventKind::ApiReply;
  made.outcome = outcome;
  if (object != nullptr) {
    made.body = std::make_shared<const ports::EventBody>(ports::ApiObject{object});
  }
  return made;
}

TEST(OwnWrites, AreKnownByTheVersionThatTheyMade) {
  OwnWrites own;
  own.done(call(ports::Verb::Update), answer(ports::Outcome::Ok, deployment(7)), 3);
  EXPECT_EQ(own.cause_of({deployment(5), deployment(6)}), 0U) << "somebody else's, before";
  EXPECT_EQ(own.cause_of({deployment(6), deployment(7)}), 3U);
  EXPECT_EQ(own.cause_of({deployment(7), deployment(8)}), 0U) << "somebody else's, after it";
}

TEST(OwnWrites, ThatWereRefusedOrHadNoCauseAreNone) {
  OwnWrites own;
  own.done(call(ports::Verb::Update), answer(ports::Outcome::Conflict, deployment(7)), 3);
  own.done(call(ports::Verb::Delete), answer(ports::Outcome::NotFound, nullptr), 3);
  own.done(call(ports::Verb::Update), answer(ports::Outcome::Ok, deployment(8)), 0);
  EXPECT_EQ(own.cause_of({deployment(6), deployment(7)}), 0U);
  EXPECT_EQ(own.cause_of({deployment(7), deployment(8)}), 0U);
  EXPECT_EQ(own.cause_of({deployment(8), nullptr}), 0U);
}

TEST(OwnWrites, WhatIsDeletedGoesOrBeginsToBecauseOfIt) {
  OwnWrites own;
  own.done(call(ports::Verb::Delete), answer(ports::Outcome::Ok, deployment(7, true)), 4);
  EXPECT_EQ(own.cause_of({deployment(5), deployment(6)}), 0U) << "it stays for now";
  EXPECT_EQ(own.cause_of({deployment(6), deployment(7, true)}), 4U);
  own.done(call(ports::Verb::Evict), answer(ports::Outcome::Ok, nullptr), 9);
  EXPECT_EQ(own.cause_of({deployment(7), nullptr}), 9U);
}

}  // namespace
}  // namespace orrery::session
