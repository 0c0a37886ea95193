#include <string>

#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/name_rules.h"
#include "models/api/part_writers.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

constexpr Names<2> kUpdateStrategies{"RollingUpdate", "OnDelete"};
constexpr Names<2> kPodManagement{"OrderedReady", "Parallel"};
constexpr Names<2> kRetention{"Retain", "Delete"};

/// As ObjectReader::choice, for two words of which the second means true.
void read_either(ObjectReader& in, const char* name, bool& is_second, const Names<2>& words) {
  enum class Word : std::uint8_t { First, Second };
  Word word = Word::First;
  if (in.choice(name, word, words)) is_second = word == Word::Second;
}

/// updateStrategy of a StatefulSet or DaemonSet; `read(ObjectReader&)` reads its rollingUpdate.
template <class Read>
void read_update_strategy(ObjectReader& in, const char* structure, bool& on_delete, Read read) {
  in.object("updateStrategy", structure, [&](ObjectReader& strategy) {
    read_either(strategy, "type", on_delete, kUpdateStrategies);
    strategy.object("rollingUpdate", "RollingUpdate", read);
    strategy.finish({});
    const std::optional<Cursor> rolling = strategy.field("rollingUpdate");
    if (in.manifest() && on_delete && rolling) {
      in.reading().wrong(*rolling, "no rollingUpdate with type OnDelete");
    }
  });
}

void check_at_most_all(ObjectReader& in, const char* name, const CountOrPercent& amount) {
  if (amount.percent && amount.value > 100) in.reading().wrong(*in.field(name), "at most 100%");
}

void read_stateful_rolling_update(ObjectReader& in, StatefulSetSpec& spec) {
  in.integer("partition", spec.partition, 0);
  read_count_or_percent(in, "maxUnavailable", spec.max_unavailable);
  in.finish({});
  if (!in.manifest()) return;
  check_at_most_all(in, "maxUnavailable", spec.max_unavailable);
  if (spec.max_unavailable.value == 0) {
    in.reading().wrong(*in.field("maxUnavailable"), "more than 0");
  }
}

void read_daemon_rolling_update(ObjectReader& in, DaemonSetSpec& spec) {
  read_count_or_percent(in, "maxUnavailable", spec.max_unavailable);
  read_count_or_percent(in, "maxSurge", spec.max_surge);
  in.finish({});
  if (!in.manifest()) return;
  check_at_most_all(in, "maxUnavailable", spec.max_unavailable);
  check_at_most_all(in, "maxSurge", spec.max_surge);
  const bool unavailable = spec.max_unavailable.value != 0;
  const bool surge = spec.max_surge.value != 0;
  if (unavailable && surge) {
    in.reading().problem(in.here(), "one of maxSurge and maxUnavailable above 0", "both above 0",
                         "with maxSurge write maxUnavailable: 0, whose default is 1");
  } else if (!unavailable && !surge) {
    in.reading().problem(in.here(), "maxSurge or maxUnavailable above 0", "both 0",
                         "an update could neither add nor remove a pod");
  }
}

ClaimTemplate read_claim_template(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "PersistentVolumeClaim"};
  ClaimTemplate claim;
  in.require("metadata", "metadata with a name");
  in.object("metadata", "metadata", [&](ObjectReader& meta) {
    meta.text("name", claim.name);
    read_labels(meta, "labels", claim.labels);
    if (meta.manifest()) {
      meta.require("name", "the name of the volume this claim is for");
      meta.pass_over({"creationTimestamp"});
      if (!claim.name.empty() && !is_dns_subdomain(claim.name)) {
        reading.wrong(*meta.field("name"), "a name of at most 253 of a-z 0-9 - . (a DNS name)");
      }
    }
    meta.finish({"annotations", "finalizers", "generateName", "namespace", "ownerReferences"});
  });
  in.require("spec", "the spec of a claim");
  in.object("spec", "PersistentVolumeClaimSpec",
            [&](ObjectReader& spec) { read_claim_spec(spec, claim.spec); });
  if (in.manifest()) in.pass_over({"apiVersion", "kind", "status"});
  in.finish({});
  return claim;
}

void read_stateful_set_spec(ObjectReader& in, StatefulSetSpec& spec) {
  in.integer("replicas", spec.replicas, 0);
  read_selected_template(in, spec.selector, spec.pod_template);
  in.text("serviceName", spec.service_name);
  read_either(in, "podManagementPolicy", spec.parallel, kPodManagement);
  read_update_strategy(in, "StatefulSetUpdateStrategy", spec.on_delete,
                       [&](ObjectReader& rolling) { read_stateful_rolling_update(rolling, spec); });
  in.seconds("minReadySeconds", spec.min_ready, 0);
  in.integer("revisionHistoryLimit", spec.revision_history_limit, 0);
  in.object("ordinals", "StatefulSetOrdinals", [&](ObjectReader& ordinals) {
    ordinals.integer("start", spec.ordinals_start, 0);
    ordinals.finish({});
  });
  in.list("volumeClaimTemplates", spec.claim_templates,
          [&](const Cursor& at) { return read_claim_template(in.reading(), at); });
  in.object("persistentVolumeClaimRetentionPolicy",
            "StatefulSetPersistentVolumeClaimRetentionPolicy", [&](ObjectReader& policy) {
              read_either(policy, "whenDeleted", spec.delete_claims_when_deleted, kRetention);
              read_either(policy, "whenScaled", spec.delete_claims_when_scaled, kRetention);
              policy.finish({});
            });
  in.finish({});
}

