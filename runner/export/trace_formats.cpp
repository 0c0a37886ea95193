/// @file
/// Followed requests as Zipkin, Jaeger, OpenTelemetry and Perfetto read them. Times are those of
/// the run, which begins at 0.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "models/base/random.h"
#include "runner/export/run_passes.h"

namespace orrery::exporting {
namespace {

using Json = nlohmann::ordered_json;
using recording::RunReader;
using recording::Span;
using recording::Trace;

constexpr const char* kUsers = "clients";

std::int64_t us(Duration d) { return d.count_ns() / 1000; }

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A call or the journey itself, in the words that all formats share.
struct NamedSpan {
  std::string id;      ///< 16 hexadecimal digits.
  std::string parent;  ///< Empty: it is the journey.
  std::string service;
  std::string caller;  ///< Empty: it is the journey.
  std::string name;
  std::string pod;
  std::int64_t start_us = 0;
  std::int64_t length_us = 0;
  std::optional<std::int64_t> work_us;  ///< When an instance began to work on it.
  std::uint8_t outcome = 0;
  std::uint32_t attempt = 0;
};

std::string span_id(const Trace& trace, std::uint64_t index) {
  return fmt::format("{:016x}", mix64(trace.key ^ mix64(index)));
}

/// Of a hostile file any number.
std::int64_t calendar_start_us(const RunReader& run) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(run.info().started_at) * 1'000'000U);
}

/// `origin_us`: what Instant 0 is called.
std::vector<NamedSpan> spans_of(const RunReader& run, const Trace& trace, std::int64_t origin_us) {
  const recording::Scene& scene = run.scene();
  std::vector<NamedSpan> spans;
  NamedSpan root;
  root.id = span_id(trace, 0);
  root.service = kUsers;
  root.name = trace.journey < scene.journeys.size() ? scene.journeys[trace.journey] : "journey";
  root.start_us = wrapped_sum(origin_us, us(trace.start.since_start()));
  root.length_us = us(trace.length);
  root.outcome = trace.outcome;
  spans.push_back(root);
  for (std::size_t i = 0; i < trace.spans.size(); ++i) {
    const Span& from = trace.spans[i];
    NamedSpan span;
    span.id = span_id(trace, i + 1);
    span.parent = from.parent == Span::kJourney ? root.id : span_id(trace, from.parent + 1ULL);
    span.service = "unknown";
    span.caller = kUsers;
    if (from.edge < scene.edges.size()) {
      const recording::SceneEdge& edge = scene.edges[from.edge];
      span.service = scene.services[edge.to];
      if (edge.from != recording::kOutside) span.caller = scene.services[edge.from];
    }
    span.name = std::string{run.text(from.operation)};
    if (span.name.empty()) span.name = span.service;
    span.pod = std::string{run.text(from.pod)};
    span.start_us = wrapped_sum(root.start_us, us(from.start));
    span.length_us = us(from.length);
    if (from.wait >= Duration{}) {
      span.work_us = wrapped_sum(span.start_us, us(from.wait));
    }
    span.outcome = from.outcome;
    span.attempt = from.attempt;
    spans.push_back(std::move(span));
  }
  return spans;
}

/// One JSON document: what stands before, the items with commas between, what stands behind.
class Document {
 public:
  Document(BoundedText& out, std::string_view head, std::string_view foot)
      : out_{out}, foot_{foot} {
    out_.reserve(foot.size());
    out_.add(head);
  }
  bool add(const std::string& item) {
    if (!out_.add(first_ ? item : ",\n" + item)) return false;
    first_ = false;
    return true;
  }
  void finish() { out_.finish(foot_); }

 private:
  BoundedText& out_;
  std::string foot_;
  bool first_ = true;
};

}  // namespace

