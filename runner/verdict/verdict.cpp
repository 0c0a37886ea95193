#include "runner/verdict/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "runner/verdict/bounds.h"
#include "runner/verdict/count_judging.h"

namespace orrery::verdict {
namespace {

using runner::FaultResult;
using runner::RequestStats;
using runner::RunResult;
using scenario::Bound;
using scenario::Scenario;

std::string estimate_text(const std::string& metric, const Estimate& e) {
  std::string text = metric + " " + value_text(metric, e.mean);
  if (e.low) {
    text += fmt::format(" [{}, {}]", value_text(metric, *e.low), value_text(metric, *e.high));
  }
  return text;
}

/// "timeout 12, reset 3; worst second 2:10, 10 s after kill": what the failed requests were.
std::string describe_errors(const Scenario& scenario, const std::vector<RunResult>& results,
                            const scenario::RequestExpectation& what) {
  RequestStats total;
  std::uint64_t worst_errors = 0;
  Instant worst_at;
  for (const RunResult& run : results) {
    const auto& all = what.service.empty() ? run.journeys : run.services;
    const auto series = all.find(what.service.empty() ? what.journey : what.service);
    if (series == all.end()) continue;
    total.merge(within(series->second, what.during.from, what.during.until));
    for (const runner::RequestSample& sample : series->second.samples) {
      if (sample.at < what.during.from || sample.at >= what.during.until) continue;
      const std::uint64_t errors = sample.stats.requests - sample.stats.succeeded;
      if (errors <= worst_errors) continue;
      worst_errors = errors;
      worst_at = sample.at;
    }
  }
  std::string text;
  for (const auto& [kind, count] : total.errors) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kind, count);
  }
  if (worst_errors == 0) return text;
  text += fmt::format("; worst second at {}", to_string(worst_at));
  const scenario::TimelineEntry* before = nullptr;
  for (const scenario::TimelineEntry& entry : scenario.timeline) {
    // A sample is dated by the start of its second, the entry may stand inside it.
    if (entry.at < worst_at + Duration::seconds(1)) before = &entry;
  }
  if (before != nullptr) {
    const Duration after = std::max(Duration{}, worst_at - before->at);
    text += fmt::format(", {} after {}", to_string(after), before->id);
  }
  return text;
}

bool is_ratio(const std::string& metric) { return metric == "success" || metric == "availability"; }

void judge_figure(const Bound& bound, const std::string& metric, const std::vector<double>& values,
                  double confidence, ExpectationVerdict& out) {
  Estimate e = estimate(values, confidence);
  if (e.low) {  // A figure has its limits, whatever the formula says.
    e.low = std::max(0.0, *e.low);
    if (is_ratio(metric)) e.high = std::min(1.0, *e.high);
  }
  out.observed = e;
  out.observed_text = estimate_text(metric, e);
  out.seeds_passed = static_cast<std::uint64_t>(
      std::count_if(values.begin(), values.end(), [&](double v) { return keeps(bound, v); }));
  if (!e.low) {
    out.verdict = keeps(bound, e.mean) ? Verdict::Pass : Verdict::Fail;
    return;
  }
  out.verdict = judge_interval(bound, *e.low, *e.high);
  if (out.verdict == Verdict::Inconclusive) {
    out.why = "the bound lies inside the confidence interval; run more seeds";
  }
}

/// The worst half minute of each run, and where that of the first run lies.
void add_worst(const scenario::RequestExpectation& what, const std::vector<Worst>& worst,
               ExpectationVerdict& out) {
  if (worst.empty()) return;
  double sum = 0;
  for (const Worst& one : worst) sum += one.value;
  out.worst_text = fmt::format("worst 30 s {} at {}",
                               value_text(what.metric, sum / static_cast<double>(worst.size())),
                               to_string(worst.front().from.since_start()));
}

