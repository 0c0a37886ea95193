/// @file
/// Which policies of the registry have been played against tables of sourced cases.
#pragma once

#include <string>

namespace orrery::resilience::conformance {

/// A case of the policy is played: a rule and where it is from. Both must say something.
void row(const std::string& policy, const std::string& source, const std::string& rule);

/// All cases of a table are.
template <class Cases>
void table(const std::string& policy, const Cases& cases) {
  for (const auto& c : cases) row(policy, c.source, c.rule);
}

}  // namespace orrery::resilience::conformance
