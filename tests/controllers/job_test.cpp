#include "models/controllers/job.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "models/controllers/job_failure_policy.h"
#include "tests/controllers/batch_cluster.h"

namespace orrery::controllers {
namespace {

using api::Job;
using api::Pod;
using orrery::testing::BatchCluster;
using orrery::testing::job_named;
using orrery::testing::PodEnd;

/// A time the way these tests compare it: to the millisecond.
std::int64_t ms(Instant t) { return t.count_ns() / 1'000'000; }
std::int64_t ms(Duration d) { return d.count_ns() / 1'000'000; }

TEST(Job, OfTenCompletionsAtThreeAtATimeTakesFourRounds) {
  BatchCluster cluster;
  Job job = job_named("sum");
  job.spec.completions = 10;
  job.spec.parallelism = 3;
  const Instant start = cluster.now();
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(200_s, [&] { return cluster.has("sum", "Complete"); }));
  EXPECT_EQ(ms(cluster.now() - start), 80'000);
  EXPECT_EQ(cluster.pod_starts.size(), 10U);
  EXPECT_EQ(cluster.running_max, 3);
  EXPECT_EQ(cluster.job("sum").status.succeeded, 10);
}

TEST(Job, WantsNoMorePodsThanCompletionsAreLeft) {
  BatchCluster cluster;
  Job job = job_named("sum");
  job.spec.completions = 4;
  job.spec.parallelism = 3;
  cluster.create(job);
  cluster.run_for(25_s);
  EXPECT_EQ(cluster.pod_starts.size(), 4U);
  EXPECT_EQ(cluster.running, 1);
}

TEST(Job, ThatAlwaysFailsWithLimitSixMakesSevenPodsAndWaits630Seconds) {
  BatchCluster cluster;
  cluster.end = [](int, const Pod&) { return PodEnd{1_s, 1}; };
  Job job = job_named("broken");
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(3600_s, [&] { return cluster.has("broken", "Failed"); }));
  ASSERT_EQ(cluster.pod_starts.size(), 7U);
  std::vector<std::int64_t> waits;
  std::int64_t sum = 0;
  for (std::size_t i = 1; i < 7; ++i) {
    waits.push_back(ms(cluster.pod_starts[i] - cluster.pod_ends[i - 1]) / 1000);
    sum += waits.back();
  }
  EXPECT_EQ(waits, (std::vector<std::int64_t>{10, 20, 40, 80, 160, 320}));
  EXPECT_EQ(sum, 630);
  const Job failed = cluster.job("broken");
  EXPECT_EQ(failed.status.failed, 7);
  EXPECT_EQ(api::find_condition(failed.status.conditions, "Failed")->reason,
            "BackoffLimitExceeded");
}

TEST(Job, BackoffDoublesFromTenSecondsToTenMinutes) {
  const JobConfig config;
  EXPECT_EQ(job_backoff(0, config), 0_s);
  EXPECT_EQ(job_backoff(1, config), 10_s);
  EXPECT_EQ(job_backoff(6, config), 320_s);
  EXPECT_EQ(job_backoff(7, config), 600_s);
  EXPECT_EQ(job_backoff(1000, config), 600_s);
}

TEST(Job, ASuccessStartsTheBackoffAnew) {
  BatchCluster cluster;
  // Fails, fails, succeeds, fails: the last wait is the first one's length again.
  cluster.end = [](int n, const Pod&) { return PodEnd{1_s, n == 3 || n > 4 ? 0 : 1}; };
  Job job = job_named("mixed");
  job.spec.completions = 2;
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(600_s, [&] { return cluster.has("mixed", "Complete"); }));
  ASSERT_EQ(cluster.pod_starts.size(), 5U);
  EXPECT_EQ(ms(cluster.pod_starts[2] - cluster.pod_ends[1]) / 1000, 20);
  EXPECT_EQ(ms(cluster.pod_starts[3] - cluster.pod_ends[2]), 0);
  EXPECT_EQ(ms(cluster.pod_starts[4] - cluster.pod_ends[3]) / 1000, 10);
}

