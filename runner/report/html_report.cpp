#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "runner/report/assets.h"
#include "runner/report/report.h"
#include "runner/scenario/policies.h"
#include "runner/why/chains.h"
#include "runner/why/policy_lines.h"

namespace orrery::report {
namespace {

using nlohmann::json;
using runner::RequestStats;
using runner::RunResult;

constexpr std::size_t kMostPoints = 600;
constexpr std::size_t kMostLogLines = 2000;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// JSON inside a script element: "</" would end the element.
std::string embedded(const json& data) {
  std::string text = data.dump(-1, ' ', false, json::error_handler_t::replace);
  for (std::size_t at = text.find("</"); at != std::string::npos; at = text.find("</", at)) {
    text.replace(at, 2, "<\\/");
  }
  return text;
}

/// Width of a chart's bins: whole seconds, at most kMostPoints of them.
Duration bin_width(Duration run) {
  const std::int64_t seconds = run.count_ns() / 1'000'000'000 + 1;
  const auto most = static_cast<std::int64_t>(kMostPoints);
  return Duration::seconds(std::max<std::int64_t>(1, (seconds + most - 1) / most));
}

double rounded(double value) {
  return std::isfinite(value) ? std::stod(fmt::format("{:.5g}", value)) : 0;
}

/// The series of one name over all seeds, in bins: rate per run, success in percent, latencies in
/// ms.
json chart_of(const FinishedRun& run,
              std::map<std::string, runner::RequestSeries> RunResult::*member,
              const std::string& name) {
  const Duration width = bin_width(run.results.front().simulated);
  std::map<std::int64_t, RequestStats> bins;
  RequestStats total;
  for (const RunResult& result : run.results) {
    const auto series = (result.*member).find(name);
    if (series == (result.*member).end()) continue;
    for (const runner::RequestSample& sample : series->second.samples) {
      bins[sample.at.count_ns() / width.count_ns()].merge(sample.stats);
    }
    total.merge(
        verdict::within(series->second, Instant::at(run.scenario.warmup), Instant::never()));
  }
  json t = json::array(), rate = json::array(), success = json::array(), p50 = json::array(),
       p99 = json::array();
  const auto runs = static_cast<double>(run.results.size());
  const std::int64_t last = run.results.front().simulated.count_ns() / width.count_ns();
  for (std::int64_t bin = 0; bin < last; ++bin) {
    t.push_back(rounded(to_seconds(width) * static_cast<double>(bin)));
    const auto found = bins.find(bin);
    if (found == bins.end() || found->second.requests == 0) {
      rate.push_back(0);
      success.push_back(nullptr);
      p50.push_back(nullptr);
      p99.push_back(nullptr);
      continue;
    }
    const RequestStats& s = found->second;
    rate.push_back(rounded(static_cast<double>(s.requests) / runs / to_seconds(width)));
    success.push_back(100.0 * static_cast<double>(s.succeeded) / static_cast<double>(s.requests));
    p50.push_back(rounded(s.latency.quantile_seconds(0.5) * 1e3));
    p99.push_back(rounded(s.latency.quantile_seconds(0.99) * 1e3));
  }
  json errors = json::object();
  for (const auto& [kind, count] : total.errors) errors[kind] = count;
  return {{"name", name},
          {"t", t},
          {"rate", rate},
          {"success", success},
          {"p50", p50},
          {"p99", p99},
          {"requests", total.requests},
          {"succeeded", total.succeeded},
          {"errors", errors},
          {"totalP50", rounded(total.latency.quantile_seconds(0.5) * 1e3)},
          {"totalP99", rounded(total.latency.quantile_seconds(0.99) * 1e3)}};
}

json charts_of(const FinishedRun& run,
               std::map<std::string, runner::RequestSeries> RunResult::*member) {
  std::set<std::string> names;
  for (const RunResult& result : run.results) {
    for (const auto& [name, series] : result.*member) names.insert(name);
  }
  json out = json::array();
  for (const std::string& name : names) out.push_back(chart_of(run, member, name));
  return out;
}

/// Pods per version of the first seed: a step function, one row per change.
json workload_of(const std::string& name, const runner::WorkloadResult& workload) {
  std::set<std::string> versions;
  for (const auto& sample : workload.samples) {
    for (const auto& [version, count] : sample.pods_by_version) versions.insert(version);
  }
  json t = json::array(), desired = json::array(), available = json::array(), total = json::array();
  json ready = json::object();
  for (const std::string& version : versions) ready[version] = json::array();
  for (const auto& sample : workload.samples) {
    t.push_back(to_seconds(sample.at.since_start()));
    desired.push_back(sample.desired);
    available.push_back(sample.available);
    total.push_back(sample.total);
    for (const std::string& version : versions) {
      const auto count = sample.pods_by_version.find(version);
      ready[version].push_back(count == sample.pods_by_version.end() ? 0 : count->second);
    }
  }
  json rollouts = json::array();
  for (const auto& rollout : workload.rollouts) {
    rollouts.push_back(
        {{"id", rollout.id},
         {"seconds", rollout.completed ? json(to_seconds(*rollout.completed - rollout.started))
                                       : json(nullptr)}});
  }
  return {{"name", name},   {"t", t},         {"desired", desired},  {"available", available},
          {"total", total}, {"ready", ready}, {"rollouts", rollouts}};
}

/// A consumer group of the first seed, in bins: the most of each.
json group_of(const std::string& name, const std::vector<runner::GroupSample>& samples,
              Duration run) {
  const Duration width = bin_width(run);
  json t = json::array(), lag = json::array(), age = json::array();
  std::int64_t bin = -1;
  for (const runner::GroupSample& sample : samples) {
    const std::int64_t at = sample.at.count_ns() / width.count_ns();
    const double seconds = rounded(to_seconds(sample.age));
    if (at == bin) {
      lag.back() = std::max(lag.back().get<std::uint64_t>(), sample.lag());
      age.back() = std::max(age.back().get<double>(), seconds);
      continue;
    }
    bin = at;
    t.push_back(rounded(to_seconds(width) * static_cast<double>(bin)));
    lag.push_back(sample.lag());
    age.push_back(seconds);
  }
  const runner::GroupSample end = samples.empty() ? runner::GroupSample{} : samples.back();
  return {{"name", name},
          {"t", t},
          {"lag", lag},
          {"age", age},
          {"published", end.published},
          {"finished", end.finished},
          {"dead", end.dead},
          {"redelivered", end.redelivered}};
}

/// What the policies of a way did in the first seed, in bins: what is counted of calls per second,
/// openings and ejections as they are.
json policy_of(const runner::PolicyCounts& way, const std::vector<runner::PolicySample>& samples,
               Duration run) {
  using runner::PolicySample;
  const Duration width = bin_width(run);
  const auto step = static_cast<std::size_t>(width.count_ns() / 1'000'000'000);
  const double seconds = to_seconds(width);
  json t = json::array(), retries = json::array(), hedges = json::array(),
       fallbacks = json::array(), openings = json::array(), ejections = json::array(),
       turned_away = json::array();
  PolicySample before;
  for (std::size_t end = step; end <= samples.size(); end += step) {
    const PolicySample& now = samples[end - 1];
    const auto grown = [&](std::uint64_t PolicySample::*what) {
      return static_cast<double>(now.*what - before.*what);
    };
    t.push_back(static_cast<double>(end - step));
    retries.push_back(rounded(grown(&PolicySample::retries) / seconds));
    hedges.push_back(rounded(grown(&PolicySample::hedges) / seconds));
    fallbacks.push_back(rounded(grown(&PolicySample::fallbacks) / seconds));
    turned_away.push_back(rounded(grown(&PolicySample::turned_away) / seconds));
    openings.push_back(grown(&PolicySample::openings));
    ejections.push_back(grown(&PolicySample::ejections));
    before = now;
  }
  const std::string from = way.from.empty() ? "clients" : way.from;
  return {{"name", from + " \u2192 " + way.to},
          {"t", t},
          {"retries", retries},
          {"hedges", hedges},
          {"fallbacks", fallbacks},
          {"turnedAway", turned_away},
          {"openings", openings},
          {"ejections", ejections}};
}

std::string describe(const scenario::TimelineEntry& entry) {
  if (const auto* set = std::get_if<scenario::SetAction>(&entry.action)) {
    std::string text = to_string(set->target) + ":";
    if (set->image) text += " image " + *set->image;
    if (set->replicas) text += fmt::format(" replicas {}", *set->replicas);
    for (const auto& [name, value] : set->env) text += " " + name + "=" + value;
    return text;
  }
  if (const auto* node = std::get_if<scenario::NodeAction>(&entry.action)) {
    return fmt::format("{} Node/{}", to_string(node->what), node->node);
  }
  if (const auto* apply = std::get_if<scenario::ApplyAction>(&entry.action)) {
    std::string text = apply->deletes ? "delete" : "apply";
    for (const auto& manifest : apply->objects) {
      text += " " + to_string(api::key_of(manifest.object));
    }
    for (const std::string& rule : apply->rules) text += " " + rule;
    return text;
  }
  if (const auto* patch = std::get_if<scenario::PatchAction>(&entry.action)) {
    const std::string target = to_string(patch->target);
    return patch->pods == 0 ? "patch " + target
                            : fmt::format("patch {} pods of {}", patch->pods, target);
  }
  if (const auto* policy = std::get_if<scenario::PolicyAction>(&entry.action)) {
    std::string text;
    for (const auto& [way, after] : policy->policies) {
      text += fmt::format("{}{} to {}", text.empty() ? "calls from " : ", ",
                          scenario::caller_name(way.first), way.second);
    }
    return text + fmt::format(": {}", fmt::join(policy->keys, ", "));
  }
  const auto& fault = std::get<scenario::FaultAction>(entry.action);
  std::string text = to_string(fault.kind);
  if (fault.target) text += " on " + to_string(*fault.target);
  if (fault.edge) {
    text += fmt::format(" from {} to {}", to_string(fault.edge->from), to_string(fault.edge->to));
  }
  if (fault.lasts) text += " for " + to_string(*fault.lasts);
  return text;
}

json data_of(const FinishedRun& run) {
  const scenario::Scenario& s = run.scenario;
  json expectations = json::array();
  for (const auto& e : run.judgement.expectations) {
    expectations.push_back({{"id", e.id},
                            {"verdict", to_string(e.verdict)},
                            {"observed", e.observed_text},
                            {"bound", e.bound},
                            {"why", e.why},
                            {"worst", e.worst_text},
                            {"passed", e.seeds_passed},
                            {"seeds", e.seeds}});
  }
  json timeline = json::array();
  for (const auto& entry : s.timeline) {
    json one = {{"id", entry.id},
                {"t", to_seconds(entry.at.since_start())},
                {"fault", std::holds_alternative<scenario::FaultAction>(entry.action)},
                {"text", describe(entry)},
                {"effect", ""}};
    for (const auto& fault : run.results.front().faults) {
      if (fault.id != entry.id) continue;
      one["effect"] = fault.effect;
      if (fault.recovered) one["recovered"] = to_seconds(*fault.recovered - fault.at);
    }
    timeline.push_back(one);
  }
  json workloads = json::array();
  for (const auto& [name, workload] : run.results.front().workloads) {
    workloads.push_back(workload_of(name, workload));
  }
  json groups = json::array();
  for (const auto& [name, samples] : run.results.front().groups) {
    groups.push_back(group_of(name, samples, run.results.front().simulated));
  }
  json policies = json::array();
  const RunResult& first = run.results.front();
  for (std::size_t i = 0; i < first.policy_samples.size(); ++i) {
    const std::vector<runner::PolicySample>& samples = first.policy_samples[i];
    if (samples.empty() || samples.back() == runner::PolicySample{}) continue;
    policies.push_back(policy_of(first.policies[i], samples, first.simulated));
  }
  json inputs = json::array();
  for (const auto& input : s.inputs) {
    const char* source = input.provenance == scenario::Provenance::Measured ? "measured"
                         : input.provenance == scenario::Provenance::Given  ? "given"
                                                                            : "assumed";
    inputs.push_back({source, input.pointer, input.note});
  }
  json not_modelled = json::array();
  for (const auto& what : scenario::without_effect(s)) {
    not_modelled.push_back({what.where.line > 0
                                ? fmt::format("{}:{}", what.where.file, what.where.line)
                                : what.where.file,
                            what.what});
  }
  json log = json::array();
  const auto& records = run.results.front().log;
  for (std::size_t i = 0; i < std::min(records.size(), kMostLogLines); ++i) {
    const auto& r = records[i];
    log.push_back({to_seconds(r.at.since_start()), r.what, r.subject, r.detail, r.cause});
  }
  json why = json::array();
  const std::vector<why::Chain> chains =
      why::chains_of(run.results.front().log, run.results.front().failures, {});
  const std::uint64_t failed = why::failures_in(chains);
  for (const why::Chain& chain : chains) {
    json steps = json::array();
    for (const auto& r : chain.steps) {
      steps.push_back({to_seconds(r.at.since_start()), r.what, r.subject, r.detail});
    }
    why.push_back({{"line", why::in_one_line(chain, failed, true)}, {"steps", steps}});
  }
  json fingerprints = json::array();
  for (const RunResult& result : run.results)
    fingerprints.push_back({result.seed, result.fingerprint});
  return {{"name", s.name},
          {"world", run.world == World::Sim ? "simulated" : "live containerd hosts"},
          {"profile", s.profile},
          {"verdict", to_string(run.judgement.verdict)},
          {"notes", run.judgement.notes},
          {"confidence", s.confidence},
          {"modelVersion", kModelVersion},
          {"duration", to_seconds(run.results.front().simulated)},
          {"warmup", to_seconds(s.warmup)},
          {"steady", run.results.front().steady_before_first_fault},
          {"expectations", expectations},
          {"timeline", timeline},
          {"why", why},
          {"policies", why::policy_lines(policies_of(run))},
          {"policyCharts", policies},
          {"services", charts_of(run, &RunResult::services)},
          {"journeys", charts_of(run, &RunResult::journeys)},
          {"groups", groups},
          {"deployments", workloads},
          {"inputs", inputs},
          {"notModelled", not_modelled},
          {"log", log},
          {"logTotal", records.size()},
          {"fingerprints", fingerprints}};
}

}  // namespace

std::string html_report(const FinishedRun& run) {
  std::string html = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<title>" + escaped(run.scenario.name) + "</title>\n<style>\n";
  html += kUplotStyle;
  html += kReportStyle;
  html += "</style>\n</head>\n<body>\n<main id=\"report\"></main>\n";
  html += "<script type=\"application/json\" id=\"data\">" + embedded(data_of(run)) + "</script>\n";
  html += "<script>";
  html += kUplotScript;
  html += "</script>\n<script>\n";
  html += kReportScript;
  html += "</script>\n</body>\n</html>\n";
  return html;
}

}  // namespace orrery::report
