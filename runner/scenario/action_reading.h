/// @file
/// Reading the entries of the timeline that write to the API server. For the readers of parts.h
/// only.
#pragma once

#include <set>
#include <string>

#include "runner/scenario/parts.h"

namespace orrery::scenario {

/// "set": {...}
[[nodiscard]] SetAction read_set(const Value& value, Reading& reading);

/// Plays the sets forward and reports those that leave everything as it was.
void check_sets_change_something(Reading& reading);

/// "apply": what `reading.applied` holds of its files.
[[nodiscard]] const AppliedManifests& applied_by(const Value& list, const Reading& reading);
[[nodiscard]] ApplyAction read_apply(const AppliedManifests& applied);

/// "delete": the rules of Istio that it names; whether they are there is seen when rules are read.
[[nodiscard]] ApplyAction read_delete(const Value& names, Report& report);

/// "patch": {...}
[[nodiscard]] PatchAction read_patch_action(const Value& value, Reading& reading);

/// The images of the pods that there are after it, as far as they stand in the entry.
[[nodiscard]] std::set<std::string> images_of(const TimelineEntry& entry, const Reading& reading);

/// Whether the entry gives the workload new pods.
[[nodiscard]] bool rolls_out(const TimelineEntry& entry, const api::ObjectKey& workload);

}  // namespace orrery::scenario