TEST(Job, FailsWhenFailuresExceedTheLimitNotWhenTheyReachIt) {
  for (const std::int32_t limit : {0, 1, 2}) {
    BatchCluster cluster;
    cluster.end = [](int, const Pod&) { return PodEnd{1_s, 1}; };
    Job job = job_named("broken");
    job.spec.backoff_limit = limit;
    cluster.create(job);
    ASSERT_TRUE(cluster.run_for(600_s, [&] { return cluster.has("broken", "Failed"); }));
    EXPECT_EQ(std::ssize(cluster.pod_starts), limit + 1);
  }
}

TEST(Job, WithRestartsInPlaceFailsWhenTheyReachTheLimit) {
  struct Case {
    std::int32_t limit;
    std::int32_t restarts;
    bool fails;
  };
  for (const Case& c : {Case{0, 0, false}, {0, 1, true}, {2, 1, false}, {2, 2, true}}) {
    Job job = job_named("j");
    job.meta.uid = "u";
    job.spec.backoff_limit = c.limit;
    job.spec.pod_template.spec.restart_policy = api::RestartPolicy::OnFailure;
    Pod pod;
    pod.meta.name = "p";
    pod.meta.uid = "p";
    pod.meta.labels = {{"batch.kubernetes.io/controller-uid", "u"}};
    pod.meta.owners = {{api::Kind::Job, "j", "u", true}};
    pod.meta.finalizers = {kJobTrackingFinalizer};
    pod.status.phase = api::PodPhase::Running;
    pod.status.container_statuses.emplace_back().restart_count = c.restarts;
    const Plan plan = reconcile_job({&job, {&pod}, true, {}, {}}, {}, Instant{});
    bool fails = false;
    for (const Batch& batch : plan.batches) {
      for (const ports::ApiCall& call : batch) {
        if (call.verb != ports::Verb::UpdateStatus) continue;
        const auto& written = std::get<Job>(*call.object);
        fails = api::find_condition(written.status.conditions, "FailureTarget") != nullptr;
      }
    }
    EXPECT_EQ(fails, c.fails) << c.limit << " " << c.restarts;
  }
}

TEST(Job, WithoutCompletionsIsAWorkQueueWhoseFirstSuccessStopsNewPods) {
  BatchCluster cluster;
  cluster.end = [](int n, const Pod&) { return PodEnd{Duration::seconds(10 * n), 0}; };
  Job job = job_named("queue");
  job.spec.completions.reset();
  job.spec.parallelism = 3;
  cluster.create(job);
  cluster.run_for(25_s);
  EXPECT_EQ(cluster.pod_starts.size(), 3U);
  EXPECT_FALSE(cluster.has("queue", "Complete")) << "one still works";
  ASSERT_TRUE(cluster.run_for(60_s, [&] { return cluster.has("queue", "Complete"); }));
  EXPECT_EQ(ms(cluster.now()) / 1000, 30);
  EXPECT_EQ(cluster.pod_starts.size(), 3U);
}

TEST(Job, OfParallelismZeroWaits) {
  BatchCluster cluster;
  Job job = job_named("paused");
  job.spec.parallelism = 0;
  cluster.create(job);
  cluster.run_for(100_s);
  EXPECT_TRUE(cluster.pod_starts.empty());
  cluster.change<Job>("default", "paused", [](Job& j) { j.spec.parallelism = 1; });
  EXPECT_TRUE(cluster.run_for(30_s, [&] { return cluster.has("paused", "Complete"); }));
}

TEST(Job, PastItsDeadlineIsFailedAndItsPodsAreStopped) {
  BatchCluster cluster;
  cluster.end = [](int, const Pod&) { return std::optional<PodEnd>{}; };
  Job job = job_named("late");
  job.spec.parallelism = 2;
  job.spec.completions = 2;
  job.spec.active_deadline = 30_s;
  const Instant start = cluster.now();
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(100_s, [&] { return cluster.has("late", "Failed"); }));
  EXPECT_EQ(ms(cluster.now() - start) / 1000, 30);
  const Job failed = cluster.job("late");
  EXPECT_EQ(api::find_condition(failed.status.conditions, "Failed")->reason, "DeadlineExceeded");
  cluster.run_for(10_s);
  EXPECT_EQ(cluster.running, 0);
  EXPECT_EQ(cluster.job("late").status.failed, 2) << "every pod it stops counts as failed";
  EXPECT_TRUE(cluster.all<Pod>().empty());
}