void judge_one(const Scenario& scenario, const std::vector<RunResult>& results,
               const scenario::RequestExpectation& what, ExpectationVerdict& out) {
  out.bound = what.bound.text;
  std::vector<double> values;
  std::vector<Worst> worst;
  std::uint64_t fewest = std::numeric_limits<std::uint64_t>::max();
  for (const RunResult& run : results) {
    const auto& all = what.service.empty() ? run.journeys : run.services;
    const auto series = all.find(what.service.empty() ? what.journey : what.service);
    if (series == all.end()) {
      fewest = 0;
      continue;
    }
    const Instant end = std::min(what.during.until, Instant::at(scenario.duration));
    const RequestWatch watch{series->second, what.during.from, end};
    fewest = std::min(fewest, watch.total().requests);
    if (const auto value = watch.figure(what)) values.push_back(*value);
    if (const auto one = watch.worst_half_minute(what.metric)) worst.push_back(*one);
  }
  if (values.size() < results.size()) {
    out.why = "no requests in the window";
    return;
  }
  judge_figure(what.bound, what.metric, values, scenario.confidence, out);
  add_worst(what, worst, out);
  if (fewest < what.min_requests) {
    out.verdict = Verdict::Inconclusive;
    out.why =
        fmt::format("{} requests in the window of one run, {} wanted", fewest, what.min_requests);
  }
  if (out.verdict == Verdict::Fail) {
    const bool about_errors =
        is_ratio(what.metric) || what.slo || what.metric == "errors" || what.metric == "errorRate";
    out.why = about_errors ? describe_errors(scenario, results, what)
                           : fmt::format("{} of {} runs keep it", out.seeds_passed, out.seeds);
  }
}

void judge_one(const Scenario& scenario, const std::vector<RunResult>& results,
               const scenario::RolloutExpectation& what, ExpectationVerdict& out) {
  out.bound = "complete within " + what.text;
  std::vector<double> durations;
  for (const RunResult& run : results) {
    const auto deployment = run.workloads.find(runner::workload_name(what.target));
    if (deployment == run.workloads.end()) continue;
    for (const runner::RolloutTime& rollout : deployment->second.rollouts) {
      if (rollout.id != what.rollout || !rollout.completed) continue;
      durations.push_back(to_seconds(*rollout.completed - rollout.started));
      if (*rollout.completed <= what.deadline) ++out.seeds_passed;
    }
  }
  if (!durations.empty()) {
    out.observed = estimate(durations, scenario.confidence);
    out.observed_text = fmt::format("{} after {}", seconds_text(out.observed->mean), what.rollout);
  } else {
    out.observed_text = "never";
  }
  out.verdict = out.seeds_passed == results.size() ? Verdict::Pass : Verdict::Fail;
  if (out.verdict == Verdict::Fail) {
    out.why = fmt::format("not complete in time in {} of {} runs",
                          results.size() - out.seeds_passed, results.size());
  }
}

void judge_one(const Scenario& scenario, const std::vector<RunResult>& results,
               const scenario::CountExpectation& what, ExpectationVerdict& out) {
  const char* quantifier = to_string(what.quantifier);
  out.bound = fmt::format("{} {}", quantifier, what.bound.text);
  const Instant end = Instant::at(scenario.duration);
  std::vector<CountOutcome> outcomes;
  for (const RunResult& run : results) {
    const auto outcome = judge_count(what, count_series(what, out.id, run), end);
    if (!outcome) continue;
    outcomes.push_back(*outcome);
    if (outcome->keeps) ++out.seeds_passed;
  }
  if (outcomes.size() < results.size()) {
    out.why = what.subject + ": never seen in the window";
    return;
  }
  std::vector<double> figures;
  const CountOutcome* worst = &outcomes.front();
  for (const CountOutcome& outcome : outcomes) {
    if (outcome.figure) figures.push_back(*outcome.figure);
    if (is_worse(outcome, *worst)) worst = &outcome;
  }
  if (!figures.empty()) out.observed = estimate(figures, scenario.confidence);
  out.observed_text = count_text(what, *worst, out.observed);
  out.verdict = out.seeds_passed == results.size() ? Verdict::Pass : Verdict::Fail;
  if (out.verdict == Verdict::Pass) return;
  std::optional<Instant> first_broken;
  std::size_t first_run = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].broken && (!first_broken || *outcomes[i].broken < *first_broken)) {
      first_broken = outcomes[i].broken;
      first_run = i;
    }
  }
  out.why = first_broken ? fmt::format("first broken at {}", to_string(*first_broken))
                         : fmt::format("{} of {} runs keep it", out.seeds_passed, out.seeds);
  if (const auto* group = std::get_if<scenario::GroupCount>(&what.count)) {
    out.why += "; " + why_behind(*group, results[first_run],
                                 first_broken.value_or(std::min(end, what.during.until)));
  }
}

