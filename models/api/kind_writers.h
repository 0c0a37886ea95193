/// @file
/// The write functions of the kinds that have a codec file of their own, where they stand beside
/// their readers: workload_codec.cpp, batch_codec.cpp, autoscaling_codec.cpp, policy_codec.cpp,
/// volume_codec.cpp, network_policy_codec.cpp, ingress_codec.cpp.
#pragma once

#include "models/api/json_writer.h"
#include "models/api/objects.h"

namespace orrery::api {

/// Everything of the object but kind and metadata.
void write_body(JsonWriter& out, const ReplicationController& object);
void write_body(JsonWriter& out, const StatefulSet& object);
void write_body(JsonWriter& out, const DaemonSet& object);
void write_body(JsonWriter& out, const ControllerRevision& object);
void write_body(JsonWriter& out, const Job& object);
void write_body(JsonWriter& out, const CronJob& object);
void write_body(JsonWriter& out, const HorizontalPodAutoscaler& object);
void write_body(JsonWriter& out, const PodDisruptionBudget& object);
void write_body(JsonWriter& out, const PersistentVolume& object);
void write_body(JsonWriter& out, const PersistentVolumeClaim& object);
void write_body(JsonWriter& out, const StorageClass& object);
void write_body(JsonWriter& out, const VolumeAttachment& object);
void write_body(JsonWriter& out, const Secret& object);
void write_body(JsonWriter& out, const Namespace& object);
void write_body(JsonWriter& out, const ResourceQuota& object);
void write_body(JsonWriter& out, const LimitRange& object);
void write_body(JsonWriter& out, const PriorityClass& object);
void write_body(JsonWriter& out, const PodMetrics& object);
void write_body(JsonWriter& out, const NetworkPolicy& object);
void write_body(JsonWriter& out, const Ingress& object);
void write_body(JsonWriter& out, const IngressClass& object);

}  // namespace orrery::api
