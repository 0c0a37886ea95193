// ContainerdRuntime on real hosts: a bed of two is brought up, used, damaged and taken down.

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "models/api/reading.h"
#include "tests/cri/runtime_client.h"

extern char** environ;

namespace orrery::cri {
namespace {

using ports::ContainerState;
using ports::Outcome;
using ports::RuntimeCall;
using ports::RuntimeNotice;
using ports::RuntimeVerb;
using ports::SandboxState;
using SteadyClock = std::chrono::steady_clock;

constexpr char kBedDir[] = "/run/orrery-live-test";

/// Runs the test bed's program; its exit status.
int testbed(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {ORRERY_TESTBED, "--dir", kBedDir});
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  if (posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return -1;
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string socket_of(const std::string& host) {
  return std::string{kBedDir} + "/" + host + "/containerd.sock";
}

/// The body of GET http://ip:8080/path, or nothing unless the answer is 200.
std::string get(const std::string& ip, const std::string& path) {
  namespace asio = boost::asio;
  asio::io_context loop;
  asio::ip::tcp::socket socket{loop};
  boost::system::error_code failed;
  socket.connect({asio::ip::make_address(ip), 8080}, failed);
  if (failed) return {};
  asio::write(socket,
              asio::buffer("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              failed);
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), failed);
  if (!answer.starts_with("HTTP/1.1 200")) return {};
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

/// Asks until the service answers, for at most 10 s.
std::string await_service(const std::string& ip, const std::string& path = "/work") {
  const auto end = SteadyClock::now() + std::chrono::seconds{10};
  std::string body;
  while ((body = get(ip, path)).empty() && SteadyClock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return body;
}

std::shared_ptr<const api::Object> make_pod(const std::string& name, const std::string& image) {
  api::Pod pod;
  pod.meta.name = name;
  pod.meta.namespace_name = "default";
  pod.meta.uid = "uid-" + name;
  pod.spec.containers.resize(1);
  pod.spec.containers[0].name = "app";
  pod.spec.containers[0].image = image;
  pod.spec.containers[0].args = {"serve", "--service-time=1ms"};
  pod.spec.containers[0].limits.cpu_milli = 500;
  pod.spec.containers[0].limits.memory_bytes = 64 << 20;
  return std::make_shared<const api::Object>(std::move(pod));
}

struct RunningPod {
  std::string sandbox;
  std::string ip;
  std::string container;
};

void start_container(Client& client, const std::shared_ptr<const api::Object>& pod, RunningPod& to,
                     std::uint32_t attempt) {
  const auto created = client.create_container(pod, to.sandbox, attempt);
  ASSERT_EQ(created.outcome, Outcome::Ok) << created.result.message;
  to.container = created.result.id;
  const auto started = client.on_container(RuntimeVerb::StartContainer, to.container);
  ASSERT_EQ(started.outcome, Outcome::Ok) << started.result.message;
}

RunningPod start_pod(Client& client, const std::shared_ptr<const api::Object>& pod) {
  RunningPod running;
  const auto sandbox = client.run_sandbox(pod);
  EXPECT_EQ(sandbox.outcome, Outcome::Ok) << sandbox.result.message;
  running.sandbox = sandbox.result.id;
  running.ip = sandbox.result.ip;
  start_container(client, pod, running, 0);
  return running;
}

/// Repeats a call that is refused, as the kubelet does: while containerd puts a dead task away, it
/// refuses a stop ("ttrpc: closed": the shim has hung up already) and a removal.
void insist(Client& client, RuntimeVerb verb, const std::string& container, Duration grace = {}) {
  auto answer = client.on_container(verb, container, grace);
  for (int tries = 0; answer.outcome == Outcome::Refused && tries < 50; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    answer = client.on_container(verb, container, grace);
  }
  EXPECT_EQ(answer.outcome, Outcome::Ok) << answer.result.message;
}

void remove_container(Client& client, const std::string& container, Duration grace) {
  insist(client, RuntimeVerb::StopContainer, container, grace);
  insist(client, RuntimeVerb::RemoveContainer, container);
}

void remove_pod(Client& client, const RunningPod& pod) {
  remove_container(client, pod.container, 2_s);
  EXPECT_EQ(client.on_sandbox(RuntimeVerb::StopSandbox, pod.sandbox).outcome, Outcome::Ok);
  EXPECT_EQ(client.on_sandbox(RuntimeVerb::RemoveSandbox, pod.sandbox).outcome, Outcome::Ok);
}

/// Waits for the notice about `id`; exits of other processes are not waited for.
RuntimeNotice await_exit(Client& client, const std::string& id) {
  RuntimeNotice notice = client.await_notice();
  while (notice.id != id && !testing::Test::HasFailure()) notice = client.await_notice();
  return notice;
}

void print_times(const char* what, std::vector<double> times_ms) {
  std::sort(times_ms.begin(), times_ms.end());
  std::printf("%s: p50 %.0f ms, max %.0f ms, n = %zu\n", what, times_ms[times_ms.size() / 2],
              times_ms.back(), times_ms.size());
}

double ms_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double, std::milli>{SteadyClock::now() - begin}.count();
}

class LiveRuntimeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (testbed({"check"}) != 0) {
      skip_reason = "this machine cannot run containerd hosts; the reasons stand above";
    } else if (testbed({"up", "2", "--workload", ORRERY_WORKLOAD}) != 0) {
      skip_reason = "no test bed; the reason stands above";
      testbed({"down"});
    }
  }
  static void TearDownTestSuite() {
    if (!skip_reason.empty()) return;
    // With damage: a pod that runs, a host without its daemon, a host that is frozen.
    {
      Client client{connect_containerd(socket_of("h1"))};
      start_pod(client, make_pod("left-running", "localhost/orrery-workload:1"));
    }
    EXPECT_EQ(testbed({"fault", "daemon-kill", "h1"}), 0);
    EXPECT_EQ(testbed({"fault", "stop", "h2"}), 0);
    EXPECT_EQ(testbed({"down"}), 0);
    EXPECT_EQ(testbed({"down"}), 0) << "down can be said again";
  }
  void SetUp() override {
    if (!skip_reason.empty()) GTEST_SKIP() << skip_reason;
    ASSERT_EQ(client_->list().outcome, Outcome::Ok);
  }
  void TearDown() override {
    if (!skip_reason.empty()) return;
    for (const auto& sandbox : client_->list().result.sandboxes) {
      client_->on_sandbox(RuntimeVerb::StopSandbox, sandbox.id);
      client_->on_sandbox(RuntimeVerb::RemoveSandbox, sandbox.id);
    }
  }

  inline static std::string skip_reason;
  const std::unique_ptr<Client> client_ =
      std::make_unique<Client>(connect_containerd(socket_of("h1")));
};

TEST_F(LiveRuntimeTest, RunsTellsAndRestartsAKilledContainer) {
  const auto pod = make_pod("web", "localhost/orrery-workload:1");
  RunningPod running = start_pod(*client_, pod);
  EXPECT_EQ(running.ip.substr(0, 8), "10.91.1.");
  EXPECT_EQ(await_service(running.ip), "1\n");

  std::vector<double> event_times, restart_times;
  for (std::uint32_t attempt = 1; attempt <= 10; ++attempt) {
    const auto begin = SteadyClock::now();
    // Through the service itself, so that no other program's start is measured.
    std::thread crash{[&] { get(running.ip, "/crash"); }};
    const RuntimeNotice notice = await_exit(*client_, running.container);
    crash.join();
    event_times.push_back(ms_since(begin));
    EXPECT_EQ(notice.what, RuntimeNotice::What::ContainerExited);
    EXPECT_EQ(notice.exit_code, 1);
    const std::string old = running.container;
    start_container(*client_, pod, running, attempt);
    EXPECT_EQ(await_service(running.ip), "1\n");
    restart_times.push_back(ms_since(begin));
    remove_container(*client_, old, 1_s);
  }
  print_times("crash to event", event_times);
  print_times("crash to HTTP 200, same sandbox", restart_times);

  EXPECT_EQ(testbed({"fault", "kill", "h1/" + running.container}), 0);
  const RuntimeNotice killed = await_exit(*client_, running.container);
  EXPECT_EQ(killed.exit_code, 137);
  EXPECT_EQ(killed.reason, "Error");
  // At once, when containerd may not list it as exited yet.
  const auto listed = client_->list().result;
  ASSERT_EQ(listed.sandboxes.size(), 1U);
  EXPECT_EQ(listed.sandboxes[0].ip, running.ip);
  EXPECT_EQ(api::from_json_text(listed.sandboxes[0].pod_json), *pod);
  ASSERT_EQ(listed.containers.size(), 1U);
  EXPECT_EQ(listed.containers[0].state, ContainerState::Exited);
  EXPECT_EQ(listed.containers[0].exit_code, 137);
  EXPECT_EQ(listed.containers[0].attempt, 10U);
  remove_pod(*client_, running);
  EXPECT_TRUE(client_->list().result.sandboxes.empty());
}

TEST_F(LiveRuntimeTest, StartsAPodInAFractionOfASecond) {
  std::vector<double> times;
  for (int i = 0; i < 10; ++i) {
    const auto begin = SteadyClock::now();
    const RunningPod running =
        start_pod(*client_, make_pod("web-" + std::to_string(i), "localhost/orrery-workload:2"));
    EXPECT_EQ(await_service(running.ip), "2\n");
    times.push_back(ms_since(begin));
    remove_pod(*client_, running);
  }
  print_times("request to HTTP 200", times);
}

TEST_F(LiveRuntimeTest, MapsWhatContainerdRefuses) {
  const auto pod = make_pod("web", "localhost/orrery-workload:1");
  const RunningPod running = start_pod(*client_, pod);
  EXPECT_EQ(client_->run_sandbox(pod).outcome, Outcome::AlreadyExists);
  EXPECT_EQ(client_->create_container(pod, running.sandbox).outcome, Outcome::AlreadyExists);
  EXPECT_EQ(
      client_->create_container(make_pod("web", "localhost/nosuch:1"), running.sandbox, 1).outcome,
      Outcome::NotFound);
  RuntimeCall image;
  image.verb = RuntimeVerb::ImageStatus;
  image.image = "localhost/nosuch:1";
  EXPECT_EQ(client_->call(image).outcome, Outcome::NotFound);
  image.image = "localhost/orrery-workload:1";
  EXPECT_EQ(client_->call(image).outcome, Outcome::Ok);
  RuntimeCall exec;
  exec.verb = RuntimeVerb::Exec;
  exec.container_id = running.container;
  exec.timeout = 5_s;
  exec.command = {"/orrery-workload", "exec-true"};
  EXPECT_EQ(client_->call(exec).outcome, Outcome::Ok);
  exec.command = {"/orrery-workload", "probe", "--address=127.0.0.1:8081"};
  EXPECT_EQ(client_->call(exec).result.exit_code, 1);
  exec.command = {"/nosuch"};
  EXPECT_EQ(client_->call(exec).outcome, Outcome::Refused);
  exec.command = {"/orrery-workload", "sleep", "--for=20s"};
  exec.timeout = 1_s;
  EXPECT_EQ(client_->call(exec).outcome, Outcome::Timeout);
  EXPECT_EQ(client_->on_container(RuntimeVerb::StopContainer, "nosuch", 1_s).outcome, Outcome::Ok);
  EXPECT_EQ(client_->on_container(RuntimeVerb::RemoveContainer, "nosuch").outcome, Outcome::Ok);
  EXPECT_EQ(client_->on_sandbox(RuntimeVerb::StopSandbox, "nosuch").outcome, Outcome::Ok);
  EXPECT_EQ(client_->on_sandbox(RuntimeVerb::RemoveSandbox, "nosuch").outcome, Outcome::Ok);
  remove_pod(*client_, running);
}

TEST_F(LiveRuntimeTest, PodsOutliveTheDaemonAndAreFoundAgain) {
  const RunningPod first = start_pod(*client_, make_pod("a", "localhost/orrery-workload:1"));
  const RunningPod second = start_pod(*client_, make_pod("b", "localhost/orrery-workload:1"));
  EXPECT_EQ(await_service(first.ip), "1\n");
  EXPECT_EQ(testbed({"fault", "daemon-kill", "h1"}), 0);
  EXPECT_EQ(client_->await_notice().what, RuntimeNotice::What::StreamLost);
  EXPECT_EQ(get(first.ip, "/work"), "1\n");
  EXPECT_EQ(client_->list().outcome, Outcome::Unreachable);
  get(second.ip, "/crash");  // Nobody hears it.
  EXPECT_EQ(testbed({"fault", "daemon-restart", "h1"}), 0);
  EXPECT_EQ(client_->await_notice().what, RuntimeNotice::What::StreamRestored);
  const auto listed = client_->list().result;
  EXPECT_EQ(listed.sandboxes.size(), 2U);
  for (const auto& container : listed.containers) {
    const bool crashed = container.id == second.container;
    EXPECT_EQ(container.state, crashed ? ContainerState::Exited : ContainerState::Running);
  }
}

TEST_F(LiveRuntimeTest, AHostThatCrashedComesBackWithItsPodsDead) {
  const RunningPod running = start_pod(*client_, make_pod("web", "localhost/orrery-workload:1"));
  EXPECT_EQ(testbed({"fault", "host-crash", "h1"}), 0);
  EXPECT_EQ(client_->await_notice().what, RuntimeNotice::What::StreamLost);
  EXPECT_EQ(testbed({"fault", "daemon-restart", "h1"}), 0);
  EXPECT_EQ(client_->await_notice().what, RuntimeNotice::What::StreamRestored);
  const auto listed = client_->list().result;
  ASSERT_EQ(listed.sandboxes.size(), 1U);
  EXPECT_EQ(listed.sandboxes[0].state, SandboxState::NotReady);
  ASSERT_EQ(listed.containers.size(), 1U);
  EXPECT_EQ(listed.containers[0].state, ContainerState::Exited);
  EXPECT_EQ(listed.containers[0].exit_code, 255);
  remove_pod(*client_, running);
}

TEST_F(LiveRuntimeTest, AFaultOnAnUnknownTargetIsRefused) {
  EXPECT_EQ(testbed({"fault", "kill", "h9/x"}), 2);
  EXPECT_EQ(testbed({"fault", "kill", "h1/nosuch"}), 2);
}

}  // namespace
}  // namespace orrery::cri
