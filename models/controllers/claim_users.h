/// @file
/// Which pods refer to which claims: an index that a controller keeps of its cache of pods.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/controllers/informer.h"

namespace orrery::controllers {

/// The names of the claims that the pod's volumes refer to.
[[nodiscard]] std::vector<std::string> claims_of(const api::Pod& pod);

class ClaimUsers {
 public:
  /// A change of a pod; says which claims of its namespace it concerns.
  std::vector<std::string> observe(const Change& change);

  /// Names of the pods that refer to the claim, in order.
  [[nodiscard]] std::vector<std::string> of(const std::string& namespace_name,
                                            const std::string& claim) const;

 private:
  std::map<std::pair<std::string, std::string>, std::set<std::string>> users_;
};

}  // namespace orrery::controllers
