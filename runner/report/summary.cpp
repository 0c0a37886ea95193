#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runner/report/report.h"
#include "runner/why/chains.h"

namespace orrery::report {
namespace {

using nlohmann::ordered_json;
using runner::RequestStats;
using runner::RunResult;

/// Rounded to nine significant digits: enough for every figure, and free of last-bit noise.
ordered_json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::stod(fmt::format("{:.9g}", value));
}

ordered_json latency_ms(const runner::LatencyHistogram& latency) {
  ordered_json out;
  out["mean"] = number(latency.mean_seconds() * 1e3);
  out["p50"] = number(latency.quantile_seconds(0.5) * 1e3);
  out["p90"] = number(latency.quantile_seconds(0.9) * 1e3);
  out["p95"] = number(latency.quantile_seconds(0.95) * 1e3);
  out["p99"] = number(latency.quantile_seconds(0.99) * 1e3);
  out["p999"] = number(latency.quantile_seconds(0.999) * 1e3);
  out["max"] = number(latency.max_seconds() * 1e3);
  return out;
}

ordered_json stats_json(const RequestStats& stats) {
  ordered_json out;
  out["requests"] = stats.requests;
  out["tries"] = stats.tries;
  out["success"] =
      stats.requests == 0
          ? ordered_json(nullptr)
          : number(static_cast<double>(stats.succeeded) / static_cast<double>(stats.requests));
  out["errors"] = ordered_json::object();
  for (const auto& [kind, count] : stats.errors) out["errors"][kind] = count;
  out["latencyMs"] = latency_ms(stats.latency);
  return out;
}

/// Requests of all seeds from the end of the warm-up on, by name.
ordered_json all_stats(const FinishedRun& run,
                       std::map<std::string, runner::RequestSeries> RunResult::*series) {
  std::map<std::string, RequestStats> merged;
  for (const RunResult& result : run.results) {
    for (const auto& [name, samples] : result.*series) {
      merged[name].merge(
          verdict::within(samples, Instant::at(run.scenario.warmup), Instant::never()));
    }
  }
  ordered_json out = ordered_json::object();
  for (const auto& [name, stats] : merged) out[name] = stats_json(stats);
  return out;
}

/// Deployments by "namespace/name", or all other workloads by "Kind/namespace/name".
ordered_json workloads_json(const FinishedRun& run, bool deployments) {
  ordered_json out = ordered_json::object();
  std::map<std::string, bool> names;
  for (const RunResult& result : run.results) {
    for (const auto& [name, workload] : result.workloads) {
      const bool is_deployment = std::count(name.begin(), name.end(), '/') == 1;
      if (is_deployment == deployments) names[name] = true;
    }
  }
  for (const auto& [name, unused] : names) {
    std::vector<double> seconds;
    std::int32_t min_available = std::numeric_limits<std::int32_t>::max();
    std::int32_t max_total = 0;
    for (const RunResult& result : run.results) {
      const auto workload = result.workloads.find(name);
      if (workload == result.workloads.end()) continue;
      for (const runner::RolloutTime& rollout : workload->second.rollouts) {
        if (rollout.completed) seconds.push_back(to_seconds(*rollout.completed - rollout.started));
      }
      const auto& samples = workload->second.samples;
      for (std::size_t i = 0; i < samples.size(); ++i) {
        const Instant ends = i + 1 < samples.size() ? samples[i + 1].at : Instant::never();
        if (ends <= Instant::at(run.scenario.warmup)) continue;
        min_available = std::min(min_available, samples[i].available);
        max_total = std::max(max_total, samples[i].total);
      }
    }
    ordered_json entry;
    entry["rolloutSeconds"] =
        seconds.empty() ? ordered_json(nullptr)
                        : number(verdict::estimate(seconds, run.scenario.confidence).mean);
    entry["minAvailable"] = min_available;
    entry["maxTotal"] = max_total;
    out[name] = entry;
  }
  return out;
}

/// Consumer groups by "topic/namespace/service"; counts of all seeds together, extremes of any.
ordered_json groups_json(const FinishedRun& run) {
  struct Total {
    runner::GroupSample sum;
    std::uint64_t most_lag = 0;
    std::uint64_t last_lag = 0;
    Duration oldest;
  };
  std::map<std::string, Total> totals;
  for (const RunResult& result : run.results) {
    for (const auto& [name, samples] : result.groups) {
      Total& total = totals[name];
      for (const runner::GroupSample& sample : samples) {
        if (sample.at < Instant::at(run.scenario.warmup)) continue;
        total.most_lag = std::max(total.most_lag, sample.lag());
        total.oldest = std::max(total.oldest, sample.age);
      }
      const runner::GroupSample& last = samples.back();
      total.last_lag = std::max(total.last_lag, last.lag());
      total.sum.published += last.published;
      total.sum.finished += last.finished;
      total.sum.dead += last.dead;
      total.sum.redelivered += last.redelivered;
    }
  }
  ordered_json out = ordered_json::object();
  for (const auto& [name, total] : totals) {
    ordered_json entry;
    entry["published"] = total.sum.published;
    entry["finished"] = total.sum.finished;
    entry["dead"] = total.sum.dead;
    entry["redelivered"] = total.sum.redelivered;
    entry["mostLag"] = total.most_lag;
    entry["lagAtEnd"] = total.last_lag;
    entry["oldestSeconds"] = number(to_seconds(total.oldest));
    out[name] = entry;
  }
  return out;
}

ordered_json faults_json(const FinishedRun& run) {
  ordered_json out = ordered_json::array();
  for (std::size_t i = 0; i < run.results.front().faults.size(); ++i) {
    ordered_json entry;
    entry["id"] = run.results.front().faults[i].id;
    ordered_json targets = ordered_json::array();
    for (const RunResult& result : run.results) {
      for (const std::string& target : result.faults[i].targets) {
        ordered_json one;
        one["seed"] = result.seed;
        one["name"] = target;
        targets.push_back(one);
      }
    }
    entry["targets"] = targets;
    entry["effect"] = run.results.front().faults[i].effect;
    out.push_back(entry);
  }
  return out;
}

ordered_json failures_json(const FinishedRun& run) {
  ordered_json list = ordered_json::array();
  for (const RunResult& result : run.results) {
    for (const runner::FailureKind& failure : result.failures) {
      ordered_json entry;
      entry["seed"] = result.seed;
      entry["record"] = failure.record;
      entry["from"] = failure.from;
      entry["to"] = failure.to;
      entry["outcome"] = failure.outcome;
      entry["first"] = number(to_seconds(failure.first.since_start()));
      entry["last"] = number(to_seconds(failure.last.since_start()));
      entry["count"] = failure.count;
      entry["feedsItself"] = failure.feeds_itself;
      list.push_back(entry);
    }
  }
  return list;
}

ordered_json policies_json(const FinishedRun& run) {
  ordered_json list = ordered_json::array();
  for (const RunResult& result : run.results) {
    for (const runner::PolicyCounts& counts : result.policies) {
      ordered_json entry;
      entry["seed"] = result.seed;
      entry["from"] = counts.from;
      entry["to"] = counts.to;
      entry["calls"] = counts.calls;
      entry["tries"] = counts.tries;
      entry["retries"] = counts.retries;
      entry["hedges"] = counts.hedges;
      entry["fallbacks"] = counts.fallbacks;
      entry["openings"] = counts.openings;
      entry["ejections"] = counts.ejections;
      ordered_json turned_away = ordered_json::object();
      for (const runner::TurnedAwayKind& kind : runner::kTurnedAwayKinds) {
        const std::uint64_t count = counts.turned_away.*kind.count;
        if (count > 0) turned_away[kind.key] = count;
      }
      if (!turned_away.empty()) entry["turnedAway"] = turned_away;
      list.push_back(entry);
    }
  }
  return list;
}

/// Of the first run: every origin of failed requests with the chain that led from it to users.
ordered_json why_json(const RunResult& result) {
  ordered_json list = ordered_json::array();
  for (const why::Chain& chain : why::chains_of(result.log, result.failures, {})) {
    ordered_json entry;
    entry["requests"] = chain.count;
    entry["first"] = number(to_seconds(chain.first.since_start()));
    entry["last"] = number(to_seconds(chain.last.since_start()));
    entry["feedsItself"] = chain.feeds_itself;
    ordered_json steps = ordered_json::array();
    for (const recording::LogRecord& record : chain.steps) {
      ordered_json step;
      step["t"] = number(to_seconds(record.at.since_start()));
      step["id"] = record.id;
      step["what"] = record.what;
      step["subject"] = record.subject;
      if (!record.detail.empty()) step["detail"] = record.detail;
      steps.push_back(step);
    }
    entry["chain"] = steps;
    list.push_back(entry);
  }
  return list;
}

ordered_json inputs_json(const scenario::Scenario& scenario) {
  ordered_json measured = ordered_json::array();
  ordered_json given = ordered_json::array();
  ordered_json assumed = ordered_json::array();
  for (const scenario::Input& input : scenario.inputs) {
    ordered_json entry;
    entry["where"] = input.pointer;
    if (!input.note.empty()) entry["note"] = input.note;
    switch (input.provenance) {
      case scenario::Provenance::Measured:
        measured.push_back(entry);
        break;
      case scenario::Provenance::Given:
        given.push_back(entry);
        break;
      case scenario::Provenance::Assumed:
        assumed.push_back(entry);
        break;
    }
  }
  ordered_json out;
  out["measured"] = measured;
  out["given"] = given;
  out["assumed"] = assumed;
  return out;
}

ordered_json programs_json(const std::vector<runner::ProgramVersion>& programs) {
  ordered_json list = ordered_json::array();
  for (const runner::ProgramVersion& program : programs) {
    ordered_json entry;
    entry["title"] = program.title;
    entry["exec"] = program.exec;
    ordered_json files = ordered_json::object();
    for (const runner::ProgramFile& file : program.files) files[file.name] = file.sha256;
    entry["sha256"] = files;
    list.push_back(entry);
  }
  return list;
}

Result<void> write_file(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path draft = path.string() + ".part";
  {
    std::ofstream file{draft, std::ios::binary | std::ios::trunc};
    file << text;
    file.flush();
    if (!file) return failure("cannot write " + draft.string(), "is the disk full?");
  }
  std::error_code error;
  std::filesystem::rename(draft, path, error);
  if (error) return failure("cannot write " + path.string() + ": " + error.message());
  return {};
}

}  // namespace

