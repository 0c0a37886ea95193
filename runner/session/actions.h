/// @file
/// What a timeline asks for, as calls and choices that are the same in both worlds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/base/random.h"
#include "models/ports/api_client.h"
#include "runner/scenario/scenario.h"

namespace orrery::session {

/// `workload` as the action changes it: image, replicas, environment.
/// Requires: the container it names exists, and so does what it sets (the reader has checked it).
[[nodiscard]] api::Object changed(api::Object workload, const scenario::SetAction& action);

/// The pods or nodes a fault hits: of those that match now, as many as it says.
///
/// `objects` are all pods and nodes. Pods match if they run and are not asked to go. A target that
/// is a workload means its pods; a Node, the node itself.
[[nodiscard]] std::vector<api::ObjectPtr> choose_targets(const scenario::FaultAction& fault,
                                                         const std::string& id,
                                                         const std::vector<api::ObjectPtr>& objects,
                                                         const Draws& draws);

/// The pods of these pods and workloads that match likewise, each once.
[[nodiscard]] std::vector<api::ObjectPtr> pods_of(const std::vector<api::ObjectKey>& targets,
                                                  const std::vector<api::ObjectPtr>& objects);

/// As many of `candidates` as the fault says, drawn by seed and id.
[[nodiscard]] std::vector<api::ObjectPtr> drawn_of(std::vector<api::ObjectPtr> candidates,
                                                   const scenario::FaultAction& fault,
                                                   const std::string& id, const Draws& draws);

/// The calls that create the scenario's manifests, in order.
[[nodiscard]] std::vector<ports::ApiCall> creations(const scenario::Scenario& scenario);

/// The call that carries out `action` on the workload as it is now.
[[nodiscard]] ports::ApiCall update_of(const api::Object& current,
                                       const scenario::SetAction& action);

/// The call that creates the object or, if it is there as `current`, gives it the labels,
/// annotations and contents of `wanted`.
[[nodiscard]] ports::ApiCall application_of(const api::Object* current, const api::Object& wanted);

/// The call that writes a changed object over what is stored under its key.
[[nodiscard]] ports::ApiCall replacement_by(api::Object changed);

/// The target of the patch or, of its running pods among `objects`, as many as it says, drawn by
/// seed and id.
[[nodiscard]] std::vector<api::ObjectKey> choose_patched(const scenario::PatchAction& action,
                                                         const std::string& id,
                                                         const std::vector<api::ObjectPtr>& objects,
                                                         const Draws& draws);

/// Deletes with this grace period, or with the object's own.
[[nodiscard]] ports::ApiCall deletion_of(const api::ObjectKey& key, std::optional<Duration> grace);

}  // namespace orrery::session
