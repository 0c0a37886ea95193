#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/api/reading.h"

namespace orrery::api {
namespace {

/// A Job with holes: its spec beside the template, and whether restartPolicy is given.
std::string job(const std::string& spec, const std::string& restart = "Never") {
  return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n" + spec +
         "  template:\n    spec:\n" +
         (restart.empty() ? "" : "      restartPolicy: " + restart + "\n") +
         "      containers: [{name: main, image: i}]\n";
}

std::string cron_job(const std::string& spec) {
  return "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n" + spec +
         "  jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, containers: "
         "[{name: main, image: i}]}}}}\n";
}

std::string autoscaler(const std::string& spec) {
  return "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec:\n"
         "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n" +
         spec;
}

std::string budget(const std::string& spec) {
  return "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec:\n" + spec;
}

template <class T>
T read(const std::string& text) {
  const Manifests manifests = read_manifests(text, "f");
  for (const Problem& problem : manifests.problems) ADD_FAILURE() << to_string(problem);
  if (manifests.objects.size() != 1) return {};
  return std::get<T>(manifests.objects[0].object);
}

TEST(BatchDefaults, AJobIsOnePodOnce) {
  const JobSpec spec = read<Job>(job("")).spec;
  EXPECT_EQ(spec.parallelism, 1);
  EXPECT_EQ(spec.completions, 1);
  EXPECT_FALSE(spec.backoff_limit.has_value());
  EXPECT_FALSE(spec.replace_failed_only);
}

TEST(BatchDefaults, ParallelismAloneIsAWorkQueue) {
  const JobSpec spec = read<Job>(job("  parallelism: 3\n")).spec;
  EXPECT_FALSE(spec.completions.has_value());
  EXPECT_EQ(read<Job>(job("  completions: 3\n")).spec.parallelism, 1);
}

TEST(BatchDefaults, AFailurePolicyReplacesPodsOnlyWhenTheyFailed) {
  const JobSpec spec = read<Job>(job("  podFailurePolicy: {rules: [{action: Ignore, "
                                     "onPodConditions: [{type: DisruptionTarget}]}]}\n"))
                           .spec;
  EXPECT_TRUE(spec.replace_failed_only);
  ASSERT_EQ(spec.failure_rules.size(), 1U);
  EXPECT_EQ(spec.failure_rules[0].conditions[0].second, ConditionStatus::True);
}

TEST(BatchDefaults, ACronJobKeepsThreeAndOneAndAllowsOverlap) {
  const CronJobSpec spec = read<CronJob>(cron_job("  schedule: \"*/5 * * * *\"\n")).spec;
  EXPECT_EQ(spec.successful_history_limit, 3);
  EXPECT_EQ(spec.failed_history_limit, 1);
  EXPECT_EQ(spec.concurrency, ConcurrencyPolicy::Allow);
  EXPECT_FALSE(spec.starting_deadline.has_value());
}

TEST(BatchDefaults, AnAutoscalerFollowsCpuAtEightyPercentFromOneReplica) {
  const auto spec = read<HorizontalPodAutoscaler>(autoscaler("  maxReplicas: 5\n")).spec;
  EXPECT_EQ(spec.min_replicas, 1);
  ASSERT_EQ(spec.metrics.size(), 1U);
  EXPECT_EQ(spec.metrics[0].name, "cpu");
  EXPECT_EQ(spec.metrics[0].target, MetricTarget::Utilization);
  EXPECT_EQ(spec.metrics[0].value, 80);
  EXPECT_FALSE(spec.has_behavior);
}

TEST(BatchDefaults, QuantitiesOfMetricsAreThousandths) {
  const auto spec =
      read<HorizontalPodAutoscaler>(
          autoscaler("  maxReplicas: 5\n"
                     "  metrics:\n"
                     "  - {type: Resource, resource: {name: memory, target: {type: AverageValue, "
                     "averageValue: "
                     "1Ki}}}\n"
                     "  - {type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, "
                     "averageValue: "
                     "1500m}}}\n"
                     "  behavior: {scaleUp: {tolerance: 50m, policies: [{type: Percent, value: 10, "
                     "periodSeconds: 60}]}}\n"))
          .spec;
  EXPECT_EQ(spec.metrics[0].value, 1'024'000);
  EXPECT_EQ(spec.metrics[1].value, 1500);
  EXPECT_TRUE(spec.has_behavior);
  EXPECT_EQ(spec.scale_up.tolerance, 50);
  EXPECT_EQ(spec.scale_up.policies[0], (ScalingPolicy{true, 10, Duration::seconds(60)}));
}

TEST(BatchDefaults, ABudgetKnowsAbsentFromEmptySelectors) {
  EXPECT_FALSE(read<PodDisruptionBudget>(budget("  minAvailable: 1\n")).spec.selector.has_value());
  EXPECT_TRUE(read<PodDisruptionBudget>(budget("  maxUnavailable: 10%\n  selector: {}\n"))
                  .spec.selector.has_value());
}

struct Case {
  const char* name;
  std::string text;
  std::vector<std::string> problems;
};

void expect_problems(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    std::vector<std::string> lines;
    for (const Problem& problem : read_manifests(c.text, "f").problems) {
      // Without file, line and hint: what is expected, and where.
      const std::string line = to_string(problem);
      lines.push_back(line.substr(line.find(": ") + 2));
    }
    EXPECT_EQ(lines, c.problems) << c.name;
  }
}

TEST(BatchProblems, OfJobs) {
  expect_problems({
      {"restart policy left out",
       job("", ""),
       {"/spec/template: expected restartPolicy OnFailure or Never; found Always (set "
        "spec.template.spec.restartPolicy; its default is Always)"}},
      {"indexed without completions",
       job("  completionMode: Indexed\n"),
       {"/spec/completionMode: expected completions with completionMode Indexed; found no field "
        "\"completions\""}},
      {"limit per index without indexes",
       job("  backoffLimitPerIndex: 1\n"),
       {"/spec/backoffLimitPerIndex: expected completionMode Indexed beside backoffLimitPerIndex; "
        "found NonIndexed"}},
      {"selector of its own",
       job("  selector: {matchLabels: {a: b}}\n"),
       {"/spec/selector: expected no selector; found a selector (Kubernetes makes one for each "
        "Job; to choose it, set manualSelector: true)"}},
      {"failure policy beside restarts",
       job("  podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: "
           "[1]}}]}\n",
           "OnFailure"),
       {"/spec/podFailurePolicy: expected restartPolicy Never beside podFailurePolicy; found "
        "OnFailure"}},
      {"rule of both sorts, and codes that are none",
       job("  podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: In, values: [0]}, "
           "onPodConditions: [{type: X}]}]}\n"),
       {"/spec/podFailurePolicy/rules/0/onExitCodes/values/0: expected an exit code other than 0; "
        "found 0 (0 is success, which no rule is about)",
        "/spec/podFailurePolicy/rules/0: expected one of onExitCodes and onPodConditions; found "
        "both"}},
      {"not modelled is no problem", job("  managedBy: a.b/c\n"), {}},
  });
}

TEST(BatchProblems, OfCronJobs) {
  expect_problems({
      {"minute 60",
       cron_job("  schedule: \"60 * * * *\"\n"),
       {"/spec/schedule: expected a schedule whose minute is within 0 to 59; found \"60 * * * *\" "
        "(\"60\" is not)"}},
      {"no schedule",
       cron_job(""),
       {"/spec: expected when to run, such as \"*/5 * * * *\"; found "
        "no field \"schedule\""}},
      {"unknown zone",
       cron_job("  schedule: \"@daily\"\n  timeZone: Mars/Olympus\n"),
       {"/spec/timeZone: expected a time zone of the tz database whose rules repeat every year; "
        "found \"Mars/Olympus\" (such as \"Etc/UTC\" or \"Europe/Berlin\")"}},
  });
}

TEST(BatchProblems, OfAutoscalers) {
  expect_problems({
      {"max below min",
       autoscaler("  minReplicas: 3\n  maxReplicas: 2\n"),
       {"/spec/maxReplicas: expected maxReplicas of at least minReplicas; found 2 and 3"}},
      {"no max",
       autoscaler(""),
       {"/spec: expected the most replicas; found no field "
        "\"maxReplicas\""}},
      {"utilization of a metric of pods",
       autoscaler("  maxReplicas: 2\n  metrics: [{type: Pods, pods: {metric: {name: m}, target: "
                  "{type: Utilization, averageUtilization: 5}}}]\n"),
       {"/spec/metrics/0/pods/target/type: expected AverageValue; found Utilization"}},
      {"window too long",
       autoscaler(
           "  maxReplicas: 2\n  behavior: {scaleDown: {stabilizationWindowSeconds: 3601}}\n"),
       {"/spec/behavior/scaleDown/stabilizationWindowSeconds: expected at most 3600 seconds; found "
        "3601"}},
      {"zero replicas with CPU alone",
       autoscaler("  minReplicas: 0\n  maxReplicas: 2\n"),
       {"/spec/minReplicas: expected at least 1, as no metric exists without pods; found 0"}},
  });
}

TEST(BatchProblems, OfBudgets) {
  expect_problems({
      {"both",
       budget("  minAvailable: 1\n  maxUnavailable: 1\n"),
       {"/spec: expected one of minAvailable and maxUnavailable; found both"}},
      {"neither",
       budget("  selector: {}\n"),
       {"/spec: expected one of minAvailable and maxUnavailable; found neither"}},
      {"too much",
       budget("  minAvailable: 101%\n"),
       {"/spec/minAvailable: expected at most 100%; found \"101%\""}},
  });
}

}  // namespace
}  // namespace orrery::api
