#include "models/discovery/policy_agent.h"

#include <memory>
#include <utility>

namespace orrery::discovery {
namespace {

using api::Kind;

constexpr std::uint32_t kPolicySlot = 1;
constexpr std::uint32_t kNamespaceSlot = 2;
constexpr std::uint32_t kPodSlot = 3;
constexpr std::uint32_t kOwnSlot = 4;

/// Whether rules that were made with the pod as it was hold for the pod as it is.
bool is_same_to_rules(const api::Pod& before, const api::Pod& after) {
  return before.status.pod_ip == after.status.pod_ip && before.meta.labels == after.meta.labels &&
         api::has_ended(before) == api::has_ended(after);
}

bool matters(const controllers::Change& change) {
  if (!change.before || !change.after) return true;
  const auto* before = std::get_if<api::Pod>(&*change.before);
  return before == nullptr || !is_same_to_rules(*before, std::get<api::Pod>(*change.after));
}

}  // namespace

PolicyAgent::PolicyAgent(ports::OwnerId owner, ports::Executor& executor, ports::ApiClient& api,
                         ports::NetworkFilter& filter, const PolicyAgentConfig& config)
    : ports_{executor, api, owner},
      filter_{filter},
      policies_{ports_, kPolicySlot, Kind::NetworkPolicy, config.informer},
      namespaces_{ports_, kNamespaceSlot, Kind::Namespace, config.informer},
      pods_{ports_, kPodSlot, Kind::Pod, config.informer},
      pace_{executor, owner, controllers::call_id(kOwnSlot, 0), config.sync_period_min} {}

void PolicyAgent::start() {
  policies_.start();
  namespaces_.start();
  pods_.start();
}

void PolicyAgent::on_event(const ports::Event& event) {
  const auto hear = [&](controllers::Informer& informer) {
    for (const auto& change : informer.on_event(event)) changed_ = changed_ || matters(change);
  };
  switch (controllers::slot_of(event.id)) {
    case kPolicySlot:
      hear(policies_);
      break;
    case kNamespaceSlot:
      hear(namespaces_);
      break;
    case kPodSlot:
      hear(pods_);
      break;
    default:
      pace_.on_timer();
  }
  if (policies_.synced() && namespaces_.synced() && pods_.synced()) sync();
}

void PolicyAgent::sync() {
  if (!changed_ || !pace_.may_sync()) return;
  changed_ = false;
  std::vector<api::ObjectPtr> objects;
  for (const controllers::Informer* informer : {&policies_, &namespaces_, &pods_}) {
    for (api::ObjectPtr& object : informer->any()) objects.push_back(std::move(object));
  }
  filter_.publish(ports_.owner, std::make_shared<const api::NetworkRules>(std::move(objects)));
}

}  // namespace orrery::discovery
