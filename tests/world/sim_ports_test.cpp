// The simulated adapters pass the suites that every adapter passes.
#include "tests/ports/api_client_suite.h"
#include "tests/ports/executor_suite.h"
#include "tests/world/sim_worlds.h"

namespace orrery::ports_suite {
namespace {

INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, ExecutorSuite, SimExecutorWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, ApiClientSuite, SimApiWorld);

TEST(Dispatcher, NothingReachesTheOwnersOfADeadProcess) {
  SimExecutorWorld world;
  Listener listener;
  world.attach(ports::OwnerId{3}, listener);
  ports::Timer timer{world.dispatcher, ports::OwnerId{3}, 1};
  timer.arm(world.kernel.now() + 1_ms);
  world.dispatcher.deliver(world.kernel.now() + 1_ms, {.owner = ports::OwnerId{3}, .id = 2, .body = nullptr});
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

}  // namespace
}  // namespace orrery::ports_suite
