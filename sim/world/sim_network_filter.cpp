#include "sim/world/sim_network_filter.h"

#include <algorithm>
#include <utility>

#include "sim/traffic/request_engine.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kRulesMark = 0xd000;  ///< Of the fingerprint.

}  // namespace

void SimNetworkFilter::publish(ports::OwnerId /*owner*/,
                               std::shared_ptr<const api::NetworkRules> rules) {
  const std::map<std::string, std::uint64_t> versions = rules->versions();
  const ports::CauseId cause = started_ ? dispatcher_.cause() : 0;
  for (const auto& [name, version] : versions) {
    const auto before = versions_.find(name);
    if (before == versions_.end() || before->second != version) causes_.policies[name] = cause;
  }
  started_ = true;
  causes_.change = cause;
  versions_ = versions;
  std::uint64_t newest = 0;
  for (const auto& [name, version] : versions) newest = std::max(newest, version);
  dispatcher_.fingerprint().add(dispatcher_.now(), kRulesMark, newest);
  engine_.set_network_rules(std::move(rules), causes_);
}

}  // namespace orrery::sim