std::string summary_json(const FinishedRun& run) {
  ordered_json out;
  out["format"] = 1;
  out["modelVersion"] = kModelVersion;
  out["scenario"] = run.scenario.name;
  out["world"] = run.world == World::Sim ? "sim" : "containerd";
  out["profile"] = run.scenario.profile;
  out["durationSeconds"] = number(to_seconds(run.scenario.duration));
  ordered_json seeds = ordered_json::array();
  ordered_json fingerprints = ordered_json::array();
  for (const RunResult& result : run.results) {
    seeds.push_back(result.seed);
    fingerprints.push_back(result.fingerprint);
  }
  out["seeds"] = seeds;
  out["fingerprints"] = fingerprints;
  out["verdict"] = to_string(run.judgement.verdict);
  out["notes"] = run.judgement.notes;
  ordered_json expectations = ordered_json::array();
  for (const verdict::ExpectationVerdict& e : run.judgement.expectations) {
    ordered_json entry;
    entry["id"] = e.id;
    entry["verdict"] = to_string(e.verdict);
    entry["observed"] = e.observed ? number(e.observed->mean) : ordered_json(nullptr);
    if (e.observed && e.observed->low) {
      entry["interval"] = {number(*e.observed->low), number(*e.observed->high)};
    } else {
      entry["interval"] = nullptr;
    }
    entry["bound"] = e.bound;
    if (!e.worst_text.empty()) entry["worst"] = e.worst_text;
    entry["why"] = e.why;
    entry["seedsPassed"] = e.seeds_passed;
    expectations.push_back(entry);
  }
  out["expectations"] = expectations;
  out["services"] = all_stats(run, &RunResult::services);
  out["journeys"] = all_stats(run, &RunResult::journeys);
  out["deployments"] = workloads_json(run, true);
  out["workloads"] = workloads_json(run, false);
  if (!run.scenario.topics.empty()) out["groups"] = groups_json(run);
  out["faults"] = faults_json(run);
  out["why"] = why_json(run.results.front());
  out["failures"] = failures_json(run);
  if (!run.scenario.policies.empty()) out["policies"] = policies_json(run);
  if (const auto& programs = run.results.front().programs; !programs.empty()) {
    out["programs"] = programs_json(programs);
  }
  out["inputs"] = inputs_json(run.scenario);
  return out.dump(2) + "\n";
}

