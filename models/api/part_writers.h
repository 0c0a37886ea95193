/// @file
/// The write functions of the API's structures that several kinds share: what kind_readers.h reads.
#pragma once

#include <string>
#include <vector>

#include "models/api/json_writer.h"
#include "models/api/objects.h"

namespace orrery::api {

void write_meta(JsonWriter& out, const ObjectMeta& meta);
void write_labels(JsonWriter& out, const char* name, const Labels& labels);
void write_texts(JsonWriter& out, const char* name, const std::vector<std::string>& texts);
void write_selector(JsonWriter& out, const char* name, const LabelSelector& selector);
void write_condition(JsonWriter& out, const Condition& condition);
void write_port(JsonWriter& out, const char* name, const PortReference& port);
void write_resource_list(JsonWriter& out, const char* name, const ResourceList& list);
void write_count_or_percent(JsonWriter& out, const char* name, const CountOrPercent& amount);
void write_pod_spec(JsonWriter& out, const PodSpec& spec);
void write_pod_template(JsonWriter& out, const PodTemplate& pod_template);
/// The object "spec" of a PersistentVolumeClaim.
void write_claim_spec(JsonWriter& out, const ClaimSpec& spec);
void write_container_status(JsonWriter& out, const ContainerStatus& status);

/// `write(JsonWriter&, const T&)` writes the members of one element. Nothing for an empty list.
template <class T, class Write>
void write_list(JsonWriter& out, const char* name, const std::vector<T>& elements, Write write) {
  if (elements.empty()) return;
  out.begin_list(name);
  for (const T& element : elements) {
    out.begin_object();
    write(out, element);
    out.end_object();
  }
  out.end_list();
}

}  // namespace orrery::api
