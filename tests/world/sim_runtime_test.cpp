// The simulated node passes the suite that every container runtime passes.
#include "tests/ports/runtime_suite.h"
#include "tests/world/sim_worlds.h"

namespace orrery::ports_suite {
namespace {

struct SimRuntimeWorld : SimNodeWorld {
  ports::ContainerRuntime& runtime() { return node; }

  void kill(const std::string& pod_uid, const std::string&) {
    EXPECT_TRUE(node.kill_container(pod_uid, ""));
  }
  static std::string image() { return "app:1"; }
  static std::vector<std::string> quick_command() { return {"true"}; }
  static std::vector<std::string> slow_command() { return {"sleep", "5"}; }
  static std::string missing_image() { return "nosuch:1"; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Simulated, RuntimeSuite, SimRuntimeWorld);

}  // namespace
}  // namespace orrery::ports_suite