Result<void> write_zipkin(RunReader& run, const ExportOrder& order, BoundedText& out) {
  Document document{out, "[\n", "\n]\n"};
  const auto done = each_trace(run, order.traces, [&](const Trace& trace) {
    std::string all;
    for (const NamedSpan& span : spans_of(run, trace, calendar_start_us(run))) {
      Json json{{"traceId", fmt::format("{:016x}", trace.key)}, {"id", span.id}};
      if (!span.parent.empty()) {
        json["parentId"] = span.parent;
        json["kind"] = "SERVER";
      }
      json["name"] = span.name;
      // Zipkin takes 0 for absent.
      json["timestamp"] = std::max<std::int64_t>(span.start_us, 1);
      json["duration"] = std::max<std::int64_t>(span.length_us, 1);
      json["localEndpoint"] = {{"serviceName", span.service}};
      if (span.work_us) {
        json["annotations"] = Json::array(
            {{{"timestamp", std::max<std::int64_t>(*span.work_us, 1)}, {"value", "work begins"}}});
      }
      Json tags{{"outcome", recording::outcome_name(span.outcome)}};
      if (span.outcome != 0) tags["error"] = recording::outcome_name(span.outcome);
      if (!span.pod.empty()) tags["pod"] = span.pod;
      if (!span.caller.empty()) tags["caller"] = span.caller;
      if (span.attempt > 0) tags["attempt"] = std::to_string(span.attempt);
      json["tags"] = std::move(tags);
      all += (all.empty() ? "" : ",\n") + dumped(json);
    }
    return document.add(all);
  });
  document.finish();
  return done;
}

Result<void> write_jaeger(RunReader& run, const ExportOrder& order, BoundedText& out) {
  Document document{out, "{\"data\":[\n",
                    "\n],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}\n"};
  const auto done = each_trace(run, order.traces, [&](const Trace& trace) {
    const std::string id = fmt::format("{:016x}", trace.key);
    std::map<std::string, std::string> processes;
    Json spans = Json::array();
    const auto tag = [](const char* key, const std::string& value) {
      return Json{{"key", key}, {"type", "string"}, {"value", value}};
    };
    for (const NamedSpan& span : spans_of(run, trace, calendar_start_us(run))) {
      const auto process =
          processes.try_emplace(span.service, fmt::format("p{}", processes.size() + 1)).first;
      Json tags = Json::array({tag("outcome", recording::outcome_name(span.outcome))});
      if (span.outcome != 0) {
        tags.push_back({{"key", "error"}, {"type", "bool"}, {"value", true}});
      }
      if (!span.pod.empty()) tags.push_back(tag("pod", span.pod));
      if (!span.caller.empty()) {
        tags.push_back(tag("caller", span.caller));
        tags.push_back(tag("span.kind", "server"));
      }
      if (span.attempt > 0) {
        tags.push_back({{"key", "attempt"}, {"type", "int64"}, {"value", span.attempt}});
      }
      Json references = Json::array();
      if (!span.parent.empty()) {
        references.push_back({{"refType", "CHILD_OF"}, {"traceID", id}, {"spanID", span.parent}});
      }
      Json logs = Json::array();
      if (span.work_us) {
        logs.push_back(
            {{"timestamp", *span.work_us}, {"fields", Json::array({tag("event", "work begins")})}});
      }
      spans.push_back({{"traceID", id},
                       {"spanID", span.id},
                       {"operationName", span.name},
                       {"references", std::move(references)},
                       {"startTime", span.start_us},
                       {"duration", span.length_us},
                       {"tags", std::move(tags)},
                       {"logs", std::move(logs)},
                       {"processID", process->second},
                       {"warnings", nullptr}});
    }
    Json named = Json::object();
    for (const auto& [service, process] : processes) {
      named[process] = {{"serviceName", service}, {"tags", Json::array()}};
    }
    return document.add(dumped({{"traceID", id},
                                {"spans", std::move(spans)},
                                {"processes", std::move(named)},
                                {"warnings", nullptr}}));
  });
  document.finish();
  return done;
}

