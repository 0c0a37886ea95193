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

}  // namespace orrery::api