TEST(Job, DeadlineComesBeforeALimitThatIsNotReached) {
  BatchCluster cluster;
  cluster.end = [](int, const Pod&) { return PodEnd{1_s, 1}; };
  Job job = job_named("late");
  job.spec.active_deadline = 20_s;
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(100_s, [&] { return cluster.has("late", "Failed"); }));
  EXPECT_EQ(api::find_condition(cluster.job("late").status.conditions, "Failed")->reason,
            "DeadlineExceeded");
  EXPECT_EQ(cluster.pod_starts.size(), 2U);
}

TEST(Job, EndsAfterItsPodsInNewerVersions) {
  for (const bool ends_after_pods : {false, true}) {
    ControllerManagerConfig config;
    config.job.ends_after_pods = ends_after_pods;
    BatchCluster cluster{config};
    cluster.pod_stop = 7_s;
    cluster.end = [](int, const Pod&) { return std::optional<PodEnd>{}; };
    Job job = job_named("late");
    job.spec.active_deadline = 30_s;
    const Instant start = cluster.now();
    cluster.create(job);
    ASSERT_TRUE(cluster.run_for(100_s, [&] { return cluster.has("late", "Failed"); }));
    EXPECT_EQ(ms(cluster.now() - start) / 1000, ends_after_pods ? 37 : 30);
  }
}

TEST(Job, IsDeletedWhenItsTimeToLiveIsOver) {
  BatchCluster cluster;
  Job job = job_named("brief");
  job.spec.ttl_after_finished = 15_s;
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(100_s, [&] { return cluster.has("brief", "Complete"); }));
  const Instant done = cluster.now();
  ASSERT_TRUE(
      cluster.run_for(100_s, [&] { return !cluster.find<Job>("default", "brief").has_value(); }));
  EXPECT_EQ(ms(cluster.now() - done) / 1000, 15);
}

TEST(Job, SuspendedStopsItsPodsAndItsDeadlineStartsAnewOnResume) {
  BatchCluster cluster;
  cluster.end = [](int, const Pod&) { return std::optional<PodEnd>{}; };
  Job job = job_named("nap");
  job.spec.active_deadline = 60_s;
  cluster.create(job);
  cluster.run_for(50_s);
  cluster.change<Job>("default", "nap", [](Job& j) { j.spec.suspend = true; });
  cluster.run_for(100_s);
  EXPECT_TRUE(cluster.has("nap", "Suspended"));
  EXPECT_EQ(cluster.running, 0);
  EXPECT_EQ(cluster.job("nap").status.failed, 0) << "what it stopped itself is no failure";
  EXPECT_FALSE(cluster.has("nap", "Failed"));
  const Instant resumed = cluster.now();
  cluster.change<Job>("default", "nap", [](Job& j) { j.spec.suspend = false; });
  ASSERT_TRUE(cluster.run_for(200_s, [&] { return cluster.has("nap", "Failed"); }));
  EXPECT_EQ(ms(cluster.now() - resumed) / 1000, 60);
  EXPECT_FALSE(cluster.has("nap", "Suspended"));
}

TEST(Job, CreatedSuspendedStartsNothing) {
  BatchCluster cluster;
  Job job = job_named("nap");
  job.spec.suspend = true;
  cluster.create(job);
  cluster.run_for(10_s);
  EXPECT_TRUE(cluster.pod_starts.empty());
  EXPECT_FALSE(cluster.job("nap").status.start_time.has_value());
}

