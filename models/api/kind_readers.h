/// @file
/// The read functions of the API's structures, from the whole object down to the parts that several
/// kinds share.
///
/// Source: Kubernetes api core/v1, apps/v1, discovery/v1, coordination/v1 and their defaults and
/// validation (pkg/apis/*/v1/defaults.go, pkg/apis/*/validation).
#pragma once

#include "models/api/object_reader.h"
#include "models/api/objects.h"

namespace orrery::api {

/// The object of this kind; `root` stands at the mapping with apiVersion and kind.
[[nodiscard]] Object read_object(Kind kind, ObjectReader& root);

void read_meta(ObjectReader& root, Kind kind, ObjectMeta& meta);
/// As ObjectReader::labels, with the rules of label (or annotation) keys and values.
void read_labels(ObjectReader& in, const char* name, Labels& labels);
void read_annotations(ObjectReader& in, const char* name, Labels& annotations);
void read_selector(ObjectReader& in, LabelSelector& selector);
[[nodiscard]] Condition read_condition(Reading& reading, const Cursor& at);
/// cpu and memory as quantities; other resources are noted as not modelled.
void read_quantity(ObjectReader& in, const char* name, std::optional<std::int64_t>& amount,
                   std::optional<std::int64_t> (*parse)(std::string_view));
/// Notes the members of a resource list that were not read.
void finish_resources(ObjectReader& in);

void read_pod_template(ObjectReader& in, PodTemplate& pod_template);
void read_pod(ObjectReader& root, Pod& pod);
/// "template" of a kind whose pods always restart; required. Returns whether it is there.
bool read_lasting_template(ObjectReader& in, PodTemplate& pod_template);
/// A Problem if the selector is empty or does not match the template's labels.
void check_selects_template(ObjectReader& in, const LabelSelector& selector,
                            const PodTemplate& pod_template);
/// "selector" and "template" of a kind whose pods always restart: both required, and matching.
void read_selected_template(ObjectReader& in, LabelSelector& selector, PodTemplate& pod_template);
/// The spec of a PersistentVolumeClaim, of its own or as a template.
void read_claim_spec(ObjectReader& in, ClaimSpec& spec);
/// In a manifest at least 0.
void read_count_or_percent(ObjectReader& in, const char* name, CountOrPercent& out);
/// A Problem if the values are larger than an object may be (1 MiB).
void check_config_size(ObjectReader& in, const char* field, const Labels& data);
/// Fields of cpu, memory and extended resources.
void read_resource_list(ObjectReader& in, ResourceList& list);

// Kinds with a codec file of their own; each reads spec and status and finishes them.
void read_body(ObjectReader& root, ReplicationController& object);
void read_body(ObjectReader& root, StatefulSet& object);
void read_body(ObjectReader& root, DaemonSet& object);
void read_body(ObjectReader& root, ControllerRevision& object);
void read_body(ObjectReader& root, Job& object);
void read_body(ObjectReader& root, CronJob& object);
void read_body(ObjectReader& root, HorizontalPodAutoscaler& object);
void read_body(ObjectReader& root, PodDisruptionBudget& object);
void read_body(ObjectReader& root, PersistentVolume& object);
void read_body(ObjectReader& root, PersistentVolumeClaim& object);
void read_body(ObjectReader& root, StorageClass& object);
void read_body(ObjectReader& root, VolumeAttachment& object);
void read_body(ObjectReader& root, Secret& object);
void read_body(ObjectReader& root, Namespace& object);
void read_body(ObjectReader& root, ResourceQuota& object);
void read_body(ObjectReader& root, LimitRange& object);
void read_body(ObjectReader& root, PriorityClass& object);
void read_body(ObjectReader& root, PodMetrics& object);
void read_body(ObjectReader& root, NetworkPolicy& object);
void read_body(ObjectReader& root, Ingress& object);
void read_body(ObjectReader& root, IngressClass& object);

}  // namespace orrery::api
