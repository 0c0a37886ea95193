#include "runner/export/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <tuple>
#include <utility>

#include "models/base/contract.h"
#include "runner/export/run_passes.h"

namespace orrery::exporting {
namespace {

using recording::RunReader;
using recording::Trace;

constexpr Duration kStep = Duration::seconds(5);
constexpr Duration kAfter = Duration::microseconds(1);

/// Calls `part` with [from, to) from the start to the last sample, which it includes.
Result<void> in_steps(RunReader& run,
                      const std::function<Result<bool>(Instant from, Instant to)>& part) {
  const auto first = run.first();
  const auto last = run.last();
  if (!first) return {};
  const Instant end = *last + kAfter;
  for (Instant from; from < end;) {
    // Where nothing was sampled for long, up to where something was.
    const Instant next = run.next(from).value_or(*last) + kAfter;
    const Instant to = std::min(std::max(from + kStep, next), end);
    const auto goes_on = part(from, to);
    if (!goes_on) return tl::unexpected{goes_on.error()};
    if (!*goes_on) return {};
    from = to;
  }
  return {};
}

using Place = std::tuple<Duration, Instant, std::uint64_t>;
Place place_of(const Trace& trace) { return {trace.length, trace.start, trace.key}; }

std::string caller_name(const recording::Scene& scene, const recording::SceneEdge& edge) {
  return edge.from == recording::kOutside ? "clients" : scene.services[edge.from];
}

}  // namespace

Result<TraceChoice> parse_trace_choice(const std::string& text) {
  TraceChoice choice;
  if (text.empty()) return choice;
  if (text == "failed") {
    choice.failed = true;
    return choice;
  }
  static constexpr std::string_view kSlowest = "slowest:";
  if (text.starts_with(kSlowest)) {
    std::size_t count = 0;
    const char* begin = text.data() + kSlowest.size();
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(begin, end, count);
    if (error == std::errc{} && rest == end && count >= 1 && count <= 1'000'000) {
      choice.slowest = count;
      return choice;
    }
  }
  return failure("--traces: expected failed or slowest:N, N from 1 to 1000000; found " + text,
                 "such as slowest:10");
}

const std::vector<std::string>& formats() {
  static const std::vector<std::string> kFormats{"jsonl",  "csv-long", "sqlite", "prometheus",
                                                 "zipkin", "jaeger",   "otlp",   "perfetto"};
  return kFormats;
}

Result<void> each_second(RunReader& run, const Visitor<Second>& visit) {
  const recording::ColumnMap& map = run.columns();
  Second second;
  std::int64_t end = 0;
  const auto close = [&] { return second.values.empty() || visit(second); };
  const auto stepped = in_steps(run, [&](Instant from, Instant to) -> Result<bool> {
    const auto samples = run.samples(from, to);
    if (!samples) return tl::unexpected{samples.error()};
    for (std::size_t s = 0; s < samples->at_us.size(); ++s) {
      const std::int64_t at = (samples->at_us[s] + 999'999) / 1'000'000;
      const std::int64_t* values = samples->values.data() + s * map.count();
      if (second.values.empty() || at != end) {
        if (!close()) return false;
        end = at;
        second.at = at;
        second.values.assign(values, values + map.count());
        continue;
      }
      for (std::size_t c = 0; c < map.count(); ++c) {
        second.values[c] = map.is_count(c) ? second.values[c] + values[c] : values[c];
      }
    }
    return true;
  });
  if (!stepped) return stepped;
  close();
  return {};
}

Result<void> each_event(RunReader& run, const Visitor<recording::RunEvent>& visit) {
  return in_steps(run, [&](Instant from, Instant to) -> Result<bool> {
    const auto events = run.events(from, to);
    if (!events) return tl::unexpected{events.error()};
    return std::all_of(events->begin(), events->end(), visit);
  });
}

Result<void> each_trace(RunReader& run, const TraceChoice& choice, const Visitor<Trace>& visit) {
  const auto fits = [&](const Trace& trace) { return !choice.failed || trace.outcome != 0; };
  std::set<Place> slowest;
  if (choice.slowest) {
    const auto seen = in_steps(run, [&](Instant from, Instant to) -> Result<bool> {
      const auto traces = run.traces(from, to);
      if (!traces) return tl::unexpected{traces.error()};
      for (const Trace& trace : *traces) {
        if (fits(trace)) slowest.insert(place_of(trace));
        if (slowest.size() > *choice.slowest) slowest.erase(slowest.begin());
      }
      return true;
    });
    if (!seen) return seen;
  }
  return in_steps(run, [&](Instant from, Instant to) -> Result<bool> {
    const auto traces = run.traces(from, to);
    if (!traces) return tl::unexpected{traces.error()};
    return std::all_of(traces->begin(), traces->end(), [&](const Trace& trace) {
      if (!fits(trace) || (choice.slowest && !slowest.contains(place_of(trace)))) return true;
      return visit(trace);
    });
  });
}

const char* to_string(recording::RowKind kind) {
  switch (kind) {
    case recording::RowKind::Edge:
      return "edge";
    case recording::RowKind::Service:
      return "service";
    case recording::RowKind::Journey:
      return "journey";
    case recording::RowKind::Cluster:
      break;
  }
  return "cluster";
}

std::vector<CallRow> call_rows(const recording::Scene& scene) {
  std::vector<CallRow> rows;
  for (std::size_t i = 0; i < scene.edges.size(); ++i) {
    const recording::SceneEdge& edge = scene.edges[i];
    rows.push_back(
        {recording::RowKind::Edge, i, caller_name(scene, edge), scene.services[edge.to]});
  }
  for (std::size_t i = 0; i < scene.services.size(); ++i) {
    rows.push_back({recording::RowKind::Service, i, {}, scene.services[i]});
  }
  for (std::size_t i = 0; i < scene.journeys.size(); ++i) {
    rows.push_back({recording::RowKind::Journey, i, {}, scene.journeys[i]});
  }
  return rows;
}

std::vector<FigureRow> figure_rows(const RunReader& run) {
  using recording::GroupField;
  using recording::PolicyField;
  static constexpr std::array<std::tuple<GroupField, const char*, const char*>,
                              recording::kGroupFieldCount>
      kOfGroups{{{GroupField::Published, "published", "messages"},
                 {GroupField::Finished, "finished", "messages"},
                 {GroupField::Dead, "dead", "messages"},
                 {GroupField::Redelivered, "redelivered", "deliveries"},
                 {GroupField::Lag, "lag", "messages"},
                 {GroupField::OldestAge, "oldest_age", "s"}}};
  static constexpr std::array<std::tuple<PolicyField, const char*, const char*>,
                              recording::kPolicyFieldCount>
      kOfPolicies{{{PolicyField::Calls, "calls", "requests"},
                   {PolicyField::Tries, "tries", "requests"},
                   {PolicyField::Retries, "retries", "requests"},
                   {PolicyField::Hedges, "hedges", "requests"},
                   {PolicyField::Fallbacks, "fallbacks", "requests"},
                   {PolicyField::Openings, "openings", "breakers"},
                   {PolicyField::Ejections, "ejections", "hosts"},
                   {PolicyField::ByBreaker, "breaker_rejections", "requests"},
                   {PolicyField::ByRateLimit, "rate_limit_rejections", "requests"},
                   {PolicyField::ByAdmission, "admission_rejections", "requests"},
                   {PolicyField::ByBulkhead, "bulkhead_rejections", "requests"},
                   {PolicyField::ByPool, "pool_rejections", "requests"},
                   {PolicyField::ByRetryLimit, "retry_limit_rejections", "requests"},
                   {PolicyField::KeptOut, "kept_out", "hosts"}}};
  const recording::Scene& scene = run.scene();
  std::vector<FigureRow> rows;
  for (std::size_t g = 0; g < scene.groups.size(); ++g) {
    const recording::SceneGroup& group = scene.groups[g];
    FigureRow& row = rows.emplace_back();
    row = {"group", "topic", group.topic, scene.services[group.service], {}};
    for (const auto& [field, name, unit] : kOfGroups) {
      row.figures.push_back({run.columns().of(g, field), name, unit});
    }
  }
  for (std::size_t r = 0; r < scene.routes.size(); ++r) {
    const recording::SceneEdge& route = scene.routes[r];
    FigureRow& row = rows.emplace_back();
    row = {"policies", "from", caller_name(scene, route), scene.services[route.to], {}};
    for (const auto& [field, name, unit] : kOfPolicies) {
      row.figures.push_back({run.columns().of(r, field), name, unit});
    }
  }
  return rows;
}

Result<std::vector<KeptOutPod>> kept_out_pods(RunReader& run, const Second& second) {
  std::vector<KeptOutPod> pods;
  bool any = false;
  for (std::size_t r = 0; r < run.columns().routes(); ++r) {
    any = any || second.values[run.columns().of(r, recording::PolicyField::KeptOut)] != 0;
  }
  if (!any) return pods;
  const auto frame = run.at(Instant::at(Duration::seconds(second.at)));
  if (!frame) return tl::unexpected{frame.error()};
  for (const auto& [name, state] : frame->pods) {
    if (state.kept_out_by > 0) pods.push_back({std::string{run.text(name)}, state.kept_out_by});
  }
  return pods;
}

std::string figure_text(const RunReader& run, std::size_t column, std::int64_t value) {
  if (!run.columns().is_age(column)) return fmt::format("{}", value);
  return fmt::format("{}", static_cast<double>(value) / 1e6);
}

bool BoundedText::add(std::string_view text) {
  if (cut_) return false;
  if (left_ < reserved_ || text.size() > left_ - reserved_) {
    cut_ = true;
    return false;
  }
  out_ << text;
  left_ -= text.size();
  return true;
}

void BoundedText::finish(std::string_view text) { out_ << text; }

Result<Exported> export_text(RunReader& run, const ExportOrder& order, std::ostream& out) {
  BoundedText text{out, order.max_bytes};
  Result<void> written;
  if (order.format == "jsonl") {
    written = write_jsonl(run, order, text);
  } else if (order.format == "csv-long") {
    written = write_csv_long(run, text);
  } else if (order.format == "prometheus") {
    written = write_prometheus(run, text);
  } else if (order.format == "zipkin") {
    written = write_zipkin(run, order, text);
  } else if (order.format == "jaeger") {
    written = write_jaeger(run, order, text);
  } else if (order.format == "otlp") {
    written = write_otlp(run, order, text);
  } else if (order.format == "perfetto") {
    written = write_perfetto(run, order, text);
  } else {
    contract_violation("a format of text is one of those listed");
  }
  if (!written) return tl::unexpected{written.error()};
  if (!out.flush()) return failure("the export could not be written", "is the disk full?");
  return Exported{text.cut()};
}

}  // namespace orrery::exporting