/// When the workload was whole again after a fault: at the fault itself if it was never short
/// since, nothing if it is still short at the end.
std::optional<Instant> whole_again(const runner::WorkloadResult& workload, Instant fault) {
  bool short_of_pods = false;
  for (std::size_t i = 0; i < workload.samples.size(); ++i) {
    const runner::WorkloadSample& sample = workload.samples[i];
    if (i + 1 < workload.samples.size() && workload.samples[i + 1].at <= fault) continue;
    const bool whole = sample.available >= sample.desired;
    if (whole && short_of_pods) return sample.at;
    short_of_pods = !whole;
  }
  return short_of_pods ? std::nullopt : std::optional{fault};
}

void judge_one(const Scenario& scenario, const std::vector<RunResult>& results,
               const scenario::RecoveryExpectation& what, ExpectationVerdict& out) {
  out.bound = "within " + to_string(what.within);
  std::vector<double> durations;
  bool hit_nothing = false;
  for (const RunResult& run : results) {
    const auto workload = run.workloads.find(runner::workload_name(what.target));
    if (workload == run.workloads.end()) continue;
    for (const FaultResult& fault : run.faults) {
      if (fault.id != what.fault) continue;
      if (fault.targets.empty()) hit_nothing = true;
      const std::optional<Instant> whole = whole_again(workload->second, fault.at);
      if (!whole) continue;
      durations.push_back(to_seconds(*whole - fault.at));
      if (*whole - fault.at <= what.within) ++out.seeds_passed;
    }
  }
  if (hit_nothing) {
    out.why = what.fault + " hit nothing";
    return;
  }
  if (durations.empty()) {
    out.observed_text = "never";
  } else {
    out.observed = estimate(durations, scenario.confidence);
    out.observed_text =
        fmt::format("back {} after {}", seconds_text(out.observed->mean), what.fault);
  }
  out.verdict = out.seeds_passed == results.size() ? Verdict::Pass : Verdict::Fail;
  if (out.verdict == Verdict::Fail) {
    out.why = fmt::format("not back in time in {} of {} runs", results.size() - out.seeds_passed,
                          results.size());
  }
}

}  // namespace

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return 0;
    case Verdict::Fail:
      return 1;
    case Verdict::Inconclusive:
      return 3;
  }
  contract_violation("a verdict has one of the known values");
}

Judgement judge(const Scenario& scenario, const std::vector<RunResult>& results) {
  expects(!results.empty(), "a verdict needs a run");
  Judgement judgement;
  for (const RunResult& run : results) {
    if (!run.steady_before_first_fault) {
      judgement.notes.push_back(
          fmt::format("seed {}: not in steady state before the first timeline entry: {}", run.seed,
                      run.steady_note));
    }
    for (const FaultResult& fault : run.faults) {
      if (fault.targets.empty()) {
        judgement.notes.push_back(
            fmt::format("seed {}: {} hit nothing: {}", run.seed, fault.id, fault.effect));
      }
    }
  }
  for (const scenario::Expectation& expectation : scenario.expectations) {
    ExpectationVerdict verdict;
    verdict.id = expectation.id;
    verdict.seeds = results.size();
    std::visit([&](const auto& what) { judge_one(scenario, results, what, verdict); },
               expectation.what);
    judgement.expectations.push_back(std::move(verdict));
  }
  const auto any = [&](Verdict v) {
    return std::any_of(judgement.expectations.begin(), judgement.expectations.end(),
                       [v](const ExpectationVerdict& e) { return e.verdict == v; });
  };
  if (any(Verdict::Fail)) {
    judgement.verdict = Verdict::Fail;
  } else if (any(Verdict::Inconclusive) || !judgement.notes.empty()) {
    judgement.verdict = Verdict::Inconclusive;
  } else {
    judgement.verdict = Verdict::Pass;
  }
  return judgement;
}

}  // namespace orrery::verdict