TEST(Job, IndexedGivesEveryIndexToOnePodAndItsEnvironment) {
  BatchCluster cluster;
  std::set<std::string> indexes;
  cluster.also = [&](const store::Write& write) {
    const auto* pod = std::get_if<Pod>(write.after.get());
    if (pod == nullptr || write.kind != ports::DeltaKind::Added) return;
    const api::EnvVar& variable = pod->spec.containers[0].env.at(0);
    EXPECT_EQ(variable.name, "JOB_COMPLETION_INDEX");
    EXPECT_TRUE(pod->meta.name.starts_with("shard-" + variable.value + "-")) << pod->meta.name;
    EXPECT_EQ(pod->spec.hostname, "shard-" + variable.value);
    EXPECT_EQ(pod->meta.annotations.at(kJobIndexAnnotation), variable.value);
    EXPECT_TRUE(indexes.insert(variable.value).second) << variable.value;
  };
  Job job = job_named("shard");
  job.spec.indexed = true;
  job.spec.completions = 5;
  job.spec.parallelism = 2;
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(200_s, [&] { return cluster.has("shard", "Complete"); }));
  EXPECT_EQ(indexes, (std::set<std::string>{"0", "1", "2", "3", "4"}));
  EXPECT_EQ(cluster.job("shard").status.completed_indexes, "0-4");
  EXPECT_EQ(cluster.job("shard").status.succeeded, 5);
}

TEST(Job, IndexedRepeatsTheIndexThatFailed) {
  BatchCluster cluster;
  cluster.end = [](int n, const Pod&) { return PodEnd{5_s, n == 1 ? 1 : 0}; };
  Job job = job_named("shard");
  job.spec.indexed = true;
  job.spec.completions = 2;
  job.spec.parallelism = 2;
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(200_s, [&] { return cluster.has("shard", "Complete"); }));
  EXPECT_EQ(cluster.pod_starts.size(), 3U);
  EXPECT_EQ(cluster.job("shard").status.completed_indexes, "0,1");
  EXPECT_EQ(cluster.job("shard").status.failed, 1);
}

TEST(Job, WithALimitPerIndexFailsTheIndexAndGoesOnWithTheOthers) {
  BatchCluster cluster;
  cluster.end = [](int, const Pod& pod) { return PodEnd{1_s, completion_index(pod) == 1 ? 1 : 0}; };
  Job job = job_named("shard");
  job.spec.indexed = true;
  job.spec.completions = 4;
  job.spec.parallelism = 4;
  job.spec.backoff_limit_per_index = 2;
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(600_s, [&] { return cluster.has("shard", "Failed"); }));
  const Job done = cluster.job("shard");
  EXPECT_EQ(cluster.pod_starts.size(), 6U) << "three attempts at index 1";
  EXPECT_EQ(done.status.completed_indexes, "0,2,3");
  EXPECT_EQ(done.status.failed_indexes, "1");
  EXPECT_EQ(done.status.failed, 3);
  EXPECT_EQ(api::find_condition(done.status.conditions, "Failed")->reason, "FailedIndexes");
  ASSERT_EQ(cluster.pod_ends.size(), 6U);
  EXPECT_EQ(ms(cluster.pod_starts[4] - cluster.pod_ends[1]) / 1000, 10) << "index 1 ended second";
  EXPECT_EQ(ms(cluster.pod_starts[5] - cluster.pod_ends[4]) / 1000, 20);
}

TEST(Job, WithMoreFailedIndexesThanAllowedFailsAtOnce) {
  BatchCluster cluster;
  cluster.end = [](int n, const Pod&) { return PodEnd{Duration::seconds(n), n <= 2 ? 1 : 0}; };
  Job job = job_named("shard");
  job.spec.indexed = true;
  job.spec.completions = 5;
  job.spec.parallelism = 5;
  job.spec.backoff_limit_per_index = 0;
  job.spec.max_failed_indexes = 1;
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(600_s, [&] { return cluster.has("shard", "Failed"); }));
  EXPECT_EQ(api::find_condition(cluster.job("shard").status.conditions, "Failed")->reason,
            "MaxFailedIndexesExceeded");
  EXPECT_EQ(ms(cluster.now()) / 1000, 2);
}

