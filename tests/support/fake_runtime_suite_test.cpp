// The fake passes the suite that every container runtime passes: what kubelet tests rely on.
#include "tests/ports/runtime_suite.h"
#include "tests/support/fake_runtime.h"

namespace orrery::ports_suite {
namespace {

struct FakeRuntimeWorld {
  testing::FakeExecutor executor;
  testing::FakeRuntime fake{executor};

  FakeRuntimeWorld() { fake.images.insert("app:1"); }

  ports::ContainerRuntime& runtime() { return fake; }
  void attach(ports::OwnerId owner, ports::Component& component) {
    executor.attach(owner, component);
  }
  bool run(const std::function<bool()>& done) {
    while (!done()) {
      if (!executor.step()) return false;
    }
    return true;
  }
  void kill(const std::string&, const std::string& container_id) {
    fake.exit_container(container_id, 137);
  }
  std::vector<std::string> slow_command() {
    fake.programs["app:1"].exec_time = 5_s;
    return {"sleep", "5"};
  }
  std::string missing_image() {
    fake.missing_images.insert("nosuch:1");
    return "nosuch:1";
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, RuntimeSuite, FakeRuntimeWorld);

}  // namespace
}  // namespace orrery::ports_suite
