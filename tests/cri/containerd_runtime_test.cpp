#include "real-backend/cri/containerd_runtime.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "models/api/reading.h"
#include "tests/cri/fake_cri_server.h"
#include "tests/cri/runtime_client.h"

namespace orrery::cri {
namespace {

using ports::ContainerState;
using ports::Outcome;
using ports::RuntimeCall;
using ports::RuntimeNotice;
using ports::RuntimeVerb;
using ports::SandboxState;

std::shared_ptr<const api::Object> make_pod(const std::string& name) {
  api::Pod pod;
  pod.meta.name = name;
  pod.meta.namespace_name = "default";
  pod.meta.uid = "uid-" + name;
  pod.spec.containers.resize(1);
  pod.spec.containers[0].name = "app";
  pod.spec.containers[0].image = "localhost/app:1";
  return std::make_shared<const api::Object>(std::move(pod));
}

class ContainerdRuntimeTest : public testing::Test {
 protected:
  ContainerdRuntimeTest() { fake_.add_image("localhost/app:1"); }

  /// A running container of a new pod, after a List that opened the stream of exits.
  struct Running {
    std::string sandbox;
    std::string container;
  };
  Running start_pod(const std::string& name = "web") {
    EXPECT_EQ(client_.list().outcome, Outcome::Ok);
    client_.run_until([&] { return fake_.stream_count() == 1; });
    const auto pod = make_pod(name);
    Running running;
    running.sandbox = client_.run_sandbox(pod).result.id;
    running.container = client_.create_container(pod, running.sandbox).result.id;
    EXPECT_EQ(client_.on_container(RuntimeVerb::StartContainer, running.container).outcome,
              Outcome::Ok);
    return running;
  }

  /// A running container of another node that has the same containerd.
  void start_foreign_container() {
    const auto stub = runtime::v1::RuntimeService::NewStub(fake_.channel());
    runtime::v1::CreateContainerRequest create;
    create.set_pod_sandbox_id(client_.run_sandbox(make_pod("foreign")).result.id);
    create.mutable_config()->mutable_image()->set_image("localhost/app:1");
    (*create.mutable_config()->mutable_labels())["app.kubernetes.io/managed-by"] = "orrery";
    (*create.mutable_config()->mutable_labels())["orrery.node"] = "h2";
    runtime::v1::CreateContainerResponse created;
    grpc::ClientContext create_context;
    ASSERT_TRUE(stub->CreateContainer(&create_context, create, &created).ok());
    runtime::v1::ContainerRequest start;
    start.set_container_id(created.container_id());
    runtime::v1::Empty started;
    grpc::ClientContext start_context;
    ASSERT_TRUE(stub->StartContainer(&start_context, start, &started).ok());
  }

