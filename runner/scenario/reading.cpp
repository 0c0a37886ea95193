#include "runner/scenario/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "models/api/time_zone.h"
#include "models/api/unicode.h"
#include "runner/scenario/call_reading.h"
#include "runner/scenario/composition.h"
#include "runner/scenario/idle_objects.h"
#include "runner/scenario/manifest_files.h"
#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

const std::vector<std::string> kProfiles = {"kubernetes-1.30", "kubernetes-1.30-hpa-1.15",
                                            "kubernetes-1.32"};

constexpr std::size_t kNameMax = 200;
/// Of a run that does not say how long it is, so that no other time is found to be outside of it.
constexpr Duration kLongEnough = Duration::minutes(60 * 24 * 365);

constexpr std::int32_t kReplicasMax = 100'000;

/// A manifest may ask for more pods than any run could hold.
void check_replicas(const Catalog& catalog, Report& report) {
  for (const auto& [key, pods] : catalog.pods()) {
    const std::int32_t count = catalog.replicas_of(key).value_or(0);
    if (count <= kReplicasMax) continue;
    report.add(catalog.place_of(key), fmt::format("at most {} replicas", kReplicasMax),
               fmt::format("{} of {}/{}", count, api::to_string(key.kind), key.name));
  }
}

/// Whether a run depends on how long storage takes.
bool uses_claims(const std::vector<api::ManifestObject>& objects) {
  return std::any_of(objects.begin(), objects.end(), [](const api::ManifestObject& entry) {
    return api::kind_of(entry.object) == api::Kind::PersistentVolumeClaim;
  });
}

void read_format(const Value* format, Report& report) {
  if (format != nullptr && (format->type != Value::Type::Number || format->text != "1")) {
    report.add(*format, "1, the only format there is");
  }
}

void read_runs(const Value& runs, Scenario& scenario, Report& report) {
  const Fields fields{runs, {"seeds", "confidence"}, report};
  if (const Value* seeds = fields.find("seeds")) {
    const bool scalar = seeds->type == Value::Type::Text || seeds->type == Value::Type::Number;
    const auto range = scalar ? parse_seeds(seeds->text) : std::nullopt;
    if (range) {
      scenario.first_seed = range->first;
      scenario.last_seed = range->last;
    } else {
      report.add(*seeds, "a seed or up to 100,000 of them, such as 7 or \"1..20\"");
    }
  }
  if (const Value* confidence = fields.find("confidence")) {
    scenario.confidence = read_percent(*confidence, report).value_or(scenario.confidence);
    if (scenario.confidence < 0.5 || scenario.confidence > 0.999) {
      report.add(*confidence, "a confidence from \"50%\" to \"99.9%\"");
    }
  }
}

void read_times(const Fields& fields, Scenario& scenario, Report& report) {
  if (const Value* duration = fields.require("duration", "how long a run is, such as \"15min\"")) {
    scenario.duration = read_duration(*duration, report).value_or(Duration{});
    if (duration->type == Value::Type::Text && duration->text.starts_with('0') &&
        scenario.duration == Duration{} && parse_duration(duration->text)) {
      report.add(*duration, "a duration above 0");
    }
  }
  if (scenario.duration == Duration{}) scenario.duration = kLongEnough;  // Never to be run.
  const Value* warmup = fields.find("warmup");
  if (warmup == nullptr) return;
  const auto read = read_duration(*warmup, report);
  scenario.warmup = read.value_or(Duration{});
  if (read && *read >= scenario.duration) {
    report.add(*warmup,
               fmt::format("a warm-up shorter than the run of {}", to_string(scenario.duration)));
  }
}

/// The calendar matters to CronJobs alone.
void read_start_time(const Value* start, const std::vector<api::ManifestObject>& objects,
                     Scenario& scenario, Report& report, Assumptions& assumptions) {
  if (start != nullptr) {
    const auto seconds =
        start->type == Value::Type::Text ? api::parse_date_time(start->text) : std::nullopt;
    if (!seconds) report.add(*start, "a date and time, such as \"2024-01-01T00:00:00Z\"");
    scenario.start_time = seconds.value_or(scenario.start_time);
    return;
  }
  const bool has_cron_job = std::any_of(objects.begin(), objects.end(), [](const auto& manifest) {
    return std::holds_alternative<api::CronJob>(manifest.object);
  });
  if (has_cron_job) assumptions.add("/startTime", "2024-01-01T00:00:00Z, a Monday");
}

