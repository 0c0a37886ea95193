#include "runner/run_result_json.h"

#include <nlohmann/json.hpp>

namespace orrery::runner {
namespace {

using nlohmann::json;

json ns(Instant t) { return t.count_ns(); }
json ns(const std::optional<Instant>& t) { return t ? json(t->count_ns()) : json(nullptr); }
Instant instant(const json& j) { return Instant::at(Duration::nanoseconds(j.get<std::int64_t>())); }
std::optional<Instant> optional_instant(const json& j) {
  return j.is_null() ? std::nullopt : std::optional{instant(j)};
}

json write(const RequestStats& stats) {
  json buckets = json::array();
  for (const auto& [bucket, count] : stats.latency.buckets()) buckets.push_back({bucket, count});
  return {{"n", stats.requests},           {"ok", stats.succeeded},
          {"tries", stats.tries},          {"errors", stats.errors},
          {"buckets", std::move(buckets)}, {"sum", stats.latency.sum_ns()},
          {"max", stats.latency.max_ns()}};
}

RequestStats read_stats(const json& j) {
  RequestStats stats;
  stats.requests = j.at("n").get<std::uint64_t>();
  stats.succeeded = j.at("ok").get<std::uint64_t>();
  stats.tries = j.at("tries").get<std::uint64_t>();
  stats.errors = j.at("errors").get<std::map<std::string, std::uint64_t>>();
  LatencyHistogram::Buckets buckets;
  for (const json& pair : j.at("buckets")) {
    buckets[pair.at(0).get<std::uint32_t>()] = pair.at(1).get<std::uint64_t>();
  }
  stats.latency = LatencyHistogram::restore(std::move(buckets), j.at("sum").get<std::int64_t>(),
                                            j.at("max").get<std::int64_t>());
  return stats;
}

json write(const std::map<std::string, RequestSeries>& all) {
  json out = json::object();
  for (const auto& [name, series] : all) {
    json samples = json::array();
    for (const RequestSample& s : series.samples) samples.push_back({ns(s.at), write(s.stats)});
    out[name] = {{"interval", series.interval.count_ns()}, {"samples", std::move(samples)}};
  }
  return out;
}

std::map<std::string, RequestSeries> read_series(const json& j) {
  std::map<std::string, RequestSeries> all;
  for (const auto& [name, value] : j.items()) {
    RequestSeries& series = all[name];
    series.interval = Duration::nanoseconds(value.at("interval").get<std::int64_t>());
    for (const json& s : value.at("samples")) {
      series.samples.push_back({instant(s.at(0)), read_stats(s.at(1))});
    }
  }
  return all;
}

json write(const WorkloadResult& workload) {
  json samples = json::array();
  for (const WorkloadSample& s : workload.samples) {
    samples.push_back(
        {ns(s.at), s.desired, s.total, s.updated, s.ready, s.available, s.pods_by_version});
  }
  json rollouts = json::array();
  for (const RolloutTime& r : workload.rollouts) {
    rollouts.push_back({r.id, ns(r.started), ns(r.completed)});
  }
  return {{"samples", std::move(samples)}, {"rollouts", std::move(rollouts)}};
}

WorkloadResult read_workload(const json& j) {
  WorkloadResult workload;
  for (const json& s : j.at("samples")) {
    workload.samples.push_back(
        {.at = instant(s.at(0)),
         .desired = s.at(1).get<std::int32_t>(),
         .total = s.at(2).get<std::int32_t>(),
         .updated = s.at(3).get<std::int32_t>(),
         .ready = s.at(4).get<std::int32_t>(),
         .available = s.at(5).get<std::int32_t>(),
         .pods_by_version = s.at(6).get<std::map<std::string, std::int32_t>>()});
  }
  for (const json& r : j.at("rollouts")) {
    workload.rollouts.push_back(
        {r.at(0).get<std::string>(), instant(r.at(1)), optional_instant(r.at(2))});
  }
  return workload;
}

}  // namespace

std::string to_json_text(const RunResult& result) {
  json workloads = json::object();
  for (const auto& [name, workload] : result.workloads) workloads[name] = write(workload);
  json counts = json::object();
  for (const auto& [id, samples] : result.counts) {
    json& list = counts[id] = json::array();
    for (const CountSample& s : samples) list.push_back({ns(s.at), s.value});
  }
  json groups = json::object();
  for (const auto& [name, samples] : result.groups) {
    json& list = groups[name] = json::array();
    for (const GroupSample& s : samples) {
      list.push_back({ns(s.at), s.published, s.finished, s.dead, s.redelivered, s.age.count_ns()});
    }
  }
  json faults = json::array();
  for (const FaultResult& f : result.faults) {
    faults.push_back({f.id, f.kind, ns(f.at), f.targets, f.effect, ns(f.recovered)});
  }
  json failures = json::array();
  for (const FailureKind& f : result.failures) {
    failures.push_back(
        {f.record, f.from, f.to, f.outcome, ns(f.first), ns(f.last), f.count, f.feeds_itself});
  }
  json policies = json::array();
  for (const PolicyCounts& p : result.policies) {
    json turned_away = json::array();
    for (const TurnedAwayKind& kind : kTurnedAwayKinds) {
      turned_away.push_back(p.turned_away.*kind.count);
    }
    policies.push_back({p.from, p.to, p.calls, p.tries, p.retries, p.hedges, p.fallbacks,
                        p.openings, p.ejections, std::move(turned_away)});
  }
  json policy_samples = json::array();
  for (const std::vector<PolicySample>& samples : result.policy_samples) {
    json& list = policy_samples.emplace_back(json::array());
    for (const PolicySample& s : samples) {
      list.push_back({s.retries, s.hedges, s.fallbacks, s.openings, s.ejections, s.turned_away});
    }
  }
  json programs = json::array();
  for (const ProgramVersion& p : result.programs) {
    json files = json::array();
    for (const ProgramFile& f : p.files) files.push_back({f.name, f.sha256});
    programs.push_back({p.title, p.exec, std::move(files)});
  }
  json log = json::array();
  for (const recording::LogRecord& r : result.log) {
    log.push_back({r.id, r.cause, ns(r.at), r.what, r.subject, r.detail});
  }
  const json out = {{"seed", result.seed},
                    {"fingerprint", result.fingerprint},
                    {"events", result.events},
                    {"wallSeconds", result.wall_seconds},
                    {"simulated", result.simulated.count_ns()},
                    {"steady", result.steady_before_first_fault},
                    {"steadyNote", result.steady_note},
                    {"services", write(result.services)},
                    {"journeys", write(result.journeys)},
                    {"workloads", std::move(workloads)},
                    {"counts", std::move(counts)},
                    {"groups", std::move(groups)},
                    {"failures", std::move(failures)},
                    {"policies", std::move(policies)},
                    {"policySamples", std::move(policy_samples)},
                    {"faults", std::move(faults)},
                    {"programs", std::move(programs)},
                    {"log", std::move(log)}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<RunResult> run_result_from_json_text(std::string_view text) {
  try {
    const json j = json::parse(text);
    RunResult result;
    result.seed = j.at("seed").get<std::uint64_t>();
    result.fingerprint = j.at("fingerprint").get<std::string>();
    result.events = j.at("events").get<std::uint64_t>();
    result.wall_seconds = j.at("wallSeconds").get<double>();
    result.simulated = Duration::nanoseconds(j.at("simulated").get<std::int64_t>());
    result.steady_before_first_fault = j.at("steady").get<bool>();
    result.steady_note = j.at("steadyNote").get<std::string>();
    result.services = read_series(j.at("services"));
    result.journeys = read_series(j.at("journeys"));
    for (const auto& [name, value] : j.at("workloads").items()) {
      result.workloads[name] = read_workload(value);
    }
    for (const auto& [id, samples] : j.at("counts").items()) {
      std::vector<CountSample>& list = result.counts[id];
      for (const json& s : samples) list.push_back({instant(s.at(0)), s.at(1).get<std::int64_t>()});
    }
    for (const auto& [name, samples] : j.at("groups").items()) {
      std::vector<GroupSample>& list = result.groups[name];
      for (const json& s : samples) {
        list.push_back({.at = instant(s.at(0)),
                        .published = s.at(1).get<std::uint64_t>(),
                        .finished = s.at(2).get<std::uint64_t>(),
                        .dead = s.at(3).get<std::uint64_t>(),
                        .redelivered = s.at(4).get<std::uint64_t>(),
                        .age = Duration::nanoseconds(s.at(5).get<std::int64_t>())});
      }
    }
    for (const json& f : j.at("failures")) {
      result.failures.push_back({.record = f.at(0).get<ports::CauseId>(),
                                 .from = f.at(1).get<std::string>(),
                                 .to = f.at(2).get<std::string>(),
                                 .outcome = f.at(3).get<std::string>(),
                                 .first = instant(f.at(4)),
                                 .last = instant(f.at(5)),
                                 .count = f.at(6).get<std::uint64_t>(),
                                 .feeds_itself = f.at(7).get<bool>()});
    }
    for (const json& p : j.at("policies")) {
      result.policies.push_back({.from = p.at(0).get<std::string>(),
                                 .to = p.at(1).get<std::string>(),
                                 .calls = p.at(2).get<std::uint64_t>(),
                                 .tries = p.at(3).get<std::uint64_t>(),
                                 .retries = p.at(4).get<std::uint64_t>(),
                                 .hedges = p.at(5).get<std::uint64_t>(),
                                 .fallbacks = p.at(6).get<std::uint64_t>(),
                                 .openings = p.at(7).get<std::uint64_t>(),
                                 .ejections = p.at(8).get<std::uint64_t>()});
      for (std::size_t kind = 0; kind < kTurnedAwayKinds.size(); ++kind) {
        result.policies.back().turned_away.*kTurnedAwayKinds[kind].count =
            p.at(9).at(kind).get<std::uint64_t>();
      }
    }
    for (const json& samples : j.at("policySamples")) {
      std::vector<PolicySample>& list = result.policy_samples.emplace_back();
      for (const json& s : samples) {
        list.push_back({.retries = s.at(0).get<std::uint64_t>(),
                        .hedges = s.at(1).get<std::uint64_t>(),
                        .fallbacks = s.at(2).get<std::uint64_t>(),
                        .openings = s.at(3).get<std::uint64_t>(),
                        .ejections = s.at(4).get<std::uint64_t>(),
                        .turned_away = s.at(5).get<std::uint64_t>()});
      }
    }
    for (const json& f : j.at("faults")) {
      result.faults.push_back({.id = f.at(0).get<std::string>(),
                               .kind = f.at(1).get<std::string>(),
                               .at = instant(f.at(2)),
                               .targets = f.at(3).get<std::vector<std::string>>(),
                               .effect = f.at(4).get<std::string>(),
                               .recovered = optional_instant(f.at(5))});
    }
    for (const json& p : j.at("programs")) {
      ProgramVersion& version = result.programs.emplace_back();
      version.title = p.at(0).get<std::string>();
      version.exec = p.at(1).get<std::vector<std::string>>();
      for (const json& f : p.at(2)) {
        version.files.push_back({f.at(0).get<std::string>(), f.at(1).get<std::string>()});
      }
    }
    for (const json& r : j.at("log")) {
      result.log.push_back({.id = r.at(0).get<std::uint64_t>(),
                            .cause = r.at(1).get<std::uint64_t>(),
                            .at = instant(r.at(2)),
                            .what = r.at(3).get<std::string>(),
                            .subject = r.at(4).get<std::string>(),
                            .detail = r.at(5).get<std::string>()});
    }
    return result;
  } catch (const json::exception& error) {
    return failure(std::string{"a run's result cannot be read: "} + error.what());
  }
}

}  // namespace orrery::runner
