/// @file
/// Reading and writing the parts of a pod that bring configuration and storage into it: volumes,
/// mounts, variables with references.
///
/// Source: Kubernetes api core/v1 (Volume, VolumeMount, EnvVarSource, EnvFromSource) and
/// pkg/apis/core/validation.
#pragma once

#include "models/api/json_writer.h"
#include "models/api/object_reader.h"
#include "models/api/objects.h"

namespace orrery::api {

/// valueFrom of a variable.
void read_env_reference(ObjectReader& from, EnvVar& env);
[[nodiscard]] EnvSource read_env_source(Reading& reading, const Cursor& at);
[[nodiscard]] VolumeMount read_volume_mount(Reading& reading, const Cursor& at);
/// A source that Orrery does not model is named to the user and read as an emptyDir.
[[nodiscard]] Volume read_volume(Reading& reading, const Cursor& at);

/// Problems for volumes of one name, mounts without their volume, and mounts at one path. `in`
/// stands at the pod's spec.
void check_volumes(ObjectReader& in, const PodSpec& spec);

void write_env(JsonWriter& out, const EnvVar& env);
void write_env_source(JsonWriter& out, const EnvSource& source);
void write_volume_mount(JsonWriter& out, const VolumeMount& mount);
void write_volume(JsonWriter& out, const Volume& volume);

}  // namespace orrery::api