  FakeCriServer fake_;
  Client client_{fake_.channel()};
};

TEST_F(ContainerdRuntimeTest, RunsAPodFromSandboxToRemoval) {
  const auto pod = make_pod("web");
  const auto sandbox = client_.run_sandbox(pod, 2);
  ASSERT_EQ(sandbox.outcome, Outcome::Ok);
  EXPECT_EQ(sandbox.result.ip.substr(0, 8), "10.91.1.");
  EXPECT_EQ(fake_.last_run().config().metadata().attempt(), 2U);
  const auto container = client_.create_container(pod, sandbox.result.id, 5);
  ASSERT_EQ(container.outcome, Outcome::Ok);
  EXPECT_EQ(fake_.last_create().config().metadata().attempt(), 5U);
  EXPECT_EQ(fake_.last_create().sandbox_config().linux_options().cgroup_parent(), "/orrery/h1");
  EXPECT_EQ(client_.on_container(RuntimeVerb::StartContainer, container.result.id).outcome,
            Outcome::Ok);

  auto listed = client_.list();
  ASSERT_EQ(listed.outcome, Outcome::Ok);
  ASSERT_EQ(listed.result.sandboxes.size(), 1U);
  EXPECT_EQ(listed.result.sandboxes[0].id, sandbox.result.id);
  EXPECT_EQ(listed.result.sandboxes[0].pod_name, "web");
  EXPECT_EQ(listed.result.sandboxes[0].pod_namespace, "default");
  EXPECT_EQ(listed.result.sandboxes[0].pod_uid, "uid-web");
  EXPECT_EQ(listed.result.sandboxes[0].attempt, 2U);
  EXPECT_EQ(listed.result.sandboxes[0].state, SandboxState::Ready);
  EXPECT_EQ(listed.result.sandboxes[0].ip, sandbox.result.ip);
  EXPECT_EQ(api::from_json_text(listed.result.sandboxes[0].pod_json), *pod);
  ASSERT_EQ(listed.result.containers.size(), 1U);
  EXPECT_EQ(listed.result.containers[0].sandbox_id, sandbox.result.id);
  EXPECT_EQ(listed.result.containers[0].name, "app");
  EXPECT_EQ(listed.result.containers[0].attempt, 5U);
  EXPECT_EQ(listed.result.containers[0].image, "localhost/app:1");
  EXPECT_EQ(listed.result.containers[0].state, ContainerState::Running);
  EXPECT_EQ(listed.result.containers[0].started_at, Instant::at(1_ms));

  EXPECT_EQ(client_.on_container(RuntimeVerb::StopContainer, container.result.id, 1500_ms).outcome,
            Outcome::Ok);
  EXPECT_EQ(fake_.last_stop().timeout(), 2);
  EXPECT_EQ(client_.on_container(RuntimeVerb::RemoveContainer, container.result.id).outcome,
            Outcome::Ok);
  EXPECT_EQ(client_.on_sandbox(RuntimeVerb::StopSandbox, sandbox.result.id).outcome, Outcome::Ok);
  EXPECT_EQ(client_.on_sandbox(RuntimeVerb::RemoveSandbox, sandbox.result.id).outcome, Outcome::Ok);
  listed = client_.list();
  EXPECT_TRUE(listed.result.sandboxes.empty());
  EXPECT_TRUE(listed.result.containers.empty());
}

TEST_F(ContainerdRuntimeTest, ListsOnlyWhatIsOursOnThisNode) {
  start_pod();
  auto channel = fake_.channel();
  const auto stub = runtime::v1::RuntimeService::NewStub(channel);
  runtime::v1::RunPodSandboxRequest foreign;
  foreign.mutable_config()->mutable_metadata()->set_name("foreign");
  (*foreign.mutable_config()->mutable_labels())["app.kubernetes.io/managed-by"] = "orrery";
  (*foreign.mutable_config()->mutable_labels())["orrery.node"] = "h2";
  runtime::v1::RunPodSandboxResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->RunPodSandbox(&context, foreign, &response).ok());