void read_daemon_set_spec(ObjectReader& in, DaemonSetSpec& spec) {
  read_selected_template(in, spec.selector, spec.pod_template);
  read_update_strategy(in, "DaemonSetUpdateStrategy", spec.on_delete,
                       [&](ObjectReader& rolling) { read_daemon_rolling_update(rolling, spec); });
  in.seconds("minReadySeconds", spec.min_ready, 0);
  in.integer("revisionHistoryLimit", spec.revision_history_limit, 0);
  in.finish({});
}

void write_update_strategy(JsonWriter& out, bool on_delete) {
  out.begin_object("updateStrategy");
  if (on_delete) out.text("type", kUpdateStrategies[1]);
  out.begin_object("rollingUpdate");
}

/// What the status of every workload here ends with.
void write_conditions(JsonWriter& out, const std::vector<Condition>& conditions) {
  write_list(out, "conditions", conditions, write_condition);
}
void read_conditions(ObjectReader& in, std::vector<Condition>& conditions) {
  in.list("conditions", conditions,
          [&](const Cursor& at) { return read_condition(in.reading(), at); });
}
void read_collision_count(ObjectReader& in, std::optional<std::int32_t>& count) {
  std::int32_t collisions = 0;
  if (in.integer("collisionCount", collisions)) count = collisions;
}

}  // namespace

void read_body(ObjectReader& root, ReplicationController& object) {
  root.require("spec", "a spec with a template");
  root.object("spec", "ReplicationControllerSpec", [&](ObjectReader& in) {
    ReplicationControllerSpec& spec = object.spec;
    in.integer("replicas", spec.replicas, 0);
    in.seconds("minReadySeconds", spec.min_ready, 0);
    read_labels(in, "selector", spec.selector);
    const bool has_template = read_lasting_template(in, spec.pod_template);
    in.finish({});
    if (!in.manifest() || !has_template) return;
    if (spec.selector.empty()) spec.selector = spec.pod_template.labels;
    check_selects_template(in, {spec.selector, {}}, spec.pod_template);
    if (object.meta.labels.empty()) object.meta.labels = spec.pod_template.labels;
  });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "ReplicationControllerStatus", [&](ObjectReader& in) {
    ReplicationControllerStatus& status = object.status;
    in.integer("observedGeneration", status.observed_generation);
    in.integer("replicas", status.replicas);
    in.integer("fullyLabeledReplicas", status.fully_labeled_replicas);
    in.integer("readyReplicas", status.ready_replicas);
    in.integer("availableReplicas", status.available_replicas);
    read_conditions(in, status.conditions);
    in.finish({});
  });
}

void write_body(JsonWriter& out, const ReplicationController& object) {
  out.begin_object("spec");
  out.number_in_full("replicas", object.spec.replicas);
  out.seconds("minReadySeconds", object.spec.min_ready);
  write_labels(out, "selector", object.spec.selector);
  write_pod_template(out, object.spec.pod_template);
  out.end_object();
  const ReplicationControllerStatus& status = object.status;
  out.begin_object("status");
  out.number("observedGeneration", status.observed_generation);
  out.number("replicas", status.replicas);
  out.number("fullyLabeledReplicas", status.fully_labeled_replicas);
  out.number("readyReplicas", status.ready_replicas);
  out.number("availableReplicas", status.available_replicas);
  write_conditions(out, status.conditions);
  out.end_object();
}

void read_body(ObjectReader& root, StatefulSet& object) {
  root.require("spec", "a spec with selector and template");
  root.object("spec", "StatefulSetSpec",
              [&](ObjectReader& in) { read_stateful_set_spec(in, object.spec); });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "StatefulSetStatus", [&](ObjectReader& in) {
    StatefulSetStatus& status = object.status;
    in.integer("observedGeneration", status.observed_generation);
    in.integer("replicas", status.replicas);
    in.integer("readyReplicas", status.ready_replicas);
    in.integer("availableReplicas", status.available_replicas);
    in.integer("currentReplicas", status.current_replicas);
    in.integer("updatedReplicas", status.updated_replicas);
    in.text("currentRevision", status.current_revision);
    in.text("updateRevision", status.update_revision);
    read_collision_count(in, status.collision_count);
    read_conditions(in, status.conditions);
    in.finish({});
  });
}

