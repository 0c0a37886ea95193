/// @file
/// How an object is deleted: grace periods, finalizers, and what is to become of its dependents.
///
/// Source: Kubernetes apiserver registry/rest/delete.go and registry/generic/registry/store.go
/// (deletionFinalizersForGarbageCollection), pkg/registry/core/pod strategy.
#pragma once

#include <memory>
#include <optional>

#include "models/api/objects.h"
#include "models/ports/api_client.h"

namespace orrery::store {

/// The object as a request to delete it leaves it, or null if the request changes nothing.
///
/// A second request may shorten a pod's grace period, never lengthen it. Pods that nobody runs have
/// none; neither have other kinds.
[[nodiscard]] std::shared_ptr<api::Object> marked_for_deletion(const api::Object& object,
                                                               std::optional<Duration> grace,
                                                               ports::Propagation propagation,
                                                               Instant now);

/// Deletion was asked for, no grace is left and no finalizer holds it: it goes.
[[nodiscard]] bool is_finished(const api::Object& object);

/// Whether `after` has a finalizer that `before` has not.
[[nodiscard]] bool adds_finalizer(const api::ObjectMeta& before, const api::ObjectMeta& after);

}  // namespace orrery::store