  EXPECT_EQ(client_.list().result.sandboxes.size(), 1U);
}

TEST_F(ContainerdRuntimeTest, TellsCoreTimeAndWorkingSetOfWhatRunsOnThisNode) {
  const Running running = start_pod("web");
  const Running ended = start_pod("worker");
  fake_.exit_container(ended.container, 0);
  start_foreign_container();
  fake_.set_usage(running.container, 1'234'567'890, 5 << 20);
  RuntimeCall stats;
  stats.verb = RuntimeVerb::Stats;
  const auto measured = client_.call(stats);
  ASSERT_EQ(measured.outcome, Outcome::Ok);
  ASSERT_EQ(measured.result.stats.size(), 1U);
  EXPECT_EQ(measured.result.stats[0].id, running.container);
  EXPECT_EQ(measured.result.stats[0].cpu, 1'234'567'890_ns);
  EXPECT_EQ(measured.result.stats[0].memory_bytes, 5 << 20);
  // The fake's calendar: three starts, an exit and this look, a millisecond each.
  EXPECT_EQ(measured.result.stats[0].at, Instant::at(5_ms));
  EXPECT_EQ(measured.result.node, ports::NodeStats{}) << "what the node has left is not known";

  fake_.fail_next("ListContainerStats", {grpc::StatusCode::DEADLINE_EXCEEDED, "late"});
  EXPECT_EQ(client_.call(stats).outcome, Outcome::Unreachable);
}

TEST_F(ContainerdRuntimeTest, PullsWhatIsMissing) {
  RuntimeCall status;
  status.verb = RuntimeVerb::ImageStatus;
  status.image = "localhost/app:2";
  EXPECT_EQ(client_.call(status).outcome, Outcome::NotFound);
  RuntimeCall pull = status;
  pull.verb = RuntimeVerb::PullImage;
  EXPECT_EQ(client_.call(pull).result.id, "sha256:localhost/app:2");
  EXPECT_EQ(client_.call(status).outcome, Outcome::Ok);
}

TEST_F(ContainerdRuntimeTest, ExecTellsTheExitCode) {
  const Running running = start_pod();
  RuntimeCall exec;
  exec.verb = RuntimeVerb::Exec;
  exec.container_id = running.container;
  exec.timeout = 1500_ms;
  exec.command = {"true"};
  auto answer = client_.call(exec);
  EXPECT_EQ(answer.outcome, Outcome::Ok);
  EXPECT_EQ(answer.result.exit_code, 0);
  EXPECT_EQ(fake_.last_exec().timeout(), 2);
  exec.command = {"false"};
  answer = client_.call(exec);
  EXPECT_EQ(answer.outcome, Outcome::Ok);
  EXPECT_EQ(answer.result.exit_code, 1);
  exec.command = {"nosuch"};
  EXPECT_EQ(client_.call(exec).outcome, Outcome::Refused);
  fake_.fail_next("ExecSync", {grpc::StatusCode::DEADLINE_EXCEEDED, "timeout 2s exceeded"});
  EXPECT_EQ(client_.call(exec).outcome, Outcome::Timeout);
}

TEST_F(ContainerdRuntimeTest, TellsAnExitWithCodeReasonAndTime) {
  struct Case {
    std::uint32_t code;
    bool out_of_memory;
    const char* reason;
  };
  for (const Case& c : {Case{0, false, "Completed"}, Case{7, false, "Error"},
                        Case{137, false, "Error"}, Case{137, true, "OOMKilled"}}) {
    SCOPED_TRACE(c.reason);
    const Running running = start_pod("web-" + std::to_string(c.code) + c.reason);
    fake_.exit_container(running.container, c.code, c.out_of_memory);
    const RuntimeNotice notice = client_.await_notice();
    EXPECT_EQ(notice.what, RuntimeNotice::What::ContainerExited);
    EXPECT_EQ(notice.id, running.container);
    EXPECT_EQ(notice.exit_code, static_cast<std::int32_t>(c.code));
    EXPECT_EQ(notice.reason, c.reason);
    const auto listed = client_.list().result.containers;
    const auto same = std::find_if(listed.begin(), listed.end(),
                                   [&](const auto& info) { return info.id == running.container; });
    ASSERT_NE(same, listed.end());
    EXPECT_EQ(same->state, ContainerState::Exited);
    EXPECT_EQ(same->exit_code, static_cast<std::int32_t>(c.code));
    EXPECT_EQ(same->reason, c.reason);
    EXPECT_EQ(same->finished_at, notice.at);
  }
}

TEST_F(ContainerdRuntimeTest, IgnoresProcessesThatExecStarted) {
  const Running running = start_pod();
  fake_.exit_exec_process(running.container);
  fake_.exit_container(running.container, 3);
  EXPECT_EQ(client_.await_notice().exit_code, 3);
}

TEST_F(ContainerdRuntimeTest, TellsTheEndOfASandboxAsSuch) {
  const Running running = start_pod();
  fake_.exit_sandbox(running.sandbox);
  const RuntimeNotice notice = client_.await_notice();
  EXPECT_EQ(notice.what, RuntimeNotice::What::SandboxExited);
  EXPECT_EQ(notice.id, running.sandbox);
  const auto listed = client_.list().result;
  ASSERT_EQ(listed.sandboxes.size(), 1U);
  EXPECT_EQ(listed.sandboxes[0].state, SandboxState::NotReady);
  ASSERT_EQ(listed.containers.size(), 1U);
  EXPECT_EQ(listed.containers[0].state, ContainerState::Running);
}

TEST_F(ContainerdRuntimeTest, DoesNotTakeBackAnExitThatTheListDoesNotShowYet) {
  const Running running = start_pod();
  fake_.lag_behind_exits(true);
  fake_.exit_container(running.container, 9);
  const RuntimeNotice notice = client_.await_notice();
  for (int round = 0; round < 2; ++round) {
    const auto listed = client_.list().result.containers;
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].state, ContainerState::Exited);
    EXPECT_EQ(listed[0].exit_code, 9);
    EXPECT_EQ(listed[0].finished_at, notice.at);
  }
  fake_.lag_behind_exits(false);
  EXPECT_EQ(client_.list().result.containers[0].exit_code, 9);
}

TEST_F(ContainerdRuntimeTest, AnExitDuringAListIsInItsAnswer) {
  const Running running = start_pod();
  fake_.delay_next("ListPodSandbox", std::chrono::milliseconds{50});  // Holds the answer back.
  const ports::CallId list = client_.send(RuntimeCall{});
  client_.run_until([&] { return fake_.call_count("ListContainers") == 2; });
  fake_.exit_container(running.container, 1);
  const auto listed = client_.await(list).result.containers;
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].state, ContainerState::Exited);
}