void write_body(JsonWriter& out, const StatefulSet& object) {
  const StatefulSetSpec& spec = object.spec;
  const StatefulSetSpec defaults;
  out.begin_object("spec");
  out.number_in_full("replicas", spec.replicas);
  write_selector(out, "selector", spec.selector);
  write_pod_template(out, spec.pod_template);
  out.text("serviceName", spec.service_name);
  if (spec.parallel) out.text("podManagementPolicy", kPodManagement[1]);
  write_update_strategy(out, spec.on_delete);
  out.number("partition", spec.partition);
  write_count_or_percent(out, "maxUnavailable", spec.max_unavailable);
  out.end_object();
  out.end_object();
  out.seconds("minReadySeconds", spec.min_ready);
  out.number("revisionHistoryLimit", spec.revision_history_limit, defaults.revision_history_limit);
  if (spec.ordinals_start != 0) {
    out.begin_object("ordinals");
    out.number("start", spec.ordinals_start);
    out.end_object();
  }
  write_list(out, "volumeClaimTemplates", spec.claim_templates,
             [](JsonWriter& o, const ClaimTemplate& claim) {
               o.begin_object("metadata");
               o.text("name", claim.name);
               write_labels(o, "labels", claim.labels);
               o.end_object();
               write_claim_spec(o, claim.spec);
             });
  if (spec.delete_claims_when_deleted || spec.delete_claims_when_scaled) {
    out.begin_object("persistentVolumeClaimRetentionPolicy");
    if (spec.delete_claims_when_deleted) out.text("whenDeleted", kRetention[1]);
    if (spec.delete_claims_when_scaled) out.text("whenScaled", kRetention[1]);
    out.end_object();
  }
  out.end_object();
  const StatefulSetStatus& status = object.status;
  out.begin_object("status");
  out.number("observedGeneration", status.observed_generation);
  out.number("replicas", status.replicas);
  out.number("readyReplicas", status.ready_replicas);
  out.number("availableReplicas", status.available_replicas);
  out.number("currentReplicas", status.current_replicas);
  out.number("updatedReplicas", status.updated_replicas);
  out.text("currentRevision", status.current_revision);
  out.text("updateRevision", status.update_revision);
  if (status.collision_count) out.number_in_full("collisionCount", *status.collision_count);
  write_conditions(out, status.conditions);
  out.end_object();
}

void read_body(ObjectReader& root, DaemonSet& object) {
  root.require("spec", "a spec with selector and template");
  root.object("spec", "DaemonSetSpec",
              [&](ObjectReader& in) { read_daemon_set_spec(in, object.spec); });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "DaemonSetStatus", [&](ObjectReader& in) {
    DaemonSetStatus& status = object.status;
    in.integer("observedGeneration", status.observed_generation);
    in.integer("currentNumberScheduled", status.current_number_scheduled);
    in.integer("desiredNumberScheduled", status.desired_number_scheduled);
    in.integer("numberMisscheduled", status.number_misscheduled);
    in.integer("numberReady", status.number_ready);
    in.integer("updatedNumberScheduled", status.updated_number_scheduled);
    in.integer("numberAvailable", status.number_available);
    in.integer("numberUnavailable", status.number_unavailable);
    read_collision_count(in, status.collision_count);
    read_conditions(in, status.conditions);
    in.finish({});
  });
}

void write_body(JsonWriter& out, const DaemonSet& object) {
  const DaemonSetSpec& spec = object.spec;
  const DaemonSetSpec defaults;
  out.begin_object("spec");
  write_selector(out, "selector", spec.selector);
  write_pod_template(out, spec.pod_template);
  write_update_strategy(out, spec.on_delete);
  write_count_or_percent(out, "maxUnavailable", spec.max_unavailable);
  write_count_or_percent(out, "maxSurge", spec.max_surge);
  out.end_object();
  out.end_object();
  out.seconds("minReadySeconds", spec.min_ready);
  out.number("revisionHistoryLimit", spec.revision_history_limit, defaults.revision_history_limit);
  out.end_object();
  const DaemonSetStatus& status = object.status;
  out.begin_object("status");
  out.number("observedGeneration", status.observed_generation);
  out.number("currentNumberScheduled", status.current_number_scheduled);
  out.number("desiredNumberScheduled", status.desired_number_scheduled);
  out.number("numberMisscheduled", status.number_misscheduled);
  out.number("numberReady", status.number_ready);
  out.number("updatedNumberScheduled", status.updated_number_scheduled);
  out.number("numberAvailable", status.number_available);
  out.number("numberUnavailable", status.number_unavailable);
  if (status.collision_count) out.number_in_full("collisionCount", *status.collision_count);
  write_conditions(out, status.conditions);
  out.end_object();
}

void read_body(ObjectReader& root, ControllerRevision& object) {
  root.integer("revision", object.revision);
  root.object("data", "ControllerRevision data", [&](ObjectReader& data) {
    data.object("spec", "ControllerRevision data", [&](ObjectReader& spec) {
      read_lasting_template(spec, object.pod_template);
      spec.finish({});
    });
    data.finish({});
  });
}

void write_body(JsonWriter& out, const ControllerRevision& object) {
  out.number("revision", object.revision);
  out.begin_object("data");
  out.begin_object("spec");
  write_pod_template(out, object.pod_template);
  out.end_object();
  out.end_object();
}

}  // namespace orrery::api
