/// @file
/// JSON Lines, CSV, and OpenMetrics text as Prometheus reads it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "runner/export/run_passes.h"

namespace orrery::exporting {
namespace {

using Json = nlohmann::ordered_json;
using recording::CallField;
using recording::ClusterField;
using recording::RowKind;
using recording::RunReader;

struct ClusterColumn {
  ClusterField field;
  const char* name;
};
constexpr std::array<ClusterColumn, recording::kClusterFieldCount> kClusterColumns{
    {{ClusterField::Pods, "pods"},
     {ClusterField::PodsReady, "pods_ready"},
     {ClusterField::PodsPending, "pods_pending"},
     {ClusterField::Nodes, "nodes"},
     {ClusterField::NodesReady, "nodes_ready"}}};

/// A column of calls that is a state.
struct StateColumn {
  CallField field;
  const char* name;
  const char* unit;
};
constexpr std::array<StateColumn, 8> kStateColumns{
    {{CallField::InFlight, "in_flight", "requests"},
     {CallField::P50, "p50", "s"},
     {CallField::P95, "p95", "s"},
     {CallField::P99, "p99", "s"},
     {CallField::Busy, "busy", "slots"},
     {CallField::Queued, "queued", "requests"},
     {CallField::BreakersOpen, "open", "breakers"},
     {CallField::BreakersTrying, "half_open", "breakers"}}};

bool is_latency(CallField field) { return field >= CallField::P50 && field <= CallField::P99; }

/// Names in CSV, and labels in OpenMetrics: quotes and backslashes escaped.
std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string label_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Calls `put(name, unit, value as text)` for what of the row is not 0.
template <class Put>
bool each_figure(const RunReader& run, const CallRow& row, const Second& second, Put&& put) {
  const auto value = [&](CallField field) {
    return second.values[run.columns().of(row.kind, row.index, field)];
  };
  const auto count = [&](const char* name, CallField field) {
    const std::int64_t n = value(field);
    return n == 0 || put(name, "requests", fmt::format("{}", n));
  };
  if (!count("started", CallField::Started)) return false;
  for (std::uint32_t outcome = 0; outcome < recording::kOutcomeCount; ++outcome) {
    if (!count(recording::outcome_name(outcome), recording::outcome_field(outcome))) return false;
  }
  if (!count("retries", CallField::Retries) || !count("forgotten", CallField::Forgotten)) {
    return false;
  }
  for (const StateColumn& column : kStateColumns) {
    const std::int64_t n = value(column.field);
    if (n == 0) continue;
    const std::string text = is_latency(column.field)
                                 ? fmt::format("{}", to_seconds(recording::latency_of(n)))
                                 : fmt::format("{}", n);
    if (!put(column.name, column.unit, text)) return false;
  }
  return true;
}

Json trace_json(const RunReader& run, const recording::Trace& trace) {
  const recording::Scene& scene = run.scene();
  Json json{{"type", "trace"},
            {"key", fmt::format("{:016x}", trace.key)},
            {"journey", trace.journey < scene.journeys.size() ? scene.journeys[trace.journey] : ""},
            {"at", to_seconds(trace.start.since_start())},
            {"seconds", to_seconds(trace.length)},
            {"outcome", recording::outcome_name(trace.outcome)}};
  Json spans = Json::array();
  for (const recording::Span& span : trace.spans) {
    const bool known = span.edge < scene.edges.size();
    Json one{{"service", known ? scene.services[scene.edges[span.edge].to] : ""},
             {"operation", run.text(span.operation)},
             {"pod", run.text(span.pod)},
             {"at", to_seconds(span.start)},
             {"seconds", to_seconds(span.length)},
             {"outcome", recording::outcome_name(span.outcome)},
             {"attempt", span.attempt}};
    if (span.parent != recording::Span::kJourney) one["parent"] = span.parent;
    if (span.wait >= Duration{}) one["wait"] = to_seconds(span.wait);
    spans.push_back(std::move(one));
  }
  json["spans"] = std::move(spans);
  return json;
}

}  // namespace

Result<void> write_jsonl(RunReader& run, const ExportOrder& order, BoundedText& out) {
  const recording::RunInfo& info = run.info();
  out.add(dumped({{"type", "run"},
                  {"format", 1},
                  {"scenario", info.scenario},
                  {"world", info.world},
                  {"seed", info.seed},
                  {"engine", info.engine},
                  {"digest", info.digest},
                  {"startedAt", info.started_at},
                  {"complete", run.complete()}}) +
          "\n");
  auto done = each_event(run, [&](const recording::RunEvent& e) {
    return out.add(dumped({{"type", "event"},
                           {"id", e.id},
                           {"cause", e.cause},
                           {"at", to_seconds(e.at.since_start())},
                           {"what", run.text(e.what)},
                           {"subject", run.text(e.subject)},
                           {"detail", run.text(e.detail)}}) +
                   "\n");
  });
  if (!done) return done;
  const auto rows = call_rows(run.scene());
  const auto others = figure_rows(run);
  Result<void> read;
  done = each_second(run, [&](const Second& second) {
    Json cluster{{"type", "cluster"}, {"at", second.at}};
    for (const ClusterColumn& column : kClusterColumns) {
      cluster[column.name] = second.values[run.columns().of(column.field)];
    }
    if (!out.add(dumped(cluster) + "\n")) return false;
    for (const CallRow& row : rows) {
      Json line{{"type", "calls"}, {"at", second.at}, {"of", to_string(row.kind)}};
      if (!row.from.empty()) line["from"] = row.from;
      line["name"] = row.name;
      bool any = false;
      each_figure(run, row, second, [&](const char* name, const char*, const std::string& value) {
        line[name] = Json::parse(value);
        return any = true;
      });
      if (any && !out.add(dumped(line) + "\n")) return false;
    }
    for (const FigureRow& row : others) {
      Json line{{"type", row.of}, {"at", second.at}, {row.from_is, row.from}, {"name", row.name}};
      bool any = false;
      for (const FigureRow::Figure& figure : row.figures) {
        const std::int64_t value = second.values[figure.column];
        if (value == 0) continue;
        line[figure.name] = Json::parse(figure_text(run, figure.column, value));
        any = true;
      }
      if (any && !out.add(dumped(line) + "\n")) return false;
    }
    const auto pods = kept_out_pods(run, second);
    if (!pods) read = tl::unexpected{pods.error()};
    return pods && std::all_of(pods->begin(), pods->end(), [&](const KeptOutPod& pod) {
             return out.add(dumped({{"type", "keptOut"},
                                    {"at", second.at},
                                    {"pod", pod.name},
                                    {"callers", pod.callers}}) +
                            "\n");
           });
  });
  if (!done) return done;
  if (!read) return read;
  return each_trace(run, order.traces, [&](const recording::Trace& trace) {
    return out.add(dumped(trace_json(run, trace)) + "\n");
  });
}

Result<void> write_csv_long(RunReader& run, BoundedText& out) {
  out.add("second,of,from,name,figure,unit,value\n");
  const auto rows = call_rows(run.scene());
  const auto others = figure_rows(run);
  Result<void> read;
  const auto done = each_second(run, [&](const Second& second) {
    for (const ClusterColumn& column : kClusterColumns) {
      const std::int64_t value = second.values[run.columns().of(column.field)];
      if (!out.add(fmt::format("{},cluster,,,{},objects,{}\n", second.at, column.name, value))) {
        return false;
      }
    }
    for (const CallRow& row : rows) {
      const std::string start = fmt::format("{},{},{},{}", second.at, to_string(row.kind),
                                            csv_text(row.from), csv_text(row.name));
      const bool whole = each_figure(
          run, row, second, [&](const char* name, const char* unit, const std::string& value) {
            return out.add(fmt::format("{},{},{},{}\n", start, name, unit, value));
          });
      if (!whole) return false;
    }
    for (const FigureRow& row : others) {
      for (const FigureRow::Figure& figure : row.figures) {
        const std::int64_t value = second.values[figure.column];
        if (value == 0) continue;
        const std::string line = fmt::format("{},{},{},{},{},{},{}\n", second.at, row.of,
                                             csv_text(row.from), csv_text(row.name), figure.name,
                                             figure.unit, figure_text(run, figure.column, value));
        if (!out.add(line)) return false;
      }
    }
    const auto pods = kept_out_pods(run, second);
    if (!pods) read = tl::unexpected{pods.error()};
    return pods && std::all_of(pods->begin(), pods->end(), [&](const KeptOutPod& pod) {
             return out.add(fmt::format("{},pod,,{},kept_out_by,callers,{}\n", second.at,
                                        csv_text(pod.name), pod.callers));
           });
  });
  return done ? read : done;
}

Result<void> write_prometheus(RunReader& run, BoundedText& out) {
  out.reserve(6);
  const auto rows = call_rows(run.scene());
  const recording::ColumnMap& map = run.columns();
  // The points of a series stand together, so each family is a pass of its own.
  struct Series {
    std::string name;  ///< With its labels.
    std::size_t column = 0;
  };
  const auto family = [&](const std::string& name, const char* type, const char* unit,
                          const char* help, const std::vector<Series>& series) -> Result<void> {
    std::vector<std::int64_t> times;
    std::vector<std::int64_t> values;
    const auto read = each_second(run, [&](const Second& second) {
      times.push_back(wrapped_sum(run.info().started_at, second.at));
      for (const Series& one : series) values.push_back(second.values[one.column]);
      return true;
    });
    if (!read) return read;
    std::string head = fmt::format("# TYPE {} {}\n", name, type);
    if (unit != nullptr) head += fmt::format("# UNIT {} {}\n", name, unit);
    head += fmt::format("# HELP {} {}\n", name, help);
    bool headed = false;
    for (std::size_t s = 0; s < series.size(); ++s) {
      std::int64_t total = 0;
      std::string lines;
      for (std::size_t t = 0; t < times.size(); ++t) {
        const std::int64_t value = values[t * series.size() + s];
        total += value;
        if (map.is_count(series[s].column)) {
          lines += fmt::format("{} {} {}\n", series[s].name, total, times[t]);
        } else if (map.is_latency(series[s].column)) {
          if (value == 0) continue;
          lines += fmt::format("{} {} {}\n", series[s].name,
                               to_seconds(recording::latency_of(value)), times[t]);
        } else {
          lines += fmt::format("{} {} {}\n", series[s].name,
                               figure_text(run, series[s].column, value), times[t]);
        }
      }
      if (lines.empty()) continue;
      if (!out.add(headed ? lines : head + lines)) return {};
      headed = true;
    }
    return {};
  };
  const auto labels = [](const CallRow& row) {
    const std::string from =
        row.from.empty() ? std::string{} : fmt::format("from=\"{}\",", label_text(row.from));
    return fmt::format("of=\"{}\",{}name=\"{}\"", to_string(row.kind), from, label_text(row.name));
  };
  std::vector<Series> ended;
  std::vector<Series> retries;
  std::vector<Series> latencies;
  for (const CallRow& row : rows) {
    for (std::uint32_t outcome = 0; outcome < recording::kOutcomeCount; ++outcome) {
      ended.push_back({fmt::format("orrery_requests_total{{{},outcome=\"{}\"}}", labels(row),
                                   recording::outcome_name(outcome)),
                       map.of(row.kind, row.index, recording::outcome_field(outcome))});
    }
    retries.push_back({fmt::format("orrery_retries_total{{{}}}", labels(row)),
                       map.of(row.kind, row.index, CallField::Retries)});
    for (const auto& [field, quantile] :
         {std::pair{CallField::P50, "0.5"}, {CallField::P95, "0.95"}, {CallField::P99, "0.99"}}) {
      latencies.push_back({fmt::format("orrery_request_duration_seconds{{{},quantile=\"{}\"}}",
                                       labels(row), quantile),
                           map.of(row.kind, row.index, field)});
    }
  }
  auto done = family("orrery_requests", "counter", nullptr, "Requests that ended.", ended);
  if (done) {
    done = family("orrery_retries", "counter", nullptr, "Retries and hedges that were decided.",
                  retries);
  }
  if (done) {
    done = family("orrery_request_duration_seconds", "gauge", "seconds",
                  "Quantiles of the second before.", latencies);
  }
  for (const StateColumn& column : kStateColumns) {
    if (!done || is_latency(column.field)) continue;
    const std::string name = fmt::format("orrery_{}", column.name);
    std::vector<Series> series;
    for (const CallRow& row : rows) {
      series.push_back(
          {fmt::format("{}{{{}}}", name, labels(row)), map.of(row.kind, row.index, column.field)});
    }
    done = family(name, "gauge", nullptr, "At the end of the second.", series);
  }
  for (const ClusterColumn& column : kClusterColumns) {
    if (!done) break;
    const std::string name = fmt::format("orrery_cluster_{}", column.name);
    done =
        family(name, "gauge", nullptr, "At the end of the second.", {{name, map.of(column.field)}});
  }
  // Rows of one kind have the same figures, which stand together.
  const auto others = figure_rows(run);
  for (std::size_t from = 0, to = 0; from < others.size(); from = to) {
    while (to < others.size() && std::string_view{others[to].of} == others[from].of) ++to;
    for (std::size_t f = 0; done && f < others[from].figures.size(); ++f) {
      const FigureRow::Figure& figure = others[from].figures[f];
      const bool counts = map.is_count(figure.column);
      const bool age = map.is_age(figure.column);
      const std::string name =
          fmt::format("orrery_{}_{}{}", others[from].of, figure.name, age ? "_seconds" : "");
      std::vector<Series> series;
      for (std::size_t r = from; r < to; ++r) {
        series.push_back(
            {fmt::format("{}{}{{{}=\"{}\",name=\"{}\"}}", name, counts ? "_total" : "",
                         others[r].from_is, label_text(others[r].from), label_text(others[r].name)),
             others[r].figures[f].column});
      }
      done = family(name, counts ? "counter" : "gauge", age ? "seconds" : nullptr,
                    counts ? "Since the start of the run." : "At the end of the second.", series);
    }
  }
  out.finish("# EOF\n");
  return done;
}

}  // namespace orrery::exporting