TEST_F(ContainerdRuntimeTest, AsksForAStatusOnlyOnce) {
  const Running running = start_pod();
  client_.list();
  const int statuses = fake_.call_count("ContainerStatus");
  const int addresses = fake_.call_count("PodSandboxStatus");
  client_.list();
  client_.list();
  EXPECT_EQ(fake_.call_count("ContainerStatus"), statuses);
  EXPECT_EQ(fake_.call_count("PodSandboxStatus"), addresses);
  fake_.exit_container(running.container, 4);
  EXPECT_EQ(client_.list().result.containers[0].exit_code, 4);
  EXPECT_EQ(fake_.call_count("ContainerStatus"), statuses + 1);
}

TEST_F(ContainerdRuntimeTest, SkipsWhatVanishesDuringTheList) {
  start_pod();
  fake_.fail_next("ContainerStatus", {grpc::StatusCode::NOT_FOUND, "not found"});
  const auto listed = client_.list();
  EXPECT_EQ(listed.outcome, Outcome::Ok);
  EXPECT_EQ(listed.result.sandboxes.size(), 1U);
  EXPECT_TRUE(listed.result.containers.empty());
}

TEST_F(ContainerdRuntimeTest, AListThatFailsInPartFails) {
  start_pod();
  for (const char* method : {"ListPodSandbox", "ListContainers", "ContainerStatus"}) {
    fake_.fail_next(method, {grpc::StatusCode::UNKNOWN, "disk on fire"});
    const auto answer = client_.list();
    EXPECT_EQ(answer.outcome, Outcome::Refused) << method;
    EXPECT_EQ(answer.result.message, "disk on fire");
    EXPECT_TRUE(answer.result.sandboxes.empty());
  }
}

TEST_F(ContainerdRuntimeTest, TellsAStreamThatWasLostAndRestored) {
  const Running running = start_pod();
  fake_.break_streams();
  EXPECT_EQ(client_.await_notice().what, RuntimeNotice::What::StreamLost);
  fake_.exit_container(running.container, 5);  // Nobody hears it.
  EXPECT_EQ(client_.await_notice().what, RuntimeNotice::What::StreamRestored);
  EXPECT_EQ(client_.list().result.containers[0].exit_code, 5);
}

TEST_F(ContainerdRuntimeTest, ASecondNameIsAlreadyThere) {
  const auto pod = make_pod("web");
  ASSERT_EQ(client_.run_sandbox(pod).outcome, Outcome::Ok);
  EXPECT_EQ(client_.run_sandbox(pod).outcome, Outcome::AlreadyExists);
  EXPECT_EQ(client_.run_sandbox(pod, 1).outcome, Outcome::Ok);
}