TEST(Job, FailurePolicyDecidesByExitCodeAndCondition) {
  struct Case {
    const char* name;
    api::PodFailureRule rule;
    std::int32_t exit_code;
    bool disrupted;
    bool matched;
    bool counts;
  };
  using Action = api::PodFailureAction;
  const auto codes = [](Action action, std::vector<std::int32_t> values, bool not_in = false,
                        std::string container = "") {
    api::PodFailureRule rule;
    rule.action = action;
    rule.exit_codes = std::move(values);
    rule.exit_codes_not_in = not_in;
    rule.container_name = std::move(container);
    return rule;
  };
  api::PodFailureRule disruption;
  disruption.action = Action::Ignore;
  disruption.conditions = {{"DisruptionTarget", api::ConditionStatus::True}};
  const std::vector<Case> cases{
      {"in the list", codes(Action::FailJob, {3, 42}), 42, false, true, true},
      {"not in the list", codes(Action::FailJob, {3, 42}), 5, false, false, true},
      {"NotIn", codes(Action::Ignore, {3}, true), 5, false, true, false},
      {"success never matches", codes(Action::Ignore, {3}, true), 0, false, false, true},
      {"another container", codes(Action::Ignore, {5}, false, "side"), 5, false, false, true},
      {"condition", disruption, 1, true, true, false},
      {"no condition", disruption, 1, false, false, true},
  };
  for (const Case& c : cases) {
    Job job = job_named("j");
    job.spec.failure_rules = {c.rule};
    Pod pod;
    api::ContainerStatus& status = pod.status.container_statuses.emplace_back();
    status.name = "main";
    status.phase = api::ContainerPhase::Terminated;
    status.exit_code = c.exit_code;
    if (c.disrupted) {
      api::set_condition(pod.status.conditions, "DisruptionTarget", api::ConditionStatus::True, "",
                         "", Instant{});
    }
    const FailureMatch match = match_failure_policy(job, pod);
    EXPECT_EQ(match.matched, c.matched) << c.name;
    EXPECT_EQ(match.counts, c.counts) << c.name;
  }
}

TEST(Job, RuleFailJobEndsItAtOnceAndIgnoreDoesNotCount) {
  api::PodFailureRule fail;
  fail.action = api::PodFailureAction::FailJob;
  fail.exit_codes = {42};
  api::PodFailureRule ignore;
  ignore.action = api::PodFailureAction::Ignore;
  ignore.exit_codes = {1};
  Job job = job_named("picky");
  job.spec.backoff_limit = 0;
  job.spec.failure_rules = {fail, ignore};
  job.spec.replace_failed_only = true;

  BatchCluster cluster;
  cluster.end = [](int n, const Pod&) { return PodEnd{1_s, n < 3 ? 1 : 42}; };
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(600_s, [&] { return cluster.has("picky", "Failed"); }));
  EXPECT_EQ(cluster.pod_starts.size(), 3U) << "two ignored failures would have been too many";
  const Job failed = cluster.job("picky");
  EXPECT_EQ(failed.status.failed, 1);
  const api::Condition& condition = *api::find_condition(failed.status.conditions, "Failed");
  EXPECT_EQ(condition.reason, "PodFailurePolicy");
  EXPECT_NE(condition.message.find("failed with exit code 42 matching FailJob rule at index 0"),
            std::string::npos)
      << condition.message;
}

TEST(Job, RuleFailIndexGivesUpTheIndexAtOnce) {
  api::PodFailureRule rule;
  rule.action = api::PodFailureAction::FailIndex;
  rule.exit_codes = {9};
  Job job = job_named("shard");
  job.spec.indexed = true;
  job.spec.completions = 2;
  job.spec.parallelism = 2;
  job.spec.backoff_limit_per_index = 5;
  job.spec.failure_rules = {rule};
  job.spec.replace_failed_only = true;
  BatchCluster cluster;
  cluster.end = [](int n, const Pod&) { return PodEnd{1_s, n == 1 ? 9 : 0}; };
  cluster.create(job);
  ASSERT_TRUE(cluster.run_for(600_s, [&] { return cluster.has("shard", "Failed"); }));
  EXPECT_EQ(cluster.pod_starts.size(), 2U);
  EXPECT_EQ(cluster.job("shard").status.failed_indexes, "0");
}

TEST(Job, ReplacesATerminatingPodAtOnceOrOnlyWhenItHasEnded) {
  for (const bool failed_only : {false, true}) {
    BatchCluster cluster;
    cluster.pod_stop = 8_s;
    cluster.end = [](int n, const Pod&) { return n == 1 ? std::nullopt : std::optional{PodEnd{}}; };
    Job job = job_named("moved");
    job.spec.replace_failed_only = failed_only;
    cluster.create(job);
    cluster.run_for(5_s);
    const Instant deleted = cluster.now();
    cluster.remove<Pod>("default", cluster.all<Pod>().at(0).meta.name, 8_s);
    cluster.run_for(100_s);
    ASSERT_EQ(cluster.pod_starts.size(), 2U);
    // The back-off of the first failure counts from when the pod was told to go, or from its end.
    EXPECT_EQ(ms(cluster.pod_starts[1] - deleted) / 1000, failed_only ? 18 : 10);
    EXPECT_TRUE(cluster.has("moved", "Complete"));
    EXPECT_EQ(cluster.job("moved").status.failed, 1);
  }
}