api::Manifests read_manifest_list(const Value& list, const Value* patch, const Folders& folders,
                                  std::vector<std::string>& files, api::istio::Rules& rules,
                                  Report& report) {
  for (const Value& name : items(list, "a list of files and folders", report)) {
    const auto text = read_text(name, "a file or folder", report);
    if (!text) continue;
    const std::string path = folders.path(name, *text);
    for (std::string& file : manifest_files(path, name.where, report)) {
      if (std::find(files.begin(), files.end(), file) == files.end()) {
        files.push_back(std::move(file));
      }
    }
  }
  if (list.type == Value::Type::List && list.children.empty()) {
    report.add(list.where, "at least one file or folder", "none");
  }
  api::ManifestPatches patches = read_patches(patch, report);
  api::Manifests manifests = read_manifest_files(files, list.where, report, patches, rules);
  for (const api::ManifestPatch* unused : patches.unused()) {
    report.add(unused->where, "a manifest to change",
               fmt::format("none that is {}/{}", unused->kind, unused->name),
               "\"target\" is Kind/name, or Kind/namespace/name");
  }
  return manifests;
}

/// The manifests that entries of the timeline apply, each entry's by itself.
std::vector<AppliedManifests> read_applied(const Value* timeline, const Folders& folders,
                                           Scenario& scenario, std::vector<std::string>& files,
                                           Report& report) {
  std::vector<AppliedManifests> applied;
  if (timeline == nullptr || timeline->type != Value::Type::List) return applied;
  for (const Value& entry : timeline->children) {
    const Value* list = entry.find("apply");
    if (list == nullptr) continue;
    std::vector<std::string> own;
    api::istio::Rules rules;
    api::Manifests manifests = read_manifest_list(*list, nullptr, folders, own, rules, report);
    std::move(manifests.not_modelled.begin(), manifests.not_modelled.end(),
              std::back_inserter(scenario.not_modelled));
    applied.push_back({list, std::move(manifests.objects), std::move(rules)});
    for (std::string& file : own) {
      if (std::find(files.begin(), files.end(), file) == files.end()) {
        files.push_back(std::move(file));
      }
    }
  }
  return applied;
}

