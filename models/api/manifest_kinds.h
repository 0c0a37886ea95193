/// @file
/// Which kinds exist in which API group, and which of them Orrery reads.
#pragma once

#include <optional>
#include <string>

#include "models/api/meta.h"

namespace orrery::api {

/// "apps/v1": the version in which Orrery reads and writes the kind.
[[nodiscard]] const char* api_version_of(Kind kind);

/// False for kinds that only components of the cluster write.
[[nodiscard]] bool is_read_from_manifests(Kind kind);

/// True for a group of Kubernetes itself in any version: "v1", "apps/v1beta1",
/// "discovery.k8s.io/v1"; false for "serving.knative.dev/v1".
[[nodiscard]] bool is_kubernetes_group(const std::string& api_version);

/// In the core and apps groups, whose kinds are few and known: the kind that was probably meant, if
/// `kind` is none of them and near to one.
[[nodiscard]] std::optional<std::string> misspelt_kind(const std::string& api_version,
                                                       const std::string& kind);

}  // namespace orrery::api
