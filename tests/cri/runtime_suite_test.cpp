// The containerd adapter passes the suite that every container runtime passes.
#include "tests/ports/runtime_suite.h"

#include "real-backend/cri/containerd_runtime.h"
#include "tests/cri/fake_cri_server.h"
#include "tests/cri/loop_world.h"
#include "tests/cri/runtime_client.h"

namespace orrery::ports_suite {
namespace {

struct ContainerdWorld : LoopWorld {
  cri::FakeCriServer server;
  std::int64_t readings = 0;
  cri::ContainerdRuntime adapter{
      loop, server.channel(),
      cri::ContainerdNode{"h1", "/orrery/h1", "", ::testing::TempDir() + "orrery-suite-volumes"},
      cri::ContainerdHooks{
          [this](const ports::Event& event) { components.at(event.owner)->on_event(event); },
          [this] { return Instant::at(Duration::milliseconds(++readings)); },
          [](std::int64_t calendar_ns) {
            return Instant::at(Duration::nanoseconds(calendar_ns - cri::kEpochCalendarNs));
          }}};

  ContainerdWorld() { server.add_image("app:1"); }

  ports::ContainerRuntime& runtime() { return adapter; }
  void kill(const std::string&, const std::string& container_id) {
    // The stream that the first List opened may still be on its way to the server.
    EXPECT_TRUE(run([&] { return server.stream_count() == 1; }));
    server.exit_container(container_id, 137);
  }
  static std::string image() { return "app:1"; }
  static std::vector<std::string> quick_command() { return {"true"}; }
  std::vector<std::string> slow_command() {
    server.fail_next("ExecSync", {grpc::StatusCode::DEADLINE_EXCEEDED, "timeout 1s exceeded"});
    return {"sleep", "5"};
  }
  std::string missing_image() {
    server.fail_next("PullImage", {grpc::StatusCode::UNKNOWN, "failed to resolve reference"});
    return "nosuch:1";
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Containerd, RuntimeSuite, ContainerdWorld);

}  // namespace
}  // namespace orrery::ports_suite