/// Reads the tree into `scenario`, files and origins into `into`; whatever is wrong goes to
/// `report`.
void read_tree(const Value& root, const Folders& folders, Scenario& scenario, ScenarioReading& into,
               Report& report) {
  const Fields fields{
      root,
      {"$schema",   "include",  "format",    "name",     "profile",    "duration",   "warmup",
       "startTime", "runs",     "manifests", "patch",    "cluster",    "schedulers", "autoscalers",
       "metrics",   "images",   "services",  "journeys", "rateLimits", "topics",     "policies",
       "load",      "timeline", "expect",    "sweep",    "provenance"},
      report};
  if (root.type != Value::Type::Object) return;
  read_format(fields.require("format", "1"), report);
  if (const Value* name = fields.require("name", "what this scenario is about")) {
    scenario.name = read_text(*name, "a sentence", report).value_or("");
    // It stands in the first line of every report; with more lines it could look like a verdict.
    if (api::one_line(scenario.name, kNameMax) != scenario.name) {
      report.add(*name, fmt::format("one line of at most {} characters", kNameMax));
    }
  }
  if (const Value* profile = fields.find("profile")) {
    scenario.profile = read_text(*profile, "a profile", report).value_or(scenario.profile);
    if (std::find(kProfiles.begin(), kProfiles.end(), scenario.profile) == kProfiles.end()) {
      report.add(*profile, "a profile: " + one_of(kProfiles),
                 did_you_mean(scenario.profile, kProfiles));
    }
  }
  read_times(fields, scenario, report);
  if (const Value* runs = fields.find("runs")) read_runs(*runs, scenario, report);
  if (const Value* sweep = fields.find("sweep")) scenario.sweep = read_sweep(*sweep, report);

  const std::size_t own_problems = report.problems().size();
  api::Manifests manifests;
  if (const Value* list = fields.require("manifests", "a list of files and folders")) {
    manifests =
        read_manifest_list(*list, fields.find("patch"), folders, into.files, into.rules, report);
  }
  scenario.objects = std::move(manifests.objects);
  scenario.not_modelled = std::move(manifests.not_modelled);
  const Value* timeline = fields.find("timeline");
  const std::vector<AppliedManifests> applied =
      read_applied(timeline, folders, scenario, into.files, report);
  std::vector<api::ManifestObject> known = scenario.objects;
  for (const AppliedManifests& later : applied) {
    known.insert(known.end(), later.objects.begin(), later.objects.end());
  }

  Assumptions assumptions;
  read_start_time(fields.find("startTime"), known, scenario, report, assumptions);
  const Value* images = fields.find("images");
  if (const Value* cluster = fields.require("cluster", "the nodes, such as {\"nodes\": 3}")) {
    read_cluster(*cluster, {names_pulled_image(images), names_payload(fields.find("services"))},
                 uses_claims(known), scenario.cluster, report, assumptions);
  }
  read_schedulers(fields.find("schedulers"), folders, scenario, report);
  const bool complete = report.problems().size() == own_problems;
  const Catalog catalog{known, scenario.cluster.nodes, complete};
  check_replicas(catalog, report);
  Reading reading{scenario, catalog, report, assumptions, applied, {}, {}, {}};
  read_autoscalers(fields.find("autoscalers"), folders, reading);
  read_metric_sources(fields.find("metrics"), folders, reading);
  read_timeline(timeline, reading);
  read_images(images, reading);
  read_services(fields.find("services"), reading);
  read_topics(fields.find("topics"), reading);
  const Value* journeys = fields.find("journeys");
  const Value* load = fields.find("load");
  // Without users, what is left is a question to the control plane alone.
  if ((journeys == nullptr) != (load == nullptr) && root.type == Value::Type::Object) {
    (void)fields.require(journeys == nullptr ? "journeys" : "load",
                         journeys == nullptr ? "what users do, by name" : "a list of loads");
  }
  if (journeys != nullptr) read_journeys(*journeys, reading);
  read_rate_limits(fields.find("rateLimits"), reading);
  ReadPolicies policies = read_policies(fields.find("policies"), into.rules, reading);
  into.policies = std::move(policies.first);
  into.changed_policies = std::move(policies.changed);
  check_calls(reading);
  if (load != nullptr) read_load(*load, folders, reading);
  read_expectations(fields.find("expect"), reading);
  if (complete) {
    for (const auto& found : {never_scheduled(catalog, scenario.schedulers),
                              probed_where_nobody_listens(known, catalog)}) {
      scenario.idle.insert(scenario.idle.end(), found.begin(), found.end());
    }
  }
  // A patch of the timeline may give a pod the labels that are missing.
  const bool patched = std::any_of(
      scenario.timeline.begin(), scenario.timeline.end(),
      [](const TimelineEntry& entry) { return std::holds_alternative<PatchAction>(entry.action); });
  if (complete && !patched) {
    const std::vector<IdleObject> idle = idle_objects(known, catalog);
    scenario.idle.insert(scenario.idle.end(), idle.begin(), idle.end());
  }
  scenario.inputs = collect_inputs(root, fields.find("provenance"), assumptions, report);
}

}  // namespace

ScenarioReading read_scenario_text(std::string_view text, const std::string& file,
                                   const std::string& folder,
                                   const std::vector<Override>& overrides) {
  ScenarioReading reading;
  Document document = read_document(text, file, syntax_of(file, text));
  Report report;
  report.append(document.problems);
  if (document.root) {
    Folders folders{file, folder};
    reading.includes = include_files(*document.root, folders, report);
    // What an included file should have said is not missed as well.
    const bool whole = report.problems().size() == document.problems.size();
    apply_overrides(*document.root, overrides, report);
    Scenario scenario;
    scenario.file = file;
    if (whole) read_tree(*document.root, folders, scenario, reading, report);
    if (report.problems().empty()) reading.scenario = std::move(scenario);
  }
  reading.problems = report.problems();
  // Those of the scenario first and by line; those of manifests are in order already.
  std::stable_sort(reading.problems.begin(), reading.problems.end(),
                   [&](const api::Problem& a, const api::Problem& b) {
                     const bool a_elsewhere = a.where.file != file;
                     const bool b_elsewhere = b.where.file != file;
                     if (a_elsewhere || b_elsewhere) return a_elsewhere < b_elsewhere;
                     return a.where.line < b.where.line;
                   });
  return reading;
}

ScenarioReading read_scenario(const std::string& path, const std::vector<Override>& overrides,
                              const std::string& folder) {
  Report report;
  const auto text = read_file(path, {path, 0, {}}, report);
  if (text) {
    const std::string own = std::filesystem::path{path}.parent_path().string();
    return read_scenario_text(*text, path, folder.empty() ? own : folder, overrides);
  }
  ScenarioReading reading;
  reading.problems = report.problems();
  return reading;
}

}  // namespace orrery::scenario
