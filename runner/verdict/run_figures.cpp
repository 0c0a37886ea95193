#include "runner/verdict/run_figures.h"

#include <algorithm>

#include "runner/scenario/metrics.h"
#include "runner/verdict/request_figures.h"

namespace orrery::verdict {
namespace {

using runner::RunResult;

struct Told {
  const char* metric;
  Better better;
};
constexpr Told kTold[] = {
    {"requests", Better::Neither}, {"errors", Better::Smaller}, {"success", Better::Larger},
    {"mean", Better::Smaller},     {"p50", Better::Smaller},    {"p90", Better::Smaller},
    {"p95", Better::Smaller},      {"p99", Better::Smaller},    {"max", Better::Neither}};

void add_requests(const std::string& prefix, const runner::RequestSeries& series, Instant from,
                  std::vector<RunFigure>& figures) {
  const runner::RequestStats stats = within(series, from, Instant::never());
  for (const Told& told : kTold) {
    const auto value = metric_of(told.metric, stats);
    if (!value) continue;
    figures.push_back({prefix + " " + told.metric, scenario::request_metric(told.metric)->unit,
                       told.better, *value});
  }
}

void add_workload(const std::string& name, const runner::WorkloadResult& workload, Instant from,
                  std::vector<RunFigure>& figures) {
  const std::string prefix = "workload " + name;
  std::optional<std::int32_t> least;
  std::optional<std::int32_t> most;
  for (std::size_t i = 0; i < workload.samples.size(); ++i) {
    const bool last = i + 1 == workload.samples.size();
    if (!last && workload.samples[i + 1].at <= from) continue;
    const runner::WorkloadSample& sample = workload.samples[i];
    least = std::min(least.value_or(sample.available), sample.available);
    most = std::max(most.value_or(sample.total), sample.total);
  }
  if (least) {
    figures.push_back(
        {prefix + " least available", "pods", Better::Larger, static_cast<double>(*least)});
    figures.push_back({prefix + " most pods", "pods", Better::Neither, static_cast<double>(*most)});
  }
  for (const runner::RolloutTime& rollout : workload.rollouts) {
    if (!rollout.completed) continue;
    figures.push_back({prefix + " rollout " + rollout.id, "s", Better::Smaller,
                       to_seconds(*rollout.completed - rollout.started)});
  }
}

void add_group(const std::string& name, const std::vector<runner::GroupSample>& samples,
               Instant from, std::vector<RunFigure>& figures) {
  std::uint64_t most = 0;
  Duration oldest;
  for (const runner::GroupSample& sample : samples) {
    if (sample.at < from) continue;
    most = std::max(most, sample.lag());
    oldest = std::max(oldest, sample.age);
  }
  const auto add = [&](const char* what, const char* unit, double value) {
    figures.push_back({"group " + name + " " + what, unit, Better::Smaller, value});
  };
  add("most lag", "messages", static_cast<double>(most));
  add("lag at the end", "messages", static_cast<double>(samples.back().lag()));
  add("oldest", "s", to_seconds(oldest));
  add("dead", "messages", static_cast<double>(samples.back().dead));
  add("redelivered", "messages", static_cast<double>(samples.back().redelivered));
}

}  // namespace

std::vector<RunFigure> run_figures(const scenario::Scenario& scenario, const RunResult& run) {
  std::vector<RunFigure> figures;
  const Instant from = Instant::at(scenario.warmup);
  for (const auto& [name, series] : run.journeys) {
    add_requests("journey " + name, series, from, figures);
  }
  for (const auto& [name, series] : run.services) {
    add_requests("service " + name, series, from, figures);
  }
  for (const auto& [name, workload] : run.workloads) add_workload(name, workload, from, figures);
  for (const auto& [name, samples] : run.groups) {
    if (!samples.empty()) add_group(name, samples, from, figures);
  }
  for (const runner::FaultResult& fault : run.faults) {
    if (!fault.recovered) continue;
    figures.push_back({"recovery from " + fault.id, "s", Better::Smaller,
                       to_seconds(*fault.recovered - fault.at)});
  }
  for (const auto& [id, samples] : run.counts) {
    if (samples.empty()) continue;
    figures.push_back({"count " + id + " at the end", "objects", Better::Neither,
                       static_cast<double>(samples.back().value)});
  }
  return figures;
}

}  // namespace orrery::verdict
