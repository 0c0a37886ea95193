/// @file
/// What the containers of a pod are told by ConfigMaps, Secrets and the pod itself: variables and
/// files. Pure functions of what was seen.
///
/// Source: Kubernetes pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables), pkg/volume/configmap.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"

namespace orrery::kubelet {

/// The object with that key, or nullptr: it does not exist.
using Lookup = std::function<api::ObjectPtr(const api::ObjectKey&)>;

/// The ConfigMaps and Secrets that variables and volumes of the pod refer to; sorted, once each.
[[nodiscard]] std::vector<api::ObjectKey> config_references(const api::Pod& pod);

struct Environment {
  std::string missing;  ///< What is not there and not optional; empty: nothing.
  /// Every value resolved, each name once, the last one said. Those of Secrets still name theirs.
  std::vector<api::EnvVar> variables;
  std::vector<api::ConfigInUse> configs;
};

/// The pod as it runs now, and the node it runs on.
struct PodPlace {
  std::string pod_ip;
  std::string host_ip;
  const api::NodeResources& allocatable;  ///< The limits of containers that have none.
};

/// Resolves envFrom, then env.
[[nodiscard]] Environment resolve_environment(const api::Pod& pod, const api::Container& container,
                                              const PodPlace& place, const Lookup& lookup);

/// Whether the volume is made of files that the API knows: of ConfigMaps, Secrets and the pod.
[[nodiscard]] bool has_config_files(const api::VolumeSource& source);

/// The files of such a volume: path to content. Nothing if a source, or a key that it names, is
/// missing and not optional. Requires: has_config_files(source).
[[nodiscard]] std::optional<api::Labels> config_files(const api::Pod& pod,
                                                      const api::VolumeSource& source,
                                                      const api::NodeResources& allocatable,
                                                      const Lookup& lookup);

/// The ConfigMaps and Secrets a volume's files come from, in their order; none for other volumes.
[[nodiscard]] std::vector<api::ObjectKey> config_sources(const api::VolumeSource& source,
                                                         const std::string& namespace_name);

}  // namespace orrery::kubelet
