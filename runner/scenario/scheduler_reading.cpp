#include <algorithm>

#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

const std::vector<std::string> kFilters{
    "NodeUnschedulable", "NodeName",         "TaintToleration",    "NodeAffinity",
    "NodePorts",         "NodeResourcesFit", "VolumeRestrictions", "NodeVolumeLimits",
    "VolumeBinding",     "VolumeZone",       "PodTopologySpread",  "InterPodAffinity"};
const std::vector<std::string> kScores{"TaintToleration",
                                       "NodeAffinity",
                                       "PodTopologySpread",
                                       "InterPodAffinity",
                                       "NodeResourcesFit",
                                       "NodeResourcesBalancedAllocation",
                                       "ImageLocality",
                                       "FirstFit",
                                       "MostFreeShare",
                                       "LeastFreeShare",
                                       "Random"};
const std::vector<std::string> kScoringTypes{"LeastAllocated", "MostAllocated",
                                             "RequestedToCapacityRatio"};

constexpr std::int64_t kWeightMax = 100;
constexpr std::size_t kResourcesMax = 16;

bool is_one_of(const std::string& word, const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void read_filters_off(const Value& list, SchedulerSettings& into, Report& report) {
  for (const Value& item : items(list, "a list of filters", report)) {
    const auto name = read_text(item, "a filter", report);
    if (!name) continue;
    if (is_one_of(*name, kFilters)) {
      into.filters_off.insert(*name);
    } else {
      report.add(item, "a filter: " + one_of(kFilters), did_you_mean(*name, kFilters));
    }
  }
}

void read_scores(const Value& scores, SchedulerSettings& into, Report& report) {
  into.scores.emplace();
  for (const Value& score : named_members(scores, "an object of weights", report)) {
    if (!is_one_of(score.key, kScores)) {
      report.add(score.where, "a score: " + one_of(kScores), "\"" + score.key + "\"",
                 did_you_mean(score.key, kScores));
      continue;
    }
    if (const auto weight = read_count(score, 1, kWeightMax, report)) {
      (*into.scores)[score.key] = *weight;
    }
  }
}

void read_shape(const Value& list, SchedulerSettings& into, Report& report) {
  std::int64_t last = -1;
  for (const Value& item : items(list, "a list of points", report)) {
    const Fields point{item, {"utilization", "score"}, report};
    const Value* at = point.require("utilization", "a percentage of the capacity, 0 to 100");
    const Value* score = point.require("score", "a score from 0 to 10");
    if (at == nullptr || score == nullptr) continue;
    const auto utilization = read_count(*at, 0, 100, report);
    const auto points = read_count(*score, 0, 10, report);
    if (!utilization || !points) continue;
    if (*utilization <= last) report.add(*at, "a utilization above that of the point before");
    last = *utilization;
    into.shape.emplace_back(*utilization, *points);
  }
}

void read_scoring(const Value& scoring, SchedulerSettings& into, Report& report) {
  const Fields fields{scoring, {"type", "resources", "shape"}, report};
  if (const Value* type = fields.require("type", one_of(kScoringTypes))) {
    into.scoring_type = read_text(*type, one_of(kScoringTypes), report).value_or("");
    if (!into.scoring_type.empty() && !is_one_of(into.scoring_type, kScoringTypes)) {
      report.add(*type, one_of(kScoringTypes), did_you_mean(into.scoring_type, kScoringTypes));
    }
  }
  if (const Value* resources = fields.find("resources")) {
    for (const Value& resource : named_members(*resources, "an object of weights", report)) {
      const auto weight = read_count(resource, 1, kWeightMax, report);
      if (weight) into.resources[resource.key] = *weight;
    }
    if (into.resources.size() > kResourcesMax) report.add(*resources, "at most 16 resources");
  }
  const Value* shape = fields.find("shape");
  if (shape != nullptr) read_shape(*shape, into, report);
  const bool by_shape = into.scoring_type == "RequestedToCapacityRatio";
  if (by_shape && (shape == nullptr || shape->children.empty())) {
    report.add(scoring.where, "a \"shape\" for RequestedToCapacityRatio", "none");
  } else if (!by_shape && shape != nullptr) {
    report.add(*shape, "no shape unless the type is RequestedToCapacityRatio");
  }
}

SchedulerSettings read_scheduler(const Value& value, const Folders& folders, Report& report) {
  SchedulerSettings settings;
  const Fields fields{value,
                      {"filtersOff", "scores", "scoring", "tieBreak", "percentageOfNodesToScore",
                       "preemption", "program"},
                      report};
  if (const Value* list = fields.find("filtersOff")) read_filters_off(*list, settings, report);
  if (const Value* scores = fields.find("scores")) read_scores(*scores, settings, report);
  if (const Value* scoring = fields.find("scoring")) read_scoring(*scoring, settings, report);
  if (const Value* tie = fields.find("tieBreak")) {
    const std::vector<std::string> ways{"random", "first"};
    const std::string way = read_text(*tie, one_of(ways), report).value_or("random");
    if (!is_one_of(way, ways)) report.add(*tie, one_of(ways), did_you_mean(way, ways));
    settings.takes_first = way == "first";
  }
  if (const Value* percentage = fields.find("percentageOfNodesToScore")) {
    settings.percentage_of_nodes_to_score = read_count(*percentage, 0, 100, report);
  }
  if (const Value* preemption = fields.find("preemption")) {
    settings.preempts = read_boolean(*preemption, report).value_or(true);
  }
  if (const Value* program = fields.find("program")) {
    read_scheduler_program(*program, folders.of(*program), settings, report);
  }
  return settings;
}

}  // namespace

void read_schedulers(const Value* schedulers, const Folders& folders, Scenario& scenario,
                     Report& report) {
  if (schedulers == nullptr) return;
  for (const Value& scheduler : named_members(*schedulers, "an object of schedulers", report)) {
    scenario.schedulers[scheduler.key] = read_scheduler(scheduler, folders, report);
  }
}

}  // namespace orrery::scenario
