/// @file
/// Taints as the kubelet's flag --register-with-taints and kubectl write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/api/objects.h"

namespace orrery::api {

/// What `text` must look like.
inline constexpr const char* kTaintForm =
    "KEY[=VALUE]:EFFECT, the effect NoSchedule, PreferNoSchedule or NoExecute";

/// Nothing: it is none of the form KEY[=VALUE]:EFFECT with a label's key and value.
[[nodiscard]] std::optional<Taint> parse_taint(std::string_view text);

/// "dedicated=batch:NoSchedule"; without a time.
[[nodiscard]] std::string to_text(const Taint& taint);

}  // namespace orrery::api