TEST_F(ContainerdRuntimeTest, ASandboxWhoseAddressCannotBeReadIsUnknownWithItsId) {
  fake_.fail_next("PodSandboxStatus", {grpc::StatusCode::UNKNOWN, "no"});
  const auto answer = client_.run_sandbox(make_pod("web"));
  EXPECT_EQ(answer.outcome, Outcome::Unknown);
  EXPECT_FALSE(answer.result.id.empty());
}

TEST_F(ContainerdRuntimeTest, TearingDownWhatIsGoneIsOk) {
  EXPECT_EQ(client_.on_container(RuntimeVerb::StopContainer, "nosuch", 1_s).outcome, Outcome::Ok);
  EXPECT_EQ(client_.on_container(RuntimeVerb::RemoveContainer, "nosuch").outcome, Outcome::Ok);
  EXPECT_EQ(client_.on_sandbox(RuntimeVerb::StopSandbox, "nosuch").outcome, Outcome::Ok);
  EXPECT_EQ(client_.on_sandbox(RuntimeVerb::RemoveSandbox, "nosuch").outcome, Outcome::Ok);
  EXPECT_EQ(client_.on_container(RuntimeVerb::StartContainer, "nosuch").outcome, Outcome::NotFound);
}

TEST(ContainerdRuntimeDeadlines, AnEffectWithoutAnAnswerIsUnknownAndFoundByListing) {
  FakeCriServer fake;
  Client client{fake.channel(), ContainerdDeadlines{.change = 30_ms}};
  fake.delay_next("RunPodSandbox", std::chrono::seconds{30});  // Answered when the fake ends.
  EXPECT_EQ(client.run_sandbox(make_pod("web")).outcome, Outcome::Unknown);
  const auto listed = client.list().result.sandboxes;
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].pod_name, "web");
}

TEST(ContainerdRuntimeDeadlines, ALookWithoutAnAnswerIsUnreachable) {
  FakeCriServer fake;
  Client client{fake.channel(), ContainerdDeadlines{.look = 30_ms}};
  fake.delay_next("ListContainers", std::chrono::seconds{30});
  EXPECT_EQ(client.list().outcome, Outcome::Unreachable);
}

TEST(ContainerdRuntimeLifetime, EndsWithCallsAndStreamOpen) {
  FakeCriServer fake;
  for (const bool handled : {false, true}) {
    Client client{fake.channel()};
    client.list();
    fake.delay_next("Version", std::chrono::seconds{30});
    fake.delay_next("RunPodSandbox", std::chrono::seconds{30});
    RuntimeCall run;
    run.verb = RuntimeVerb::RunSandbox;
    run.pod = make_pod("web");
    client.send(std::move(run));
    if (handled) client.run_until([&] { return fake.call_count("RunPodSandbox") > 0; });
  }
}

/// Over the unix socket, as live.
class SocketTest : public testing::Test {
 protected:
  ~SocketTest() override { std::filesystem::remove(path_); }

  const std::string path_ = testing::TempDir() + "orrery-cri-" + std::to_string(getpid()) + ".sock";
};

TEST_F(SocketTest, NothingIsSentWhereNobodyListens) {
  Client client{connect_containerd(path_)};
  EXPECT_EQ(client.list().outcome, Outcome::Unreachable);
  EXPECT_EQ(client.run_sandbox(make_pod("web")).outcome, Outcome::Unreachable);
}

TEST_F(SocketTest, FindsARestartedRuntimeByItself) {
  auto fake = std::make_unique<FakeCriServer>(path_);
  Client client{connect_containerd(path_)};
  EXPECT_EQ(client.list().outcome, Outcome::Ok);
  client.run_until([&] { return fake->stream_count() == 1; });
  fake.reset();
  EXPECT_EQ(client.await_notice().what, RuntimeNotice::What::StreamLost);
  fake = std::make_unique<FakeCriServer>(path_);
  EXPECT_EQ(client.await_notice().what, RuntimeNotice::What::StreamRestored);
  EXPECT_EQ(client.list().outcome, Outcome::Ok);
  EXPECT_EQ(fake->stream_count(), 1U);
  EXPECT_EQ(client.waiting_events(), 0U);
}

}  // namespace
}  // namespace orrery::cri
