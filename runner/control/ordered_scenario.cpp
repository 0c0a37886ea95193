#include "runner/control/ordered_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "runner/scenario/fields.h"
#include "runner/scenario/live_limits.h"
#include "runner/scenario/policies.h"
#include "runner/scenario/reading.h"

namespace orrery::control {
namespace {

using scenario::TimelineEntry;
using scenario::Value;

std::string time_text(Instant at) {
  const std::int64_t us = at.count_ns() / 1000;
  return us % 1000 == 0 ? fmt::format("{}ms", us / 1000) : fmt::format("{}us", us);
}

Value text_member(std::string key, std::string text) {
  Value value;
  value.type = Value::Type::Text;
  value.key = std::move(key);
  value.text = std::move(text);
  return value;
}

bool is_of_expectation(const api::Problem& problem) {
  return problem.where.pointer.starts_with("/expect");
}

/// What no entry says of itself when it is given by hand.
void check_form(const Value& order, scenario::Report& report) {
  if (order.type != Value::Type::Object) {
    report.add(order, "an object, as an entry of the timeline");
    return;
  }
  if (const Value* at = order.find("at")) {
    report.add(at->where, "no \"at\": what is done by hand is done now", "one");
  }
}

/// What a run has to know of before it begins.
constexpr std::array kKnownBefore{api::Kind::Service,
                                  api::Kind::Ingress,
                                  api::Kind::IngressClass,
                                  api::Kind::HorizontalPodAutoscaler,
                                  api::Kind::StatefulSet,
                                  api::Kind::NetworkPolicy,
                                  api::Kind::StorageClass,
                                  api::Kind::PersistentVolume,
                                  api::Kind::PersistentVolumeClaim};

/// Kinds of objects that the entry writes, and where it says so.
std::vector<std::pair<api::Kind, std::string>> kinds_written(const TimelineEntry& entry) {
  std::vector<std::pair<api::Kind, std::string>> kinds;
  if (const auto* apply = std::get_if<scenario::ApplyAction>(&entry.action)) {
    for (const api::ManifestObject& manifest : apply->objects) {
      kinds.emplace_back(api::kind_of(manifest.object), "/apply");
    }
  } else if (const auto* patch = std::get_if<scenario::PatchAction>(&entry.action)) {
    kinds.emplace_back(patch->target.kind, "/patch/target");
  }
  return kinds;
}

/// Files are named as from the folder of the scenario; what is kept stands elsewhere.
void name_files_in_full(Value& entry, const std::string& folder) {
  namespace fs = std::filesystem;
  for (Value& member : entry.children) {
    if (member.key != "apply") continue;
    for (Value& file : member.children) {
      if (file.text.empty()) continue;  // No file at all, and refused as that.
      file.text = fs::absolute(fs::path{folder} / file.text).lexically_normal().generic_string();
    }
  }
}

}  // namespace

OrderedScenario::OrderedScenario(std::string path, const scenario::Scenario& scenario,
                                 std::string folder, bool live)
    : path_{std::move(path)}, folder_{std::move(folder)}, scenario_{scenario}, live_{live} {}

std::string OrderedScenario::free_id() const {
  const auto taken = [&](const std::string& id) {
    return std::find(ids_.begin(), ids_.end(), id) != ids_.end() ||
           std::any_of(scenario_.timeline.begin(), scenario_.timeline.end(),
                       [&](const TimelineEntry& entry) { return entry.id == id; });
  };
  std::size_t number = ids_.size() + 1;
  while (taken(fmt::format("hand-{}", number))) ++number;
  return fmt::format("hand-{}", number);
}

OrderReading OrderedScenario::read(const Value& order, Instant now) const {
  OrderReading reading;
  scenario::Report report;
  check_form(order, report);
  reading.problems = report.problems();
  for (api::Problem& problem : reading.problems) {
    problem.where.pointer.erase(0, order.where.pointer.size());
  }
  if (!reading.problems.empty()) return reading;

  Value entry = order;
  const Value* named = entry.find("id");
  const bool has_id = named != nullptr && named->type == Value::Type::Text;
  const std::string id = has_id ? named->text : free_id();
  if (named == nullptr) entry.children.insert(entry.children.begin(), text_member("id", id));
  entry.children.insert(entry.children.begin() + 1, text_member("at", time_text(now)));
  name_files_in_full(
      entry, folder_.empty() ? std::filesystem::path{path_}.parent_path().string() : folder_);
  reading.text = scenario::json_text(entry);

  std::vector<scenario::Override> orders;
  if (scenario_.timeline.empty()) orders.push_back({"/timeline", "[]"});
  for (const std::string& text : accepted_) orders.push_back({"/timeline/-", text});
  orders.push_back({"/timeline/-", reading.text});
  scenario::ScenarioReading whole = scenario::read_scenario(path_, orders, folder_);
  reading.unexpected =
      unexpected_ || (!whole.problems.empty() &&
                      std::all_of(whole.problems.begin(), whole.problems.end(), is_of_expectation));
  if (reading.unexpected) {
    orders.push_back({"/expect", "[]"});
    whole = scenario::read_scenario(path_, orders, folder_);
  }
  if (whole.scenario && live_) {
    for (api::Problem& problem : scenario::simulated_alone(*whole.scenario)) {
      whole.problems.push_back(std::move(problem));
    }
  }
  for (api::Problem& problem : whole.problems) {
    // "/timeline/7/target" -> "/target"
    std::string& pointer = problem.where.pointer;
    if (pointer.starts_with("/timeline/")) {
      const auto inner = pointer.find('/', 10);
      pointer = inner == std::string::npos ? std::string{} : pointer.substr(inner);
    }
    reading.problems.push_back(std::move(problem));
  }
  if (!whole.scenario) return reading;
  for (const auto& [image, model] : whole.scenario->images) {
    if (scenario_.images.contains(image)) continue;
    std::vector<std::string> known;
    for (const auto& [name, any] : scenario_.images) known.push_back(name);
    const char* where = order.find("apply") != nullptr   ? "/apply"
                        : order.find("patch") != nullptr ? "/patch/merge"
                                                         : "/set/image";
    reading.problems.push_back({{path_, 0, where},
                                "an image that the manifests or the timeline name",
                                fmt::format("\"{}\"", image),
                                scenario::did_you_mean(image, known)});
  }
  for (TimelineEntry& any : whole.scenario->timeline) {
    // Of an entry that is repeated: "id", "id.2", "id.3".
    if (any.id == id || any.id.starts_with(id + ".")) {
      reading.entries.push_back(std::move(any));
    } else if (any.at >= now && (std::holds_alternative<scenario::PolicyAction>(any.action) ||
                                 std::holds_alternative<scenario::ApplyAction>(any.action))) {
      reading.later.push_back(std::move(any));
    }
  }
  for (const auto& [kind, pointer] : kinds_written(reading.entries.front())) {
    const bool known =
        std::find(kKnownBefore.begin(), kKnownBefore.end(), kind) == kKnownBefore.end() ||
        (kind != api::Kind::Service && scenario::ever_has(scenario_, kind));
    if (known) continue;
    reading.problems.push_back({{path_, 0, pointer},
                                "objects of which the run need not know before it begins",
                                api::to_string(kind),
                                "write it into the timeline of the scenario"});
  }
  const auto check_way = [&](const scenario::Way& way, const char* pointer) {
    if (scenario_.policies.contains(way)) return;
    reading.problems.push_back(
        {{path_, 0, pointer},
         "calls that had a policy when the run began",
         fmt::format("those from {} to {}", scenario::caller_name(way.first), way.second),
         "give them one under \"policies\" of the scenario, such as {\"timeout\": \"60s\"}"});
  };
  const TimelineEntry& first = reading.entries.front();
  if (const auto* policy = std::get_if<scenario::PolicyAction>(&first.action)) {
    for (const auto& [way, after] : policy->policies) check_way(way, "/policy");
  } else if (const auto* apply = std::get_if<scenario::ApplyAction>(&first.action)) {
    for (const auto& [way, change] : apply->changes) {
      check_way(way, apply->deletes ? "/delete" : "/apply");
    }
  }
  if (!reading.problems.empty()) reading.entries.clear();
  return reading;
}

void OrderedScenario::accept(const OrderReading& order) {
  accepted_.push_back(order.text);
  ids_.push_back(order.entries.front().id);
  unexpected_ = order.unexpected;
}

std::string OrderedScenario::text_for(const std::string& folder, std::uint64_t seed) const {
  namespace fs = std::filesystem;
  const fs::path from = fs::absolute(folder.empty() ? "." : folder);
  // As from there; where a link is on the way ".." may lead elsewhere, so it is named in full.
  const auto name_of = [&](const std::string& path) {
    const fs::path full = fs::absolute(path).lexically_normal();
    const fs::path beside = full.lexically_relative(from.lexically_normal());
    std::error_code error;
    const fs::path real = fs::weakly_canonical(full, error);
    const bool same =
        !error && real.lexically_relative(fs::weakly_canonical(from, error)) == beside;
    return (same ? beside : full).generic_string();
  };
  nlohmann::ordered_json include = name_of(path_);
  if (!folder_.empty()) include = {{"file", name_of(path_)}, {"folder", name_of(folder_)}};
  std::string text = fmt::format(
      "{{\n  \"include\": [{}],\n  \"runs\": {{\"seeds\": \"{}\"}},\n{}  \"timeline\": [",
      include.dump(), seed, unexpected_ ? "  \"expect\": null,\n" : "");
  for (const std::string& entry : accepted_) {
    text += (&entry == accepted_.data() ? "\n    " : ",\n    ") + entry;
  }
  return text + (accepted_.empty() ? "]\n}\n" : "\n  ]\n}\n");
}

}  // namespace orrery::control
