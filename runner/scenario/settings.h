/// @file
/// `--set PATH=VALUE`: another value for a run, without editing a file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace orrery::scenario {

/// Puts another value into the scenario before it is read, or into one of its manifests.
struct Override {
  std::string pointer;      ///< JSON Pointer; what is missing on its way is made. "-" ends a list.
  std::string value;        ///< JSON, or else text.
  std::string target = {};  ///< "Deployment/web": the pointer leads into this manifest. Or empty.
};

/// "load[0].poisson=200/s", "/services/web/concurrency=8" and, for manifests,
/// "Deployment/web:spec.replicas=5". The part before "=" alone is the parameter's name.
[[nodiscard]] Result<Override> parse_setting(std::string_view text);

/// The path alone: an Override without value.
[[nodiscard]] Result<Override> parse_path(std::string_view path);

}  // namespace orrery::scenario
