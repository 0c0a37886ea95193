#include "models/controllers/claim_users.h"

namespace orrery::controllers {

std::vector<std::string> claims_of(const api::Pod& pod) {
  std::vector<std::string> claims;
  for (const api::Volume& volume : pod.spec.volumes) {
    const auto* claim = std::get_if<api::ClaimVolume>(&volume.source);
    if (claim != nullptr) claims.push_back(claim->claim_name);
  }
  return claims;
}

std::vector<std::string> ClaimUsers::observe(const Change& change) {
  const auto& pod = std::get<api::Pod>(change.latest());
  std::vector<std::string> claims = claims_of(pod);
  for (const std::string& claim : claims) {
    auto& pods = users_[{pod.meta.namespace_name, claim}];
    if (change.after) {
      pods.insert(pod.meta.name);
    } else {
      pods.erase(pod.meta.name);
    }
    if (pods.empty()) users_.erase({pod.meta.namespace_name, claim});
  }
  return claims;
}

std::vector<std::string> ClaimUsers::of(const std::string& namespace_name,
                                        const std::string& claim) const {
  const auto found = users_.find({namespace_name, claim});
  if (found == users_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

}  // namespace orrery::controllers
