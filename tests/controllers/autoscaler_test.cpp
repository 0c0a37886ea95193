#include "models/controllers/autoscaler.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "models/controllers/metrics_source.h"
#include "models/controllers/scaling_advisor.h"
#include "tests/controllers/batch_cluster.h"

namespace orrery::controllers {
namespace {

using api::ConditionStatus;
using api::HorizontalPodAutoscaler;
using api::MetricSource;
using api::MetricSpec;
using api::MetricTarget;
using api::Pod;
using api::PodMetrics;

const Instant kNow = Instant::at(10'000_s);

/// A pod as the calculator sees it.
struct TestPod {
  std::int64_t used = -1;        ///< [m]; -1: no metrics.
  std::int64_t requested = 100;  ///< [m]; -1: none.
  api::PodPhase phase = api::PodPhase::Running;
  bool ready = true;
  Duration age = 3600_s;          ///< Since its start.
  Duration ready_since = 3000_s;  ///< Since its Ready condition changed last.
  bool deleting = false;
  bool has_condition = true;
};

/// Owns what a PodsView points to.
struct Pods {
  explicit Pods(const std::vector<TestPod>& list, const char* custom = nullptr) {
    for (const TestPod& p : list) {
      Pod& pod = pods.emplace_back();
      pod.meta.name = "p" + std::to_string(pods.size());
      pod.meta.labels = {{"app", "web"}};
      if (p.deleting) pod.meta.deletion = kNow;
      pod.status.phase = p.phase;
      pod.status.start_time = kNow - p.age;
      api::Container& container = pod.spec.containers.emplace_back();
      container.name = "main";
      if (p.requested >= 0) {
        container.requests.cpu_milli = p.requested;
        container.requests.memory_bytes = p.requested;
      }
      if (p.has_condition) {
        api::set_condition(pod.status.conditions, "Ready",
                           p.ready ? ConditionStatus::True : ConditionStatus::False, "", "",
                           kNow - p.ready_since);
      }
      view.pods.push_back(&pod);
      if (p.used < 0) continue;
      PodMetrics& m = metrics.emplace_back();
      m.timestamp = kNow - 5_s;
      m.window = 15_s;
      m.containers = {{"main", p.used, p.used}};
      if (custom != nullptr) m.custom[custom] = p.used * 1000;
      view.metrics[pod.meta.name] = &m;
    }
  }
  std::deque<Pod> pods;
  std::deque<PodMetrics> metrics;
  PodsView view;
};

MetricSpec cpu(std::int64_t percent) {
  MetricSpec metric;
  metric.name = "cpu";
  metric.value = percent;
  return metric;
}
MetricSpec metric_of(MetricSource source, MetricTarget target, std::int64_t value,
                     std::string name = "m") {
  MetricSpec metric;
  metric.source = source;
  metric.target = target;
  metric.value = value;
  metric.name = std::move(name);
  return metric;
}

struct Case {
  const char* name;
  std::int32_t current;
  MetricSpec metric;
  std::vector<TestPod> pods;
  std::int32_t expected;
};

void expect_counts(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const Pods pods{c.pods};
    const auto count = replicas_for_resource(c.metric, pods.view, c.current, {}, {}, kNow);
    ASSERT_TRUE(count.has_value()) << c.name << ": " << count.error().what;
    EXPECT_EQ(*count, c.expected) << c.name;
  }
}

TEST(ReplicaCalculator, RoundsUpOutsideTheTolerance) {
  expect_counts({
      {"within", 3, cpu(50), {{54}, {54}, {54}}, 3},
      {"just within", 3, cpu(100), {{109}, {109}, {109}}, 3},
      {"an ulp above", 3, cpu(100), {{110}, {110}, {110}}, 4},
      {"above", 3, cpu(50), {{60}, {60}, {60}}, 4},
      {"below", 3, cpu(50), {{20}, {20}, {20}}, 2},
      {"nothing used", 3, cpu(50), {{0}, {0}, {0}}, 0},
      {"by ready pods, not by size", 10, cpu(50), {{100}, {100}}, 4},
  });
}

TEST(ReplicaCalculator, UtilizationIsAWholePercentRoundedDown) {
  // 100m of 300m is 33 %, not 33.3, which would be 3.03 times a target of 11 %.
  expect_counts(
      {{"33 of 11", 1, cpu(11), {{100, 300}}, 3}, {"34 of 11", 1, cpu(11), {{102, 300}}, 4}});
}

TEST(ReplicaCalculator, IgnoresPodsThatGoOrFailed) {
  expect_counts({
      {"deleting",
       2,
       cpu(50),
       {{100}, {0, 100, api::PodPhase::Running, true, 3600_s, 3000_s, true}},
       2},
      {"failed", 2, cpu(50), {{100}, {0, 100, api::PodPhase::Failed}}, 2},
  });
}

TEST(ReplicaCalculator, SetsSamplesOfStartingPodsAside) {
  TestPod unready_young{100, 100, api::PodPhase::Running, false, 60_s, 60_s};
  TestPod fresh{100, 100, api::PodPhase::Running, true, 60_s, 10_s};    // sample began before
  TestPod settled{100, 100, api::PodPhase::Running, true, 60_s, 30_s};  // and after it was ready
  TestPod never_ready{100, 100, api::PodPhase::Running, false, 400_s, 380_s};
  TestPod lost_readiness{100, 100, api::PodPhase::Running, false, 400_s, 100_s};
  TestPod pending{100, 100, api::PodPhase::Pending};
  TestPod no_condition{100};
  no_condition.has_condition = false;
  // Beside one pod at 100 % of a target of 50 %: if the sample counts, 4 pods; set aside, the pod
  // counts as 0 %, so that nothing changes.
  expect_counts({
      {"not ready, young", 2, cpu(50), {{100}, unready_young}, 2},
      {"ready for less than a window", 2, cpu(50), {{100}, fresh}, 2},
      {"ready for longer", 2, cpu(50), {{100}, settled}, 4},
      {"old and never ready", 2, cpu(50), {{100}, never_ready}, 2},
      {"old, once ready", 2, cpu(50), {{100}, lost_readiness}, 4},
      {"pending", 2, cpu(50), {{100}, pending}, 2},
      {"no condition", 2, cpu(50), {{100}, no_condition}, 2},
  });
}

TEST(ReplicaCalculator, ReadinessDoesNotMatterForMemory) {
  MetricSpec memory = cpu(50);
  memory.name = "memory";
  expect_counts({{"not ready",
                  2,
                  memory,
                  {{100}, {100, 100, api::PodPhase::Running, false, 60_s, 60_s}},
                  4}});
}

TEST(ReplicaCalculator, MissingMetricsHoldBackEitherDirection) {
  expect_counts({
      // 40 % of 50 %; with the missing pod at 100 % it is 55 %: 1.1, which is within.
      {"shrinking, missing as 100 %", 4, cpu(50), {{40}, {40}, {40}, {}}, 4},
      // 20 %; the missing at 100 % gives (20 + 20 + 100) / 3 = 46 %.
      {"shrinking less", 3, cpu(50), {{20}, {20}, {}}, 3},
      {"still shrinking", 8, cpu(50), {{5}, {5}, {5}, {5}, {5}, {5}, {5}, {}}, 3},
      // 100 %; the missing at 0 % gives 66 %: ceil(1.32 x 3).
      {"growing, missing as 0 %", 3, cpu(50), {{100}, {100}, {}}, 4},
      {"growing turns into shrinking: keep", 4, cpu(50), {{100}, {}, {}, {}}, 4},
  });
}

TEST(ReplicaCalculator, MissingMetricsCountAsTheTargetWhenThatIsAbove100Percent) {
  const Pods pods{{{100}, {100}, {}}};
  // 100 % of 200 %. At 200 % the missing pod gives 133 %: ceil(0.665 x 3) = 2. At 100 %: 100 %.
  CalculatorConfig config;
  EXPECT_EQ(*replicas_for_resource(cpu(200), pods.view, 3, {}, config, kNow), 2);
  config.missing_use_target_above_100 = false;
  const Pods more{{{20}, {}, {}, {}}};
  // 20 % of 120 %: with 100 % each (320 / 4 = 80 %) it is 0.66 x 4 -> 3; with 120 %, 95 % -> 4.
  EXPECT_EQ(*replicas_for_resource(cpu(120), more.view, 4, {}, config, kNow), 3);
  config.missing_use_target_above_100 = true;
  EXPECT_EQ(*replicas_for_resource(cpu(120), more.view, 4, {}, config, kNow), 4);
}

TEST(ReplicaCalculator, FailsWithoutRequestsOrMetrics) {
  const auto failure_of = [](const std::vector<TestPod>& list) {
    const Pods pods{list};
    const auto count = replicas_for_resource(cpu(50), pods.view, 1, {}, {}, kNow);
    return count ? std::string{} : count.error().what;
  };
  EXPECT_EQ(failure_of({{50}, {50, -1}}), "missing request for cpu in container main of Pod p2");
  EXPECT_EQ(failure_of({{}, {}}),
            "did not receive metrics for targeted pods (pods might be unready)");
  EXPECT_EQ(failure_of({}), "no pods returned by selector while calculating replica count");
}

TEST(ReplicaCalculator, OneContainerMayStandForItsPod) {
  MetricSpec metric = cpu(50);
  metric.source = MetricSource::ContainerResource;
  metric.container = "main";
  Pods pods{{{100}, {100}}};
  for (PodMetrics& m : pods.metrics) m.containers.push_back({"side", 900, 0});
  for (Pod& pod : pods.pods) pod.spec.containers.emplace_back().name = "side";
  EXPECT_EQ(*replicas_for_resource(metric, pods.view, 2, {}, {}, kNow), 4);
  metric.container = "side";
  EXPECT_FALSE(replicas_for_resource(metric, pods.view, 2, {}, {}, kNow).has_value());
}

TEST(ReplicaCalculator, AverageOfPodsIsWholeAndIgnoresReadiness) {
  const MetricSpec rps = metric_of(MetricSource::Pods, MetricTarget::AverageValue, 10'000, "rps");
  const auto count = [&](const std::vector<TestPod>& list, std::int32_t current) {
    const Pods pods{list, "rps"};
    return *replicas_for_pods_metric(rps, pods.view, current, {}, {}, kNow);
  };
  EXPECT_EQ(count({{20}, {20}}, 2), 4);
  EXPECT_EQ(count({{20}, {20, 100, api::PodPhase::Running, false, 60_s, 60_s}}, 2), 4);
  EXPECT_EQ(count({{10}, {11}}, 2), 2) << "within 10 %";
  EXPECT_EQ(count({{5}, {5}, {}}, 3), 2) << "a missing pod counts as the target: 6.66";
  EXPECT_EQ(count({{30}, {}}, 2), 3) << "and as 0 when growing: 15";
}

TEST(ReplicaCalculator, AverageValueOfAResourceIsPerPod) {
  const Pods pods{{{300}, {300}}};
  MetricSpec metric = metric_of(MetricSource::Resource, MetricTarget::AverageValue, 200, "cpu");
  EXPECT_EQ(*replicas_for_resource(metric, pods.view, 2, {}, {}, kNow), 3);
  metric.name = "memory";
  metric.value = 100'000;  // 100 bytes
  EXPECT_EQ(*replicas_for_resource(metric, pods.view, 2, {}, {}, kNow), 6);
}

TEST(ReplicaCalculator, AValueScalesReadyPodsAndAnAverageDividesIt) {
  const Pods pods{{{0}, {0}, {0, 100, api::PodPhase::Running, false}}};
  const MetricSpec value = metric_of(MetricSource::Object, MetricTarget::Value, 100'000);
  EXPECT_EQ(replicas_for_value(value, 200'000, pods.view, 3, 3, {}), 4) << "two are ready";
  EXPECT_EQ(replicas_for_value(value, 105'000, pods.view, 3, 3, {}), 3) << "within";
  EXPECT_EQ(replicas_for_value(value, 250'000, pods.view, 0, 0, {}), 3) << "from nothing";
  const MetricSpec average = metric_of(MetricSource::External, MetricTarget::AverageValue, 100'000);
  EXPECT_EQ(replicas_for_value(average, 550'000, pods.view, 3, 3, {}), 6);
  EXPECT_EQ(replicas_for_value(average, 320'000, pods.view, 3, 3, {}), 3) << "320 / 300 is within";
  EXPECT_EQ(replicas_for_value(average, 150'000, pods.view, 0, 0, {}), 2);
}

// --- several metrics, bounds ---------------------------------------------------------------------

HorizontalPodAutoscaler autoscaler(std::vector<MetricSpec> metrics, std::int32_t min = 1,
                                   std::int32_t max = 100) {
  HorizontalPodAutoscaler a;
  a.meta.name = "web";
  a.meta.namespace_name = "default";
  a.spec.target_name = "web";
  a.spec.min_replicas = min;
  a.spec.max_replicas = max;
  a.spec.metrics = std::move(metrics);
  return a;
}

AutoscalerView view_of(const HorizontalPodAutoscaler& a, const Pods& pods, std::int32_t size,
                       std::optional<std::int32_t> status_size = {}) {
  api::Deployment target = orrery::testing::deployment("web", size);
  target.status.replicas = status_size.value_or(size);
  AutoscalerView view;
  view.autoscaler = &a;
  view.target = scale_of(std::make_shared<const api::Object>(target));
  view.pods = pods.view;
  return view;
}

TEST(Autoscaler, FollowsTheLargestProposal) {
  const Pods pods{{{60}, {60}}, "rps"};
  const auto rps = metric_of(MetricSource::Pods, MetricTarget::AverageValue, 20'000, "rps");
  const auto a = autoscaler({cpu(50), rps});
  const MetricsVerdict verdict = replicas_for_metrics(view_of(a, pods, 2), 2, {}, kNow);
  EXPECT_EQ(verdict.replicas, 6);
  EXPECT_EQ(verdict.reason, "ValidMetricFound");
}

TEST(Autoscaler, WithAFailedMetricGrowsByTheOthersButDoesNotShrink) {
  const auto unknown = metric_of(MetricSource::External, MetricTarget::Value, 1000, "queue");
  const auto a = autoscaler({unknown, cpu(50)});
  const Pods busy{{{100}, {100}}};
  EXPECT_EQ(replicas_for_metrics(view_of(a, busy, 2), 2, {}, kNow).replicas, 4);
  const Pods idle{{{10}, {10}}};
  const MetricsVerdict verdict = replicas_for_metrics(view_of(a, idle, 2), 2, {}, kNow);
  EXPECT_FALSE(verdict.replicas.has_value());
  EXPECT_EQ(verdict.reason, "FailedGetExternalMetric");
}

const api::Condition* condition_in(const AutoscalerPlan& plan, const char* type) {
  for (const Batch& batch : plan.plan.batches) {
    for (const ports::ApiCall& call : batch) {
      if (call.verb != ports::Verb::UpdateStatus) continue;
      return api::find_condition(std::get<HorizontalPodAutoscaler>(*call.object).status.conditions,
                                 type);
    }
  }
  return nullptr;
}

TEST(Autoscaler, KeepsTheSizeWhenAllMetricsFail) {
  const Pods pods{{{}, {}}};
  const auto a = autoscaler({cpu(50)});
  const AutoscalerPlan plan = reconcile_autoscaler(view_of(a, pods, 2), {}, {}, kNow);
  EXPECT_FALSE(plan.change.has_value());
  EXPECT_EQ(condition_in(plan, "ScalingActive")->reason, "FailedGetResourceMetric");
  EXPECT_EQ(plan.plan.look_again_after, 15_s);
}

TEST(Autoscaler, IsDisabledAtZeroAndBoundsNeedNoMetrics) {
  const Pods none{std::vector<TestPod>{}};
  const auto a = autoscaler({cpu(50)}, 2, 5);
  EXPECT_EQ(condition_in(reconcile_autoscaler(view_of(a, none, 0), {}, {}, kNow), "ScalingActive")
                ->reason,
            "ScalingDisabled");
  EXPECT_EQ(reconcile_autoscaler(view_of(a, none, 9), {}, {}, kNow).change, -4);
  EXPECT_EQ(reconcile_autoscaler(view_of(a, none, 1), {}, {}, kNow).change, 1);
}

TEST(Autoscaler, WithoutATargetSaysSo) {
  const auto a = autoscaler({cpu(50)});
  AutoscalerView view;
  view.autoscaler = &a;
  EXPECT_EQ(condition_in(reconcile_autoscaler(view, {}, {}, kNow), "AbleToScale")->reason,
            "FailedGetScale");
}

TEST(Autoscaler, OfOldTookTheSizeFromTheStatusAndClimbedDuringARollout) {
  // 4 wanted; a rollout has 5 for a moment, then 4 again; all of them at the target.
  const Pods five{{{50}, {50}, {50}, {50}, {50}}};
  const Pods four{{{50}, {50}, {50}, {50}}};
  const auto a = autoscaler({cpu(50)});
  for (const bool old : {false, true}) {
    AutoscalerConfig config;
    config.size_from_status = old;
    const AutoscalerPlan surge = reconcile_autoscaler(view_of(a, five, 4, 5), {}, config, kNow);
    EXPECT_FALSE(surge.change.has_value());
    const AutoscalerPlan after =
        reconcile_autoscaler(view_of(a, four, 4, 4), surge.history, config, kNow + 15_s);
    // The surge was recommended, and the highest of five minutes counts.
    EXPECT_EQ(after.change, old ? std::optional{1} : std::nullopt);
  }
}

/// Says what it was told to say.
class FixedAdvisor final : public ScalingAdvisor {
 public:
  explicit FixedAdvisor(std::optional<Result<std::int32_t>> answer) : answer_{std::move(answer)} {}
  std::optional<Result<std::int32_t>> replicas(const AutoscalerView& /*view*/,
                                               std::int32_t /*current*/,
                                               const Tolerances& tolerances,
                                               Instant /*now*/) override {
    ++asked;
    tolerance_up = tolerances.up;
    return answer_;
  }
  int asked = 0;
  double tolerance_up = 0;

 private:
  std::optional<Result<std::int32_t>> answer_;
};

TEST(Autoscaler, AnAdvisorTakesThePlaceOfTheMetricsAndNotOfTheLimits) {
  const Pods idle{{{10}, {10}}};
  auto a = autoscaler({cpu(50)}, 1, 10);
  a.spec.scale_up.tolerance = 20;
  const auto change_by = [&](std::optional<Result<std::int32_t>> answer) {
    FixedAdvisor advisor{std::move(answer)};
    AutoscalerConfig config;
    config.advisor = &advisor;
    const AutoscalerPlan plan = reconcile_autoscaler(view_of(a, idle, 2), {}, config, kNow);
    EXPECT_EQ(advisor.asked, 1);
    EXPECT_EQ(advisor.tolerance_up, 0.02);
    return plan.change;
  };
  EXPECT_EQ(change_by(3), 1);
  EXPECT_EQ(change_by(100), 2) << "to 4 at once, as by metrics";
  EXPECT_EQ(change_by(1), std::nullopt) << "it was 2 within the last five minutes";
  EXPECT_EQ(change_by(std::nullopt), std::nullopt) << "the metrics would have it shrink later";
  EXPECT_EQ(change_by(failure("no idea")), std::nullopt);
}

TEST(Autoscaler, AnAdvisorThatCannotSayKeepsTheSizeAndIsNamed) {
  const Pods pods{{{10}, {10}}};
  const auto a = autoscaler({cpu(50)}, 1, 10);
  FixedAdvisor advisor{failure("no idea")};
  AutoscalerConfig config;
  config.advisor = &advisor;
  const AutoscalerPlan plan = reconcile_autoscaler(view_of(a, pods, 2), {}, config, kNow);
  EXPECT_FALSE(plan.change.has_value());
  EXPECT_EQ(condition_in(plan, "ScalingActive")->reason, "FailedGetAdvice");
  EXPECT_NE(condition_in(plan, "ScalingActive")->message.find("no idea"), std::string::npos);
  // Bounds need nobody's advice.
  EXPECT_EQ(reconcile_autoscaler(view_of(a, pods, 12), {}, config, kNow).change, -2);
  EXPECT_EQ(advisor.asked, 1);
}

// --- limits --------------------------------------------------------------------------------------

TEST(ScalingLimits, WithoutBehaviorGrowByTwiceOrToFour) {
  struct Row {
    std::int32_t current, desired, max, expected;
    const char* reason;
  };
  for (const Row& r : std::vector<Row>{{1, 100, 50, 4, "ScaleUpLimit"},
                                       {2, 100, 50, 4, "ScaleUpLimit"},
                                       {3, 100, 50, 6, "ScaleUpLimit"},
                                       {30, 100, 50, 50, "TooManyReplicas"},
                                       {3, 5, 50, 5, "DesiredWithinRange"},
                                       {3, 0, 50, 2, "TooFewReplicas"}}) {
    const LimitedSize size = limited_by_default({r.current, r.desired, 2, r.max}, {}, 300_s, kNow);
    EXPECT_EQ(size.replicas, r.expected);
    EXPECT_EQ(size.limited_reason, r.reason);
    EXPECT_EQ(size.limited, r.expected != r.desired);
  }
}

TEST(ScalingLimits, WithoutBehaviorShrinkToTheHighestOfFiveMinutes) {
  ScalingHistory history;
  history.recommendations = {{9, kNow - 300_s}, {12, kNow - 301_s}};
  const LimitedSize size = limited_by_default({10, 3, 1, 50}, history, 300_s, kNow);
  EXPECT_EQ(size.replicas, 9) << "at the edge of the window counts, older does not";
  EXPECT_EQ(size.able_reason, "ScaleDownStabilized");
}

TEST(ScalingLimits, DefaultRulesAreFourPodsOr100PercentIn15SecondsAndFiveMinutesDown) {
  const api::ScalingRules up = completed_up({});
  EXPECT_EQ(up.stabilization, Duration{});
  EXPECT_EQ(up_limit(2, up, {}, kNow), 6);
  EXPECT_EQ(up_limit(10, up, {}, kNow), 20);
  const api::ScalingRules down = completed_down({}, 300_s);
  EXPECT_EQ(down.stabilization, 300_s);
  EXPECT_EQ(down_limit(10, down, {}, kNow), 0);
}

TEST(ScalingLimits, UpTakesTheLowestAndDownTheHighestOfTheirWindows) {
  api::ScalingRules up;
  up.stabilization = 60_s;
  up = completed_up(up);
  const api::ScalingRules down = completed_down({}, 300_s);
  ScalingHistory history;
  history.recommendations = {
      {6, kNow - 59_s}, {3, kNow - 60_s}, {8, kNow - 299_s}, {20, kNow - 300_s}};
  LimitedSize size = limited_by_rules({5, 10, 1, 50}, up, down, history, kNow);
  EXPECT_EQ(size.replicas, 6) << "strictly younger than the window";
  EXPECT_EQ(size.able_reason, "ScaleUpStabilized");
  size = limited_by_rules({10, 2, 1, 50}, up, down, history, kNow);
  EXPECT_EQ(size.replicas, 8);
  EXPECT_EQ(size.able_reason, "ScaleDownStabilized");
  // What was lower while growing never makes it shrink.
  history.recommendations = {{3, kNow - 10_s}};
  EXPECT_EQ(limited_by_rules({5, 10, 1, 50}, up, down, history, kNow).replicas, 5);
}

TEST(ScalingLimits, PoliciesCountFromTheStartOfTheirPeriod) {
  api::ScalingRules rules;
  rules.policies = {{false, 4, 60_s}, {true, 50, 60_s}};
  ScalingHistory history;
  history.ups = {{3, kNow - 59_s}, {5, kNow - 60_s}};
  history.downs = {{1, kNow - 10_s}};
  // 10 now, 3 added and 1 removed within the minute: 8 at its start.
  EXPECT_EQ(up_limit(10, rules, history, kNow), 12) << "8 + 4 and ceil(8 x 1.5) alike";
  rules.policies = {{true, 1, 60_s}};
  EXPECT_EQ(up_limit(10, rules, {}, kNow), 11) << "percent up rounds up";
  EXPECT_EQ(down_limit(10, rules, {}, kNow), 9) << "percent down rounds the rest down";
  rules.policies = {{true, 10, 60_s}};
  EXPECT_EQ(down_limit(15, rules, {}, kNow), 13) << "trunc(13.5)";
}

TEST(ScalingLimits, SelectPolicyTakesTheMostTheLeastOrNothing) {
  api::ScalingRules rules;
  rules.policies = {{false, 4, 60_s}, {true, 10, 60_s}};
  EXPECT_EQ(up_limit(20, rules, {}, kNow), 24);
  EXPECT_EQ(down_limit(20, rules, {}, kNow), 16);
  rules.select = api::SelectPolicy::Min;
  EXPECT_EQ(up_limit(20, rules, {}, kNow), 22);
  EXPECT_EQ(down_limit(20, rules, {}, kNow), 18);
  rules.select = api::SelectPolicy::Disabled;
  EXPECT_EQ(up_limit(20, rules, {}, kNow), 20);
  EXPECT_EQ(down_limit(20, rules, {}, kNow), 20);
}

TEST(ScalingLimits, ReasonsNameTheLimitThatHeld) {
  api::ScalingRules up;
  up.policies = {{false, 2, 60_s}};
  up = completed_up(up);
  api::ScalingRules down;
  down.stabilization = Duration{};
  down.policies = {{false, 2, 60_s}};
  struct Row {
    std::int32_t current, desired, min, max, expected;
    const char* reason;
  };
  for (const Row& r : std::vector<Row>{{5, 9, 1, 50, 7, "ScaleUpLimit"},
                                       {5, 9, 1, 6, 6, "TooManyReplicas"},
                                       {5, 1, 1, 50, 3, "ScaleDownLimit"},
                                       {5, 1, 4, 50, 4, "TooFewReplicas"},
                                       {5, 6, 1, 50, 6, "DesiredWithinRange"}}) {
    const LimitedSize size =
        limited_by_rules({r.current, r.desired, r.min, r.max}, up, down, {}, kNow);
    EXPECT_EQ(size.replicas, r.expected) << r.reason;
    EXPECT_EQ(size.limited_reason, r.reason);
  }
}

TEST(ScalingLimits, OwnToleranceOfADirectionTakesThePlaceOfTheCommonOne) {
  const Pods pods{{{52}, {52}}};
  HorizontalPodAutoscaler a = autoscaler({cpu(50)});
  EXPECT_EQ(replicas_for_metrics(view_of(a, pods, 2), 2, {}, kNow).replicas, 2);
  a.spec.has_behavior = true;
  a.spec.scale_up.tolerance = 20;
  EXPECT_EQ(replicas_for_metrics(view_of(a, pods, 2), 2, {}, kNow).replicas, 3);
}

// --- in a cluster --------------------------------------------------------------------------------

void expect_scaling_by_the_store(bool fresh) {
  orrery::testing::SmallCluster cluster;
  cluster.pod_start = 1_s;
  ControllerManager manager{ports::OwnerId{7}, cluster, cluster};
  cluster.attach(ports::OwnerId{7}, manager);
  manager.start();
  std::int64_t used = 90;
  cluster.on_write = [&](const store::Write& write) {
    const auto* pod = std::get_if<Pod>(write.after.get());
    if (pod == nullptr || write.kind != ports::DeltaKind::Added) return;
    PodMetrics metrics;
    metrics.meta.name = pod->meta.name;
    metrics.meta.namespace_name = "default";
    metrics.containers = {{"main", 0, used}};
    metrics.timestamp = fresh ? Instant::at(10'000_s) : Instant{};
    cluster.at(cluster.now(), [&cluster, metrics] { cluster.create(metrics); });
  };
  api::Deployment target = orrery::testing::deployment("web", 2);
  MetricSpec metric =
      metric_of(MetricSource::Resource, MetricTarget::AverageValue, 50'000, "memory");
  cluster.create(target);
  cluster.run_for(20_s);
  HorizontalPodAutoscaler a = autoscaler({metric}, 1, 10);
  cluster.create(a);
  const auto size = [&] { return cluster.find<api::Deployment>("default", "web")->spec.replicas; };
  cluster.run_for(14_s);
  EXPECT_EQ(size(), 2) << "the first look comes after a period";
  cluster.run_for(2_s);
  EXPECT_EQ(size(), fresh ? 4 : 2);
  if (!fresh) return;
  const auto status = cluster.find<HorizontalPodAutoscaler>("default", "web")->status;
  EXPECT_EQ(status.desired_replicas, 4);
  EXPECT_EQ(api::find_condition(status.conditions, "AbleToScale")->reason, "SucceededRescale");
  EXPECT_TRUE(status.last_scale.has_value());
}

TEST(Autoscaler, ScalesADeploymentEvery15SecondsByMetricsInTheStore) {
  expect_scaling_by_the_store(true);
}

TEST(Autoscaler, TakesOldMetricsForNone) { expect_scaling_by_the_store(false); }

/// Three units of everything for each pod, 30 for each object, 300 outside.
class FixedSource final : public MetricsSource {
 public:
  std::optional<std::int64_t> of_pod(const std::string& metric, const Pod& /*pod*/,
                                     Instant /*now*/) override {
    return metric == "known" ? std::optional<std::int64_t>{3'000} : std::nullopt;
  }
  std::optional<std::int64_t> of_object(const std::string& metric, const api::ObjectKey& object,
                                        Instant /*now*/) override {
    return metric == "known" && object.namespace_name == "default" && object.name == "cart"
               ? std::optional<std::int64_t>{30'000}
               : std::nullopt;
  }
  std::optional<std::int64_t> external(const std::string& metric, Instant /*now*/) override {
    return metric == "known" ? std::optional<std::int64_t>{300'000} : std::nullopt;
  }
};

TEST(Autoscaler, AsksTheSourceOfMetricsThatPodsDoNotReport) {
  struct Row {
    MetricSource source;
    MetricTarget target;
    std::int64_t value;
    const char* name;
    const char* object;
    std::int32_t expected;
  };
  for (const Row& r : std::vector<Row>{
           {MetricSource::Pods, MetricTarget::AverageValue, 2'000, "known", "", 3},
           {MetricSource::Pods, MetricTarget::AverageValue, 2'000, "unknown", "", 2},
           {MetricSource::Object, MetricTarget::Value, 20'000, "known", "cart", 3},
           {MetricSource::Object, MetricTarget::Value, 20'000, "known", "shop", 2},
           {MetricSource::External, MetricTarget::AverageValue, 100'000, "known", "", 3},
           {MetricSource::External, MetricTarget::AverageValue, 100'000, "unknown", "", 2}}) {
    orrery::testing::SmallCluster cluster;
    cluster.pod_start = 1_s;
    FixedSource source;
    ControllerManagerConfig config;
    config.autoscaler.metrics = &source;
    ControllerManager manager{ports::OwnerId{7}, cluster, cluster, config};
    cluster.attach(ports::OwnerId{7}, manager);
    manager.start();
    cluster.create(orrery::testing::deployment("web", 2));
    MetricSpec metric = metric_of(r.source, r.target, r.value, r.name);
    metric.object = {api::Kind::Service, "", r.object};
    cluster.create(autoscaler({metric}, 1, 10));
    cluster.run_for(16_s);
    EXPECT_EQ(cluster.find<api::Deployment>("default", "web")->spec.replicas, r.expected)
        << r.name << " " << r.object << static_cast<int>(r.source);
  }
}

}  // namespace
}  // namespace orrery::controllers
