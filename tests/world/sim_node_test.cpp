#include "sim/world/sim_node.h"

#include "tests/world/node_fixture.h"

namespace orrery::sim {
namespace {

TEST_F(SimNodeTest, AContainerRunsAfterSandboxCreateAndStart) {
  const std::string sandbox = run_sandbox();
  const std::string container = create(sandbox);
  EXPECT_EQ(start(container), Outcome::Ok);
  const auto seen = list();
  ASSERT_EQ(seen.containers.size(), 1U);
  EXPECT_EQ(seen.containers[0].state, ContainerState::Running);
  EXPECT_EQ(seen.sandboxes[0].pod_uid, "uid-1");
  EXPECT_FALSE(seen.sandboxes[0].pod_json.empty());
}

TEST_F(SimNodeTest, TheSandboxOfAPodExistsOncePerAttempt) {
  (void)run_sandbox(0);
  RuntimeCall again = call(RuntimeVerb::RunSandbox);
  again.pod = pod();
  EXPECT_EQ(ask(again).outcome, Outcome::AlreadyExists);
  again.attempt = 1;
  EXPECT_EQ(ask(again).outcome, Outcome::Ok);
}

TEST_F(SimNodeTest, AKilledContainerIsToldToWhoListed) {
  const std::string container = create(run_sandbox());
  (void)start(container);
  (void)list();
  listener_.events.clear();
  EXPECT_TRUE(world_.node.kill_container("uid-1", ""));
  EXPECT_FALSE(world_.node.kill_container("uid-1", ""));
  ASSERT_TRUE(world_.run([&] { return !listener_.events.empty(); }));
  const auto& notice = std::get<ports::RuntimeNotice>(*listener_.events[0].body);
  EXPECT_EQ(notice.what, ports::RuntimeNotice::What::ContainerExited);
  EXPECT_EQ(notice.exit_code, 137);
  EXPECT_EQ(notice.id, container);
}

TEST_F(SimNodeTest, ProbesSucceedOnceTheProcessListens) {
  const std::string sandbox = run_sandbox();
  const std::string container = create(sandbox);
  (void)start(container);
  const std::string address = list().sandboxes[0].ip;
  const api::ProbeAction action = api::HttpGetAction{};
  const auto probe = [&](ports::CallId id) {
    listener_.events.clear();
    world_.node.probe(kOwner, id, {&action, address, 8080, {}, 1_s});
    EXPECT_TRUE(world_.run([&] { return !listener_.events.empty(); }));
    return listener_.events.front().outcome;
  };
  EXPECT_EQ(probe(1), Outcome::Refused);
  world_.run_for(30_ms);
  EXPECT_EQ(probe(2), Outcome::Ok);
  RuntimeCall stop = call(RuntimeVerb::StopContainer);
  stop.container_id = container;
  stop.timeout = 5_s;
  EXPECT_EQ(ask(stop).outcome, Outcome::Ok);
  EXPECT_EQ(probe(3), Outcome::Refused);
}

TEST_F(SimNodeTest, AProgramThatListensTwoMillisecondsAfterItsStartPassesTheCheckMadeAtOnce) {
  world_.environment.images.at("app:1").start = Distribution::constant(2_ms);
  const std::string sandbox = run_sandbox();
  const std::string container = create(sandbox);
  const std::string address = list().sandboxes.at(0).ip;
  EXPECT_EQ(start(container), Outcome::Ok);
  const api::ProbeAction action = api::HttpGetAction{};
  listener_.events.clear();
  world_.node.probe(kOwner, 1, {&action, address, 8080, {}, 1_s});
  EXPECT_TRUE(world_.run([&] { return !listener_.events.empty(); }));
  EXPECT_EQ(listener_.events.front().outcome, Outcome::Ok);
}

TEST_F(SimNodeTest, AProbeOfAPortThatNoContainerListensOnIsRefused) {
  const auto outcome_of_probe = [&](std::int32_t port) {
    const ports::CallId id = ++next_id_;
    const std::string address = list().sandboxes.at(0).ip;
    const api::ProbeAction action = api::TcpSocketAction{};
    listener_.events.clear();
    world_.node.probe(kOwner, id, {&action, address, port, {}, 1_s});
    EXPECT_TRUE(world_.run([&] { return !listener_.events.empty(); }));
    return listener_.events.back().outcome;
  };
  pod_.spec.containers[0].ports = {{"http", 8080, 0, "TCP", ""}};
  api::Container beside;
  beside.name = "beside";
  beside.image = "app:1";
  pod_.spec.containers.push_back(beside);
  const std::string sandbox = run_sandbox();
  EXPECT_EQ(start(create(sandbox)), Outcome::Ok);
  world_.run_for(10_s);
  EXPECT_EQ(outcome_of_probe(8080), Outcome::Ok);
  EXPECT_EQ(outcome_of_probe(9090), Outcome::Refused);
  // Beside it, a container that says nothing about its ports: it may listen on any other one.
  RuntimeCall second = call(RuntimeVerb::CreateContainer);
  second.pod = pod();
  second.sandbox_id = sandbox;
  second.container_index = 1;
  EXPECT_EQ(start(result(ask(second)).id), Outcome::Ok);
  world_.run_for(10_s);
  EXPECT_EQ(outcome_of_probe(9090), Outcome::Ok);
}

TEST_F(SimNodeTest, ASleepingCommandTakesItsTimeAndIsBoundedByItsDeadline) {
  const std::string container = create(run_sandbox());
  (void)start(container);
  RuntimeCall exec = call(RuntimeVerb::Exec);
  exec.container_id = container;
  exec.command = {"/bin/sh", "-c", "sleep 3"};
  Instant before = world_.kernel.now();
  EXPECT_EQ(ask(exec).outcome, Outcome::Ok);
  EXPECT_GE(world_.kernel.now() - before, 3_s);
  exec.timeout = 1_s;
  before = world_.kernel.now();
  EXPECT_EQ(ask(exec).outcome, Outcome::Timeout);
  EXPECT_EQ(world_.kernel.now() - before, 1_s);
}

TEST_F(SimNodeTest, WhatADeadCallerWasCreatingIsRolledBackAndWhatItTookAwayIsGone) {
  const std::string sandbox = run_sandbox();
  const std::string container = create(sandbox);
  RuntimeCall create_call = call(RuntimeVerb::CreateContainer);
  create_call.pod = pod();
  create_call.sandbox_id = sandbox;
  RuntimeCall remove = call(RuntimeVerb::RemoveContainer);
  remove.container_id = container;
  world_.node.call(kOwner, 100, create_call);
  world_.node.call(kOwner, 101, remove);
  world_.dispatcher.kill_process(world_.process);
  world_.run_for(1_s);
  EXPECT_EQ(world_.node.container_count(), 0U);
  EXPECT_EQ(world_.node.sandbox_count(), 1U);
}

TEST_F(SimNodeTest, ACrashLeavesWhatARealHostCrashLeaves) {
  const std::string container = create(run_sandbox());
  (void)start(container);
  world_.node.crash();
  world_.run_for(1_s);
  world_.node.restore();
  const auto seen = list();
  EXPECT_EQ(seen.sandboxes[0].state, ports::SandboxState::NotReady);
  EXPECT_EQ(seen.containers[0].state, ContainerState::Exited);
  EXPECT_EQ(seen.containers[0].exit_code, 255);
  EXPECT_EQ(seen.containers[0].reason, "Unknown");
}

TEST_F(SimNodeTest, RunningThingsAreNotRemoved) {
  const std::string sandbox = run_sandbox();
  const std::string container = create(sandbox);
  (void)start(container);
  RuntimeCall remove = call(RuntimeVerb::RemoveContainer);
  remove.container_id = container;
  EXPECT_EQ(ask(remove).outcome, Outcome::Refused);
  RuntimeCall remove_sandbox = call(RuntimeVerb::RemoveSandbox);
  remove_sandbox.sandbox_id = sandbox;
  EXPECT_EQ(ask(remove_sandbox).outcome, Outcome::Refused);
  RuntimeCall stop_sandbox = call(RuntimeVerb::StopSandbox);
  stop_sandbox.sandbox_id = sandbox;
  EXPECT_EQ(ask(stop_sandbox).outcome, Outcome::Ok);
  EXPECT_EQ(ask(remove_sandbox).outcome, Outcome::Ok);
  EXPECT_EQ(world_.node.container_count(), 0U);
}

TEST_F(SimNodeTest, ImagesThatNobodyKnowsAreNotFound) {
  RuntimeCall status = call(RuntimeVerb::ImageStatus);
  status.image = "app:1";
  EXPECT_EQ(ask(status).outcome, Outcome::Ok);
  status.image = "other:1";
  EXPECT_EQ(ask(status).outcome, Outcome::NotFound);
  status.verb = RuntimeVerb::PullImage;
  EXPECT_EQ(ask(status).outcome, Outcome::NotFound);
}

}  // namespace
}  // namespace orrery::sim
