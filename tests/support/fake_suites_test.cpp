// The fakes pass the suites that every adapter of their ports passes: what other tests rely on.
#include <array>

#include "tests/ports/api_client_suite.h"
#include "tests/ports/executor_suite.h"
#include "tests/ports/prober_suite.h"
#include "tests/ports/runtime_suite.h"
#include "tests/support/fake_api_server.h"
#include "tests/support/fake_prober.h"
#include "tests/support/fake_runtime.h"

namespace orrery::ports_suite {
namespace {

struct FakeExecutorWorld {
  testing::FakeExecutor fake_executor;

  ports::Executor& executor() { return fake_executor; }
  void attach(ports::OwnerId owner, ports::Component& component) {
    fake_executor.attach(owner, component);
  }
  bool run(const std::function<bool()>& done) {
    while (!done()) {
      if (!fake_executor.step()) return false;
    }
    return true;
  }
};

struct FakeApiWorld : FakeExecutorWorld {
  testing::FakeApiServer fake{fake_executor};

  /// Far away, so that the minute of a bookmark passes.
  FakeApiWorld() { fake.latency = 10_ms; }

  ports::ApiClient& client() { return fake; }
};

/// Each place and each container is a target of its own, which is told what it answers.
struct FakeProberWorld : FakeExecutorWorld {
  static constexpr std::array kHttpAnswers{200, 204, 302, 399, 400, 404, 503};
  static constexpr int kFailingExit = 3;
  static constexpr std::int32_t kDeadPort = 9;

  testing::FakeProber fake{fake_executor};

  FakeProberWorld() {
    fake.answers["http:" + std::to_string(kDeadPort) + api::HttpGetAction{}.path] = refuses(0);
    fake.answers["tcp:" + std::to_string(kDeadPort)] = refuses(0);
  }

  ports::Prober& prober() { return fake; }
  std::pair<std::string, std::int32_t> http_place(int status) {
    const std::int32_t port = 8000 + status;
    testing::FakeProber::Answer answer = refuses(status);
    if (status == 0) answer.delay = 1000_s;
    if (status >= 200 && status < 400) answer.outcome = ports::Outcome::Ok;
    fake.answers["http:" + std::to_string(port) + api::HttpGetAction{}.path] = answer;
    return {"10.0.0.1", port};
  }
  std::pair<std::string, std::int32_t> dead_place() { return {"10.0.0.1", kDeadPort}; }
  std::string container(int exit_code) {
    testing::FakeProber::Answer answer = refuses(exit_code);
    if (exit_code < 0) answer.delay = 1000_s;
    if (exit_code == 0) answer.outcome = ports::Outcome::Ok;
    fake.answers["exec:check"] = answer;
    return "app";
  }

 private:
  static testing::FakeProber::Answer refuses(std::int32_t value) {
    testing::FakeProber::Answer answer;
    answer.outcome = ports::Outcome::Refused;
    answer.value = value;
    return answer;
  }
};

struct FakeRuntimeWorld : FakeExecutorWorld {
  testing::FakeRuntime fake{fake_executor};

  FakeRuntimeWorld() { fake.images.insert("app:1"); }

  ports::ContainerRuntime& runtime() { return fake; }
  void kill(const std::string&, const std::string& container_id) {
    fake.exit_container(container_id, 137);
  }
  static std::string image() { return "app:1"; }
  static std::vector<std::string> quick_command() { return {"true"}; }
  std::vector<std::string> slow_command() {
    fake.programs["app:1"].exec_time = 5_s;
    return {"sleep", "5"};
  }
  std::string missing_image() {
    fake.missing_images.insert("nosuch:1");
    return "nosuch:1";
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, ExecutorSuite, FakeExecutorWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, ApiClientSuite, FakeApiWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, ProberSuite, FakeProberWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, RuntimeSuite, FakeRuntimeWorld);

}  // namespace
}  // namespace orrery::ports_suite