TEST(Job, CountsEveryPodOnceWhateverWriteIsTheLastBeforeACrash) {
  std::uint64_t crashes = 0;
  for (std::uint64_t crash_after = 1; crash_after < 40; ++crash_after) {
    BatchCluster cluster;
    cluster.end = [](int n, const Pod&) { return PodEnd{1_s, n == 2 ? 1 : 0}; };
    std::optional<ControllerManager> next;
    const std::uint64_t before = cluster.call_count();
    cluster.after_call = [&](std::uint64_t count) {
      if (count != before + crash_after) return;
      ++crashes;
      cluster.at(cluster.now(), [&] {
        cluster.detach(ports::OwnerId{7});
        ControllerManagerConfig config;
        config.job.batch_period = Duration{};
        config.node_lifecycle.pod_quarantine = Duration::seconds(1'000'000);
        next.emplace(ports::OwnerId{8}, cluster, cluster, config);
        cluster.attach(ports::OwnerId{8}, *next);
        next->start();
      });
    };
    Job job = job_named("sum");
    job.spec.completions = 3;
    job.spec.parallelism = 2;
    cluster.create(job);
    ASSERT_TRUE(cluster.run_for(600_s, [&] { return cluster.has("sum", "Complete"); }))
        << "crash after call " << crash_after;
    cluster.run_for(10_s);
    const api::JobStatus status = cluster.job("sum").status;
    EXPECT_EQ(status.failed, 1) << "crash after call " << crash_after;
    EXPECT_GE(status.succeeded, 3);
    EXPECT_EQ(static_cast<std::size_t>(status.succeeded + status.failed), cluster.pod_starts.size())
        << "crash after call " << crash_after;
    for (const Pod& pod : cluster.all<Pod>()) EXPECT_TRUE(pod.meta.finalizers.empty());
  }
  EXPECT_GT(crashes, 10U);
}

TEST(Job, ThatIsDeletedLetsItsPodsGo) {
  BatchCluster cluster;
  cluster.end = [](int, const Pod&) { return std::optional<PodEnd>{}; };
  cluster.create(job_named("gone"));
  cluster.run_for(5_s);
  cluster.remove<Job>("default", "gone");
  cluster.run_for(60_s);
  for (const Pod& pod : cluster.all<Pod>()) EXPECT_TRUE(pod.meta.finalizers.empty());
}

TEST(Job, LowerParallelismStopsPodsWithoutCountingThem) {
  BatchCluster cluster;
  cluster.end = [](int, const Pod&) { return std::optional<PodEnd>{}; };
  Job job = job_named("sum");
  job.spec.completions = 10;
  job.spec.parallelism = 3;
  cluster.create(job);
  cluster.run_for(5_s);
  cluster.change<Job>("default", "sum", [](Job& j) { j.spec.parallelism = 1; });
  cluster.run_for(30_s);
  EXPECT_EQ(cluster.running, 1);
  EXPECT_EQ(cluster.job("sum").status.failed, 0);
}

TEST(Job, LooksAtChangesOfPodsTogetherOnceASecond) {
  ControllerManagerConfig config;
  EXPECT_EQ(config.job.batch_period, 1_s);
}

TEST(JobIndexes, AreWrittenAsRanges) {
  struct Case {
    std::set<std::int32_t> indexes;
    const char* text;
  };
  for (const Case& c : {Case{{}, ""}, {{1}, "1"}, {{1, 2}, "1,2"}, {{1, 3, 4, 5, 7}, "1,3-5,7"}}) {
    EXPECT_EQ(indexes_text(c.indexes), c.text);
    EXPECT_EQ(indexes_from(c.text), c.indexes);
  }
}

}  // namespace
}  // namespace orrery::controllers
