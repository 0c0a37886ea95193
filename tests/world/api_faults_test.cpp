// What goes wrong between simulated processes and the API server.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/world/sim_worlds.h"

namespace orrery::sim {
namespace {

using ports::Event;
using ports::EventKind;
using ports::Outcome;
using ports::Verb;

/// Keeps what came, and when.
struct Listener final : ports::Component {
  explicit Listener(const Kernel& clock) : kernel{clock} {}
  const Kernel& kernel;
  std::vector<std::pair<Instant, Event>> came;
  void on_event(const Event& event) override { came.emplace_back(kernel.now(), event); }
  [[nodiscard]] std::vector<std::pair<Instant, std::string>> seen() const {
    std::vector<std::pair<Instant, std::string>> names;
    for (const auto& [at, event] : came) {
      if (event.kind != EventKind::WatchEvent) continue;
      const auto& delta = std::get<ports::WatchDelta>(*event.body);
      if (delta.object != nullptr) names.emplace_back(at, api::meta_of(*delta.object).name);
    }
    return names;
  }
  [[nodiscard]] const Event* reply(ports::CallId id) const {
    for (const auto& [at, event] : came) {
      if (event.kind != EventKind::WatchEvent && event.id == id) return &event;
    }
    return nullptr;
  }
};

/// One client called "c" with a latency of 1 ms each way, which watches ConfigMaps.
struct ApiFaults : testing::Test {
  Kernel kernel;
  Dispatcher dispatcher{kernel};
  recording::EventLog log;
  SimApi api{kernel, dispatcher, log, 1, nullptr};
  ProcessId process = dispatcher.start_process();
  ports::OwnerId owner = dispatcher.add_owner(process);
  Listener listener{kernel};
  SimApiClient client{api, api.connect({1_ms, 1_ms}, "c")};

