/// @file
/// Calls through a network with rules: who may open a connection to whom.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "models/base/contract.h"
#include "sim/traffic/request_engine.h"

namespace orrery::sim {

void RequestEngine::set_network_rules(std::shared_ptr<const api::NetworkRules> rules,
                                      const NetworkCauses& causes) {
  expects(rules != nullptr, "a network has rules, which may be none");
  network_rules_ = std::move(rules);
  network_causes_ = causes;
  ++network_rules_count_;
  guarded_ = !network_rules_->empty();
  note_features();
}

RecordId RequestEngine::cause_of_refusal(const api::PolicyRefusal& refusal, ServiceIndex service) {
  ports::CauseId latest = 0;
  for (const std::string& policy : refusal.policies) {
    const auto found = network_causes_.policies.find(refusal.pod.namespace_name + "/" + policy);
    if (found != network_causes_.policies.end()) latest = std::max(latest, found->second);
  }
  if (latest != 0 || ledger_ == nullptr) return static_cast<RecordId>(latest);
  return ledger_->not_let_through(
      service, now_,
      fmt::format("{} {} by {}", api::to_string(refusal.pod),
                  refusal.by_sender ? "may not send there" : "lets nobody in but those allowed",
                  fmt::join(refusal.policies, ", ")));
}

bool RequestEngine::is_let_through(std::uint32_t index) {
  Call& call = calls_[index];
  if (call.probe && !host_checks_.contains(index) && !is_replication(index)) return true;
  const std::uint32_t caller = caller_of(index);
  const auto [entry, is_new] = network_verdicts_.try_emplace({caller, call.instance});
  NetworkVerdict& verdict = entry->second;
  if (verdict.rules != network_rules_count_) {
    const InstanceSpec& to = specs_[call.instance];
    const std::string from = caller == kNone ? api::kOutsideAddress : specs_[caller].address;
    auto refusal = network_rules_->lookup_refusal(from);
    if (!refusal) refusal = network_rules_->refusal(from, to.address, to.port);
    // What was refused before has its cause; what has passed until now is refused by this change.
    const bool passed = verdict.passes;
    verdict.rules = network_rules_count_;
    verdict.passes = !refusal;
    if (refusal && passed) {
      verdict.cause = static_cast<RecordId>(is_new ? 0 : network_causes_.change);
      if (verdict.cause == 0) {
        verdict.cause = cause_of_refusal(*refusal, instances_[call.instance].service);
      }
    }
  }
  if (!verdict.passes) call.cause = verdict.cause;
  return verdict.passes;
}

}  // namespace orrery::sim
