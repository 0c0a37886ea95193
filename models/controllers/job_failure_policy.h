/// @file
/// podFailurePolicy: what a failed pod means for its Job, by exit codes and pod conditions.
///
/// Source: Kubernetes pkg/controller/job/pod_failure_policy.go (matchPodFailurePolicy).
#pragma once

#include <string>

#include "models/api/objects.h"

namespace orrery::controllers {

struct FailureMatch {
  bool matched = false;  ///< Some rule decides.
  bool counts = true;    ///< Towards the back-off limit.
  api::PodFailureAction action = api::PodFailureAction::Count;
  std::string message;  ///< FailJob only: for people.
};

/// The first rule that fits decides; without one the failure counts.
[[nodiscard]] FailureMatch match_failure_policy(const api::Job& job, const api::Pod& pod);

}  // namespace orrery::controllers
