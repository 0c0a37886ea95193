#include "runner/verdict/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace orrery::verdict {
namespace {

using runner::DeploymentResult;
using runner::FaultResult;
using runner::RequestStats;
using runner::RunResult;
using scenario::Bound;
using scenario::Scenario;

bool keeps(const Bound& bound, double value) {
  // A hair of tolerance, so that 0.995 computed as a ratio keeps ">= 99.5%".
  const double slack = 1e-12 * std::max(1.0, std::fabs(bound.value));
  switch (bound.relation) {
    case Bound::Relation::Less:
      return value < bound.value - slack;
    case Bound::Relation::LessEqual:
      return value <= bound.value + slack;
    case Bound::Relation::Greater:
      return value > bound.value + slack;
    case Bound::Relation::GreaterEqual:
      return value >= bound.value - slack;
  }
  contract_violation("a relation has one of the known values");
}

std::string key_text(const api::ObjectKey& key) { return key.namespace_name + "/" + key.name; }

std::string seconds_text(double seconds) {
  if (seconds < 0.001) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (seconds < 100) return fmt::format("{:.3g} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  return fmt::format("{}:{:02} min", whole / 60, whole % 60);
}

std::string value_text(const std::string& metric, double value) {
  if (metric == "success") {
    // What is not all is not shown as all.
    const std::string text = fmt::format("{:.4g}", value * 100);
    return (text == "100" && value < 1 ? fmt::format("{:.6g}", std::floor(value * 1e6) / 1e4)
                                       : text) +
           " %";
  }
  if (metric == "requests") return fmt::format("{:.6g}", value);
  return seconds_text(value);
}

std::string estimate_text(const std::string& metric, const Estimate& e) {
  std::string text = metric + " " + value_text(metric, e.mean);
  if (e.low) {
    text += fmt::format(" [{}, {}]", value_text(metric, *e.low), value_text(metric, *e.high));
  }
  return text;
}

/// The metric of one run's requests; nothing where there were none and the metric needs one.
std::optional<double> metric_of(const std::string& metric, const RequestStats& stats) {
  if (metric == "requests") return static_cast<double>(stats.requests);
  if (stats.requests == 0) return std::nullopt;
  if (metric == "success") {
    return static_cast<double>(stats.succeeded) / static_cast<double>(stats.requests);
  }
  if (metric == "mean") return stats.latency.mean_seconds();
  if (metric == "max") return stats.latency.max_seconds();
  if (metric == "p50") return stats.latency.quantile_seconds(0.5);
  if (metric == "p90") return stats.latency.quantile_seconds(0.9);
  if (metric == "p95") return stats.latency.quantile_seconds(0.95);
  if (metric == "p99") return stats.latency.quantile_seconds(0.99);
  if (metric == "p999") return stats.latency.quantile_seconds(0.999);
  contract_violation("the reader admits known metrics only");
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

void judge_figure(const Bound& bound, const std::string& metric, const std::vector<double>& values,
                  double confidence, ExpectationVerdict& out) {
  Estimate e = estimate(values, confidence);
  if (metric == "success" && e.low) {  // A ratio has its limits, whatever the formula says.
    e.low = std::max(0.0, *e.low);
    e.high = std::min(1.0, *e.high);
  }
  out.observed = e;
  out.observed_text = estimate_text(metric, e);
  out.seeds_passed = static_cast<std::uint64_t>(
      std::count_if(values.begin(), values.end(), [&](double v) { return keeps(bound, v); }));
  if (!e.low) {
    out.verdict = keeps(bound, e.mean) ? Verdict::Pass : Verdict::Fail;
    return;
  }
  const bool low_keeps = keeps(bound, *e.low);
  const bool high_keeps = keeps(bound, *e.high);
  if (low_keeps && high_keeps) {
    out.verdict = Verdict::Pass;
  } else if (!low_keeps && !high_keeps) {
    out.verdict = Verdict::Fail;
  } else {
    out.verdict = Verdict::Inconclusive;
    out.why = "the bound lies inside the confidence interval; run more seeds";
  }
}

void judge_one(const Scenario& scenario, const std::vector<RunResult>& results,
               const scenario::RequestExpectation& what, ExpectationVerdict& out) {
  out.bound = what.bound.text;
  std::vector<double> values;
  std::uint64_t fewest = std::numeric_limits<std::uint64_t>::max();
  for (const RunResult& run : results) {
    const auto& all = what.service.empty() ? run.journeys : run.services;
    const auto series = all.find(what.service.empty() ? what.journey : what.service);
    RequestStats stats;
    if (series != all.end()) stats = within(series->second, what.during.from, what.during.until);
    fewest = std::min(fewest, stats.requests);
    if (const auto value = metric_of(what.metric, stats)) values.push_back(*value);
  }
  if (values.size() < results.size()) {
    out.why = "no requests in the window";
    return;
  }
  judge_figure(what.bound, what.metric, values, scenario.confidence, out);
  if (fewest < what.min_requests) {
    out.verdict = Verdict::Inconclusive;
    out.why =
        fmt::format("{} requests in the window of one run, {} wanted", fewest, what.min_requests);
  }
  if (out.verdict == Verdict::Fail) {
    out.why = what.metric == "success"
                  ? describe_errors(scenario, results, what)
                  : fmt::format("{} of {} runs keep it", out.seeds_passed, out.seeds);
  }
}

void judge_one(const Scenario& scenario, const std::vector<RunResult>& results,
               const scenario::RolloutExpectation& what, ExpectationVerdict& out) {
  out.bound = "complete within " + what.text;
  std::vector<double> durations;
  for (const RunResult& run : results) {
    const auto deployment = run.deployments.find(key_text(what.target));
    if (deployment == run.deployments.end()) continue;
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

std::int32_t count_of(const std::string& metric, const runner::DeploymentSample& sample) {
  if (metric == "available") return sample.available;
  if (metric == "ready") return sample.ready;
  if (metric == "total") return sample.total;
  if (metric == "updated") return sample.updated;
  contract_violation("the reader admits known counts only");
}

void judge_one(const Scenario& scenario, const std::vector<RunResult>& results,
               const scenario::AlwaysExpectation& what, ExpectationVerdict& out) {
  out.bound = what.metric + " " + what.bound.text;
  const bool wants_large = what.bound.relation == Bound::Relation::Greater ||
                           what.bound.relation == Bound::Relation::GreaterEqual;
  std::vector<double> extremes;
  std::optional<Instant> first_broken;
  for (const RunResult& run : results) {
    const auto deployment = run.deployments.find(key_text(what.target));
    if (deployment == run.deployments.end()) continue;
    const auto& samples = deployment->second.samples;
    std::optional<double> extreme;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      // A count holds until the next sample.
      const Instant ends = i + 1 < samples.size() ? samples[i + 1].at : Instant::never();
      if (ends <= what.during.from || samples[i].at >= what.during.until) continue;
      const double count = count_of(what.metric, samples[i]);
      if (!extreme) extreme = count;
      extreme = wants_large ? std::min(*extreme, count) : std::max(*extreme, count);
      if (!keeps(what.bound, count) && (!first_broken || samples[i].at < *first_broken)) {
        first_broken = std::max(samples[i].at, what.during.from);
      }
    }
    if (!extreme) continue;
    extremes.push_back(*extreme);
    if (keeps(what.bound, *extreme)) ++out.seeds_passed;
  }
  if (extremes.size() < results.size()) {
    out.why = "the Deployment was never seen in the window";
    return;
  }
  out.observed = estimate(extremes, scenario.confidence);
  const double worst = wants_large ? *std::min_element(extremes.begin(), extremes.end())
                                   : *std::max_element(extremes.begin(), extremes.end());
  out.observed_text = fmt::format("{} {} {}", wants_large ? "min" : "max", what.metric, worst);
  out.verdict = out.seeds_passed == results.size() ? Verdict::Pass : Verdict::Fail;
  if (first_broken) out.why = fmt::format("first broken at {}", to_string(*first_broken));
}

void judge_one(const Scenario& scenario, const std::vector<RunResult>& results,
               const scenario::RecoveryExpectation& what, ExpectationVerdict& out) {
  out.bound = "within " + to_string(what.within);
  std::vector<double> durations;
  bool hit_nothing = false;
  for (const RunResult& run : results) {
    for (const FaultResult& fault : run.faults) {
      if (fault.id != what.fault) continue;
      if (fault.targets.empty()) hit_nothing = true;
      if (!fault.recovered) continue;
      durations.push_back(to_seconds(*fault.recovered - fault.at));
      if (*fault.recovered - fault.at <= what.within) ++out.seeds_passed;
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

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return "pass";
    case Verdict::Fail:
      return "fail";
    case Verdict::Inconclusive:
      return "inconclusive";
  }
  contract_violation("a verdict has one of the known values");
}

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

double student_t_quantile(double q, std::uint64_t degrees) {
  expects(q > 0 && q < 1 && degrees >= 1, "a quantile lies inside (0, 1)");
  if (q == 0.5) return 0;
  if (q < 0.5) return -student_t_quantile(1 - q, degrees);
  // P(T <= t) by the finite series of Abramowitz & Stegun 26.7.3/4, inverted by bisection.
  const auto probability = [degrees](double t) {
    const double n = static_cast<double>(degrees);
    const double theta = std::atan(t / std::sqrt(n));
    const double c = std::cos(theta);
    double sum = 0;
    double term = degrees % 2 == 1 ? c : 1;
    for (std::uint64_t k = degrees % 2 == 1 ? 1 : 0; k + 2 <= degrees; k += 2) {
      sum += term;
      const double next = static_cast<double>(k + 1);
      term *= next / (next + 1) * c * c;
    }
    const double a = degrees % 2 == 1 ? 2 / 3.14159265358979323846 * (theta + std::sin(theta) * sum)
                                      : std::sin(theta) * sum;
    return 0.5 + a / 2;
  };
  double low = 0;
  double high = 1;
  while (probability(high) < q) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-12 * high; ++i) {
    const double middle = (low + high) / 2;
    (probability(middle) < q ? low : high) = middle;
  }
  return (low + high) / 2;
}

Estimate estimate(const std::vector<double>& values, double confidence) {
  expects(!values.empty(), "an estimate needs a value");
  expects(confidence > 0 && confidence < 1, "a confidence lies inside (0, 1)");
  const double n = static_cast<double>(values.size());
  double sum = 0;
  for (const double v : values) sum += v;
  Estimate e{sum / n, std::nullopt, std::nullopt};
  if (values.size() == 1) return e;
  double squares = 0;
  for (const double v : values) squares += (v - e.mean) * (v - e.mean);
  const double half = student_t_quantile(0.5 + confidence / 2, values.size() - 1) *
                      std::sqrt(squares / (n - 1) / n);
  e.low = e.mean - half;
  e.high = e.mean + half;
  return e;
}

RequestStats within(const runner::RequestSeries& series, Instant from, Instant until) {
  RequestStats total;
  for (const runner::RequestSample& sample : series.samples) {
    if (sample.at >= from && sample.at < until) total.merge(sample.stats);
  }
  return total;
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
