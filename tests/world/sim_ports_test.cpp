// The simulated adapters pass the suites that every adapter passes.
#include "tests/ports/api_client_suite.h"
#include "tests/ports/data_plane_suite.h"
#include "tests/ports/executor_suite.h"
#include "tests/ports/prober_suite.h"
#include "tests/world/sim_worlds.h"

namespace orrery::ports_suite {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, ExecutorSuite, SimExecutorWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, ApiClientSuite, SimApiWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, DataPlaneSuite, SimDataPlaneWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, ProberSuite, SimProberWorld);

TEST(Dispatcher, NothingReachesTheOwnersOfADeadProcess) {
  SimExecutorWorld world;
  Listener listener;
  world.attach(ports::OwnerId{3}, listener);
  ports::Timer timer{world.dispatcher, ports::OwnerId{3}, 1};
  timer.arm(world.kernel.now() + 1_ms);
  world.dispatcher.deliver(world.kernel.now() + 1_ms,
                           {.owner = ports::OwnerId{3}, .id = 2, .body = nullptr});
  world.dispatcher.kill_process(world.process);
  EXPECT_FALSE(world.run([&] { return !listener.ids.empty(); }));
}

TEST(Dispatcher, AnEventCarriesTheCauseUnderWhichItWasMade) {
  SimExecutorWorld world;
  struct CauseListener : ports::Component {
    std::vector<ports::CauseId> causes;
    void on_event(const ports::Event& event) override { causes.push_back(event.cause); }
  } listener;
  world.attach(ports::OwnerId{3}, listener);
  ports::Timer timer{world.dispatcher, ports::OwnerId{3}, 1};
  world.dispatcher.set_cause(42);
  timer.arm(world.kernel.now() + 1_ms);
  world.dispatcher.set_cause(0);
  ASSERT_TRUE(world.run([&] { return !listener.causes.empty(); }));
  EXPECT_EQ(listener.causes.front(), 42U);
}

TEST(SimApi, WhileTheServerIsDownWatchesCloseAndCallsFindNobody) {
  SimApiWorld world;
  ApiListener listener;
  world.attach(ports::OwnerId{3}, listener);
  const auto call = [&](ports::CallId id, ports::Verb verb) {
    ports::ApiCall c;
    c.verb = verb;
    world.client().call(ports::OwnerId{3}, id, c);
  };
  const auto wait = [&](std::size_t count) {
    return world.run([&] { return listener.events.size() >= count; });
  };
  call(1, ports::Verb::Watch);
  call(2, ports::Verb::List);
  ASSERT_TRUE(wait(1));
  call(3, ports::Verb::List);  // On its way when the server dies.
  world.api.go_down();
  call(4, ports::Verb::List);
  ASSERT_TRUE(wait(4));
  EXPECT_EQ(listener.events[1].kind, ports::EventKind::WatchClosed);
  EXPECT_EQ(listener.events[1].outcome, ports::Outcome::Unreachable);
  EXPECT_EQ(listener.events[2].outcome, ports::Outcome::Unknown);
  EXPECT_EQ(listener.events[3].outcome, ports::Outcome::Unreachable);
  world.api.come_up();
  call(5, ports::Verb::List);
  ASSERT_TRUE(wait(5));
  EXPECT_EQ(listener.events[4].outcome, ports::Outcome::Ok);
}

}  // namespace
}  // namespace orrery::ports_suite
