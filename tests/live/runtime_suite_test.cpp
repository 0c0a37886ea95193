// The first host of the bed that is up passes the suite that every container runtime passes.
#include "tests/ports/runtime_suite.h"

#include <chrono>

#include "real-backend/cri/containerd_runtime.h"
#include "runner/session/live_processes.h"
#include "tests/cri/loop_world.h"

namespace orrery::ports_suite {
namespace {

session::BedHost first_host() {
  const auto paths = session::find_programs();
  const auto bed = paths ? session::bed_status(*paths) : tl::unexpected{paths.error()};
  if (!bed || bed->hosts.empty()) throw std::runtime_error{"no bed is up"};
  return bed->hosts.front();
}

Instant instant_of(std::int64_t calendar_ns) {
  static const std::int64_t start = calendar_ns - Duration::minutes(1).count_ns();
  return Instant::at(Duration::nanoseconds(calendar_ns - start));
}

/// A node of the host's containerd, which leaves no pod there.
struct HostWorld : LoopWorld {
  static constexpr ports::OwnerId kCleaner{70};

  session::BedHost host = first_host();
  cri::ContainerdRuntime adapter{
      loop, cri::connect_containerd(host.socket),
      cri::ContainerdNode{"suite", host.cgroup_parent, "",
                          ::testing::TempDir() + "orrery-live-suite-volumes"},
      cri::ContainerdHooks{
          [this](const ports::Event& event) { components.at(event.owner)->on_event(event); },
          [] {
            return instant_of(
                std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}
                    .count());
          },
          instant_of}};
  RuntimeListener cleaner;

  HostWorld() { attach(kCleaner, cleaner); }
  ~HostWorld() {
    clean({});
    const auto listed = std::get<ports::RuntimeResult>(*cleaner.replies.back().body);
    for (const ports::SandboxInfo& sandbox : listed.sandboxes) {
      for (const auto verb : {ports::RuntimeVerb::StopSandbox, ports::RuntimeVerb::RemoveSandbox}) {
        ports::RuntimeCall call;
        call.verb = verb;
        call.sandbox_id = sandbox.id;
        clean(std::move(call));
        EXPECT_EQ(cleaner.replies.back().outcome, ports::Outcome::Ok);
      }
    }
  }
  HostWorld(const HostWorld&) = delete;
  HostWorld& operator=(const HostWorld&) = delete;

  ports::ContainerRuntime& runtime() { return adapter; }
  void kill(const std::string&, const std::string& container_id) {
    EXPECT_TRUE(session::kill_first_process(host, container_id));
  }
  static std::string image() { return "localhost/orrery-workload:1"; }
  static std::vector<std::string> quick_command() {
    return {"/orrery-workload", "sleep", "--for=0ms"};
  }
  static std::vector<std::string> slow_command() {
    return {"/orrery-workload", "sleep", "--for=5s"};
  }
  static std::string missing_image() { return "localhost/nosuch:1"; }

  void clean(ports::RuntimeCall call) {
    const std::size_t before = cleaner.replies.size();
    adapter.call(kCleaner, before, std::move(call));
    EXPECT_TRUE(run([&] { return cleaner.replies.size() > before; }));
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Host, RuntimeSuite, HostWorld);

}  // namespace
}  // namespace orrery::ports_suite
