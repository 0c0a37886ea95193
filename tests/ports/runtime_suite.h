/// @file
/// What every adapter of ports::ContainerRuntime promises, as one suite.
///
/// Instantiate with a world type, one fresh node per world, that has
///   /// An image that the node holds, with the program of a container.
///   std::string image();
///   ports::ContainerRuntime& runtime();
///   void attach(ports::OwnerId, ports::Component&);   // before run
///   bool run(std::function<bool()> done);             // lets time pass until done; false: gave up
///   /// KILL to the first process of a container, the only one that runs in its pod.
///   void kill(const std::string& pod_uid, const std::string& container_id);
///   /// A command that ends well and at once in any container, for the next Exec.
///   std::vector<std::string> quick_command();
///   /// One that takes longer than a second.
///   std::vector<std::string> slow_command();
///   /// An image that cannot be had, for the next PullImage.
///   std::string missing_image();
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/api/reading.h"
#include "models/ports/container_runtime.h"

namespace orrery::ports_suite {

struct RuntimeListener : ports::Component {
  std::vector<ports::Event> replies;
  std::vector<ports::RuntimeNotice> notices;
  bool inside_call = false;

  void on_event(const ports::Event& event) override {
    EXPECT_FALSE(inside_call) << "answered from inside the call";
    if (event.kind == ports::EventKind::RuntimeReply) {
      replies.push_back(event);
      return;
    }
    EXPECT_EQ(event.kind, ports::EventKind::RuntimeEvent);
    EXPECT_EQ(event.id, 0U);
    notices.push_back(std::get<ports::RuntimeNotice>(*event.body));
  }
};

template <class World>
class RuntimeSuite : public testing::Test {
 protected:
  static constexpr ports::OwnerId kOwner{60};
  static constexpr ports::OwnerId kOther{61};

  struct Answer {
    ports::Outcome outcome = ports::Outcome::Unknown;
    ports::RuntimeResult result;
  };
  struct Placed {
    std::string sandbox;
    std::string container;
    std::string ip;
  };

  RuntimeSuite() {
    world_.attach(kOwner, listener_);
    world_.attach(kOther, other_);
  }

  void send(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) {
    listener_.inside_call = other_.inside_call = true;
    world_.runtime().call(owner, id, std::move(call));
    listener_.inside_call = other_.inside_call = false;
  }
  /// Makes a call and returns its reply, which must be the next one to come.
  Answer ask(ports::RuntimeCall call) {
    const ports::CallId id = next_id_++;
    const std::size_t before = listener_.replies.size();
    send(kOwner, id, std::move(call));
    EXPECT_TRUE(world_.run([&] { return listener_.replies.size() > before; }));
    if (listener_.replies.size() != before + 1) {
      ADD_FAILURE() << listener_.replies.size() - before << " replies";
      return {};
    }
    const ports::Event& reply = listener_.replies.back();
    EXPECT_EQ(reply.id, id);
    if (reply.body == nullptr) {
      ADD_FAILURE() << "a reply without a result";
      return {reply.outcome, {}};
    }
    return {reply.outcome, std::get<ports::RuntimeResult>(*reply.body)};
  }
  Answer on_sandbox(ports::RuntimeVerb verb, const std::string& id) {
    ports::RuntimeCall c;
    c.verb = verb;
    c.sandbox_id = id;
    return ask(std::move(c));
  }
  Answer on_container(ports::RuntimeVerb verb, const std::string& id) {
    ports::RuntimeCall c;
    c.verb = verb;
    c.container_id = id;
    c.timeout = 1_s;
    return ask(std::move(c));
  }
  Answer on_image(ports::RuntimeVerb verb, const std::string& image) {
    ports::RuntimeCall c;
    c.verb = verb;
    c.image = image;
    return ask(std::move(c));
  }
  Answer exec(const std::string& container, std::vector<std::string> command) {
    ports::RuntimeCall c;
    c.verb = ports::RuntimeVerb::Exec;
    c.container_id = container;
    c.command = std::move(command);
    c.timeout = 1_s;
    return ask(std::move(c));
  }
  Answer run_sandbox(std::uint32_t attempt = 0) {
    ports::RuntimeCall c;
    c.verb = ports::RuntimeVerb::RunSandbox;
    c.pod = pod();
    c.attempt = attempt;
    return ask(std::move(c));
  }
  Answer create(const std::string& sandbox, std::uint32_t attempt = 0) {
    ports::RuntimeCall c;
    c.verb = ports::RuntimeVerb::CreateContainer;
    c.pod = pod();
    c.sandbox_id = sandbox;
    c.attempt = attempt;
    c.image = world_.image();
    return ask(std::move(c));
  }
  /// A running container in a sandbox of its own.
  Placed start_pod() {
    const Answer sandbox = run_sandbox();
    EXPECT_EQ(sandbox.outcome, ports::Outcome::Ok);
    const Answer container = create(sandbox.result.id);
    EXPECT_EQ(container.outcome, ports::Outcome::Ok);
    EXPECT_EQ(on_container(ports::RuntimeVerb::StartContainer, container.result.id).outcome,
              ports::Outcome::Ok);
    return {sandbox.result.id, container.result.id, sandbox.result.ip};
  }
  ports::RuntimeResult list() {
    const Answer answer = ask({});
    EXPECT_EQ(answer.outcome, ports::Outcome::Ok);
    return answer.result;
  }
  std::vector<ports::ContainerStats> measure() {
    ports::RuntimeCall c;
    c.verb = ports::RuntimeVerb::Stats;
    const Answer answer = ask(std::move(c));
    EXPECT_EQ(answer.outcome, ports::Outcome::Ok);
    return answer.result.stats;
  }
  bool wait_for_notice(const RuntimeListener& listener) {
    return world_.run([&] { return !listener.notices.empty(); });
  }
  std::shared_ptr<const api::Object> pod() {
    api::Pod p;
    p.meta.name = "web-1";
    p.meta.namespace_name = "default";
    p.meta.uid = "uid-1";
    p.meta.labels["app"] = "web";
    p.spec.containers.resize(1);
    p.spec.containers[0].name = "app";
    p.spec.containers[0].image = world_.image();
    return std::make_shared<const api::Object>(std::move(p));
  }