  ApiFaults() {
    dispatcher.attach(owner, listener);
    call(1, Verb::Watch);
    run(10_ms);
    listener.came.clear();
  }
  void run(Duration time) {
    const Instant end = kernel.now() + time;
    KernelEvent event;
    while (kernel.pop(end, event)) {
      if (!dispatcher.dispatch(event)) api.dispatch(event);
    }
    kernel.advance_to(end);
  }
  void call(ports::CallId id, Verb verb, const std::string& name = {}) {
    ports::ApiCall made;
    made.verb = verb;
    made.key = {api::Kind::ConfigMap, verb == Verb::Watch ? "" : "default", name};
    made.resource_version = verb == Verb::Watch ? api.server().resource_version() : 0;
    client.call(owner, id, made);
  }
  /// The person at the keyboard makes an object.
  Outcome make(const std::string& name) {
    api::ConfigMap map;
    map.meta.name = name;
    map.meta.namespace_name = "default";
    ports::ApiCall made;
    made.verb = Verb::Create;
    made.key = {api::Kind::ConfigMap, "default", name};
    made.object = std::make_shared<const api::Object>(map);
    return api.call_now(made, 0);
  }
};

TEST_F(ApiFaults, SlowDelaysEachWayAndEndsCleanly) {
  ApiFault slow;
  slow.slow = 100_ms;
  api.set_fault("c", slow);
  const Instant start = kernel.now();
  call(2, Verb::Get, "a");
  run(1_s);
  ASSERT_EQ(listener.came.size(), 1U);
  EXPECT_EQ(listener.came[0].first, start + 202_ms);
  api.clear_fault("c");
  call(3, Verb::Get, "a");
  run(2_ms);
  EXPECT_NE(listener.reply(3), nullptr);
}

TEST_F(ApiFaults, OfAnotherClientDoNotConcernThisOne) {
  ApiFault gone;
  gone.unreachable = true;
  api.set_fault("other", gone);
  call(2, Verb::Get, "a");
  run(1_s);
  EXPECT_EQ(listener.reply(2)->outcome, Outcome::NotFound);
}

TEST_F(ApiFaults, RefusingAnswersCallsAndKeepsWatches) {
  ApiFault refusing;
  refusing.refuses = true;
  api.set_fault("c", refusing);
  call(2, Verb::Get, "a");
  EXPECT_EQ(make("a"), Outcome::Ok) << "only this client is refused";
  run(1_s);
  EXPECT_EQ(listener.reply(2)->outcome, Outcome::Refused);
  EXPECT_EQ(listener.seen().size(), 1U);
}

TEST_F(ApiFaults, UnavailableEndsWatchesAndFailsCallsUntilItIsOver) {
  ApiFault gone;
  gone.unreachable = true;
  api.set_fault("", gone);
  call(2, Verb::Get, "a");
  EXPECT_EQ(make("a"), Outcome::Unreachable);
  run(1_s);
  EXPECT_EQ(listener.reply(1)->kind, EventKind::WatchClosed);
  EXPECT_EQ(listener.reply(1)->outcome, Outcome::Unreachable);
  EXPECT_EQ(listener.reply(2)->outcome, Outcome::Unreachable);
  api.clear_fault("");
  call(3, Verb::Get, "a");
  run(1_s);
  EXPECT_EQ(listener.reply(3)->outcome, Outcome::NotFound);
}

TEST_F(ApiFaults, StaleDelaysWatchEventsAloneAndKeepsTheirOrder) {
  ApiFault stale;
  stale.stale = 5_s;
  api.set_fault("c", stale);
  const Instant start = kernel.now();
  make("a");
  call(2, Verb::Get, "a");
  run(1_s);
  EXPECT_EQ(listener.reply(2)->outcome, Outcome::Ok) << "answers are not late";
  EXPECT_TRUE(listener.seen().empty());
  api.clear_fault("c");
  make("b");
  run(10_s);
  EXPECT_EQ(listener.seen(), (std::vector<std::pair<Instant, std::string>>{
                                 {start + 5_s + 1_ms, "a"}, {start + 5_s + 1_ms, "b"}}));
}

TEST_F(ApiFaults, AMissedEventIsNeverToldUntilTheClientListsAgain) {
  api.drop_next_event("c");
  make("a");
  make("b");
  run(1_s);
  ASSERT_EQ(listener.seen().size(), 1U);
  EXPECT_EQ(listener.seen()[0].second, "b");
  EXPECT_TRUE(api.take_event_fault("c"));
  api.expire_watches("c");
  run(1_s);
  EXPECT_EQ(listener.reply(1)->kind, EventKind::WatchClosed);
  EXPECT_EQ(listener.reply(1)->outcome, Outcome::Expired);
}

TEST_F(ApiFaults, AMissedEventThatNeverCameIsSaid) {
  api.drop_next_event("c");
  run(1_s);
  EXPECT_FALSE(api.take_event_fault("c"));
}

TEST_F(ApiFaults, ALateEventHoldsBackItsWatchAndNoOther) {
  ports::ApiCall other;
  other.verb = Verb::Watch;
  other.key.kind = api::Kind::Secret;
  client.call(owner, 9, other);
  run(10_ms);
  api.hold_next_event("c", 3_s);
  const Instant start = kernel.now();
  make("a");
  run(1_s);
  make("b");
  api::Secret secret;
  secret.meta.name = "s";
  secret.meta.namespace_name = "default";
  ports::ApiCall made;
  made.verb = Verb::Create;
  made.key = {api::Kind::Secret, "default", "s"};
  made.object = std::make_shared<const api::Object>(secret);
  api.call_now(made, 0);
  run(10_s);
  EXPECT_EQ(listener.seen(),
            (std::vector<std::pair<Instant, std::string>>{
                {start + 1_s + 1_ms, "s"}, {start + 3_s, "a"}, {start + 3_s, "b"}}));
}

TEST_F(ApiFaults, AShortCutIsOnlyADelay) {
  ApiFault cut;
  cut.cut = true;
  api.set_fault("c", cut);
  make("a");
  call(2, Verb::Get, "a");
  run(5_s);
  EXPECT_TRUE(listener.came.empty());
  api.clear_fault("c");
  run(1_s);
  EXPECT_EQ(listener.seen().size(), 1U);
  EXPECT_EQ(listener.reply(2)->outcome, Outcome::Ok);
}

TEST_F(ApiFaults, ALongCutIsNoticedAfter10SecondsAndCallsFail) {
  ApiFault cut;
  cut.cut = true;
  api.set_fault("c", cut);
  make("a");
  call(2, Verb::Get, "a");
  run(9_s);
  EXPECT_TRUE(listener.came.empty());
  run(2_s);
  EXPECT_EQ(listener.reply(1)->kind, EventKind::WatchClosed);
  EXPECT_EQ(listener.reply(2)->outcome, Outcome::Unknown);
  call(3, Verb::Get, "a");
  run(11_s);
  EXPECT_EQ(listener.reply(3)->outcome, Outcome::Unreachable);
  api.clear_fault("c");
  call(4, Verb::Get, "a");
  run(1_s);
  EXPECT_EQ(listener.reply(4)->outcome, Outcome::Ok);
  EXPECT_TRUE(listener.seen().empty()) << "its watch is gone";
}

TEST_F(ApiFaults, WithoutAMajorityOfTheStoreReadsGoOnAndWritesAreRefused) {
  EXPECT_EQ(make("a"), Outcome::Ok);
  EXPECT_EQ(api.store().kill(1, kernel.now()), 1U);
  EXPECT_EQ(make("b"), Outcome::Refused);
  call(2, Verb::Get, "a");
  call(3, Verb::Delete, "a");
  run(1_s);
  EXPECT_EQ(listener.reply(2)->outcome, Outcome::Ok);
  EXPECT_EQ(listener.reply(3)->outcome, Outcome::Refused);
  api.store().start(1, kernel.now());
  call(4, Verb::Delete, "a");
  run(3_s);
  EXPECT_EQ(listener.reply(4)->outcome, Outcome::Ok);
}

TEST_F(ApiFaults, ACrashIsAnnouncedAfterTheWriteItWasToldToWaitFor) {
  make("a");
  make("b");
  api.crash_after("c", 2);
  call(2, Verb::Get, "a");
  call(3, Verb::Delete, "a");
  run(1_s);
  EXPECT_TRUE(api.take_crashed().empty());
  call(4, Verb::Delete, "b");
  run(1_s);
  EXPECT_EQ(api.take_crashed().size(), 1U);
  EXPECT_FALSE(api.cancel_crash("c"));
}

}  // namespace
}  // namespace orrery::sim
