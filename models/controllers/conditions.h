/// @file
/// Conditions that controllers keep: written when they change, never because time has passed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/api/pod.h"

namespace orrery::controllers {

/// As api::set_condition, but a condition that says the same already stays as it is, its dates
/// included: a status that differed with every look would be written, and looked at, for ever.
inline void keep_condition(std::vector<api::Condition>& conditions, std::string_view type,
                           api::ConditionStatus status, const std::string& reason,
                           const std::string& message, Instant now) {
  const api::Condition* known = api::find_condition(conditions, type);
  if (known != nullptr && known->status == status && known->reason == reason &&
      known->message == message) {
    return;
  }
  api::set_condition(conditions, type, status, reason, message, now);
}

}  // namespace orrery::controllers
