/// @file
/// The fields of a pod that say where it may and wants to run: affinity, topology spread, gates,
/// priority, scheduler.
///
/// Source: Kubernetes core/v1 (PodSpec), pkg/apis/core/validation.
#pragma once

#include "models/api/json_writer.h"
#include "models/api/object_reader.h"
#include "models/api/objects.h"

namespace orrery::api {

void read_scheduling(ObjectReader& in, PodSpec& spec);
void write_scheduling(JsonWriter& out, const PodSpec& spec);

/// A node selector term as volumes have it, too.
[[nodiscard]] NodeSelectorTerm read_node_selector_term(Reading& reading, const Cursor& at);
void write_node_selector_term(JsonWriter& out, const NodeSelectorTerm& term);

/// Resources with names of their own ("nvidia.com/gpu"): whole amounts.
void read_extended(ObjectReader& in, std::map<std::string, std::int64_t>& extended);
void write_extended(JsonWriter& out, const std::map<std::string, std::int64_t>& extended);

}  // namespace orrery::api
