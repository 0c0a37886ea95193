/// @file
/// Who may write what: a node's agent its own Node and Lease and the pods bound to it, so that a
/// stolen node certificate harms one node.
///
/// Source: Kubernetes Node authorizer and admission plug-in NodeRestriction.
#pragma once

#include <string>

#include "models/ports/api_client.h"
#include "models/store/api_server.h"

namespace orrery::control {

/// Whether the client whose certificate says `common_name` may make `call` now.
///
/// Everyone who was authenticated may read. A node creates and updates its Node and Lease, deletes
/// its Lease, and updates the status of, evicts and deletes pods that are bound to it in `server`.
[[nodiscard]] bool may_call(const std::string& common_name, const ports::ApiCall& call,
                            const store::ApiServer& server);

}  // namespace orrery::control
