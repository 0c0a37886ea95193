// The node's object and lease, the API server's absence, the status of pods on its way.
#include <gtest/gtest.h>

#include "tests/kubelet/kubelet_world.h"

namespace orrery::testing {
namespace {

using ports::Verb;

const api::Node* node(const KubeletWorld& world) {
  const api::ObjectPtr found = world.api.find({api::Kind::Node, "", "node-1"});
  return found == nullptr ? nullptr : &std::get<api::Node>(*found);
}

std::vector<FakeApiServer::Logged> calls(const KubeletWorld& world, Verb verb, api::Kind kind) {
  std::vector<FakeApiServer::Logged> found;
  for (const auto& logged : world.api.log()) {
    if (logged.call.verb == verb && logged.call.key.kind == kind) found.push_back(logged);
  }
  return found;
}

TEST(Node, IsRegisteredAndReadyOnceTheRuntimeAnswers) {
  KubeletWorld world;
  world.start_kubelet();
  world.run(1_s);
  ASSERT_NE(node(world), nullptr);
  EXPECT_EQ(node(world)->status.capacity.cpu_milli, 8000);
  EXPECT_EQ(node(world)->status.address, "10.90.0.1");
  EXPECT_EQ(node(world)->meta.labels.at("kubernetes.io/hostname"), "node-1");
  EXPECT_EQ(api::find_condition(node(world)->status.conditions, "Ready")->status,
            api::ConditionStatus::True);
}

TEST(Node, ThatExistsIsAdopted) {
  KubeletWorld world;
  api::Node existing;
  existing.meta.name = "node-1";
  existing.spec.unschedulable = true;
  world.api.create(existing);
  world.start_kubelet();
  world.run(1_s);
  EXPECT_TRUE(node(world)->spec.unschedulable);
  EXPECT_EQ(node(world)->status.capacity.cpu_milli, 8000);
}

/// As pkg/kubelet updateDefaultLabels: its name and place are the kubelet's, the rest is not.
TEST(Node, ThatExistsIsGivenItsLabelsByDefault) {
  KubeletWorld world;
  world.config.node_labels = {{"topology.kubernetes.io/zone", "a"}, {"tier", "front"}};
  api::Node existing;
  existing.meta.name = "node-1";
  existing.meta.labels = {{"team", "shop"}, {"topology.kubernetes.io/zone", "b"}};
  world.api.create(existing);
  world.start_kubelet();
  world.run(1_s);
  EXPECT_EQ(node(world)->meta.labels, (api::Labels{{"kubernetes.io/hostname", "node-1"},
                                                   {"team", "shop"},
                                                   {"topology.kubernetes.io/zone", "a"}}));
  EXPECT_EQ(api::find_condition(node(world)->status.conditions, "Ready")->status,
            api::ConditionStatus::True);
}

/// As pkg/kubelet initialNode: a node that exists keeps the taints it has.
TEST(Node, RegistersWithItsTaintsUnlessItExists) {
  const std::vector<api::Taint> taints{{"dedicated", "batch", "NoSchedule", std::nullopt}};
  for (const bool exists : {false, true}) {
    KubeletWorld world;
    world.config.node_taints = taints;
    if (exists) {
      api::Node existing;
      existing.meta.name = "node-1";
      world.api.create(existing);
    }
    world.start_kubelet();
    world.run(1_s);
    EXPECT_EQ(node(world)->spec.taints, exists ? std::vector<api::Taint>{} : taints);
  }
}

TEST(Node, ThatExistsIsLabelledAgainAfterAConflict) {
  KubeletWorld world;
  api::Node existing;
  existing.meta.name = "node-1";
  world.api.create(existing);
  bool refused = false;
  world.api.set_interposer([&](const ports::ApiCall& call) {
    std::optional<FakeApiServer::Verdict> verdict;
    if (call.key.kind != api::Kind::Node || call.verb != Verb::Update || refused) return verdict;
    refused = true;
    verdict = {ports::Outcome::Conflict};
    return verdict;
  });
  world.start_kubelet();
  world.run(1_s);
  EXPECT_TRUE(refused);
  EXPECT_EQ(node(world)->meta.labels.at("kubernetes.io/hostname"), "node-1");
}

TEST(Node, IsNotReadyWhenTheRuntimeIsSilentForThirtySeconds) {
  KubeletWorld world;
  world.start_kubelet();
  world.run(1_min);
  world.runtime.set_interposer([](std::uint64_t, const ports::RuntimeCall&) {
    return std::optional{FakeRuntime::Verdict{ports::Outcome::Unreachable}};
  });
  world.runtime.lose_stream();
  world.runtime.restore_stream();
  world.run(40_s);
  EXPECT_EQ(api::find_condition(node(world)->status.conditions, "Ready")->status,
            api::ConditionStatus::False);
  world.runtime.set_interposer(nullptr);
  world.run(10_s);
  EXPECT_EQ(api::find_condition(node(world)->status.conditions, "Ready")->status,
            api::ConditionStatus::True);
}

TEST(Lease, IsRenewedEveryTenSeconds) {
  KubeletWorld world;
  world.config.lease_renew_jitter = 0;
  world.start_kubelet();
  world.run(65_s);
  const auto renewals = calls(world, Verb::Update, api::Kind::Lease);
  ASSERT_EQ(renewals.size(), 7U) << "the first finds no lease and creates it";
  for (std::size_t i = 2; i < renewals.size(); ++i) {
    EXPECT_EQ(renewals[i].at - renewals[i - 1].at, 10_s + world.api.latency * 2);
  }
  const api::ObjectPtr lease = world.api.find({api::Kind::Lease, "kube-node-lease", "node-1"});
  ASSERT_NE(lease, nullptr);
  EXPECT_EQ(std::get<api::Lease>(*lease).duration, 40_s);
  EXPECT_EQ(std::get<api::Lease>(*lease).holder, "node-1");
}

TEST(Lease, AFailedRenewalIsRepeatedFrom200msUpTo7s) {
  KubeletWorld world;
  world.start_kubelet();
  world.run(15_s);
  world.api.set_reachable(false);
  const std::size_t before = world.api.log().size();
  world.run(40_s);
  std::vector<Instant> times;
  for (std::size_t i = before; i < world.api.log().size(); ++i) {
    if (world.api.log()[i].call.key.kind == api::Kind::Lease) {
      times.push_back(world.api.log()[i].at);
    }
  }
  const Duration gaps[] = {200_ms, 400_ms, 800_ms, 1600_ms, 3200_ms, 6400_ms, 7_s, 7_s};
  ASSERT_GE(times.size(), 8U);
  for (std::size_t i = 0; i + 1 < 8; ++i) {
    EXPECT_EQ(times[i + 1] - times[i], gaps[i] + world.api.latency * 2) << i;
  }
}

TEST(NodeStatus, IsWrittenEveryFiveMinutes) {
  KubeletWorld world;
  world.start_kubelet();
  world.run(16_min);
  // At the start the runtime is found to answer, and its images are found.
  EXPECT_EQ(calls(world, Verb::UpdateStatus, api::Kind::Node).size(), 2U + 3U);
}

TEST(NodeStatus, OfANodeTakenForDeadIsPutRightAtTheNextMultipleOfTenSeconds) {
  KubeletWorld world;
  world.run(3_s);
  world.start_kubelet();
  world.run(34_s);
  api::Node silent = *node(world);
  api::set_condition(silent.status.conditions, "Ready", api::ConditionStatus::Unknown,
                     "NodeStatusUnknown", "", world.executor.now());
  world.api.update_status(silent);
  const std::size_t before = calls(world, Verb::UpdateStatus, api::Kind::Node).size();
  world.run(10_s);
  const auto writes = calls(world, Verb::UpdateStatus, api::Kind::Node);
  ASSERT_EQ(writes.size(), before + 1);
  const Instant due = Instant::at(43_s) + world.api.latency * 2;
  EXPECT_EQ(writes.back().at, due) << "40 s after its start, once it knows what is there";
  const auto* ready = api::find_condition(node(world)->status.conditions, "Ready");
  EXPECT_EQ(ready->status, api::ConditionStatus::True);
  EXPECT_EQ(ready->last_transition, due);
}

TEST(NodeStatus, IsNotAskedForWhenNothingSpeaksOfADifference) {
  KubeletWorld world;
  world.start_kubelet();
  world.run(60_min);
  EXPECT_TRUE(calls(world, Verb::Get, api::Kind::Node).empty());
}

TEST(NodeStatus, IsComparedFiveTimesAPeriodFromAFailedCallOnUntilOneSucceeds) {
  KubeletWorld world;
  world.start_kubelet();
  world.run(12_s);
  world.api.set_reachable(false);
  world.run(24_s);
  EXPECT_EQ(calls(world, Verb::Get, api::Kind::Node).size(), 5U) << "at 30 s";
  world.api.set_reachable(true);
  world.run(1_min);
  EXPECT_EQ(calls(world, Verb::Get, api::Kind::Node).size(), 6U) << "at 40 s";
}

TEST(ApiOutage, PodsKeepRunningAreRestartedAndReportedLater) {
  KubeletWorld world;
  world.api.create(make_pod());
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.api.set_reachable(false);
  world.run(10_s);
  world.crash();
  world.run(1_min);
  EXPECT_EQ(world.running_count(), 1U);
  EXPECT_EQ(world.status().restart_count, 0) << "nobody could be told";
  world.api.set_reachable(true);
  world.run(1_min);
  EXPECT_EQ(world.status().restart_count, 1);
  EXPECT_TRUE(world.ready());
  world.remove();
  ASSERT_TRUE(world.run_while_not([&] { return world.pod() == nullptr; }, 10_s))
      << "the new watch works";
}

TEST(ApiOutage, WhatWasDeletedMeanwhileIsKilledAfterIt) {
  KubeletWorld world;
  world.api.create(make_pod());
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.api.set_reachable(false);
  world.remove("web", Duration{});
  world.run(1_min);
  EXPECT_EQ(world.running_count(), 1U);
  world.api.set_reachable(true);
  world.run(1_min);
  EXPECT_TRUE(world.runtime.empty());
}

TEST(Status, IsWrittenOnlyWhenItChanged) {
  KubeletWorld world;
  world.api.create(make_pod());
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.run(1_s);
  const std::size_t before = calls(world, Verb::UpdateStatus, api::Kind::Pod).size();
  EXPECT_LE(before, 3U);
  world.run(10_min);
  EXPECT_EQ(calls(world, Verb::UpdateStatus, api::Kind::Pod).size(), before);
}

TEST(Status, OneWriteIsUnderWayAndTheLatestStateWins) {
  KubeletWorld world;
  world.api.create(make_pod());
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.api.latency = 5_s;
  world.crash();
  world.run(1_min);
  EXPECT_EQ(world.status().restart_count, 1);
  EXPECT_TRUE(world.ready());
  const auto writes = calls(world, Verb::UpdateStatus, api::Kind::Pod);
  ASSERT_GE(writes.size(), 3U);
  const std::size_t last = writes.size() - 1;
  EXPECT_GE(writes[last].at - writes[last - 1].at, 10_s) << "after the reply to the one before";
}

TEST(Status, KeepsTheConditionsOfOthersAndPutsItsOwnRight) {
  KubeletWorld world;
  world.api.create(make_pod());
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.run(1_s);
  api::Pod pod = *world.pod();
  api::set_condition(pod.status.conditions, "DisruptionTarget", api::ConditionStatus::True, "", "",
                     world.executor.now());
  api::set_condition(pod.status.conditions, "Ready", api::ConditionStatus::False, "NodeNotReady",
                     "", world.executor.now());
  world.api.update_status(pod);
  EXPECT_FALSE(world.ready());
  world.run(1_s);
  EXPECT_TRUE(world.ready());
  EXPECT_NE(api::find_condition(world.pod()->status.conditions, "DisruptionTarget"), nullptr);
}

TEST(Status, AnUnknownOutcomeIsRepeated) {
  KubeletWorld world;
  int count = 0;
  world.api.set_interposer(
      [&](const ports::ApiCall& call) -> std::optional<FakeApiServer::Verdict> {
        if (call.verb != Verb::UpdateStatus || call.key.kind != api::Kind::Pod || ++count > 3) {
          return std::nullopt;
        }
        return FakeApiServer::Verdict{ports::Outcome::Unknown, count == 2};
      });
  world.api.create(make_pod());
  world.start_kubelet();
  EXPECT_TRUE(world.run_until_ready(30_s));
}

}  // namespace
}  // namespace orrery::testing