std::string timing_json(const FinishedRun& run) {
  ordered_json seeds = ordered_json::array();
  double wall = 0;
  std::uint64_t events = 0;
  for (const RunResult& result : run.results) {
    ordered_json entry;
    entry["seed"] = result.seed;
    entry["wallSeconds"] = number(result.wall_seconds);
    entry["events"] = result.events;
    seeds.push_back(entry);
    wall += result.wall_seconds;
    events += result.events;
  }
  ordered_json out;
  out["wallSeconds"] = number(wall);
  out["events"] = events;
  out["eventsPerSecond"] = number(wall > 0 ? static_cast<double>(events) / wall : 0);
  out["seeds"] = seeds;
  return out.dump(2) + "\n";
}

std::string events_jsonl(const FinishedRun& run) {
  std::string text;
  for (const RunResult& result : run.results) {
    for (const recording::LogRecord& record : result.log) {
      ordered_json line;
      line["seed"] = result.seed;
      line["t"] = number(to_seconds(record.at.since_start()));
      line["id"] = record.id;
      if (record.cause != 0) line["cause"] = record.cause;
      line["what"] = record.what;
      line["subject"] = record.subject;
      if (!record.detail.empty()) line["detail"] = record.detail;
      text += line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
      text += '\n';
    }
  }
  return text;
}

Result<void> write_files(const FinishedRun& run, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failure("cannot make the folder " + folder + ": " + error.message());
  const std::filesystem::path root{folder};
  const std::pair<const char*, std::string> files[] = {{"events.jsonl", events_jsonl(run)},
                                                       {"timing.json", timing_json(run)},
                                                       {"report.html", html_report(run)},
                                                       {"summary.json", summary_json(run)}};
  for (const auto& [name, text] : files) {
    if (auto written = write_file(root / name, text); !written) return written;
  }
  return {};
}

}  // namespace orrery::report
