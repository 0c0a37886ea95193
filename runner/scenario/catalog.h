/// @file
/// What the manifests and the cluster hold, for finding the objects that a scenario names.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/objects.h"
#include "runner/scenario/document.h"
#include "runner/scenario/fields.h"
#include "runner/scenario/scenario.h"

namespace orrery::scenario {

/// The pods that an object makes or is.
struct PodsOf {
  const api::PodSpec* spec;
  const api::Labels* labels;
  const api::Labels* annotations;
};

/// `objects` must outlive the catalog and not move.
class Catalog {
 public:
  /// With `complete` false, manifests or nodes could not all be read: then names that are not found
  /// are no problem of their own.
  Catalog(const std::vector<api::ManifestObject>& objects, const std::vector<ClusterNode>& nodes,
          bool complete = true);

  [[nodiscard]] bool complete() const { return complete_; }

  /// The object that "Kind/name" or "Kind/namespace/name" names, of one of `kinds`. A namespace may
  /// be left out when only one object of that kind has the name. Otherwise reports at `at`.
  [[nodiscard]] std::optional<api::ObjectKey> object(const api::Place& at, std::string_view name,
                                                     const std::vector<api::Kind>& kinds,
                                                     Report& report) const;

  /// A pod that a workload makes, by the name that it gets in a run
  /// ("Pod/default/web-6b7f9-x2v1q"); nothing if no workload's name begins it, or the manifests
  /// hold a pod of this name.
  [[nodiscard]] std::optional<api::ObjectKey> made_pod(std::string_view name) const;

  /// "namespace/name" of the Service that "name" or "namespace/name" names, with or without
  /// "Service/" before it; otherwise reports.
  [[nodiscard]] std::optional<std::string> service(const api::Place& at, std::string_view name,
                                                   Report& report) const;

  /// The pods that an object makes or is: of a workload, a Job or a Pod; otherwise nullptr.
  [[nodiscard]] const api::PodSpec* pods_of(const api::ObjectKey& key) const;

  /// nullptr when the manifests do not hold it.
  [[nodiscard]] const api::Object* find(const api::ObjectKey& key) const;

  /// Where it stands. Requires: the manifests hold it.
  [[nodiscard]] const api::Place& place_of(const api::ObjectKey& key) const;

  /// The number of pods it asks for; nothing if it asks for none by number.
  [[nodiscard]] std::optional<std::int32_t> replicas_of(const api::ObjectKey& key) const;

  /// The Deployments whose pods the Service ("namespace/name") selects.
  [[nodiscard]] std::vector<api::ObjectKey> deployments_behind(const std::string& service) const;

  /// The same of any kind of objects that make pods, and of pods themselves.
  [[nodiscard]] std::vector<api::ObjectKey> workloads_behind(const std::string& service) const;

  /// All pods that the Service ("namespace/name") selects, by the object that makes them.
  [[nodiscard]] std::vector<PodsOf> pods_behind(const std::string& service) const;

  /// Whether the Service selects pods of any manifest.
  [[nodiscard]] bool selects_pods(const std::string& service) const;

  /// What makes pods, and pods themselves.
  [[nodiscard]] const std::map<api::ObjectKey, PodsOf>& pods() const { return pods_; }

  /// All images of all pods, init containers included.
  [[nodiscard]] std::set<std::string> images() const;

 private:
  std::map<api::ObjectKey, const api::ManifestObject*> objects_;
  std::map<api::ObjectKey, PodsOf> pods_;
  std::set<api::ObjectKey> keys_;  ///< Objects and the cluster's nodes.
  bool complete_;
};

/// "cart" in namespace "default", otherwise "namespace/cart": as a scenario would name it.
[[nodiscard]] std::string short_service_name(const std::string& service);

/// The container of that name, or the first for an empty name; otherwise reports and nullptr.
[[nodiscard]] const api::Container* find_container(const api::PodSpec& pods, std::string_view name,
                                                   const api::Place& at, Report& report);

}  // namespace orrery::scenario
