#include "models/controllers/controller_loop.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace orrery::controllers {
namespace {

const api::ObjectKey kBusy{api::Kind::ReplicaSet, "default", "busy"};
const api::ObjectKey kDue{api::Kind::ReplicaSet, "default", "due"};

/// A clock that is set by hand, and one timer.
class HandClock final : public ports::Executor {
 public:
  Instant time;
  std::optional<Instant> armed_for;

  [[nodiscard]] Instant now() const override { return time; }
  ports::TimerId create_timer(ports::OwnerId /*owner*/, std::uint64_t /*id*/) override {
    return ports::TimerId{0};
  }
  void arm(ports::TimerId /*timer*/, Instant when) override { armed_for = when; }
  void disarm(ports::TimerId /*timer*/) override { armed_for.reset(); }
  void destroy_timer(ports::TimerId /*timer*/) override {}
};

/// Calls stay open until they are answered by hand.
class OpenCalls final : public ports::ApiClient {
 public:
  std::vector<ports::CallId> ids;

  void call(ports::OwnerId /*owner*/, ports::CallId id, ports::ApiCall /*call*/) override {
    ids.push_back(id);
  }
};

/// One call for every key.
class OneCall final : public Controller {
 public:
  std::vector<api::ObjectKey> looked_at;

  void observe(const Change& change, WorkQueue& queue, Instant now) override {
    queue.add(kBusy);
    queue.add_at(kDue, now + 1_s);
    EXPECT_TRUE(change.after);
  }
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& /*last_failure*/,
                 Instant /*now*/) override {
    looked_at.push_back(key);
    Plan plan;
    plan.then({});
    return plan;
  }
};

TEST(ControllerLoop, AKeyThatFallsDueWhileAllWorkersAreBusyWaitsForOneAndNotForTheClock) {
  HandClock clock;
  OpenCalls api;
  OneCall controller;
  LoopConfig config;
  config.workers = 1;
  ControllerLoop loop{{clock, api, ports::OwnerId{1}}, 3, controller, config};
  loop.observe({nullptr, std::make_shared<const api::Object>(api::ReplicaSet{})});
  loop.pump();
  ASSERT_EQ(api.ids.size(), 1U);
  ASSERT_EQ(clock.armed_for, Instant::at(1_s));

  clock.time = Instant::at(1_s);
  clock.armed_for.reset();
  loop.on_event({.owner = ports::OwnerId{1},
                 .kind = ports::EventKind::Timer,
                 .id = call_id(3, 0),
                 .body = nullptr});
  loop.pump();
  // Armed for a date that has come, it would fire for ever: no answer could arrive in between.
  EXPECT_EQ(clock.armed_for, std::nullopt);
  EXPECT_EQ(controller.looked_at, std::vector{kBusy});

  clock.time = Instant::at(2_s);
  loop.on_event({.owner = ports::OwnerId{1},
                 .kind = ports::EventKind::ApiReply,
                 .id = api.ids.front(),
                 .body = nullptr});
  loop.pump();
  EXPECT_EQ(controller.looked_at, (std::vector{kBusy, kDue}));
}

}  // namespace
}  // namespace orrery::controllers
