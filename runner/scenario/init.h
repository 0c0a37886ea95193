/// @file
/// Drafting a scenario from manifests alone: runnable at once, and honest about what is guessed.
#pragma once

#include <string>
#include <vector>

#include "models/api/reading.h"

namespace orrery::scenario {

/// A scenario as text (JSON with comments), or why there is none.
struct Draft {
  std::string text;                    ///< Empty when there are problems.
  std::vector<api::Problem> problems;  ///< Of the manifests.
};

/// Drafts a scenario for the manifests in these files and folders, to be stored as `output`; "-"
/// stands for standard output, and for the current folder. Files below the output's folder are
/// named relative to it, others by their absolute path.
///
/// Guessed, and marked so under "provenance": a cluster of twice what the pods request, images that
/// start in 2s, calls wherever a container's variables or arguments hold the address of a Service,
/// and as entry the Service that looks most like one. The incident is a restart of the entry's
/// pods. The text reads back without problems.
[[nodiscard]] Draft draft_scenario(const std::vector<std::string>& manifests,
                                   const std::string& output);

}  // namespace orrery::scenario
