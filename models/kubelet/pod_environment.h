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

/// Resolves envFrom, then env. `pod_ip` and `host_ip` are the addresses of the pod as it runs now.
[[nodiscard]] Environment resolve_environment(const api::Pod& pod, const api::Container& container,
                                              const std::string& pod_ip, const std::string& host_ip,
                                              const Lookup& lookup);

/// The files of a ConfigMap or Secret volume: path to content. Nothing if the source, or a key that
/// it names, is missing and not optional. Requires: `source` is one of the two.
[[nodiscard]] std::optional<api::Labels> config_files(const api::VolumeSource& source,
                                                      const api::Object* object);

/// Of a ConfigMap or Secret volume; nothing for other sources.
[[nodiscard]] std::optional<api::ObjectKey> config_source(const api::VolumeSource& source,
                                                          const std::string& namespace_name);

}  // namespace orrery::kubelet
