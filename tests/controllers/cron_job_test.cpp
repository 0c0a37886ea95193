#include "models/controllers/cron_job.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/controllers/batch_cluster.h"

namespace orrery::controllers {
namespace {

using api::ConcurrencyPolicy;
using api::CronJob;
using api::CronSchedule;
using api::Job;
using orrery::testing::BatchCluster;
using orrery::testing::job_named;
using orrery::testing::PodEnd;

constexpr std::int64_t kMonday = 1'704'067'200;  // 2024-01-01T00:00:00Z

CronJob every_minute(ConcurrencyPolicy concurrency) {
  CronJob cron_job;
  cron_job.meta.name = "report";
  cron_job.meta.namespace_name = "default";
  cron_job.spec.schedule = "* * * * *";
  cron_job.spec.concurrency = concurrency;
  cron_job.spec.job = job_named("x").spec;
  return cron_job;
}

/// The starts of an hour of a CronJob whose Jobs take 90 s, and how many ran at a time.
struct Hour {
  explicit Hour(const CronJob& cron_job) {
    ControllerManagerConfig config;
    config.cron_job.epoch_seconds = kMonday;
    BatchCluster cluster{config};
    cluster.end = [](int, const api::Pod&) { return PodEnd{90_s, 0}; };
    cluster.pod_stop = Duration::milliseconds(1);
    cluster.also = [&](const store::Write& write) {
      const auto* job = std::get_if<Job>(write.after.get());
      if (job == nullptr) return;
      if (write.kind == ports::DeltaKind::Added) starts.push_back(job->meta.creation);
      const auto* complete = api::find_condition(job->status.conditions, "Complete");
      if (complete != nullptr && write.kind == ports::DeltaKind::Modified) {
        completed.push_back(job->meta.name);
      }
    };
    cluster.create(cron_job);
    // The hour ends just before its next minute begins; jobs that started in it may finish.
    cluster.run_until(Instant::at(3600_s + 1_s));
    running_max = cluster.running_max;
    cluster.change<CronJob>("default", "report", [](CronJob& c) { c.spec.suspend = true; });
    cluster.run_for(300_s);
    std::sort(completed.begin(), completed.end());
    completed.erase(std::unique(completed.begin(), completed.end()), completed.end());
  }
  [[nodiscard]] std::vector<std::int64_t> gaps() const {
    std::vector<std::int64_t> seconds;
    for (std::size_t i = 1; i < starts.size(); ++i) {
      seconds.push_back(((starts[i] - starts[i - 1]).count_ns() + 500'000'000) / 1'000'000'000);
    }
    return seconds;
  }
  std::vector<Instant> starts;
  std::vector<std::string> completed;
  int running_max = 0;
};

bool all_are(const std::vector<std::int64_t>& values, std::int64_t expected) {
  return !values.empty() &&
         std::all_of(values.begin(), values.end(), [&](std::int64_t v) { return v == expected; });
}

TEST(CronJob, ThatAllowsOverlapStartsEveryMinuteAndRunsTwoAtMost) {
  const Hour hour{every_minute(ConcurrencyPolicy::Allow)};
  EXPECT_EQ(hour.starts.size(), 60U);
  EXPECT_TRUE(all_are(hour.gaps(), 60));
  EXPECT_EQ(hour.running_max, 2);
}

TEST(CronJob, ThatForbidsOverlapStartsTheMissedRunLate) {
  const Hour hour{every_minute(ConcurrencyPolicy::Forbid)};
  EXPECT_EQ(hour.starts.size(), 40U);
  EXPECT_TRUE(all_are(hour.gaps(), 90));
  EXPECT_EQ(hour.running_max, 1);
}

TEST(CronJob, ThatForbidsOverlapWithADeadlineSkipsTheMissedRun) {
  CronJob cron_job = every_minute(ConcurrencyPolicy::Forbid);
  cron_job.spec.starting_deadline = 10_s;
  const Hour hour{cron_job};
  EXPECT_EQ(hour.starts.size(), 30U);
  EXPECT_TRUE(all_are(hour.gaps(), 120));
}

TEST(CronJob, ThatReplacesStartsEveryMinuteAndOnlyTheLastCompletes) {
  const Hour hour{every_minute(ConcurrencyPolicy::Replace)};
  EXPECT_EQ(hour.starts.size(), 60U);
  EXPECT_EQ(hour.completed.size(), 1U);
}

TEST(CronJob, NamesItsJobsByTheScheduledMinute) {
  ControllerManagerConfig config;
  config.cron_job.epoch_seconds = kMonday;
  BatchCluster cluster{config};
  cluster.create(every_minute(ConcurrencyPolicy::Allow));
  cluster.run_for(61_s);
  ASSERT_EQ(cluster.all<Job>().size(), 1U);
  EXPECT_EQ(cluster.all<Job>()[0].meta.name, "report-" + std::to_string(kMonday / 60 + 1));
}

TEST(CronJob, KeepsThreeSuccessfulJobsAndOneFailed) {
  ControllerManagerConfig config;
  config.cron_job.epoch_seconds = kMonday;
  BatchCluster cluster{config};
  CronJob cron_job = every_minute(ConcurrencyPolicy::Allow);
  cron_job.spec.job.backoff_limit = 0;
  // Every third one fails.
  cluster.end = [](int n, const api::Pod&) { return PodEnd{1_s, n % 3 == 0 ? 1 : 0}; };
  cluster.create(cron_job);
  cluster.run_for(1190_s);
  int succeeded = 0;
  int failed = 0;
  for (const Job& job : cluster.all<Job>()) {
    if (job.meta.deletion) continue;
    ++(api::find_condition(job.status.conditions, "Failed") != nullptr ? failed : succeeded);
  }
  EXPECT_EQ(succeeded, 3);
  EXPECT_EQ(failed, 1);
}

TEST(CronJob, SuspendedStartsNothingAndCatchesUpOnceOnResume) {
  ControllerManagerConfig config;
  config.cron_job.epoch_seconds = kMonday;
  BatchCluster cluster{config};
  CronJob cron_job = every_minute(ConcurrencyPolicy::Allow);
  cron_job.spec.suspend = true;
  cluster.create(cron_job);
  cluster.run_for(610_s);
  EXPECT_TRUE(cluster.pod_starts.empty());
  cluster.change<CronJob>("default", "report", [](CronJob& c) { c.spec.suspend = false; });
  cluster.run_for(1_s);
  EXPECT_EQ(cluster.pod_starts.size(), 1U) << "the latest of ten missed runs";
}

/// A CronJob that has been scheduled, or created, some time ago.
MissedRuns missed_after(Duration since, std::optional<Duration> deadline,
                        const char* schedule = "* * * * *") {
  CronJob cron_job = every_minute(ConcurrencyPolicy::Allow);
  cron_job.meta.creation = Instant::at(1000_s);
  cron_job.spec.starting_deadline = deadline;
  CronJobConfig config;
  config.epoch_seconds = kMonday - 1000;  // So that minutes begin at 1000 s of the run.
  return missed_runs(cron_job, *CronSchedule::parse(schedule), {}, config,
                     Instant::at(1000_s) + since);
}

TEST(CronJob, MissedRunsAreThoseAfterTheStartUpToNow) {
  EXPECT_FALSE(missed_after(59_s, {}).latest.has_value());
  EXPECT_EQ(missed_after(60_s, {}).latest, Instant::at(1060_s));
  EXPECT_EQ(missed_after(119_s, {}).latest, Instant::at(1060_s));
  EXPECT_EQ(missed_after(601_s, {}).latest, Instant::at(1600_s));
  EXPECT_EQ(missed_after(601_s, {}).count, 10);
  EXPECT_EQ(missed_after(601_s, 130_s).count, 3) << "not earlier than now less the deadline";
  EXPECT_EQ(missed_after(601_s, {}, "@every 7m").latest, Instant::at(1420_s));
}

TEST(CronJob, WithMoreThanAHundredMissedRunsWarnsAndStartsTheLatest) {
  CronJob cron_job = every_minute(ConcurrencyPolicy::Allow);
  CronJobConfig config;
  config.epoch_seconds = kMonday;
  for (const std::int64_t minutes : {100, 101}) {
    const CronJobPlan result =
        reconcile_cron_job({&cron_job, {}, {}}, config, Instant::at(Duration::minutes(minutes)));
    const bool warned = std::any_of(result.notes.begin(), result.notes.end(),
                                    [](const auto& n) { return n.reason == "TooManyMissedTimes"; });
    EXPECT_EQ(warned, minutes > 100);
    ASSERT_FALSE(result.plan.batches.empty());
    EXPECT_EQ(result.plan.batches[0][0].key.name,
              "report-" + std::to_string(kMonday / 60 + minutes));
  }
}

TEST(CronJob, StartsAfterTheDeadlineAreSkippedAndSaid) {
  CronJob cron_job = every_minute(ConcurrencyPolicy::Forbid);
  cron_job.spec.schedule = "0 * * * *";
  cron_job.spec.starting_deadline = 20_s;
  CronJobConfig config;
  config.epoch_seconds = kMonday;
  for (const std::int64_t late : {19, 20}) {
    const Instant now = Instant::at(3600_s + Duration::seconds(late));
    const CronJobPlan result = reconcile_cron_job({&cron_job, {}, {}}, config, now);
    EXPECT_EQ(result.plan.batches.empty(), late >= 20) << late;
  }
}

TEST(CronJob, InAnUnknownZoneStartsNothing) {
  CronJob cron_job = every_minute(ConcurrencyPolicy::Allow);
  cron_job.spec.time_zone = "Mars/Olympus";
  const CronJobPlan result = reconcile_cron_job({&cron_job, {}, {}}, {}, Instant::at(600_s));
  EXPECT_TRUE(result.plan.batches.empty());
  ASSERT_EQ(result.notes.size(), 1U);
  EXPECT_EQ(result.notes[0].reason, "UnknownTimeZone");
}

TEST(CronJob, FollowsItsTimeZone) {
  CronJob cron_job = every_minute(ConcurrencyPolicy::Allow);
  cron_job.spec.schedule = "0 9 * * *";
  cron_job.spec.time_zone = "Europe/Berlin";
  CronJobConfig config;
  config.epoch_seconds = kMonday;
  // 9:00 in Berlin is 8:00 UTC in winter.
  const auto starts = [&](Duration at) {
    return !reconcile_cron_job({&cron_job, {}, {}}, config, Instant::at(at)).plan.batches.empty();
  };
  EXPECT_FALSE(starts(28'799_s));
  EXPECT_TRUE(starts(28'800_s));
}

}  // namespace
}  // namespace orrery::controllers