Result<void> write_otlp(RunReader& run, const ExportOrder& order, BoundedText& out) {
  const auto attribute = [](const char* key, const std::string& value) {
    return Json{{"key", key}, {"value", {{"stringValue", value}}}};
  };
  // One request of the protocol a line, each with one trace.
  return each_trace(run, order.traces, [&](const Trace& trace) {
    std::map<std::string, Json> by_service;
    for (const NamedSpan& span : spans_of(run, trace, calendar_start_us(run))) {
      Json attributes =
          Json::array({attribute("orrery.outcome", recording::outcome_name(span.outcome))});
      if (!span.pod.empty()) attributes.push_back(attribute("k8s.pod.name", span.pod));
      if (!span.caller.empty()) attributes.push_back(attribute("orrery.caller", span.caller));
      if (span.attempt > 0) {
        attributes.push_back({{"key", "http.request.resend_count"},
                              {"value", {{"intValue", std::to_string(span.attempt)}}}});
      }
      Json json{{"traceId", fmt::format("{:032x}", trace.key)}, {"spanId", span.id}};
      if (!span.parent.empty()) json["parentSpanId"] = span.parent;
      json["name"] = span.name;
      json["kind"] = span.parent.empty() ? 1 : 2;  // Internal; server.
      json["startTimeUnixNano"] = fmt::format("{}000", span.start_us);
      json["endTimeUnixNano"] = fmt::format("{}000", span.start_us + span.length_us);
      json["attributes"] = std::move(attributes);
      if (span.work_us) {
        json["events"] = Json::array(
            {{{"timeUnixNano", fmt::format("{}000", *span.work_us)}, {"name", "work begins"}}});
      }
      json["status"] = span.outcome == 0
                           ? Json{{"code", 1}}
                           : Json{{"code", 2}, {"message", recording::outcome_name(span.outcome)}};
      by_service.try_emplace(span.service, Json::array()).first->second.push_back(std::move(json));
    }
    Json resources = Json::array();
    for (auto& [service, spans] : by_service) {
      resources.push_back(
          {{"resource", {{"attributes", Json::array({attribute("service.name", service)})}}},
           {"scopeSpans",
            Json::array({{{"scope", {{"name", "orrery"}}}, {"spans", std::move(spans)}}})}});
    }
    return out.add(dumped({{"resourceSpans", std::move(resources)}}) + "\n");
  });
}

Result<void> write_perfetto(RunReader& run, const ExportOrder& order, BoundedText& out) {
  Document document{out, "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", "\n]}\n"};
  // A process of the picture per service; the log has its own.
  std::map<std::string, int> processes;
  const auto name_process = [&](const std::string& name) {
    const auto [known, is_new] =
        processes.try_emplace(name, static_cast<int>(processes.size()) + 1);
    if (!is_new) return true;
    return document.add(dumped({{"ph", "M"},
                                {"name", "process_name"},
                                {"pid", known->second},
                                {"tid", 0},
                                {"args", {{"name", name}}}}));
  };
  bool room = name_process("events") && name_process(kUsers);
  for (const std::string& service : run.scene().services) room = room && name_process(service);
  room = room && name_process("unknown");
  auto done = each_event(run, [&](const recording::RunEvent& e) {
    return room &&
           document.add(dumped(
               {{"ph", "i"},
                {"s", "g"},
                {"cat", "event"},
                {"name", std::string{run.text(e.what)} + " " + std::string{run.text(e.subject)}},
                {"pid", processes.at("events")},
                {"tid", 0},
                {"ts", us(e.at.since_start())},
                {"args", {{"detail", run.text(e.detail)}, {"id", e.id}, {"cause", e.cause}}}}));
  });
  if (done && room) {
    done = each_trace(run, order.traces, [&](const Trace& trace) {
      std::string all;
      const std::string id = fmt::format("0x{:x}", trace.key);
      for (const NamedSpan& span : spans_of(run, trace, 0)) {
        Json args{{"outcome", recording::outcome_name(span.outcome)}};
        if (!span.pod.empty()) args["pod"] = span.pod;
        if (!span.caller.empty()) args["caller"] = span.caller;
        if (span.attempt > 0) args["attempt"] = span.attempt;
        const int process = processes.at(span.service);
        // Journeys overlap, so each span is a pair with an id of its own.
        Json begin{{"ph", "b"},           {"cat", "call"},          {"id", "0x" + span.id},
                   {"name", span.name},   {"pid", process},         {"tid", 1},
                   {"ts", span.start_us}, {"args", std::move(args)}};
        begin["args"]["trace"] = id;
        const Json end{{"ph", "e"},
                       {"cat", "call"},
                       {"id", "0x" + span.id},
                       {"name", span.name},
                       {"pid", process},
                       {"tid", 1},
                       {"ts", span.start_us + span.length_us}};
        all += (all.empty() ? "" : ",\n") + dumped(begin) + ",\n" + dumped(end);
      }
      return document.add(all);
    });
  }
  document.finish();
  return done;
}

}  // namespace orrery::exporting
