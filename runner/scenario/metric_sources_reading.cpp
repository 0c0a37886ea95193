#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "models/base/quantity.h"
#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"
#include "runner/scenario/series_file.h"

namespace orrery::scenario {
namespace {

const std::vector<std::string> kMeasures{"requestRate", "inFlight", "queued"};
constexpr std::array<Metric::What, 3> kWhat{Metric::What::RequestRate, Metric::What::InFlight,
                                            Metric::What::Queued};

/// "30", "2.5k" or "500m" in thousandths.
std::optional<std::int64_t> read_value(const Value& value, Report& report) {
  const bool scalar = value.type == Value::Type::Text || value.type == Value::Type::Number;
  const auto milli = scalar ? parse_milli(value.text) : std::nullopt;
  if (!milli || *milli < 0) report.add(value, "a number of 0 or more, such as 30 or \"500m\"");
  return milli;
}

void read_points(const Value& list, Metric& into, Report& report) {
  for (const Value& item : items(list, "a number, a file, or a list of points", report)) {
    const Fields point{item, {"at", "value"}, report};
    const Value* at = point.require("at", "a time of the run, such as \"90s\"");
    const Value* value = point.require("value", "a number");
    if (at == nullptr || value == nullptr) continue;
    const auto time = read_duration(*at, report);
    const auto milli = read_value(*value, report);
    if (!time || !milli) continue;
    if (!into.series.empty() && Instant{} + *time <= into.series.back().first) {
      report.add(*at, "a time after the one before");
    }
    into.series.emplace_back(Instant{} + *time, *milli);
  }
  if (list.type == Value::Type::List && list.children.empty()) {
    report.add(list.where, "at least one point", "none");
  }
}

void read_external(const Value& value, const std::string& folder, Metric& into, Report& report) {
  into.what = Metric::What::External;
  if (value.type == Value::Type::Text && !parse_milli(value.text)) {
    const std::string path =
        (std::filesystem::path{folder} / value.text).lexically_normal().string();
    read_series_file(
        path, value, std::nullopt,
        [&](Instant at, std::string_view text) {
          const auto milli = parse_milli(text);
          if (!milli || *milli < 0) return false;
          into.series.emplace_back(at, *milli);
          return true;
        },
        report);
  } else if (value.type == Value::Type::Text || value.type == Value::Type::Number) {
    if (const auto milli = read_value(value, report)) into.series = {{Instant{}, *milli}};
  } else {
    read_points(value, into, report);
  }
}

void read_measured(const Value& measures, const Fields& fields, Metric& into, Report& report) {
  const std::string word = read_text(measures, one_of(kMeasures), report).value_or("");
  const auto found = std::find(kMeasures.begin(), kMeasures.end(), word);
  if (found == kMeasures.end()) {
    if (!word.empty()) report.add(measures, one_of(kMeasures), did_you_mean(word, kMeasures));
    return;
  }
  into.what = kWhat[static_cast<std::size_t>(found - kMeasures.begin())];
  const auto read = [&](const char* key, Duration& duration) {
    const Value* value = fields.find(key);
    if (value == nullptr) return;
    const auto given = read_duration(*value, report);
    if (given && *given < Duration::seconds(1)) report.add(*value, "a duration of 1s or more");
    duration = given.value_or(duration);
  };
  read("every", into.every);
  read("over", into.over);
  const Value* over = fields.find("over");
  if (over != nullptr && into.what != Metric::What::RequestRate) {
    report.add(*over, "no window unless a rate is measured");
  } else if (into.what == Metric::What::RequestRate && into.over < into.every) {
    report.add(
        over != nullptr ? *over : measures,
        fmt::format("a window of {} or more, the time between two looks", to_string(into.every)));
  }
}

/// What autoscalers ask for and nobody has is no problem, as in a cluster; but it is said.
void note_missing(Reading& reading) {
  for (const api::ManifestObject& manifest : reading.scenario.objects) {
    const auto* autoscaler = std::get_if<api::HorizontalPodAutoscaler>(&manifest.object);
    if (autoscaler == nullptr) continue;
    const std::string name = autoscaler->meta.namespace_name + "/" + autoscaler->meta.name;
    if (reading.scenario.autoscalers.contains(name)) continue;
    for (const api::MetricSpec& metric : autoscaler->spec.metrics) {
      const bool of_object = metric.source == api::MetricSource::Object;
      const bool external = metric.source == api::MetricSource::External;
      if (!of_object && !external && metric.source != api::MetricSource::Pods) continue;
      const auto found = reading.scenario.metrics.find(metric.name);
      std::string why;
      if (found == reading.scenario.metrics.end()) {
        why = "it stands nowhere";
      } else if ((found->second.what == Metric::What::External) != external) {
        why = external ? "it is measured, not external" : "it is external, not measured";
      } else if (of_object && metric.object.kind != api::Kind::Service) {
        why = "of objects, Services alone are measured";
      }
      if (why.empty()) continue;
      reading.assumptions.add(
          "/metrics" + pointer_step(metric.name),
          fmt::format("HorizontalPodAutoscaler/{} gets no value: {}", name, why));
    }
  }
}

}  // namespace

void read_metric_sources(const Value* metrics, const Folders& folders, Reading& reading) {
  Report& report = reading.report;
  if (metrics != nullptr) {
    for (const Value& value : named_members(*metrics, "an object of metrics", report)) {
      const Fields fields{value, {"measures", "every", "over", "external"}, report};
      Metric metric;
      const Value* measures = fields.find("measures");
      const Value* external = fields.find("external");
      if ((measures == nullptr) == (external == nullptr)) {
        if (value.type == Value::Type::Object) {
          report.add(value.where, "either \"measures\" or \"external\"",
                     measures == nullptr ? "neither" : "both");
        }
      } else if (measures != nullptr) {
        read_measured(*measures, fields, metric, report);
      } else {
        for (const char* key : {"every", "over"}) {
          if (const Value* other = fields.find(key)) {
            report.add(*other, fmt::format("no \"{}\" with \"external\"", key));
          }
        }
        read_external(*external, folders.of(value), metric, report);
      }
      reading.scenario.metrics[value.key] = std::move(metric);
    }
  }
  note_missing(reading);
}

}  // namespace orrery::scenario
