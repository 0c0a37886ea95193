/// @file
/// The Services that the addresses of users' requests lead to, by the Ingresses of the manifests.
#pragma once

#include <optional>
#include <string>

#include "runner/scenario/parts.h"

namespace orrery::scenario {

/// Whether a step of a journey is written as an address: "https://shop.example.com/cart".
[[nodiscard]] bool is_web_address(const std::string& text);

/// "namespace/name" of the Service behind the address; if it leads to none, or to a port that a run
/// does not call, that is a problem. The Ingresses are those that are there at the start.
[[nodiscard]] std::optional<std::string> service_at(const Value& address, Reading& reading);

}  // namespace orrery::scenario
