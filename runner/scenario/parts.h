/// @file
/// The readers of the parts of a scenario, in the order in which they run: each may name what the
/// ones before it read. For `reading.cpp` only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/api/istio.h"
#include "runner/scenario/catalog.h"
#include "runner/scenario/document.h"
#include "runner/scenario/fields.h"
#include "runner/scenario/folders.h"
#include "runner/scenario/policies.h"
#include "runner/scenario/scenario.h"

namespace orrery::scenario {

/// What Orrery filled in without a source.
class Assumptions {
 public:
  void add(std::string pointer, std::string note) {
    inputs_.push_back({std::move(pointer), Provenance::Assumed, std::move(note)});
  }
  [[nodiscard]] const std::vector<Input>& inputs() const { return inputs_; }

 private:
  std::vector<Input> inputs_;
};

/// The instants of the timeline by id. Ids that could not be dated are known, without an instant.
using TimelineTimes = std::map<std::string, std::optional<Instant>>;

/// A call or a journey's step, to be checked when all services are read.
struct OperationReference {
  api::Place where;
  std::string service;    ///< "namespace/name"
  std::string operation;  ///< Empty: the first one.
};

/// What an "apply" of the timeline names. Its objects may be named by whatever is read later.
struct AppliedManifests {
  const Value* list = nullptr;  ///< The value of "apply".
  std::vector<api::ManifestObject> objects;
  api::istio::Rules rules;
};

/// What the readers after the manifests share. References outlive the reading.
struct Reading {
  Scenario& scenario;
  const Catalog& catalog;
  Report& report;
  Assumptions& assumptions;
  const std::vector<AppliedManifests>& applied;
  TimelineTimes times;
  std::vector<OperationReference> references;
  Callers callers;  ///< From read_policies() on; with those whom policies make call others.
  /// By the id of the entry of the timeline: the value of its "policy".
  std::map<std::string, const Value*> changed_policies = {};
  /// By the id of the entry of the timeline: what its "apply" names.
  std::map<std::string, const AppliedManifests*> applied_by = {};
  std::map<std::string, const Value*> deleted_by = {};  ///< Likewise, the value of its "delete".
};

/// What the links of nodes carry, beside small requests.
struct LinkUse {
  bool pulls = false;     ///< Images.
  bool payloads = false;  ///< Of calls.
};

/// `cluster`, and what depends on what is sent and whether there are claims.
void read_cluster(const Value& cluster, const LinkUse& use, bool claims, Cluster& into,
                  Report& report, Assumptions& assumptions);

/// `schedulers`: what differs from the profile, by the schedulerName of pods.
void read_schedulers(const Value* schedulers, const Folders& folders, Scenario& scenario,
                     Report& report);

/// `program` of a scheduler.
void read_scheduler_program(const Value& program, const std::string& folder,
                            SchedulerSettings& into, Report& report);

/// `autoscalers`: the programs that decide in place of their metrics.
void read_autoscalers(const Value* autoscalers, const Folders& folders, Reading& reading);

/// `metrics`: what autoscalers are told that ask for other metrics than CPU and memory. Those that
/// have no source are noted.
void read_metric_sources(const Value* metrics, const Folders& folders, Reading& reading);

/// Whether any image is pulled during the run, judged from the text alone.
[[nodiscard]] bool names_pulled_image(const Value* images);

void read_timeline(const Value* timeline, Reading& reading);

/// Entries for all images that manifests and timeline name; entries for others are problems.
void read_images(const Value* images, Reading& reading);

void read_services(const Value* services, Reading& reading);
/// `topics`: what is published where, and by whom it is consumed.
void read_topics(const Value* topics, Reading& reading);
void read_journeys(const Value& journeys, Reading& reading);

/// Checks that what is called exists, by policies, too, and that calls end. What is called without
/// standing in `services` gets an assumed behaviour.
void check_calls(Reading& reading);

/// `rateLimits`: those that policies may name.
void read_rate_limits(const Value* limits, Reading& reading);

/// Where the policies of a scenario come from.
struct ReadPolicies {
  std::map<Way, PolicyOrigins> first;
  /// Those that entries of the timeline change by rules of Istio, by the entry's id; in order.
  std::vector<std::pair<std::string, std::map<Way, PolicyOrigins>>> changed;
};

/// What callers do about the calls they make: what `rules` of Istio say, and above that `policies`,
/// each of its keys alone. Then what entries of the timeline make of them: rules that are applied
/// take the place of those they replace, below all else; policies that change stand above all
/// before them. Services and the timeline are read by then.
ReadPolicies read_policies(const Value* policies, const api::istio::Rules& rules, Reading& reading);

void read_load(const Value& load, const Folders& folders, Reading& reading);
void read_expectations(const Value* expectations, Reading& reading);

/// A count of pods, objects or events, with when it must hold. Reports what is wrong.
[[nodiscard]] CountExpectation read_count_expectation(const Value& value, Reading& reading);

/// A window of the run; nullptr: from the end of the warm-up. "..kill" starts there, too.
[[nodiscard]] Window read_window(const Value* value, Reading& reading);

/// An instant of the run: "90s", "kill", "kill+1min", "kill-5s".
[[nodiscard]] std::optional<Instant> read_instant(const Value& value, std::string_view text,
                                                  Reading& reading);

/// The parameters of `orrery sweep`.
[[nodiscard]] Sweep read_sweep(const Value& sweep, Report& report);

/// All values of the scenario that stand for something measurable, with where they came from.
[[nodiscard]] std::vector<Input> collect_inputs(const Value& root, const Value* provenance,
                                                const Assumptions& assumptions, Report& report);

}  // namespace orrery::scenario