  World world_;
  RuntimeListener listener_;
  RuntimeListener other_;
  ports::CallId next_id_ = 1000;
};

TYPED_TEST_SUITE_P(RuntimeSuite);

TYPED_TEST_P(RuntimeSuite, AStartedContainerIsListedAsRunningInItsSandbox) {
  const auto sandbox = this->run_sandbox(2);
  ASSERT_EQ(sandbox.outcome, ports::Outcome::Ok);
  EXPECT_FALSE(sandbox.result.ip.empty());
  const auto container = this->create(sandbox.result.id, 5);
  ASSERT_EQ(container.outcome, ports::Outcome::Ok);
  auto seen = this->list();
  ASSERT_EQ(seen.containers.size(), 1U);
  EXPECT_EQ(seen.containers[0].state, ports::ContainerState::Created);
  ASSERT_EQ(this->on_container(ports::RuntimeVerb::StartContainer, container.result.id).outcome,
            ports::Outcome::Ok);

  seen = this->list();
  ASSERT_EQ(seen.sandboxes.size(), 1U);
  EXPECT_EQ(seen.sandboxes[0].id, sandbox.result.id);
  EXPECT_EQ(seen.sandboxes[0].pod_uid, "uid-1");
  EXPECT_EQ(seen.sandboxes[0].pod_name, "web-1");
  EXPECT_EQ(seen.sandboxes[0].pod_namespace, "default");
  EXPECT_EQ(seen.sandboxes[0].attempt, 2U);
  EXPECT_EQ(seen.sandboxes[0].state, ports::SandboxState::Ready);
  EXPECT_EQ(seen.sandboxes[0].ip, sandbox.result.ip);
  ASSERT_EQ(seen.containers.size(), 1U);
  EXPECT_EQ(seen.containers[0].id, container.result.id);
  EXPECT_EQ(seen.containers[0].sandbox_id, sandbox.result.id);
  EXPECT_EQ(seen.containers[0].name, "app");
  EXPECT_EQ(seen.containers[0].attempt, 5U);
  EXPECT_EQ(seen.containers[0].image, this->world_.image());
  EXPECT_EQ(seen.containers[0].state, ports::ContainerState::Running);
}

TYPED_TEST_P(RuntimeSuite, ThePodIsReadBackFromTheListing) {
  ASSERT_EQ(this->run_sandbox().outcome, ports::Outcome::Ok);
  const auto seen = this->list();
  ASSERT_EQ(seen.sandboxes.size(), 1U);
  EXPECT_EQ(api::from_json_text(seen.sandboxes[0].pod_json), *this->pod());
}

TYPED_TEST_P(RuntimeSuite, EveryCallGetsExactlyOneReplyWithItsId) {
  const std::size_t before = this->listener_.replies.size();
  std::vector<ports::CallId> sent;
  for (std::uint8_t verb = 0; verb <= 10; ++verb) {
    ports::RuntimeCall call;
    call.verb = static_cast<ports::RuntimeVerb>(verb);
    call.pod = this->pod();
    call.sandbox_id = "nosuch";
    call.container_id = "nosuch";
    call.image = this->world_.image();
    call.timeout = 1_s;
    sent.push_back(verb + 1U);
    this->send(this->kOwner, sent.back(), std::move(call));
  }
  ASSERT_TRUE(this->world_.run([&] { return this->listener_.replies.size() >= before + 11; }));
  this->list();  // Whatever would come twice has come before its reply.
  std::vector<ports::CallId> answered;
  for (std::size_t i = before; i + 1 < this->listener_.replies.size(); ++i) {
    answered.push_back(this->listener_.replies[i].id);
  }
  std::sort(answered.begin(), answered.end());
  EXPECT_EQ(answered, sent);
}

TYPED_TEST_P(RuntimeSuite, APodHasOneSandboxPerAttempt) {
  ASSERT_EQ(this->run_sandbox(0).outcome, ports::Outcome::Ok);
  const auto again = this->run_sandbox(0);
  EXPECT_EQ(again.outcome, ports::Outcome::AlreadyExists);
  EXPECT_FALSE(again.result.message.empty());
  EXPECT_EQ(this->list().sandboxes.size(), 1U);
  EXPECT_EQ(this->run_sandbox(1).outcome, ports::Outcome::Ok);
  EXPECT_EQ(this->list().sandboxes.size(), 2U);
}

TYPED_TEST_P(RuntimeSuite, ASandboxHasOneContainerPerNameAndAttempt) {
  const std::string sandbox = this->run_sandbox().result.id;
  ASSERT_EQ(this->create(sandbox, 0).outcome, ports::Outcome::Ok);
  EXPECT_EQ(this->create(sandbox, 0).outcome, ports::Outcome::AlreadyExists);
  EXPECT_EQ(this->list().containers.size(), 1U);
  EXPECT_EQ(this->create(sandbox, 1).outcome, ports::Outcome::Ok);
  EXPECT_EQ(this->list().containers.size(), 2U);
}

TYPED_TEST_P(RuntimeSuite, WhatIsNotThereCannotBeUsed) {
  using ports::RuntimeVerb;
  EXPECT_EQ(this->create("nosuch").outcome, ports::Outcome::NotFound);
  EXPECT_EQ(this->on_container(RuntimeVerb::StartContainer, "nosuch").outcome,
            ports::Outcome::NotFound);
  EXPECT_EQ(this->exec("nosuch", {"true"}).outcome, ports::Outcome::NotFound);
}

TYPED_TEST_P(RuntimeSuite, WhatIsNotThereIsStoppedAndRemoved) {
  using ports::RuntimeVerb;
  for (const RuntimeVerb verb : {RuntimeVerb::StopContainer, RuntimeVerb::RemoveContainer}) {
    EXPECT_EQ(this->on_container(verb, "nosuch").outcome, ports::Outcome::Ok) << to_string(verb);
  }
  for (const RuntimeVerb verb : {RuntimeVerb::StopSandbox, RuntimeVerb::RemoveSandbox}) {
    EXPECT_EQ(this->on_sandbox(verb, "nosuch").outcome, ports::Outcome::Ok) << to_string(verb);
  }
}

TYPED_TEST_P(RuntimeSuite, AContainerIsStartedOnce) {
  const auto placed = this->start_pod();
  EXPECT_EQ(this->on_container(ports::RuntimeVerb::StartContainer, placed.container).outcome,
            ports::Outcome::Refused);
  const auto seen = this->list();
  ASSERT_EQ(seen.containers.size(), 1U);
  EXPECT_EQ(seen.containers[0].state, ports::ContainerState::Running);
}

TYPED_TEST_P(RuntimeSuite, AStoppedContainerIsListedAsExitedAsItsNoticeSays) {
  const auto placed = this->start_pod();
  this->list();
  ASSERT_EQ(this->on_container(ports::RuntimeVerb::StopContainer, placed.container).outcome,
            ports::Outcome::Ok);
  ASSERT_TRUE(this->wait_for_notice(this->listener_));
  const auto seen = this->list();
  ASSERT_EQ(this->listener_.notices.size(), 1U);
  const ports::RuntimeNotice& notice = this->listener_.notices[0];
  EXPECT_EQ(notice.what, ports::RuntimeNotice::What::ContainerExited);
  EXPECT_EQ(notice.id, placed.container);
  ASSERT_EQ(seen.containers.size(), 1U);
  EXPECT_EQ(seen.containers[0].state, ports::ContainerState::Exited);
  EXPECT_EQ(seen.containers[0].exit_code, notice.exit_code);
  EXPECT_EQ(seen.containers[0].reason, notice.reason);
  EXPECT_EQ(seen.containers[0].finished_at, notice.at);
  EXPECT_GE(seen.containers[0].finished_at, seen.containers[0].started_at);
  // Once stopped, it is stopped.
  EXPECT_EQ(this->on_container(ports::RuntimeVerb::StopContainer, placed.container).outcome,
            ports::Outcome::Ok);
}

TYPED_TEST_P(RuntimeSuite, AnExitIsToldToTheOneThatCalledListLast) {
  const auto placed = this->start_pod();
  this->send(this->kOther, 1, {});
  ASSERT_TRUE(this->world_.run([&] { return !this->other_.replies.empty(); }));
  this->list();
  this->send(this->kOther, 2, {});  // Counts from the call on, not from its reply.
  this->world_.kill("uid-1", placed.container);
  ASSERT_TRUE(this->wait_for_notice(this->other_));
  const ports::RuntimeNotice& notice = this->other_.notices[0];
  EXPECT_EQ(notice.what, ports::RuntimeNotice::What::ContainerExited);
  EXPECT_EQ(notice.id, placed.container);
  EXPECT_EQ(notice.exit_code, 137);
  EXPECT_EQ(notice.reason, "Error");
  const auto seen = this->list();
  ASSERT_EQ(seen.containers.size(), 1U);
  EXPECT_EQ(seen.containers[0].state, ports::ContainerState::Exited);
  EXPECT_EQ(seen.containers[0].exit_code, 137);
  EXPECT_EQ(seen.containers[0].finished_at, notice.at);
  EXPECT_EQ(this->other_.notices.size(), 1U);
  EXPECT_TRUE(this->listener_.notices.empty());
}

TYPED_TEST_P(RuntimeSuite, ExecEndsWithTheCommandOrWithItsTimeout) {
  const auto placed = this->start_pod();
  const auto done = this->exec(placed.container, this->world_.quick_command());
  EXPECT_EQ(done.outcome, ports::Outcome::Ok);
  EXPECT_EQ(done.result.exit_code, 0);
  EXPECT_EQ(this->exec(placed.container, this->world_.slow_command()).outcome,
            ports::Outcome::Timeout);
}

TYPED_TEST_P(RuntimeSuite, ARunningContainerIsRemovedWholeOrNotAtAll) {
  const auto placed = this->start_pod();
  const auto removed = this->on_container(ports::RuntimeVerb::RemoveContainer, placed.container);
  const auto seen = this->list();
  if (removed.outcome == ports::Outcome::Ok) {
    EXPECT_TRUE(seen.containers.empty());
    return;
  }
  EXPECT_EQ(removed.outcome, ports::Outcome::Refused);
  EXPECT_FALSE(removed.result.message.empty());
  ASSERT_EQ(seen.containers.size(), 1U);
  EXPECT_EQ(seen.containers[0].state, ports::ContainerState::Running);
}

TYPED_TEST_P(RuntimeSuite, AStoppedSandboxHasNoRunningContainersAndIsRemovedWithThem) {
  const auto placed = this->start_pod();
  ASSERT_EQ(this->on_sandbox(ports::RuntimeVerb::StopSandbox, placed.sandbox).outcome,
            ports::Outcome::Ok);
  auto seen = this->list();
  ASSERT_EQ(seen.sandboxes.size(), 1U);
  EXPECT_EQ(seen.sandboxes[0].state, ports::SandboxState::NotReady);
  ASSERT_EQ(seen.containers.size(), 1U);
  EXPECT_EQ(seen.containers[0].state, ports::ContainerState::Exited);
  ASSERT_EQ(this->on_sandbox(ports::RuntimeVerb::RemoveSandbox, placed.sandbox).outcome,
            ports::Outcome::Ok);
  seen = this->list();
  EXPECT_TRUE(seen.sandboxes.empty());
  EXPECT_TRUE(seen.containers.empty());
  EXPECT_EQ(this->run_sandbox().outcome, ports::Outcome::Ok) << "its name is free again";
}

TYPED_TEST_P(RuntimeSuite, WhatRunsIsMeasuredAndWhatDoesNotIsNot) {
  const auto placed = this->start_pod();
  EXPECT_EQ(this->create(placed.sandbox, 1).outcome, ports::Outcome::Ok) << "it is not started";
  const auto listed = this->list();
  const auto running =
      std::find_if(listed.containers.begin(), listed.containers.end(),
                   [&](const ports::ContainerInfo& info) { return info.id == placed.container; });
  ASSERT_NE(running, listed.containers.end());
  ports::ContainerStats before;
  for (int sample = 0; sample < 2; ++sample) {
    const auto stats = this->measure();
    ASSERT_EQ(stats.size(), 1U);
    EXPECT_EQ(stats[0].id, placed.container);
    EXPECT_GE(stats[0].at, running->started_at);
    EXPECT_GE(stats[0].at, before.at);
    EXPECT_GE(stats[0].cpu, before.cpu);
    EXPECT_GE(stats[0].memory_bytes, 0);
    before = stats[0];
  }
  ASSERT_EQ(this->on_container(ports::RuntimeVerb::StopContainer, placed.container).outcome,
            ports::Outcome::Ok);
  EXPECT_TRUE(this->measure().empty());
}

TYPED_TEST_P(RuntimeSuite, AnImageIsThereOrCannotBeHadForAReason) {
  using ports::RuntimeVerb;
  EXPECT_EQ(this->on_image(RuntimeVerb::ImageStatus, this->world_.image()).outcome,
            ports::Outcome::Ok);
  EXPECT_EQ(this->on_image(RuntimeVerb::PullImage, this->world_.image()).outcome,
            ports::Outcome::Ok);
  const std::string missing = this->world_.missing_image();
  EXPECT_EQ(this->on_image(RuntimeVerb::ImageStatus, missing).outcome, ports::Outcome::NotFound);
  const auto pull = this->on_image(RuntimeVerb::PullImage, missing);
  EXPECT_NE(pull.outcome, ports::Outcome::Ok);
  EXPECT_FALSE(pull.result.message.empty());
  EXPECT_EQ(this->on_image(RuntimeVerb::ImageStatus, missing).outcome, ports::Outcome::NotFound);
}

TYPED_TEST_P(RuntimeSuite, ImagesAreListedByName) {
  ports::RuntimeCall c;
  c.verb = ports::RuntimeVerb::Images;
  const auto listed = this->ask(std::move(c));
  ASSERT_EQ(listed.outcome, ports::Outcome::Ok);
  // A runtime may put its registry before the name.
  const auto& images = listed.result.images;
  EXPECT_TRUE(std::any_of(images.begin(), images.end(), [&](const ports::ImageInfo& image) {
    return image.name.ends_with(this->world_.image());
  }));
}

TYPED_TEST_P(RuntimeSuite, AVolumeIsPreparedAndRemovedHoweverOften) {
  ports::RuntimeCall prepare;
  prepare.verb = ports::RuntimeVerb::PrepareVolume;
  prepare.volume.emplace();
  prepare.volume->pod_uid = "uid-of-a-pod";
  prepare.volume->name = "config";
  prepare.volume->kind = ports::VolumeOrder::Kind::Files;
  prepare.volume->files = {{"key", "value"}};
  ports::RuntimeCall remove;
  remove.verb = ports::RuntimeVerb::RemoveVolumes;
  remove.volume.emplace().pod_uid = "uid-of-a-pod";
  EXPECT_EQ(this->ask(remove).outcome, ports::Outcome::Ok);
  EXPECT_EQ(this->ask(prepare).outcome, ports::Outcome::Ok);
  prepare.volume->files = {{"key", "another value"}};
  EXPECT_EQ(this->ask(prepare).outcome, ports::Outcome::Ok);
  EXPECT_EQ(this->ask(remove).outcome, ports::Outcome::Ok);
  EXPECT_EQ(this->ask(remove).outcome, ports::Outcome::Ok);
}

REGISTER_TYPED_TEST_SUITE_P(
    RuntimeSuite, AVolumeIsPreparedAndRemovedHoweverOften, WhatRunsIsMeasuredAndWhatDoesNotIsNot,
    AStartedContainerIsListedAsRunningInItsSandbox, ThePodIsReadBackFromTheListing,
    EveryCallGetsExactlyOneReplyWithItsId, APodHasOneSandboxPerAttempt,
    ASandboxHasOneContainerPerNameAndAttempt, WhatIsNotThereCannotBeUsed,
    WhatIsNotThereIsStoppedAndRemoved, AContainerIsStartedOnce,
    AStoppedContainerIsListedAsExitedAsItsNoticeSays, AnExitIsToldToTheOneThatCalledListLast,
    ExecEndsWithTheCommandOrWithItsTimeout, ARunningContainerIsRemovedWholeOrNotAtAll,
    AStoppedSandboxHasNoRunningContainersAndIsRemovedWithThem,
    AnImageIsThereOrCannotBeHadForAReason, ImagesAreListedByName);

}  // namespace orrery::ports_suite
