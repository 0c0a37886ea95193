/// @file
/// What `orrery check` says about scenarios and manifests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runner/scenario/settings.h"

namespace orrery::scenario {

struct CheckReport {
  std::string text;   ///< Plain ASCII but for what the input holds; ends with a newline.
  int exit_code = 0;  ///< 0: no problems; 2: bad input.
};

/// Reads every file or folder and says what is wrong with it; or, when nothing is, what it holds,
/// what of it has no effect on a run, and which inputs were measured, given and assumed.
///
/// A file is a scenario unless it looks like a manifest (it has `apiVersion` or `kind`). Manifests
/// given together are checked as one set. "-" stands for `standard_input`. `overrides` are put into
/// scenarios. `live`: what of a scenario live hosts cannot do is wrong, too. What scenarios name is
/// found relative to `folder`; to that of each, if it is empty.
[[nodiscard]] CheckReport check(const std::vector<std::string>& files,
                                std::string_view standard_input = {},
                                const std::vector<Override>& overrides = {}, bool live = false,
                                const std::string& folder = {});

}  // namespace orrery::scenario
